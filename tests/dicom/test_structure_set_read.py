"""RTSTRUCT as it comes: every way to write it means the same, every defect is told, nothing hostile gets through."""

from __future__ import annotations

import io
import logging
import os
import struct
import sys
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from tests.dicom import make_structure_sets as make
from workstation.dicom.errors import DicomError
from workstation.dicom.structure_set import StructureSet, parse_structure_set, read_structure_set
from workstation.geometry.grid import Grid
from workstation.geometry.transform import Transform
from workstation.structures.planar import area_mm2

RING = make.circle(10.0)
IMAGE = (make.slice_uid(1),)


def read(path: Path, contours: list[Any], image: Any = None, **changes: Any) -> StructureSet:
    ds = make.structure_set([make.roi(1, "Tumour", contours)], **changes)
    return read_structure_set(make.write(path / "rs.dcm", ds), image)


def rings_at(structure_set: StructureSet, z_mm: float) -> list[np.ndarray]:
    return list(structure_set.structures[0].stack.region_at(z_mm).rings)


# ------------------------------------------------------------------------------------- the same, however written


@pytest.mark.parametrize("undefined_lengths", [False, True])
@pytest.mark.parametrize(
    "syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian]
)
def test_every_encoding_reads_the_same(tmp_path: Path, syntax: Any, undefined_lengths: bool) -> None:
    rings = [make.contour(make.at(RING, z), images=(make.slice_uid(k),)) for k, z in enumerate((0.0, 3.0, 6.0))]
    ds = make.structure_set([make.roi(4, "Tumour", rings, "GTV", (255, 1, 2)), make.roi(7, "Empty", [])])
    found = read_structure_set(make.write(tmp_path / "rs.dcm", ds, syntax, undefined_lengths))
    tumour, empty = found.structures
    assert (tumour.number, tumour.name, tumour.interpreted_type, tumour.color) == (4, "Tumour", "GTV", (255, 1, 2))
    assert tumour.stack.positions_mm.tolist() == [0.0, 3.0, 6.0]
    np.testing.assert_array_equal(tumour.stack.slices[0].region.rings[0], RING)
    ring = tumour.stack.slices[2].imported[0]
    assert ring.contour_data.strip(" \0") == make.text_of(make.at(RING, 6.0))
    assert (ring.geometric_type, ring.images[0].sop_instance_uid) == ("CLOSED_PLANAR", make.slice_uid(2))
    assert (empty.name, empty.stack.slices) == ("Empty", ())
    assert found.warnings == ()
    assert (found.uid, found.label, found.frame_of_reference_uid) == ("2.25.4001", "LABEL", make.FRAME_UID)
    assert (found.referenced_series_uid, len(found.referenced_images)) == (make.SERIES_UID, 5)
    assert found.patient.name == make.NAME
    assert found.study["StudyDate"] == "20260101"


def test_without_preamble_and_meta(tmp_path: Path) -> None:
    ds = make.structure_set([make.roi(1, "Tumour", [make.contour(make.at(RING, 0.0), images=IMAGE)])])
    buffer = io.BytesIO()
    ds.save_as(buffer, implicit_vr=True, little_endian=True)
    assert len(rings_at(parse_structure_set(buffer.getvalue(), "memory"), 0.0)) == 1


@pytest.mark.parametrize(
    ("charset", "name"), [("ISO_IR 100", "Größe"), ("ISO_IR 192", "腫瘍 é"), ("ISO_IR 144", "Опухоль"),
                          (["", "ISO 2022 IR 87"], "腫瘍")],
)  # fmt: skip
def test_names_in_every_character_set(tmp_path: Path, charset: Any, name: str) -> None:
    ds = make.structure_set([make.roi(1, name, [])], SpecificCharacterSet=charset)
    assert read_structure_set(make.write(tmp_path / "rs.dcm", ds)).structures[0].name == name


