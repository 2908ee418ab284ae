"""A small study on disk: a CT with a sphere drawn on it, so that commands run in a second."""

from __future__ import annotations

import contextlib
import io
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from workstation.cli.main import main
from workstation.geometry.grid import Grid
from workstation.geometry.plane import Plane
from workstation.geometry.region import Region
from workstation.images.volume import Volume
from workstation.structures.structure import ContourStack, PlanarContours, Structure

RADIUS_MM = 15.0
CENTRE_MM = (4.0, -6.0, 1.3)


@dataclass(frozen=True)
class SmallStudy:
    folder: Path
    structures: Path
    image: Volume


@dataclass(frozen=True)
class Outcome:
    code: int
    out: str
    err: str

    @property
    def result(self) -> dict:
        return json.loads(self.out)


def run_command(*arguments: str | Path) -> Outcome:
    """Run the command line in this process and catch what it prints."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = main([str(a) for a in arguments])
        except SystemExit as ended:  # argparse's --help and --version
            code = int(ended.code or 0)
    return Outcome(code, out.getvalue(), err.getvalue())


def sphere_stack(centre, radius_mm, positions, spacing_mm) -> ContourStack:
    angle = np.linspace(0, 2 * np.pi, 180, endpoint=False)
    slices = []
    for z in positions:
        squared = radius_mm**2 - (z - centre[2]) ** 2
        if squared > 0.04:
            ring = np.stack([np.cos(angle), np.sin(angle)], axis=1) * np.sqrt(squared) + centre[:2]
            slices.append(PlanarContours(float(z), Region([ring])))
    return ContourStack(Plane.axial(), spacing_mm, tuple(slices))


def box_stack(low, high, positions, spacing_mm) -> ContourStack:
    ring = [(low[0], low[1]), (high[0], low[1]), (high[0], high[1]), (low[0], high[1])]
    slices = [PlanarContours(float(z), Region([ring])) for z in positions if low[2] <= z <= high[2]]
    return ContourStack(Plane.axial(), spacing_mm, tuple(slices))


@pytest.fixture(scope="session")
def study(tmp_path_factory) -> SmallStudy:
    from workstation.dicom.structure_set import write_structure_set
    from workstation.dicom.write_series import write_series

    folder = tmp_path_factory.mktemp("study")
    grid = Grid((-63, -63, -40), (2, 2, 2.5), np.eye(3), (64, 64, 33))
    voxels = np.full(grid.shape, -1000, dtype=np.int16)
    points = grid.to_patient(np.stack(np.meshgrid(*[np.arange(n) for n in grid.size], indexing="ij"), axis=-1))
    inside = np.linalg.norm(points - CENTRE_MM, axis=-1) < RADIUS_MM
    voxels[np.transpose(inside, (2, 1, 0))] = 40
    image = Volume(
        key="1.2.826.0.1.3680043.10.1.1",
        voxels=voxels,
        grid=grid,
        modality="CT",
        unit="HU",
        description="small CT",
        series_uid="1.2.826.0.1.3680043.10.1.1",
        study_uid="1.2.826.0.1.3680043.10.1",
        frame_of_reference_uid="1.2.826.0.1.3680043.10.1.2",
        patient_position="HFS",
    )
    write_series(folder / "CT", image)
    from workstation.dicom.index import index_paths
    from workstation.dicom.load import load_series

    image = load_series(index_paths([folder / "CT"]).series[0])
    positions = np.arange(-40, 41, 2.5)
    gtv = sphere_stack(CENTRE_MM, RADIUS_MM, positions, 2.5)
    bone = box_stack((12, -40, -35), (40, 40, 35), positions, 2.5)
    frame = image.frame_of_reference_uid
    structures = (
        Structure("a", 1, "GTV", gtv, interpreted_type="GTV", frame_of_reference_uid=frame),
        Structure("b", 2, "Bone", bone, (230, 220, 180), "ORGAN", frame_of_reference_uid=frame),
    )
    path = folder / "rs.dcm"
    write_structure_set(path, structures, image=image, label="small")
    return SmallStudy(folder, path, image)
