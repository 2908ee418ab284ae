"""Registration by landmarks: the numbered pairs, how far each ends apart, and the fit."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QTimer
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QVBoxLayout, QWidget
from shiboken6 import isValid

from workstation.editing.landmarking import FIXED, MOVING
from workstation.fusion.landmark_fit import LandmarkFit
from workstation.fusion.landmark_registration import fit_pairs, register_landmarks
from workstation.fusion.landmarks import LandmarkPair
from workstation.fusion.registration import RegistrationError
from workstation.gui.fields import label
from workstation.gui.landmark_exchange import READ, WRITE, read_files, write_files
from workstation.gui.landmark_table import LandmarkTable
from workstation.gui.panels.automatic_page import checks_of
from workstation.gui.panels.panel import choice, fill_choice, named, primary, small
from workstation.gui.registration_jobs import measured
from workstation.gui.session import Session

Float = NDArray[np.float64]

EMPTY = "Take the tool, then click the same anatomical point in both images: three pairs at least, well apart."
SIDES = (("the planning image", FIXED), ("the image to register", MOVING))


class LandmarkPage(QWidget):
    """The page."""

    def __init__(self, session: Session, actions: dict[str, QAction]) -> None:
        super().__init__()
        self._session = session
        self._found: LandmarkFit | str = ""
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        self.tool = primary("Place landmarks", actions["tool_landmark"].trigger, "map-pin")
        self.tool.setToolTip(actions["tool_landmark"].toolTip())
        column.addWidget(self.tool)
        self.side = choice()
        self.side.setAccessibleName("Where the next click in a fused view goes")
        self.side.activated.connect(self._choose_side)
        column.addLayout(named("Next on", self.side))
        self.table = LandmarkTable(session)
        column.addWidget(self.table)
        self.words = label("", wrap=True)
        column.addWidget(self.words)
        self.warnings = label("", "caution", wrap=True)
        column.addWidget(self.warnings)
        row = QHBoxLayout()
        row.setSpacing(4)
        self.fit = primary("Register by landmarks", self.register, "magic-wand")
        row.addWidget(self.fit, 1)
        self.go = small("target", "Look at the chosen pair", self._look)
        self.delete = small("trash", "Delete the chosen pair", self._delete)
        self.read = small("file-plus", "Read landmarks: CSV, Slicer's fcsv or mrk.json, elastix's points…", self._read)
        self.write = small("floppy-disk", "Write landmarks…", self._write)
        for button in (self.go, self.delete, self.read, self.write):
            row.addWidget(button)
        column.addLayout(row)
        self._soon = QTimer(self, singleShot=True, interval=20)
        self._soon.timeout.connect(self.refresh)
        for signal in (session.landmarks_changed, session.registering.changed, session.images_changed):
            signal.connect(self._refresh_soon)
        session.crosshair_moved.connect(self._tell)
        self.refresh()

    # ------------------------------------------------------------------ showing

    def showEvent(self, event: object) -> None:
        super().showEvent(event)  # type: ignore[arg-type]
        self._session.desk.landmarking.shown = True
        self.refresh()

    def hideEvent(self, event: object) -> None:
        super().hideEvent(event)  # type: ignore[arg-type]
        self._session.desk.landmarking.shown = False

    def _refresh_soon(self, *_: object) -> None:
        if isValid(self) and not self._soon.isActive():
            self._soon.start()

    def refresh(self) -> None:
        """The pairs as they are now, and what they say."""
        landmarking = self._session.desk.landmarking
        reason = landmarking.why_not()
        pairs = landmarking.pairs
        fill_choice(self.side, list(SIDES), landmarking.side)
        for widget in (self.tool, self.side, self.read):
            widget.setEnabled(not reason)
        self._found = reason or (fit_of(pairs) if pairs else EMPTY)
        fit = self._found if isinstance(self._found, LandmarkFit) else None
        self.table.show_pairs(pairs, fit)
        self.table.setVisible(bool(pairs))
        for button in (self.go, self.delete):
            button.setEnabled(any(pair.identifier == landmarking.selected for pair in pairs))
        self.write.setEnabled(bool(pairs))
        self.fit.setEnabled(fit is not None)
        self.fit.setToolTip("" if fit is not None else str(self._found))
        self._tell()

    def _tell(self) -> None:
        """What the fit is worth, at the crosshair too."""
        if not isValid(self):
            return
        fit = self._found
        warnings = fit.warnings if isinstance(fit, LandmarkFit) else ()
        self.words.setText(fit if isinstance(fit, str) else words_of(fit, self._session.viewing.crosshair_mm))
        self.warnings.setText("\n".join(f"▲ {warning}." for warning in warnings))
        self.warnings.setVisible(bool(warnings))

    # ------------------------------------------------------------------ doing

    def register(self) -> None:
        """Fit, measure and put the result to use."""
        registering = self._session.registering
        fixed, moving = registering.fixed, registering.moving
        if fixed is None or moving is None:
            return
        try:
            made = register_landmarks(self._session.desk.landmarking.pairs, fixed, moving)
        except RegistrationError as error:
            self._session.refused.emit(str(error))
            return
        registering.run(measure_made, made, checks_of(self._session), title="Registering by landmarks")

    def _choose_side(self, _index: int) -> None:
        self._session.desk.landmarking.side = str(self.side.currentData())

    def _look(self) -> None:
        self._session.desk.landmarking.look_at(self._session.desk.landmarking.selected)

    def _delete(self) -> None:
        self._session.attempt(self._session.desk.landmarking.remove_selected)

    def _read(self) -> None:
        chosen, _ = QFileDialog.getOpenFileNames(self, "Read landmarks: one table, or one or two lists", "", READ)
        if chosen:
            read_files(self._session, chosen)

    def _write(self) -> None:
        chosen, kind = QFileDialog.getSaveFileName(self, "Write landmarks", "landmarks.csv", ";;".join(WRITE))
        if chosen:
            write_files(self._session, chosen, kind)


def measure_made(fixed, moving, made, checks, *, watch, progress):  # type: ignore[no-untyped-def]
    """The fit of landmarks with everything that can be measured of it; see `registration_jobs.measured`."""
    return measured(made, fixed, moving, checks, progress=progress)


def fit_of(pairs: tuple[LandmarkPair, ...]) -> LandmarkFit | str:
    """The fit of the complete pairs, or why there is none."""
    try:
        return fit_pairs(pairs)
    except RegistrationError as error:
        return f"{error}."


def words_of(fit: LandmarkFit, point_mm: Float) -> str:
    """What a fit is worth: FRE, each pair predicted from the others, and what is expected at a fixed point (3,)."""
    lines = [f"{len(fit.errors_mm)} pairs, FRE {fit.fre_mm:.2f} mm."]
    if np.isfinite(fit.leave_one_out_rms_mm):
        lines.append(f"Each predicted from the others: {fit.leave_one_out_rms_mm:.2f} mm (TRE estimate).")
    expected_mm = float(fit.expected_tre_mm(point_mm))
    if np.isfinite(expected_mm):
        lines.append(f"Expected at the crosshair: {expected_mm:.2f} mm.")
    return "\n".join(lines)
