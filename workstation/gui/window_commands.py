"""What the actions of the window itself do: panels, and whatever makes the window one's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workstation.gui.main_window import MainWindow


class WindowCommands:
    """The handlers, bound to one window. Panels are there while a case is open."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        window.case_shown.connect(self._case_shown)
        window.workspace_closing.connect(self._keep_docks)

    def checks(self) -> dict[str, bool]:
        """Which panels are shown."""
        workspace = self._window.workspace
        if workspace is None:
            return {}
        return {f"dock_{name}": not dock.isHidden() for name, dock in workspace.docks.docks.items()}

    # ------------------------------------------------------------------ panels

    def toggle_dock(self, name: str) -> None:
        """Show a panel, bring it to the front when another tab lies over it, or close it."""
        workspace = self._window.workspace
        if workspace is None:
            return
        if workspace.dock(name).in_front:
            workspace.dock(name).close()
        else:
            workspace.show_dock(name)
        self._window.refresh()

    def reset_docks(self) -> None:
        """Every panel where it was before anybody moved one; the kept arrangement is forgotten."""
        workspace = self._window.workspace
        if workspace is not None:
            workspace.docks.reset()
            self._keep_docks()

    def _case_shown(self) -> None:
        workspace = self._window.workspace
        if workspace is None:
            return
        state = self._window.files.settings.docks()
        if state is not None:
            workspace.docks.restore(state)
        workspace.docks.changed.connect(self._window.refresh_soon)

    def _keep_docks(self) -> None:
        workspace = self._window.workspace
        if workspace is not None:
            self._window.files.settings.set_docks(workspace.docks.kept())
