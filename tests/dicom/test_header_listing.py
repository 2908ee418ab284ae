"""A header is listed as pydicom reads it, in its alphabet; damage ends the listing, never the program."""

from __future__ import annotations

import io
import logging
import struct
import time
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pydicom
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID, DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian, ImplicitVRLittleEndian

from tests.dicom.make_images import IDENTIFIER, NAME, enhanced, image, picture, write, write_all
from workstation.dicom.errors import DicomError
from workstation.dicom.header_elements import LONGEST_VALUE_BYTES
from workstation.dicom.header_listing import HeaderListing, HeaderRow, differing_attributes, list_header
from workstation.dicom.header_places import header_places
from workstation.dicom.index import index_paths
from workstation.dicom.load import load_series
from workstation.dicom.source import OpenFile, Source
from workstation.jobs.progress import Cancelled


def row(listing: HeaderListing, tag: str) -> HeaderRow:
    return next(r for r in listing.rows if r.tag == tag)


def names(listing: HeaderListing, paths: frozenset[str]) -> set[str]:
    return {r.keyword or r.name for r in listing.rows if r.path in paths}


def with_everything() -> Dataset:
    """A slice with a nested sequence, private elements, and values of many kinds."""
    ds = image(0, SeriesDescription="köln", SpecificCharacterSet="ISO_IR 100")
    code, purpose = Dataset(), Dataset()
    code.CodeValue, code.CodeMeaning = "121311", "Localizer"
    purpose.PurposeOfReferenceCodeSequence = [code]
    purpose.ReferencedSOPInstanceUID = "1.2.3"
    ds.ReferencedImageSequence = [purpose, Dataset()]
    block = ds.private_block(0x0019, "SIEMENS MR HEADER", create=True)
    block.add_new(0x0C, "IS", "800")
    block.add_new(0x99, "UN", b"\x01\x02\xff\x00")
    ds.FrameIncrementPointer = 0x00181063
    ds.ImageComments = "a long comment " * 300
    return ds


@pytest.mark.parametrize(
    "syntax", [None, ImplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian], ids=str
)
def test_every_encoding_gives_the_same_rows(tmp_path: Path, syntax: UID | None) -> None:
    path = write(tmp_path / "slice", with_everything(), *([syntax] if syntax else []))
    listing = list_header(path)
    assert listing.note == ""
    assert row(listing, "(0008,103E)").value == "köln"
    assert row(listing, "(0028,0030)") == HeaderRow(
        "(0028,0030)", "PixelSpacing", "Pixel Spacing", "DS", "0.75\\0.5", 8, 0, "(0028,0030)"
    )
    assert row(listing, "(0028,0010)").value == "6"
    assert row(listing, "(0028,0009)").value == "(0018,1063)"
    assert row(listing, "(0008,0016)").value == "1.2.840.10008.5.1.4.1.1.2 (CT Image Storage)"
    assert row(listing, "(0019,100C)").value == "800" and row(listing, "(0019,100C)").name == "B_value"
    assert row(listing, "(0019,0010)").name == "Private Creator"
    assert row(listing, "(0019,1099)").value == "01 02 ff 00" and "SIEMENS" in row(listing, "(0019,1099)").name
    pixels = row(listing, "(7FE0,0010)")
    assert pixels.value == "96 bytes" and pixels.length == 96
    assert row(listing, "(0002,0010)").keyword == "TransferSyntaxUID"


def test_sequences_are_nested_with_their_depth_and_path(tmp_path: Path) -> None:
    rows = list_header(write(tmp_path / "slice", with_everything())).rows
    start = next(n for n, r in enumerate(rows) if r.keyword == "ReferencedImageSequence")
    shown = [(r.tag or r.name, r.depth) for r in rows[start : start + 8]]
    assert shown == [
        ("(0008,1140)", 0), ("Item 1", 1), ("(0008,1155)", 2), ("(0040,A170)", 2), ("Item 1", 3), ("(0008,0100)", 4),
        ("(0008,0104)", 4), ("Item 2", 1),
    ]  # fmt: skip
    assert rows[start].value == "2 items" and rows[start + 3].value == "1 item"
    assert rows[start + 5].path == "(0008,1140)[1](0040,A170)[1](0008,0100)"
    assert len({r.path for r in rows}) == len(rows)


def test_long_values_are_cut_and_say_how_long_they_are(tmp_path: Path) -> None:
    comment = row(list_header(write(tmp_path / "slice", with_everything())), "(0020,4000)")
    assert comment.length > LONGEST_VALUE_BYTES
    assert len(comment.value) < 700 and comment.value.endswith("… (4 500 bytes)")


def test_rows_are_found_by_tag_keyword_name_and_value() -> None:
    spacing = HeaderRow("(0028,0030)", "PixelSpacing", "Pixel Spacing", "DS", "0.75\\0.5", 8, 0, "(0028,0030)")
    for text in ("0028,0030", "(0028,", "00280030", "pixelspac", "pixel spacing", " 0.75 "):
        assert spacing.matches(text), text
    for text in ("", "  ", "0030,0028", "thickness"):
        assert not spacing.matches(text), text


