"""How a case is looked at is kept with the case, a moment after it changed, and is there again when it is opened."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer
from shiboken6 import isValid

from workstation.gui.kept_values import word_in

if TYPE_CHECKING:
    from workstation.gui.main_window import MainWindow

DELAY_MS = 1500


class ViewKeeper(QObject):
    """Keeps what is looked at, the active structure and the step, for the case that a window shows."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._soon = QTimer(self, singleShot=True, interval=DELAY_MS)
        self._soon.timeout.connect(self.keep)
        window.case_shown.connect(self._follow)

    def keep(self) -> None:
        """Keep it now."""
        session, workspace = self._window.session, self._window.workspace
        if session is None:
            return
        session.case.set_view_state("viewing", session.viewing.state())
        session.case.set_view_state("active", session.desk.active)
        session.desk.separating.keep()
        if workspace is not None and workspace.step:
            session.case.set_view_state("step", workspace.step)

    def pause(self) -> None:
        """Nothing is to be kept for a moment: the case is let go of."""
        self._soon.stop()

    def restore(self) -> None:
        """Look at the case as it was looked at."""
        session, workspace = self._window.session, self._window.workspace
        if session is None or workspace is None:
            return
        kept = session.case.view_state
        state = kept.get("viewing")
        if isinstance(state, dict):
            session.viewing.restore(state)
        session.desk.active = word_in(kept, "active", session.case.structures, session.desk.active)
        session.desk.separating.recall()
        workspace.restore_step(kept.get("step"))

    def _follow(self) -> None:
        session = self._window.session
        if session is not None:
            followed = (session.display_changed, session.visibility_changed, session.crosshair_moved)
            for signal in (*followed, session.active_changed, session.separating_changed):
                signal.connect(self._soon.start)
            session.viewing.volume_look.changed.connect(self._volume_look_changed)

    def _volume_look_changed(self) -> None:
        """No signal of the session, which would repaint every slice."""
        if isValid(self):
            self._soon.start()
