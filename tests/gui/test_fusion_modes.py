"""Every fusion mode by its key, its control and the mouse; what can't be fused is refused in words."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtWidgets import QApplication

from tests.gui.hands import click, key, let_live, slice_view, type_into
from tests.gui.viewport_scene import (
    CTRL,
    SHIFT,
    case_with,
    ct,
    drag,
    fused_case,
    mouse,
    mr,
    near,
    open_view,
    pixels,
    place_of,
    wheel,
)
from workstation.gui.main_window import MainWindow
from workstation.gui.viewing import Viewing
from workstation.gui.viewport.view_grid import ViewGrid
from workstation.view.fusion_look import MODES

KEYS = dict(zip(MODES, "12345678", strict=True))


@pytest.fixture
def fused(qtbot):
    """A view, 2 mm a pixel or so, whose two images are told apart by their grey."""
    view, viewing, _desk = open_view(qtbot, fused_case())
    viewing.overlay_key = "mr"
    viewing.set_window("ct", -1000.0, 100.0)  # the marks and all between them are white
    viewing.set_window("mr", 5000.0, 100.0)  # all of it is black
    QApplication.processEvents()
    return view, viewing


def brightness(view, point_mm, reach: int = 1) -> float:
    return float(near(pixels(view), place_of(view, point_mm), reach).mean())


def test_blending_goes_by_the_opacity(fused) -> None:
    view, viewing = fused
    for opacity, expected in ((0.0, 255), (0.25, 191), (1.0, 0)):
        viewing.opacity = opacity
        assert brightness(view, (20, 20, 0)) == pytest.approx(expected, abs=3)


def test_the_curtain_is_dragged_by_its_line_whatever_tool_is_in_hand(fused) -> None:
    view, viewing = fused
    viewing.change_look(mode="curtain")
    middle = view.width() / 2
    assert brightness(view, (-25, 20, 0)) > 250 and brightness(view, (25, 20, 0)) < 5
    before = viewing.crosshair_mm.copy()
    drag(view, QPointF(middle + 2, 60), QPointF(middle + 90, 70))
    assert viewing.look.curtain == pytest.approx((middle + 90) / view.width(), abs=0.01)
    assert brightness(view, (25, 20, 0)) > 250, "the base reaches as far as the line"
    assert np.array_equal(viewing.crosshair_mm, before), "the crosshair stays"
    mouse(view, QEvent.Type.MouseMove, QPointF(middle + 90, 30))
    assert view.cursor().shape() == Qt.CursorShape.SplitHCursor


def test_a_level_curtain_is_dragged_up_and_down(fused) -> None:
    view, viewing = fused
    viewing.change_look(mode="curtain", curtain_upright=False)
    middle = view.height() / 2
    drag(view, QPointF(50, middle), QPointF(50, middle + 60))
    assert viewing.look.curtain == pytest.approx((middle + 60) / view.height(), abs=0.01)
    assert brightness(view, (20, 15, 0)) > 250


def test_the_spyglass_follows_the_cursor_and_goes_with_it(fused) -> None:
    view, viewing = fused
    viewing.change_look(mode="spyglass", spyglass_radius_mm=12.0)
    assert brightness(view, (20, 20, 0)) > 250
    mouse(view, QEvent.Type.MouseMove, place_of(view, (20, 20, 0)))
    assert brightness(view, (22, 24, 0)) < 5 and brightness(view, (-20, 20, 0)) > 250
    mouse(view, QEvent.Type.MouseMove, place_of(view, (-20, 20, 0)))
    assert brightness(view, (22, 24, 0)) > 250 and brightness(view, (-18, 24, 0)) < 5
    QApplication.sendEvent(view, QEvent(QEvent.Type.Leave))
    assert brightness(view, (-18, 24, 0)) > 250


def test_the_spyglass_is_in_the_view_of_the_cursor_alone(qtbot) -> None:
    case = fused_case()
    viewing = Viewing(case)
    viewing.overlay_key = "mr"
    viewing.change_look(mode="spyglass")
    grid = ViewGrid(case, viewing, None)
    qtbot.addWidget(grid)
    grid.resize(800, 600)
    grid.show()
    qtbot.waitExposed(grid)
    pixels(grid)
    coronal = grid.slices["coronal"]
    mouse(coronal, QEvent.Type.MouseMove, QPointF(80, 80))
    pixels(grid)
    assert coronal.scene.look.spyglass_mm is not None
    assert grid.slices["axial"].scene.look.spyglass_mm is None


def test_tiles_lie_still_on_the_patient(fused) -> None:
    view, viewing = fused
    viewing.change_look(mode="checkerboard", tile_mm=14.0)
    points = [(x, y, 0) for x in (-30, -12, 6, 24) for y in (-25, -8, 10, 27)]
    before = [brightness(view, point) for point in points]
    assert min(before) < 5 and max(before) > 250
    view.pan(17, -9)
    assert [brightness(view, point) for point in points] == pytest.approx(before, abs=30)


def test_flickering_shows_one_image_and_the_other_at_its_rate(qtbot) -> None:
    case = fused_case()
    viewing = Viewing(case)
    grid = ViewGrid(case, viewing, None)
    qtbot.addWidget(grid)
    grid.show()
    viewing.overlay_key = "mr"
    turns: list[bool] = []
    viewing.flickered.connect(lambda: turns.append(viewing.look.flicker_overlay))
    viewing.flicker_hz = 10.0
    viewing.change_look(mode="flicker")
    qtbot.waitUntil(lambda: len(turns) >= 4, timeout=3000)
    assert turns[:4] in ([True, False, True, False], [False, True, False, True])
    viewing.overlay_shown = False
    count = len(turns)
    let_live(0.35)
    assert len(turns) == count, "nothing flickers while the fused image is off"


def test_difference_is_neutral_where_both_are_the_same(qtbot) -> None:
    from dataclasses import replace

    from workstation.case.commands import AddImage

    case = case_with(ct())
    again = ct()
    brighter = again.voxels.copy()
    brighter[:, :, 32:] += 150
    case.do(AddImage(replace(again, key="again", voxels=brighter)))
    view, viewing, _ = open_view(qtbot, case)
    viewing.overlay_key = "again"
    viewing.change_look(mode="difference")
    shown = pixels(view)
    same = near(shown, place_of(view, (-40, 20, 0))).mean(0)
    more = near(shown, place_of(view, (40, 20, 0))).mean(0)
    assert np.ptp(same) < 12, "neutral"
    assert more[0] > more[2] + 40, "warm where the overlay is brighter"


def test_ctrl_shift_wheel_sets_whatever_the_mode_has(fused) -> None:
    view, viewing = fused
    read = {
        "blend": lambda: viewing.opacity,
        "colour": lambda: viewing.opacity,
        "checkerboard": lambda: viewing.look.tile_mm,
        "curtain": lambda: viewing.look.curtain,
        "spyglass": lambda: viewing.look.spyglass_radius_mm,
        "flicker": lambda: viewing.flicker_hz,
    }
    for mode, value in read.items():
        viewing.change_look(mode=mode)
        before, slice_before = value(), viewing.crosshair_mm.copy()
        wheel(view, 1, keys=CTRL | SHIFT)
        assert value() > before, mode
        wheel(view, -2, keys=CTRL | SHIFT)
        assert value() < before, mode
        assert np.array_equal(viewing.crosshair_mm, slice_before)


@pytest.mark.parametrize("mode", MODES)
def test_every_mode_has_a_key_an_entry_a_button_and_words_in_the_view(full_window: MainWindow, mode: str) -> None:
    window, viewing = full_window, full_window.session.viewing
    window.commands.choose_step("fuse")
    slice_view(window).setFocus()
    key(window, getattr(Qt.Key, f"Key_{KEYS[mode]}"), Qt.KeyboardModifier.ControlModifier)
    assert viewing.mode == mode
    let_live(0.05)
    assert window.action(f"fusion_{mode}").isChecked()
    panel = window.workspace.fuse
    assert [m for m, button in panel.modes.buttons.items() if button.isChecked()] == [mode]
    assert panel.amount_name.isVisible() and panel.amount_name.text() == window.workspace.fuse.amount_name.text()
    viewing.change_look(mode="blend" if mode != "blend" else "colour")
    click(panel.modes.buttons[mode])
    assert viewing.mode == mode
    first = pixels(slice_view(window))
    assert first.max() > 60, "something is shown"


def test_the_field_beside_the_mode_sets_it(full_window: MainWindow) -> None:
    window, viewing = full_window, full_window.session.viewing
    window.commands.choose_step("fuse")
    amount = window.workspace.fuse.amount
    for mode, typed, read in (
        ("checkerboard", "12", lambda: viewing.look.tile_mm),
        ("spyglass", "33", lambda: viewing.look.spyglass_radius_mm),
        ("curtain", "70", lambda: 100 * viewing.look.curtain),
        ("flicker", "4", lambda: viewing.flicker_hz),
    ):
        window.action(f"fusion_{mode}").trigger()
        let_live(0.02)
        field = amount.field(mode)
        assert field.isVisible() and window.workspace.tool_bar.amount.field(mode).isVisible()
        type_into(field.number.line, typed)
        assert read() == pytest.approx(float(typed))
        assert window.workspace.tool_bar.amount.field(mode).value() == pytest.approx(float(typed))


def test_colours_belong_to_the_colour_mode(full_window: MainWindow) -> None:
    viewing = full_window.session.viewing
    full_window.action("colours_green_magenta").trigger()
    assert (viewing.mode, viewing.look.overlay_colors) == ("colour", "green/magenta")
    let_live(0.05)
    assert full_window.action("colours_green_magenta").isChecked()
    bar = slice_view(full_window)
    shown = pixels(bar)
    coloured = np.abs(shown[..., 1] - shown[..., 0]) > 40
    assert coloured.mean() > 0.02


@pytest.mark.parametrize("mode", MODES)
def test_images_that_nothing_links_are_not_fused_in_any_mode(qtbot, mode: str) -> None:
    view, viewing, _ = open_view(qtbot, case_with(ct(), mr()))
    alone = pixels(view)
    viewing.overlay_key = "mr"
    viewing.change_look(mode=mode)
    shown = pixels(view)
    assert view.scene.overlay is None and "not registered" in view._note
    changed = (np.abs(shown - alone).max(-1) > 8).mean()
    assert changed < 0.05, "the base and a sentence"


def test_images_without_any_frame_of_reference_are_not_fused(qtbot) -> None:
    from dataclasses import replace

    case = case_with(replace(ct(), frame_of_reference_uid=""), replace(mr(), frame_of_reference_uid=""))
    view, viewing, _ = open_view(qtbot, case)
    viewing.overlay_key = "mr"
    shown = pixels(view)
    assert shown.max() > 100 and view.scene.overlay is None and "not registered" in view._note


def test_everything_about_the_fusion_survives_as_json() -> None:
    case = fused_case()
    viewing = Viewing(case)
    viewing.overlay_key = "mr"
    viewing.change_look(mode="curtain", tile_mm=7.5, curtain=0.3, curtain_upright=False, overlay_colors="green/magenta")
    viewing.flicker_hz = 5
    viewing.turn_planes("axial", (0, 0, 1), 20)
    viewing.change_contours(width=1.5, selected_only=True)
    viewing.legend_shown, viewing.names_shown = True, False
    again = Viewing(case)
    again.restore(json.loads(json.dumps(viewing.state())))
    assert again.state() == viewing.state() and again.mode == "curtain" and again.oblique


@pytest.mark.parametrize(
    "state",
    [
        {"fusion": {"mode": "smear"}},
        {"fusion": {"tile_mm": -3}},
        {"slab": {"thickness_mm": "thick"}},
        {"turns": {"axial": 1}},
        {"turns": {name: [[2, 0, 0], [0, 1, 0], [0, 0, 1]] for name in ("axial", "sagittal", "coronal")}},
        {"contours": 7},
        {"layout": {"name": "spiral"}},
    ],
)
def test_a_state_that_makes_no_sense_changes_nothing(state) -> None:
    viewing = Viewing(fused_case())
    before = viewing.state()
    viewing.restore(state)
    assert viewing.state() == before


def test_the_held_button_is_needed_to_move_the_curtain(fused) -> None:
    view, viewing = fused
    viewing.change_look(mode="curtain")
    mouse(view, QEvent.Type.MouseMove, QPointF(view.width() / 2, 60))
    mouse(view, QEvent.Type.MouseMove, QPointF(view.width() / 2 + 50, 60))
    assert viewing.look.curtain == 0.5
