"""Structures of a frame that a deformation brings over: outlined where the map says, drawn on by nobody."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
import pytest

from tests.geometry.test_deformation import wavy_field
from tests.view.bodies import ball
from tests.view.scenes import centred_grid, marked_volume
from workstation.case.case import Case
from workstation.case.commands import AddImage, AddRegistration, AddStructure
from workstation.case.errors import CaseError
from workstation.editing.desk import Desk
from workstation.editing.footprint import canvas_for
from workstation.editing.pointer import Pointer
from workstation.editing.polygon import Polygon
from workstation.editing.slices import clear_slice
from workstation.fusion.registration import Registration
from workstation.geometry.deformation import Deformation, FieldStep
from workstation.geometry.grid import Grid
from workstation.geometry.plane import Plane
from workstation.geometry.transform import Transform
from workstation.structures.structure import Structure
from workstation.view import outlines as module
from workstation.view.contour_scene import Contour
from workstation.view.outlines import Outlines
from workstation.view.surface_mesh import structure_mesh

CENTRE, RADIUS_MM = (4.0, -6.0, 2.0), 18.0
FIELD = wavy_field(5, 3.0, Grid((-60, -60, -60), (6, 6, 6), np.eye(3), (21, 21, 21)))
BENT = Deformation((FieldStep(FIELD), Transform.from_rigid((2, -3, 1.5), (0, 0, 6))))


@pytest.fixture
def scene() -> Iterator[tuple[Case, Outlines]]:
    case = Case()
    case.do(AddImage(marked_volume(centred_grid(np.eye(3), (2, 2, 3), (64, 60, 40)))))
    stack = ball(CENTRE, RADIUS_MM)
    case.do(AddStructure(Structure("s", 1, "GTV", stack, interpreted_type="GTV", frame_of_reference_uid="G")))
    case.do(AddRegistration(Registration("r", "F", "G", BENT, "test")))
    outlines = Outlines(case)
    outlines.begin_frame()
    yield case, outlines
    outlines.stop()


def settled(outlines: Outlines, plane: Plane) -> Contour:
    """Asked as a view asks, until nothing is under way."""
    found, until = outlines.contour("s", plane), time.monotonic() + 30
    while outlines.busy:
        assert time.monotonic() < until
        time.sleep(0.005)
        outlines.begin_frame()
        found = outlines.contour("s", plane)
    return found


@pytest.mark.parametrize("plane", [Plane.axial(1.5), Plane.axial(-5.0), Plane.sagittal(2.0), Plane.coronal(-2.0)])
def test_every_point_of_an_outline_is_taken_onto_the_body(scene: tuple[Case, Outlines], plane: Plane) -> None:
    found = settled(scene[1], plane)
    assert len(found.points) > 40
    away = np.linalg.norm(BENT.apply(plane.to_patient(found.points)) - CENTRE, axis=1) - RADIUS_MM
    assert np.abs(away).mean() < 0.15 and np.percentile(np.abs(away), 95) < 0.5


def test_the_case_cuts_it_alike(scene: tuple[Case, Outlines]) -> None:
    plane = Plane.axial(-1.5)
    (ring,) = scene[0].section("s", plane).rings
    away = np.linalg.norm(BENT.apply(plane.to_patient(ring)) - CENTRE, axis=1) - RADIUS_MM
    assert np.abs(away).max() < 0.3


def test_its_surface_lies_where_the_map_says(scene: tuple[Case, Outlines]) -> None:
    stack = scene[0].stack("s")
    mesh = structure_mesh(stack, 1.6, scene[0].surface_model, BENT.inverse())
    assert mesh is not None
    low, high = mesh.bounds_mm()
    turned = np.array(CENTRE) + RADIUS_MM * _directions()
    wanted = BENT.inverse().apply(turned)
    np.testing.assert_allclose([low, high], [wanted.min(0), wanted.max(0)], atol=0.7)


def test_what_can_not_be_carried_is_not_tried_for_ever(
    scene: tuple[Case, Outlines], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def fails(*_: object) -> None:
        asked.append(1)
        raise ValueError("no")

    monkeypatch.setattr(module, "_carried_over", fails)
    assert not len(settled(scene[1], Plane.axial(1.5)).points)
    assert not len(settled(scene[1], Plane.axial(4.5)).points) and len(asked) == 1


def test_nobody_draws_on_it_and_the_words_say_why(scene: tuple[Case, Outlines]) -> None:
    case, _ = scene
    assert case.plane_in_frame_of("s", Plane.axial(1.5)) is None
    with pytest.raises(CaseError, match="deformable registration brings over"):
        canvas_for(case, "s", Plane.axial(1.5))
    desk, said = Desk(case), []
    desk.refused.connect(said.append)
    desk.active = "s"
    before, steps = case.structures["s"], len(case.steps[0])
    assert not clear_slice(desk, Plane.axial(1.5))
    assert not finish_polygon(desk)
    assert len(said) == 2 and all("draw on it while that image is the planning image" in words for words in said)
    assert case.structures["s"] is before and len(case.steps[0]) == steps and case.stroke is None


def finish_polygon(desk: Desk) -> bool:
    """A triangle by hand; whether anything was drawn."""
    tool, plane, before = Polygon(), Plane.axial(1.5), desk.case.structures["s"]
    for u, v in ((0, 0), (9, 0), (0, 9)):
        tool.press(desk, Pointer(plane, u, v, pixel_mm=1.0))
        tool.release(desk, Pointer(plane, u, v, pixel_mm=1.0))
    tool.double_click(desk, Pointer(plane, 0, 9, pixel_mm=1.0))
    return desk.case.structures["s"] is not before


def _directions() -> np.ndarray:
    made = np.random.default_rng(1).normal(size=(20000, 3))
    return made / np.linalg.norm(made, axis=1)[:, None]
