"""`inspect` says what is there in plain JSON values with the keys that others rely on."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest

from tests.dicom.make_images import FRAME_UID, SERIES_UID, image, write_all
from workstation.dicom.errors import DicomError
from workstation.dicom.inspect import inspect
from workstation.dicom.registration import write_registration
from workstation.fusion.registration import Registration
from workstation.geometry.grid import Grid
from workstation.geometry.transform import Transform
from workstation.images.files import write_volume
from workstation.images.volume import Volume


def test_series_have_exactly_the_promised_keys(tmp_path: Path) -> None:
    write_all(tmp_path, [image(k) for k in range(3)])
    (tmp_path / "note").write_text("hello")
    found = json.loads(json.dumps(inspect([tmp_path])))
    assert set(found) == {"series", "structure_sets", "registrations", "skipped"}
    assert found["series"] == [
        {
            "uid": SERIES_UID, "key": SERIES_UID, "modality": "CT", "description": "make-believe", "slices": 3,
            "size": [8, 6, 3], "spacing_mm": [0.5, 0.75, 2.0], "frame_of_reference_uid": FRAME_UID, "warnings": [],
        }
    ]  # fmt: skip
    assert found["skipped"] == [{"path": str(tmp_path / "note"), "reason": "is not a DICOM file"}]


def test_registrations_carry_their_matrix(tmp_path: Path) -> None:
    grid = Grid((0, 0, 0), (1, 1, 1), np.eye(3), (2, 2, 2))
    fixed, moving = (
        Volume(key=uid, voxels=np.zeros((2, 2, 2), np.int16), grid=grid, frame_of_reference_uid=uid)
        for uid in ("2.25.1", "2.25.2")
    )
    shift = Registration("r", "2.25.1", "2.25.2", Transform.from_rigid((1, 2, 3)), "by hand")
    write_registration(tmp_path / "r", shift, fixed, moving)
    found = inspect([tmp_path])["registrations"][0]
    assert (found["fixed_frame_uid"], found["moving_frame_uid"], found["label"]) == ("2.25.1", "2.25.2", "by hand")
    assert np.array(found["matrix_moving_to_fixed"])[:3, 3].tolist() == [-1, -2, -3]


def test_other_image_files_are_series(tmp_path: Path) -> None:
    grid = Grid((1, 2, 3), (0.5, 0.75, 2), np.eye(3), (4, 5, 6))
    write_volume(tmp_path / "x.nii.gz", Volume(key="x", voxels=np.zeros((6, 5, 4), np.int16), grid=grid))
    found = inspect([tmp_path])["series"][0]
    assert (found["size"], found["spacing_mm"], found["description"]) == ([4, 5, 6], [0.5, 0.75, 2.0], "x.nii.gz")


def test_a_path_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DicomError, match="does not exist"):
        inspect([tmp_path / "x"])


def test_structure_sets_are_listed_with_their_volumes(data_dir: Path) -> None:
    found = inspect([data_dir / "rt_mim_phantom"])
    assert [s["slices"] for s in found["series"]] == [5]
    structures = found["structure_sets"][0]["structures"]
    assert len(structures) == 4
    assert all(set(s) == {"number", "name", "type", "contours", "volume_cc"} for s in structures)
    assert all(s["volume_cc"] > 0 for s in structures if s["contours"])


def test_a_structure_set_inside_an_archive_is_listed_too(data_dir: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.write(data_dir / "rt_mim_phantom" / "sample" / "rt.dcm", "rt.dcm")
    plain, zipped = inspect([data_dir / "rt_mim_phantom"]), inspect([tmp_path / "x.zip"])
    assert zipped["structure_sets"] == plain["structure_sets"]
