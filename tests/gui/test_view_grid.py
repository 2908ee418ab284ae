"""Four views that share a crosshair, each of which can have the whole place."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtWidgets import QApplication

from tests.gui.viewport_scene import Recorder, case_with, ct, drag, fused_case, mouse, place_of, press, wheel
from workstation.editing.desk import Desk
from workstation.gui.viewing import Viewing
from workstation.gui.viewport.view_grid import VOLUME, ViewGrid

NAMES = ("axial", "sagittal", "coronal", VOLUME)


@pytest.fixture
def grid(qtbot) -> ViewGrid:
    case = fused_case()
    made = ViewGrid(case, Viewing(case), Desk(case))
    qtbot.addWidget(made)
    made.resize(900, 700)
    made.show()
    qtbot.waitExposed(made)
    QApplication.processEvents()
    return made


def test_all_four_views_share_the_place_evenly(grid: ViewGrid) -> None:
    assert tuple(grid.views) == NAMES
    sizes = [(view.width(), view.height()) for view in grid.views.values()]
    assert all(abs(w - 449) < 6 and h > 300 for w, h in sizes)


def test_a_click_in_one_view_moves_the_slices_of_the_others(grid: ViewGrid) -> None:
    axial, sagittal, coronal = (grid.views[name] for name in NAMES[:3])
    press(axial, place_of(axial, (17, -23, 0)))
    assert sagittal.plane().origin_mm[0] == pytest.approx(17, abs=1.01)
    assert coronal.plane().origin_mm[1] == pytest.approx(-23, abs=1.01)
    wheel(coronal, 2)
    np.testing.assert_allclose(grid.viewing.crosshair_mm[1], coronal.plane().origin_mm[1])
    drag(sagittal, place_of(sagittal, (0, 0, 0)), place_of(sagittal, (0, 10, 25)))
    assert axial.plane().origin_mm[2] == pytest.approx(25, abs=1.51)


def test_titles_follow(grid: ViewGrid) -> None:
    grid.viewing.crosshair_mm = (1, 1, 40.5)
    assert grid.panes["axial"].title.label.text() == "axial  z +40.5 mm"


@pytest.mark.parametrize("name", NAMES)
def test_a_double_click_on_the_title_maximises_and_brings_back(qtbot, grid: ViewGrid, name: str) -> None:
    title = grid.panes[name].title
    with qtbot.waitSignal(grid.maximised_changed):
        qtbot.mouseDClick(title, Qt.MouseButton.LeftButton)
    QApplication.processEvents()
    assert grid.maximised == name
    assert [pane.isVisible() for pane in grid.panes.values()] == [each == name for each in NAMES]
    assert grid.views[name].width() > 880 and grid.views[name].height() > 640
    qtbot.mouseDClick(title, Qt.MouseButton.LeftButton)
    assert grid.maximised == "" and all(pane.isVisible() for pane in grid.panes.values())


@pytest.mark.parametrize("name", NAMES)
def test_space_and_the_button_maximise_too(qtbot, grid: ViewGrid, name: str) -> None:
    qtbot.keyClick(grid.views[name], Qt.Key.Key_Space)
    assert grid.maximised == name
    grid.panes[name].title.button.click()
    assert grid.maximised == ""


def test_an_unknown_view_is_refused(grid: ViewGrid) -> None:
    with pytest.raises(KeyError, match="tilted"):
        grid.maximise("tilted")


def test_putting_a_tool_down_drops_what_it_had_half_done(grid: ViewGrid) -> None:
    tool = Recorder()
    grid.viewing.tool = tool
    grid.viewing.tool = None
    assert tool.names() == ["cancel"]


def test_readouts_of_every_view_come_out_of_the_grid(grid: ViewGrid) -> None:
    heard: list = []
    grid.hovered.connect(heard.append)
    for name in NAMES[:3]:
        view = grid.views[name]
        mouse(view, QEvent.Type.MouseMove, place_of(view, grid.viewing.crosshair_mm) + QPointF(30, 0))
    assert len(heard) == 3 and all(readout.readings for readout in heard)


def test_centring_brings_a_point_to_the_middle_of_every_slice(grid: ViewGrid) -> None:
    grid.centre_on((20, -10, 15))
    for name in NAMES[:3]:
        view = grid.views[name]
        place = place_of(view, (20, -10, 15))
        assert (place.x(), place.y()) == pytest.approx((view.width() / 2, view.height() / 2), abs=1)
    grid.fit()
    assert grid.views["axial"].centre_mm == pytest.approx((0, 0))


def test_the_grid_may_be_closed_while_work_is_under_way(qtbot) -> None:
    case = case_with(ct())
    viewing = Viewing(case)
    grid = ViewGrid(case, viewing, Desk(case))
    grid.resize(600, 500)
    grid.show()
    qtbot.waitExposed(grid)
    grid.close()
    grid.deleteLater()
    QApplication.sendPostedEvents(None, 0)
    QApplication.processEvents()
    viewing.crosshair_mm = (1, 2, 3)
    viewing.opacity = 0.9
    QApplication.processEvents()
