"""Review: what will be exported, what to know before, where it goes; and the surface model behind every volume."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QCheckBox, QFileDialog, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from workstation.case.commands import SURFACE_MODELS, SetSurfaceModel
from workstation.gui.exporting import ExportPlan, base_for, concerns, planned_registrations
from workstation.gui.fields import CheckedLine, label
from workstation.gui.panels.panel import (
    Card,
    EmptyState,
    Panel,
    choice,
    clear_layout,
    fill_choice,
    heading,
    named,
    plain,
    primary,
    small,
)
from workstation.gui.session import Session

LONGEST_LABEL = 16
"""Structure Set Label (3006,0002) is SH."""

MODEL_WORDS = {
    "linear-tapered": "Smooth between slices, closing with a cap beyond the last: closest to round bodies.",
    "flat": "Straight between slices, ending flat half a slice beyond the last.",
    "slab": "Half a slice on each side of every drawn one, as many planning systems count.",
}


class ReviewPanel(Panel):
    """The panel. export_wanted: an ExportPlan."""

    title = "Review and export"
    export_wanted = Signal(object)
    contour_wanted = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self.empty = EmptyState(
            "clipboard-text",
            "Here structures are checked and written as DICOM for the next system. There are none yet.",
            "Make a structure",
            self.contour_wanted.emit,
        )
        self.column.addWidget(self.empty)
        self._content = QWidget()
        content = QVBoxLayout(self._content)
        content.setContentsMargins(0, 0, 0, 0)
        content.setSpacing(8)
        content.addWidget(heading("To know before"))
        self._concerns = QVBoxLayout()
        self._concerns.setSpacing(4)
        content.addLayout(self._concerns)
        content.addWidget(heading("Will be written"))
        self.summary = label("", wrap=True)
        content.addWidget(self.summary)
        self._add_choices(content)
        self._add_model(content)
        self.column.addWidget(self._content)
        self.column.addStretch(1)
        for signal in (session.listing_changed, session.history_changed, session.registrations_changed):
            signal.connect(self.refresh)
        session.images_changed.connect(self.refresh)
        self.refresh()

    def _add_choices(self, content: QVBoxLayout) -> None:
        self.folder = CheckedLine(_folder_problem, "Folder to write into")
        self.folder.line.setAccessibleName("Folder to write into")
        browse = small("folder-open", "Choose the folder", self._browse)
        row = QHBoxLayout()
        row.setSpacing(4)
        row.addWidget(self.folder, 1)
        row.addWidget(browse)
        content.addLayout(row)
        self.set_label = CheckedLine(_label_problem)
        self.set_label.set_text("Workstation")
        self.set_label.line.setAccessibleName("Structure set label")
        content.addLayout(named("Label", self.set_label))
        self.holes = choice()
        fill_choice(self.holes, [("Nested contours", "nested"), ("Keyhole (one contour)", "keyhole")], "nested")
        self.holes.setToolTip("How a hole in a contour is written; some systems fill nested contours")
        content.addLayout(named("Holes", self.holes))
        self.with_registrations = QCheckBox("Registrations too")
        self.with_registrations.setChecked(True)
        self.with_registrations.toggled.connect(self.refresh)
        content.addWidget(self.with_registrations)
        self.button = primary("Export DICOM", self.export, "export")
        content.addWidget(self.button)
        self._done = Card(4)
        self.done_words = label("", wrap=True)
        self._done.column.addWidget(self.done_words)
        self._done.column.addWidget(plain("Show the folder", self._show_folder, "folder-open"))
        self._done.hide()
        content.addWidget(self._done)

    def _add_model(self, content: QVBoxLayout) -> None:
        content.addWidget(heading("Surface model"))
        self.model = choice()
        fill_choice(self.model, [(name, name) for name in SURFACE_MODELS], "")
        self.model.activated.connect(lambda _i: self.session.do(SetSurfaceModel(str(self.model.currentData()))))
        content.addWidget(self.model)
        self.model_words = label("", "muted", wrap=True)
        content.addWidget(self.model_words)

    def refresh(self) -> None:
        """Look at the case again."""
        case = self.session.case
        self.empty.setVisible(not case.structures)
        self._content.setVisible(bool(case.structures))
        clear_layout(self._concerns)
        found = concerns(case, self.session.lost_structure_sets)
        for concern in found:
            self._concerns.addWidget(label("▲ " + concern.text, "caution", wrap=True))
        if not found:
            self._concerns.addWidget(label("✓ Nothing stands out.", "good"))
        contours = sum(s.stack.contour_count for s in case.structures.values())
        lines = [f"RTSTRUCT: {_counted(len(case.structures), 'structure')}, {_counted(contours, 'contour')}"]
        registrations = planned_registrations(case)
        self.with_registrations.setVisible(bool(registrations))
        if registrations and self.with_registrations.isChecked():
            lines.append(f"REG: {_counted(len(registrations), 'registration')}")
        self.summary.setText("\n".join(lines))
        self.model.setCurrentIndex(self.model.findData(case.surface_model))
        self.model_words.setText(MODEL_WORDS[case.surface_model])

    def concern_labels(self) -> list[QLabel]:
        """What stands under "To know before", one label each."""
        widgets = (self._concerns.itemAt(n).widget() for n in range(self._concerns.count()))
        return [widget for widget in widgets if isinstance(widget, QLabel)]

    def plan(self) -> ExportPlan | None:
        """What the fields say; None, with the reason in place, when they can't be followed."""
        if not (self.folder.validate() and self.set_label.validate()):
            return None
        case = self.session.case
        return ExportPlan(
            folder=Path(self.folder.text()).expanduser(),
            structures=tuple(case.structures.values()),
            image=case.planning,
            base=base_for(case.structures.values(), self.session.structure_sets.values()),
            label=self.set_label.text(),
            holes=str(self.holes.currentData()),
            registrations=planned_registrations(case) if self.with_registrations.isChecked() else (),
        )

    def export(self) -> None:
        """Ask for the export that the fields describe."""
        self._done.hide()
        plan = self.plan()
        if plan is not None:
            self.button.setEnabled(False)
            self.export_wanted.emit(plan)

    def exported(self, paths: list[Path]) -> None:
        """The export ended; `paths` were written, none when it failed."""
        self.button.setEnabled(True)
        if paths:
            self.done_words.setText("✓ Written: " + ", ".join(path.name for path in paths))
            self._done.show()
            self.ensureWidgetVisible(self._done)

    def _browse(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, "Folder to write into", self.folder.text())
        if chosen:
            self.folder.line.setText(chosen)
            self.folder.validate()

    def _show_folder(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(self.folder.text()))


def _folder_problem(text: str) -> str:
    if not text:
        return "Choose a folder to write into."
    path = Path(text).expanduser()
    if path.exists() and not path.is_dir():
        return "That is a file, not a folder."
    return ""


def _label_problem(text: str) -> str:
    if not text:
        return "A structure set needs a label."
    return f"DICOM allows {LONGEST_LABEL} characters." if len(text) > LONGEST_LABEL else ""


def _counted(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"
