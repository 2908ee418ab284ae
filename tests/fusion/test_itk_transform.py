"""ITK's programs, given our maps, put landmarks where we put them: within 0.01 mm."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

from workstation.fusion.itk_transform import write_itk_transform
from workstation.fusion.registration import RegistrationError
from workstation.geometry.deformation import Deformation, DisplacementField, FieldStep, SpatialMap
from workstation.geometry.grid import Grid
from workstation.geometry.transform import Transform

SAME_PLACE_MM = 0.01

AXES = Transform.from_rigid((0, 0, 0), (12, -20, 35)).matrix[:3, :3]
GRID = Grid((-210.5, -180.25, 400), (10, 12, 9), AXES, (30, 28, 26))
RIGID = Transform.from_rigid((12.5, -30, 8), (5, -3, 11), (-100, -20, 500))
AFFINE = Transform(np.array([[1.05, 0.02, 0, 3], [0, 0.97, 0.01, -14], [0.03, 0, 1, 55], [0, 0, 0, 1]]))


def smooth_field() -> DisplacementField:
    k, j, i = np.meshgrid(*(np.arange(n) for n in GRID.shape), indexing="ij")
    waves = [np.sin(i / 5) * np.cos(j / 7), np.cos(k / 6 + i / 9), np.sin((i + j + k) / 11)]
    return DisplacementField(GRID, 6 * np.stack(waves, axis=-1))


BENT = Deformation((FieldStep(smooth_field()), RIGID))
MAPS = {"rigid": RIGID, "affine": AFFINE, "deformable": BENT}


def landmarks(count: int = 60) -> np.ndarray:
    inside = np.random.default_rng(3).uniform(0.5, np.array(GRID.size) - 1.5, (count, 3))
    return GRID.to_patient(inside)


def apart_mm(transform: sitk.Transform, whole: SpatialMap) -> float:
    points = landmarks()
    theirs = np.array([transform.TransformPoint(p) for p in points.tolist()])
    return float(np.linalg.norm(theirs - whole.apply(points), axis=1).max())


def read_back(path: Path) -> sitk.Transform:
    if path.suffix in (".tfm", ".txt", ".h5"):
        return sitk.ReadTransform(str(path))
    return sitk.DisplacementFieldTransform(sitk.Cast(sitk.ReadImage(str(path)), sitk.sitkVectorFloat64))


@pytest.mark.parametrize("kind", MAPS)
@pytest.mark.parametrize("ending", [".tfm", ".h5", ".mha", ".nrrd", ".nii.gz"])
def test_simpleitk_puts_landmarks_at_the_same_place(tmp_path: Path, kind: str, ending: str) -> None:
    path = tmp_path / f"map{ending}"
    write_itk_transform(path, MAPS[kind], GRID)
    assert apart_mm(read_back(path), MAPS[kind]) < SAME_PLACE_MM


def test_a_way_back_is_sampled_where_it_is_wanted(tmp_path: Path) -> None:
    moving = Grid(RIGID.apply(GRID.origin_mm), (5, 5, 5), RIGID.matrix[:3, :3] @ AXES, (58, 65, 45))
    back = BENT.inverse()
    for ending in (".h5", ".mha"):
        path = tmp_path / f"back{ending}"
        with pytest.raises(RegistrationError, match="say on which image"):
            write_itk_transform(path, back)
        assert not path.exists()
    write_itk_transform(tmp_path / "back.mha", back, moving)
    points = BENT.apply(landmarks())
    theirs = np.array([read_back(tmp_path / "back.mha").TransformPoint(p) for p in points.tolist()])
    assert np.linalg.norm(theirs - landmarks(), axis=1).max() < 0.1  # sampled every 5 mm


def test_other_names_and_places_are_refused(tmp_path: Path) -> None:
    with pytest.raises(RegistrationError, match="must end in"):
        write_itk_transform(tmp_path / "map.dcm", RIGID)
    with pytest.raises(RegistrationError, match=r"map\.tfm was not written"):
        write_itk_transform(tmp_path / "no" / "map.tfm", RIGID)


def said_by(command: list[str], folder: Path) -> str:
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("kind", ["rigid", "affine"])
def test_plastimatch_reads_the_same_matrix(tmp_path: Path, debian_tool: Callable[..., str], kind: str) -> None:
    plastimatch = debian_tool("plastimatch", package="plastimatch")
    write_itk_transform(tmp_path / "map.tfm", MAPS[kind])
    lattice = ["--origin", "-210.5 -180.25 400", "--dim", "5 6 7", "--spacing", "40 30 50"]
    said_by(
        [plastimatch, "xf-convert", "--input", "map.tfm", "--output", "v.mha", "--output-type", "vf", *lattice],
        tmp_path,
    )
    theirs = sitk.GetArrayFromImage(sitk.ReadImage(str(tmp_path / "v.mha")))
    grid = Grid((-210.5, -180.25, 400), (40, 30, 50), np.eye(3), (5, 6, 7))
    for index in ((0, 0, 0), (4, 5, 6), (2, 1, 5)):
        place = grid.to_patient(index)
        off_mm = np.linalg.norm(place + theirs[index[::-1]] - MAPS[kind].apply(place))
        assert off_mm < SAME_PLACE_MM, off_mm


def test_plastimatch_finds_the_same_displacement_at_landmarks(tmp_path: Path, debian_tool: Callable[..., str]) -> None:
    plastimatch = debian_tool("plastimatch", package="plastimatch")
    write_itk_transform(tmp_path / "map.mha", BENT)
    points = landmarks(12)
    places = ";".join(" ".join(repr(v) for v in point) for point in points.tolist())
    said = said_by([plastimatch, "probe", "--location", places, "map.mha"], tmp_path)
    theirs = np.array([[float(v) for v in line.split(";")[-1].split()] for line in said.splitlines() if ";" in line])
    assert theirs.shape == (12, 3)
    off_mm = np.linalg.norm(points + theirs - BENT.apply(points), axis=1)
    assert off_mm.max() < SAME_PLACE_MM, off_mm
