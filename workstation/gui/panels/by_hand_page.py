"""Registration by hand: the six numbers of the rigid map, and the tool that moves the image in the views."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from workstation.case.errors import CaseError
from workstation.editing.placing import CROSSHAIR, MIDDLE, STEPS, middles_on_each_other, rigid_part
from workstation.geometry.transform import Transform
from workstation.gui.fields import NumberField, label
from workstation.gui.panels.panel import choice, fill_choice, named, plain, primary
from workstation.gui.session import Session

MOST_MM, MOST_DEG = 2000.0, 180.0
SHOWN_DECIMALS = 2
AXES = (("Left", "x", "patient's left"), ("Posterior", "y", "posterior"), ("Superior", "z", "superior"))
ANGLES = (("Pitch", "about x"), ("Roll", "about y"), ("Yaw", "about z"))
PIVOTS = (("The crosshair", CROSSHAIR), ("Middle of the image", MIDDLE))


class ByHandPage(QWidget):
    """The page. Numbers tell how the fused image has been moved against its own coordinates, as it is seen.

    refine: called to go on automatically from where the image lies.
    """

    def __init__(self, session: Session, actions: dict[str, QAction], refine: Callable[[], object]) -> None:
        super().__init__()
        self._session, self._showing = session, False
        self._exact = [0.0] * 6
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        self.tool = primary("Move it in the views", actions["tool_place"].trigger, "arrows-out-cardinal")
        self.tool.setToolTip(actions["tool_place"].toolTip())
        column.addWidget(self.tool)
        self.reason = label("", "reason", wrap=True)
        self.note = label("", "muted", wrap=True)
        column.addWidget(self.reason)
        column.addWidget(self.note)
        self.shifts = [_number("mm", MOST_MM, f"{name} in mm") for name, _, _ in AXES]
        self.turns = [_number("°", MOST_DEG, f"{name} in degrees") for name, _ in ANGLES]
        table = QGridLayout()
        table.setHorizontalSpacing(8)
        table.setVerticalSpacing(4)
        for row, (name, axis, side) in enumerate(AXES):
            words = label(f"{name} {axis}", "muted")
            words.setToolTip(f"Positive moves the image to the {side}")
            table.addWidget(words, row, 0)
            table.addWidget(self.shifts[row], row, 1)
            turn = label(ANGLES[row][0], "muted")
            turn.setToolTip(f"Turns {ANGLES[row][1]}")
            table.addWidget(turn, row, 2)
            table.addWidget(self.turns[row], row, 3)
        table.setColumnStretch(3, 1)
        column.addLayout(table)
        self.pivot = choice()
        self.pivot.setAccessibleName("What turning leaves where it is")
        fill_choice(self.pivot, list(PIVOTS), CROSSHAIR)
        self.pivot.currentIndexChanged.connect(self._choose_pivot)
        column.addLayout(named("Turn about", self.pivot))
        self.step = choice()
        self.step.setAccessibleName("What an arrow key moves or turns")
        self.step.setToolTip("Arrows move, Alt + arrows turn in the views; with Shift a tenth of it")
        fill_choice(self.step, [(f"{step:g} mm, {step:g}°", f"{step:g}") for step in STEPS], "1")
        self.step.currentIndexChanged.connect(self._choose_step)
        column.addLayout(named("Arrow keys", self.step))
        row = QHBoxLayout()
        row.setSpacing(6)
        self.reset = plain("Reset", self._reset, "", "Back to how the images lay before they were moved by hand")
        self.own = plain("Own coordinates", self._own, "", "Lay the image where its own coordinates say")
        self.middles = plain("Middle on middle", self._middles, "", "Lay the middles of both images on each other")
        row.addWidget(self.own)
        row.addWidget(self.middles)
        column.addLayout(row)
        column.addWidget(self.reset)
        self.separate = plain("Separate the image", self._separate, "", "Give it a frame of its own, to move it freely")
        column.addWidget(self.separate)
        self.rigid = plain("Begin with the rigid part", self._rigid_part, "", "Leaves the deformation out")
        self.refine = plain("Refine automatically", refine, "magic-wand", "Go on from here by the images themselves")
        column.addWidget(self.rigid)
        column.addWidget(self.refine)
        for field in (*self.shifts, *self.turns):
            field.changed.connect(lambda _value: self._typed())
        session.registering.changed.connect(self.refresh)
        self.refresh()

    # ------------------------------------------------------------------ showing

    def refresh(self) -> None:
        """The numbers of what is seen."""
        placing = self._session.desk.placing
        reason = placing.why_not()
        self.reason.setText(reason)
        self.reason.setVisible(bool(reason))
        self.note.setText(placing.note())
        self.note.setVisible(bool(placing.note()))
        self.rigid.setVisible(not placing.shared_frame and placing.not_rigid)
        self.separate.setVisible(placing.shared_frame)
        fields = (*self.shifts, *self.turns)
        for widget in (self.tool, self.pivot, self.step, self.own, self.middles, self.refine, *fields):
            widget.setEnabled(not reason)
        self.reset.setEnabled(not reason and placing.can_reset)
        fill_choice(self.pivot, list(PIVOTS), placing.pivot)
        seen = self._seen()
        self._showing = True
        shift_mm, turn_deg = (np.zeros(3), np.zeros(3)) if seen is None else numbers_of(seen, self._middle())
        self._exact = [float(value) for value in (*shift_mm, *turn_deg)]
        for field, value in zip(fields, self._exact, strict=True):
            if not field.line.hasFocus():
                field.set_value(round(value, SHOWN_DECIMALS) + 0.0)  # no minus before a zero
        self._showing = False

    def _seen(self) -> Transform | None:
        """How the image has been moved, as it is seen: from its own coordinates to where it lies."""
        shown = self._session.desk.placing.shown
        return rigid_part(shown, self._planning_middle()).inverse() if shown is not None else None

    def _planning_middle(self) -> np.ndarray:
        fixed = self._session.desk.placing.fixed
        return np.zeros(3) if fixed is None else fixed.grid.centre_mm

    def _middle(self) -> np.ndarray:
        moving = self._session.desk.placing.moving
        return np.zeros(3) if moving is None else moving.grid.centre_mm

    # ------------------------------------------------------------------ doing

    def _typed(self) -> None:
        if self._showing:
            return
        # What was not typed keeps its digits: the fields show rounded numbers.
        fields = zip((*self.shifts, *self.turns), self._exact, strict=True)
        values = [e if field.value() == round(e, SHOWN_DECIMALS) else field.value() for field, e in fields]
        if values != self._exact:
            self._keep(Transform.from_rigid(values[:3], values[3:], self._middle()).inverse(), "Move by hand")

    def _choose_pivot(self) -> None:
        self._session.desk.placing.pivot = str(self.pivot.currentData())

    def _choose_step(self) -> None:
        self._session.desk.placing.step = float(self.step.currentData())

    def _reset(self) -> None:
        self._session.attempt(self._session.desk.placing.reset)

    def _own(self) -> None:
        self._keep(Transform.identity(), "Reset to own coordinates")

    def _middles(self) -> None:
        placing = self._session.desk.placing
        if placing.fixed is not None and placing.moving is not None:
            self._keep(middles_on_each_other(placing.fixed, placing.moving), "Middle on middle")

    def _separate(self) -> None:
        self._session.attempt(self._session.desk.placing.separate)

    def _rigid_part(self) -> None:
        link = self._session.desk.placing.link()
        if link is not None:
            self._keep(rigid_part(link, self._planning_middle()), "Begin with the rigid part")

    def _keep(self, spatial_map: Transform, words: str) -> None:
        placing = self._session.desk.placing

        def keep() -> None:
            if placing.fixed is None or placing.moving is None:
                raise CaseError(placing.why_not())
            placing.keep(spatial_map, words)

        self._session.attempt(keep)


def _number(unit: str, most: float, name: str) -> NumberField:
    return NumberField(unit, -most, most, 0.1, SHOWN_DECIMALS, name, 62)


def numbers_of(moved: Transform, middle_mm: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(shift of the image's middle in mm, pitch, roll and yaw in degrees) of how an image was moved."""
    return moved.translation_mm(middle_mm), moved.rotation_deg()
