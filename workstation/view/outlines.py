"""Every structure's outline on every plane that is looked at, without the window ever waiting for one.

Planes that were drawn on show what was drawn. On other planes the outline is cut from the 3D model: at once where
that is quick or somebody is drawing, else in the background, with an outline from the structure's sampled field
until it arrives.
"""

from __future__ import annotations

import queue
import time
from collections import OrderedDict
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray
from psygnal import Signal

from workstation.case.slices import drawing_plane, slice_spacing_mm
from workstation.geometry.deformation import Deformation, affine_near
from workstation.geometry.plane import Plane
from workstation.geometry.region import Region
from workstation.geometry.transform import Transform
from workstation.structures.carried import carried_stack
from workstation.structures.section import in_plane, model_section, rings_on
from workstation.structures.structure import POSITION_TOLERANCE_MM, ContourStack, Structure
from workstation.view.background import Answer, Background
from workstation.view.contour_scene import Contour
from workstation.view.structure_fields import StructureField, structure_field
from workstation.view.structure_sources import StructureSources

if TYPE_CHECKING:
    from workstation.case.case import Case

PLANES_KEPT = 96
QUICK_S = 0.002
FRAME_BUDGET_S = 0.008
MOVING_BUDGET_S = 0.002
"""Time for exact outlines in a frame that rests, and in one that another follows at once."""
PARALLEL_DEG = 0.05

_PlaneKey = tuple[float, ...]
_Carried = tuple[ContourStack | None, Deformation | None]
"""The contours that were carried over, and the map that they went through."""


class _FieldWish(NamedTuple):
    identifier: str


class _CarryWish(NamedTuple):
    identifier: str


class _OutlineWish(NamedTuple):
    """`view` keeps two views' wishes for the same structure apart."""

    identifier: str
    view: object


