"""The cases that a person had open before, and those that a crash left behind: shown and offered by the window."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from workstation.gui.start_page import RecentEntry

if TYPE_CHECKING:
    from workstation.gui.case_files import CaseFiles
    from workstation.gui.main_window import MainWindow

RECENT_SHOWN = 8


class RecentCases:
    """The list on the start page and in the menu, and the offer to restore."""

    def __init__(self, window: MainWindow, files: CaseFiles) -> None:
        self._window, self._files = window, files

    def show(self) -> None:
        """List them anew."""
        from workstation.store.recent import recent_cases

        entries = [
            RecentEntry(item.path, item.label, f"{_moment(item.opened_at)} · {Path(item.path).parent}", not item.exists)
            for item in recent_cases()[:RECENT_SHOWN]
        ]
        self._window.start_page.show_recent(entries)
        menu = self._window.actions_by_name.submenus["recent"]
        menu.clear()
        menu.setEnabled(bool(entries))
        for entry in entries:
            action = menu.addAction(entry.title, lambda path=entry.path: self._files.open_paths([path]))
            action.setEnabled(not entry.missing)
            action.setToolTip(entry.path)

    def remember(self, path: Path) -> None:
        """Put a case on top of the list."""
        from workstation.store.recent import remember

        if self._files.attempt(lambda: remember(path)):
            self.show()

    def offer_restore(self) -> None:
        """Offer what a crash left behind, or a person kept for next time."""
        from workstation.store.recovery import discard, recoverable_cases

        found = recoverable_cases()
        if not found:
            return
        newest = found[0]
        more = f" (and {len(found) - 1} older)" if len(found) > 1 else ""
        self._window.messages.say(
            f"A case of {_moment(newest.changed_at)} was not saved{more}.",
            "info",
            [
                ("Restore", lambda: self._files.open_case(newest.path, named=False)),
                ("Not now", lambda: None),
                ("Discard", lambda: self._files.attempt(lambda: discard(newest.path)) and None),
            ],
            key="restore",
        )


def _moment(iso: str) -> str:
    """An ISO 8601 time in UTC as the person's own clock would show it, to the minute."""
    return datetime.fromisoformat(iso).astimezone().strftime("%Y-%m-%d %H:%M")
