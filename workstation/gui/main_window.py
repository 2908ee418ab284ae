"""The window: menus and banner on top, messages, then the start page or the workspace of the open case.

Only Qt is imported here: the window stands before the numerical libraries are loaded. What belongs to a case is
made by `show_case`, when they are.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QCloseEvent, QDragEnterEvent, QDragLeaveEvent, QDropEvent, QIcon, QKeyEvent
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QHBoxLayout,
    QMainWindow,
    QMenuBar,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from workstation.gui.action_set import ActionSet
from workstation.gui.banner import Banner
from workstation.gui.case_files import CaseFiles
from workstation.gui.commands import Commands
from workstation.gui.information_commands import InformationCommands
from workstation.gui.jobs.runner import JobRunner
from workstation.gui.measure_commands import MeasureCommands
from workstation.gui.message_bar import MessageBar
from workstation.gui.preparation import Preparation
from workstation.gui.quality_commands import QualityCommands
from workstation.gui.registration_commands import RegistrationCommands
from workstation.gui.resources import resource
from workstation.gui.sentences import sentence_of
from workstation.gui.separation_commands import SeparationCommands
from workstation.gui.start_page import StartPage
from workstation.gui.status import StatusBar
from workstation.gui.theme import current_theme
from workstation.gui.view_commands import ViewCommands
from workstation.gui.volume_commands import VolumeCommands
from workstation.gui.window_commands import WindowCommands

if TYPE_CHECKING:
    from workstation.case.case import Case
    from workstation.gui.session import Session
    from workstation.gui.workspace import Workspace

log = logging.getLogger(__name__)

TITLE = "Workstation"

HANDLERS: tuple[type, ...] = (
    WindowCommands,
    ViewCommands,
    MeasureCommands,
    InformationCommands,
    VolumeCommands,
    RegistrationCommands,
    QualityCommands,
    SeparationCommands,
)
"""What does the actions of the table, beside `Commands`: classes made with the window, one method for each handler.

