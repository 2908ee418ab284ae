"""Brings what other threads say to the window's thread."""

from __future__ import annotations

import logging
from collections.abc import Callable

from PySide6.QtCore import QCoreApplication, QObject, Qt, Signal, Slot

log = logging.getLogger(__name__)


class Deliverer(QObject):
    """Runs functions that other threads hand over on the window's thread."""

    _handed_over = Signal(object)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._handed_over.connect(self._run)

    def __call__(self, function: Callable[[], None]) -> None:
        """Hand a function over; from any thread."""
        try:
            self._handed_over.emit(function)
        except RuntimeError:
            log.debug("the window closed before an answer came")

    @Slot(object)
    def _run(self, function: Callable[[], None]) -> None:
        function()


def lasting_deliverer() -> Deliverer:
    """The one that lives as long as the application: threads may outlive a view, and must not touch it.

    To be called on the window's thread.
    """
    application = QCoreApplication.instance()
    assert application is not None
    direct = Qt.FindChildOption.FindDirectChildrenOnly
    return application.findChild(Deliverer, options=direct) or Deliverer(application)
