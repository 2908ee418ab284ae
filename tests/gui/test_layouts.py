"""Every layout: what stands where, what is linked, and that all of it comes back with the case."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtWidgets import QApplication, QSplitter

from tests.gui.hands import click, let_live
from tests.gui.viewport_scene import (
    CTRL,
    case_with,
    ct,
    drag,
    fused_case,
    mouse,
    mr,
    place_of,
    press,
    release,
    wheel,
)
from workstation.case.case import Case
from workstation.case.commands import AddImage, RemoveImage
from workstation.editing.desk import Desk
from workstation.gui.layout_model import LAYOUTS, ViewLayout
from workstation.gui.main_window import MainWindow
from workstation.gui.viewing import Viewing
from workstation.gui.viewport.arrangement import arrangement
from workstation.gui.viewport.view_grid import ViewGrid

MIDDLE = Qt.MouseButton.MiddleButton


def phases_case() -> Case:
    """A CT and three phases of an MR, registered to it."""
    case = fused_case()
    for number in (1, 2):
        volume = mr()
        case.do(AddImage(replace(volume, key=f"mr#{number}", voxels=volume.voxels + np.int16(100 * number))))
    return case


def open_grid(qtbot, case: Case, size: tuple[int, int] = (900, 700)) -> ViewGrid:
    made = ViewGrid(case, Viewing(case), Desk(case))
    qtbot.addWidget(made)
    made.resize(*size)
    made.show()
    qtbot.waitExposed(made)
    QApplication.processEvents()
    return made


@pytest.fixture
def grid(qtbot) -> ViewGrid:
    return open_grid(qtbot, phases_case())


def choose(grid: ViewGrid, name: str, **more: object) -> None:
    grid.viewing.layout.choose(name, **more)
    QApplication.processEvents()


EXPECTED = {
    "four": ["axial", "sagittal", "coronal", "volume"],
    "large": ["axial", "sagittal", "coronal", "volume"],
    "row": ["axial", "sagittal", "coronal"],
    "compare": ["left", "right"],
    "phases": ["phase 1", "phase 2", "phase 3"],
}


@pytest.mark.parametrize("name", LAYOUTS)
def test_every_layout_shows_its_views_and_no_others(grid: ViewGrid, name: str) -> None:
    choose(grid, "row" if name == "four" else "four")
    choose(grid, name)
    assert grid.shown() == EXPECTED[name]
    assert [n for n, pane in grid.panes.items() if pane.isVisible()] == EXPECTED[name]
    covered = sum(grid.panes[n].width() * grid.panes[n].height() for n in EXPECTED[name])
    assert covered > 0.97 * grid.width() * grid.height()


def test_the_large_view_is_larger_than_all_the_others_together(grid: ViewGrid) -> None:
    choose(grid, "large", main="coronal")
    sizes = {name: pane.width() * pane.height() for name, pane in grid.panes.items() if pane.isVisible()}
    assert max(sizes, key=lambda name: sizes[name]) == "coronal"
    assert sizes["coronal"] > sum(sizes.values()) / 2


@pytest.mark.parametrize("name", LAYOUTS)
def test_any_view_of_any_layout_takes_the_whole_place_and_gives_it_back(qtbot, grid: ViewGrid, name: str) -> None:
    choose(grid, name)
    for view in EXPECTED[name]:
        qtbot.keyClick(grid.views[view], Qt.Key.Key_Space)
        QApplication.processEvents()
        assert [n for n, pane in grid.panes.items() if pane.isVisible()] == [view]
        assert grid.views[view].width() > 880
        qtbot.keyClick(grid.views[view], Qt.Key.Key_Space)
    assert [n for n, pane in grid.panes.items() if pane.isVisible()] == EXPECTED[name]


def test_keys_stay_with_the_views_whatever_the_layout(grid: ViewGrid) -> None:
    grid.activateWindow()
    grid.views["coronal"].setFocus()
    for name in ("large", "row"):
        choose(grid, name)
        assert QApplication.focusWidget() is grid.views["coronal"]
    for name in ("compare", "phases", "four"):
        choose(grid, name)
        assert QApplication.focusWidget() is grid.views[EXPECTED[name][0]]


@pytest.mark.parametrize("name", ["compare", "phases"])
def test_views_beside_each_other_share_crosshair_slice_zoom_and_place(grid: ViewGrid, name: str) -> None:
    choose(grid, name)
    first, *others = (grid.views[n] for n in EXPECTED[name])
    wheel(first, 3)
    press(first, place_of(first, grid.viewing.crosshair_mm) + QPointF(20, -15))
    release(first, place_of(first, grid.viewing.crosshair_mm))
    wheel(first, 2, QPointF(30, 40), CTRL)
    start = QPointF(60, 60)
    drag(first, start, start + QPointF(25, 10), MIDDLE)
    for other in others:
        assert (other.centre_mm, other.pixel_mm) == (first.centre_mm, first.pixel_mm)
        assert np.array_equal(other.plane().origin_mm, first.plane().origin_mm)
    wheel(others[-1], -1, QPointF(10, 10), CTRL)
    assert first.pixel_mm == others[-1].pixel_mm


def test_comparing_begins_with_the_planning_image_and_the_fused_one(grid: ViewGrid) -> None:
    grid.viewing.overlay_key = "mr#2"
    choose(grid, "compare")
    left, right = grid.views["left"], grid.views["right"]
    assert (left.image_key, right.image_key) == ("ct", "mr#2")
    assert left.scene.overlay is None and right.scene.base is not None
    assert right.scene.base.volume.key == "mr#2"


def test_another_image_and_other_planes_are_chosen_above_the_view(qtbot, grid: ViewGrid) -> None:
    choose(grid, "compare")
    title = grid.panes["right"].title
    row = title.images.findData("mr#1")
    title.images.setFocus()
    while title.images.currentIndex() != row:
        step = Qt.Key.Key_Down if title.images.currentIndex() < row else Qt.Key.Key_Up
        qtbot.keyClick(title.images, step)
    QApplication.processEvents()
    assert grid.views["right"].image_key == "mr#1"
    qtbot.keyClick(title.orientations, Qt.Key.Key_Down)
    QApplication.processEvents()
    assert grid.views["left"].orientation == grid.views["right"].orientation == "sagittal"
    row = title.images.findData("fused")
    qtbot.keyClick(title.images, Qt.Key.Key_Home)
    assert title.images.currentIndex() == row and grid.views["right"].image_key == ""


def test_the_value_under_the_cursor_is_read_in_every_image_beside_it(grid: ViewGrid) -> None:
    choose(grid, "phases")
    heard: list = []
    grid.hovered.connect(heard.append)
    view = grid.views["phase 2"]
    mouse(view, QEvent.Type.MouseMove, place_of(view, grid.viewing.crosshair_mm))
    values = [reading.value for reading in heard[-1].readings]
    assert len(values) == 3 and sorted(v - min(values) for v in values) == [0, 100, 200]


def test_phases_are_shown_alike_and_their_window_is_dragged_together(grid: ViewGrid) -> None:
    viewing = grid.viewing
    choose(grid, "phases")
    keys = [grid.views[f"phase {n}"].image_key for n in (1, 2, 3)]
    first = viewing.window(keys[0])
    assert all(viewing.window(key) == first for key in keys)
    drag(grid.views["phase 2"], QPointF(50, 50), QPointF(90, 70), Qt.MouseButton.RightButton)
    moved = viewing.window(keys[1])
    assert moved != first and all(viewing.window(key) == moved for key in keys)
    choose(grid, "four")
    viewing.set_window(keys[0], 1.0, 2.0)
    assert viewing.window(keys[1]) == moved, "elsewhere each image keeps its own"


@pytest.mark.parametrize(
    ("descriptions", "expected"),
    [
        (
            ("T1 before contrast", "T1 early venous", "T1 delayed 5 min"),
            ["before contrast", "early venous", "delayed 5 min"],
        ),
        (("IR (content time 1025)", "IR (content time 1032)"), ["content time 1025", "content time 1032"]),
        (("VIBE", "TWIST"), ["VIBE", "TWIST"]),
    ],
)
def test_phases_are_called_by_what_tells_them_apart(descriptions, expected) -> None:
    from workstation.gui.viewport.compared import told_apart

    phases = [replace(mr(), key=f"p{n}", description=words) for n, words in enumerate(descriptions)]
    assert told_apart(phases) == [f"{n}  {words}" for n, words in enumerate(expected, start=1)]


def test_an_image_that_is_taken_out_leaves_the_comparison(grid: ViewGrid) -> None:
    choose(grid, "compare", compared=("ct", "mr#2"))
    grid.case.do(RemoveImage("mr#2"))
    let_live(0.05)
    assert grid.views["right"].image_key != "mr#2"


def test_images_that_nothing_links_are_looked_at_each_for_itself(qtbot) -> None:
    case = case_with(ct(), mr())
    grid = open_grid(qtbot, case)
    choose(grid, "compare")
    left, right = grid.views["left"], grid.views["right"]
    assert not right.linked and right.scene.base is not None
    before = grid.viewing.crosshair_mm.copy(), right.plane().origin_mm.copy()
    wheel(right, 2)
    assert np.array_equal(grid.viewing.crosshair_mm, before[0])
    assert right.plane().origin_mm[2] == pytest.approx(before[1][2] + 6)
    wheel(left, 1)
    assert not np.array_equal(grid.viewing.crosshair_mm, before[0])
    assert "Not registered" in right._note


def borders(grid: ViewGrid) -> list[list[int]]:
    return [splitter.sizes() for splitter in grid.findChildren(QSplitter) if splitter.isVisible()]


def test_borders_that_were_moved_stay_with_their_layout(grid: ViewGrid) -> None:
    whole = grid.findChildren(QSplitter)[0]
    handle = whole.handle(1)
    start = QPointF(handle.rect().center())
    drag(handle, start, start + QPointF(0, 120))
    moved = borders(grid)
    assert moved[0][0] - moved[0][1] > 150
    choose(grid, "row")
    choose(grid, "four")
    assert borders(grid)[0] == pytest.approx(moved[0], abs=3)


def test_a_view_in_a_window_of_its_own_leaves_its_place_and_comes_back(qtbot, grid: ViewGrid) -> None:
    click(grid.panes["coronal"].title.window_button)
    window = grid.windows["coronal"]
    assert window.isVisible() and window.isWindow() and grid.panes["coronal"].window() is window
    view = grid.views["coronal"]
    press(view, place_of(view, (10, 0, 12)))
    assert grid.viewing.crosshair_mm[[0, 2]] == pytest.approx((10, 12), abs=1)
    window.close()
    QApplication.processEvents()
    assert not grid.windows and grid.panes["coronal"].window() is grid.window()
    assert all(pane.isVisible() for pane in grid.panes.values())


@pytest.mark.parametrize("phases", range(1, 14))
def test_phases_fill_rows_of_at_most_four(phases: int) -> None:
    line = arrangement("phases", "axial", phases)
    rows = [part.names() for part in line.parts] if line.upright else [line.names()]
    assert [name for row in rows for name in row] == [f"phase {n}" for n in range(1, phases + 1)]
    assert max(map(len, rows)) <= 4 and max(map(len, rows)) - min(map(len, rows)) < 4


def test_a_layout_survives_as_json() -> None:
    layout = ViewLayout()
    layout.choose("compare", compared=("a", "fused"), orientation="coronal")
    layout.shares["compare"] = [[300, 500]]
    again = ViewLayout()
    again.restore(json.loads(json.dumps(layout.state())))
    assert again.state() == layout.state()


def test_what_makes_no_sense_is_not_taken_up() -> None:
    layout = ViewLayout()
    before = layout.state()
    layout.restore({"name": "spiral", "main": 7, "compared": ["x"], "shares": {"four": "wide", "odd": [[1]]}})
    assert layout.state() == before
    with pytest.raises(ValueError, match="spiral"):
        layout.choose("spiral")


def test_the_layout_is_chosen_by_key_and_comes_back_with_the_case(full_window: MainWindow, tmp_path) -> None:
    window = full_window
    path = tmp_path / "kept.rtcase"
    window.action("layout_compare").trigger()
    window.session.viewing.layout.choose(orientation="sagittal")
    let_live(0.1)
    assert window.action("layout_compare").isChecked()
    window.files.save_as(str(path))
    let_live(0.5)
    window.files.close_case()
    window.commands.open_paths([str(path)])
    from workstation.gui.application import settle

    assert settle(window, 30)
    assert window.session.viewing.layout.name == "compare"
    assert window.workspace.views.shown() == ["left", "right"]
    assert window.workspace.views.views["left"].orientation == "sagittal"


def test_phases_that_are_not_there_are_refused_in_words(ct_window: MainWindow) -> None:
    heard: list[str] = []
    ct_window.session.refused.connect(heard.append)
    ct_window.action("layout_phases").trigger()
    assert "several phases" in heard[0] and ct_window.session.viewing.layout.name == "four"
    let_live(0.05)
    assert ct_window.action("layout_four").isChecked()


def test_windows_of_views_go_with_their_case(full_window: MainWindow) -> None:
    views = full_window.workspace.views
    click(views.panes["sagittal"].title.window_button)
    own = views.windows["sagittal"]
    assert own.isVisible()
    full_window.files.leave_without_asking()
    full_window.files.close_case()
    let_live(0.05)
    assert full_window.workspace is None
    assert not [w for w in QApplication.topLevelWidgets() if w.objectName() == "view_window" and w.isVisible()]


def test_views_beside_each_other_begin_with_the_planes_that_were_acquired() -> None:
    viewing = Viewing(case_with(ct("sagittal")))
    assert (viewing.layout.orientation, viewing.layout.main) == ("sagittal", "sagittal")
    viewing.layout.choose(orientation="coronal")
    viewing.layout.suggest("axial")
    assert viewing.layout.orientation == "coronal", "what a person has chosen stays"