A class may have `checks()`, which gives the actions that are to be shown as chosen or not, by name, and `begin()`,
which is called once when the window has all its parts.
"""
SIZE_PX = (1400, 1000)


class MainWindow(QMainWindow):
    """The window. case_shown: another case, or none, is open now. closed: it closes for good.

    workspace_closing: the workspace is about to go; what it knows can be kept. closing: the window is about to.
    """

    case_shown = Signal()
    workspace_closing = Signal()
    closing = Signal()
    closed = Signal()

    def __init__(self, preparation: Preparation | None = None) -> None:
        super().__init__()
        self.preparation = preparation or Preparation(self)
        self.runner = JobRunner(self)
        self.messages = MessageBar()
        self.session: Session | None = None
        self.workspace: Workspace | None = None
        self.commands = Commands(self)
        self.handlers: tuple[Any, ...] = tuple(made(self) for made in HANDLERS)
        self.actions_by_name = ActionSet(self, self._handler)
        self.files = CaseFiles(self)
        self.banner = Banner()
        self.status = StatusBar(self.runner)
        self.start_page = StartPage(*(self.action(n) for n in ("open_folder", "open_files", "open_example")))
        self._pages = QStackedWidget()
        self._lay_out()
        self._connect()
        self.setAcceptDrops(True)
        self.setWindowIcon(QIcon(str(resource("icons", "application.svg"))))
        self.resize(*SIZE_PX)
        for handler in self.handlers:
            getattr(handler, "begin", lambda: None)()
        self.refresh()

    # ------------------------------------------------------------------ making

    def _lay_out(self) -> None:
        bar = QMenuBar()
        bar.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        self.actions_by_name.fill(bar)
        top = QFrame()
        top.setObjectName("topLine")
        row = QHBoxLayout(top)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(bar)
        row.addWidget(self.banner, 1)
        self.setMenuWidget(top)
        self.menu_bar = bar
        centre = QWidget()
        column = QVBoxLayout(centre)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.messages)
        column.addWidget(self._pages, 1)
        self._pages.addWidget(self.start_page)
        self.setCentralWidget(centre)
        self.setStatusBar(self.status)

    def _connect(self) -> None:
        self.banner.chip_clicked.connect(self.commands.choose_step)
        self.start_page.recent_chosen.connect(lambda path: self.commands.open_paths([path]))
        self.runner.failed.connect(self._job_failed)
        self.preparation.ready.connect(self._prepared)
        self.preparation.failed.connect(lambda error: self._job_failed("Preparing the program", error))
        self._refresh_soon = QTimer(self)
        self._refresh_soon.setSingleShot(True)
        self._refresh_soon.setInterval(0)
        self._refresh_soon.timeout.connect(self.refresh)

    def _handler(self, name: str) -> Callable[..., None]:
        """The method that does what an action's `handler` names."""
        owner = next((each for each in (self.commands, *self.handlers) if hasattr(each, name)), None)
        if owner is None:
            raise LookupError(f"nothing does {name!r}")
        found: Callable[..., None] = getattr(owner, name)
        return found

    def action(self, name: str) -> QAction:
        """An action of the table."""
        return self.actions_by_name.by_name[name]

    # ------------------------------------------------------------------ the open case

    def show_case(self, case: Case) -> Session:
        """Show a case instead of what is shown now; returns its session."""
        from workstation.gui.session import Session
        from workstation.gui.workspace import Workspace

        self.close_workspace()
        session = Session(case, self)
        workspace = Workspace(session, self.actions_by_name.by_name)
        self.session, self.workspace = session, workspace
        self._pages.addWidget(workspace)
        self._pages.setCurrentWidget(workspace)
        workspace.hint_changed.connect(self.status.show_hint)
        workspace.hovered.connect(self.status.show_readout)
        self.commands.connect_workspace(workspace)
        session.refused.connect(lambda sentence: self.messages.say(sentence, "caution", key="refused"))
        for signal in (
            session.images_changed,
            session.listing_changed,
            session.registrations_changed,
            session.history_changed,
            session.saved_changed,
            session.active_changed,
            session.settings_changed,
            session.display_changed,
            session.visibility_changed,
            session.tool_changed,
        ):
            signal.connect(self._refresh_soon.start)
        if case.structures:
            session.desk.active = next(iter(case.structures))
        self.choose_first_step(session)
        self.status.show_hint(workspace.hint())
        workspace.views.views["axial"].setFocus()
        self.refresh()
        self.case_shown.emit()
        return session

    def choose_first_step(self, session: Session) -> None:
        """The step where work goes on: images when there is nothing else, otherwise drawing."""
        self.commands.choose_step("contour" if session.case.images else "images")

    def close_workspace(self) -> None:
        """Back to the start page; nothing is asked and nothing is saved here."""
        if self.workspace is None or self.session is None:
            return
        self.workspace_closing.emit()
        self.workspace.views.close_windows()
        self._pages.setCurrentWidget(self.start_page)
        self._pages.removeWidget(self.workspace)
        self.session.end()
        self.workspace.hide()
        self.workspace.deleteLater()
        self.session.deleteLater()
        self.workspace = self.session = None
        self.status.show_cursor("")
        self.status.show_hint("")
        self.refresh()
        self.case_shown.emit()

    def show_page(self, page: QWidget) -> None:
        """Put another page (the preview) in front while there is no workspace."""
        if self._pages.indexOf(page) < 0:
            self._pages.addWidget(page)
        self._pages.setCurrentWidget(page)

    def show_start_page(self) -> None:
        """The start page again, unless a case is open."""
        if self.workspace is None:
            self._pages.setCurrentWidget(self.start_page)

    # ------------------------------------------------------------------ following

    def refresh_soon(self) -> None:
        """Refresh once, after what happens now."""
        self._refresh_soon.start()

    def refresh(self) -> None:
        """Banner, title, actions and status as they are now."""
        self._refresh_actions()
        self._refresh_banner()
        self.commands.refresh_menus()
        session = self.session
        name = self.commands.case_name()
        self.setWindowTitle(f"{name}[*] - {TITLE}" if name else TITLE)
        self.setWindowModified(self.files.has_unsaved_work())
        self.status.show_saved("" if session is None else self.commands.saved_words())

    def _refresh_actions(self) -> None:
        met: set[str] = set()
        session, workspace = self.session, self.workspace
        if session is not None and workspace is not None:
            case = session.case
            met = {
                "case",
                *(["structure"] if session.active else []),
                *(["overlay"] if session.viewing.overlay_key else []),
            }
            met |= {
                need
                for need, possible in (("undo", self.files.can_undo()), ("redo", bool(case.redo_label)))
                if possible
            }
            self.actions_by_name.check(f"tool_{workspace.tool_key}")
            self.actions_by_name.check(f"rule_{session.desk.rule}")
            self.actions_by_name.check("ball", session.desk.ball)
            self.actions_by_name.check(f"step_{workspace.step}")
        self.actions_by_name.check(f"theme_{current_theme().name}")
        for handler in self.handlers:
            for name, checked in getattr(handler, "checks", dict)().items():
                self.actions_by_name.check(name, checked)
        self.actions_by_name.enable(met)
        for name in ("undo", "redo"):
            words = getattr(session.case, f"{name}_label") if session and self.action(name).isEnabled() else ""
            self.action(name).setText(f"&{name.capitalize()} {words}".rstrip())

    def _refresh_banner(self) -> None:
        if self.session is None:
            self.banner.show_patient("", "")
            self.banner.show_chips({})
            return
        from workstation.gui.chips import chips_of, patient_line

        self.banner.show_patient(*patient_line(self.session))
        self.banner.show_chips(chips_of(self.session))

    def _prepared(self) -> None:
        self.start_page.show_preparing("")

    def _job_failed(self, title: str, error: Exception) -> None:
        log.warning("%s failed: %s", title, type(error).__name__, exc_info=error)
        self.messages.say(sentence_of(error, title), "danger")

    # ------------------------------------------------------------------ events

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasUrls() and any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()
            self.start_page.show_drop(True)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self.start_page.show_drop(False)

    def dropEvent(self, event: QDropEvent) -> None:
        self.start_page.show_drop(False)
        paths = [url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()]
        event.acceptProposedAction()
        self.commands.open_paths(paths)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_H and not event.modifiers() and self.session is not None:
            self.session.viewing.hide_all = True
        else:
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_H and not event.isAutoRepeat() and self.session is not None:
            self.session.viewing.hide_all = False
        else:
            super().keyReleaseEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.ActivationChange and self.session is not None and not self.isActiveWindow():
            self.session.viewing.hide_all = False  # the key may be released in another window

    def closeEvent(self, event: QCloseEvent) -> None:
        if not self.commands.may_close():
            event.ignore()
            return
        self.closing.emit()
        self.runner.stop_all()
        self.preparation.stop()
        self.commands.release_file()
        self.close_workspace()
        event.accept()
        self.closed.emit()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