class Outlines:
    """Shared by all slice views of a case. All methods on the window's thread."""

    arrived = Signal()
    """Something was finished in the background (emitted on that thread): look again."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self._background = Background("outlines", self._finished)
        self._answers: queue.SimpleQueue[Answer] = queue.SimpleQueue()
        self._exact: dict[str, OrderedDict[_PlaneKey, Contour]] = {}
        self._fields: dict[str, StructureField | None] = {}
        self._carried: dict[str, tuple[_Carried, ContourStack | None]] = {}
        self._seconds: dict[str, float] = {}
        self._asked: set[object] = set()
        self._sources = StructureSources()
        self._budget_s = 0.0
        self._seen: dict[str, Structure | None] = {}
        self._slices: dict[str, _DrawnSlices] = {}
        self._keyed: tuple[Plane | None, _PlaneKey] = (None, ())
        self._live: set[str] = set()
        case.structure_changed.connect(self._structure_changed)
        case.structure_removed.connect(self.forget)
        case.planning_image_chosen.connect(self.clear)
        case.registration_changed.connect(self._link_changed)

    def begin_frame(self, moving: bool = False) -> None:
        """A view starts to paint: what was finished meanwhile is taken in, and there is time for a few outlines.

        moving: the plane will be another one in a moment.
        """
        self._budget_s = MOVING_BUDGET_S if moving else FRAME_BUDGET_S
        while not self._answers.empty():
            self._take(self._answers.get())

    def contour(
        self, identifier: str, plane: Plane, view: object = None, moving: bool = False, drawing: bool = False
    ) -> Contour:
        """The outline of a structure on a plane as well as it is known now; empty where it is not known yet.

        view: who asks. moving: the plane will be another one in a moment. drawing: somebody is at work with a tool,
        so that outlines must not lag behind. A structure in mid-stroke is always shown as it is at this very moment.
        """
        kept = self._exact.setdefault(identifier, OrderedDict())
        key = self._key_of(plane)
        if key in kept:
            kept.move_to_end(key)
            return kept[key]
        structure = self._case.structures[identifier]
        drawing = drawing or identifier in self._live
        self._seen.setdefault(identifier, structure)
        bend = self._bend(structure)
        if bend is not None:
            return self._bent_contour(structure, bend, plane, key, view, moving)
        own = self._in_frame_of(structure, plane)
        along = own is None or structure.stack.plane.is_parallel_to(own, PARALLEL_DEG)
        if own is not None and along and not drawing:
            drawn = self._slices_of(structure).on(own)
            if drawn is not None:
                return self._keep(identifier, key, Contour.of(drawn))
        if drawing or along or self._seconds.get(identifier, 1.0) < min(QUICK_S, self._budget_s):
            return self._keep(identifier, key, self._exactly_now(identifier, plane, along))
        if not moving:
            self._ask_outline(structure, plane, key, view)
        return self._from_field(structure, plane)

    def forget(self, identifier: str) -> None:
        """A structure has changed: nothing that is known of it holds any more."""
        self._exact.pop(identifier, None)
        self._fields.pop(identifier, None)
        self._carried.pop(identifier, None)
        for wish in [w for w in self._asked if getattr(w, "identifier", None) == identifier]:
            self._asked.discard(wish)
            self._background.forget(wish)

    def clear(self, *_: object) -> None:
        """Forget everything, for instance because the planes are others."""
        for identifier in {*self._exact, *self._fields, *self._carried, *(w.identifier for w in self._asked)}:  # type: ignore[attr-defined]
            self.forget(identifier)

    def _link_changed(self, _identifier: str) -> None:
        """Planes are the planning image's: only structures of other frames lie elsewhere now."""
        here = self._case.planning.frame_of_reference_uid if self._case.planning else ""
        for identifier, structure in self._case.structures.items():
            if structure.frame_of_reference_uid != here:
                self.forget(identifier)

    def _structure_changed(self, identifier: str) -> None:
        """In the middle of a stroke the structure itself is still the old one: only the case knows how it looks."""
        now = self._case.structures.get(identifier)
        if self._seen.get(identifier, now) is now:
            self._live.add(identifier)
        else:
            self._live.discard(identifier)
        self._seen[identifier] = now
        self.forget(identifier)

    @property
    def busy(self) -> bool:
        """Whether something is still to come."""
        return bool(self._asked) or not self._answers.empty()

    def stop(self) -> None:
        """End the background thread."""
        self._background.stop()

    # ------------------------------------------------------------------------------------------------ at once

    def _exactly_now(self, identifier: str, plane: Plane, along: bool) -> Contour:
        """along: the plane runs along the structure's own ones, which says nothing about cuts across them."""
        started = time.perf_counter()
        contour = Contour.of(self._case.section(identifier, plane))
        taken = time.perf_counter() - started
        self._budget_s -= taken
        if not along:
            self._learn(identifier, taken)
        return contour

    def _keep(self, identifier: str, key: _PlaneKey, contour: Contour) -> Contour:
        kept = self._exact.setdefault(identifier, OrderedDict())
        kept[key] = contour
        if len(kept) > PLANES_KEPT:
            kept.popitem(last=False)
        return contour

    def _key_of(self, plane: Plane) -> _PlaneKey:
        """The same for planes that show the same; kept for the one that all structures are being asked for."""
        if plane is not self._keyed[0]:
            self._keyed = plane, tuple(float(x) for x in np.round([*plane.origin_mm, *plane.u, *plane.v], 6))
        return self._keyed[1]

    def _slices_of(self, structure: Structure) -> _DrawnSlices:
        held = self._slices.get(structure.identifier)
        if held is None or held.stack is not structure.stack:
            held = self._slices[structure.identifier] = _DrawnSlices(structure.stack)
        return held

    def _learn(self, identifier: str, seconds: float) -> None:
        known = self._seconds.get(identifier, seconds)
        self._seconds[identifier] = known + 0.3 * (seconds - known)

    def _from_field(self, structure: Structure, plane: Plane) -> Contour:
        identifier = structure.identifier
        if identifier not in self._fields:
            wish = _FieldWish(identifier)
            matrix = self._to_planes(structure)
            if wish not in self._asked and matrix is not None:
                self._asked.add(wish)
                make = partial(self._field, identifier, structure.stack, self._case.surface_model, matrix)
                self._background.ask(wish, make, later=1)
        field = self._fields.get(identifier)
        return Contour(np.empty((0, 2)), np.zeros(1, np.int64)) if field is None else field.contour(plane)

    # ------------------------------------------------------------------------------------------ in the background

    def _ask_outline(self, structure: Structure, plane: Plane, key: _PlaneKey, view: object) -> None:
        own = self._in_frame_of(structure, plane)
        if own is None:
            return
        wish = _OutlineWish(structure.identifier, view)
        self._asked.add(wish)
        make = partial(self._outline, structure.identifier, structure.stack, own, self._case.surface_model, key)
        self._background.ask(wish, make)

    def _outline(
        self, identifier: str, stack: ContourStack, plane: Plane, surface_model: str, key: _PlaneKey
    ) -> tuple[_PlaneKey, Contour, float]:
        """On the background thread, the only one that touches `_sources`."""
        started = time.perf_counter()
        region = rings_on(stack, plane)
        if region is None:
            region = model_section(self._sources.of(identifier, stack), stack.plane, plane, surface_model)
        return key, Contour.of(region), time.perf_counter() - started

    def _field(
        self, identifier: str, stack: ContourStack, surface_model: str, to_planes: NDArray[np.float64]
    ) -> StructureField | None:
        """On the background thread."""
        return structure_field(stack, surface_model, to_planes, self._sources.of(identifier, stack))

    def _finished(self, answer: Answer) -> None:
        self._answers.put(answer)
        self.arrived.emit()

    def _take(self, answer: Answer) -> None:
        wish = answer.key
        if not self._background.current(answer):
            return
        self._asked.discard(wish)
        if isinstance(wish, _CarryWish):
            if answer.value is not None:
                of, carried_over = answer.value
                self._carried[wish.identifier] = of, carried_over
        elif isinstance(wish, _FieldWish):
            # What can't be computed is not tried again until the structure changes; its slices still show.
            self._fields[wish.identifier] = answer.value
        elif isinstance(wish, _OutlineWish) and answer.value is not None:
            key, contour, seconds = answer.value
            self._keep(wish.identifier, key, contour)
            self._learn(wish.identifier, seconds)

    # ------------------------------------------------------------------------------------------------ frames

    def _in_frame_of(self, structure: Structure, plane: Plane) -> Plane | None:
        """The plane in the structure's frame of reference, u and v unchanged; None when nothing links the frames."""
        here = self._case.planning.frame_of_reference_uid if self._case.planning else ""
        there = structure.frame_of_reference_uid
        if not here or not there or here == there:
            return plane
        link = self._case.transform(here, there)
        if link is None:
            return None
        straight = affine_near(link, plane.origin_mm)
        origin, u, v = straight.apply([plane.origin_mm, plane.origin_mm + plane.u, plane.origin_mm + plane.v])
        return Plane(origin, u - origin, v - origin)

    def _to_planes(self, structure: Structure) -> NDArray[np.float64] | None:
        here = self._case.planning.frame_of_reference_uid if self._case.planning else ""
        there = structure.frame_of_reference_uid
        if not here or not there or here == there:
            return np.eye(4)
        link = self._case.transform(there, here)
        return link.matrix if isinstance(link, Transform) else None

    # ------------------------------------------------------------------------------------- through a deformation

    def _bend(self, structure: Structure) -> Deformation | None:
        """The map from the planning image's frame to the structure's, where it bends."""
        here = self._case.planning.frame_of_reference_uid if self._case.planning else ""
        link = self._case.transform(here, structure.frame_of_reference_uid)
        return link if isinstance(link, Deformation) else None

    def _bent_contour(
        self, structure: Structure, bend: Deformation, plane: Plane, key: _PlaneKey, view: object, moving: bool
    ) -> Contour:
        """The outline on a plane of a structure that a deformation brings over: first carried, then cut."""
        nothing = Contour(np.empty((0, 2)), np.zeros(1, np.int64))
        stack = self._case.stack(structure.identifier)
        of, carried_over = self._carried.get(structure.identifier, ((None, None), None))
        if of != (stack, bend) or carried_over is None:
            wish = _CarryWish(structure.identifier)
            planning = self._case.planning
            if of != (stack, bend) and wish not in self._asked and planning is not None:
                self._asked.add(wish)
                # What can't be carried is not tried again until something changes.
                self._carried[structure.identifier] = (stack, bend), None
                onto = drawing_plane(planning), planning.slice_positions_mm, slice_spacing_mm(planning)
                self._background.ask(wish, partial(_carried_over, stack, bend, onto, self._case.surface_model))
            return nothing
        region = rings_on(carried_over, plane)
        if region is not None:
            return self._keep(structure.identifier, key, Contour.of(region))
        if not moving:
            wanted = _OutlineWish(structure.identifier, view)
            self._asked.add(wanted)
            name, model = f"{structure.identifier} carried", self._case.surface_model
            self._background.ask(wanted, partial(self._outline, name, carried_over, plane, model, key))
        return nothing