def test_attributes_that_differ_between_slices_are_told(tmp_path: Path) -> None:
    slices = [image(k, AcquisitionTime=f"12000{k}", PatientComments="same") for k in range(4)]
    slices[2].KVP = "120"
    folder = write_all(tmp_path, slices)
    volume = load_series(index_paths([folder]).series[0])
    places = header_places(volume)
    assert [p.position_mm for p in places] == [5, 7, 9, 11]
    told: list[float] = []
    different = differing_attributes([p.source for p in places], lambda fraction, words: told.append(fraction))
    assert names(list_header(places[2].source), different) == {
        "MediaStorageSOPInstanceUID", "SOPInstanceUID", "AcquisitionTime", "KVP", "InstanceNumber",
        "ImagePositionPatient",
    }  # fmt: skip
    assert told[0] == 0 and told[-1] == 1 and len(told) == 5


def test_comparing_can_be_stopped(tmp_path: Path) -> None:
    folder = write_all(tmp_path, [image(k) for k in range(4)])

    def stop(fraction: float, sentence: str) -> None:
        if fraction > 0.3:
            raise Cancelled

    with pytest.raises(Cancelled):
        differing_attributes([Source(str(p)) for p in sorted(folder.iterdir())], stop)


def test_of_a_multi_frame_image_one_frame_is_listed_and_frames_are_compared(tmp_path: Path) -> None:
    frames = [{"position": [0, 0, 4.0 * n], "slope": 2, "intercept": n} for n in range(3)]
    path = write(tmp_path / "enhanced", enhanced(frames, picture(0)[None].repeat(3, 0)))
    listing = list_header(path, frame_number=2)
    assert "other 2 frames" in listing.note
    places = [r.value for r in listing.rows if r.keyword == "ImagePositionPatient"]
    assert places == ["0\\0\\4"] or places == ["0.0\\0.0\\4.0"] or places == ["0\\0\\4.0"]
    assert sum(r.keyword == "PlanePositionSequence" for r in list_header(path).rows) == 3
    different = differing_attributes([Source(str(path))] * 3)
    assert names(listing, different) == {"ImagePositionPatient", "RescaleIntercept"}


def test_an_archive_is_looked_through_for_its_slices(tmp_path: Path) -> None:
    folder = write_all(tmp_path / "slices", [image(k) for k in range(3)])
    archive = tmp_path / "all.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        for path in folder.iterdir():
            packed.write(path, path.name)
    places = header_places(load_series(index_paths([archive]).series[0]))
    numbers = [row(list_header(p.source), "(0020,0013)").value for p in places]
    assert numbers == ["1", "2", "3"]


def test_files_that_have_gone_are_told_in_one_sentence(tmp_path: Path) -> None:
    folder = write_all(tmp_path, [image(k) for k in range(3)])
    volume = load_series(index_paths([folder]).series[0])
    for path in sorted(folder.iterdir())[:2]:
        path.unlink()
    with pytest.raises(DicomError, match=r"and 1 more files can't be found"):
        header_places(volume)


# --------------------------------------------------------------------------------------------------- hostile input


def stored(ds: Dataset) -> bytes:
    """The bytes of a file."""
    buffer = io.BytesIO()
    ds.file_meta = FileMetaDataset()
    ds.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.1"
    ds.file_meta.MediaStorageSOPClassUID, ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPClassUID, ds.SOPInstanceUID
    ds.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


WHOLE = stored(with_everything())


@given(st.lists(st.tuples(st.integers(132, len(WHOLE) - 1), st.integers(0, 255)), min_size=1, max_size=8), st.data())
def test_whatever_is_damaged_only_a_dicom_error_comes_out(changes: list[tuple[int, int]], data: st.DataObject) -> None:
    broken = bytearray(WHOLE)
    for place, value in changes:
        broken[place] = value
    cut = data.draw(st.integers(140, len(broken)))
    try:
        listing = list_header(InMemory(bytes(broken[:cut])))
    except DicomError:
        return
    assert listing.rows


class InMemory(Source):
    """Bytes behind the interface of a source."""

    def __init__(self, data: bytes) -> None:
        super().__init__("made up")
        object.__setattr__(self, "data", data)

    __slots__ = ("data",)

    @contextmanager
    def opened(self) -> Iterator[OpenFile]:
        yield OpenFile(io.BytesIO(self.data), len(self.data))


def test_a_cut_file_is_listed_up_to_the_damage() -> None:
    listing = list_header(InMemory(WHOLE[: len(WHOLE) - 40]))
    assert "the pixel data announces 96 bytes, but only 56 are left" in listing.note
    assert row(listing, "(0028,0010)").value == "6"


def test_what_is_no_dicom_file_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_text("Dear colleague")
    with pytest.raises(DicomError, match=r"letter\.txt is not a DICOM file"):
        list_header(path)


def explicit(group: int, element: int, vr: bytes, length: int) -> bytes:
    return struct.pack("<HH2sHI", group, element, vr, 0, length)


