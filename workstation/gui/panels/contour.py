"""Contour: make structures and draw them; how the tool in hand is set."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QCheckBox, QCompleter, QHBoxLayout, QToolButton

from workstation.case.commands import AddStructure, ChangeStructure
from workstation.case.new_structure import new_structure
from workstation.editing.desk import RULES
from workstation.gui.fields import CheckedLine, SliderField, label
from workstation.gui.panels.panel import Card, Panel, Segments, choice, fill_choice, heading, line, named, primary
from workstation.gui.panels.structure_types import COMMON_NAMES, LONGEST_NAME, TYPES, guessed_type
from workstation.gui.session import Session
from workstation.gui.structure_model import STATE_WORDS, is_provisional
from workstation.view.still_picture import PROVISIONAL_WARNING

LARGEST_RADIUS_MM = 60.0


def name_problem(session: Session, name: str, besides: str = "") -> str:
    """Why a name can't be given to a structure (other than `besides`), or ""."""
    if not name.strip():
        return "A structure needs a name."
    if len(name) > LONGEST_NAME:
        return f"DICOM allows {LONGEST_NAME} characters."
    if "\\" in name:
        return "A name can't contain a backslash."
    if any(s.name == name.strip() for key, s in session.case.structures.items() if key != besides):
        return f"There is already a structure called {name.strip()}."
    return ""