def _carried_over(
    stack: ContourStack, bend: Deformation, onto: tuple[Plane, NDArray[np.float64], float], surface_model: str
) -> tuple[_Carried, ContourStack]:
    """On the background thread."""
    return (stack, bend), carried_stack(stack, bend, onto, surface_model=surface_model)


class _DrawnSlices:
    """The slices of a stack, looked up many times a frame."""

    def __init__(self, stack: ContourStack) -> None:
        self.stack = stack
        self.positions = stack.positions_mm
        # No model reaches further than a step of the drawing, which is never taken as more than a few slices.
        self.reach = 1.5 * max(stack.slice_spacing_mm, float(np.diff(self.positions).max(initial=0.0)))

    def on(self, plane: Plane) -> Region | None:
        """What is drawn on a parallel plane; empty well beyond the last one; None where the 3D model has to tell."""
        own = self.stack.plane
        position = float(own.normal @ (plane.origin_mm - own.origin_mm))
        if not len(self.positions) or not (
            self.positions[0] - self.reach <= position <= self.positions[-1] + self.reach
        ):
            return Region()
        near = int(np.searchsorted(self.positions, position - POSITION_TOLERANCE_MM))
        if near == len(self.positions) or self.positions[near] > position + POSITION_TOLERANCE_MM:
            return None
        drawn = self.stack.slices[near]
        return in_plane(drawn.region, own.moved(drawn.position_mm), plane) if _differ(own, plane) else drawn.region


def _differ(first: Plane, second: Plane) -> bool:
    """Whether (u, v) mean something else on two parallel planes."""
    between = second.origin_mm - first.origin_mm
    same_axes = np.array_equal(first.u, second.u) and np.array_equal(first.v, second.v)
    return not same_axes or float(first.u @ between) != 0.0 or float(first.v @ between) != 0.0
