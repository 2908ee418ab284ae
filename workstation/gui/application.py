"""Starts the window: Qt first, everything heavy behind it; errors go to the log and the message bar."""

from __future__ import annotations

import logging
import logging.handlers
import sys
import threading
import time
from collections.abc import Sequence
from types import TracebackType
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QMessageLogContext, QObject, QTimer, QtMsgType, Signal, qInstallMessageHandler
from PySide6.QtWidgets import QApplication

from workstation.gui.garbage import collect_here_only
from workstation.gui.jobs.runner import POLL_MS, live
from workstation.gui.main_window import MainWindow
from workstation.gui.preparation import Preparation
from workstation.gui.sentences import sentence_of
from workstation.gui.settings import Settings
from workstation.gui.theme import apply_theme

if TYPE_CHECKING:
    from workstation.case.case import Case

log = logging.getLogger(__name__)

LOG_BYTES = 1_000_000

FIRST_PAINT_MS = 20
"""The start page is on screen before anything competes with it."""


def the_application() -> QApplication:
    """The one QApplication of the process, made when there is none."""
    existing = QApplication.instance()
    if isinstance(existing, QApplication):
        return existing
    qInstallMessageHandler(_tell_message)
    application = QApplication(sys.argv[:1])
    application.setApplicationName("rt-workstation")
    application.setApplicationDisplayName("Workstation")
    application.setDesktopFileName("rt-workstation")
    return application


def _tell_message(kind: QtMsgType, context: QMessageLogContext, text: str) -> None:
    """Qt's own warnings go to standard error, but for what it says of windows that nobody sees."""
    if "propagateSizeHints" not in text:
        print(text, file=sys.stderr)


def create_window(
    case: Case | None = None, *, theme: str | None = None, size: tuple[int, int] = (1400, 1000)
) -> MainWindow:
    """The real window, shown, without running it: for scripts, screenshots and tests.

    With `QT_QPA_PLATFORM=offscreen` it needs no display. `theme`: "dark" or "light", None for the one chosen last.
    The caller lets it live with `settle` and closes it with `close()`.
    """
    application = the_application()
    collect_here_only(application)
    apply_theme(application, theme or Settings().theme())
    window = MainWindow(Preparation())
    window.resize(*size)
    window.show()
    window.preparation.start()
    if case is not None:
        window.show_case(case)
    return window


def settle(window: MainWindow, seconds: float = 60.0) -> bool:
    """Let a window live until it is prepared and no job runs; whether that was so in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        live(POLL_MS)
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
        preparing = not window.preparation.warm.is_set() and window.preparation.error is None
        if not preparing and not window.runner.jobs:
            live(POLL_MS)
            return True
    return False


def run(
    paths: Sequence[str] = (), *, case: Case | None = None, theme: str | None = None, demo_seed: int | None = None
) -> int:
    """Show the window until it is closed; returns the exit code.

    paths: folders, files, archives or a saved case to open. case: an open case to show. demo_seed: the built-in
    glomus case of that seed.
    """
    application = the_application()
    collect_here_only(application)
    settings = Settings()
    apply_theme(application, theme or settings.theme())
    preparation = Preparation()
    window = MainWindow(preparation)
    window.files.last.begin()
    window.show()
    QTimer.singleShot(FIRST_PAINT_MS, preparation.start)
    _write_log(settings)
    catcher = ErrorCatcher(window)
    catcher.install()
    if case is not None:
        window.show_case(case)
    if demo_seed is not None:
        window.files.open_example(demo_seed)
    if paths:
        window.commands.open_paths(paths)
    if case is None and demo_seed is None and not paths:
        window.files.reopen_last()
    try:
        return application.exec()
    finally:
        catcher.remove()


class ErrorCatcher(QObject):
    """Unexpected errors of any thread: the traceback into the log, one sentence into the window, and on it goes."""

    _caught = Signal(object)

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._previous = sys.excepthook, threading.excepthook
        self._caught.connect(self._show)

    def install(self) -> None:
        """Catch from now on."""
        sys.excepthook = self._catch
        threading.excepthook = lambda a: self._catch(a.exc_type, a.exc_value or a.exc_type(), a.exc_traceback)

    def remove(self) -> None:
        """As before."""
        sys.excepthook, threading.excepthook = self._previous

    def _catch(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            self._previous[0](kind, error, trace)
            return
        log.error("unexpected error", exc_info=(kind, error, trace))
        try:
            self._caught.emit(error)
        except RuntimeError:
            log.debug("the window had gone already")

    def _show(self, error: BaseException) -> None:
        self._window.messages.say(sentence_of(error), "danger")


def _write_log(settings: Settings) -> None:
    """Warnings and errors of the program into one small file; what a library says may quote values of a header."""
    try:
        settings.folder.mkdir(parents=True, exist_ok=True)
        handler = logging.handlers.RotatingFileHandler(
            settings.log_path, maxBytes=LOG_BYTES, backupCount=1, encoding="utf-8", delay=True
        )
    except OSError as error:
        log.warning("no log can be written: %s", error.strerror)
        return
    handler.setLevel(logging.WARNING)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    ours = logging.getLogger("workstation")
    ours.addHandler(handler)
