"""Other keys for any action: search it, press the new keys; presets of the programs that people come from."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from workstation.gui.actions import MENUS, SPECS
from workstation.gui.fields import label, restyle
from workstation.gui.panels.panel import choice, fill_choice
from workstation.gui.shortcuts import DEFAULT, PRESETS, Shortcuts, native, plain_name, portable, preset_keys, refusal
from workstation.gui.theme import current_theme, follow_theme, text_scale

SIZE_PX = (640, 620)
NAME = Qt.ItemDataRole.UserRole
_HALVES = (Qt.Key.Key_Control, Qt.Key.Key_Shift, Qt.Key.Key_Alt, Qt.Key.Key_Meta, Qt.Key.Key_AltGr)


class KeyField(QLineEdit):
    """Takes the next keys that are pressed, whatever they would do elsewhere. pressed: in Qt's portable text."""

    pressed = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setReadOnly(True)
        self.setPlaceholderText("Press the new keys")
        self.setAccessibleName("New keys")
        self.setMinimumWidth(150)

    def event(self, event: QEvent) -> bool:
        """Shortcuts, Tab and Esc are keys like others here."""
        kind = event.type()
        if kind == QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        if kind == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            if event.key() not in _HALVES:
                keys = portable(QKeySequence(event.keyCombination()))
                self.setText(native(keys))
                self.pressed.emit(keys)
            return True
        return super().event(event)


