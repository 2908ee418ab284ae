"""Outlines on undrawn planes never make anybody wait, and end up exact."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest

from tests.view.bodies import ball
from tests.view.scenes import centred_grid, marked_volume
from workstation.case.case import Case
from workstation.case.commands import AddImage, AddStructure
from workstation.case.new_structure import new_structure
from workstation.geometry.plane import Plane
from workstation.geometry.region import Region
from workstation.structures.section import section
from workstation.structures.structure import PlanarContours
from workstation.view.outlines import Outlines
from workstation.view.structure_fields import structure_field

CENTRE, RADIUS_MM = (4.0, -6.0, 1.5), 20.0


def ball_case() -> tuple[Case, str]:
    case = Case()
    case.do(AddImage(marked_volume(centred_grid(np.eye(3), (2, 2, 3), (64, 60, 40)))))
    structure = new_structure(case, "GTV")
    drawn = ball(CENTRE, RADIUS_MM, 3.0)
    shifted = tuple(replace(s, position_mm=float(case.nearest_slice_mm((0, 0, s.position_mm)))) for s in drawn.slices)
    case.do(AddStructure(structure.with_stack(structure.stack.replaced(shifted))))
    return case, structure.identifier


def settle(outlines: Outlines, ask) -> None:
    """Ask as a view does, until nothing is under way."""
    until = time.monotonic() + 30
    ask()
    while outlines.busy:
        assert time.monotonic() < until
        time.sleep(0.005)
        outlines.begin_frame()
        ask()


@pytest.fixture
def scene():
    case, identifier = ball_case()
    outlines = Outlines(case)
    outlines.begin_frame()
    yield case, identifier, outlines
    outlines.stop()


def test_a_drawn_slice_shows_its_own_rings_at_once(scene) -> None:
    case, identifier, outlines = scene
    plane = Plane.axial(case.nearest_slice_mm((0, 0, 0)))
    drawn = case.section(identifier, plane).rings[0]
    np.testing.assert_array_equal(outlines.contour(identifier, plane).points, drawn)


@pytest.mark.parametrize("plane", [Plane.sagittal(7), Plane.coronal(-2), Plane((4, -6, 1), (1, 0.3, 0.2), (0, 1, 0.5))])
def test_the_outline_of_a_resting_plane_becomes_exact(scene, plane: Plane) -> None:
    case, identifier, outlines = scene
    settle(outlines, lambda: outlines.contour(identifier, plane))
    exact = section(case.stack(identifier), plane).rings[0]
    np.testing.assert_allclose(outlines.contour(identifier, plane).points, exact, atol=1e-9)


def test_while_planes_fly_by_the_outline_is_within_a_quarter_of_a_millimetre(scene) -> None:
    case, identifier, outlines = scene
    settle(outlines, lambda: outlines.contour(identifier, Plane.sagittal(0), moving=True))
    outlines._seconds[identifier] = 1.0
    for x in np.arange(-10.0, 18.0, 3.7):
        points = outlines.contour(identifier, Plane.sagittal(x), moving=True).points
        exact = np.concatenate(section(case.stack(identifier), Plane.sagittal(x)).rings)
        away = np.sqrt(((points[:, None] - _dense(exact)[None]) ** 2).sum(-1)).min(1)
        assert np.percentile(away, 95) < 0.25


def _dense(ring: np.ndarray) -> np.ndarray:
    following = np.roll(ring, -1, axis=0)
    return np.concatenate([ring + (following - ring) * t for t in np.linspace(0, 1, 12, endpoint=False)])


def test_asking_never_waits_for_a_slow_body(scene, monkeypatch: pytest.MonkeyPatch) -> None:
    case, identifier, outlines = scene
    monkeypatch.setattr(case, "section", lambda *_: pytest.fail("computed on the window's thread"))
    assert not outlines.contour(identifier, Plane.sagittal(3))
    settle(outlines, lambda: outlines.contour(identifier, Plane.sagittal(3)))


def test_while_somebody_draws_the_outline_is_of_this_moment(scene) -> None:
    _, identifier, outlines = scene
    contour = outlines.contour(identifier, Plane.sagittal(3), drawing=True)
    assert len(contour.points) and not outlines.busy


def test_a_change_forgets_what_was_known_and_what_is_under_way(scene) -> None:
    _, identifier, outlines = scene
    plane = Plane.sagittal(3)
    settle(outlines, lambda: outlines.contour(identifier, plane))
    outlines.forget(identifier)
    outlines._seconds[identifier] = 1.0
    assert not outlines.contour(identifier, Plane.sagittal(9), moving=True)
    outlines.forget(identifier)
    assert not outlines.busy


def test_a_structure_in_mid_stroke_is_shown_as_it_is_now_and_after_cancelling_as_it_was(scene) -> None:
    case, identifier, outlines = scene
    position = case.nearest_slice_mm((0, 0, 0))
    plane = Plane.axial(position)
    before = outlines.contour(identifier, plane).points
    square = np.array([(-30.0, -30.0), (30, -30), (30, 30), (-30, 30)])
    stroke = case.begin_stroke(identifier, "Paint")
    stroke.set([PlanarContours(position, Region([square]))])
    np.testing.assert_array_equal(outlines.contour(identifier, plane).points, square)
    stroke.cancel()
    np.testing.assert_array_equal(outlines.contour(identifier, plane).points, before)
    stroke = case.begin_stroke(identifier, "Paint")
    stroke.set([PlanarContours(position, Region([square]))])
    stroke.commit()
    np.testing.assert_array_equal(outlines.contour(identifier, plane).points, square)
    case.undo()
    np.testing.assert_array_equal(outlines.contour(identifier, plane).points, before)


def test_well_beyond_the_body_there_is_no_outline_and_between_slices_the_models(scene) -> None:
    case, identifier, outlines = scene
    last = case.stack(identifier).slices[-1].position_mm
    assert not outlines.contour(identifier, Plane.axial(last + 20))
    between = Plane.axial(case.stack(identifier).slices[3].position_mm + 1.2)
    exact = case.section(identifier, between)
    assert len(outlines.contour(identifier, between).points) == exact.point_count > 0


def test_a_field_says_where_the_body_is_in_the_planes_frame() -> None:
    stack = ball((0, 0, 0), 15.0)
    move = np.eye(4)
    move[:3, 3] = (10, 20, 30)
    field = structure_field(stack, "linear-tapered", move)
    points = field.contour(Plane.sagittal(10)).points
    centre = Plane.sagittal(10).to_plane((10, 20, 30))[:2]
    radii = np.linalg.norm(points - centre, axis=1)
    assert radii.mean() == pytest.approx(15.0, abs=0.15) and np.abs(radii - 15.0).max() < 0.6
    assert not field.contour(Plane.sagittal(40))
