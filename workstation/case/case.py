"""The open document: images, structures and registrations, changed by commands only, with one history.

Signals are facts in the past tense (psygnal). They are emitted on the thread that ran the command, after the case
has reached its new state; a view only marks itself dirty.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from psygnal import Signal, SignalInstance

from workstation.case.changes import Change, EntryReplaced, SettingReplaced, apply_all, structure_replaced
from workstation.case.commands import Command, EditContours, editable
from workstation.case.contents import Contents
from workstation.case.dependence import downstream
from workstation.case.errors import CaseError
from workstation.case.following import GEOMETRY_ERRORS, Following
from workstation.case.history import DoneStep, History, Step
from workstation.case.slices import drawing_plane, empty_stack_on, nearest_mm, positions_for
from workstation.case.stroke import Stroke
from workstation.fusion.landmarks import LandmarkPair
from workstation.fusion.registration import Registration, chain_between
from workstation.geometry.deformation import SpatialMap, chained
from workstation.geometry.plane import Plane
from workstation.geometry.region import Region
from workstation.geometry.transform import Transform
from workstation.images.volume import Volume
from workstation.measurements.measurement import Measurement
from workstation.structures.carried import carried_stack, planes_of
from workstation.structures.section import section
from workstation.structures.structure import ContourStack, PlanarContours, Structure
from workstation.structures.volume import volume_cc

T = TypeVar("T")

Linked = tuple[SpatialMap, tuple[Registration, ...]]
"""A map between two frames, and the registrations that it is made of."""


class Case:
    """One patient's open case. What is read here are values; only `do`, `undo`, `redo` and strokes change it."""

    image_added = Signal(str)
    image_removed = Signal(str)
    planning_image_chosen = Signal(str)
    structure_added = Signal(str)
    structure_changed = Signal(str)
    """Contours or properties, of every structure that follows too, and at every move of a stroke."""
    structure_removed = Signal(str)
    structures_reordered = Signal()
    registration_changed = Signal(str)
    """Added, replaced or removed."""
    measurement_added = Signal(str)
    measurement_changed = Signal(str)
    measurement_removed = Signal(str)
    landmark_changed = Signal(str)
    """A pair was added, changed or removed."""
    history_changed = Signal()
    saved_changed = Signal(bool)
    step_done = Signal(object)
    """A `DoneStep`: what the case file journals. Emitted before all other signals of a command."""
    step_undone = Signal()
    step_redone = Signal()
    view_state_set = Signal(str, object)

    def __init__(
        self, contents: Contents | None = None, history: History | None = None, *, recompute: bool = False
    ) -> None:
        """recompute: whether the derived structures of `contents` may be older than what they are derived from."""
        self._contents = contents or Contents()
        self._history = history or History()
        self._following = Following()
        if recompute:
            self._contents = self._following.settle(Contents(), self._contents, restoring=True)
        else:
            self._following.adopt(self._contents)
        self._stroke: Stroke | None = None
        self._previous = self._contents
        self._view_state: dict[str, Any] = {}
        self._saved = False
        self._volumes: dict[str, tuple[ContourStack, str, float]] = {}
        self._links: tuple[Mapping[str, Registration], dict[tuple[str, str], Linked | None]] = {}, {}

    # ------------------------------------------------------------------ what it contains

    @property
    def contents(self) -> Contents:
        """Everything at this moment, as one value."""
        return self._contents

    @property
    def images(self) -> Mapping[str, Volume]:
        """Images by key, in the order of the list."""
        return self._contents.images

    @property
    def structures(self) -> Mapping[str, Structure]:
        """Structures by identifier, in the order of the list; complete, but for the stroke in progress."""
        return self._contents.structures

    @property
    def registrations(self) -> Mapping[str, Registration]:
        """Registrations by identifier."""
        return self._contents.registrations

    @property
    def measurements(self) -> Mapping[str, Measurement]:
        """Measurements by identifier, in the order of the list."""
        return self._contents.measurements

    @property
    def landmarks(self) -> Mapping[str, LandmarkPair]:
        """Pairs of landmarks by identifier, in the order of the list."""
        return self._contents.landmarks

    @property
    def planning_key(self) -> str:
        """Key of the image that structures are drawn on, or ""."""
        return self._contents.planning_key

    @property
    def planning(self) -> Volume | None:
        """The image that structures are drawn on."""
        return self._contents.planning

    @property
    def surface_model(self) -> str:
        """What lies between two drawn slices and beyond the last one."""
        return self._contents.surface_model

    @property
    def view_state(self) -> Mapping[str, Any]:
        """What the window keeps with the case: JSON values, not undoable."""
        return MappingProxyType(self._view_state)

    def set_view_state(self, key: str, value: Any) -> None:
        """Keep a JSON value for the window. Stored with the case, but no step of the history."""
        try:
            text = json.dumps(value)
        except (TypeError, ValueError) as error:
            raise CaseError(f"The window can only keep plain values with a case ({key}: {error})") from error
        if key not in self._view_state or json.dumps(self._view_state[key]) != text:
            self._view_state[key] = json.loads(text)
            self.view_state_set.emit(key, json.loads(text))

    @property
    def saved(self) -> bool:
        """Whether everything that was done is in the file that the person has chosen."""
        return self._saved

    def mark_saved(self, saved: bool) -> None:
        """The case file says whether it has everything."""
        if saved != self._saved:
            self._saved = saved
            self.saved_changed.emit(saved)

    # ------------------------------------------------------------------ frames and slices

    def transform(self, source_frame_uid: str, target_frame_uid: str) -> SpatialMap | None:
        """The map from one frame of reference to another through the registrations, or None."""
        linked = self._linked(source_frame_uid, target_frame_uid)
        return None if linked is None else linked[0]

    def chain(self, source_frame_uid: str, target_frame_uid: str) -> tuple[Registration, ...]:
        """The registrations that the map from one frame of reference to another hangs on, in their order."""
        linked = self._linked(source_frame_uid, target_frame_uid)
        return () if linked is None else linked[1]

    def is_provisional(self, source_frame_uid: str, target_frame_uid: str) -> bool:
        """Whether a link between two frames of reference hangs on a registration that nobody has accepted."""
        return any(registration.provisional for registration in self.chain(source_frame_uid, target_frame_uid))

    def _linked(self, source_frame_uid: str, target_frame_uid: str) -> Linked | None:
        # Views ask many times a frame, and the same registrations always say the same.
        if self._links[0] is not self.registrations:
            self._links = self.registrations, {}
        found, key = self._links[1], (source_frame_uid, target_frame_uid)
        if key not in found:
            chain = chain_between(self.registrations.values(), *key)
            found[key] = None if chain is None else (
                chained(link.map for link in chain), tuple(link.registration for link in chain)
            )  # fmt: skip
        return found[key]

    @property
    def plane(self) -> Plane:
        """The frame of new contours; raises CaseError without a planning image."""
        return drawing_plane(self._planning_image())

    @property
    def slice_positions_mm(self) -> NDArray[np.float64]:
        """(n,) positions of the planning image's acquired slices in `plane`, ascending; none without an image."""
        return self.planning.slice_positions_mm if self.planning else np.zeros(0)

    def empty_stack(self) -> ContourStack:
        """A stack on the planning image's slices with nothing drawn; raises CaseError without an image."""
        return empty_stack_on(self._planning_image())

    def nearest_slice_mm(self, point_mm: ArrayLike) -> float:
        """Position of the acquired slice nearest to a patient point (3,), in the planes of `empty_stack`."""
        return nearest_mm(self.slice_positions_mm, float(self.plane.to_plane(point_mm)[2]))

    def positions_mm(self, identifier: str) -> NDArray[np.float64]:
        """(n,) positions where a structure can be drawn: its own planes and the image's slices between them."""
        stack = self.structures[identifier].stack
        image_positions = self.slice_positions_mm
        if self.planning is not None:
            offset = drawing_plane(self.planning).to_plane(stack.plane.origin_mm)[2]
            agree = stack.plane.is_parallel_to(drawing_plane(self.planning))
            sign = np.sign(stack.plane.normal @ drawing_plane(self.planning).normal)
            image_positions = np.sort(sign * (image_positions - offset)) if agree else np.zeros(0)
        return positions_for(stack, image_positions)

    def plane_in_frame_of(self, identifier: str, plane: Plane) -> Plane | None:
        """A plane of the planning image's frame in a structure's own frame; None when nothing links the two.

        None, too, where the link bends: a plane is none any more on the other side.
        """
        here = self.planning.frame_of_reference_uid if self.planning else ""
        there = self.structures[identifier].frame_of_reference_uid
        if not here or not there or here == there:
            return plane
        link = self.transform(here, there)
        if not isinstance(link, Transform):
            return None
        origin = plane.origin_mm
        there_mm = link.apply([origin, origin + plane.u, origin + plane.v])
        return Plane(there_mm[0], there_mm[1] - there_mm[0], there_mm[2] - there_mm[0])

    def _planning_image(self) -> Volume:
        if self.planning is None:
            raise CaseError("There is no image to draw on: open one first")
        return self.planning

    # ------------------------------------------------------------------ commands

    def do(self, command: Command) -> None:
        """Run a command as one step that can be undone. Raises CaseError and changes nothing when it can't be done.

        A command that comes down to nothing leaves no step.
        """
        made = command.changes(self._contents)
        if made:
            self._run(command.label(self._contents), type(command).__name__, made)

    def undo(self) -> None:
        """Take the newest step back; in the middle of a stroke, that stroke."""
        if self._stroke is not None:
            self._stroke.cancel()
            return
        if not self._history.done:
            return
        changes = tuple(change.inverse() for change in reversed(self._history.done[-1].changes()))
        self._restore(changes)
        self._history.step_back()
        self.step_undone.emit()
        self._announce(changes)

    def redo(self) -> None:
        """Do again what was undone last; in the middle of a stroke, nothing."""
        if self._stroke is not None or not self._history.undone:
            return
        changes = self._history.undone[-1].changes()
        self._restore(changes)
        self._history.step_forward()
        self.step_redone.emit()
        self._announce(changes)

    @property
    def undo_label(self) -> str:
        """What undo would take back, "" for nothing."""
        if self._stroke is not None:
            return self._stroke.label
        return self._history.done[-1].label if self._history.done else ""

    @property
    def redo_label(self) -> str:
        """What redo would do again, "" for nothing."""
        return self._history.undone[-1].label if self._history.undone else ""

    @property
    def steps(self) -> tuple[tuple[Step, ...], tuple[Step, ...]]:
        """The steps that can be undone, oldest first, and those that can be redone, the next one last."""
        return tuple(self._history.done), tuple(self._history.undone)

    def _run(self, label: str, kind: str, made: list[Change]) -> None:
        self._end_stroke_on(made)
        before = self._contents
        applied = apply_all(made, before)
        settled = self._following.settle(before, applied)
        step = DoneStep(label, kind, (*made, *_state_changes(applied, settled)))
        self._previous, self._contents = before, settled
        self._history.add(step)
        self.step_done.emit(step)
        self._announce(step.made)

    def _restore(self, changes: tuple[Change, ...]) -> None:
        self._previous = self._contents
        self._contents = self._following.settle(self._contents, apply_all(changes, self._contents), restoring=True)

    def _end_stroke_on(self, made: list[Change]) -> None:
        """A command that touches what is being drawn ends the stroke without it."""
        stroke = self._stroke
        if stroke is None:
            return
        touched = {getattr(c, "identifier", getattr(c, "key", "")) for c in made}
        if stroke.identifier in touched or any(isinstance(c, SettingReplaced) for c in made):
            stroke.cancel()

    def _announce(self, changes: tuple[Change, ...]) -> None:
        before, after = self._previous, self._contents
        _emit_table(before.images, after.images, self.image_added, self.image_removed)
        if before.planning_key != after.planning_key:
            self.planning_image_chosen.emit(after.planning_key)
        for key in _registrations_changed(before.registrations, after.registrations):
            self.registration_changed.emit(key)
        _emit_table(before.structures, after.structures, self.structure_added, self.structure_removed)
        model_changed = before.surface_model != after.surface_model
        for key, structure in after.structures.items():
            if key in before.structures and (model_changed or before.structures[key] is not structure):
                self.structure_changed.emit(key)
        if any(isinstance(change, SettingReplaced) and change.name == "structure_order" for change in changes):
            self.structures_reordered.emit()
        for key in {**before.landmarks, **after.landmarks}:
            if before.landmarks.get(key) is not after.landmarks.get(key):
                self.landmark_changed.emit(key)
        _emit_table(before.measurements, after.measurements, self.measurement_added, self.measurement_removed)
        for key, measurement in after.measurements.items():
            if before.measurements.get(key, measurement) is not measurement:
                self.measurement_changed.emit(key)
        self.history_changed.emit()

    # ------------------------------------------------------------------ strokes

    def begin_stroke(self, identifier: str, label: str = "Edit") -> Stroke:
        """Start drawing on a structure. Raises CaseError, saying why, for one that is locked or gone.

        label: the verb of the step, such as "Paint". A stroke that was still going on is cancelled.
        """
        structure = editable(self._contents, identifier)
        if self._stroke is not None:
            self._stroke.cancel()
        self._following.detach(structure)
        self._stroke = Stroke(self, identifier, label)
        return self._stroke

    @property
    def stroke(self) -> Stroke | None:
        """The stroke in progress."""
        return self._stroke

    def stroke_changed(self, stroke: Stroke, slices: list[PlanarContours]) -> None:
        """Called by the stroke at every move."""
        self._following.change(stroke.identifier, slices)
        self._announce_stroke(stroke.identifier)

    def stroke_ended(self, stroke: Stroke, command: EditContours | None) -> bool:
        """Called by the stroke at its end; True when a step was made of it."""
        self._stroke = None
        try:
            if command is not None:
                self.do(command)
                return True
        finally:
            if command is None or self.structures.get(stroke.identifier) is stroke.structure:
                self._drop_stroke(stroke.identifier)
        return False

    def _drop_stroke(self, identifier: str) -> None:
        if identifier in self.structures:
            self._following.restore(self.structures[identifier])
        self._announce_stroke(identifier)

    def _announce_stroke(self, identifier: str) -> None:
        for key in (identifier, *downstream(self.structures, (identifier,))):
            if key in self.structures:
                self.structure_changed.emit(key)

    # ------------------------------------------------------------------ geometry as it is now

    def region_at(self, identifier: str, position_mm: float) -> Region:
        """What a structure has on the plane at a position of its own stack, in mid-drag too."""
        if self._stroke is None or not self._following.derives(identifier):
            return self._drawn(identifier).region_at(position_mm)
        return self._now(
            identifier,
            lambda: self._following.region(identifier, position_mm),
            lambda stack: stack.region_at(position_mm),
        )

    def section(self, identifier: str, plane: Plane) -> Region:
        """A structure cut by a plane of the planning image's frame, in the plane's (u, v) mm, in mid-drag too.

        A structure of another frame of reference is brought over by the registrations; without one that links
        the two frames the section is empty, for nobody knows where it lies. Through a deformation it is cut from what
        `carried_stack` brings over.
        """
        own = self.plane_in_frame_of(identifier, plane)
        if own is None:
            return self._bent_section(identifier, plane)
        return self._now(
            identifier,
            lambda: self._following.section(identifier, own),
            lambda stack: section(stack, own, self.surface_model),
        )

    def _bent_section(self, identifier: str, plane: Plane) -> Region:
        here = self.planning.frame_of_reference_uid if self.planning else ""
        link = self.transform(here, self.structures[identifier].frame_of_reference_uid)
        if link is None or self.planning is None:
            return Region()
        whole = carried_stack(
            self.stack(identifier), link, planes_of(self.planning), surface_model=self.surface_model
        )
        return section(whole, plane, self.surface_model)

    def stack(self, identifier: str) -> ContourStack:
        """A structure's complete contours as they are now, in mid-drag too."""
        if self._stroke is None or not self._following.derives(identifier):
            return self._drawn(identifier)
        return self._now(identifier, lambda: self._following.stack(identifier), lambda stack: stack)

    def volume_cc(self, identifier: str) -> float:
        """A structure's volume in cc by the case's surface model, in mid-drag too."""
        return self._now(
            identifier,
            lambda: self._following.volume_cc(identifier),
            lambda stack: self._stored_volume_cc(identifier, stack),
        )

    def _now(self, identifier: str, live: Callable[[], T], stored: Callable[[ContourStack], T]) -> T:
        """An answer from the live side, or from the contours themselves where it does not know or can't tell.

        A derived structure that can't be derived at this moment (its source is half drawn, say) answers with what
        it had; when the stroke ends it becomes stale and says why.
        """
        if not self._following.knows(identifier):
            return stored(self._drawn(identifier))
        try:
            return live()
        except GEOMETRY_ERRORS:
            return stored(self.structures[identifier].stack)

    def _drawn(self, identifier: str) -> ContourStack:
        """A structure's contours, with the stroke in progress where it is the one being drawn."""
        if self._stroke is None or self._stroke.identifier != identifier:
            return self.structures[identifier].stack
        return self._following.drawn(identifier) or self._stroke.stack

    def _stored_volume_cc(self, identifier: str, stack: ContourStack) -> float:
        known = self._volumes.get(identifier)
        if known is None or known[0] is not stack or known[1] != self.surface_model:
            known = stack, self.surface_model, volume_cc(stack, self.surface_model)
            self._volumes[identifier] = known
        return known[2]


def _state_changes(applied: Contents, settled: Contents) -> list[EntryReplaced]:
    """What settling changed about derived structures beyond their contours: that has to be undone by itself."""
    made = []
    for identifier, structure in settled.structures.items():
        given = applied.structures[identifier]
        if given is not structure and (given.state is not structure.state or given.warnings != structure.warnings):
            made.append(structure_replaced(given, structure))
    return made


def _registrations_changed(before: Mapping[str, Registration], after: Mapping[str, Registration]) -> list[str]:
    """Those that are new, gone or others; where only their order has changed, the one that counts now."""
    changed = [key for key in {**before, **after} if before.get(key) is not after.get(key)]
    if not changed and list(before) != list(after):
        return [list(after)[-1]]
    return changed


def _emit_table(
    before: Mapping[str, Any], after: Mapping[str, Any], added: SignalInstance, removed: SignalInstance
) -> None:
    for key in [key for key in before if key not in after]:
        removed.emit(key)
    for key in [key for key in after if key not in before]:
        added.emit(key)
