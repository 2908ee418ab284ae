"""What the actions about images do: headers, and the window that suits what is visible."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workstation.gui.header_window import HeaderWindow
    from workstation.gui.main_window import MainWindow
    from workstation.gui.viewport.visible_values import ViewInUse


class InformationCommands:
    """The handlers, bound to one window."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self._in_use: ViewInUse | None = None
        self.header: HeaderWindow | None = None
        window.case_shown.connect(self._case_shown)

    def _case_shown(self) -> None:
        workspace = self._window.workspace
        if self.header is not None:
            self.header.close()
        self._in_use = None
        if workspace is None:
            return
        from workstation.gui.viewport.visible_values import ViewInUse

        self._in_use = ViewInUse(workspace.session.viewing, workspace)
        workspace.session.header_wanted.connect(self.show_header)

    def show_header(self, key: str = "") -> None:
        """The header of an image, of the planning image without a key; another image turns the same window to it."""
        from workstation.gui.header_window import HeaderWindow

        session = self._window.session
        if session is None:
            return
        wanted = key or session.viewing.base_key or next(iter(session.case.images), "")
        if not wanted:
            session.refused.emit("There is no image whose header could be shown")
            return
        if self.header is None:
            self.header = HeaderWindow(session, self._window.runner, self._window)
            self.header.finished.connect(self._header_closed)
        self.header.show_image(wanted)
        self.header.show()
        self.header.raise_()
        self.header.activateWindow()

    def _header_closed(self, _result: int = 0) -> None:
        self.header = None

    def window_automatically(self, which: str) -> None:
        """The window of the base or the overlay that suits what the view in use shows."""
        from workstation.gui.panels.window_card import window_what_is_visible

        session = self._window.session
        view = self._in_use.view() if self._in_use is not None else None
        if session is None or view is None:
            return
        base = view.image_key or session.viewing.base_key
        window_what_is_visible(session, view, session.viewing.overlay_key if which == "overlay" else base)
