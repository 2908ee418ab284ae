"""Separation: the phases of an examination, what was clicked, the evidence that tells tumour from flow, and the GTV."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QTimer
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication, QHBoxLayout, QLineEdit, QToolButton, QVBoxLayout, QWidget

from workstation.case.evidence_state import edited_since, why_out_of_date
from workstation.case.names import free_name
from workstation.editing.separating import ARTERY, MUSCLE, TUMOUR, VEIN
from workstation.gui.fields import label, restyle
from workstation.gui.icons import icon
from workstation.gui.panels.evidence_page import EvidencePage
from workstation.gui.panels.panel import DockedPanel, EmptyState, choice, fill_choice, heading, named, plain, primary
from workstation.gui.panels.phase_table import PhaseTable
from workstation.gui.panels.registration import known_person
from workstation.gui.phase_axis import PhaseAxis, PhaseMark
from workstation.gui.session import Session
from workstation.images.phase_times import CONTRAST

if TYPE_CHECKING:
    from workstation.gui.separation_runs import SeparationRuns

SHADINGS = [("Cancelled by ratios", "ratio"), ("Corrected (N4)", "n4")]
KIND_WORDS = ((TUMOUR, "Tumour"), (VEIN, "Vein"), (ARTERY, "Artery"), (MUSCLE, "Muscle"))
NO_VEIN, ROBUST, NO_BARRIER = "", "", ""
GAP_PX = 8
LONGEST_NAME = 64
"""Of a structure (ROI Name, 3006,0026)."""
TEACHING = (
    "A vascular tumour and the vein beside it are equally bright. Over the phases of an MR they are not: open an "
    "examination of several phases, and one click in the tumour separates them."
)


class SeparationPanel(DockedPanel):
    """The panel."""

    title = "Separate tumour from vein"

    def __init__(self, session: Session, actions: dict[str, QAction]) -> None:
        super().__init__(session, EmptyState("drop-half", TEACHING, "Open images…", actions["open_folder"].trigger))
        self._actions = actions
        self.separating = session.desk.separating
        self.runs: SeparationRuns = session.separation
        self.cine = session.cine
        self.cine.changed.connect(self._show_playing)
        self.cine.shown.connect(lambda number: self.axis.show_current(number))
        self._named: object = None
        content = self.body
        self._add_phases(content)
        self._add_clicks(content)
        self._add_outcome(content)
        self.evidence = EvidencePage(session)
        content.addWidget(self.evidence)
        self._add_acceptance(content)
        self._add_origin(content)
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self.refresh)
        for signal in (
            session.separating_changed, session.separation_found, session.listing_changed, session.images_changed,
            session.active_changed, session.registrations_changed,
        ):  # fmt: skip
            signal.connect(self._refresh_soon)
        session.contours_changed.connect(self._refresh_soon)
        self.runs.changed.connect(self._refresh_soon)
        self.evidence.drawn.connect(self._reveal_outcome)
        self.refresh()

    # ------------------------------------------------------------------ making

    def _add_phases(self, content: QVBoxLayout) -> None:
        self.examination = choice()
        self.examination.setAccessibleName("Examination")
        self.examination.activated.connect(
            lambda _n: self.separating.choose_examination(str(self.examination.currentData()))
        )
        self._examination_row = QWidget()
        row = named("Examination", self.examination, 84)
        row.setContentsMargins(0, 0, 0, 0)
        self._examination_row.setLayout(row)
        content.addWidget(self._examination_row)
        content.addWidget(heading("Phases"))
        self.axis = PhaseAxis()
        self.axis.chosen.connect(self._look_at_phase)
        content.addWidget(self.axis)
        self.play = plain("Play the phases", self.cine.toggle, "play")
        self.play.setToolTip("Show the phases one after the other, again and again, over the planning image")
        content.addWidget(self.play)
        self.zero = label("", "muted", wrap=True)
        content.addWidget(self.zero)
        self.phases = PhaseTable(self.separating)
        content.addWidget(self.phases)
        self.align = plain("Align the phases", self.runs.align, "arrows-in-line-horizontal")
        self.align.setToolTip("Register every phase rigidly onto the reference phase; separating does it, too")
        content.addWidget(self.align)

    def _add_clicks(self, content: QVBoxLayout) -> None:
        content.addWidget(heading("What is what"))
        self.teach = label("", "muted", wrap=True)
        content.addWidget(self.teach)
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        self.kinds: dict[str, QToolButton] = {}
        for kind, words in KIND_WORDS:
            button = QToolButton()
            button.setText(words)
            button.setCheckable(True)
            button.setAutoExclusive(True)
            button.setToolTip(f"What the next click, or stroke, is in: {words.lower()}")
            restyle(button, kind="segment")
            button.clicked.connect(lambda _checked=False, kind=kind: self._take(kind))
            row.addWidget(button, 1)
            self.kinds[kind] = button
        content.addLayout(row)
        self.samples = label("", "muted", wrap=True)
        self.clear = plain("Take all clicks back", self._clear, "x")
        content.addWidget(self.samples)
        content.addWidget(self.clear)
        self.vein = choice()
        self.vein.setAccessibleName("Structure of the vein")
        self.vein.activated.connect(
            lambda _n: self.separating.choose(vein_structure=str(self.vein.currentData() or ""))
        )
        self.barrier = choice()
        self.barrier.setAccessibleName("What stops the tumour")
        self.barrier.activated.connect(self._choose_barrier)
        self.normalise = choice()
        self.normalise.setAccessibleName("What tells the phases' scale")
        self.normalise.activated.connect(
            lambda _n: self.separating.choose(normalise=str(self.normalise.currentData() or ""))
        )
        content.addLayout(named("Vein", self.vein))
        content.addLayout(named("Stop at", self.barrier))
        content.addLayout(named("Scale by", self.normalise))
        self.shading = choice()
        self.shading.setAccessibleName("Shading of the coils")
        self.shading.setToolTip("Ratios and shares cancel the shading; differences of phases gain from its correction")
        self.shading.activated.connect(lambda _n: self.separating.choose(shading=str(self.shading.currentData())))
        content.addLayout(named("Shading", self.shading))

    def _add_outcome(self, content: QVBoxLayout) -> None:
        self.separate = primary("Separate", self.runs.separate, "drop-half")
        self.stop = plain("Stop", self.runs.cancel, "x")
        self.progress = label("", "muted", wrap=True)
        self.verdict = label("", wrap=True)
        self.warnings = label("", "muted", wrap=True)
        for widget in (self.separate, self.stop, self.progress, self.verdict, self.warnings):
            content.addWidget(widget)

    def _add_acceptance(self, content: QVBoxLayout) -> None:
        self._acceptance = QWidget()
        inside = QVBoxLayout(self._acceptance)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(8)
        inside.addWidget(heading("Accept"))
        self.gtv_name = QLineEdit("GTV")
        self.gtv_name.setAccessibleName("Name of the GTV")
        self.vein_name = QLineEdit("Vein")
        self.vein_name.setAccessibleName("Name of the vein")
        self.person = QLineEdit(known_person())
        self.person.setAccessibleName("Accepted by")
        self.person.setPlaceholderText("Your name")
        inside.addLayout(named("GTV", self.gtv_name, 84))
        inside.addLayout(named("Accepted by", self.person, 84))
        self.accept = primary("Accept as GTV", self._accept_gtv, "check-circle")
        self.accept.setToolTip("Look through all slices first: what is dashed becomes a structure that you answer for")
        inside.addWidget(self.accept)
        inside.addLayout(named("Vein", self.vein_name, 84))
        self.keep_vein = plain("Keep the vein as a structure", self._keep_vein, "check")
        inside.addWidget(self.keep_vein)
        self.accepted = label("", "good", wrap=True)
        self.accepted.hide()
        inside.addWidget(self.accepted)
        self.runs.made.connect(self._tell_made)
        for field in (self.gtv_name, self.vein_name):
            field.setMaxLength(LONGEST_NAME)
        self.evidence.below_threshold.addWidget(self._acceptance)

    def _add_origin(self, content: QVBoxLayout) -> None:
        self.origin_heading = heading("Where it came from")
        self.origin = label("", "muted", wrap=True)
        self.origin_state = label("", wrap=True)
        self.again = plain("Go back to its clicks and threshold", self._go_back, "arrow-counter-clockwise")
        self.always = label("", "muted", wrap=True)
        for widget in (self.origin_heading, self.origin, self.origin_state, self.again, self.always):
            content.addWidget(widget)

    # ------------------------------------------------------------------ showing

    def _refresh_soon(self, *_: object) -> None:
        self._soon.start()

    def _reveal_outcome(self) -> None:
        """What was found comes into sight, from the verdict down."""

        def scroll() -> None:
            inside = self.widget()
            inside.layout().activate()
            self.verticalScrollBar().setValue(max(0, self.verdict.mapTo(inside, QPoint(0, 0)).y() - GAP_PX))

        QTimer.singleShot(50, self, scroll)  # after the plots have found their size

    def refresh(self) -> None:
        """Show everything as it is now."""
        separating = self.separating
        there = bool(separating.examination)
        self.empty.setVisible(not there)
        self.content.setVisible(there)
        if not there:
            return
        self._show_examination()
        self._show_phases()
        self._show_clicks()
        self._show_outcome()
        self._show_origin()

    def _show_examination(self) -> None:
        groups = self.separating.examinations
        self._examination_row.setVisible(len(groups) > 1)
        name = self.session.image_name
        entries = [(f"{len(group)} phases: {name(group[0].key)}", group[0].key) for group in groups]
        fill_choice(self.examination, entries, self.separating.examination[0].key)

    def _show_phases(self) -> None:
        separating = self.separating
        reference = separating.reference
        marks = [
            PhaseMark(
                phase.name, phase.time_s, separating.used(phase.volume.key),
                reference is not None and phase.volume is reference.volume, self.runs.doubt_of(phase),
            )
            for phase in separating.phases
        ]  # fmt: skip
        self.axis.show_phases(marks)
        zero = next((phase.zero for phase in separating.phases if phase.zero), "")
        assumed = zero not in ("", CONTRAST)
        self.zero.setVisible(assumed)
        if assumed:
            self.zero.setText(f"Nothing tells when the contrast came: seconds count from {zero}.")
        self.phases.refresh()
        self.play.setEnabled(len(separating.used_phases) > 1)
        self.align.setVisible(not separating.aligned and not self.runs.running)
        self.align.setEnabled(len(separating.used_phases) > 1)

    def _show_clicks(self) -> None:
        separating, structures = self.separating, self.session.case.structures
        self.kinds[separating.kind].setChecked(True)
        counts = [(kind, len(separating.of_kind(kind))) for kind, _ in KIND_WORDS]
        words = ", ".join(f"{count} in {kind}" for kind, count in counts if count)
        self.samples.setText(f"Clicked: {words}." if words else "")
        self.samples.setVisible(bool(words))
        self.clear.setVisible(bool(words))
        self.teach.setText(
            "One click in the tumour, away from its edge, is enough. Strokes in tumour and vein let the evidence be "
            "judged on them." if separating.seed_mm is None else
            "Another click in the tumour grows from there. Alt+click: vein. Shift+click takes one back."
        )  # fmt: skip
        drawn = [(s.name, s.identifier) for s in structures.values() if s.stack.slices]
        fill_choice(self.vein, [("Found by itself", NO_VEIN), *drawn], _known(separating.vein_structure, drawn))
        chosen = separating.barriers[0] if separating.barriers else NO_BARRIER
        fill_choice(self.barrier, [("Flow alone", NO_BARRIER), *drawn], _known(chosen, drawn))
        fill_choice(self.shading, SHADINGS, separating.shading)
        tissues = [entry for entry in drawn if entry[1] != separating.vein_structure]
        fill_choice(
            self.normalise, [("Tissue without contrast", ROBUST), *tissues], _known(separating.normalise, tissues)
        )

    def _show_outcome(self) -> None:
        separating, runs = self.separating, self.runs
        reason = separating.why_not()
        if runs.running and not self.stop.isVisible():
            QTimer.singleShot(50, self, lambda: self.ensureWidgetVisible(self.progress))
        self.separate.setVisible(not runs.running)
        self.separate.setEnabled(not reason)
        self.separate.setToolTip(reason)
        self.separate.setText("Separate again" if separating.found is not None else "Separate")
        self.stop.setVisible(runs.running)
        self.progress.setVisible(runs.running)
        self.progress.setText(runs.sentence)
        found = separating.found
        if found is None:
            self.verdict.setText(runs.outcome or (reason + "." if reason and separating.seed_mm is not None else ""))
            restyle(self.verdict, kind="reason" if runs.outcome else "muted")
            self.warnings.setText("")
        elif runs.outcome:
            # The last run ended without a result: what an older one has said would be taken for its answer.
            self.verdict.setText(runs.outcome)
            restyle(self.verdict, kind="reason")
            self.warnings.setText("")
        else:
            warnings = found.subtraction.separation.warnings[:-1]
            self.verdict.setText(found.subtraction.separation.sentence + self._stale_words(reason))
            surely = found.separable and not separating.stale and not warnings
            restyle(self.verdict, kind="good" if surely else "caution")
            self.warnings.setText("\n".join(f"• {text}" for text in warnings))
            restyle(self.warnings, kind="caution")
        self.verdict.setVisible(bool(self.verdict.text()))
        self.warnings.setVisible(bool(self.warnings.text()))
        self.evidence.setVisible(found is not None)
        offered = separating.proposed is not None and not separating.stale and not runs.running and not runs.outcome
        self._acceptance.setVisible(offered)
        if found is not self._named:
            self._named = found
            self.accepted.hide()
            self._propose_names()
        self.always.setVisible(found is not None)
        if found is not None:
            self.always.setText(found.subtraction.separation.warnings[-1])

    def _stale_words(self, reason: str) -> str:
        if not self.separating.stale:
            return ""
        return f" Something was changed since. {reason}." if reason else " Something was changed since: separate again."

    def _show_origin(self) -> None:
        structure = self.session.active
        recipe = structure.evidence if structure is not None else None
        for widget in (self.origin_heading, self.origin, self.again):
            widget.setVisible(recipe is not None)
        self.origin_state.setVisible(False)
        if structure is None or recipe is None:
            return
        self.origin_heading.setText(f"Where {structure.name} came from")
        when = recipe.accepted_at[:16].replace("T", " ")
        self.origin.setText(f"{recipe.words()}. Accepted by {recipe.accepted_by or 'nobody'}, {when}.")
        why = why_out_of_date(self.session.case, structure)
        words = f"Out of date: {why}" if why else "Drawn on since." if edited_since(structure) else ""
        self.origin_state.setText(words)
        self.origin_state.setVisible(bool(words))
        restyle(self.origin_state, kind="caution" if why else "muted")

    # ------------------------------------------------------------------ doing

    def _clear(self) -> None:
        """Nothing was clicked: neither is anything under way, nor was anything found."""
        self.runs.cancel()
        self.separating.clear_samples()

    def _take(self, kind: str) -> None:
        self.separating.kind = kind
        self._actions["tool_separate"].trigger()

    def _look_at_phase(self, number: int) -> None:
        """The phase that was clicked on the axis."""
        self.cine.stop()
        self.cine.look_at(number)

    def _show_playing(self) -> None:
        playing = self.cine.playing
        self.play.setText("Stop playing" if playing else "Play the phases")
        self.play.setIcon(icon("pause" if playing else "play"))

    def _choose_barrier(self, _index: int) -> None:
        key = str(self.barrier.currentData() or "")
        self.separating.choose(barriers=(key,) if key else ())

    def _propose_names(self) -> None:
        """Names that are free, where nobody has typed others."""
        taken = [structure.name for structure in self.session.case.structures.values()]
        for field, wanted in ((self.gtv_name, "GTV"), (self.vein_name, "Vein")):
            if not field.isModified() or not field.text().strip():
                field.setText(free_name(taken, wanted))

    def _accept_gtv(self) -> None:
        if self.runs.accept_gtv(self.gtv_name.text(), self.person.text()):
            # The second half of a double click accepts nothing.
            self.accept.setEnabled(False)
            QTimer.singleShot(QApplication.doubleClickInterval(), self.accept, lambda: self.accept.setEnabled(True))

    def _tell_made(self, name: str) -> None:
        """What was accepted, where it was accepted; the name for the next one."""
        self.accepted.setText(f"{name} is among the structures now (Ctrl+Z takes it back).")
        self.accepted.show()
        self.gtv_name.setModified(False)
        self.vein_name.setModified(False)
        self._propose_names()

    def _keep_vein(self) -> None:
        self.runs.keep_vein(self.vein_name.text(), self.person.text())

    def _go_back(self) -> None:
        structure = self.session.active
        if structure is not None:
            self.runs.go_back_to(structure)


def _known(chosen: str, entries: list[tuple[str, str]]) -> str:
    return chosen if chosen in {key for _, key in entries} else ""
