"""What all handlers of actions share that need a case."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workstation.gui.main_window import MainWindow
    from workstation.gui.session import Session


class CaseCommands:
    """Handlers, bound to one window; all of them need a case."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window

    @property
    def _session(self) -> Session:
        assert self._window.session is not None
        return self._window.session
