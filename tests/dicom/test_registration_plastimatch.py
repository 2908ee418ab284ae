"""Registrations that plastimatch writes mean the same to us: an independent check of every direction."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.fusion.test_itk_transform import GRID, MAPS, landmarks
from workstation.dicom.registration import read_registrations
from workstation.dicom.write_series import write_series
from workstation.fusion.itk_transform import write_itk_transform
from workstation.geometry.grid import Grid
from workstation.images.volume import Volume

SAME_PLACE_MM = 0.01


@pytest.fixture(scope="module")
def series(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two small CTs in frames of their own: what plastimatch takes the frames from."""
    folder = tmp_path_factory.mktemp("series")
    grid = Grid((-50, -60, 100), (20, 20, 20), np.eye(3), (4, 4, 3))
    for name, uid in (("fixed", "1.2.3.1"), ("moving", "1.2.3.2")):
        voxels = np.zeros(grid.shape, np.int16)
        image = Volume(name, voxels, grid, modality="CT", frame_of_reference_uid=uid, patient_position="HFS")
        write_series(folder / name, image)
    return folder


@pytest.mark.parametrize("kind", MAPS)
def test_what_plastimatch_writes_moves_landmarks_to_the_same_place(
    tmp_path: Path, series: Path, debian_tool: Callable[..., str], kind: str
) -> None:
    plastimatch = debian_tool("plastimatch", package="plastimatch")
    name = tmp_path / ("map.mha" if kind == "deformable" else "map.tfm")
    write_itk_transform(name, MAPS[kind], GRID)
    frames = ["--fixed-rcs", str(series / "fixed"), "--moving-rcs", str(series / "moving")]
    subprocess.run(
        [plastimatch, "xf-convert", "--input", str(name), *frames, "--output-dicom", str(tmp_path / "out")],
        capture_output=True, check=True,
    )  # fmt: skip
    (found,) = (tmp_path / "out").iterdir()
    (registration,) = read_registrations(found)
    assert (registration.fixed_frame_uid, registration.moving_frame_uid) == ("1.2.3.1", "1.2.3.2")
    assert registration.kind == kind and registration.provisional
    points = landmarks()
    apart = np.linalg.norm(registration.fixed_to_moving.apply(points) - MAPS[kind].apply(points), axis=1)
    assert apart.max() < SAME_PLACE_MM