class ContourPanel(Panel):
    """The panel."""

    title = "Contour"

    def __init__(self, session: Session, actions: dict[str, QAction]) -> None:
        super().__init__(session)
        self._actions = actions
        self._add_new()
        self.column.addWidget(line())
        self._add_tools()
        self.column.addWidget(line())
        self._add_slices()
        self.column.addWidget(line())
        self._add_facts()
        self.column.addStretch(1)
        session.settings_changed.connect(self._show_settings)
        session.active_changed.connect(self._show_facts)
        session.history_changed.connect(self._show_facts)
        session.listing_changed.connect(self._show_facts)
        self._show_settings()
        self._show_facts()

    # ------------------------------------------------------------------ a new structure

    def _add_new(self) -> None:
        self.column.addWidget(heading("New structure"))
        self.teach = label(
            "Give the first structure a name, such as GTV, and paint it on any of the three planes.", "muted", wrap=True
        )
        self.column.addWidget(self.teach)
        self.name = CheckedLine(lambda text: name_problem(self.session, text) if text else "", "Name, such as GTV")
        completer = QCompleter(list(COMMON_NAMES))
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.name.line.setCompleter(completer)
        self.name.line.setMaxLength(LONGEST_NAME + 1)
        self.name.line.setAccessibleName("Name of the new structure")
        self.name.line.textChanged.connect(self._guess_type)
        self.name.line.returnPressed.connect(self.create)
        self.column.addWidget(self.name)
        self.kind = choice()
        self.kind.setAccessibleName("Type of the new structure")
        fill_choice(self.kind, list(TYPES), "")
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.kind, 1)
        self.button = primary("Create", self.create, "plus")
        row.addWidget(self.button)
        self.column.addLayout(row)

    def _guess_type(self, name: str) -> None:
        self.kind.setCurrentIndex(max(0, self.kind.findData(guessed_type(name))))

    def begin_new(self) -> None:
        """Put the cursor where a new structure is named."""
        self.ensureWidgetVisible(self.name)
        self.name.line.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.name.line.selectAll()

    def create(self) -> None:
        """Make the structure that the fields describe, and take the brush in hand."""
        reason = name_problem(self.session, self.name.text())
        self.name.show_reason(reason)
        if reason:
            self.name.line.setFocus()
            return
        made: list[str] = []

        def add() -> None:
            structure = new_structure(self.session.case, self.name.text(), str(self.kind.currentData()))
            self.session.case.do(AddStructure(structure))
            made.append(structure.identifier)

        self.name.show_reason(self.session.attempt(add))
        if made:
            self.session.desk.active = made[0]
            self.name.line.clear()
            self.name.line.setModified(False)
            self.name.line.clearFocus()  # the next keys are for drawing
            if self.session.viewing.tool is None:
                self._actions["tool_brush"].trigger()

    # ------------------------------------------------------------------ tools

    def _add_tools(self) -> None:
        self.column.addWidget(heading("Tool"))
        row = QHBoxLayout()
        row.setSpacing(1)
        for name in ("tool_crosshair", "tool_brush", "tool_polygon"):
            button = QToolButton()
            button.setDefaultAction(self._actions[name])
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
            row.addWidget(button)
        row.addStretch(1)
        self.column.addLayout(row)
        self.radius = SliderField("mm", 0.5, LARGEST_RADIUS_MM, "Brush radius", 0.5)
        self.radius.changed.connect(self._set_radius)
        self.column.addLayout(named("Radius", self.radius))
        self.rules = Segments([self._actions[f"rule_{rule}"] for rule in RULES])
        self.column.addLayout(named("Stroke", self.rules))
        self.rule_words = label("", "muted", wrap=True)
        self.column.addWidget(self.rule_words)
        self.ball = QCheckBox("3D ball, through nearby slices")
        self.ball.clicked.connect(lambda on: self._actions["ball"].trigger() if on != self.session.desk.ball else None)
        self.column.addWidget(self.ball)

    def _set_radius(self, radius_mm: float) -> None:
        self.session.desk.brush_radius_mm = radius_mm

    def _show_settings(self) -> None:
        desk = self.session.desk
        self.radius.set_value(desk.brush_radius_mm)
        self.ball.setChecked(desk.ball)
        self.rule_words.setText(
            {
                "auto": "A stroke that starts inside extends; one that starts outside and crosses the contour cuts; "
                "one that touches nothing makes a new piece.",
                "add": "Every stroke adds. Hold Alt to erase.",
                "erase": "Every stroke takes away.",
            }[desk.rule]
        )

    # ------------------------------------------------------------------ slices

    def _add_slices(self) -> None:
        self.column.addWidget(heading("Slices"))
        for names in (
            ("copy_from_above", "copy_from_below"),
            ("next_drawn", "previous_drawn"),
            ("clear_slice", "fill_holes"),
        ):
            row = QHBoxLayout()
            row.setSpacing(4)
            for name in names:
                row.addWidget(self._slice_button(name))
            row.addStretch(1)
            self.column.addLayout(row)

    def _slice_button(self, name: str) -> QToolButton:
        button = QToolButton()
        button.setDefaultAction(self._actions[name])
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.setMinimumWidth(136)
        return button

    # ------------------------------------------------------------------ the structure in hand

    def _add_facts(self) -> None:
        self.facts_title = heading("")
        self.column.addWidget(self.facts_title)
        self.type_of_active = choice()
        fill_choice(self.type_of_active, list(TYPES), "")
        self.type_of_active.activated.connect(self._change_type)
        self.type_row = Card(4)
        self.type_row.column.addLayout(named("Type", self.type_of_active))
        self.facts = label("", "muted", wrap=True)
        self.type_row.column.addWidget(self.facts)
        self.column.addWidget(self.type_row)

    def _change_type(self) -> None:
        active = self.session.active
        if active is not None:
            self.session.do(ChangeStructure(active.identifier, interpreted_type=str(self.type_of_active.currentData())))
            self._show_facts()

    def _show_facts(self) -> None:
        self.teach.setVisible(not self.session.case.structures)
        active = self.session.active
        self.type_row.setVisible(active is not None)
        self.facts_title.setText(active.name if active else "No structure chosen")
        if active is None:
            return
        known = [key for _, key in TYPES]
        entries = [
            *TYPES,
            *([] if active.interpreted_type in known else [(active.interpreted_type.title(), active.interpreted_type)]),
        ]
        fill_choice(self.type_of_active, entries, active.interpreted_type)
        stack = active.stack
        planes, rings = len(stack.slices), stack.contour_count
        lines = [f"{rings} contours on {planes} planes" if planes else "Nothing drawn yet"]
        if planes:
            positions = stack.positions_mm
            lines.append(f"{positions[0]:+.1f} to {positions[-1]:+.1f} mm along the slices".replace("-", "−"))
        word, meaning = STATE_WORDS[active.state]
        lines.append(f"{word}: {meaning}")
        lines += [PROVISIONAL_WARNING] if is_provisional(self.session.case, active) else []
        lines += active.warnings
        self.facts.setText("\n".join(lines))
