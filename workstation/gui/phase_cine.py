"""The phases of an examination one after the other, again and again: contrast is seen to come and to go."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

if TYPE_CHECKING:
    from workstation.gui.session import Session

STEP_MS = 700
"""For each phase; a slice of three views takes some 20 ms to be painted."""


class PhaseCine(QObject):
    """Changes the fused image while it plays; another image, a map, or nothing to play ends it.

    changed: it has begun or ended. shown: the number of the phase that is shown now.
    """

    changed = Signal()
    shown = Signal(int)

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self._last: str | None = None
        self._timer = QTimer(self, interval=STEP_MS)
        self._timer.timeout.connect(self._step)

    @property
    def playing(self) -> bool:
        """Whether it plays."""
        return self._timer.isActive()

    def toggle(self) -> None:
        """Begin, or end; it ends with the phase that is shown."""
        if self.playing:
            self.stop()
        elif len(self._session.desk.separating.used_phases) < 2:
            self._session.refused.emit("There are no phases to play: open all phases of an examination")
        else:
            self._last = None
            self._step()
            self._timer.start()
            self.changed.emit()

    def stop(self) -> None:
        """End."""
        if self.playing:
            self._timer.stop()
            self.changed.emit()

    def look_at(self, number: int) -> None:
        """One phase, over the planning image and in place of a map."""
        phases, viewing = self._session.desk.separating.phases, self._session.viewing
        if number < len(phases):
            viewing.map_shown = None
            key = phases[number].volume.key
            viewing.overlay_key = "" if key == self._session.case.planning_key else key
            self.shown.emit(number)

    def _step(self) -> None:
        separating, viewing = self._session.desk.separating, self._session.viewing
        numbers = [n for n, phase in enumerate(separating.phases) if separating.used(phase.volume.key)]
        chosen = self._last is not None and (viewing.overlay_key != self._last or viewing.map_shown is not None)
        if chosen or len(numbers) < 2:
            self.stop()
            return
        keys = [separating.phases[n].volume.key for n in numbers]
        here = viewing.overlay_key or self._session.case.planning_key
        at = keys.index(here) + 1 if here in keys else 0
        self.look_at(numbers[at % len(numbers)])
        self._last = viewing.overlay_key
