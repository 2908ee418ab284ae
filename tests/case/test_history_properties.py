"""Whatever is done in whatever order: undoing all of it leads back exactly, redoing all of it leads forward exactly."""

from __future__ import annotations

import contextlib

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.case.bodies import add_derived, case_with_gtv, differences, disc, image, measurement
from workstation.case.case import Case
from workstation.case.commands import (
    AddImage,
    AddRegistration,
    AddStructure,
    ChangeStructure,
    EditContours,
    MoveStructure,
    Rederive,
    RemoveImage,
    RemoveStructure,
    SetRecipe,
    SetSurfaceModel,
    StopFollowing,
)
from workstation.case.errors import CaseError
from workstation.case.measurement_commands import AddMeasurement, ChangeMeasurement, RemoveMeasurement
from workstation.case.new_structure import derived_structure, new_structure
from workstation.fusion.registration import Registration
from workstation.geometry.transform import Transform
from workstation.measurements.measurement import KINDS
from workstation.structures.recipe import Margin, Recipe
from workstation.structures.structure import PlanarContours

ACTIONS = st.tuples(
    st.sampled_from([
        "stroke", "stroke", "stroke", "edit", "add", "derive", "remove", "rename", "lock", "unlock", "recipe",
        "rederive", "detach", "move", "model", "image", "drop image", "register", "undo", "redo", "cancel",
        "measure", "move measurement", "name measurement", "drop measurement",
    ]),
    st.integers(0, 5),
    st.integers(0, 9),
)


def perform(case: Case, action: tuple[str, int, int]) -> None:
    """One random action; a refusal (CaseError) is an answer like any other."""
    name, which, amount = action
    keys = list(case.structures)
    key = keys[which % len(keys)] if keys else ""
    other = keys[amount % len(keys)] if keys else ""
    measured = list(case.measurements)
    mark = measured[which % len(measured)] if measured else ""
    slices = (PlanarContours(3.0 * (which - 2), disc(2.0 + amount, (float(which), 0.0), 16)),)
    commands = {
        "edit": lambda: EditContours(key, slices),
        "add": lambda: AddStructure(new_structure(case, f"S{len(keys)}")),
        "derive": lambda: AddStructure(derived_structure(case, f"D{len(keys)}", "", Recipe(key, Margin.uniform(3)))),
        "remove": lambda: RemoveStructure(key),
        "rename": lambda: ChangeStructure(key, name=f"N{which}{amount}"),
        "lock": lambda: ChangeStructure(key, locked=True),
        "unlock": lambda: ChangeStructure(key, locked=False),
        "recipe": lambda: SetRecipe(key, Recipe(other, Margin.uniform(float(amount)))),
        "rederive": lambda: Rederive(key),
        "detach": lambda: StopFollowing(key),
        "move": lambda: MoveStructure(key, amount),
        "model": lambda: SetSurfaceModel(("slab", "flat", "linear-tapered")[amount % 3]),
        "image": lambda: AddImage(image(f"i{amount}")),
        "drop image": lambda: RemoveImage(f"i{amount}"),
        "measure": lambda: AddMeasurement(measurement(case, KINDS[which], 1.0 + amount)),
        "move measurement": lambda: ChangeMeasurement(
            mark, points_mm=case.measurements[mark].points_mm + np.array([amount, 0.5, 0.0]) if mark else None
        ),
        "name measurement": lambda: ChangeMeasurement(mark, name=("", "M1", "M2")[amount % 3]),
        "drop measurement": lambda: RemoveMeasurement(mark),
        "register": lambda: AddRegistration(Registration(f"r{which}", "1", "2", Transform.identity(), "test")),
    }
    with contextlib.suppress(CaseError):
        if name == "undo":
            case.undo()
        elif name == "redo":
            case.redo()
        elif name in ("stroke", "cancel"):
            stroke = case.begin_stroke(key, "Paint")
            stroke.set(slices)
            stroke.set([PlanarContours(3.0 * (which - 1), disc(1.0 + amount, points=12))])
            stroke.commit() if name == "stroke" else stroke.cancel()
        elif key or "measure" in name or name in ("add", "model", "image", "drop image", "register"):
            case.do(commands[name]())


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(ACTIONS, max_size=14))
def test_undo_all_then_redo_all(actions: list[tuple[str, int, int]]) -> None:
    case, gtv = case_with_gtv(6.0)
    add_derived(case, "CTV", gtv, 4)
    while case.undo_label:
        case.undo()
    start = case.contents
    while case.redo_label:
        case.redo()
    for action in actions:
        perform(case, action)
    seen = [case.contents]
    while case.undo_label:
        case.undo()
        seen.append(case.contents)
    assert differences(start, case.contents) == []
    for expected in reversed(seen[:-1]):
        case.redo()
        assert differences(expected, case.contents) == []


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(ACTIONS, max_size=10))
def test_followed_contours_equal_those_derived_afresh(actions: list[tuple[str, int, int]]) -> None:
    case, gtv = case_with_gtv(6.0)
    add_derived(case, "CTV", gtv, 4)
    for action in actions:
        perform(case, action)
    assert differences(case.contents, Case(case.contents, recompute=True).contents) == []
