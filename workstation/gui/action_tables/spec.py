"""One row of the table of actions."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ActionSpec:
    """One action.

    name: stable. text: as in the menu, with "…" when it asks something. icon: of the one family, or "".
    group: exclusive choice that it belongs to (checkable then). checkable: on or off by itself.
    needs: "", "case", "structure", "undo", "redo", "overlay" or "file".
    argument: given to the handler, so that several actions share one. short: what a button says.
    submenu: title of the submenu that it lies in, "" for the menu itself.
    """

    name: str
    menu: str
    text: str
    handler: str
    shortcuts: tuple[str, ...] = ()
    icon: str = ""
    tooltip: str = ""
    needs: str = ""
    group: str = ""
    checkable: bool = False
    argument: str | float | None = None
    short: str = ""
    submenu: str = ""


Row = ActionSpec | str
"""An action, "&View-" for a line in that menu, or "&View-presets" for a submenu that is filled later."""
