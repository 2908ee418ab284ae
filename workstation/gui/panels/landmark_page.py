"""Registration by landmarks: the numbered pairs, how far each ends apart, and the fit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QAction, QColor
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)
from shiboken6 import isValid

from workstation.case.commands import Together
from workstation.case.registration_commands import PutLandmark
from workstation.editing.landmarking import FIXED, MOVING
from workstation.fusion.landmark_files import read_landmarks, write_landmarks
from workstation.fusion.landmark_fit import LandmarkFit
from workstation.fusion.landmark_registration import fit_pairs, register_landmarks, tolerance_mm
from workstation.fusion.landmarks import LandmarkPair
from workstation.fusion.registration import RegistrationError
from workstation.gui.fields import label
from workstation.gui.panels.automatic_page import checks_of
from workstation.gui.panels.panel import choice, fill_choice, named, primary, small
from workstation.gui.registration_jobs import measured
from workstation.gui.session import Session
from workstation.gui.theme import current_theme

NUMBER, NAME, ON_FIXED, ON_MOVING, ERROR = range(5)
HEADERS = ("", "Name", "Fixed", "Moving", "mm")
WIDTHS_PX = {NUMBER: 26, ON_FIXED: 46, ON_MOVING: 54, ERROR: 46}
ROW_PX, MOST_ROWS = 26, 8
FILES = "Landmarks (*.csv *.fcsv *.json *.txt);;All files (*)"
EMPTY = "Take the tool, then click the same anatomical point in both images: three pairs at least, well apart."
SIDES = (("the planning image", FIXED), ("the image to register", MOVING))


class LandmarkPage(QWidget):
    """The page."""

    def __init__(self, session: Session, actions: dict[str, QAction]) -> None:
        super().__init__()
        self._session, self._filling = session, False
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
        self.table = self._make_table()
        column.addWidget(self.table)
        self.words = label("", wrap=True)
        column.addWidget(self.words)
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
        self.refresh()

    def _make_table(self) -> QTableWidget:
        table = QTableWidget(0, len(HEADERS))
        table.setHorizontalHeaderLabels(HEADERS)
        table.setAccessibleName("Pairs of landmarks")
        table.verticalHeader().hide()
        table.verticalHeader().setDefaultSectionSize(ROW_PX)
        table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        table.horizontalHeader().setSectionResizeMode(NAME, QHeaderView.ResizeMode.Stretch)
        table.horizontalHeader().setMinimumSectionSize(20)
        for number, width_px in WIDTHS_PX.items():
            table.setColumnWidth(number, width_px)
        table.setShowGrid(False)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        by_hand = QAbstractItemView.EditTrigger.DoubleClicked | QAbstractItemView.EditTrigger.EditKeyPressed
        table.setEditTriggers(by_hand)
        table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        table.currentCellChanged.connect(self._choose)
        table.itemChanged.connect(self._renamed)
        return table

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
        found = fit_of(pairs)
        fit = found if isinstance(found, LandmarkFit) else None
        self._fill(pairs, fit)
        self.table.setVisible(bool(pairs))
        self.table.setFixedHeight(ROW_PX * (min(len(pairs), MOST_ROWS) + 1) + 6)
        for button in (self.go, self.delete):
            button.setEnabled(any(pair.identifier == landmarking.selected for pair in pairs))
        self.write.setEnabled(bool(pairs))
        self.fit.setEnabled(fit is not None and not reason)
        why = found if isinstance(found, str) else ""
        self.fit.setToolTip(reason or why)
        self.words.setText(reason or (EMPTY if not pairs else why or words_of(found)))  # type: ignore[arg-type]

    def _fill(self, pairs: tuple[LandmarkPair, ...], fit: LandmarkFit | None) -> None:
        self._filling = True
        errors = iter(fit.errors_mm.tolist() if fit is not None else ())
        worst = float(fit.errors_mm.max()) if fit is not None else np.inf
        self.table.setRowCount(len(pairs))
        for row, pair in enumerate(pairs):
            error = next(errors, None) if pair.complete else None
            texts = (
                str(pair.number), pair.name, "✓" if pair.fixed_mm is not None else "–",
                "✓" if pair.moving_mm is not None else "–", "" if error is None else f"{error:.1f}",
            )  # fmt: skip
            for column, text in enumerate(texts):
                self._put(row, column, text, pair.identifier, error, worst)
        chosen = [n for n, pair in enumerate(pairs) if pair.identifier == self._session.desk.landmarking.selected]
        if chosen:
            self.table.selectRow(chosen[0])
        else:
            self.table.clearSelection()
        self._filling = False

    def _put(self, row: int, column: int, text: str, identifier: str, error: float | None, worst: float) -> None:
        item = self.table.item(row, column) or QTableWidgetItem()
        item.setText(text)
        item.setData(Qt.ItemDataRole.UserRole, identifier)
        editable = Qt.ItemFlag.ItemIsEditable if column == NAME else Qt.ItemFlag.NoItemFlags
        item.setFlags(Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsEnabled | editable)
        theme = current_theme()
        color = theme.text
        if column == ERROR and error is not None:
            fixed, moving = self._session.registering.fixed, self._session.registering.moving
            limit = tolerance_mm(fixed, moving) if fixed is not None and moving is not None else 2.0
            color = theme.good if error <= limit / 2 else theme.caution if error <= limit else theme.danger
            font = item.font()
            font.setBold(error == worst and self.table.rowCount() > 1)
            item.setFont(font)
        item.setForeground(QColor(color))
        if column != NAME:
            item.setTextAlignment(Qt.AlignmentFlag.AlignCenter)
        if self.table.item(row, column) is None:
            self.table.setItem(row, column, item)

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

    def _choose(self, row: int, _column: int, _old_row: int, _old_column: int) -> None:
        item = self.table.item(row, NUMBER)
        if item is not None and not self._filling:
            self._session.desk.landmarking.selected = str(item.data(Qt.ItemDataRole.UserRole))

    def _renamed(self, item: QTableWidgetItem) -> None:
        if self._filling or item.column() != NAME:
            return
        pair = self._session.case.landmarks.get(str(item.data(Qt.ItemDataRole.UserRole)))
        if pair is not None and pair.name != item.text().strip():
            self._session.do(PutLandmark(replace(pair, name=item.text().strip())))

    def _selected(self) -> LandmarkPair | None:
        landmarking = self._session.desk.landmarking
        return next((pair for pair in landmarking.pairs if pair.identifier == landmarking.selected), None)

    def _look(self) -> None:
        pair = self._selected()
        if pair is None:
            return
        link = self._session.desk.placing.shown
        if pair.fixed_mm is not None:
            self._session.viewing.crosshair_mm = pair.fixed_mm
        elif pair.moving_mm is not None and link is not None:
            self._session.viewing.crosshair_mm = link.inverse().apply(pair.moving_mm)

    def _delete(self) -> None:
        self._session.attempt(self._session.desk.landmarking.remove_selected)

    def _read(self) -> None:
        chosen, _ = QFileDialog.getOpenFileNames(
            self, "Read landmarks: one table, or the fixed and the moving points", "", FILES
        )
        if chosen:
            self.read_files(chosen)

    def read_files(self, paths: list[str]) -> None:
        """Add the landmarks of one table, or of two lists of points, the fixed ones first, as one step."""
        placing = self._session.desk.placing
        fixed, moving = placing.fixed, placing.moving
        if fixed is None or moving is None:
            return
        if len(paths) > 2:
            self._session.refused.emit("Choose one table, or two lists: the fixed points and the moving ones")
            return
        try:
            found = read_landmarks(
                *paths, fixed_frame_uid=fixed.frame_of_reference_uid, moving_frame_uid=moving.frame_of_reference_uid,
                fixed_grid=fixed.grid, moving_grid=moving.grid,
            )  # fmt: skip
        except (RegistrationError, OSError) as error:
            self._session.refused.emit(str(error))
            return
        pairs = numbered(found, self._pairs())
        self._session.do(Together("Read landmarks", tuple(PutLandmark(pair) for pair in pairs)))

    def _write(self) -> None:
        chosen, _ = QFileDialog.getSaveFileName(self, "Write landmarks", "landmarks.csv", "Tables (*.csv)")
        if not chosen:
            return
        try:
            write_landmarks(chosen, self._pairs())
        except (RegistrationError, OSError) as error:
            self._session.refused.emit(str(error))

    def _pairs(self) -> tuple[LandmarkPair, ...]:
        return self._session.desk.landmarking.pairs


def measure_made(fixed, moving, made, checks, *, watch, progress):  # type: ignore[no-untyped-def]
    """The fit of landmarks with everything that can be measured of it; see `registration_jobs.measured`."""
    return measured(made, fixed, moving, checks, progress=progress)


def fit_of(pairs: tuple[LandmarkPair, ...]) -> LandmarkFit | str:
    """The fit of the complete pairs, or why there is none."""
    try:
        return fit_pairs(pairs)
    except RegistrationError as error:
        return f"{error}."


def words_of(fit: LandmarkFit) -> str:
    """What a fit says of itself: FRE, what is to be expected at a target, and warnings."""
    lines = [f"{len(fit.errors_mm)} pairs, FRE {fit.fre_mm:.2f} mm."]
    if np.isfinite(fit.leave_one_out_rms_mm):
        lines.append(f"Each predicted from the others: {fit.leave_one_out_rms_mm:.2f} mm (TRE estimate).")
    else:
        lines.append("A fourth pair would tell how well the fit predicts.")
    return "\n".join([*lines, *fit.warnings])


def numbered(new: tuple[LandmarkPair, ...], known: tuple[LandmarkPair, ...]) -> list[LandmarkPair]:
    """Pairs from a file with numbers that are free."""
    taken = {pair.number for pair in known}
    found = []
    for pair in new:
        number = pair.number
        while number in taken:
            number += 1
        taken.add(number)
        found.append(replace(pair, number=number))
    return found
