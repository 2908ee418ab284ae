"""What a folder holds is found by headers alone, and nothing disappears without a reason."""

from __future__ import annotations

import os
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from tests.dicom.make_images import IDENTIFIER, MR, NAME, SERIES_UID, image, oriented, write, write_all
from workstation.dicom.errors import DicomError
from workstation.dicom.index import Index, index_paths
from workstation.dicom.load import load_series
from workstation.jobs.progress import Cancelled


def reasons(index: Index) -> dict[str, str]:
    return {Path(s.path).name: s.reason for s in index.skipped}


def test_a_series_is_one_entry_with_all_that_a_list_needs(tmp_path: Path) -> None:
    entry = index_paths([write_all(tmp_path, [image(k) for k in range(4)])]).series[0]
    assert (entry.key, entry.uid, entry.modality, entry.description) == (SERIES_UID, SERIES_UID, "CT", "make-believe")
    assert (entry.slices, entry.size, entry.spacing_mm) == (4, (8, 6, 4), (0.5, 0.75, 2.0))
    assert entry.frame_of_reference_uid == "2.25.1002"
    assert (entry.patient.name, entry.patient.identifier, entry.patient.birth_date) == (NAME, IDENTIFIER, "19500101")
    assert entry.study["StudyID"] == "7" and entry.acquisition["SeriesNumber"] == "3" and entry.unit == "HU"
    assert entry.warnings == () and len(entry.files) == 4


def test_names_and_folders_mean_nothing(tmp_path: Path) -> None:
    for k in range(3):
        write(tmp_path / f"{k}" / ("a" * (3 - k)) / f"{9 - k}.txt", image(k))
    index = index_paths([tmp_path])
    assert [e.slices for e in index.series] == [3]


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian, ExplicitVRBigEndian])
def test_files_without_preamble_are_read(tmp_path: Path, syntax: object) -> None:
    for k in range(3):
        write(tmp_path / str(k), image(k), syntax, preamble=False)  # type: ignore[arg-type]
    index = index_paths([tmp_path])
    assert [(e.slices, e.size) for e in index.series] == [(3, (8, 6, 3))], index.skipped


def axes(a: float, b: float, c: float) -> tuple[np.ndarray, np.ndarray]:
    """Row and column direction of slices turned by three angles."""
    ca, sa, cb, sb, cc, sc = np.cos(a), np.sin(a), np.cos(b), np.sin(b), np.cos(c), np.sin(c)
    turn = (
        np.array([[cc, -sc, 0], [sc, cc, 0], [0, 0, 1]])
        @ np.array([[cb, 0, sb], [0, 1, 0], [-sb, 0, cb]])
        @ np.array([[1, 0, 0], [0, ca, -sa], [0, sa, ca]])
    )
    return turn[:, 0], turn[:, 1]


@given(st.floats(-3, 3), st.floats(-3, 3), st.floats(-3, 3), st.permutations(range(5)), st.floats(0.4, 6))
def test_every_orientation_ascends_along_its_own_normal(
    tmp_path_factory: pytest.TempPathFactory, a: float, b: float, c: float, order: list[int], step: float
) -> None:
    row, column = axes(a, b, c)
    origin = np.array([-31.0, 12.5, 60.0])
    folder = write_all(tmp_path_factory.mktemp("o"), [oriented(k, row, column, origin, step) for k in order])
    entry = index_paths([folder]).series[0]
    volume = load_series(entry)
    assert np.allclose(volume.grid.normal, np.cross(row, column), atol=1e-6)
    for index in ((0, 0, 0), (7, 5, 4), (3, 2, 1)):
        i, j, k = index
        point = origin + row * 0.5 * i + column * 0.75 * j + np.cross(row, column) * step * k
        assert np.allclose(volume.grid.to_patient(index), point, atol=2e-4)
        assert volume.voxels[k, j, i] == 1000 + 100 * k + 10 * j + i - 1024
    positions = [s.position_mm for s in volume.slices]
    assert all(low < high for low, high in pairwise(positions))


def test_a_standard_sagittal_series_ascends_along_its_normal(tmp_path: Path) -> None:
    row, column = np.array([0.0, 1, 0]), np.array([0.0, 0, -1])
    slices = [oriented(k, row, column, np.array([40.0, -60, 90]), 3, PatientPosition="FFP") for k in range(3)]
    volume = load_series(index_paths([write_all(tmp_path, slices)]).series[0])
    assert np.allclose(volume.grid.normal, (-1, 0, 0)) and np.linalg.det(volume.grid.direction) > 0.99
    assert volume.patient_position == "FFP" and volume.grid.to_patient((0, 0, 2)).tolist() == [34, -60, 90]


