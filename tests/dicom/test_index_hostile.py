"""Files made to harm cost neither memory nor time, and one kind of error leaves the layer."""

from __future__ import annotations

import io
import struct
import time
import tracemalloc
import zipfile
import zlib
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.dataset import Dataset
from pydicom.uid import DeflatedExplicitVRLittleEndian

from tests.dicom.make_images import enhanced, image, write, write_all
from tests.dicom.test_registration import object_of
from workstation.dicom.errors import DicomError
from workstation.dicom.index import STRUCTURE_SET, Index, index_paths
from workstation.dicom.load import load_series
from workstation.dicom.registration import read_registrations


def only_reason(index: Index) -> str:
    assert not index.series and len(index.skipped) == 1, index
    return index.skipped[0].reason


def bounded(path: Path) -> Index:
    """Index a file, and prove that it took less than 64 MB and two seconds."""
    tracemalloc.start()
    start = time.perf_counter()
    try:
        return index_paths([path])
    finally:
        assert time.perf_counter() - start < 2
        assert tracemalloc.get_traced_memory()[1] < 64 << 20
        tracemalloc.stop()


def element(group: int, number: int, vr: bytes, value: bytes, length: int | None = None) -> bytes:
    announced = len(value) if length is None else length
    if vr in (b"OB", b"OW", b"SQ", b"UN", b"UT"):
        return struct.pack("<HH2sHI", group, number, vr, 0, announced) + value
    return struct.pack("<HH2sH", group, number, vr, announced) + value


META = b"\0" * 128 + b"DICM" + element(2, 0x10, b"UI", b"1.2.840.10008.1.2.1\0")


def test_a_huge_meta_length_is_not_believed(tmp_path: Path) -> None:
    data = b"\0" * 128 + b"DICM" + element(2, 1, b"OB", b"\0\1", 0xFFFFFFF0) + b"\0" * 26
    (tmp_path / "x").write_bytes(data)
    assert "longer than the file" in only_reason(bounded(tmp_path / "x"))


@pytest.mark.parametrize("length", [0x7FFFFFFF, 0xFFFFFFF0, 100])
def test_an_element_longer_than_the_file_is_damage(tmp_path: Path, length: int) -> None:
    (tmp_path / "x").write_bytes(META + element(8, 0x16, b"UN", b"abcd", length))
    assert "damaged" in only_reason(bounded(tmp_path / "x"))


def test_endless_nesting_is_refused(tmp_path: Path) -> None:
    deep = (element(8, 0x1140, b"SQ", b"", 0xFFFFFFFF) + struct.pack("<HHI", 0xFFFE, 0xE000, 0xFFFFFFFF)) * 5000
    (tmp_path / "x").write_bytes(META + deep)
    assert "nests sequences" in only_reason(bounded(tmp_path / "x"))


