"""A resampled image goes out as a derived series that says how it was made; three readers get the same back."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
import pydicom
import pytest
import SimpleITK as sitk  # noqa: N813

from workstation.dicom.derived_series import write_derived_series
from workstation.dicom.errors import DicomError
from workstation.dicom.index import index_paths
from workstation.dicom.load import load_series
from workstation.dicom.write_series import write_series
from workstation.fusion.registration import Registration
from workstation.geometry.grid import Grid
from workstation.geometry.transform import Transform
from workstation.images.resample import resample
from workstation.images.volume import PatientIdentity, SliceSource, Volume

NOW = datetime(2026, 11, 25, 10, 0, 0)
FIXED, MOVING = "2.25.11", "2.25.12"
SHIFT = Transform.from_rigid((3, -2, 4), (5, 3, -8))
PROVISIONAL = Registration("r", FIXED, MOVING, SHIFT, "rigid, Mattes mutual information")
ACCEPTED = replace(PROVISIONAL, accepted_by="Dr. Ada", accepted_at="2026-11-25T09:00:00+00:00")


def planning() -> Volume:
    grid = Grid((-20, -30, 50), (2, 2, 3), Transform.from_rigid((0, 0, 0), (0, 10, 0)).matrix[:3, :3], (12, 10, 6))
    return Volume("ct", np.zeros(grid.shape, np.int16), grid, "CT", "HU", "Planning", "2.25.110", "2.25.1", FIXED,
                  PatientIdentity("Doe^Jane", "17", "19500101", "F"), "HFP")  # fmt: skip


def moving(modality: str = "MR", dtype: type = np.int16) -> Volume:
    grid = Grid((-30, -40, 40), (2.5, 2.5, 4), np.eye(3), (16, 14, 10))
    k, j, i = np.meshgrid(*(np.arange(n) for n in grid.shape), indexing="ij")
    values = (100 + 5 * i + 7 * j + 11 * k + 20 * np.sin(i)).astype(dtype)
    sop_class = "1.2.840.10008.5.1.4.1.1.2" if modality == "CT" else "1.2.840.10008.5.1.4.1.1.4"
    slices = tuple(SliceSource(sop_class, f"2.25.12{k}", 40.0 + 4 * k) for k in range(10))
    unit = "HU" if modality == "CT" else "MR signal"
    return Volume("mr", values, grid, modality, unit, "T1 post", "2.25.120", "2.25.2", MOVING,
                  PatientIdentity("Doe^Jane", "17", "19500101", "F"), "FFS", slices,
                  {"AcquisitionDate": "20261120", "AcquisitionTime": "081500", "EchoTime": "2.5"},
                  {"StudyDate": "20261120", "StudyID": "MR7"}, ("somewhere.dcm",))  # fmt: skip


def derived(folder: Path, source: Volume, *registrations: Registration) -> tuple[Volume, list[Path]]:
    made = resample(source, planning().grid, SHIFT, frame_of_reference_uid=FIXED)
    paths = write_derived_series(folder, made, source, planning(), registrations or (PROVISIONAL,), now=NOW)
    return made, paths


@pytest.mark.parametrize(("modality", "dtype"), [("MR", np.int16), ("MR", np.float32), ("CT", np.int16)])
def test_three_readers_get_the_values_and_places_back(tmp_path: Path, modality: str, dtype: type) -> None:
    made, paths = derived(tmp_path, moving(modality, dtype))
    step = 0.0 if dtype == np.int16 else float(np.ptp(made.voxels)) / 65534 / 2 * 1.01
    (entry,) = index_paths([tmp_path]).series
    ours = load_series(entry)
    assert ours.grid.same_as(made.grid) and ours.frame_of_reference_uid == FIXED
    assert np.abs(ours.voxels - made.voxels).max() <= step + 1e-4
    assert ours.patient_position == "HFP"
    reader = sitk.ImageSeriesReader()
    reader.SetFileNames([str(p) for p in paths])
    theirs = reader.Execute()
    assert np.abs(sitk.GetArrayFromImage(theirs) - made.voxels).max() <= step + 1e-4
    assert np.allclose(theirs.TransformIndexToPhysicalPoint((11, 9, 5)), made.grid.to_patient((11, 9, 5)), atol=1e-4)
    ds = pydicom.dcmread(paths[3])
    slope, intercept = float(ds.get("RescaleSlope", 1)), float(ds.get("RescaleIntercept", 0))
    assert np.abs(ds.pixel_array * slope + intercept - made.voxels[3]).max() <= step + 1e-4
    assert np.allclose([float(v) for v in ds.ImagePositionPatient], made.grid.to_patient((0, 0, 3)))


def test_it_says_what_it_is_and_from_what(tmp_path: Path) -> None:
    source = moving()
    _, paths = derived(tmp_path / "a", source)
    first, second = pydicom.dcmread(paths[0]), pydicom.dcmread(paths[1])
    assert list(first.ImageType[:2]) == ["DERIVED", "SECONDARY"]
    assert first.SeriesInstanceUID == second.SeriesInstanceUID not in ("", source.series_uid, planning().series_uid)
    assert first.SOPInstanceUID != second.SOPInstanceUID
    assert (first.FrameOfReferenceUID, first.StudyInstanceUID, first.PatientID) == (FIXED, "2.25.2", "17")
    assert (first.AcquisitionDate, first.AcquisitionTime, first.EchoTime) == ("20261120", "081500", 2.5)
    assert [i.ReferencedSOPInstanceUID for i in first.SourceImageSequence] == [f"2.25.12{k}" for k in range(10)]
    assert first.DerivationCodeSequence[0].CodeValue == "113085"
    assert first.SeriesDescription.startswith("PROVISIONAL MR T1 post on CT Planning")
    assert first.DerivationDescription.startswith("PROVISIONAL: ")
    assert "resampled once, linearly, onto the voxels of CT Planning" in first.DerivationDescription
    assert "rigid, Mattes mutual information, not accepted by anybody" in first.DerivationDescription
    _, paths = derived(tmp_path / "b", source, ACCEPTED)
    first = pydicom.dcmread(paths[0])
    assert first.SeriesDescription == "MR T1 post on CT Planning"
    assert "PROVISIONAL" not in first.DerivationDescription and "accepted by Dr. Ada" in first.DerivationDescription


def test_one_link_of_a_chain_that_is_not_accepted_marks_the_whole(tmp_path: Path) -> None:
    _, paths = derived(tmp_path, moving(), ACCEPTED, PROVISIONAL)
    assert pydicom.dcmread(paths[0]).SeriesDescription.startswith("PROVISIONAL")


@pytest.mark.parametrize(("modality", "dtype"), [("MR", np.int16), ("MR", np.float32), ("CT", np.int16)])
def test_dciodvfy_finds_no_error(tmp_path: Path, modality: str, dtype: type, debian_tool: Callable[..., str]) -> None:
    source = moving(modality, dtype)
    source = replace(source, acquisition={**source.acquisition, "BodyPartExamined": "HEAD"})
    _, paths = derived(tmp_path, source)
    dciodvfy = debian_tool("dciodvfy", package="dicom3tools")
    said = subprocess.run([dciodvfy, str(paths[2])], capture_output=True, text=True, check=False).stderr
    assert "Error" not in said, said


def pet_file(path: Path) -> Path:
    """One slice of a PET series as its scanner wrote it, but for the pixels."""
    ds = pydicom.dcmread(write_series(path, replace(moving("MR"), slices=()), now=NOW)[0])
    ds.SOPClassUID = ds.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.128"
    ds.Modality, ds.Units, ds.CountsSource, ds.SeriesType = "PT", "BQML", "EMISSION", ["WHOLE BODY", "IMAGE"]
    ds.CorrectedImage, ds.DecayCorrection, ds.FrameReferenceTime = ["ATTN", "DECY"], "START", "1000"
    ds.SeriesDate, ds.SeriesTime, ds.AcquisitionDate, ds.AcquisitionTime = "20261119", "070000", "20261119", "070100"
    ds.ActualFrameDuration, ds.PatientWeight, ds.DecayFactor = "180000", "70", "1.02"
    ds.NumberOfTimeSlices = 6  # only a dynamic series may have it, but scanners write it
    isotope = pydicom.Dataset()
    isotope.RadionuclideTotalDose, isotope.RadionuclideHalfLife = "3.5e8", "6586.2"
    isotope.RadiopharmaceuticalStartTime, isotope.RadionuclideCodeSequence = "060000", []
    ds.RadiopharmaceuticalInformationSequence = [isotope]
    ds.save_as(path / "pet.dcm", enforce_file_format=True)
    return path / "pet.dcm"


def test_a_pet_keeps_what_its_uptake_is_worked_out_from(tmp_path: Path, debian_tool: Callable[..., str]) -> None:
    source = replace(moving("PT", np.float32), unit="BQML", files=(str(pet_file(tmp_path)),))
    made, paths = derived(tmp_path / "out", source)
    ds = pydicom.dcmread(paths[1])
    assert (ds.Modality, ds.Units, ds.ImageIndex, ds.NumberOfSlices) == ("PT", "BQML", 2, 6)
    assert ds.RadiopharmaceuticalInformationSequence[0].RadionuclideTotalDose == 3.5e8
    assert ds.PatientGantryRelationshipCodeSequence[0].CodeMeaning == "headfirst"
    lying = ds.PatientOrientationCodeSequence[0].PatientOrientationModifierCodeSequence[0]
    assert lying.CodeMeaning == "prone" and "PatientPosition" not in ds
    assert (ds.SeriesTime, ds.PatientWeight, float(ds.RescaleIntercept)) == ("070000", 70, 0)
    said = subprocess.run(
        [debian_tool("dciodvfy", package="dicom3tools"), str(paths[1])], capture_output=True, text=True
    )
    assert "PETImage" in said.stderr and "Error" not in said.stderr, said.stderr
    (entry,) = index_paths([tmp_path / "out"]).series
    back = load_series(entry)
    assert back.unit == "BQML" and np.abs(back.voxels - made.voxels).max() <= float(ds.RescaleSlope) / 2 + 1e-3


def test_images_of_no_known_kind_are_sent_to_other_formats(tmp_path: Path) -> None:
    source = replace(moving(), modality="", files=("x.nii",))
    with pytest.raises(DicomError, match=r"\.nii\.gz or \.mha"):
        derived(tmp_path, source)
    with pytest.raises(DicomError, match="PET image can only be written"):
        derived(tmp_path, replace(moving("PT"), files=(str(tmp_path / "gone"),)))
    made = resample(moving(), planning().grid, SHIFT, frame_of_reference_uid="2.25.99")
    with pytest.raises(DicomError, match="does not lie in the frame"):
        write_derived_series(tmp_path, made, moving(), planning(), (PROVISIONAL,))
    assert not list(tmp_path.iterdir())


def test_values_beyond_sixteen_bits_keep_their_range(tmp_path: Path) -> None:
    for add in (0.5, -70000.0, 1e6):
        source = moving(dtype=np.float32)
        source = replace(source, voxels=source.voxels * np.float32(900) + np.float32(add))
        made, _ = derived(tmp_path / str(add), source)
        back = load_series(index_paths([tmp_path / str(add)]).series[0])
        assert np.abs(back.voxels - made.voxels).max() <= np.ptp(made.voxels) / 65534