HEAD = bytes(128) + b"DICM" + struct.pack("<HH2sH", 2, 0x10, b"UI", 20) + b"1.2.840.10008.1.2.1\0"
UNDEFINED = 0xFFFFFFFF
ITEM = struct.pack("<HHI", 0xFFFE, 0xE000, UNDEFINED)


def test_bottomless_sequences_and_endless_lists_are_bounded() -> None:
    deep = HEAD + (explicit(0x0008, 0x1140, b"SQ", UNDEFINED) + ITEM) * 50_000
    many = HEAD + struct.pack("<HH2sH", 8, 0x60, b"CS", 2) + b"CT"
    many += struct.pack("<HH2sH", 9, 0x1001, b"CS", 0) * 500_000
    start = time.perf_counter()
    assert "more than 64 deep" in list_header(InMemory(deep)).note
    listing = list_header(InMemory(many))
    assert "more than 50000 elements" in listing.note and len(listing.rows) < 50_010
    assert time.perf_counter() - start < 5


def test_a_length_beyond_the_file_costs_no_memory() -> None:
    listing = list_header(InMemory(HEAD + explicit(0x0009, 0x1001, b"OB", 0xFFFFFFF0) + b"ab"))
    assert "announces 4294967280 bytes, but only 2 are left" in listing.note


def test_a_deflated_bomb_is_refused() -> None:
    syntax = b"1.2.840.10008.1.2.1.99"
    head = bytes(128) + b"DICM" + struct.pack("<HH2sH", 2, 0x10, b"UI", len(syntax)) + syntax
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    bomb = deflate.compress(explicit(0x0009, 0x1001, b"OB", 1 << 29) + bytes(300 << 20)) + deflate.flush()
    with pytest.raises(DicomError, match="inflates to more than"):
        list_header(InMemory(head + bomb))


@pytest.mark.filterwarnings("ignore:Invalid value")
def test_nothing_of_the_patient_gets_into_the_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    path = write(tmp_path / "slice", image(0, PatientAge="thirty", StudyDate="yesterday"))
    listing = list_header(path)
    assert row(listing, "(0010,0010)").value == NAME and row(listing, "(0010,0020)").value == IDENTIFIER
    assert "CANARY" not in caplog.text and "yesterday" not in caplog.text


# ------------------------------------------------------------------------------------------------------- real data


def counted(dataset: Dataset) -> int:
    """Elements of a data set and of all its sequences."""
    return sum(1 + sum(counted(item) for item in (e.value if e.VR == "SQ" else ())) for e in dataset)


@pytest.mark.realdata
def test_odd_files_are_listed_as_pydicom_reads_them(data_dir: Path) -> None:
    compared = 0
    for path in sorted(p for p in data_dir.glob("odd_*/**/*") if p.is_file()):
        try:
            listing = list_header(path)
            dataset = pydicom.dcmread(path, force=True)
            wanted = counted(dataset) + counted(dataset.file_meta)
        except (DicomError, AttributeError, TypeError, ValueError, EOFError, struct.error):
            continue  # one of the two can't read it at all
        if listing.note:
            continue
        assert sum(bool(r.tag) for r in listing.rows) == wanted, path.name
        compared += 1
    assert compared > 100


@pytest.mark.realdata
@pytest.mark.parametrize("name", ["chrArab", "chrFren", "chrGreek", "chrH31", "chrHbrw", "chrRuss", "chrX1", "chrX2"])
def test_values_are_in_the_alphabet_of_their_file(data_dir: Path, name: str) -> None:
    path = data_dir / "odd_pydicom" / "charset_files" / f"{name}.dcm"
    dataset = pydicom.dcmread(path)
    dataset.decode()
    assert row(list_header(path), "(0010,0010)").value.rstrip("=") == str(dataset.PatientName).rstrip("=")


@pytest.mark.realdata
def test_phases_and_frames_of_real_series_have_their_own_headers(data_dir: Path) -> None:
    phases = [load_series(e) for e in index_paths([data_dir / "mr_dce_ucsf06"]).series]
    times = [row(list_header(header_places(v)[0].source), "(0008,0033)").value for v in phases]
    assert times == ["102551", "103238", "103832"]
    different = differing_attributes([p.source for v in phases for p in header_places(v)])
    listing = list_header(header_places(phases[0])[0].source)
    assert {"ContentTime", "ImagePositionPatient", "AcquisitionNumber"} <= names(listing, different)
    enhanced_mr = load_series(index_paths([data_dir / "odd_enhanced_mr"]).series[0])
    places = header_places(enhanced_mr)
    assert [p.frame_number for p in places] == [s.frame_number for s in enhanced_mr.slices]
    shown = list_header(places[3].source, places[3].frame_number)
    positions = [r for r in shown.rows if r.path == "(5200,9230)[*](0020,9113)[1](0020,0032)"]
    assert len(positions) == 1
    heights = [float(v) for v in positions[0].value.split("\\")]
    assert heights @ enhanced_mr.grid.normal == pytest.approx(places[3].position_mm, abs=1e-3)