# ---------------------------------------------------------------------------------------------------- rings


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
@pytest.mark.parametrize("kind", ["CLOSED_PLANAR", "CLOSEDPLANAR_XOR"])
def test_nested_rings_are_holes_whatever_their_order(tmp_path: Path, order: tuple[int, ...], kind: str) -> None:
    rings = [make.square(10.0), make.square(6.0), make.square(2.0)]
    found = read(tmp_path, [make.contour(make.at(rings[i], 0.0), kind, IMAGE) for i in order])
    assert area_mm2(found.structures[0].stack.region_at(0.0)) == pytest.approx(400 - 144 + 16)
    assert [len(r) for r in rings_at(found, 0.0)] == [4, 4, 4]
    for i, ring in zip(order, rings_at(found, 0.0), strict=True):
        np.testing.assert_array_equal(ring, rings[i])


def test_a_keyhole_ring_is_read_with_its_hole(tmp_path: Path) -> None:
    outer = [(-10, 0), (-10, -10), (10, -10), (10, 10), (-10, 10), (-10, 0)]
    inner = [(-4, 0), (-4, 4), (4, 4), (4, -4), (-4, -4), (-4, 0)]
    found = read(tmp_path, [make.contour(make.at(np.array(outer + inner), 0.0), images=IMAGE)])
    assert area_mm2(found.structures[0].stack.region_at(0.0)) == pytest.approx(400 - 64)


def test_a_repeated_first_point_is_no_second_point(tmp_path: Path) -> None:
    found = read(tmp_path, [make.contour(make.at(np.vstack([RING, RING[:1]]), 0.0), images=IMAGE)])
    np.testing.assert_array_equal(rings_at(found, 0.0)[0], RING)
    assert found.structures[0].stack.slices[0].imported[0].contour_data.count("\\") == 3 * 61 - 1


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ("1\\2\\0", "fewer than three points"),
        ("1\\2\\0\\3\\4\\0", "fewer than three points"),
        (make.at(np.array([(0, 0), (1, 1), (2, 2)]), 0.0), "no area"),
        (make.at(np.array([(5, 5)] * 6), 0.0), "no area"),
        ("1\\2\\0", "encloses nothing; kept as it is"),
        (make.at(make.square(90000.0), 0.0), "more than 5 m from the origin"),
        ("-1e300\\-1e300\\0\\1e300\\-1e300\\0\\1e300\\1e300\\0", "more than 5 m from the origin"),
    ],
)
def test_rings_that_are_nothing_are_kept_beside_and_told(tmp_path: Path, data: Any, told: str) -> None:
    good = make.contour(make.at(RING, 0.0), images=IMAGE)
    found = read(tmp_path, [make.contour(data, images=IMAGE), good])
    structure = found.structures[0]
    assert (structure.stack.contour_count, len(structure.loose)) == (1, 1)
    assert any(told in w and "Tumour" in w for w in found.warnings)


@pytest.mark.parametrize(
    ("data", "told"),
    [("", "no points at all"), ("1\\2\\0\\3", "multiple of three"), ("1\\x\\0", "other than numbers"),
     ("nan\\1\\2\\3\\4\\5\\6\\7\\8", "other than numbers")],
)  # fmt: skip
def test_contours_that_cannot_be_read_are_left_out_and_told(tmp_path: Path, data: str, told: str) -> None:
    warnings.simplefilter("ignore")
    good = make.contour(make.at(RING, 0.0), images=IMAGE)
    bad = make.contour("1\\2\\3", images=IMAGE)
    bad["ContourData"].VR = "LT"  # lets the test write what no DS may hold
    bad["ContourData"].value = data
    ds = make.structure_set([make.roi(1, "Tumour", [bad, good])])
    found = read_structure_set(make.write_implicit(tmp_path / "rs.dcm", ds))
    assert (found.structures[0].stack.contour_count, found.structures[0].loose) == (1, ())
    assert any(told in w for w in found.warnings)


def test_points_and_open_lines_are_kept_beside(tmp_path: Path) -> None:
    point = make.contour("1\\2\\3", "POINT")
    line = make.contour(make.at(RING[:9], 0.0), "OPEN_PLANAR", IMAGE)
    found = read(tmp_path, [point, line, make.contour(make.at(RING, 0.0), images=IMAGE)])
    assert [r.geometric_type for r in found.structures[0].loose] == ["POINT", "OPEN_PLANAR"]
    assert len(found.warnings) == 1
    assert "open lines" in found.warnings[0]


