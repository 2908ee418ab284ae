"""The desk keeps what tools share and passes refusals on."""

from __future__ import annotations

import pytest

from tests.case.bodies import add_derived
from tests.editing.hands import desk_with_gtv
from workstation.case.commands import RemoveStructure
from workstation.case.errors import CaseError


def test_the_active_structure_moves_on_when_it_is_removed():
    desk, case, gtv, _ = desk_with_gtv()
    ctv = add_derived(case, "CTV", gtv, 5)
    told = []
    desk.active_changed.connect(told.append)
    case.do(RemoveStructure(gtv))
    assert desk.active == ctv and told == [ctv]
    case.do(RemoveStructure(ctv))
    assert desk.active == "" and desk.structure is None
    with pytest.raises(CaseError):
        desk.active = gtv


def test_settings_are_told_and_kept_within_reason():
    desk, *_ = desk_with_gtv()
    told = []
    desk.settings_changed.connect(lambda: told.append(1))
    desk.brush_radius_mm = 1e6
    assert desk.brush_radius_mm == 100.0
    desk.brush_radius_mm = 0.0
    assert desk.brush_radius_mm == 0.5
    desk.step_brush(3)
    assert desk.brush_radius_mm == 2.0
    desk.step_brush(-9)
    assert desk.brush_radius_mm == 0.5
    desk.rule = "erase"
    assert len(told) == 5
    with pytest.raises(CaseError, match="stroke rule"):
        desk.rule = "sometimes"


def test_the_structure_that_redo_brings_back_is_drawn_on_again():
    desk, case, gtv, _ = desk_with_gtv()
    case.do(RemoveStructure(gtv))
    assert desk.active == ""
    case.undo()
    assert desk.active == gtv
