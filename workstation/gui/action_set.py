"""Makes Qt's actions and menus from the one table, and enables those whose needs are met."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMenu, QMenuBar, QWidget

from workstation.gui.action_tables.spec import ActionSpec
from workstation.gui.actions import ACTIONS, MENUS, SPECS
from workstation.gui.actions import spec as spec_of
from workstation.gui.icons import icon


class ActionSet:
    """The window's actions by name. `handler_of` gives the function of a spec's handler name."""

    def __init__(self, owner: QWidget, handler_of: Callable[[str], Callable[..., None]]) -> None:
        self._owner = owner
        self.by_name: dict[str, QAction] = {}
        self.submenus: dict[str, QMenu] = {}
        groups: dict[str, QActionGroup] = {}
        for spec in SPECS:
            action = self._make(spec, handler_of(spec.handler))
            if spec.group:
                group = groups.setdefault(spec.group, QActionGroup(owner))
                group.addAction(action)
            self.by_name[spec.name] = action
            owner.addAction(action)

    def _make(self, spec: ActionSpec, handler: Callable[..., None]) -> QAction:
        action = QAction(spec.text, self._owner)
        action.setObjectName(spec.name)
        action.setCheckable(bool(spec.group) or spec.checkable)
        action.setProperty("icon_name", spec.icon)
        action.setData(spec.argument)
        action.setIconText(spec.short or spec.text.replace("&", "").removesuffix("…"))
        if spec.icon:
            # a step that is chosen lies on a quiet ground, a tool in hand on the accent
            action.setIcon(icon(spec.icon, checked="accent" if spec.group == "step" else "on_accent"))
        action.setStatusTip("")
        _show_keys(action, spec, spec.shortcuts)
        run = handler if spec.argument is None else partial(handler, spec.argument)
        action.triggered.connect(lambda _checked=False: run())
        return action

    def fill(self, bar: QMenuBar) -> None:
        """Build the menus in the order of the table; an entry "&File-recent" is an empty submenu named "recent"."""
        menus = {title: bar.addMenu(title) for title in MENUS}
        titles = {"recent": "Open &recent", "presets": "&Window preset"}
        for item in ACTIONS:
            if isinstance(item, ActionSpec):
                menu = menus[item.menu]
                if item.submenu:
                    key = f"{item.menu} {item.submenu}"
                    if key not in self.submenus:
                        self.submenus[key] = menu.addMenu(item.submenu)
                    menu = self.submenus[key]
                menu.addAction(self.by_name[item.name])
                continue
            title, _, name = item.partition("-")
            if name:
                self.submenus[name] = menus[title].addMenu(titles[name])
            else:
                menus[title].addSeparator()

    def enable(self, met: set[str]) -> None:
        """Enable the actions whose needs are among `met`."""
        for spec in SPECS:
            self.by_name[spec.name].setEnabled(not spec.needs or spec.needs in met)

    def set_keys(self, name: str, keys: Sequence[str]) -> None:
        """Give an action other shortcuts; menus and tooltips follow."""
        _show_keys(self.by_name[name], spec_of(name), keys)

    def check(self, name: str, checked: bool = True) -> None:
        """Show a choice without running it."""
        self.by_name[name].setChecked(checked)


def _show_keys(action: QAction, spec: ActionSpec, keys: Sequence[str]) -> None:
    """Set the shortcuts, and say them in the tooltip."""
    sequences = [QKeySequence(each) for each in keys]
    action.setShortcuts(sequences)
    words = ", ".join(each.toString(QKeySequence.SequenceFormat.NativeText) for each in sequences)
    plain = spec.text.replace("&", "").removesuffix("…")
    tip = spec.tooltip or plain
    action.setToolTip(f"{plain}: {tip[:1].lower()}{tip[1:]}" + (f" ({words})" if words else ""))