def test_more_digits_than_the_standard_allows_are_read(tmp_path: Path) -> None:
    text = "\\".join(f"{v:.21f}" for v in make.at(RING, 0.0).ravel())
    contour = make.contour("1\\2\\3", images=IMAGE)
    contour["ContourData"].VR = "LT"
    contour["ContourData"].value = text
    ds = make.structure_set([make.roi(1, "Tumour", [contour])])
    found = read_structure_set(make.write_implicit(tmp_path / "rs.dcm", ds))
    np.testing.assert_array_equal(rings_at(found, 0.0)[0], RING)


def test_the_announced_number_of_points_is_not_believed(tmp_path: Path) -> None:
    found = read(tmp_path, [make.contour(make.at(RING, 0.0), images=IMAGE, NumberOfContourPoints="3000000")])
    assert len(rings_at(found, 0.0)[0]) == 60
    assert any("announces another number of points" in w for w in found.warnings)


# ----------------------------------------------------------------------------------------------- planes


def test_positions_within_a_hundredth_of_a_millimetre_are_one_plane(tmp_path: Path) -> None:
    contours = [make.contour(make.at(make.square(3.0, (x, 0)), z), images=IMAGE) for x, z in ((0, 1.0), (9, 1.004))]
    stack = read(tmp_path, contours).structures[0].stack
    assert len(stack.slices) == 1
    assert len(stack.slices[0].region.rings) == 2


def test_structures_on_another_spacing_keep_their_own_planes(tmp_path: Path) -> None:
    contours = [make.contour(make.at(RING, z), images=IMAGE) for z in (0.0, 5.0, 10.0)]
    found = read(tmp_path, contours, make.ct(slices=8, spacing_mm=2.0))
    assert found.structures[0].stack.positions_mm.tolist() == [0.0, 5.0, 10.0]
    assert found.structures[0].stack.slice_spacing_mm == 5.0
    assert any("5 mm apart on slices of 2 mm" in w for w in found.warnings)


def test_the_images_spacing_counts_and_gaps_stay_gaps(tmp_path: Path) -> None:
    contours = [make.contour(make.at(RING, z), images=IMAGE) for z in (0.0, 3.0, 12.0)]
    assert read(tmp_path, contours, make.ct()).structures[0].stack.slice_spacing_mm == 3.0
    assert read(tmp_path, contours).structures[0].stack.slice_spacing_mm == 3.0


def test_a_single_plane_takes_the_usual_spacing_of_the_file(tmp_path: Path) -> None:
    many = [make.contour(make.at(RING, z), images=IMAGE) for z in (0.0, 2.5, 5.0)]
    rois = [make.roi(1, "One", [make.contour(make.at(RING, 0.0), images=IMAGE)]), make.roi(2, "Many", many)]
    found = read_structure_set(make.write(tmp_path / "rs.dcm", make.structure_set(rois)))
    assert [s.stack.slice_spacing_mm for s in found.structures] == [2.5, 2.5]


def test_rings_outside_of_the_image_are_kept_and_told(tmp_path: Path) -> None:
    contours = [make.contour(make.at(RING + 900.0, z), images=IMAGE) for z in (-30.0, 0.0, 3.0, 60.0)]
    found = read(tmp_path, contours, make.ct())
    assert found.structures[0].stack.positions_mm.tolist() == [-30.0, 0.0, 3.0, 60.0]
    assert any("2 contours lie on planes outside of the image" in w for w in found.warnings)


def test_rings_in_other_planes_are_kept_beside(tmp_path: Path) -> None:
    axial = [make.contour(make.at(RING, z), images=IMAGE) for z in (0.0, 3.0)]
    sagittal = make.contour(np.column_stack([np.full(60, 4.0), RING]), images=IMAGE)
    found = read(tmp_path, [sagittal, *axial])
    assert len(found.structures[0].stack.slices) == 2
    assert len(found.structures[0].loose) == 1
    assert any("other planes" in w for w in found.warnings)


