"""Figures of real tumours against the masks that were published with them (IBSI: soft-tissue sarcomas, CT, MR, PET)."""

from __future__ import annotations

from pathlib import Path

import nibabel
import numpy as np
import pytest

from workstation.dicom.index import index_paths
from workstation.dicom.load import load_series
from workstation.dicom.structure_set import read_structure_set
from workstation.measurements.statistics import structure_statistics


@pytest.mark.realdata
@pytest.mark.parametrize("patient", ["STS_002", "STS_025"])
@pytest.mark.parametrize("kind", ["CT", "MR_T1", "PET"])
def test_a_tumour_holds_what_its_published_mask_holds(data_dir: Path, patient: str, kind: str) -> None:
    folder = data_dir / "ct_mr_pet_sts"
    image = load_series(index_paths([folder / patient / kind / "image"]).series[0])
    (tumour,) = read_structure_set(folder / patient / kind / "mask" / "RS.dcm", image).structures
    found = structure_statistics(tumour.stack, image)
    mask = nibabel.load(folder / f"{patient}_nifti_truth" / f"{kind}_mask.nii.gz")
    values = image.voxels[np.transpose(np.asarray(mask.dataobj) > 0, (2, 1, 0))].astype(np.float64)
    assert found.covered == 1 and found.unit == image.unit
    # large PET pixels have centres on the contour, which may fall on either side
    assert found.count == pytest.approx(len(values), rel=0.02 if kind == "PET" else 0)
    expected = (values.mean(), values.std(), values.min(), values.max(), *np.percentile(values, (5, 50, 95)))
    ours = (found.mean, found.sd, found.minimum, found.maximum, found.p5, found.median, found.p95)
    assert ours == pytest.approx(expected, rel=0.03 if kind == "PET" else 1e-9)
