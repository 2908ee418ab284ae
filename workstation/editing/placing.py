"""Laying the fused image on the planning image by hand: the link that is tried, and the steps that keep it.

While something is dragged only the trial changes, which views show in place of the case's own link; what is let go
becomes one undoable registration. Rigid maps only: a deformation has no place that a hand could move.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from uuid import uuid4

import numpy as np
from numpy.typing import ArrayLike, NDArray
from psygnal import Signal

from workstation.case.case import Case
from workstation.case.commands import AddRegistration, RemoveRegistration
from workstation.case.errors import CaseError
from workstation.case.registration_commands import SeparateImage
from workstation.fusion.registration import Registration, transform_between
from workstation.geometry.deformation import Deformation, SpatialMap
from workstation.geometry.transform import Transform
from workstation.images.volume import Volume

Float = NDArray[np.float64]

METHOD = "by hand"
CROSSHAIR, MIDDLE = "crosshair", "middle"
PIVOTS = (CROSSHAIR, MIDDLE)
"""What turning leaves where it is: the crosshair, or the middle of the fused image."""
STEPS = (0.5, 1.0, 2.0, 5.0)
"""What an arrow key moves (mm) or turns (degrees); a tenth of it where finely."""


@dataclass(frozen=True, eq=False)
class TrialLink:
    """A map between two frames of reference that is shown in place of the registered one."""

    fixed_frame_uid: str
    moving_frame_uid: str
    map: SpatialMap

    def between(self, source_uid: str, target_uid: str) -> SpatialMap | None:
        """The map from one frame to another, None where it is about others."""
        if (source_uid, target_uid) == (self.fixed_frame_uid, self.moving_frame_uid):
            return self.map
        if (source_uid, target_uid) == (self.moving_frame_uid, self.fixed_frame_uid):
            return self.map.inverse()
        return None


class Placing:
    """Which image is laid on the planning image, and how.

    moving_key: the image that is moved, "" for none. trial: what views show instead of the case's link, or None.
    changed: the trial, the moved image or the pivot is another one.
    """

    changed = Signal()

    def __init__(self, case: Case) -> None:
        self._case = case
        self._moving_key = ""
        self._trial: TrialLink | None = None
        self._before = False
        self._pivot = CROSSHAIR
        self._step = 1.0
        self.crosshair_mm: Float = np.zeros(3)
        case.registration_changed.connect(self._link_changed)
        case.image_removed.connect(self._image_removed)

    # ------------------------------------------------------------------ the two images

    @property
    def fixed(self) -> Volume | None:
        """The planning image."""
        return self._case.planning

    @property
    def moving(self) -> Volume | None:
        """The image that is moved."""
        found = self._case.images.get(self._moving_key)
        return None if found is self.fixed else found

    @property
    def moving_key(self) -> str:
        """Key of the image that is moved."""
        return self._moving_key

    @moving_key.setter
    def moving_key(self, key: str) -> None:
        if key != self._moving_key:
            self._moving_key = key
            self._trial, self._before = None, False
            self.changed.emit()

    @property
    def pivot(self) -> str:
        """One of `PIVOTS`."""
        return self._pivot

    @pivot.setter
    def pivot(self, pivot: str) -> None:
        if pivot not in PIVOTS:
            raise CaseError(f"There is no pivot {pivot!r}: choose {', '.join(PIVOTS)}")
        self._pivot = pivot
        self.changed.emit()

    @property
    def step(self) -> float:
        """One of `STEPS`: the millimetres or degrees of an arrow key."""
        return self._step

    @step.setter
    def step(self, step: float) -> None:
        if step not in STEPS:
            raise CaseError(f"There is no step of {step:g}: choose {', '.join(f'{each:g}' for each in STEPS)}")
        self._step = step
        self.changed.emit()

    @property
    def pivot_mm(self) -> Float:
        """(3,) the point of the fixed frame that turning leaves where it is."""
        moving = self.moving
        if self._pivot == MIDDLE and moving is not None:
            link = self.shown
            return moving.grid.centre_mm if link is None else link.inverse().apply(moving.grid.centre_mm)
        return self.crosshair_mm

    @property
    def registrations(self) -> list[Registration]:
        """Those between exactly the two images' frames of reference, the one that counts last."""
        fixed, moving = self.fixed, self.moving
        if fixed is None or moving is None:
            return []
        frames = {fixed.frame_of_reference_uid, moving.frame_of_reference_uid}
        if len(frames) < 2:
            return []
        return [r for r in self._case.registrations.values() if {r.fixed_frame_uid, r.moving_frame_uid} == frames]

    @property
    def registration(self) -> Registration | None:
        """The one that counts."""
        found = self.registrations
        return found[-1] if found else None

    # ------------------------------------------------------------------ links

    @property
    def trial(self) -> TrialLink | None:
        """What views show instead of the case's own link."""
        return self._trial

    def show(self, spatial_map: SpatialMap | None) -> None:
        """Try a map from the fixed to the moving frame; None: the case's own again."""
        fixed, moving = self.fixed, self.moving
        self._before = False
        if spatial_map is None or fixed is None or moving is None:
            if self._trial is not None:
                self._trial = None
                self.changed.emit()
            return
        self._trial = TrialLink(fixed.frame_of_reference_uid, moving.frame_of_reference_uid, spatial_map)
        self.changed.emit()

    @property
    def before(self) -> bool:
        """Whether the images are shown as they lay before the registration that counts."""
        return self._before

    @before.setter
    def before(self, wanted: bool) -> None:
        if wanted != self._before and (not wanted or self.registration is not None):
            self.show(self.before_map() if wanted else None)
            self._before = wanted
            self.changed.emit()

    def before_map(self) -> SpatialMap:
        """What linked the images before the registration that counts: an older one, one by way of other images, or
        their own coordinates.
        """
        present, fixed, moving = self.registration, self.fixed, self.moving
        if present is None or fixed is None or moving is None:
            return Transform.identity()
        older = (each for each in self._case.registrations.values() if each is not present)
        found = transform_between(older, fixed.frame_of_reference_uid, moving.frame_of_reference_uid)
        return Transform.identity() if found is None else found

    def link(self) -> SpatialMap | None:
        """The case's map from the fixed to the moving image's frame, None where nothing links them."""
        fixed, moving = self.fixed, self.moving
        if fixed is None or moving is None:
            return None
        return self._case.transform(fixed.frame_of_reference_uid, moving.frame_of_reference_uid)

    @property
    def shown(self) -> SpatialMap | None:
        """The map that is seen: the trial, or the case's own."""
        return self._trial.map if self._trial is not None else self.link()

    def why_not(self) -> str:
        """Why nothing can be moved, in words; "" when it can."""
        fixed, moving = self.fixed, self.moving
        if fixed is None or moving is None:
            return "There is no fused image to move: choose one in Fuse"
        if not fixed.frame_of_reference_uid or not moving.frame_of_reference_uid:
            return "One of the two images names no frame of reference, so a registration can't refer to it"
        if self.shared_frame:
            return (
                "Both images share one frame of reference: they lie on each other as the scanner says. To move one "
                "of them, separate it first"
            )
        link = self.link()
        if isinstance(link, Deformation):
            return "A deformable registration is in use, which can't be moved by hand: begin with its rigid part"
        if link is not None and not link.is_rigid():
            return "An affine registration is in use, which can't be moved by hand: begin with its rigid part"
        return ""

    @property
    def not_rigid(self) -> bool:
        """Whether the registration in use bends or scales, so that only its rigid part can be moved."""
        link = self.link()
        return link is not None and not link.is_rigid()

    def note(self) -> str:
        """What moving will do that may not be expected, in a sentence; "" for nothing."""
        if self.why_not() or self.registration is not None or self._trial is not None:
            return ""
        if self.link() is None:
            return "Nothing links the two images yet: they begin with their middles on each other."
        return "Linked through registrations of other images; moving it makes a direct one, and those stay as they are."

    @property
    def can_reset(self) -> bool:
        """Whether the registration that counts was placed by hand and nobody has accepted it."""
        present = self.registration
        return present is not None and present.method == METHOD and present.provisional

    def reset(self) -> None:
        """Back to how the images lay before anything was moved by hand; a step of the case."""
        present = self.registration
        if present is None or not self.can_reset:
            raise CaseError("Nothing was moved by hand since the registration that counts was made")
        self._case.do(RemovePlacement(present.identifier))

    @property
    def shared_frame(self) -> bool:
        """Whether both images lie in one frame of reference, so that no registration can link them."""
        fixed, moving = self.fixed, self.moving
        if fixed is None or moving is None or not fixed.frame_of_reference_uid:
            return False
        return fixed.frame_of_reference_uid == moving.frame_of_reference_uid

    def separate(self) -> None:
        """Give the moved image a frame of its own, in which it lies where the scanner placed it; a step of the case."""
        self._case.do(SeparateImage(self._moving_key))

    def begun(self) -> Transform:
        """The rigid map that moving begins with.

        Where nothing links the images their middles lie on each other. Raises CaseError, saying why, when nothing
        can be moved.
        """
        reason = self.why_not()
        if reason:
            raise CaseError(reason)
        for link in (self.shown, self.link()):
            if isinstance(link, Transform):
                return link
        assert self.fixed is not None and self.moving is not None
        return middles_on_each_other(self.fixed, self.moving)

    # ------------------------------------------------------------------ moving

    def moved(self, start: Transform, shift_mm: ArrayLike) -> Transform:
        """`start` with the moving image shifted by (3,) mm of the fixed frame, as it is seen."""
        return start.after(Transform.from_rigid(shift_mm).inverse())

    def turned(self, start: Transform, axis: ArrayLike, angle_deg: float, pivot_mm: ArrayLike) -> Transform:
        """`start` with the moving image turned about an axis (3,) of the fixed frame through a point."""
        return start.after(rotation_about(axis, angle_deg, pivot_mm).inverse())

    def keep(self, spatial_map: SpatialMap, words: str) -> None:
        """Make the map that was tried a step of the case: "Move by hand", for example.

        A registration that was placed by hand and that nobody has accepted goes on; any other stays as it is below a
        new one. Raises CaseError when that can't be.
        """
        fixed, moving = self.fixed, self.moving
        if fixed is None or moving is None:
            raise CaseError(self.why_not())
        present = self.registration
        frames = fixed.frame_of_reference_uid, moving.frame_of_reference_uid
        if present is not None and present.method == METHOD and present.provisional and _runs(present, frames):
            made = replace(present, fixed_to_moving=spatial_map, quality={})
        else:
            made = Registration(str(uuid4()), *frames, spatial_map, METHOD)
        self._case.do(PlaceByHand(made, words))  # then the case says that the link changed, and the trial is over

    def _link_changed(self, _identifier: str) -> None:
        self._trial, self._before = None, False
        self.changed.emit()

    def _image_removed(self, key: str) -> None:
        if key == self._moving_key:
            self.moving_key = ""