def test_a_deflated_bomb_is_refused(tmp_path: Path) -> None:
    head = META.replace(b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2.1.99").replace(b"UI\x14\0", b"UI\x16\0")
    body = element(8, 0x16, b"UI", b"1.2.840.10008.5.1.4.1.1.2\0") + element(8, 0x1140, b"UN", b"\0" * (400 << 20))
    deflate = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    (tmp_path / "x").write_bytes(head + deflate.compress(body) + deflate.flush())
    del body
    assert "damaged" in only_reason(bounded(tmp_path / "x"))


def test_a_deflated_image_that_inflates_without_end_is_refused(tmp_path: Path) -> None:
    ds = image(0)
    ds.PixelData = bytes(300 << 20)
    path = write(tmp_path / "x", ds, DeflatedExplicitVRLittleEndian)
    del ds
    index = bounded(path)
    with pytest.raises(DicomError, match="inflates to more than"):
        load_series(index.series[0])


def test_a_deflated_image_is_read(tmp_path: Path) -> None:
    index = index_paths([write(tmp_path / "x", image(0), DeflatedExplicitVRLittleEndian)])
    assert load_series(index.series[0]).voxels[0, 0, 0] == 1000 - 1024


def test_absurd_sizes_of_compressed_images_are_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "x", image(0, Rows=30000, Columns=30000))
    data = path.read_bytes().replace(b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2.5\0")
    path.write_bytes(data.replace(b"OW\0\0" + struct.pack("<I", 96), b"OB\0\0\xff\xff\xff\xff"))
    assert "announces 1800 MB of pixels" in only_reason(bounded(path))


def test_uids_are_never_paths(tmp_path: Path) -> None:
    evil = image(0, SOPInstanceUID="../../../tmp/evil", SeriesInstanceUID="../../../tmp/evil")
    volume = load_series(index_paths([write(tmp_path / "x", evil)]).series[0])
    assert volume.files == (str(tmp_path / "x"),) and not Path("/tmp/evil").exists()


@pytest.fixture(scope="module")
def valid_files(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    """An image, an enhanced image, a registration and the beginning of a structure set."""
    folder = tmp_path_factory.mktemp("f")
    pictures = np.zeros((2, 6, 8), np.uint16)
    write(folder / "image", image(0))
    write(folder / "enhanced", enhanced([{"position": [0, 0, 2 * k], "temporal": 1} for k in range(2)], pictures))
    write(folder / "registration", object_of(("2.25.1", [np.eye(4)]), ("2.25.2", [np.eye(4)])))
    write(folder / "structures", image(0, SOPClassUID=STRUCTURE_SET, PixelData=None, **structure_set_references()))
    return [path.read_bytes() for path in sorted(folder.iterdir())]


def structure_set_references() -> dict[str, object]:
    frame, study, series = Dataset(), Dataset(), Dataset()
    series.SeriesInstanceUID = "2.25.4"
    study.RTReferencedSeriesSequence = [series]
    frame.FrameOfReferenceUID, frame.RTReferencedStudySequence = "2.25.3", [study]
    return {"ReferencedFrameOfReferenceSequence": [frame], "StructureSetLabel": "x"}


@given(
    kind=st.integers(0, 3), cut=st.integers(0, 400),
    changes=st.lists(st.tuples(st.integers(128, 3000), st.integers(0, 255)), min_size=1, max_size=12),
)  # fmt: skip
def test_damaged_files_are_read_or_listed_never_raised(
    tmp_path_factory: pytest.TempPathFactory, valid_files: list[bytes], kind: int, cut: int,
    changes: list[tuple[int, int]],
) -> None:  # fmt: skip
    data = bytearray(valid_files[kind][: max(140, len(valid_files[kind]) - cut)])
    for position, value in changes:
        data[position % len(data)] = value
    path = tmp_path_factory.mktemp("d") / "x"
    path.write_bytes(data)
    index = index_paths([path])
    assert len(index.series) + len(index.skipped) + len(index.structure_sets) + len(index.registrations) >= 1
    for use in [partial(load_series, e) for e in index.series] + [partial(read_registrations, path)]:
        try:
            use()
        except DicomError as error:
            assert str(path) in str(error)


@given(st.binary(max_size=600))
def test_random_bytes_after_the_prefix_never_raise(tmp_path_factory: pytest.TempPathFactory, noise: bytes) -> None:
    path = tmp_path_factory.mktemp("n") / "x"
    path.write_bytes(META + noise)
    index = index_paths([path])
    assert index.series or index.structure_sets or index.registrations or index.skipped, "the file is passed over"


def zipped(path: Path, members: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def test_an_archive_is_opened_like_a_folder(tmp_path: Path) -> None:
    folder = write_all(tmp_path / "f", [image(k) for k in range(4)])
    members = {f"a/{p.name}": p.read_bytes() for p in folder.iterdir()} | {"notes.txt": b"hello"}
    index = index_paths([zipped(tmp_path / "x.zip", members)])
    volume, plain = load_series(index.series[0]), load_series(index_paths([folder]).series[0])
    assert (volume.voxels == plain.voxels).all() and volume.grid.same_as(plain.grid)
    assert [s.reason for s in index.skipped] == ["is not a DICOM file"]
    assert index.skipped[0].path.endswith("x.zip, member notes.txt")


def test_members_with_evil_names_are_only_read(tmp_path: Path) -> None:
    data = write(tmp_path / "i", image(0)).read_bytes()
    inner = tmp_path / "inner"
    inner.mkdir()
    index = index_paths([zipped(inner / "x.zip", {"../../evil.dcm": data, "/etc/evil": data + b"\0\0"})])
    assert len(index.series) == 1
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["i", "inner", "x.zip"]


def test_a_zip_bomb_is_refused(tmp_path: Path) -> None:
    path = zipped(tmp_path / "x.zip", {"bomb": b"\0" * (64 << 20)})
    assert "possible zip bomb" in only_reason(bounded(path))


def test_a_member_that_lies_about_its_size_is_cut_there(tmp_path: Path) -> None:
    data = write(tmp_path / "i", image(0)).read_bytes()
    path = zipped(tmp_path / "x.zip", {"a": data}, zipfile.ZIP_STORED)
    raw = path.read_bytes()
    path.write_bytes(raw.replace(struct.pack("<I", len(data)), struct.pack("<I", len(data) - 50)))
    assert only_reason(index_paths([path]))


def test_archives_in_archives_encrypted_members_and_links_are_listed(tmp_path: Path) -> None:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("x", b"y")
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("inner.zip", inner.getvalue())
        link = zipfile.ZipInfo("link")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
        archive.writestr("secret", b"z" * 20)
    raw = bytearray(path.read_bytes())
    raw[raw.rindex(b"PK\1\2") + 8] |= 1
    path.write_bytes(raw)
    found = [s.reason for s in index_paths([path]).skipped]
    assert "archive inside an archive" in found[0] and "symbolic link" in found[1] and "encrypted" in found[2]


def test_a_damaged_archive_is_listed(tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_bytes(b"PK\3\4" + b"\1" * 500)
    assert "can't be read as a zip archive" in only_reason(index_paths([tmp_path / "x.zip"]))
