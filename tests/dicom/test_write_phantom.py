"""The glomus case as a DICOM study: one patient, one study, every truth in its own object."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import numpy as np
import pydicom
import pytest

from workstation.dicom.index import index_paths
from workstation.dicom.load import load_series
from workstation.dicom.registration import read_registrations
from workstation.dicom.structure_set import read_structure_set
from workstation.dicom.write_phantom import write_glomus
from workstation.structures.volume import volume_cc
from workstation.teaching.glomus import GlomusCase

NOW = datetime(2026, 1, 12, 9, 30)


@pytest.fixture(scope="module")
def case(coarse_case: GlomusCase) -> GlomusCase:
    return coarse_case


@pytest.fixture(scope="module")
def study(case: GlomusCase, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("study")
    written = write_glomus(case, folder, now=NOW)
    assert list(written["series"]) == ["CT", "MR_pre", "MR_early", "MR_delayed1", "MR_delayed2"]
    return folder


def test_every_series_comes_back_voxel_for_voxel(case: GlomusCase, study: Path) -> None:
    index = index_paths([study])
    assert not index.skipped
    entries = {entry.uid: entry for entry in index.series}
    assert len(entries) == 5 and len(index.structure_sets) == 1 and len(index.registrations) == 1
    for volume in (case.ct, *case.phases.values()):
        read = load_series(entries[volume.series_uid])
        assert read.grid.same_as(volume.grid) and not read.warnings
        np.testing.assert_array_equal(read.voxels, volume.voxels)
        assert [s.sop_instance_uid for s in read.slices] == [s.sop_instance_uid for s in volume.slices]


def test_the_same_seed_is_written_as_the_same_bytes(case: GlomusCase, study: Path, tmp_path: Path) -> None:
    write_glomus(case, tmp_path, now=NOW)
    first = {p.relative_to(study): p.read_bytes() for p in study.rglob("*.dcm")}
    again = {p.relative_to(tmp_path): p.read_bytes() for p in tmp_path.rglob("*.dcm")}
    assert first.keys() == again.keys()
    assert [str(name) for name, data in first.items() if again[name] != data] == []


def test_the_true_contours_come_back_on_the_ct(case: GlomusCase, study: Path) -> None:
    read = read_structure_set(study / "rtstruct.dcm", case.ct)
    assert [s.name for s in read.structures] == [s.name for s in case.structures]
    assert not read.warnings
    for one, other in zip(read.structures, case.structures, strict=True):
        assert one.stack.contour_count == other.stack.contour_count
        assert volume_cc(one.stack) == pytest.approx(volume_cc(other.stack), rel=1e-3)


def test_the_true_registration_comes_back(case: GlomusCase, study: Path) -> None:
    (read,) = read_registrations(study / "registration.dcm")
    assert read.fixed_frame_uid == case.ct.frame_of_reference_uid
    assert read.moving_frame_uid == case.phases["pre"].frame_of_reference_uid
    corners = case.ct.grid.corners_mm()
    np.testing.assert_allclose(
        read.fixed_to_moving.apply(corners), case.registration.fixed_to_moving.apply(corners), atol=1e-4
    )


def test_all_is_one_study_of_one_patient_that_is_marked_as_a_phantom(study: Path) -> None:
    heads = [pydicom.dcmread(p, stop_before_pixels=True) for p in study.rglob("*.dcm")]
    assert {str(ds.PatientName) for ds in heads} == {"PHANTOM^GLOMUS"}
    assert len({ds.StudyInstanceUID for ds in heads}) == 1
    assert {ds.StudyDate for ds in heads} == {"20260112"}
    images = [ds for ds in heads if ds.Modality in ("CT", "MR")]
    assert {ds.QualityControlSubject for ds in images} == {"YES"}
    assert len({ds.SOPInstanceUID for ds in heads}) == len(heads)


def test_phases_are_told_apart_by_time_and_contrast(study: Path) -> None:
    first = {
        name: pydicom.dcmread(next((study / name).glob("*.dcm")), stop_before_pixels=True)
        for name in ("MR_pre", "MR_early", "MR_delayed1", "MR_delayed2")
    }
    times = [ds.AcquisitionTime for ds in first.values()]
    assert times == sorted(times) and len(set(times)) == 4
    assert "ContrastBolusAgent" not in first["MR_pre"] and first["MR_early"].ContrastBolusAgent


def test_images_are_the_same_bytes_again(case: GlomusCase, study: Path, tmp_path: Path) -> None:
    write_glomus(case, tmp_path, now=NOW)
    for name in ("CT", "MR_pre"):
        for one, two in zip(sorted((study / name).iterdir()), sorted((tmp_path / name).iterdir()), strict=True):
            assert one.read_bytes() == two.read_bytes()


def test_dciodvfy_finds_no_error_in_any_kind_of_object(study: Path, debian_tool: Callable[..., str]) -> None:
    dciodvfy = debian_tool("dciodvfy", package="dicom3tools")
    for path in (study / "CT" / "CT_0001.dcm", study / "MR_early" / "MR_0001.dcm", study / "rtstruct.dcm",
                 study / "registration.dcm"):  # fmt: skip
        said = subprocess.run([dciodvfy, str(path)], capture_output=True, text=True, check=False).stderr
        assert "Error" not in said, said
