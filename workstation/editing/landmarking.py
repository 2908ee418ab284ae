"""Setting pairs of landmarks: which pair and which side comes next, and what is held at this moment."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from psygnal import Signal

from workstation.case.case import Case
from workstation.case.errors import CaseError
from workstation.case.registration_commands import PutLandmark, RemoveLandmark
from workstation.editing.placing import Placing
from workstation.fusion.landmark_registration import pairs_between
from workstation.fusion.landmarks import LandmarkPair
from workstation.geometry.deformation import SpatialMap

Float = NDArray[np.float64]

FIXED, MOVING = "fixed", "moving"
SIDES = (FIXED, MOVING)
"""On the planning image, on the image that is registered."""


class Landmarking:
    """The landmarks of the pair of images, as `Placing` names them.

    selected: identifier of the chosen pair, "" for none. side: where the next click in a fused view goes.
    shown: whether views show the landmarks while no landmark tool is in hand.
    changed: the choice, the side or what is held is another one.
    """

    changed = Signal()
    looked_at = Signal(object)
    """Bring a pair to the middle of the views."""

    def __init__(self, case: Case, placing: Placing) -> None:
        self._case, self._placing = case, placing
        self._laid: dict[str, tuple[SpatialMap, Float, Float]] = {}
        self._selected = ""
        self._side = FIXED
        self._shown = False
        self.held: LandmarkPair | None = None
        """The pair as it is while one of its points is dragged."""
        self.held_side = ""
        """Which of its points."""
        case.landmark_changed.connect(self._landmark_changed)
        placing.changed.connect(self.changed.emit)

    @property
    def pairs(self) -> tuple[LandmarkPair, ...]:
        """Those between the two images, fixed side first, by number; what is held is where it is held."""
        fixed, moving = self._placing.fixed, self._placing.moving
        if fixed is None or moving is None:
            return ()
        frames = fixed.frame_of_reference_uid, moving.frame_of_reference_uid
        found = pairs_between(self._case.landmarks.values(), *frames)
        held = self.held
        if held is None:
            return found
        return tuple(held if pair.identifier == held.identifier else pair for pair in found)

    def has(self, pair: LandmarkPair) -> bool:
        """Whether a pair, wherever its points are now, is still one of the case."""
        return pair.identifier in self._case.landmarks

    @property
    def selected(self) -> str:
        """Identifier of the chosen pair."""
        return self._selected

    @selected.setter
    def selected(self, identifier: str) -> None:
        if identifier != self._selected:
            self._selected = identifier
            self.changed.emit()

    @property
    def side(self) -> str:
        """One of `SIDES`."""
        return self._side

    @side.setter
    def side(self, side: str) -> None:
        if side not in SIDES:
            raise CaseError(f"There is no side {side!r}: choose {', '.join(SIDES)}")
        if side != self._side:
            self._side = side
            self.changed.emit()

    @property
    def shown(self) -> bool:
        """Whether views show the landmarks in any case."""
        return self._shown

    @shown.setter
    def shown(self, shown: bool) -> None:
        if shown != self._shown:
            self._shown = shown
            self.changed.emit()

    def why_not(self) -> str:
        """Why no landmarks can be set, in words; "" when they can."""
        fixed, moving = self._placing.fixed, self._placing.moving
        if fixed is None or moving is None:
            return "Landmarks need two images: choose the one to register in the Registration panel"
        if not fixed.frame_of_reference_uid or not moving.frame_of_reference_uid:
            return "One of the two images names no frame of reference, so landmarks can't refer to it"
        if fixed.frame_of_reference_uid == moving.frame_of_reference_uid:
            return (
                "Both images share one frame of reference: to register them by landmarks, separate the image first "
                "(By hand)"
            )
        return ""

    # ------------------------------------------------------------------ setting

    def place(self, side: str, point_mm: Float) -> None:
        """Set a side: of the chosen pair where it lacks it, else of the first that does, else of a new pair.

        Raises CaseError when that can't be.
        """
        reason = self.why_not()
        fixed, moving = self._placing.fixed, self._placing.moving
        if reason or fixed is None or moving is None:
            raise CaseError(reason)
        open_pairs = [pair for pair in self.pairs if _point(pair, side) is None]
        lacking = min(open_pairs, key=lambda pair: pair.identifier != self._selected, default=None)
        if lacking is None:
            number = 1 + max((pair.number for pair in self.pairs), default=0)
            lacking = LandmarkPair.new(number, fixed.frame_of_reference_uid, moving.frame_of_reference_uid)
        made = with_point(lacking, side, point_mm)
        self._selected = made.identifier
        self._case.do(PutLandmark(made))

    def hold(self, pair: LandmarkPair | None, side: str = "") -> None:
        """Show a pair as one of its sides is dragged; None: as it is in the case."""
        self.held, self.held_side = pair, side
        self.changed.emit()

    def keep(self, pair: LandmarkPair) -> None:
        """Make a step of what was dragged or renamed."""
        self.held = None
        self._case.do(PutLandmark(pair))
        self.changed.emit()

    def remove_selected(self) -> bool:
        """Take the chosen pair out; whether there was one."""
        if self._selected not in self._case.landmarks:
            return False
        self._case.do(RemoveLandmark(self._selected))
        return True

    def look_at(self, identifier: str) -> None:
        """Bring a pair to the middle of the views that show either of its sides."""
        pair = next((pair for pair in self.pairs if pair.identifier == identifier), None)
        if pair is not None:
            self.looked_at.emit(pair)

    def on_fixed(self, pair: LandmarkPair) -> Float | None:
        """(3,) where the shown link lays a pair's moving landmark on the planning image; None where nothing does."""
        link, point = self._placing.shown, pair.moving_mm
        if link is None or point is None:
            return None
        known = self._laid.get(pair.identifier)
        if known is None or known[0] is not link or known[1] is not point:
            # the way back through a deformation is solved, and every view asks at every repaint
            known = link, point, link.inverse().apply(point)
            self._laid[pair.identifier] = known
        return known[2]

    def _landmark_changed(self, identifier: str) -> None:
        self.held = None
        if identifier not in self._case.landmarks:
            self._laid.pop(identifier, None)
            if identifier == self._selected:
                self._selected = ""
        half = [pair for pair in self.pairs if not pair.complete]
        # what an undone click leaves open is what the next click sets
        self._side = MOVING if half and half[0].moving_mm is None else FIXED
        self.changed.emit()


def with_point(pair: LandmarkPair, side: str, point_mm: Float) -> LandmarkPair:
    """A pair with one side set elsewhere."""
    point = np.array(point_mm, dtype=np.float64)
    return replace(pair, fixed_mm=point) if side == FIXED else replace(pair, moving_mm=point)


def _point(pair: LandmarkPair, side: str) -> Float | None:
    return pair.fixed_mm if side == FIXED else pair.moving_mm
