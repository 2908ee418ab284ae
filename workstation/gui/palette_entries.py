"""What the palette can find: everything in the menus, and the structures of the open case."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtGui import QAction, QIcon, QKeySequence
from PySide6.QtWidgets import QMenu

from workstation.gui.actions import SPECS
from workstation.gui.icons import icon

if TYPE_CHECKING:
    from workstation.gui.main_window import MainWindow

NEEDS = {
    "case": "open a case first",
    "structure": "choose a structure first",
    "undo": "there is nothing to take back",
    "redo": "nothing was taken back",
    "overlay": "fuse an image first",
    "file": "save the case first",
}
"""Why an action can't be run now, by what it needs."""
OTHERWISE = "can't be done now"


@dataclass(frozen=True)
class Entry:
    """One thing to find. name: stable, "" for what comes and goes. place: menu path. reason: why not now, or "".

    more: further words that it is found by. kept: whether it comes first when it was used last.
    """

    name: str
    title: str
    place: str
    keys: str
    reason: str
    run: Callable[[], object]
    icon: QIcon | None = None
    more: str = ""

    @property
    def kept(self) -> bool:
        """Names of a patient's structures and files are not kept."""
        return bool(self.name)


def entries_of(window: MainWindow) -> list[Entry]:
    """Everything that can be found now, in the order of the menus, structures last."""
    needs = {each.name: each.needs for each in SPECS}
    found = []
    for action, place in _walk(window.menu_bar.actions(), ""):
        name = action.objectName() if action.objectName() in needs else ""
        if name == "command_palette":
            continue
        found.append(_entry(action, name, place, _reason(action, needs.get(name, ""), window.session is not None)))
    return found + _structures(window)


def _entry(action: QAction, name: str, place: str, reason: str) -> Entry:
    return Entry(
        name=name,
        title=_plain(action.text()),
        place=place,
        keys=", ".join(k.toString(QKeySequence.SequenceFormat.NativeText) for k in action.shortcuts()),
        reason=reason,
        run=action.trigger,
        icon=action.icon(),
        more=action.toolTip(),
    )


def _walk(actions: list[QAction], place: str) -> Iterator[tuple[QAction, str]]:
    for action in actions:
        menu = action.menu()
        if isinstance(menu, QMenu):
            inside = _plain(action.text())
            yield from _walk(menu.actions(), f"{place} > {inside}" if place else inside)
        elif not action.isSeparator():
            yield action, place


def _plain(text: str) -> str:
    return " ".join(text.replace("&", "").removesuffix("…").split())


def _reason(action: QAction, need: str, case: bool) -> str:
    if action.isEnabled():
        return ""
    return NEEDS.get(need, OTHERWISE) if case else NEEDS["case"]


def _structures(window: MainWindow) -> list[Entry]:
    session, workspace = window.session, window.workspace
    if session is None or workspace is None:
        return []
    found = []
    for identifier, structure in session.case.structures.items():
        colour = "#{:02x}{:02x}{:02x}".format(*structure.color)
        go = partial(_go, window, identifier)
        found.append(Entry("", f"Go to {structure.name}", "Structures", "", "", go, icon("target", colour)))
    return found


def _go(window: MainWindow, identifier: str) -> None:
    """Make a structure active and bring it to the middle of the views."""
    session, workspace = window.session, window.workspace
    if session is not None and workspace is not None and identifier in session.case.structures:
        session.desk.active = identifier
        workspace.look_at(identifier)
