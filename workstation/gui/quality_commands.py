"""What the actions about the quality of a registration do."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workstation.gui.known_transform_window import KnownTransformWindow
    from workstation.gui.main_window import MainWindow

NO_PAIR = "A test needs two images: open the one that is to be registered onto the planning image"


class QualityCommands:
    """The handlers, bound to one window."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self.test: KnownTransformWindow | None = None
        window.case_shown.connect(self._case_shown)

    def _case_shown(self) -> None:
        if self.test is not None:
            self.test.close()

    def measure_registration(self) -> None:
        """Measure the registration of the image shown and store what was found."""
        from workstation.gui.quality_measuring import measure

        if self._window.session is not None:
            measure(self._window.session, self._window.runner)

    def test_known_transforms(self) -> None:
        """The window of the test; it does not block anything."""
        from workstation.gui.known_transform_window import KnownTransformWindow
        from workstation.gui.quality_measuring import moving_image

        session = self._window.session
        if session is None:
            return
        if session.case.planning is None or moving_image(session) is None:
            session.refused.emit(NO_PAIR)
            return
        if self.test is None:
            self.test = KnownTransformWindow(session, self._window.runner, self._window)
            self.test.finished.connect(self._test_closed)
        self.test.show()
        self.test.raise_()
        self.test.activateWindow()

    def _test_closed(self, _result: int = 0) -> None:
        self.test = None
