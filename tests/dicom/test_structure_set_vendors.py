"""Structure sets of real systems read right, and each of their oddities is told."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from workstation.dicom.errors import DicomError
from workstation.dicom.index import index_paths
from workstation.dicom.load import load_series
from workstation.dicom.structure_set import read_structure_set
from workstation.images.volume import Volume
from workstation.structures.planar import area_mm2
from workstation.structures.rasterise import mask_of
from workstation.structures.volume import volume_cc

pytestmark = pytest.mark.realdata

ECLIPSE_CC = {
    "BODY": 10593.0, "Bladder": 116.8, "Femoral Head Lt": 49.2, "Femoral Head RT": 50.0, "PTV": 48.6, "Rectum": 30.3,
}  # fmt: skip


def image_in(folder: Path) -> Volume:
    (entry,) = index_paths([folder]).series
    return load_series(entry)


def test_aria_lungs_with_nested_holes(data_dir: Path) -> None:
    image = image_in(data_dir / "ct_lung1_aria" / "image")
    found = read_structure_set(next((data_dir / "ct_lung1_aria" / "mask_rtstruct").glob("*.dcm")), image)
    assert [(s.name, s.stack.contour_count) for s in found.structures] == [
        ("GTV-1", 21), ("Spinal-Cord", 84), ("Lung-Left", 139), ("Lung-Right", 114),
    ]  # fmt: skip
    assert found.warnings == ()
    assert found.frame_of_reference_uid == image.frame_of_reference_uid
    assert found.referenced_series_uid == image.series_uid
    assert {s.stack.slice_spacing_mm for s in found.structures} == {3.0}
    planes = [plane.region for s in found.structures for plane in s.stack.slices]
    assert any(area_mm2(region) < sum(map(_shoelace, region.rings)) - 1 for region in planes)


def _shoelace(ring: np.ndarray) -> float:
    x, y = ring.T
    return float(abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2)


def test_aria_masks_are_the_even_odd_fill_at_voxel_centres(data_dir: Path) -> None:
    image = image_in(data_dir / "ct_lung1_aria" / "image")
    found = read_structure_set(next((data_dir / "ct_lung1_aria" / "mask_rtstruct").glob("*.dcm")), image)
    for structure in found.structures:
        mask = mask_of(structure.stack, image.grid)
        layers, rows, columns = mask.voxels.shape
        for k in range(0, layers, 20):
            j, i = np.mgrid[:rows, :columns]
            index = np.stack([i, j, np.full_like(i, k)], axis=-1).reshape(-1, 3) + mask.start
            centres = image.grid.to_patient(index)
            drawn = structure.stack.region_at(float(centres[0, 2]))
            assert drawn
            np.testing.assert_array_equal(mask.voxels[k].ravel(), drawn.contains(centres[:, :2]))


def test_eclipse_volumes_are_eclipses_own(data_dir: Path) -> None:
    found = read_structure_set(next((data_dir / "rt_eclipse_rando").glob("RS*.dcm")))
    assert len(found.structures) == 16
    assert sum(bool(s.stack.slices) for s in found.structures) == 6
    volumes = {s.name: volume_cc(s.stack, "slab") for s in found.structures if s.stack.slices}
    for name, eclipse_cc in ECLIPSE_CC.items():
        (own_cc,) = [v for n, v in volumes.items() if n.replace(" ", "") == name.replace(" ", "")]
        assert own_cc == pytest.approx(eclipse_cc, rel=0.015), name


def test_monaco_without_a_preamble(data_dir: Path) -> None:
    found = read_structure_set(data_dir / "rt_monaco" / "monaco_srs_phantom_rtstruct_nopreamble.dcm")
    assert [s.name for s in found.structures] == ["ANT Box", "Number4", "Number2", "Number1", "Number3"]
    assert sum(s.stack.contour_count for s in found.structures) == 96


def test_mim_keyholes_enclose_less_than_their_outline(data_dir: Path) -> None:
    folder = data_dir / "rt_mim_phantom" / "sample"
    found = read_structure_set(folder / "rt.dcm", image_in(folder))
    assert found.warnings == ()
    assert [s.stack.contour_count for s in found.structures] == [3, 3, 3, 3]
    holed = [s for s in found.structures if _has_keyhole(s.stack.slices[0].region.rings[0])]
    for structure in holed:
        region = structure.stack.slices[0].region
        hull = np.ptp(region.rings[0], axis=0).prod()
        assert 0 < area_mm2(region) < hull


def _has_keyhole(ring: np.ndarray) -> bool:
    return len(np.unique(np.round(ring, 3), axis=0)) < len(ring) - 2


@pytest.mark.parametrize("patient", ["STS_002", "STS_025"])
@pytest.mark.parametrize("modality", ["CT", "MR_T1", "PET"])
def test_sarcoma_masks_are_the_independent_ones_to_the_voxel(data_dir: Path, patient: str, modality: str) -> None:
    import nibabel

    folder = data_dir / "ct_mr_pet_sts" / patient / modality
    image = image_in(folder / "image")
    found = read_structure_set(folder / "mask" / "RS.dcm", image)
    assert any("contours refer to images that are not in this series" in w for w in found.warnings)
    truth = data_dir / "ct_mr_pet_sts" / f"{patient}_nifti_truth" / f"{modality}_mask.nii.gz"
    expected = np.asarray(nibabel.load(truth).dataobj).transpose(2, 1, 0) > 0
    np.testing.assert_array_equal(mask_of(found.structures[0].stack, image.grid).full(), expected)


def test_rt_utils_set_for_another_image(data_dir: Path) -> None:
    image = image_in(data_dir / "rt_mim_phantom" / "sample")
    found = read_structure_set(data_dir / "odd_rtutils" / "rtstruct_for_mismatch.dcm", image)
    assert found.structures[0].stack.contour_count == 2
    assert any("frame of reference is not the image's" in w for w in found.warnings)


def test_pydicoms_set_without_images_has_two_isocentres(data_dir: Path) -> None:
    found = read_structure_set(data_dir / "odd_pydicom" / "test_files" / "rtstruct.dcm")
    assert [s.interpreted_type for s in found.structures] == ["EXTERNAL", "ISOCENTER", "ISOCENTER"]
    assert [len(s.loose) for s in found.structures] == [0, 1, 1]
    assert any("3 contours do not name their image" in w for w in found.warnings)


def test_other_objects_are_refused(data_dir: Path) -> None:
    for path in (*data_dir.glob("rt_eclipse_rando/R[PI]*.dcm"), data_dir / "odd_pydicom" / "test_files" / "rtplan.dcm"):
        with pytest.raises(DicomError, match="is not a structure set"):
            read_structure_set(path)
