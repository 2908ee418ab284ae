"""What the actions of the window itself do: panels, and whatever makes the window one's own."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from workstation.gui.palette import Palette
from workstation.gui.shortcuts import Shortcuts

if TYPE_CHECKING:
    from workstation.gui.main_window import MainWindow


class WindowCommands:
    """The handlers, bound to one window. Panels are there while a case is open."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        window.case_shown.connect(self._case_shown)
        window.workspace_closing.connect(self._keep_docks)

    def begin(self) -> None:
        """The person's own keys hold from the start."""
        self.keys  # noqa: B018  (made now)

    def checks(self) -> dict[str, bool]:
        """Which panels are shown, and whether the last case is opened at the start."""
        found = {"open_last": self._window.files.settings.open_last()}
        workspace = self._window.workspace
        if workspace is not None:
            found |= {f"dock_{name}": not dock.isHidden() for name, dock in workspace.docks.docks.items()}
        return found

    def toggle_open_last(self) -> None:
        """Open the last case at the start, or begin with the start page."""
        settings = self._window.files.settings
        settings.set_open_last(not settings.open_last())
        self._window.refresh()

    # ------------------------------------------------------------------ finding and keys

    @cached_property
    def palette(self) -> Palette:
        """The list of everything that can be done; one for each window."""
        return Palette(self._window)

    @cached_property
    def keys(self) -> Shortcuts:
        """The keys of every action, as the person has them."""
        settings = self._window.files.settings
        preset, changed = settings.shortcuts()
        return Shortcuts(self._window.actions_by_name.set_keys, settings.set_shortcuts, preset, changed)

    def show_palette(self) -> None:
        """Find an action, a structure or a window preset by its name."""
        self._window.refresh()
        self.palette.open()

    def show_shortcuts(self) -> None:
        """Other keys for any action."""
        from workstation.gui.shortcut_dialog import ShortcutDialog

        ShortcutDialog(self._window, self.keys).show()

    def show_quick_reference(self) -> None:
        """Every key and gesture on one page, with the keys as they are now."""
        from workstation.gui.quick_reference import QuickReference

        QuickReference(self._window, self.keys.keys).show()

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
        self._window.start_page.show_note("")
        workspace.docks.changed.connect(self._window.refresh_soon)
        state = self._window.files.settings.docks()
        if state is not None:
            workspace.docks.restore(state)

    def _keep_docks(self) -> None:
        workspace = self._window.workspace
        if workspace is not None:
            self._window.files.settings.set_docks(workspace.docks.kept())
