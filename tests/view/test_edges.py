"""Edges of one image lie where it changes, as lines a pixel wide, and noise makes none."""

from __future__ import annotations

import numpy as np
import pytest

from workstation.geometry.grid import Grid
from workstation.geometry.plane import Plane
from workstation.geometry.transform import Transform
from workstation.images.volume import Volume
from workstation.view.composition import EDGE_COLOR
from workstation.view.fusion_look import EDGES, FusionLook
from workstation.view.picture_frame import PictureFrame
from workstation.view.slice_scene import Layer, SliceScene

RADIUS_MM = 22.0
GRID = Grid((-49.5, -49.5, -6), (1, 1, 3), np.eye(3), (100, 100, 5))


def ball(noise: float = 0.0) -> Volume:
    k, j, i = np.indices(GRID.shape)
    points = GRID.to_patient(np.stack([i, j, k], axis=-1))
    values = np.where(np.hypot(points[..., 0], points[..., 1]) < RADIUS_MM, 600.0, 100.0)
    values += noise * np.random.default_rng(1).normal(size=values.shape)
    return Volume("b", values.astype(np.float32), GRID, "MR", frame_of_reference_uid="1")


def edges(share: float, noise: float = 0.0, shift_mm: float = 0.0) -> np.ndarray:
    """(n, 2) mm places of the pixels that are drawn as edges."""
    scene = SliceScene()
    flat = Volume("f", np.zeros(GRID.shape, np.float32), GRID, "CT", "HU", frame_of_reference_uid="1")
    scene.base = Layer(flat, Transform.identity(), (0.0, 100.0))
    scene.overlay = Layer(ball(noise), Transform.from_rigid((-shift_mm, 0, 0)), (350.0, 500.0))
    scene.look = FusionLook(mode=EDGES, edges=share)
    frame = PictureFrame(Plane.axial(0.0), (0.0, 0.0), 0.5, 180, 180)
    rows, columns = np.nonzero(scene.picture(frame) == EDGE_COLOR)
    return (np.column_stack([columns, rows]) + 0.5 - 90.0) * 0.5


@pytest.mark.parametrize("share", [0.2, 0.6])
@pytest.mark.parametrize("shift_mm", [0.0, 5.0])
def test_the_border_is_drawn_where_it_runs(share: float, shift_mm: float) -> None:
    found = edges(share, shift_mm=shift_mm) - (shift_mm, 0.0)
    radii = np.hypot(*found.T)
    assert np.abs(radii - RADIUS_MM).max() < 1.0
    assert 2 * np.pi * RADIUS_MM / 0.5 * 0.7 < len(found) < 2 * np.pi * RADIUS_MM / 0.5 * 1.8, "about a pixel wide"
    assert len(np.unique(np.degrees(np.arctan2(*found.T)) // 10)) == 36, "all around"


def test_noise_makes_no_lines_at_the_usual_setting_and_the_slider_shows_more() -> None:
    quiet = edges(0.6, noise=12.0)
    assert np.mean(np.abs(np.hypot(*quiet.T) - RADIUS_MM) > 2.0) < 0.02
    assert len(edges(1.0, noise=12.0)) > 2 * len(quiet)


def test_what_it_can_be_set_to_is_checked() -> None:
    with pytest.raises(ValueError, match="share of the edges"):
        FusionLook(mode=EDGES, edges=1.5)
