"""How good a registration is: a traffic light with its reasons, every figure there is, and what is not known yet."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QButtonGroup,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from workstation.fusion.quality.couch import COUCH_LIMIT_DEG, POSITIONS
from workstation.fusion.quality.tolerance import Tolerances
from workstation.gui.fields import breakable, label, restyle
from workstation.gui.glyph_label import GlyphLabel
from workstation.gui.panels.panel import Card, heading, plain
from workstation.gui.plot_library import runner_of
from workstation.gui.quality_measuring import LANE, ShownLink, measure, shown_link
from workstation.gui.quality_text import HEADLINES, KINDS, degree_rows, figures_of, judged, structure_rows
from workstation.gui.session import Session
from workstation.measurements.registration_quality import six_degrees

LIGHTS = {"good": ("check-circle", "good"), "doubtful": ("warning", "caution"), "failed": ("x-circle", "danger")}
"""Shape and colour of the traffic light: readable without colours, too."""

MARKS = {"good": "✓", "doubtful": "▲", "failed": "✕", "": ""}
TERMS = (("patient", "Patient"), ("couch", "Couch"))
DIRECTIONS = (("error", "As it lies"), ("correction", "Correction"))
LIGHT_PX = 28
ELSEWHERE = "Of the registration in use: the views show the image at another place just now"
MEASURE_HINT = (
    "Landmarks, structures on both images, registered backwards, and repeated from perturbed starts: "
    "how far apart the answers lie in the active structure"
)


class QualityCard(Card):
    """The card. It shows the registration between the planning image and the fused one; without one it is hidden."""

    def __init__(self, session: Session) -> None:
        super().__init__(8)
        self._session, self._runner = session, runner_of(session)
        self.link: ShownLink | None = None
        self._terms, self._direction = "patient", "error"
        self._make_light()
        self.reasons = label("", wrap=True)
        self.column.addWidget(self.reasons)
        self.figures = _Grid((1, 0, 0))
        self.column.addWidget(self.figures)
        self.structures_heading = heading("Structures on both images, mm")
        self.structures = _Grid((1, 0, 0, 0, 0, 0))
        self.column.addWidget(self.structures_heading)
        self.column.addWidget(self.structures)
        self._make_degrees()
        self.unmeasured_heading = heading("Not measured")
        self.unmeasured = label("", "muted", wrap=True)
        self.column.addWidget(self.unmeasured_heading)
        self.column.addWidget(self.unmeasured)
        self._make_buttons()
        session.registering.changed.connect(self.refresh)
        self._runner.changed.connect(self._show_progress)
        self.refresh()

    # ------------------------------------------------------------------ making

    def _make_light(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(8)
        self.light = QStackedWidget()
        self.light.setFixedSize(LIGHT_PX, LIGHT_PX)
        for glyph, colour in LIGHTS.values():
            self.light.addWidget(GlyphLabel(glyph, LIGHT_PX, colour))
        words = QVBoxLayout()
        words.setSpacing(0)
        self.verdict = label("", "title")
        self.method = label("", "muted", wrap=True)
        words.addWidget(self.verdict)
        words.addWidget(self.method)
        row.addWidget(self.light, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(words, 1)
        self.column.addLayout(row)

    def _make_degrees(self) -> None:
        self.degrees_heading = heading("Six degrees of freedom")
        self.column.addWidget(self.degrees_heading)
        self.terms_buttons = _choices(TERMS, self._choose_terms)
        self.direction_buttons = _choices(DIRECTIONS, self._choose_direction)
        for buttons in (self.terms_buttons, self.direction_buttons):
            self.column.addWidget(buttons)
        self.degrees = _Grid((0, 0, 1))
        self.degrees_note = label("", "muted", wrap=True)
        self.column.addWidget(self.degrees)
        self.column.addWidget(self.degrees_note)

    def _make_buttons(self) -> None:
        self.progress = label("", "muted", wrap=True)
        self.column.addWidget(self.progress)
        row = QHBoxLayout()
        row.setSpacing(8)
        self.measure = plain("Measure", self._measure, "ruler", MEASURE_HINT)
        self.cancel = plain("Cancel", self._cancel, "x")
        row.addWidget(self.measure, 1)
        row.addWidget(self.cancel)
        self.column.addLayout(row)

    # ------------------------------------------------------------------ showing

    def refresh(self) -> None:
        """Show the registration that counts now."""
        self.link = shown_link(self._session)
        self.setVisible(self.link is not None)
        if self.link is None:
            return
        registration = self.link.registration
        limits = Tolerances.for_images(self.link.fixed, self.link.moving)
        found = judged(registration, self.link.fixed, self.link.moving)
        self.light.setCurrentIndex(list(LIGHTS).index(found.verdict))
        self.verdict.setText(HEADLINES[found.verdict])
        accepted = f"accepted by {registration.accepted_by}" if registration.accepted_by else "not accepted yet"
        elsewhere = self._session.desk.placing.trial is not None
        restyle(self.method, kind="caution" if elsewhere else "muted")
        self.method.setText(ELSEWHERE if elsewhere else breakable(f"{registration.method} · {accepted}"))
        restyle(self.reasons, kind=KINDS[found.verdict])
        self.reasons.setText(breakable("\n".join(found.reasons)))
        self.reasons.setVisible(bool(found.reasons))
        self._show_figures(limits)
        self._show_structures(limits)
        self._show_degrees()
        self.unmeasured.setText("\n".join(found.unmeasured))
        for widget in (self.unmeasured, self.unmeasured_heading):
            widget.setVisible(bool(found.unmeasured))
        self.measure.setText("Measure again" if "unmeasured" in registration.quality else "Measure")
        self._show_progress()

    def _show_figures(self, limits: Tolerances) -> None:
        assert self.link is not None
        rows = figures_of(self.link.registration.quality, limits)
        self.figures.show_rows([([row.name, row.value, MARKS[row.verdict]], row.verdict, row.hint) for row in rows])

    def _show_structures(self, limits: Tolerances) -> None:
        assert self.link is not None
        rows = structure_rows(self.link.registration.quality, limits)
        head = (["", "Dice", "mean", "HD95", "shift", ""], "head", "")
        body = [([name, *cells, MARKS[verdict]], verdict, hint) for name, cells, verdict, hint in rows]
        self.structures.show_rows([head, *body] if rows else [])
        self.structures_heading.setVisible(bool(rows))

    def _show_degrees(self) -> None:
        """Computed anew: it costs nothing, and a registration from a file has them, too."""
        assert self.link is not None
        fixed, moving = self.link.fixed, self.link.moving
        whole = six_degrees(self.link.registration.fixed_to_moving, fixed.grid.centre_mm, fixed.patient_position)
        part = whole["correction"] if self._direction == "correction" else whole
        known = part["couch"] is not None
        self.terms_buttons.enable("couch", known)
        terms = self._terms if known else "patient"
        self.terms_buttons.choose(terms)
        six = part[terms]
        self.degrees.show_rows([([name, value, words], "", "") for name, value, words in degree_rows(six, terms)])
        self.degrees_note.setText(" ".join(self._notes(whole, six, terms, fixed.modality, moving.modality)))

    def _notes(self, whole: dict, six: dict, terms: str, fixed: str, moving: str) -> list[str]:
        """What the numbers turn about and refer to."""
        x, y, z = (f"{v:.0f}" for v in six["centre_mm"])
        moving, fixed = moving or "moving image", fixed or "fixed image"
        told = f"How the {moving} lies away from the {fixed}"
        if self._direction == "correction":
            told = f"What brings the {moving} back onto the {fixed}"
        notes = [f"{told}, about the middle of the {fixed} ({x}, {y}, {z} mm)."]
        kind = self.link.registration.kind if self.link is not None else "rigid"
        notes += {"deformable": ["Of the rigid part only."], "affine": ["Scale left out."]}.get(kind, [])
        if terms == "couch":
            notes.append(f"Patient lies {POSITIONS[whole['patient_position']]}; X to the right facing the gantry.")
            if max(abs(v) for v in six["rotation_deg"]) > COUCH_LIMIT_DEG:
                notes.append(f"Couches turn by up to {COUCH_LIMIT_DEG:.0f}°: set the patient up again.")
        elif whole["couch"] is None:
            notes.append("The image does not say how the patient lies, so there are no couch terms.")
        return notes

    def _choose_terms(self, terms: str) -> None:
        self._terms = terms
        self._show_degrees()

    def _choose_direction(self, direction: str) -> None:
        self._direction = direction
        self._show_degrees()

    # ------------------------------------------------------------------ measuring

    def _measure(self) -> None:
        measure(self._session, self._runner)

    def _cancel(self) -> None:
        for job in self._runner.jobs:
            if job.lane == LANE:
                self._runner.cancel(job)

    def _show_progress(self) -> None:
        job = next((job for job in self._runner.jobs if job.lane == LANE), None)
        self.measure.setEnabled(job is None)
        self.cancel.setVisible(job is not None)
        self.progress.setVisible(job is not None)
        if job is not None:
            self.progress.setText(f"{100 * job.fraction:.0f} %  {job.sentence}")


class _Grid(QWidget):
    """Rows of short texts; numbers to the right, words wrap."""

    def __init__(self, stretches: tuple[int, ...]) -> None:
        super().__init__()
        self._columns = len(stretches)
        self._lines = QGridLayout(self)
        self._lines.setContentsMargins(0, 0, 0, 0)
        self._lines.setHorizontalSpacing(8)
        self._lines.setVerticalSpacing(4)
        self._shown: list[tuple[list[str], str, str]] = []
        for column, stretch in enumerate(stretches):
            self._lines.setColumnStretch(column, stretch)
        self._stretches = stretches

    def show_rows(self, rows: list[tuple[list[str], str, str]]) -> None:
        """rows: (texts, verdict or "head" or "", tooltip) from top to bottom."""
        self.setVisible(bool(rows))
        if rows == self._shown:
            return
        self._shown = rows
        while self._lines.count():
            widget = self._lines.takeAt(0).widget()
            widget.hide()
            widget.deleteLater()
        for number, (texts, verdict, hint) in enumerate(rows):
            for column, text in enumerate(texts):
                self._lines.addWidget(self._cell(column, text, verdict, hint), number, column)

    def texts(self) -> list[list[str]]:
        """What is shown, row by row."""
        return [texts for texts, _, _ in self._shown]

    def _cell(self, column: int, text: str, verdict: str, hint: str) -> QLabel:
        wordy = self._stretches[column] > 0
        mark = text in MARKS.values() and bool(text)
        kind = "muted" if verdict == "head" else ""
        if mark or verdict in ("doubtful", "failed"):
            kind = KINDS.get(verdict, "")
        made = label(breakable(text) if wordy else text, kind, wrap=wordy)
        made.setToolTip(hint)
        number = column > 0 and not (wordy or mark)
        side = Qt.AlignmentFlag.AlignRight if number else Qt.AlignmentFlag.AlignLeft
        made.setAlignment(side | Qt.AlignmentFlag.AlignTop)
        return made


class _Choices(QWidget):
    """A row of buttons of which one is down."""

    def __init__(self) -> None:
        super().__init__()
        self.row = QHBoxLayout(self)
        self.row.setContentsMargins(0, 0, 0, 0)
        self.row.setSpacing(0)
        self.buttons: dict[str, QToolButton] = {}
        self._group = QButtonGroup(self)

    def add(self, name: str, text: str) -> QToolButton:
        button = QToolButton()
        button.setText(text)
        button.setCheckable(True)
        restyle(button, kind="segment")
        button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._group.addButton(button)
        self.row.addWidget(button, 1)
        self.buttons[name] = button
        return button

    def choose(self, name: str) -> None:
        self.buttons[name].setChecked(True)

    def enable(self, name: str, on: bool) -> None:
        self.buttons[name].setEnabled(on)


def _choices(entries: tuple[tuple[str, str], ...], chosen: Callable[[str], None]) -> _Choices:
    made = _Choices()
    for name, text in entries:
        made.add(name, text).clicked.connect(lambda _on=False, name=name: chosen(name))
    made.choose(entries[0][0])
    return made
