"""Measurements are set, moved, renamed and deleted as steps of the history, and whoever listens is told."""

from __future__ import annotations

import numpy as np
import pytest

from tests.case.bodies import case_with_gtv, measurement
from workstation.case.case import Case
from workstation.case.commands import ChangeStructure
from workstation.case.errors import CaseError
from workstation.case.measurement_commands import AddMeasurement, ChangeMeasurement, RemoveMeasurement


@pytest.fixture
def told() -> tuple[Case, list[tuple[str, str]]]:
    case, _ = case_with_gtv()
    heard: list[tuple[str, str]] = []
    for name in ("added", "changed", "removed"):
        getattr(case, f"measurement_{name}").connect(lambda key, name=name: heard.append((name, key)))
    return case, heard


def test_every_step_has_its_name_and_is_told(told):
    case, heard = told
    distance = measurement(case)
    case.do(AddMeasurement(distance))
    assert case.undo_label == "Measure distance"
    case.do(ChangeMeasurement(distance.identifier, points_mm=distance.points_mm + np.array([1.0, 0, 0])))
    assert case.undo_label == "Move Distance 1"
    case.do(ChangeMeasurement(distance.identifier, name="Tumour width "))
    assert case.undo_label == "Rename Distance 1" and case.measurements[distance.identifier].name == "Tumour width"
    case.do(RemoveMeasurement(distance.identifier))
    assert case.undo_label == "Delete Tumour width" and not case.measurements
    assert [name for name, _ in heard] == ["added", "changed", "changed", "removed"]
    for _ in range(4):
        case.undo()
    assert [name for name, _ in heard[4:]] == ["added", "changed", "changed", "removed"]
    assert case.undo_label == "Draw GTV"


def test_a_deleted_measurement_comes_back_where_it_stood(told):
    case, _ = told
    for kind in ("distance", "angle", "ellipse"):
        case.do(AddMeasurement(measurement(case, kind)))
    order = list(case.measurements)
    case.do(RemoveMeasurement(order[1]))
    case.undo()
    assert list(case.measurements) == order
    assert [m.number for m in case.measurements.values()] == [1, 2, 3]


def test_what_changes_nothing_is_no_step_and_what_cannot_be_is_refused(told):
    case, heard = told
    distance = measurement(case)
    case.do(AddMeasurement(distance))
    case.do(ChangeMeasurement(distance.identifier, name=distance.name, points_mm=distance.points_mm.copy()))
    assert case.undo_label == "Measure distance" and len(heard) == 1
    with pytest.raises(CaseError, match="already part"):
        case.do(AddMeasurement(distance))
    with pytest.raises(CaseError, match="needs a name"):
        case.do(ChangeMeasurement(distance.identifier, name="  "))
    with pytest.raises(CaseError, match="64 characters"):
        case.do(ChangeMeasurement(distance.identifier, name="x" * 65))
    with pytest.raises(CaseError, match="any more"):
        case.do(RemoveMeasurement("gone"))


def test_measuring_neither_needs_nor_touches_a_structure(told):
    case, _ = told
    key = next(iter(case.structures))
    case.do(ChangeStructure(key, locked=True))
    before = case.structures[key]
    case.do(AddMeasurement(measurement(case, "rectangle")))
    assert case.structures[key] is before


def test_a_stroke_goes_on_while_somebody_measures(told):
    case, _ = told
    stroke = case.begin_stroke(next(iter(case.structures)))
    case.do(AddMeasurement(measurement(case)))
    assert case.stroke is stroke and stroke.active