@dataclass(frozen=True, eq=False)
class PlaceByHand(AddRegistration):
    """A registration that a hand has changed. words: of the step, such as "Move by hand"."""

    words: str = "Move by hand"

    def label(self, contents: object) -> str:
        return self.words


@dataclass(frozen=True)
class RemovePlacement(RemoveRegistration):
    """What a hand has moved is taken back as a whole."""

    def label(self, contents: object) -> str:
        return "Reset what was moved by hand"


def rotation_about(axis: ArrayLike, angle_deg: float, pivot_mm: ArrayLike) -> Transform:
    """The rigid map that turns about an axis (3,) through a point (3,), right-handed (Rodrigues)."""
    direction = np.asarray(axis, dtype=np.float64)
    x, y, z = direction / np.linalg.norm(direction)
    angle = np.radians(angle_deg)
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    matrix = np.eye(4)
    matrix[:3, :3] = np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * (cross @ cross)
    pivot = np.asarray(pivot_mm, dtype=np.float64)
    matrix[:3, 3] = pivot - matrix[:3, :3] @ pivot
    return Transform(matrix)


def middles_on_each_other(fixed: Volume, moving: Volume) -> Transform:
    """The shift that brings the middles of two images on each other, fixed to moving."""
    return Transform.from_rigid(moving.grid.centre_mm - fixed.grid.centre_mm)


def rigid_part(spatial_map: SpatialMap, centre_mm: ArrayLike = (0, 0, 0)) -> Transform:
    """What a registration does without bending and scaling: its affine steps alone, as the nearest rotation.

    centre_mm: (3,) the fixed point that goes where it went when a scale is left out.
    """
    found = Transform.identity()
    for step in (spatial_map,) if isinstance(spatial_map, Transform) else spatial_map.steps:
        if isinstance(step, Transform):
            found = step.after(found)
    if found.is_rigid():
        return found
    # The polar decomposition; a mirror is left out, too.
    u, _, vt = np.linalg.svd(found.matrix[:3, :3])
    matrix = np.eye(4)
    matrix[:3, :3] = u @ np.diag([1.0, 1.0, np.sign(np.linalg.det(u @ vt))]) @ vt
    centre = np.asarray(centre_mm, dtype=np.float64)
    matrix[:3, 3] = found.apply(centre) - matrix[:3, :3] @ centre
    return Transform(matrix)


def _runs(registration: Registration, frames: tuple[str, str]) -> bool:
    """Whether a registration runs from the first frame to the second."""
    return (registration.fixed_frame_uid, registration.moving_frame_uid) == frames
