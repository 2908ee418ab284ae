"""Real series load as independent readers load them, and every odd file is read right or refused with its reason."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
import SimpleITK as sitk  # noqa: N813
from pydicom.errors import InvalidDicomError

from tests.conftest import real_data_folder
from workstation.dicom.entry import SeriesEntry
from workstation.dicom.errors import DicomError
from workstation.dicom.index import index_paths
from workstation.dicom.load import load_series
from workstation.images.volume import Volume

DATA = real_data_folder()
PYDICOM_ERRORS = (
    InvalidDicomError, AttributeError, ValueError, TypeError, RuntimeError, struct.error, zlib.error, EOFError,
)  # fmt: skip


def odd_files() -> list[Any]:
    """Every file of the odd_* folders, by its path below the data folder."""
    if DATA is None:
        return [pytest.param("", marks=pytest.mark.skip(reason="real data are absent"))]
    return sorted(str(p.relative_to(DATA)) for p in DATA.glob("odd_*/**/*") if p.is_file())


@pytest.mark.realdata
@pytest.mark.parametrize("name", odd_files())
def test_every_odd_file_is_read_right_or_refused_with_its_reason(data_dir: Path, name: str) -> None:
    path = data_dir / name
    index = index_paths([path])
    assert index.series or index.structure_sets or index.registrations or index.skipped
    for skipped in index.skipped:
        assert skipped.path == str(path) and len(skipped.reason) > 5 and "\n" not in skipped.reason
    for entry in index.series:
        try:
            volume = load_series(entry)
        except DicomError as error:
            assert str(path) in str(error)
            continue
        assert (volume.voxels == rescaled_by_pydicom(path, entry)).all()


def rescaled_by_pydicom(path: Path, entry: SeriesEntry) -> np.ndarray:
    """(k, j, i) values of the entry's slices as pydicom gives them, in the entry's order."""
    dataset = pydicom.dcmread(path, force=True)
    if not hasattr(dataset.file_meta, "TransferSyntaxUID"):
        dataset.file_meta.TransferSyntaxUID = entry.frames[0].pixel.transfer_syntax_uid
    stored = dataset.pixel_array.reshape(-1, dataset.Rows, dataset.Columns).astype(float)
    planes = []
    for frame in entry.frames:
        if frame.number is None:
            slope, intercept = float(dataset.get("RescaleSlope", 1)), float(dataset.get("RescaleIntercept", 0))
        else:
            groups = dataset.PerFrameFunctionalGroupsSequence[frame.number - 1]
            step = groups.get("PixelValueTransformationSequence")
            slope, intercept = (float(step[0].RescaleSlope), float(step[0].RescaleIntercept)) if step else (1.0, 0.0)
        planes.append(stored[(frame.number or 1) - 1] * slope + intercept)
    return np.stack(planes).astype(np.int16 if (np.stack(planes) % 1 == 0).all() else np.float32)


@pytest.mark.realdata
def test_hardly_any_odd_file_with_pixels_is_refused_without_need(data_dir: Path) -> None:
    """What pydicom can decode as grey values with a place and a thickness in the patient, we load."""
    refused = []
    for path in sorted(p for p in data_dir.glob("odd_*/**/*") if p.is_file()):
        try:
            dataset = pydicom.dcmread(path, force=True)
            placed = all(dataset.get(name) for name in ("ImagePositionPatient", "PixelSpacing", "SliceThickness"))
            grey = dataset.get("SamplesPerPixel") == 1 and placed and dataset.Modality != "RTDOSE"
            grey = grey and dataset.get("PhotometricInterpretation", "").startswith("MONO")
            if grey and dataset.pixel_array.ndim == 2 and not index_paths([path]).series:
                refused.append(path.name)
        except PYDICOM_ERRORS:
            continue  # pydicom can't either
    assert refused == []


def only(folder: Path, modality: str = "") -> Volume:
    found = [e for e in index_paths([folder]).series if modality in ("", e.modality) and not e.image_file]
    assert len(found) == 1, [e.description for e in found]
    return load_series(found[0])


REGULAR = (
    "ct_lung1_aria/image", "ct_mr_pet_sts/STS_002/CT", "ct_mr_pet_sts/STS_002/MR_T1", "ct_mr_pet_sts/STS_002/PET",
    "ct_mr_pet_sts/STS_025/CT", "ct_mr_pet_sts/STS_025/MR_T1", "ct_mr_pet_sts/STS_025/PET", "rt_mim_phantom/sample",
    "4dct_popi_light/00", "4dct_popi_light/50", "ct_head_small", "odd_rtutils/oriented_data",
    "odd_series_failing/slicecount/001",
)  # fmt: skip


@pytest.mark.realdata
@pytest.mark.parametrize("name", REGULAR)
def test_regular_series_match_simpleitk_in_values_and_places(data_dir: Path, name: str) -> None:
    volume = only(data_dir / name)
    image = series_of_simpleitk(data_dir / name, volume)
    theirs = sitk.GetArrayFromImage(image)
    assert image.GetSize() == volume.grid.size
    ascending = np.array(image.GetDirection()).reshape(3, 3)[:, 2] @ volume.grid.normal > 0
    ours = volume.voxels if ascending else volume.voxels[::-1]
    tolerance = 0 if volume.voxels.dtype == np.int16 else 1e-6 * float(np.abs(theirs).max())
    assert np.abs(theirs.astype(np.float64) - ours).max() <= tolerance
    last = volume.grid.size[2] - 1
    for i, j, k in ((0, 0, 0), (volume.grid.size[0] - 1, 3, last), (5, volume.grid.size[1] - 1, last // 2)):
        place = image.TransformIndexToPhysicalPoint((i, j, k if ascending else last - k))
        assert np.allclose(place, volume.grid.to_patient((i, j, k)), atol=5e-3)


def series_of_simpleitk(folder: Path, volume: Volume) -> sitk.Image:
    reader = sitk.ImageSeriesReader()
    found: list[str] = []
    for below in [folder, *(p for p in folder.rglob("*") if p.is_dir())]:
        for uid in reader.GetGDCMSeriesIDs(str(below)):
            names = list(reader.GetGDCMSeriesFileNames(str(below), uid))
            found = names if set(names) == set(volume.files) else found
    assert found
    reader.SetFileNames(found)
    return reader.Execute()


@pytest.mark.realdata
def test_pet_slices_keep_their_own_slopes(data_dir: Path) -> None:
    volume = only(data_dir / "ct_mr_pet_sts" / "STS_002" / "PET")
    for path, plane in zip(volume.files, volume.voxels, strict=True):
        dataset = pydicom.dcmread(path)
        assert np.allclose(plane, dataset.pixel_array * float(dataset.RescaleSlope), rtol=1e-6)


@pytest.mark.realdata
def test_one_dce_series_without_any_index_is_three_phases(data_dir: Path) -> None:
    """Mean signal of the whole tumour rises from the first phase to the second."""
    series = index_paths([data_dir / "mr_dce_ucsf06"]).series
    assert [(e.slices, e.size, e.warnings) for e in series] == [(24, (256, 256, 24), ())] * 3
    assert [e.key.split("#")[1] for e in series] == ["1", "2", "3"]
    volumes = [load_series(e) for e in series]
    assert volumes[0].grid.same_as(volumes[1].grid) and volumes[0].grid.same_as(volumes[2].grid)
    first = [min(int(pydicom.dcmread(f, stop_before_pixels=True).InstanceNumber) for f in v.files) for v in volumes]
    assert first == sorted(first)
    late = [np.percentile(v.voxels, 99.5) for v in volumes]
    assert late[0] < late[1] and late[0] < late[2]


@pytest.mark.realdata
def test_a_tilted_gantry_loads_sheared(data_dir: Path) -> None:
    volume = only(data_dir / "odd_series_failing" / "gantrytilting")
    assert volume.grid.size == (512, 512, 4) and "tilted by 14.0°" in volume.warnings[0]
    for k, path in enumerate(volume.files):
        dataset = pydicom.dcmread(path)
        assert np.allclose(volume.grid.to_patient((0, 0, k)), dataset.ImagePositionPatient, atol=1e-3)
        assert (volume.voxels[k] == dataset.pixel_array.astype(int) - 1024).all()


@pytest.mark.realdata
def test_a_missing_slice_is_named_and_the_others_stay(data_dir: Path) -> None:
    volume = only(data_dir / "odd_series_failing" / "sliceincrement")
    assert "1 slice missing at 33.11 mm" in volume.warnings[0] and volume.grid.size[2] == 5
    heights = [float(pydicom.dcmread(f, stop_before_pixels=True).ImagePositionPatient[2]) for f in volume.files]
    assert [s.position_mm for s in volume.slices] == pytest.approx(heights)
    assert (volume.voxels[4] == pydicom.dcmread(volume.files[3]).pixel_array.astype(int) - 1024).all()


@pytest.mark.realdata
def test_mixed_orientations_are_two_volumes(data_dir: Path) -> None:
    series = index_paths([data_dir / "odd_series_failing" / "sliceorientation"]).series
    assert [e.slices for e in series] == [2, 2]
    assert abs(load_series(series[0]).grid.normal @ load_series(series[1]).grid.normal) < 0.2


@pytest.mark.realdata
def test_images_at_one_place_are_refused(data_dir: Path) -> None:
    index = index_paths([data_dir / "odd_series_failing" / "notavolume"])
    assert not index.series and len(index.skipped) == 4
    assert all("4 images at one and the same place" in s.reason for s in index.skipped)


@pytest.mark.realdata
def test_the_enhanced_mr_lies_where_its_frames_say(data_dir: Path) -> None:
    volume = only(data_dir / "odd_enhanced_mr")
    dataset = pydicom.dcmread(volume.files[0])
    assert len(volume.slices) == int(dataset.NumberOfFrames) == volume.grid.size[2]
    for k, source in enumerate(volume.slices):
        assert source.frame_number is not None
        groups = dataset.PerFrameFunctionalGroupsSequence[source.frame_number - 1]
        place = groups.PlanePositionSequence[0].ImagePositionPatient
        assert np.allclose(volume.grid.to_patient((0, 0, k)), place, atol=1e-3)


@pytest.mark.realdata
@pytest.mark.parametrize("name", ["chrArab", "chrFren", "chrGerm", "chrGreek", "chrH31", "chrHbrw", "chrRuss", "chrX1"])
def test_names_in_every_alphabet_read_as_pydicom_reads_them(data_dir: Path, name: str) -> None:
    from workstation.dicom.header import read_header
    from workstation.dicom.source import Source
    from workstation.dicom.tags import Tag
    from workstation.dicom.text import text_of

    path = data_dir / "odd_pydicom" / "charset_files" / f"{name}.dcm"
    with Source(str(path)).opened() as opened:
        ours = text_of(read_header(opened), Tag.PATIENT_NAME)
    dataset = pydicom.dcmread(path)
    dataset.decode()
    assert ours.rstrip("=") == str(dataset.PatientName) and len(ours) > 3