@pytest.mark.parametrize("angles_deg", [(90, 0, 0), (0, 90, 0), (20, -35, 10), (0, 0, 45), (3, 2, 1)])
@pytest.mark.parametrize("with_image", [False, True])
def test_oblique_and_sagittal_slices_are_as_good_as_axial_ones(
    tmp_path: Path, angles_deg: tuple[float, ...], with_image: bool
) -> None:
    direction = Transform.from_rigid(rotation_deg=angles_deg).matrix[:3, :3]
    grid = Grid((10.0, -20.0, 30.0), (1.0, 1.0, 4.0), direction, (64, 64, 6))
    contours = []
    for k in (1, 2, 3):
        index = np.column_stack([RING + 32.0, np.full(60, k)])
        contours.append(make.contour([[float(f"{v:.9g}") for v in p] for p in grid.to_patient(index)], images=IMAGE))
    found = read(tmp_path, contours, make.ct(grid=grid) if with_image else None)
    stack = found.structures[0].stack
    assert [len(s.region.rings) for s in stack.slices] == [1, 1, 1]
    np.testing.assert_allclose(np.diff(stack.positions_mm), 4.0, atol=1e-4)
    assert abs(abs(stack.plane.normal @ grid.normal) - 1) < 1e-9
    for k, drawn in zip((1, 2, 3) if stack.plane.normal @ grid.normal > 0 else (3, 2, 1), stack.slices, strict=True):
        back = grid.to_index(stack.plane.to_patient(drawn.region.rings[0], drawn.position_mm))
        np.testing.assert_allclose(back, np.column_stack([RING + 32.0, np.full(60, k)]), atol=1e-4)
    if with_image:
        np.testing.assert_allclose(stack.plane.u, direction[:, 0], atol=1e-9)
        np.testing.assert_allclose(stack.slice_spacing_mm, 4.0)
        assert found.warnings == ()


def test_axial_rings_have_x_and_y_as_plane_coordinates_exactly(tmp_path: Path) -> None:
    ring = np.array([(0.1, 0.2), (30.7, -12.3), (11.11, 45.6789)])
    for image in (None, make.ct()):
        stack = read(tmp_path, [make.contour(make.at(ring, -0.3), images=IMAGE)], image).structures[0].stack
        assert stack.slices[0].position_mm == -0.3
        np.testing.assert_array_equal(stack.slices[0].region.rings[0], ring)


def test_a_prone_images_own_axes_are_used(tmp_path: Path) -> None:
    grid = Grid((31.5, 31.5, 0.0), (1.0, 1.0, 3.0), np.diag([-1.0, -1.0, 1.0]), (64, 64, 5))
    stack = read(tmp_path, [make.contour(make.at(RING, 3.0), images=IMAGE)], make.ct(grid=grid)).structures[0].stack
    np.testing.assert_array_equal(stack.slices[0].region.rings[0], -RING)
    assert stack.slices[0].position_mm == 3.0


# ------------------------------------------------------------------------------------------- references


def test_without_image_references_it_still_reads(tmp_path: Path) -> None:
    ds = make.structure_set(
        [make.roi(1, "Tumour", [make.contour(make.at(RING, 0.0))])], ReferencedFrameOfReferenceSequence=None,
        FrameOfReferenceUID=None, RTROIObservationsSequence=None,
    )  # fmt: skip
    for item in ds.StructureSetROISequence:
        del item.ReferencedFrameOfReferenceUID
    found = read_structure_set(make.write(tmp_path / "rs.dcm", ds), make.ct())
    assert len(rings_at(found, 0.0)) == 1
    told = " ".join(found.warnings)
    assert "names no frame of reference" in told
    assert "No image is named" in told
    assert "1 contour does not name its image" in told


def test_references_to_absent_images_are_told(tmp_path: Path) -> None:
    found = read(tmp_path, [make.contour(make.at(RING, 0.0), images=("2.25.999",))], make.ct())
    assert any("1 of 1 contours refer to images that are not in this series" in w for w in found.warnings)


