"""Rigid registration of real images: lungs with landmarks, phases of a breast MR and of a breathing thorax, a head."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from workstation.dicom.index import index_paths
from workstation.dicom.load import load_series
from workstation.fusion.rigid import register_rigid
from workstation.geometry.grid import Grid
from workstation.geometry.transform import Transform
from workstation.images.files import read_image_file
from workstation.images.volume import Volume

MOVE = Transform.from_rigid((14, -9, 21), (6, -7, 9))


def series(folder: Path) -> list[Volume]:
    return [load_series(entry) for entry in index_paths([folder]).series]


def lying_elsewhere(volume: Volume, move: Transform) -> Volume:
    """The same picture in a frame of reference that differs by a move."""
    g = volume.grid
    grid = Grid(move.apply(g.origin_mm), g.spacing_mm, move.matrix[:3, :3] @ g.direction, g.size)
    return replace(volume, grid=grid, slices=(), frame_of_reference_uid="1.2.3.4")


def apart_mm(found: Transform, truth: Transform, fixed: Volume) -> float:
    corners = fixed.grid.centre_mm + 0.5 * (fixed.grid.corners_mm() - fixed.grid.centre_mm)
    return float(np.linalg.norm(found.apply(corners) - truth.apply(corners), axis=1).mean())


def landmarks(path: Path) -> NDArray[np.float64]:
    return np.loadtxt(path, skiprows=2)


@pytest.mark.realdata
def test_lungs_meet_at_their_landmarks(data_dir: Path) -> None:
    """51 corrected pairs, 35 mm apart before; no rigid map can do better than 3.58 mm."""
    folder = data_dir / "dir_lung_elastix"
    fixed = read_image_file(folder / "3DCT_lung_baseline.mha")
    moving = read_image_file(folder / "3DCT_lung_followup.mha")
    here = landmarks(folder / "CT_3D_lung_fixed_point_set_corrected.txt")
    there = landmarks(folder / "CT_3D_lung_moving_point_set_corrected.txt")
    found = register_rigid(fixed, moving)
    assert np.linalg.norm(found.fixed_to_moving.apply(here) - there, axis=1).mean() <= 3.8
    assert found.quality["region"] == "lungs"
    assert found.quality["verdict"] == "doubtful"  # lungs that breathe are not rigid, and it says so


@pytest.mark.realdata
@pytest.mark.parametrize(("folder", "limit_mm"), [("mr_dce_ucsf06", 0.5), ("4dct_popi_light", 1.0)])
def test_phases_that_lie_elsewhere_come_back(data_dir: Path, folder: str, limit_mm: float) -> None:
    if folder == "4dct_popi_light":
        first, last = (series(data_dir / folder / phase)[0] for phase in ("00", "50"))
    else:
        first, *_, last = series(data_dir / folder)
    found = register_rigid(first, lying_elsewhere(last, MOVE))
    assert isinstance(found.fixed_to_moving, Transform)
    assert apart_mm(found.fixed_to_moving, MOVE, first) <= limit_mm
    assert found.quality["verdict"] == "good" and found.quality["metric"] == "normalised correlation"


@pytest.mark.realdata
def test_a_real_head_is_found_and_its_mirror_image_is_not_believed(data_dir: Path) -> None:
    head = series(data_dir / "ct_head_small")[0]
    far = Transform.from_rigid((50, -40, 55), (35, -30, 38), head.grid.centre_mm)
    found = register_rigid(head, lying_elsewhere(head, far))
    assert isinstance(found.fixed_to_moving, Transform)
    assert apart_mm(found.fixed_to_moving, far, head) < 0.05
    mirrored = replace(head, voxels=np.ascontiguousarray(head.voxels[:, :, ::-1]), frame_of_reference_uid="1.2.3.5")
    quality = register_rigid(head, mirrored).quality
    assert quality["verdict"] != "good" and any("left and right" in reason for reason in quality["reasons"])
