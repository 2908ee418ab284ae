"""Which keys every action has: those of the table, changed by a preset and then by the person.

The presets hold what differs in the programs that people come from, as their own manuals and sources give it: 3D
Slicer's user guide (Segment editor, Generic shortcuts) and the main window of ITK-SNAP. Keys that a view itself
listens to can't be given away: they work whatever tool is in hand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from PySide6.QtGui import QKeySequence

from workstation.gui.actions import MENUS, SPECS, spec

DEFAULT = "Default"

Keys = tuple[str, ...]
"""Shortcuts of one action in Qt's portable text, the one that is shown first."""

PRESETS: dict[str, dict[str, Keys]] = {
    DEFAULT: {},
    "Slicer": {
        "undo": ("Z", "Ctrl+Z"),
        "redo": ("Y", "Ctrl+Y", "Ctrl+Shift+Z"),
        "brush_larger": ("+", "]"),
        "brush_smaller": ("-", "["),
        "command_palette": ("Ctrl+F", "Ctrl+Shift+P"),
        "show_log": ("Ctrl+0",),
    },
    "ITK-SNAP": {
        "toggle_overlay": ("W", "T"),
        "previous_structure": (",", "<"),
        "next_structure": (".", ">"),
        "automatic_window": ("Ctrl+J",),
        "fusion_less": ("Q",),
        "fusion_more": ("E",),
    },
}

RESERVED: dict[str, str] = {
    "H": "hides all contours while it is held",
    "T": "switches the fused image on and off",
    "Space": "gives a view the whole place",
    "X": "drops the last vertex",
    "[": "makes the brush smaller",
    "]": "makes the brush larger",
    "Return": "closes a ring",
    "Enter": "closes a ring",
    "Esc": "cancels a stroke",
    "Backspace": "drops the last vertex",
    "Del": "drops the last vertex",
    "Home": "shows the whole image",
    "Tab": "moves on to the next field",
    "Backtab": "moves back to the field before",
    **dict.fromkeys(("Up", "Down", "Left", "Right", "PgUp", "PgDown"), "steps through the slices"),
    **dict.fromkeys((str(n) for n in range(1, 10)), "chooses a window preset"),
    **{
        f"{keys}+{arrow}": f"{what} the fused image while it is moved by hand"
        for keys, what in (("Shift", "moves"), ("Alt", "turns"), ("Alt+Shift", "turns"))
        for arrow in ("Up", "Down", "Left", "Right")
    },
    **dict.fromkeys(
        ("Alt+PgUp", "Alt+PgDown", "Alt+Shift+PgUp", "Alt+Shift+PgDown"),
        "moves the fused image through the plane while it is moved by hand",
    ),
}
"""Keys that the views listen to, and what they do there."""


def portable(keys: QKeySequence | str) -> str:
    """One shortcut in Qt's portable text."""
    return QKeySequence(keys).toString(QKeySequence.SequenceFormat.PortableText)


def native(keys: str) -> str:
    """One shortcut as the person's keyboard names it."""
    return QKeySequence(keys).toString(QKeySequence.SequenceFormat.NativeText)


def plain_name(name: str) -> str:
    """An action as its menu calls it, without the letter and the dots."""
    return spec(name).text.replace("&", "").removesuffix("…")


def preset_keys(preset: str) -> dict[str, Keys]:
    """The keys of every action in a preset: what it gives to one action it takes from the others."""
    given = {name: tuple(map(portable, keys)) for name, keys in PRESETS[preset].items()}
    taken = {key for keys in given.values() for key in keys}
    found = {}
    for each in SPECS:
        own = tuple(key for key in map(portable, each.shortcuts) if key not in taken)
        found[each.name] = given.get(each.name, own)
    return found


def refusal(name: str, keys: str) -> str:
    """Why an action can't have these keys at all, or ""."""
    if not keys:
        return "Press a key, or several together."
    if keys in map(portable, spec(name).shortcuts):
        return ""
    if keys in RESERVED:
        return f"{native(keys)} can't be given away: in the views it {RESERVED[keys]}."
    for menu in MENUS:
        if keys == portable(f"Alt+{menu[menu.index('&') + 1]}"):
            return f"{native(keys)} can't be given away: it opens the menu {menu.replace('&', '')}."
    return ""


class Shortcuts:
    """The keys of every action now. `changed` are the person's own, by action.

    show: called with an action and its keys, for every action at first and then for each that gets other ones.
    keep: called with the preset and the person's own keys after each change.
    """

    def __init__(
        self,
        show: Callable[[str, Keys], None],
        keep: Callable[[str, Mapping[str, Keys]], None],
        preset: str = DEFAULT,
        changed: Mapping[str, Iterable[str]] | None = None,
    ) -> None:
        self._show, self._keep = show, keep
        self.preset = preset if preset in PRESETS else DEFAULT
        known = {each.name for each in SPECS}
        self._changed = {name: tuple(map(portable, keys)) for name, keys in (changed or {}).items() if name in known}
        self._shown: dict[str, Keys] = {}
        self._show_all()

    @property
    def changed(self) -> dict[str, Keys]:
        """The actions whose keys a person has changed, and their keys."""
        return dict(self._changed)

    def keys(self, name: str) -> Keys:
        """The keys of an action."""
        return self._shown[name]

    def owner(self, keys: str, besides: str = "") -> str:
        """The action that has these keys, "" for none."""
        return next((name for name, own in self._shown.items() if keys in own and name != besides), "")

    def conflict(self, name: str, keys: str) -> str:
        """Which other action has these keys, in words, or ""."""
        owner = self.owner(keys, besides=name)
        if not owner:
            return ""
        menu = spec(owner).menu.replace("&", "")
        return f"{native(keys)} belongs to “{plain_name(owner)}” in the menu {menu}."

    def give(self, name: str, keys: str) -> None:
        """An action gets these keys instead of its own; whoever had them has them no more."""
        if refusal(name, keys):
            raise ValueError(refusal(name, keys))
        for other, own in list(self._changed.items()):
            self._changed[other] = tuple(key for key in own if key != keys)
        self._changed[name] = (keys,)
        self._settle()

    def clear(self, name: str) -> None:
        """An action has no keys any more."""
        self._changed[name] = ()
        self._settle()

    def reset(self, name: str) -> None:
        """An action has the keys of the preset again; whoever has got them meanwhile loses them."""
        self._changed.pop(name, None)
        wanted = preset_keys(self.preset)[name]
        for other, keys in list(self._changed.items()):
            if set(keys) & set(wanted):
                self._changed[other] = tuple(key for key in keys if key not in wanted)
        self._settle()

    def choose(self, preset: str) -> None:
        """Every action as the preset has it; what a person changed is forgotten."""
        self.preset = preset
        self._changed = {}
        self._settle()

    def _settle(self) -> None:
        base = preset_keys(self.preset)
        self._changed = {name: keys for name, keys in self._changed.items() if keys != base[name]}
        self._show_all()
        self._keep(self.preset, self.changed)

    def _show_all(self) -> None:
        """Nobody keeps keys that a person has given to somebody else."""
        own = {key for keys in self._changed.values() for key in keys}
        wanted = {
            name: self._changed.get(name, tuple(key for key in keys if key not in own))
            for name, keys in preset_keys(self.preset).items()
        }
        for name, keys in wanted.items():
            if self._shown.get(name) != keys:
                self._shown[name] = keys
                self._show(name, keys)
