"""How structures are drawn in views: width, fill, the active one alone, names under the cursor, the legend."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication

from tests.gui.hands import let_live
from tests.gui.viewport_scene import add_cylinder, case_with, ct, fused_case, mouse, near, open_view, pixels, place_of
from workstation.case.commands import ChangeStructure
from workstation.editing.desk import Desk
from workstation.gui.main_window import MainWindow
from workstation.gui.viewing import Viewing
from workstation.gui.viewport.view_grid import ViewGrid


@pytest.fixture
def scene(qtbot):
    """An axial view with a GTV of 20 mm radius and a cord of 8 mm beside it."""
    case = case_with(ct())
    gtv, cord = add_cylinder(case, "GTV", 20.0), add_cylinder(case, "Cord", 8.0, (35.0, 0.0))
    case.do(ChangeStructure(gtv, color=(255, 0, 0)))
    case.do(ChangeStructure(cord, color=(0, 0, 255)))
    view, viewing, desk = open_view(qtbot, case)
    viewing.crosshair_mm = (-60, -55, 0)  # out of the way
    desk.active = gtv
    QApplication.processEvents()
    return view, viewing, desk, gtv, cord


def redness(shown: np.ndarray) -> int:
    return int(((shown[..., 0] > 150) & (shown[..., 2] < 90)).sum())


def blueness(shown: np.ndarray) -> int:
    return int(((shown[..., 2] > 150) & (shown[..., 0] < 90)).sum())


def test_lines_are_as_wide_as_wanted(scene) -> None:
    view, viewing, *_ = scene
    usual = redness(pixels(view))
    viewing.change_contours(width=2.0)
    assert redness(pixels(view)) == pytest.approx(2.0 * usual, rel=0.25)


def test_areas_are_filled_as_strongly_as_wanted(scene) -> None:
    view, viewing, *_ = scene
    inside = place_of(view, (5, 7, 0))
    empty = near(pixels(view), inside).mean(0)
    for fill in (0.3, 0.8):
        viewing.change_contours(fill=fill)
        shown = near(pixels(view), inside).mean(0)
        assert shown == pytest.approx(empty * (1 - fill) + np.array((255, 0, 0)) * fill, abs=6)


def test_the_active_structure_can_be_drawn_alone(scene) -> None:
    view, viewing, desk, _gtv, cord = scene
    viewing.change_contours(selected_only=True)
    shown = pixels(view)
    assert redness(shown) > 50 and blueness(shown) == 0
    desk.active = cord
    shown = pixels(view)
    assert redness(shown) == 0 and blueness(shown) > 50


def test_a_line_under_the_cursor_says_its_name_and_areas_do_not(scene) -> None:
    view, viewing, _, gtv, cord = scene
    mouse(view, QEvent.Type.MouseMove, place_of(view, (20, 0, 0)))
    assert view.pointed is not None and view.pointed[0] == gtv
    beside = pixels(view)
    mouse(view, QEvent.Type.MouseMove, place_of(view, (35 + 8, 0, 0)))
    assert view.pointed[0] == cord
    mouse(view, QEvent.Type.MouseMove, place_of(view, (5, 5, 0)))
    assert view.pointed is None
    assert (np.abs(pixels(view) - beside).max(-1) > 20).sum() > 200, "a tag was there"
    viewing.names_shown = False
    mouse(view, QEvent.Type.MouseMove, place_of(view, (20, 0, 0)))
    assert view.pointed is None


def test_a_name_goes_with_the_cursor(scene) -> None:
    view, _, _, _gtv, _ = scene
    mouse(view, QEvent.Type.MouseMove, place_of(view, (20, 0, 0)))
    QApplication.sendEvent(view, QEvent(QEvent.Type.Leave))
    assert view.pointed is None


def test_the_legend_lists_what_is_on_this_slice_targets_first(scene) -> None:
    view, viewing, _, gtv, cord = scene
    view.structures.volume_of = {gtv: 12.34, cord: 0.5}.get
    plain = pixels(view)
    viewing.legend_shown = True
    shown = pixels(view)
    entries = view.structures.legend()
    assert [(e.name, e.volume) for e in entries] == [("GTV", "12.3 cc"), ("Cord", "0.50 cc")]
    assert (np.abs(shown - plain).max(-1) > 15)[:80, :150].mean() > 0.2
    viewing.crosshair_mm = (-60, -55, 45)
    pixels(view)
    assert view.structures.legend() == []


def test_the_legend_stands_in_the_first_slice_only(qtbot) -> None:
    case = fused_case()
    add_cylinder(case, "GTV", 20.0)
    viewing = Viewing(case)
    grid = ViewGrid(case, viewing, Desk(case))
    qtbot.addWidget(grid)
    grid.show()
    qtbot.waitExposed(grid)
    assert [name for name, view in grid.slices.items() if view.lists_structures] == ["axial"]
    grid.maximise("coronal")
    assert [name for name, view in grid.slices.items() if view.lists_structures] == ["coronal"]


@pytest.mark.parametrize("orientation", ["sagittal", "coronal"])
def test_cuts_across_the_slices_are_clean_outlines(qtbot, orientation: str) -> None:
    """A cylinder is cut in a rectangle: no stairs, however thick the slices are."""
    case = case_with(ct())
    identifier = add_cylinder(case, "GTV", 20.0)
    view, viewing, _ = open_view(qtbot, case, orientation)
    viewing.crosshair_mm = (0, 0, 0)
    QApplication.processEvents()
    qtbot.waitUntil(lambda: not view.outlines.busy, timeout=3000)
    QApplication.processEvents()
    contour = dict(view.contours(view.plane()))[identifier]
    u, v = contour.points.T
    between = np.abs(v) < 13
    assert between.sum() > 4
    assert np.abs(np.abs(u[between]) - 20.0).max() < 0.25


def test_menu_entries_set_and_show_how_contours_are_drawn(full_window: MainWindow) -> None:
    window, viewing = full_window, full_window.session.viewing
    width = viewing.contour_look.width
    window.action("contours_thicker").trigger()
    assert viewing.contour_look.width > width
    for name, read in (
        ("contours_filled", lambda: viewing.contour_look.fill > 0),
        ("contours_selected", lambda: viewing.contour_look.selected_only),
        ("contours_names", lambda: viewing.names_shown),
        ("contours_legend", lambda: viewing.legend_shown),
    ):
        before = read()
        window.action(name).trigger()
        let_live(0.03)
        assert read() != before and window.action(name).isChecked() == read(), name


def test_the_legend_knows_the_volumes_of_the_list(full_window: MainWindow) -> None:
    let_live(0.4)
    view = full_window.workspace.views.slices["axial"]
    identifier = next(iter(full_window.session.case.structures))
    assert view.structures.entry(identifier).volume.endswith(" cc")