class ShortcutDialog(QDialog):
    """A window beside the work; every change holds at once."""

    def __init__(self, parent: QWidget, keys: Shortcuts) -> None:
        super().__init__(parent)
        self._keys = keys
        self._wanted = ""
        self.setWindowTitle("Keyboard shortcuts")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(*(round(side * text_scale()) for side in SIZE_PX))
        self.search = QLineEdit()
        self.search.setPlaceholderText("Find an action, or a key such as Ctrl+Z")
        self.search.setAccessibleName("Find an action")
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self._filter)
        self.presets = choice()
        self.presets.setAccessibleName("Preset")
        self.presets.activated.connect(lambda _row: self._choose(str(self.presets.currentData())))
        self.table = self._table()
        self.field = KeyField()
        self.field.pressed.connect(self._pressed)
        self.title = label("", "heading")
        self.sentence = label("", "muted", wrap=True)
        self.take = QPushButton("Take them")
        self.take.setToolTip("These keys now belong to the chosen action")
        self.take.clicked.connect(self._take)
        self.clear = self._button("Clear", "This action has no keys", lambda: self._keys.clear(self.chosen))
        self.reset = self._button("Reset", "The keys of the preset again", lambda: self._keys.reset(self.chosen))
        self.reset_all = QPushButton("Reset all")
        self.reset_all.setToolTip("Every action as the preset has it")
        self.reset_all.clicked.connect(lambda: self._choose(self._keys.preset))
        self._lay_out()
        follow_theme(self, lambda _theme: self._show())
        self.table.setCurrentItem(self.table.topLevelItem(0).child(0))
        self.search.setFocus()

    # ------------------------------------------------------------------ making

    def _table(self) -> QTreeWidget:
        table = QTreeWidget()
        table.setObjectName("shortcuts")
        table.setColumnCount(2)
        table.setHeaderHidden(True)
        table.setRootIsDecorated(False)
        table.setIndentation(12)
        table.setUniformRowHeights(True)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.header().setStretchLastSection(False)
        table.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        table.header().setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        self._items: dict[str, QTreeWidgetItem] = {}
        for menu in MENUS:
            top = QTreeWidgetItem(table, [menu.replace("&", ""), ""])
            top.setFlags(Qt.ItemFlag.ItemIsEnabled)
            font = top.font(0)
            font.setWeight(font.Weight.DemiBold)
            top.setFont(0, font)
            for spec in SPECS:
                if spec.menu == menu:
                    item = QTreeWidgetItem(top, [plain_name(spec.name), ""])
                    item.setData(0, NAME, spec.name)
                    item.setToolTip(0, spec.tooltip)
                    self._items[spec.name] = item
        table.expandAll()
        table.setItemsExpandable(False)
        table.currentItemChanged.connect(lambda *_items: self._show_chosen())
        table.itemActivated.connect(lambda *_items: self.field.setFocus())
        return table

    def _button(self, text: str, tip: str, run: Callable[[], None]) -> QPushButton:
        button = QPushButton(text)
        button.setToolTip(tip)

        def clicked() -> None:
            run()
            self._show()

        button.clicked.connect(clicked)
        return button

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.addWidget(self.search, 1)
        top.addSpacing(8)
        top.addWidget(label("Preset", "muted"))
        top.addWidget(self.presets)
        row = QHBoxLayout()
        for widget in (self.field, self.take, self.clear, self.reset):
            row.addWidget(widget)
        row.addStretch(1)
        row.addWidget(self.reset_all)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(8)
        column.addLayout(top)
        column.addWidget(self.table, 1)
        column.addWidget(self.title)
        column.addLayout(row)
        column.addWidget(self.sentence)
        self.sentence.setMinimumHeight(2 * self.fontMetrics().height() + 4)
        for button in self.findChildren(QPushButton):
            button.setAutoDefault(False)

    # ------------------------------------------------------------------ following

    @property
    def chosen(self) -> str:
        """Name of the action that is chosen in the table."""
        item = self.table.currentItem()
        return str(item.data(0, NAME) or "") if item is not None else ""

    def choose(self, name: str) -> None:
        """Choose an action in the table."""
        self.table.setCurrentItem(self._items[name])

    def _show(self) -> None:
        """Keys of every action; the changed ones in the accent."""
        changed, theme = self._keys.changed, current_theme()
        for name, item in self._items.items():
            item.setText(1, ", ".join(native(key) for key in self._keys.keys(name)))
            item.setForeground(1, QColor(theme.accent if name in changed else theme.muted))
        fill_choice(self.presets, [(name, name) for name in PRESETS], self._keys.preset)
        self.reset_all.setEnabled(bool(changed))
        self._show_chosen()

    def _show_chosen(self) -> None:
        name = self.chosen
        self._wanted = ""
        self.field.clear()
        self._say("", "muted")
        self.take.hide()
        self.title.setText(plain_name(name) if name else "Choose an action")
        self.field.setEnabled(bool(name))
        self.clear.setEnabled(bool(name and self._keys.keys(name)))
        self.reset.setEnabled(bool(name) and self._keys.keys(name) != preset_keys(self._keys.preset)[name])

    def _say(self, sentence: str, kind: str) -> None:
        restyle(self.sentence, kind=kind)
        self.sentence.setText(sentence)

    def _filter(self, text: str) -> None:
        words = text.casefold().split()
        for item in self._items.values():
            searched = f"{item.text(0)} {item.text(1)} {item.toolTip(0)}".casefold()
            item.setHidden(not all(word in searched for word in words))
        for n in range(self.table.topLevelItemCount()):
            top = self.table.topLevelItem(n)
            top.setHidden(all(top.child(k).isHidden() for k in range(top.childCount())))
        found = next((item for item in self._items.values() if not item.isHidden()), None)
        current = self.table.currentItem()
        if found is not None and (current is None or current.isHidden()):
            self.table.setCurrentItem(found)

    # ------------------------------------------------------------------ doing

    def _pressed(self, keys: str) -> None:
        """New keys hold at once, unless they are reserved or somebody else has them."""
        name = self.chosen
        self.take.hide()
        reason = refusal(name, keys)
        if reason:
            self._say(reason, "reason")
            return
        conflict = self._keys.conflict(name, keys)
        if conflict:
            self._wanted = keys
            self.take.show()
            self._say(f"{conflict} Take them from there, or press others.", "caution")
            return
        self._give(keys)

    def _take(self) -> None:
        if self._wanted:
            self._give(self._wanted)

    def _give(self, keys: str) -> None:
        name = self.chosen
        self._keys.give(name, keys)
        self._show()
        self._say(f"{plain_name(name)} now has {native(keys)}.", "good")

    def _choose(self, preset: str) -> None:
        self._keys.choose(preset)
        self._show()
        self._say("" if preset == DEFAULT else f"What differs in {preset} has its keys now.", "muted")
