"""Series that we write, read back by pydicom, SimpleITK and our own reader, and checked by dciodvfy."""

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
from hypothesis import given, settings
from hypothesis import strategies as st

from workstation.dicom.errors import DicomError
from workstation.dicom.index import index_paths
from workstation.dicom.load import load_series
from workstation.dicom.write_series import write_series
from workstation.geometry.grid import Grid
from workstation.geometry.transform import Transform
from workstation.images.volume import PatientIdentity, SliceSource, Volume

NOW = datetime(2026, 1, 12, 9, 30)
OBLIQUE = Transform.from_rigid(rotation_deg=(12, 3, -2)).matrix[:3, :3]


def volume(modality: str = "CT", direction: np.ndarray = OBLIQUE, dtype: type = np.int16) -> Volume:
    rng = np.random.default_rng(3)
    low = -1000 if modality == "CT" else 0
    voxels = rng.integers(low, 2500, (7, 9, 11)).astype(dtype)
    grid = Grid((-101.25, 33.4, -7.125), (0.9, 1.1, 1.5), direction, (11, 9, 7))
    return Volume(
        key="2.25.11", voxels=voxels, grid=grid, modality=modality, description="Written", series_uid="2.25.11",
        study_uid="2.25.12", frame_of_reference_uid="2.25.13", patient=PatientIdentity("TEST^ONE", "T1", "", "O"),
        patient_position="HFS",
    )  # fmt: skip


@pytest.mark.parametrize("modality", ["CT", "MR"])
def test_pydicom_reads_the_values_and_places_that_were_written(tmp_path: Path, modality: str) -> None:
    written = volume(modality)
    paths = write_series(tmp_path, written, now=NOW)
    assert len(paths) == 7
    for k, path in enumerate(paths):
        ds = pydicom.dcmread(path)
        slope, intercept = float(ds.get("RescaleSlope", 1)), float(ds.get("RescaleIntercept", 0))
        np.testing.assert_array_equal(ds.pixel_array * slope + intercept, written.voxels[k])
        corner = np.array(ds.ImagePositionPatient, float)
        np.testing.assert_allclose(corner, written.grid.to_patient((0, 0, k)), atol=1e-9)
        assert [float(v) for v in ds.PixelSpacing] == [1.1, 0.9]
        assert ds.SeriesInstanceUID == "2.25.11" and ds.FrameOfReferenceUID == "2.25.13"


@pytest.mark.parametrize("modality", ["CT", "MR"])
def test_simpleitk_reads_the_same_volume(tmp_path: Path, modality: str) -> None:
    written = volume(modality)
    reader = sitk.ImageSeriesReader()
    reader.SetFileNames([str(p) for p in write_series(tmp_path, written, now=NOW)])
    image = reader.Execute()
    np.testing.assert_array_equal(sitk.GetArrayFromImage(image), written.voxels)
    for index in ((0, 0, 0), (10, 8, 6)):
        np.testing.assert_allclose(
            image.TransformIndexToPhysicalPoint(index), written.grid.to_patient(index), atol=1e-4
        )


rotations = st.tuples(*[st.floats(-40, 40)] * 3)


@settings(max_examples=15)
@given(rotations, st.sampled_from([np.eye(3)[[0, 1, 2]], np.eye(3)[[1, 2, 0]], np.eye(3)[[2, 0, 1]]]))
def test_our_reader_gets_back_any_orientation(
    tmp_path_factory: pytest.TempPathFactory, angles: tuple[float, float, float], axes: np.ndarray
) -> None:
    direction = Transform.from_rigid(rotation_deg=angles).matrix[:3, :3] @ axes
    written = volume("MR", direction)
    folder = tmp_path_factory.mktemp("series")
    write_series(folder, written, now=NOW)
    (entry,) = index_paths([folder]).series
    read = load_series(entry)
    assert read.grid.same_as(written.grid, 1e-3)
    np.testing.assert_array_equal(read.voxels, written.voxels)


def test_the_same_volume_gives_the_same_bytes(tmp_path: Path) -> None:
    slices = tuple(SliceSource("1.2.840.10008.5.1.4.1.1.2", f"2.25.{k + 100}", float(k)) for k in range(7))
    written = replace(volume(), slices=slices)
    one = [p.read_bytes() for p in write_series(tmp_path / "a", written, now=NOW)]
    two = [p.read_bytes() for p in write_series(tmp_path / "b", written, now=NOW)]
    assert one == two
    assert pydicom.dcmread(tmp_path / "a" / "CT_0003.dcm").SOPInstanceUID == "2.25.102"


def test_a_volume_that_was_read_from_files_leaves_under_new_uids(tmp_path: Path) -> None:
    source = replace(volume(), files=("somewhere.dcm",))
    (first, *rest) = write_series(tmp_path, source, now=NOW)
    ds = pydicom.dcmread(first)
    assert ds.SeriesInstanceUID != source.series_uid
    assert ds.ImageType[0] == "DERIVED"
    assert {pydicom.dcmread(p).SeriesInstanceUID for p in rest} == {ds.SeriesInstanceUID}


def test_fractions_are_rounded_and_low_ct_numbers_are_stored_signed(tmp_path: Path) -> None:
    written = volume(dtype=np.float32)
    written.voxels[0, 0, 0], written.voxels[0, 0, 1] = -2000.4, 12.6
    ds = pydicom.dcmread(write_series(tmp_path, written, now=NOW)[0])
    assert ds.PixelRepresentation == 1
    assert (ds.pixel_array + float(ds.RescaleIntercept))[0, :2].tolist() == [-2000, 13]


def test_values_that_are_no_numbers_or_too_large_are_refused(tmp_path: Path) -> None:
    written = volume(dtype=np.float32)
    written.voxels[0, 0, 0] = np.nan
    with pytest.raises(DicomError, match="no numbers"):
        write_series(tmp_path, written)
    written.voxels[0, 0, 0] = 1e6
    with pytest.raises(DicomError, match="16 bits"):
        write_series(tmp_path, written)
    assert not list(tmp_path.iterdir())


def test_other_modalities_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DicomError, match="Only CT and MR"):
        write_series(tmp_path, replace(volume(), modality="PT"))


@pytest.mark.parametrize("modality", ["CT", "MR"])
def test_dciodvfy_finds_no_error(tmp_path: Path, modality: str, debian_tool: Callable[..., str]) -> None:
    dciodvfy = debian_tool("dciodvfy", package="dicom3tools")
    path = write_series(tmp_path, volume(modality), now=NOW, attributes={"BodyPartExamined": "HEADNECK"})[0]
    said = subprocess.run([dciodvfy, str(path)], capture_output=True, text=True, check=False).stderr
    assert "Error" not in said, said
