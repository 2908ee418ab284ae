"""Panels around the views: moved, tabbed, floated and closed by hand, and back where they were at the next start."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QByteArray, QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QMainWindow, QWidget

from tests.gui.hands import LEFT, NO_KEYS, click, let_live
from tests.gui.small_patient import SmallPatient, case_of
from workstation.gui import workspace as workspace_module
from workstation.gui.actions import SPECS
from workstation.gui.dock_table import DOCKS, DockSpec
from workstation.gui.docks import AREAS, STATE_VERSION, Dock, DockArea
from workstation.gui.main_window import MainWindow
from workstation.gui.settings import Settings
from workstation.gui.theme import follow_theme
from workstation.gui.workspace import Workspace

Windows = Callable[[], MainWindow]


def open_window(new_window: Windows, patient: SmallPatient) -> tuple[MainWindow, Workspace]:
    """A window with the CT on it, at the size that figures are given for."""
    window = new_window()
    window.resize(1400, 1000)
    window.show_case(case_of(patient.ct))
    let_live(0.05)
    assert window.workspace is not None
    return window, window.workspace


def close(window: MainWindow) -> None:
    """Close for good."""
    window.files.leave_without_asking()
    window.close()
    QApplication.processEvents()


def drag_title(dock: Dock, goal: QPoint) -> None:
    """Take a panel by its title and let go at a place on screen."""
    title = dock.title
    start = QPoint(60, title.height() // 2)
    QTest.mousePress(title, LEFT, NO_KEYS, start)
    here = title.mapToGlobal(start)
    for n in range(1, 9):
        QTest.mouseMove(title, title.mapFromGlobal(here + (goal - here) * n / 8))
        QTest.qWait(5)
    let_live(0.1)  # the place to drop on opens
    QTest.mouseRelease(title, LEFT, NO_KEYS, title.mapFromGlobal(goal))
    let_live(0.3)


def test_the_panels_begin_at_the_right_and_the_image_has_its_place(new_window: Windows, patient: SmallPatient) -> None:
    window, workspace = open_window(new_window, patient)
    panel, listed = workspace.dock("panel"), workspace.dock("structures")
    for dock in (panel, listed):
        assert workspace.docks.dockWidgetArea(dock) == AREAS["right"] and dock.isVisible()
    assert panel.width() == workspace_module.DOCK_WIDTH_PX
    assert panel.y() < listed.y()
    assert workspace.views.width() * workspace.views.height() >= 2 / 3 * window.width() * window.height()
    window.resize(1024, 700)
    let_live(0.05)
    assert (window.width(), window.height()) == (1024, 700)
    assert workspace.views.width() >= 640


def test_the_title_says_the_step(new_window: Windows, patient: SmallPatient) -> None:
    window, workspace = open_window(new_window, patient)
    for step in workspace_module.STEPS:
        window.commands.choose_step(step)
        assert workspace.dock("panel").title.text.text() == workspace.panel(step).title
        assert not workspace.panel(step).heading.isVisible()


def test_a_panel_is_dragged_to_another_side_and_is_there_at_the_next_start(
    new_window: Windows, patient: SmallPatient
) -> None:
    window, workspace = open_window(new_window, patient)
    listed = workspace.dock("structures")
    area = workspace.docks
    drag_title(listed, area.mapToGlobal(QPoint(6, area.height() // 2)))
    assert area.dockWidgetArea(listed) == AREAS["left"] and not listed.isFloating()
    area.resizeDocks([listed], [401], Qt.Orientation.Horizontal)
    let_live(0.05)
    place = listed.geometry()
    assert place.width() == 401
    close(window)

    _again, workspace = open_window(new_window, patient)
    listed = workspace.dock("structures")
    assert workspace.docks.dockWidgetArea(listed) == AREAS["left"]
    assert listed.geometry() == place


def test_a_panel_is_dragged_onto_another_and_becomes_a_tab(new_window: Windows, patient: SmallPatient) -> None:
    window, workspace = open_window(new_window, patient)
    panel, listed = workspace.dock("panel"), workspace.dock("structures")
    drag_title(listed, panel.mapToGlobal(panel.rect().center()))
    assert workspace.docks.tabifiedDockWidgets(panel) == [listed]
    assert listed.in_front and not panel.in_front
    window.action("dock_panel").trigger()
    let_live(0.02)
    assert panel.in_front, "what lies behind is brought to the front, not closed"
    close(window)

    _again, workspace = open_window(new_window, patient)
    assert workspace.docks.tabifiedDockWidgets(workspace.dock("panel")) == [workspace.dock("structures")]


def test_a_double_click_on_the_title_floats_a_panel(new_window: Windows, patient: SmallPatient) -> None:
    _window, workspace = open_window(new_window, patient)
    listed = workspace.dock("structures")
    QTest.mouseDClick(listed.title, LEFT, NO_KEYS, QPoint(60, 10))
    assert listed.isFloating()
    QTest.mouseDClick(listed.title, LEFT, NO_KEYS, QPoint(60, 10))
    assert not listed.isFloating()


def test_panels_that_were_open_at_the_end_are_open_at_the_start(new_window: Windows, patient: SmallPatient) -> None:
    window, workspace = open_window(new_window, patient)
    for spec in DOCKS:
        window.action(f"dock_{spec.name}").trigger()
        assert workspace.dock(spec.name).in_front
    close(window)

    window, workspace = open_window(new_window, patient)
    let_live(0.1)
    for spec in DOCKS:
        dock = workspace.dock(spec.name)
        assert not dock.isHidden() and window.action(f"dock_{spec.name}").isChecked()
        for _ in range(40):
            dock.raise_()
            let_live(0.05)
            if dock.in_front and dock.content.isVisible():
                break
        assert dock.content.isVisible()


def test_a_panel_that_needs_more_room_is_lent_it(new_window: Windows, patient: SmallPatient) -> None:
    window, workspace = open_window(new_window, patient)
    dock = workspace.dock("panel")
    wide = QLabel("wide")
    wide.setFixedWidth(500)
    workspace.panel("review").column.addWidget(wide)
    window.action("step_review").trigger()
    let_live(0.05)
    assert dock.width() >= 500 + 32, "nothing is cut off"
    window.action("step_targets").trigger()
    let_live(0.05)
    assert dock.width() == workspace_module.DOCK_WIDTH_PX, "and it is given back"
    for step in ("review", "targets", "review", "targets"):
        window.action(f"step_{step}").trigger()
    let_live(0.05)
    assert dock.width() == workspace_module.DOCK_WIDTH_PX, "as fast as one may go through the steps"
    workspace.docks.resizeDocks([dock], [400], Qt.Orientation.Horizontal)
    let_live(0.05)
    window.action("step_contour").trigger()
    let_live(0.05)
    assert dock.width() == 400, "what a person chose stays"


def test_a_floating_panel_comes_back_floating_in_its_place(new_window: Windows, patient: SmallPatient) -> None:
    window, workspace = open_window(new_window, patient)
    listed = workspace.dock("structures")
    click(listed.title.float_button)
    assert listed.isFloating() and listed.isVisible()
    listed.setGeometry(80, 90, 360, 300)
    let_live(0.05)
    close(window)

    _again, workspace = open_window(new_window, patient)
    listed = workspace.dock("structures")
    assert listed.isFloating() and listed.isVisible()
    assert (listed.x(), listed.y(), listed.width(), listed.height()) == (80, 90, 360, 300)
    click(listed.title.float_button)
    assert not listed.isFloating()


def test_a_floating_panel_of_a_screen_that_is_gone_comes_back_where_it_can_be_seen(
    new_window: Windows, patient: SmallPatient
) -> None:
    window, workspace = open_window(new_window, patient)
    listed = workspace.dock("structures")
    listed.setFloating(True)
    listed.setGeometry(9000, 9000, 360, 300)
    let_live(0.05)
    close(window)

    _again, workspace = open_window(new_window, patient)
    listed = workspace.dock("structures")
    assert listed.isFloating()
    room = QApplication.primaryScreen().availableGeometry()
    assert room.contains(listed.geometry().center()), listed.geometry()


def test_h_held_in_a_floating_panel_hides_the_contours(new_window: Windows, patient: SmallPatient) -> None:
    window, workspace = open_window(new_window, patient)
    assert window.session is not None
    listed = workspace.dock("structures")
    listed.setFloating(True)
    QTest.keyPress(listed, Qt.Key.Key_H)
    assert window.session.viewing.hide_all
    QTest.keyRelease(listed, Qt.Key.Key_H)
    assert not window.session.viewing.hide_all


def test_the_menu_follows_the_button_that_closes_a_panel(new_window: Windows, patient: SmallPatient) -> None:
    window, workspace = open_window(new_window, patient)
    action = window.action("dock_structures")
    assert action.isChecked()
    click(workspace.dock("structures").title.close_button)
    let_live(0.02)
    assert not action.isChecked() and workspace.dock("structures").isHidden()
    action.trigger()
    assert action.isChecked() and workspace.dock("structures").isVisible()
    action.trigger()
    assert not action.isChecked() and workspace.dock("structures").isHidden()


def test_a_step_that_is_chosen_brings_its_closed_panel_back_but_a_start_does_not(
    new_window: Windows, patient: SmallPatient
) -> None:
    window, workspace = open_window(new_window, patient)
    click(workspace.dock("panel").title.close_button)
    close(window)

    window, workspace = open_window(new_window, patient)
    assert workspace.dock("panel").isHidden() and workspace.dock("structures").isVisible()
    window.action("step_fuse").trigger()
    assert workspace.dock("panel").isVisible() and workspace.fuse.isVisible()


def test_resetting_puts_every_panel_back(new_window: Windows, patient: SmallPatient) -> None:
    window, workspace = open_window(new_window, patient)
    places = {name: dock.geometry() for name, dock in workspace.docks.docks.items()}
    shown = {name for name, dock in workspace.docks.docks.items() if not dock.isHidden()}
    workspace.docks.addDockWidget(AREAS["left"], workspace.dock("structures"))
    workspace.dock("panel").setFloating(True)
    let_live(0.05)
    assert places["structures"] != workspace.dock("structures").geometry()
    window.action("reset_docks").trigger()
    let_live(0.1)
    assert {name for name, dock in workspace.docks.docks.items() if not dock.isHidden()} == shown
    for name in shown:
        assert workspace.dock(name).geometry() == places[name]
        assert not workspace.dock(name).isFloating()


def test_an_arrangement_of_another_version_is_ignored(new_window: Windows, patient: SmallPatient) -> None:
    window, workspace = open_window(new_window, patient)
    place = workspace.dock("structures").geometry()
    workspace.docks.addDockWidget(AREAS["left"], workspace.dock("structures"))
    foreign = workspace.docks.saveState(STATE_VERSION + 1)
    close(window)
    for state in (foreign, QByteArray(b"nonsense")):
        Settings().set_docks(state)
        window, workspace = open_window(new_window, patient)
        assert workspace.dock("structures").geometry() == place
        close(window)


def test_a_panel_that_is_hidden_at_first_is_made_when_it_is_shown(qtbot: object) -> None:
    made: list[str] = []

    def make(name: str) -> QWidget:
        made.append(name)
        return QLabel(name)

    area = DockArea(QLabel("views"))
    qtbot.addWidget(area)  # type: ignore[attr-defined]
    for name, shown in (("first", True), ("second", False)):
        spec = DockSpec(name, name.title(), "ruler", lambda _s, _a, name=name: make(name), shown=shown)
        dock = Dock(spec.name, spec.title, spec.icon, lambda spec=spec: spec.make(None, {}), area.sizeHint())
        area.add(dock, spec.area, onto="first" if name == "second" else "", shown=spec.shown)
    area.resize(800, 600)
    area.show()
    let_live(0.05)
    assert made == ["first"]
    content = area.show_dock("second")
    assert made == ["first", "second"] and content.isVisible() and area.docks["second"].content is content
    assert area.tabifiedDockWidgets(area.docks["first"]) == [area.docks["second"]]
    assert isinstance(area, QMainWindow)


def test_every_panel_has_its_entry_and_can_be_shown(new_window: Windows, patient: SmallPatient) -> None:
    window, workspace = open_window(new_window, patient)
    for name in ("panel", "structures", *(spec.name for spec in DOCKS)):
        assert f"dock_{name}" in {s.name for s in SPECS}
        workspace.show_dock(name)
        let_live(0.05)
        assert workspace.dock(name).in_front and workspace.dock(name).content.isVisible()
        assert (window.width(), window.height()) == (1400, 1000)
        window.resize(1024, 700)
        let_live(0.05)
        assert (window.width(), window.height()) == (1024, 700), f"{name} makes the window larger than it should be"
        window.resize(1400, 1000)


def test_what_no_style_sheet_reaches_follows_the_theme(window: MainWindow) -> None:
    shown: list[str] = []
    plot = QWidget(window)
    follow_theme(plot, lambda theme: shown.append(theme.name))
    assert shown == ["dark"]
    window.action("theme_light").trigger()
    let_live(0.02)
    assert shown == ["dark", "light"]
    window.action("theme_light").trigger()
    let_live(0.02)
    assert shown == ["dark", "light"], "nothing is told twice"
    window.action("theme_dark").trigger()