def test_echoes_split_a_series(tmp_path: Path) -> None:
    echoes = [image(k, sop_class=MR, EchoNumbers=e, EchoTime=str(10 * e)) for k in range(3) for e in (1, 2)]
    index = index_paths([write_all(tmp_path, echoes)])
    assert [(e.key, e.slices, e.acquisition["EchoTime"]) for e in index.series] == [
        (f"{SERIES_UID}#1", 3, "10"),
        (f"{SERIES_UID}#2", 3, "20"),
    ]
    assert index.series[1].description == "make-believe (echo 2)"


def test_orientations_split_a_series(tmp_path: Path) -> None:
    slices = [image(k) for k in range(3)]
    slices += [oriented(k, np.array([0.0, 1, 0]), np.array([0.0, 0, -1]), np.zeros(3), 2) for k in range(3)]
    assert [e.slices for e in index_paths([write_all(tmp_path, slices)]).series] == [3, 3]


def test_the_scout_view_of_a_ct_stays_out_of_its_volume(tmp_path: Path) -> None:
    scout = image(9, ImageType=["ORIGINAL", "PRIMARY", "LOCALIZER"])
    series = index_paths([write_all(tmp_path, [scout, *(image(k) for k in range(4))])]).series
    assert sorted(e.slices for e in series) == [1, 4]
    localizer = next(e for e in series if e.slices == 1)
    assert any("localizer" in w for w in localizer.warnings)


def test_acquisitions_that_make_one_even_stack_stay_together(tmp_path: Path) -> None:
    slices = [image(k, AcquisitionNumber=str(k + 1)) for k in range(6)]
    assert [e.slices for e in index_paths([write_all(tmp_path, slices)]).series] == [6]


def test_acquisitions_that_overlap_are_taken_apart(tmp_path: Path) -> None:
    first = [image(k, AcquisitionNumber="1") for k in range(5)]
    second = [image(k, AcquisitionNumber="2", ImagePositionPatient=[-10, 20, 5.7 + 2 * k]) for k in range(5)]
    series = index_paths([write_all(tmp_path, first + second)]).series
    assert [(e.slices, round(e.spacing_mm[2], 9), e.warnings) for e in series] == [(5, 2.0, ()), (5, 2.0, ())]


def test_repeated_places_without_any_index_become_volumes_in_order(tmp_path: Path) -> None:
    """As in breast DCE-MR of GE: all phases in one series, only instance numbers differ."""
    slices = [
        image(k, np.full((6, 8), 10 * phase + k, np.uint16), MR, InstanceNumber=str(4 * phase + k + 1))
        for phase in range(3)
        for k in range(4)
    ]
    series = index_paths([write_all(tmp_path, slices)]).series
    assert [e.key for e in series] == [f"{SERIES_UID}#{n}" for n in (1, 2, 3)]
    for phase, entry in enumerate(series):
        assert load_series(entry).voxels[:, 0, 0].tolist() == [10 * phase + k for k in range(4)]


def test_phases_are_told_apart_by_their_temporal_position(tmp_path: Path) -> None:
    slices = [
        image(k, np.full((6, 8), 10 * phase + k, np.uint16), MR, TemporalPositionIdentifier=str(3 - phase))
        for phase in range(3)
        for k in range(4)
    ]
    series = index_paths([write_all(tmp_path, slices)]).series
    assert [e.acquisition["TemporalPositionIdentifier"] for e in series] == ["1", "2", "3"]
    assert [int(load_series(e).voxels[0, 0, 0]) for e in series] == [20, 10, 0]


def test_a_few_repeated_slices_are_left_out_and_listed(tmp_path: Path) -> None:
    slices = [image(k) for k in range(6)] + [image(2, InstanceNumber="90")]
    index = index_paths([write_all(tmp_path, slices)])
    assert [e.slices for e in index.series] == [6] and "1 repeated slice left out" in index.series[0].warnings
    assert len(index.skipped) == 1 and "repeats the place" in index.skipped[0].reason


def test_images_all_at_one_place_are_no_volume(tmp_path: Path) -> None:
    slices = [image(0, AcquisitionNumber=str(n), InstanceNumber=str(n)) for n in range(4)]
    index = index_paths([write_all(tmp_path, slices)])
    assert not index.series and all("one and the same place" in s.reason for s in index.skipped)


def test_a_series_that_jumps_is_two_volumes(tmp_path: Path) -> None:
    far = [image(k, ImagePositionPatient=[-10, 20, 400.0 + 2 * k]) for k in range(3)]
    series = index_paths([write_all(tmp_path, [image(k) for k in range(5)] + far)]).series
    assert sorted((e.slices, e.spacing_mm[2]) for e in series) == [(3, 2.0), (5, 2.0)]
    assert "from 400 to 404 mm" in {e.acquisition["Part"] for e in series}


def test_a_single_slice_is_as_thick_as_it_says(tmp_path: Path) -> None:
    entry = index_paths([write(tmp_path / "one", image(0, SliceThickness="3.5"))]).series[0]
    assert entry.spacing_mm[2] == 3.5 and "single slice" in entry.warnings[0]


