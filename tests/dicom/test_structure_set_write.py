"""What goes out is complete and valid, keeps what nobody edited, and is written whole or not at all."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest

from tests.dicom import make_structure_sets as make
from workstation.dicom.errors import DicomError
from workstation.dicom.structure_set import StructureSet, read_structure_set, write_structure_set
from workstation.geometry.region import Region
from workstation.structures.planar import area_mm2
from workstation.structures.structure import PlanarContours, State, Structure

RING = make.circle(10.0)


def imported(tmp_path: Path, ds: Any = None, implicit: bool = False, image: Any = None) -> StructureSet:
    """A set as another system sent it: two structures on three slices, with odd numbers and text forms."""
    if ds is None:
        first = [
            make.contour("1.50\\+2.0\\0\\30\\2\\0\\30\\4e1\\0", images=(make.slice_uid(0),), ContourNumber="5"),
            make.contour(make.at(RING, 6.0), images=(make.slice_uid(2),)),
            make.contour(make.at(RING, 3.0), images=(make.slice_uid(1),), ContourSlabThickness="3"),
        ]
        second = [make.contour(make.at(make.circle(4.0), 3.0), images=(make.slice_uid(1),))]
        ds = make.structure_set([make.roi(4, "GTV", first, "GTV"), make.roi(2, "Cord", second)])
    path = tmp_path / "in.dcm"
    return read_structure_set(make.write_implicit(path, ds) if implicit else make.write(path, ds), image)


def written(tmp_path: Path, *arguments: Any, **options: Any) -> pydicom.Dataset:
    path = tmp_path / "out.dcm"
    write_structure_set(path, *arguments, **options)
    return pydicom.dcmread(path)


def edited(structure: Structure, z_mm: float, rings: list[np.ndarray]) -> Structure:
    return structure.with_stack(structure.stack.replaced([PlanarContours(z_mm, Region(rings))]))


def contours_of(ds: pydicom.Dataset, number: int) -> list[pydicom.Dataset]:
    item = next(i for i in ds.ROIContourSequence if int(i.ReferencedROINumber) == number)
    return list(item.get("ContourSequence", []))


def raw(contour: pydicom.Dataset) -> bytes:
    value = contour.get_item(0x30060050).value
    return value if isinstance(value, bytes) else str(value).encode()


# ---------------------------------------------------------------------------------------------- a new set


def test_a_new_set_is_complete_and_refers_to_its_image(tmp_path: Path) -> None:
    structures = [make.structure("GTV", {3.0: [RING], 6.0: [RING, make.circle(4.0)]}, interpreted_type="GTV")]
    now = datetime(2026, 3, 4, 5, 6, 7)
    ds = written(tmp_path, structures, make.ct(), label="Plan 1", series_description="contours", now=now)
    assert (ds.SOPClassUID, ds.Modality, ds.StructureSetLabel) == (make.RTSTRUCT, "RTSTRUCT", "Plan 1")
    assert (ds.PatientName, ds.PatientID, ds.StudyInstanceUID) == (make.NAME, make.IDENTIFIER, make.STUDY_UID)
    assert (ds.StructureSetDate, ds.StructureSetTime, ds.SeriesDescription) == ("20260304", "050607", "contours")
    assert (ds.FrameOfReferenceUID, ds.ApprovalStatus) == (make.FRAME_UID, "UNAPPROVED")
    series = ds.ReferencedFrameOfReferenceSequence[0].RTReferencedStudySequence[0].RTReferencedSeriesSequence[0]
    assert series.SeriesInstanceUID == make.SERIES_UID
    assert [i.ReferencedSOPInstanceUID for i in series.ContourImageSequence] == [make.slice_uid(k) for k in range(5)]
    assert [c.ContourImageSequence[0].ReferencedSOPInstanceUID for c in contours_of(ds, 1)] == [
        make.slice_uid(1), make.slice_uid(2), make.slice_uid(2),
    ]  # fmt: skip
    assert ds.RTROIObservationsSequence[0].RTROIInterpretedType == "GTV"
    assert ds.file_meta.MediaStorageSOPInstanceUID == ds.SOPInstanceUID


def test_a_ring_names_the_slice_whose_slab_holds_it(tmp_path: Path) -> None:
    structures = [make.structure("A", {-1.4: [RING], 1.4: [RING], 1.6: [RING], 13.4: [RING], 14.0: [RING]})]
    named = [c.get("ContourImageSequence") for c in contours_of(written(tmp_path, structures, make.ct()), 1)]
    assert [n[0].ReferencedSOPInstanceUID if n else None for n in named] == [
        make.slice_uid(0), make.slice_uid(0), make.slice_uid(1), make.slice_uid(4), None,
    ]  # fmt: skip


def test_it_reads_back_as_it_was(tmp_path: Path) -> None:
    drawn = make.structure("Rectum", {0.0: [RING, make.circle(3.0)]}, 7, color=(1, 2, 3), interpreted_type="ORGAN")
    write_structure_set(tmp_path / "out.dcm", [drawn], make.ct())
    (back,) = read_structure_set(tmp_path / "out.dcm", make.ct()).structures
    assert (back.name, back.number, back.color, back.interpreted_type) == ("Rectum", 7, (1, 2, 3), "ORGAN")
    np.testing.assert_array_equal(back.stack.slices[0].region.rings[0], RING)
    assert back.stack.slice_spacing_mm == 3.0


def test_numbers_fit_sixteen_bytes_by_their_own_length(tmp_path: Path) -> None:
    ring = np.random.default_rng(1).uniform(-300, 300, (100, 2))
    ds = written(tmp_path, [make.structure("A", {1 / 3: [ring]})], make.ct())
    words = [word for c in contours_of(ds, 1) for word in raw(c).decode().strip().split("\\")]
    assert max(map(len, words)) <= 16
    assert max(map(len, words)) > 8


def test_long_contour_data_makes_the_whole_file_implicit(tmp_path: Path) -> None:
    short, long = make.circle(40.0, 1200), make.circle(80.0, 6000)
    explicit = written(tmp_path, [make.structure("A", {0.0: [short]})], make.ct())
    assert explicit.file_meta.TransferSyntaxUID == "1.2.840.10008.1.2.1"
    ds = written(tmp_path, [make.structure("A", {0.0: [short, long]})], make.ct())
    assert ds.file_meta.TransferSyntaxUID == "1.2.840.10008.1.2"
    lengths = [len(raw(c)) for c in contours_of(ds, 1)]
    assert max(lengths) > 65534
    rings = read_structure_set(tmp_path / "out.dcm").structures[0].stack.slices[0].region.rings
    assert sorted(len(r) for r in rings) == [1200, 6000]


def test_holes_leave_as_nested_rings_or_keyholes(tmp_path: Path) -> None:
    structures = [make.structure("A", {0.0: [make.square(10.0), make.square(4.0), make.square(1.0, (15, 0))]})]
    for holes, count in (("nested", 3), ("keyhole", 2)):
        ds = written(tmp_path, structures, make.ct(), holes=holes)
        assert len(contours_of(ds, 1)) == count
        assert {c.ContourGeometricType for c in contours_of(ds, 1)} == {"CLOSED_PLANAR"}
        stack = read_structure_set(tmp_path / "out.dcm").structures[0].stack
        assert area_mm2(stack.region_at(0.0)) == pytest.approx(400 - 64 + 4)


def test_rings_that_cross_leave_as_rings_that_do_not(tmp_path: Path) -> None:
    bow_tie = np.array([(0.0, 0.0), (8.0, 8.0), (8.0, 0.0), (0.0, 8.0)])
    ds = written(tmp_path, [make.structure("A", {0.0: [bow_tie]})], make.ct())
    assert len(contours_of(ds, 1)) == 2
    assert area_mm2(read_structure_set(tmp_path / "out.dcm").structures[0].stack.region_at(0.0)) == pytest.approx(32.0)


def test_without_an_image_it_is_still_valid(tmp_path: Path) -> None:
    ds = written(tmp_path, [make.structure("A", {0.0: [RING]})])
    assert "ContourImageSequence" not in contours_of(ds, 1)[0]
    assert ds.StudyInstanceUID.startswith("2.25.")
    frame = ds.ReferencedFrameOfReferenceSequence[0].FrameOfReferenceUID
    assert frame == ds.FrameOfReferenceUID == ds.StructureSetROISequence[0].ReferencedFrameOfReferenceUID


@pytest.mark.parametrize("name", ["Größe", "腫瘍", "Опухоль_1"])
def test_names_survive_in_any_script(tmp_path: Path, name: str) -> None:
    ds = written(tmp_path, [make.structure(name, {0.0: [RING]})], make.ct())
    assert ds.SpecificCharacterSet == "ISO_IR 192"
    assert read_structure_set(tmp_path / "out.dcm").structures[0].name == name


def test_plain_names_need_no_character_set(tmp_path: Path) -> None:
    assert "SpecificCharacterSet" not in written(tmp_path, [make.structure("GTV", {0.0: [RING]})], make.ct())


def test_numbers_of_new_structures_do_not_clash(tmp_path: Path) -> None:
    base = imported(tmp_path)
    new = make.structure("New", {0.0: [RING]}, 4)
    ds = written(tmp_path, (*base.structures, new), base=base)
    numbers = [int(i.ROINumber) for i in ds.StructureSetROISequence]
    assert numbers[:2] == [4, 2]
    assert len(set(numbers)) == 3
    assert len({i.ObservationNumber for i in ds.RTROIObservationsSequence}) == 3


def test_the_largest_number_that_dicom_holds_is_not_exceeded(tmp_path: Path) -> None:
    structures = [make.structure(name, {0.0: [RING]}, 2**31 - 1) for name in ("First", "Second")]
    ds = written(tmp_path, structures)
    assert [int(i.ROINumber) for i in ds.StructureSetROISequence] == [2**31 - 1, 1]


# --------------------------------------------------------------------------------------------- what came in


@pytest.mark.parametrize("implicit", [False, True])
def test_what_nobody_edited_leaves_bit_for_bit(tmp_path: Path, implicit: bool) -> None:
    base = imported(tmp_path, implicit=implicit)
    before, ds = pydicom.dcmread(tmp_path / "in.dcm"), written(tmp_path, base.structures, base=base)
    for number in (4, 2):
        pairs = list(zip(contours_of(before, number), contours_of(ds, number), strict=True))
        for old, new in pairs:
            assert raw(old) == raw(new)
            assert old == new
    assert ds.file_meta.TransferSyntaxUID == before.file_meta.TransferSyntaxUID


def test_only_the_edited_plane_changes(tmp_path: Path) -> None:
    base = imported(tmp_path)
    gtv, cord = base.structures
    ds = written(tmp_path, (edited(gtv, 3.0, [make.circle(12.0)]), cord), base=base)
    before = {raw(c) for c in contours_of(pydicom.dcmread(tmp_path / "in.dcm"), 4)}
    now = contours_of(ds, 4)
    assert len(now) == 3
    changed = [c for c in now if raw(c) not in before]
    assert len(changed) == 1
    assert changed[0].ContourImageSequence[0].ReferencedSOPInstanceUID == make.slice_uid(1)
    assert raw(now[0]).startswith(b"1.50\\+2.0\\0\\30")
    assert raw(contours_of(ds, 2)[0]) == raw(contours_of(pydicom.dcmread(tmp_path / "in.dcm"), 2)[0])


def test_without_its_base_the_text_of_unedited_planes_is_kept_too(tmp_path: Path) -> None:
    base = imported(tmp_path)
    ds = written(tmp_path, base.structures, make.ct())
    before = {raw(c).rstrip() for c in contours_of(pydicom.dcmread(tmp_path / "in.dcm"), 4)}
    assert {raw(c).rstrip() for c in contours_of(ds, 4)} == before


def test_attributes_of_other_structures_leave_as_they_came(tmp_path: Path) -> None:
    ds = make.structure_set([make.roi(1, "A", [make.contour(make.at(RING, 0.0))]), make.roi(2, "B", [])])
    ds.StructureSetROISequence[0].ROIDescription = "by hand"
    ds.StructureSetROISequence[0].ROIVolume = "12.5"
    ds.RTROIObservationsSequence[0].ROIObservationLabel = "observed"
    physical = pydicom.Dataset()
    physical.ROIPhysicalProperty, physical.ROIPhysicalPropertyValue = "REL_ELEC_DENSITY", "1.02"
    ds.RTROIObservationsSequence[0].ROIPhysicalPropertiesSequence = [physical]
    for item in (ds, ds.ROIContourSequence[0], ds.ROIContourSequence[0].ContourSequence[0]):
        item.private_block(0x3773, "VENDOR", create=True).add_new(0x05, "LO", "secret sauce")
    base = imported(tmp_path, ds)
    new = make.structure("New", {0.0: [RING]}, 9)
    out = written(tmp_path, (*base.structures, new), base=base, image=make.ct())
    assert out.StructureSetROISequence[0] == ds.StructureSetROISequence[0]
    assert out.RTROIObservationsSequence[0] == ds.RTROIObservationsSequence[0]
    for item in (out, out.ROIContourSequence[0], out.ROIContourSequence[0].ContourSequence[0]):
        assert item.private_block(0x3773, "VENDOR")[0x05].value == "secret sauce"
    edited_out = written(tmp_path, (edited(base.structures[0], 0.0, [make.circle(5.0)]),), base=base)
    assert "ROIVolume" not in edited_out.StructureSetROISequence[0]
    assert edited_out.StructureSetROISequence[0].ROIDescription == "by hand"


def test_private_elements_of_contours_survive_a_change_of_encoding(tmp_path: Path) -> None:
    ds = make.structure_set([make.roi(1, "A", [make.contour(make.at(RING, 0.0), images=(make.slice_uid(0),))])])
    ds.ROIContourSequence[0].ContourSequence[0].private_block(0x3773, "VENDOR", create=True).add_new(5, "LO", "sauce")
    base = imported(tmp_path, ds)
    long = make.structure("Long", {0.0: [make.circle(80.0, 5000)]}, 2)
    out = written(tmp_path, (*base.structures, long), base=base)
    assert out.file_meta.TransferSyntaxUID == "1.2.840.10008.1.2"
    assert contours_of(out, 1)[0].private_block(0x3773, "VENDOR")[5].value in ("sauce", b"sauce ")


def test_renaming_changes_the_name_alone(tmp_path: Path) -> None:
    base = imported(tmp_path)
    renamed = replace(base.structures[0], name="GTVp", interpreted_type="CTV", color=(9, 8, 7))
    ds = written(tmp_path, (renamed, base.structures[1]), base=base)
    assert ds.StructureSetROISequence[0].ROIName == "GTVp"
    assert ds.RTROIObservationsSequence[0].RTROIInterpretedType == "CTV"
    assert list(ds.ROIContourSequence[0].ROIDisplayColor) == [9, 8, 7]
    before = pydicom.dcmread(tmp_path / "in.dcm")
    assert contours_of(ds, 4) == contours_of(before, 4)


def test_removed_structures_are_left_out_everywhere(tmp_path: Path) -> None:
    base = imported(tmp_path)
    ds = written(tmp_path, base.structures[1:], base=base)
    assert [i.ROIName for i in ds.StructureSetROISequence] == ["Cord"]
    assert [int(i.ReferencedROINumber) for i in ds.ROIContourSequence] == [2]
    assert [int(i.ReferencedROINumber) for i in ds.RTROIObservationsSequence] == [2]


def test_a_name_beyond_the_files_character_set_makes_it_unicode(tmp_path: Path) -> None:
    ds = make.structure_set([make.roi(1, "Größe", [make.contour(make.at(RING, 0.0))])])
    base = imported(tmp_path, ds)
    kept = written(tmp_path, base.structures, base=base)
    assert (kept.SpecificCharacterSet, kept.StructureSetROISequence[0].ROIName) == ("ISO_IR 100", "Größe")
    out = written(tmp_path, (*base.structures, make.structure("腫瘍", {0.0: [RING]}, 2)), base=base)
    assert out.SpecificCharacterSet == "ISO_IR 192"
    assert [i.ROIName for i in out.StructureSetROISequence] == ["Größe", "腫瘍"]


def test_every_export_is_a_new_instance_and_nothing_approved_stays_so(tmp_path: Path) -> None:
    ds = make.structure_set(
        [make.roi(1, "A", [make.contour(make.at(RING, 0.0))])], ApprovalStatus="APPROVED", ReviewDate="20260101",
        ReviewTime="120000", ReviewerName="DOC^TOR",
    )  # fmt: skip
    base = imported(tmp_path, ds)
    first = written(tmp_path, base.structures, base=base)
    second = written(tmp_path, (edited(base.structures[0], 0.0, [make.circle(4.0)]),), base=base)
    assert len({base.uid, first.SOPInstanceUID, second.SOPInstanceUID}) == 3
    assert len({base.series_uid, first.SeriesInstanceUID, second.SeriesInstanceUID}) == 3
    for out in (first, second):
        assert out.ApprovalStatus == "UNAPPROVED"
        assert not {"ReviewDate", "ReviewTime", "ReviewerName"} & set(out.dir())


@pytest.mark.filterwarnings("ignore:The value length")
def test_vendors_omissions_are_made_good(tmp_path: Path) -> None:
    ds = make.structure_set(
        [make.roi(1, "A", [make.contour(make.at(RING, 3.0))])], FrameOfReferenceUID=None,
        PositionReferenceIndicator=None, OperatorsName=None, StudyID="MUCH-TOO-LONG-FOR-A-SHORT-STRING",
        AccessionNumber=None, SeriesInstanceUID="2.25.4001", RTROIObservationsSequence=None,
    )  # fmt: skip
    study = ds.ReferencedFrameOfReferenceSequence[0].RTReferencedStudySequence[0]
    del study.RTReferencedSeriesSequence[0].ContourImageSequence
    del ds.StructureSetROISequence[0].ReferencedFrameOfReferenceUID
    base = imported(tmp_path, ds)
    out = written(tmp_path, base.structures, base=base)
    assert out.FrameOfReferenceUID == make.FRAME_UID
    assert (out.PositionReferenceIndicator, out.OperatorsName, out.AccessionNumber) == ("", "", "")
    assert out.StudyID == "MUCH-TOO-LONG-FO"
    assert out.SeriesInstanceUID != out.SOPInstanceUID
    assert "RTReferencedStudySequence" not in out.ReferencedFrameOfReferenceSequence[0]
    assert out.StructureSetROISequence[0].ReferencedFrameOfReferenceUID == make.FRAME_UID
    assert len(out.RTROIObservationsSequence) == 1
    with_image = written(tmp_path, base.structures, base=base, image=make.ct())
    assert contours_of(with_image, 1)[0].ContourImageSequence[0].ReferencedSOPInstanceUID == make.slice_uid(1)
    series = with_image.ReferencedFrameOfReferenceSequence[0].RTReferencedStudySequence[0].RTReferencedSeriesSequence
    assert series[0].SeriesInstanceUID == make.SERIES_UID


def test_a_point_and_an_open_line_go_out_again(tmp_path: Path) -> None:
    contours = [make.contour("1\\2\\3", "POINT"), make.contour(make.at(RING[:5], 0.0), "OPEN_PLANAR"),
                make.contour(make.at(RING, 0.0))]  # fmt: skip
    base = imported(tmp_path, make.structure_set([make.roi(1, "A", contours)]))
    out = written(tmp_path, base.structures, base=base)
    assert [c.ContourGeometricType for c in contours_of(out, 1)] == ["POINT", "OPEN_PLANAR", "CLOSED_PLANAR"]


# ------------------------------------------------------------------------------------------------- refusals


def test_a_repeatable_set_is_repeated(tmp_path: Path) -> None:
    now = datetime(2026, 1, 1)
    for path in (tmp_path / "a.dcm", tmp_path / "b.dcm"):
        write_structure_set(path, [make.structure("A", {0.0: [RING]})], make.ct(), now=now, uid_seed="seed 1")
    assert (tmp_path / "a.dcm").read_bytes() == (tmp_path / "b.dcm").read_bytes()


@pytest.mark.parametrize("name", ["x" * 65, "a\\b", "a\nb"])
def test_impossible_names_are_refused_before_anything_is_written(tmp_path: Path, name: str) -> None:
    with pytest.raises(DicomError, match="name"):
        write_structure_set(tmp_path / "out.dcm", [make.structure(name, {0.0: [RING]})], make.ct())
    assert list(tmp_path.iterdir()) == []


def test_a_stale_structure_is_not_exported(tmp_path: Path) -> None:
    stale = make.structure("PTV", {0.0: [RING]}, state=State.STALE)
    with pytest.raises(DicomError, match="'PTV' is stale"):
        write_structure_set(tmp_path / "out.dcm", [stale], make.ct())


def test_nothing_to_write_and_unknown_holes_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DicomError, match="no structure"):
        write_structure_set(tmp_path / "out.dcm", [], make.ct())
    with pytest.raises(DicomError, match="'nested' or 'keyhole'"):
        write_structure_set(tmp_path / "out.dcm", [make.structure("A", {0.0: [RING]})], make.ct(), holes="round")


def test_a_full_disk_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "out.dcm"
    path.write_bytes(b"before")

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DicomError, match=r"out\.dcm was not written: the disk is full; .* unchanged"):
        write_structure_set(path, [make.structure("A", {0.0: [RING]})], make.ct())
    assert path.read_bytes() == b"before"
    assert [p.name for p in tmp_path.iterdir()] == ["out.dcm"]


def test_an_absent_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(DicomError, match="folder does not exist"):
        write_structure_set(tmp_path / "absent" / "out.dcm", [make.structure("A", {0.0: [RING]})], make.ct())