def test_another_frame_of_reference_and_another_patient_are_told(tmp_path: Path) -> None:
    contour = make.contour(make.at(RING, 0.0), images=IMAGE)
    found = read(tmp_path, [contour], make.ct(frame_of_reference_uid="2.25.1"), PatientID="SOMEBODY-ELSE")
    told = " ".join(found.warnings)
    assert "frame of reference is not the image's" in told
    assert "patient of the structure set is not the patient of the image" in told
    assert "SOMEBODY" not in told
    assert "CANARY" not in told


def test_an_approved_set_is_locked(tmp_path: Path) -> None:
    found = read(
        tmp_path, [make.contour(make.at(RING, 0.0), images=IMAGE)], ApprovalStatus="APPROVED", ReviewDate="20260102",
        ReviewTime="101112", ReviewerName="DOC^TOR",
    )  # fmt: skip
    assert found.approved
    assert (found.approval.date, found.approval.time, found.approval.reviewer) == ("20260102", "101112", "DOC^TOR")
    assert found.structures[0].locked
    assert "DOC" not in " ".join(found.warnings) + repr(found)


# --------------------------------------------------------------------------------------- disorder in the file


def test_contours_of_an_unlisted_structure_are_read_under_a_name(tmp_path: Path) -> None:
    ds = make.structure_set([make.roi(1, "A", []), make.roi(9, "B", [make.contour(make.at(RING, 0.0), images=IMAGE)])])
    ds.StructureSetROISequence = [ds.StructureSetROISequence[0]]
    found = read_structure_set(make.write(tmp_path / "rs.dcm", ds))
    assert [s.name for s in found.structures] == ["A", "ROI 9"]
    assert found.structures[1].stack.contour_count == 1
    assert any("ROI 9" in w for w in found.warnings)


def test_one_structure_in_two_parts_is_one(tmp_path: Path) -> None:
    rois = [make.roi(1, "A", [make.contour(make.at(RING, z), images=IMAGE)]) for z in (0.0, 3.0)]
    ds = make.structure_set(rois)
    ds.StructureSetROISequence = [ds.StructureSetROISequence[0]]
    found = read_structure_set(make.write(tmp_path / "rs.dcm", ds))
    assert [s.stack.contour_count for s in found.structures] == [2]
    assert any("several parts" in w for w in found.warnings)


def test_a_number_given_twice_makes_two_structures(tmp_path: Path) -> None:
    ds = make.structure_set([make.roi(1, "A", [make.contour(make.at(RING, 0.0), images=IMAGE)])])
    ds.StructureSetROISequence.append(make.structure_set([make.roi(1, "B", [])]).StructureSetROISequence[0])
    found = read_structure_set(make.write(tmp_path / "rs.dcm", ds))
    assert [(s.name, s.stack.contour_count) for s in found.structures] == [("A", 1), ("B", 0)]
    assert len({s.identifier for s in found.structures}) == 2
    assert any("given twice" in w for w in found.warnings)


def test_missing_colors_names_and_types_do_no_harm(tmp_path: Path) -> None:
    ds = make.structure_set([make.roi(3, "A", [make.contour(make.at(RING, 0.0), None, IMAGE)], color=None)])
    del ds.StructureSetROISequence[0].ROIName
    del ds.StructureSetROISequence[0].ROIGenerationAlgorithm
    found = read_structure_set(make.write(tmp_path / "rs.dcm", ds))
    assert (found.structures[0].name, found.structures[0].stack.contour_count) == ("ROI 3", 1)
    assert any("does not name its type" in w for w in found.warnings)


# ------------------------------------------------------------------------------------------------ hostile


def test_what_is_no_structure_set_is_refused_by_name(tmp_path: Path) -> None:
    plan = make.structure_set([make.roi(1, "A", [])], SOPClassUID="1.2.840.10008.5.1.4.1.1.481.5", Modality="RTPLAN")
    with pytest.raises(DicomError, match=r"rs\.dcm is not a structure set .* RTPLAN"):
        read_structure_set(make.write(tmp_path / "rs.dcm", plan))


@pytest.mark.parametrize("content", [b"", b"hello", b"\0" * 4000, b"\0" * 128 + b"DICM", b"PK\3\4" + b"x" * 400])
def test_what_is_no_dicom_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "thing"
    path.write_bytes(content)
    with pytest.raises(DicomError, match="thing is"):
        read_structure_set(path)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pipes in folders")
