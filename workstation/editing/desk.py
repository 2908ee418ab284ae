"""What the tools in hand share: the case, the structure that is being drawn, and how the brush is set."""

from __future__ import annotations

from psygnal import Signal

from workstation.case.case import Case
from workstation.case.errors import CaseError
from workstation.case.stroke import Stroke
from workstation.editing.landmarking import Landmarking
from workstation.editing.measuring import Measuring
from workstation.editing.placing import Placing
from workstation.editing.proposal import Proposal
from workstation.editing.separating import Separating
from workstation.structures.structure import Structure

RULES = ("auto", "add", "erase")
SMALLEST_BRUSH_MM = 0.5
LARGEST_BRUSH_MM = 100.0


class Desk:
    """The active structure and the settings of the tools. Qt-free; the window shows and changes it.

    Nothing here is part of the case: it is neither undone nor saved.
    """

    active_changed = Signal(str)
    settings_changed = Signal()
    refused = Signal(str)
    """An edit was refused; the sentence says why and what to do."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.measuring = Measuring(case)
        self.placing = Placing(case)
        self.landmarking = Landmarking(case, self.placing)
        self.separating = Separating(case)
        self.proposal = Proposal(self.separating)
        self._active = ""
        self._brush_radius_mm = 5.0
        self._rule = "auto"
        self._ball = False
        self._pressure_sets_radius = False
        case.structure_added.connect(self._structure_added)
        case.structure_removed.connect(self._structure_removed)

    @property
    def active(self) -> str:
        """Identifier of the structure that tools draw on, "" for none."""
        return self._active

    @active.setter
    def active(self, identifier: str) -> None:
        if identifier and identifier not in self.case.structures:
            raise CaseError("That structure is not part of this case any more")
        if identifier != self._active:
            self._active = identifier
            self.active_changed.emit(identifier)

    @property
    def structure(self) -> Structure | None:
        """The active structure, or None."""
        return self.case.structures.get(self._active)

    @property
    def brush_radius_mm(self) -> float:
        """Radius of the brush on the patient."""
        return self._brush_radius_mm

    @brush_radius_mm.setter
    def brush_radius_mm(self, radius_mm: float) -> None:
        self._brush_radius_mm = min(max(float(radius_mm), SMALLEST_BRUSH_MM), LARGEST_BRUSH_MM)
        self.settings_changed.emit()

    @property
    def rule(self) -> str:
        """What a stroke does: "auto" (see `workstation.editing.stroke_rule`), "add" or "erase"."""
        return self._rule

    @rule.setter
    def rule(self, rule: str) -> None:
        if rule not in RULES:
            raise CaseError(f"There is no stroke rule {rule!r}: choose {', '.join(RULES)}")
        self._rule = rule
        self.settings_changed.emit()

    @property
    def ball(self) -> bool:
        """Whether the brush is a ball that reaches the neighbouring slices too."""
        return self._ball

    @ball.setter
    def ball(self, ball: bool) -> None:
        self._ball = bool(ball)
        self.settings_changed.emit()

    @property
    def pressure_sets_radius(self) -> bool:
        """Whether a pen's pressure scales the brush radius."""
        return self._pressure_sets_radius

    @pressure_sets_radius.setter
    def pressure_sets_radius(self, wanted: bool) -> None:
        self._pressure_sets_radius = bool(wanted)
        self.settings_changed.emit()

    def step_brush(self, steps: int) -> None:
        """Make the brush larger (positive) or smaller by about a tenth per step, at least 0.5 mm."""
        radius_mm = self._brush_radius_mm
        for _ in range(abs(steps)):
            step_mm = max(0.5, round(radius_mm / 10.0 * 2.0) / 2.0)
            radius_mm += step_mm if steps > 0 else -step_mm
        self.brush_radius_mm = radius_mm

    def begin(self, label: str) -> Stroke | None:
        """A stroke on the active structure; None, after `refused` said why, when it can't be edited."""
        if not self._active:
            self.refused.emit("No structure is chosen: add one or pick one in the list")
            return None
        try:
            return self.case.begin_stroke(self._active, label)
        except CaseError as error:
            self.refused.emit(str(error))
            return None

    def finish(self, stroke: Stroke) -> bool:
        """Make a step of a stroke; when the case refuses it, `refused` says why."""
        try:
            return stroke.commit()
        except CaseError as error:
            self.refused.emit(str(error))
            return False

    def _structure_added(self, identifier: str) -> None:
        """The first structure is the one to draw on, also when redo brings it back."""
        if not self._active:
            self.active = identifier

    def _structure_removed(self, identifier: str) -> None:
        if identifier == self._active:
            self.active = next(iter(self.case.structures), "")