def test_a_single_slice_without_thickness_is_refused(tmp_path: Path) -> None:
    index = index_paths([write(tmp_path / "one", image(0, SliceThickness=None))])
    assert not index.series and "without a Slice Thickness" in reasons(index)["one"]


def test_slices_shifted_sideways_at_random_are_refused(tmp_path: Path) -> None:
    slices = [image(k, ImagePositionPatient=[-10.0 + (7 if k == 2 else 0), 20, 2 * k]) for k in range(5)]
    index = index_paths([write_all(tmp_path, slices)])
    assert not index.series and "shifted sideways" in index.skipped[0].reason


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"PhotometricInterpretation": "RGB", "SamplesPerPixel": 3}, "colour"),
        ({"PhotometricInterpretation": "PALETTE COLOR"}, "colour"),
        ({"ImagePositionPatient": None}, "no position and orientation"),
        ({"ImageOrientationPatient": [1, 0, 0, 1, 0, 0]}, "not perpendicular"),
        ({"PixelSpacing": None}, "no Pixel Spacing"),
        ({"PixelSpacing": [0, 0]}, "Pixel Spacing"),
        ({"Rows": 60000, "Columns": 60000}, "can't be right"),
        ({"Rows": 2000}, "cut short"),
        ({"NumberOfFrames": "3"}, "several frames"),
        ({"BitsStored": 0}, "can't be read"),
        ({"PixelData": None}, "without pixel data"),
        ({"ImageType": ["ORIGINAL", "PRIMARY", "M", "MOSAIC"]}, "mosaic"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.481.2"}, "RT Dose"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.66.4"}, "segmentation"),
        ({"SOPClassUID": "1.2.3.4"}, "unknown kind"),
    ],
)
def test_what_is_left_out_is_listed_with_the_reason(tmp_path: Path, changes: dict[str, object], reason: str) -> None:
    ds = image(0, **changes)
    index = index_paths([write(tmp_path / "odd", ds), write(tmp_path / "good", image(1))])
    assert len(index.series) == 1
    assert reason in reasons(index)["odd"]


def test_what_is_no_image_at_all_is_listed_too(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    (tmp_path / "letter.txt").write_text("Dear colleague, " * 50)
    write(tmp_path / "good", image(0))
    os.link(tmp_path / "good", tmp_path / "same")
    (tmp_path / "link").symlink_to(tmp_path / "good")
    (tmp_path / "folder link").symlink_to(tmp_path)
    found = reasons(index_paths([tmp_path]))
    assert found["empty"] == "is empty" and found["letter.txt"] == "is not a DICOM file"
    assert "same image" in found["same"]
    assert "symbolic link" in found["link"] and "symbolic link" in found["folder link"]


def test_one_uid_on_different_slices_does_not_lose_slices(tmp_path: Path) -> None:
    slices = [image(k, SOPInstanceUID="2.25.5") for k in range(4)]
    assert [e.slices for e in index_paths([write_all(tmp_path, slices)]).series] == [4]


def test_a_path_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DicomError, match="does not exist"):
        index_paths([tmp_path / "nowhere"])


def test_no_reason_or_warning_names_the_patient(tmp_path: Path) -> None:
    bad = [image(0, PixelSpacing=None), image(1, PatientName=f"{NAME}\x07", ImageOrientationPatient=[9, 9, 9, 9, 9, 9])]
    good = [image(k, PatientComments=IDENTIFIER) for k in (3, 7, 20)]
    index = index_paths([write_all(tmp_path, bad + good)])
    said = " ".join([s.reason for s in index.skipped] + [w for e in index.series for w in e.warnings])
    assert index.skipped and "CANARY" not in said


def test_reading_can_be_cancelled(tmp_path: Path) -> None:
    def stop(fraction: float, sentence: str) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        index_paths([write_all(tmp_path, [image(0)])], stop)


def test_a_name_in_another_alphabet_survives(tmp_path: Path) -> None:
    ds = image(0, SpecificCharacterSet="ISO_IR 144", PatientName="Люкceмбypг", SeriesDescription="шея")
    entry = index_paths([write(tmp_path / "r", ds)]).series[0]
    assert entry.patient.name == "Люкceмбypг" and entry.description == "шея"


def test_the_sop_class_may_stand_in_the_file_meta_only(tmp_path: Path) -> None:
    path = write(tmp_path / "dir", image(0, SOPClassUID="1.2.840.10008.1.3.10"))
    assert "DICOMDIR" in reasons(index_paths([path]))["dir"]


def test_slow_drives_are_read_by_several_threads_with_the_same_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_all(tmp_path, [image(k, sop_class=MR, EchoNumbers=e) for k in range(15) for e in (1, 2)])
    (tmp_path / "note").write_text("hello")
    one_by_one = index_paths([tmp_path])
    monkeypatch.setattr("workstation.dicom.index.SLOW_FILE_S", 0.0)
    together = index_paths([tmp_path])
    assert [e.files for e in together.series] == [e.files for e in one_by_one.series]
    assert together.skipped == one_by_one.skipped