def test_a_pipe_is_refused_instead_of_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(DicomError, match="pipe"):
        read_structure_set(tmp_path / "pipe")


def test_thousands_of_structures_are_read_in_seconds(tmp_path: Path) -> None:
    count = 2000
    rois = [make.roi(n, f"S{n}", [make.contour(make.at(RING, 0.0), images=IMAGE)]) for n in range(1, count + 1)]
    path = make.write(tmp_path / "many.dcm", make.structure_set(rois))
    start = time.process_time()
    found = read_structure_set(path)
    assert len(found.structures) == count
    assert time.process_time() - start < 6.0  # one look through all observations for each structure took 8 s


def test_absent_files_and_folders_are_refused_by_name(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "absent"):
        with pytest.raises(DicomError, match=path.name):
            read_structure_set(path)


def _bytes(undefined_lengths: bool = False) -> bytes:
    rings = [make.contour(make.at(RING[::6], z), images=IMAGE) for z in (0.0, 3.0)]
    ds = make.structure_set([make.roi(1, "Tumour", rings)])
    with tempfile.TemporaryDirectory() as folder:
        return make.write(Path(folder) / "rs.dcm", ds, undefined_lengths=undefined_lengths).read_bytes()


@pytest.mark.parametrize("undefined_lengths", [False, True])
def test_a_file_cut_short_anywhere_is_refused_or_read_with_one_exception_type(undefined_lengths: bool) -> None:
    data = _bytes(undefined_lengths)
    outcomes = {"read": 0, "refused": 0}
    for length in range(0, len(data), 7):
        try:
            parse_structure_set(data[:length], "cut")
            outcomes["read"] += 1
        except DicomError as error:
            assert "CANARY" not in str(error)
            outcomes["refused"] += 1
    assert outcomes["refused"] > outcomes["read"]


@settings(max_examples=300)
@given(at=st.integers(132, 3000), value=st.integers(0, 255), undefined_lengths=st.booleans())
def test_any_changed_byte_is_survived_with_one_exception_type(at: int, value: int, undefined_lengths: bool) -> None:
    data = bytearray(_DATA[undefined_lengths])
    data[at % len(data)] = value
    try:
        parse_structure_set(bytes(data), "changed")
    except DicomError as error:
        assert "CANARY" not in str(error)


_DATA = {flag: _bytes(flag) for flag in (False, True)}


def test_a_length_beyond_the_file_costs_no_memory() -> None:
    data = _bytes()
    place = data.index(struct.pack("<HH", 0x3006, 0x0039)) + 8
    with pytest.raises(DicomError, match="announces"):
        parse_structure_set(data[:place] + struct.pack("<I", 0xFFFFFF00) + data[place + 4 :], "huge")


def test_endless_nesting_is_refused() -> None:
    item = struct.pack("<HHI", 0xFFFE, 0xE000, 0xFFFFFFFF)
    sequence = struct.pack("<HH2sHI", 0x3006, 0x0039, b"SQ", 0, 0xFFFFFFFF)
    head = struct.pack("<HH2sH", 0x0008, 0x0060, b"CS", 8) + b"RTSTRUCT"
    with pytest.raises(DicomError, match=r"nested|never ends|cut short"):
        parse_structure_set(head + (sequence + item) * 5000, "nested")


def test_no_patient_reaches_logs_warnings_or_representations(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, recwarn: pytest.WarningsRecorder
) -> None:
    caplog.set_level(logging.DEBUG)
    ds = make.structure_set([make.roi(1, "Tumour", [make.contour(make.at(RING, 0.0), images=IMAGE)])])
    ds.StudyID = "CANARY-STUDY-ID-THAT-IS-TOO-LONG"
    warnings.simplefilter("ignore")
    path = make.write(tmp_path / "rs.dcm", ds)
    caplog.clear()
    recwarn.clear()
    found = read_structure_set(path, make.ct(frame_of_reference_uid="2.25.1"))
    said = caplog.text + " ".join(str(w.message) for w in recwarn) + " ".join(found.warnings) + repr(found)
    assert "CANARY" not in said
