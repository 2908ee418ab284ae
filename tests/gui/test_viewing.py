"""The model of what is looked at: quiet when nothing changes, and it survives a save."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pytest

from tests.gui.viewport_scene import Recorder, case_with, ct, fused_case, mr
from workstation.case.case import Case
from workstation.case.commands import AddImage, RemoveImage
from workstation.gui.viewing import Viewing


class Counter:
    def __init__(self, viewing: Viewing) -> None:
        self.counts = dict.fromkeys(("crosshair_moved", "display_changed", "tool_changed", "visibility_changed"), 0)
        for name in self.counts:
            getattr(viewing, name).connect(lambda name=name: self.add(name))

    def add(self, name: str) -> None:
        self.counts[name] += 1

    def __getitem__(self, name: str) -> int:
        return self.counts[name]


def test_the_first_image_becomes_the_base_with_the_crosshair_in_its_middle() -> None:
    case = Case()
    viewing = Viewing(case)
    assert viewing.base_key == ""
    case.do(AddImage(ct()))
    assert viewing.base_key == "ct"
    np.testing.assert_allclose(viewing.crosshair_mm, ct().grid.centre_mm)


def test_signals_come_once_for_a_change_and_not_without_one() -> None:
    viewing = Viewing(fused_case())
    heard = Counter(viewing)
    for _ in range(2):
        viewing.crosshair_mm = (1, 2, 3)
        viewing.overlay_key = "mr"
        viewing.opacity = 0.7
        viewing.overlay_shown = False
        viewing.set_window("ct", 400, 1800)
        viewing.set_visible("x", False)
        viewing.hide_all = True
        viewing.change_contours(fill=0.2)
    assert heard.counts == {
        "crosshair_moved": 1,
        "display_changed": 4,
        "tool_changed": 0,
        "visibility_changed": 3,
    }


def test_taking_a_tool_in_hand_is_told() -> None:
    viewing = Viewing(case_with(ct()))
    heard = Counter(viewing)
    tool = Recorder()
    viewing.tool = tool
    viewing.tool = tool
    viewing.tool = None
    assert heard["tool_changed"] == 2


def test_the_crosshair_can_not_be_changed_from_outside_nor_lost() -> None:
    viewing = Viewing(case_with(ct()))
    with pytest.raises(ValueError, match="read-only"):
        viewing.crosshair_mm[0] = 7
    with pytest.raises(ValueError, match="finite"):
        viewing.crosshair_mm = (np.nan, 0, 0)


def test_a_ct_starts_with_a_preset_and_an_mr_with_its_own_range() -> None:
    viewing = Viewing(fused_case())
    assert viewing.window("ct") == (40, 400)
    centre, width = viewing.window("mr")
    assert 0 <= centre - width / 2 < 50 and 500 < centre + width / 2 <= 600


def test_opacity_stays_between_none_and_all() -> None:
    viewing = Viewing(case_with(ct()))
    viewing.opacity = 1.7
    assert viewing.opacity == 1.0
    viewing.opacity = -0.2
    assert viewing.opacity == 0.0


def test_an_image_that_is_taken_out_is_not_shown_any_more() -> None:
    case = fused_case()
    viewing = Viewing(case)
    viewing.overlay_key = "mr"
    case.do(RemoveImage("mr"))
    assert viewing.overlay_key == ""
    case.undo()
    assert "mr" in case.images


def test_unknown_colours_are_refused_by_name() -> None:
    with pytest.raises(ValueError, match="mauve"):
        Viewing(case_with(ct())).overlay_colors = "mauve"


def test_everything_worth_keeping_survives_as_json() -> None:
    case = fused_case()
    viewing = Viewing(case)
    viewing.crosshair_mm = (1.5, -2.5, 3.5)
    viewing.overlay_key, viewing.opacity, viewing.overlay_colors = "mr", 0.65, "cool"
    viewing.overlay_shown = False
    viewing.change_contours(fill=0.2, width=1.5)
    viewing.set_window("ct", 400, 1800)
    viewing.set_visible("gone", False)
    again = Viewing(case)
    heard = Counter(again)
    again.restore(json.loads(json.dumps(viewing.state())))
    assert again.state() == viewing.state()
    assert heard["crosshair_moved"] == heard["display_changed"] == heard["visibility_changed"] == 1


def test_a_state_of_other_images_changes_nothing_about_them() -> None:
    viewing = Viewing(case_with(ct(), mr()))
    viewing.restore({"base": "elsewhere", "overlay": "nowhere", "overlay_colors": "mauve"})
    assert (viewing.base_key, viewing.overlay_key, viewing.overlay_colors) == ("ct", "", "grey")


GARBAGE: tuple[object, ...] = (
    *(None, 5, "x", [], {}, [1], {"a": 1}, [1, "x"], {"ct": 3}, {"ct": [1, 2, 3]}, math.nan, -1, True),
    *([math.nan] * 3, [math.nan] * 2, math.inf, 10**400, {"layout": []}),
)


@pytest.mark.parametrize("garbage", GARBAGE, ids=lambda value: repr(value)[:20])
def test_a_state_that_another_hand_has_written_is_taken_up_as_far_as_it_makes_sense(garbage: object) -> None:
    case = case_with(ct(), mr())
    good = Viewing(case).state()
    for name, value in good.items():
        inner = [{**value, each: garbage} for each in value] if isinstance(value, dict) else []
        for bad in (garbage, *inner):
            viewing = Viewing(case)
            viewing.restore({**good, "crosshair_mm": [1.0, 2.0, 3.0], name: bad})
            numbers = [*viewing.crosshair_mm, *viewing.window("ct"), viewing.flicker_hz, viewing.slab.thickness_mm]
            assert np.isfinite(numbers).all() and viewing.window("ct")[1] > 0 and viewing.flicker_hz > 0
            assert hash(viewing.look) is not None and hash(viewing.contour_look) is not None
            assert viewing.base_key == "ct" and json.dumps(viewing.state())
            if name != "crosshair_mm":
                assert viewing.crosshair_mm.tolist() == [1, 2, 3]


def test_anatomy_is_laid_over_in_grey_and_function_in_colour_until_somebody_chooses() -> None:
    viewing = Viewing(case_with(ct(), mr(), replace(mr(), key="pet", modality="PT")))
    viewing.overlay_key = "mr"
    assert viewing.overlay_colors == "grey"
    viewing.overlay_key = "pet"
    assert viewing.overlay_colors == "hot iron"
    viewing.overlay_colors = "cool"
    viewing.overlay_key = "mr"
    assert viewing.overlay_colors == "cool"


def test_phases_that_arrive_one_after_the_other_have_one_automatic_window() -> None:
    """Until a person sets it: what was set stays."""
    case = case_with(mr())
    viewing = Viewing(case)
    alone = viewing.window("mr")
    brighter = replace(mr(), key="mr#1", voxels=mr().voxels + np.int16(400))
    case.do(AddImage(brighter))
    assert viewing.window("mr") == viewing.window("mr#1") != alone
    viewing.set_window("mr", 7.0, 70.0)
    case.do(AddImage(replace(mr(), key="mr#2", voxels=mr().voxels + np.int16(900))))
    assert viewing.window("mr") == (7.0, 70.0)


def test_a_chosen_mode_is_told_even_where_another_one_was_shown_without_being_chosen() -> None:
    viewing = Viewing(case_with(ct(), replace(mr(), modality="PT")))
    viewing.overlay_key = "mr"
    assert viewing.mode == "colour"
    heard = Counter(viewing)
    for _ in range(2):
        viewing.change_look(mode="blend")
    assert (viewing.mode, heard["display_changed"]) == ("blend", 1)


def test_a_mode_that_there_is_not_changes_nothing() -> None:
    viewing = Viewing(fused_case())
    with pytest.raises(ValueError, match="no fusion mode"):
        viewing.change_look(mode="sideways")
    assert viewing.mode == "blend"
    assert viewing.look.mode == "blend"
