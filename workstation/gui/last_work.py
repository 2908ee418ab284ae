"""The last work comes back at the start: the window where it was, and the case that was open."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from workstation.gui.sentences import sentence_of

if TYPE_CHECKING:
    from workstation.gui.jobs.runner import Job
    from workstation.gui.main_window import MainWindow
    from workstation.gui.settings import Settings


class LastWork:
    """What one window remembers of its last work; nothing, before `begin`: a script's window is nobody's work."""

    def __init__(self, window: MainWindow, settings: Settings) -> None:
        self._window, self._settings = window, settings
        self._begun = False
        self._opening: tuple[Job, Path] | None = None
        window.closing.connect(self._keep)
        window.closed.connect(settings.sync)

    def begin(self) -> None:
        """The window goes where it was (onto a screen that is there), and is remembered from now on."""
        self._begun = True
        geometry = self._settings.geometry()
        if geometry is not None:
            self._window.restoreGeometry(geometry)

    def note(self, path: Path | None) -> None:
        """This case file is open now; None: none that has a name."""
        if self._begun:
            self._settings.set_last_case("" if path is None else str(path))

    def reopen(self) -> None:
        """Open the last case again, unless it is not wanted or a crash left something to restore first."""
        from workstation.store.recovery import recoverable_cases

        kept = self._settings.last_case()
        if not kept or not self._settings.open_last() or recoverable_cases() or self._window.session is not None:
            return
        path = Path(kept)
        self.note(None)  # a case that takes the program down with it is not opened again and again
        if not path.exists():
            self._say(f"{path.stem}, which was open last, is not there any more: {path.parent}")
            return

        def failed(error: Exception) -> None:
            self._say(f"{path.stem}, which was open last, can't be opened. {sentence_of(error)}")

        job = self._window.files.open_case(path, failed=failed)
        self._opening = None if job is None else (job, path)

    def _say(self, sentence: str) -> None:
        self._window.start_page.show_note(sentence)

    def _keep(self) -> None:
        """Where the window lies; a case that is still being opened will be opened at the next start."""
        if not self._begun:
            return
        self._settings.set_geometry(self._window.saveGeometry())
        if self._opening is not None and self._opening[0] in self._window.runner.jobs:
            self.note(self._opening[1])
