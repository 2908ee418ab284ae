"""Telling a tumour from flow by the phases of an examination: what was recognised, typed and clicked, what was found.

Nothing in here changes the case; `accepted` makes the structures that a person may add to it. What was typed and
clicked is kept with the case as what was looked at last.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from psygnal import Signal

from workstation.case.case import Case
from workstation.geometry.transform import Transform
from workstation.images.phase_times import TYPED, Phase, named_anew, timed_phases
from workstation.images.phases import multiphase
from workstation.images.volume import Volume

if TYPE_CHECKING:
    from workstation.enhancement.alignment import AlignedPhase
    from workstation.enhancement.growing import Grower, Grown
    from workstation.enhancement.maps import EvidenceMap
    from workstation.enhancement.regions import Mask
    from workstation.enhancement.separability import Judged
    from workstation.enhancement.subtraction import Subtraction
    from workstation.enhancement.weighting import Difference
    from workstation.geometry.deformation import SpatialMap

Float = NDArray[np.float64]

TUMOUR, VEIN, ARTERY, MUSCLE = "tumour", "vein", "artery", "muscle"
KINDS = (TUMOUR, VEIN, ARTERY, MUSCLE)
SAMPLE_MM = 2.0
"""Radius of what a click or a stroke samples."""
MOST_SAMPLES = 60
STATE = "separating"
"""Key of the case's view state."""


@dataclass(frozen=True, eq=False)
class Sample:
    """A place, or a stroke, of which somebody said what it is. points_mm: (n, 3) in the planning image's frame."""

    number: int
    kind: str
    points_mm: Float
    radius_mm: float = SAMPLE_MM

    @property
    def name(self) -> str:
        """As listed: "tumour 1"."""
        return f"{self.kind} {self.number}"


@dataclass(frozen=True)
class PhaseEdit:
    """What a person typed about a phase. name "" and time_s None: as recognised. used: it counts."""

    name: str = ""
    time_s: float | None = None
    used: bool = True


@dataclass(frozen=True, eq=False)
class Found:
    """What a run found. link: from the planning image's frame to the reference phase's. maps: every one, by name.

    judged: the evidence ranked, on the strokes where there are any of both kinds, else on what was grown.
    growers: for each map that can be grown on, with the threshold that suits it.
    chain: identifiers of the registrations in the link. inputs: (identifier, fingerprint) of structures that took part.
    compared: (k, j, i) voxels of tumour and of flow that the evidence was judged on; None without both.
    rocs: (false positive, true positive) rates of a piece of evidence. By its name.
    windows: centre and width of each map's colours, by its name.
    flow: the flow that lies against the tumour; None where nothing separates. basis: see `Separating.basis`.
    """

    subtraction: Subtraction
    link: SpatialMap
    planning_key: str
    seed_mm: Float
    maps: Mapping[str, EvidenceMap]
    judged: tuple[Judged, ...]
    compared: tuple[Mask, Mask] | None
    rocs: Mapping[str, tuple[Float, Float]]
    windows: Mapping[str, tuple[float, float]]
    growers: Mapping[str, tuple[Grower, float]]
    flow: Grown | None
    chain: tuple[str, ...]
    inputs: tuple[tuple[str, str], ...]
    basis: tuple[object, ...]

    @property
    def separable(self) -> bool:
        """Whether there is anything to accept."""
        return self.subtraction.separation.separable

    @property
    def reference(self) -> Volume:
        """The phase that the others were aligned with."""
        return self.subtraction.reference.volume


class Separating:
    """The work on one examination of a case.

    kind: what the next click says. changed: phases, samples or choices are others. found_changed: there is a result, or
    none any more. grown_changed: threshold or evidence is another one. hovered: the cursor samples elsewhere.
    """

    changed = Signal()
    found_changed = Signal()
    grown_changed = Signal()
    hovered = Signal()
    clicked = Signal(str)
    """A new sample of this kind is there."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self._key = ""
        self._edits: dict[str, PhaseEdit] = {}
        self._reference_key = ""
        self._kind = TUMOUR
        self.samples: tuple[Sample, ...] = ()
        self.vein_structure = ""
        self.barriers: tuple[str, ...] = ()
        self.normalise = ""
        """Identifier of the structure that tells the phases' scale, "" for tissue that does not enhance."""
        self.shading = "ratio"
        """How the coils' shading is dealt with: cancelled by "ratio", or corrected ("n4")."""
        self.difference: Difference | None = None
        """Two phases of which somebody wants to see the weighted difference, beside all other evidence."""
        self.found: Found | None = None
        self._linked = False
        self.stale = False
        """Whether something was changed since the result was found."""
        self.grower: Grower | None = None
        self.threshold = 0.5
        self.hover_mm: Float | None = None
        self.aligned: tuple[AlignedPhase, ...] = ()
        self._recognised: tuple[tuple[Volume, ...], tuple[Phase, ...]] = ((), ())
        case.image_added.connect(self._images_changed)
        case.image_removed.connect(self._images_changed)
        case.registration_changed.connect(self._input_changed)
        case.planning_image_chosen.connect(self._input_changed)

    # ------------------------------------------------------------------ the examination

    @property
    def examinations(self) -> list[list[Volume]]:
        """Every examination of several phases in the case."""
        return [group for group in multiphase(self._case.images) if group[0].modality == "MR"]

    @property
    def examination(self) -> tuple[Volume, ...]:
        """The one that is looked at: the chosen one, else that with the most phases."""
        groups = self.examinations
        chosen = next((g for g in groups if any(v.key == self._key for v in g)), None)
        if chosen is None:
            chosen = max(groups, key=len, default=[])
        return tuple(chosen)

    def choose_examination(self, key: str) -> None:
        """Look at the examination that an image belongs to."""
        if key != self._key:
            self._key = key
            self._reference_key = ""
            self._input_changed()

    @property
    def phases(self) -> tuple[Phase, ...]:
        """All phases in the order of time, as recognised and typed."""
        volumes = self.examination
        if self._recognised[0] != volumes:
            self._recognised = volumes, timed_phases(volumes) if volumes else ()
        found = []
        for phase in self._recognised[1]:
            edit = self._edits.get(phase.volume.key, PhaseEdit())
            typed = edit.time_s is not None
            found.append(
                replace(
                    phase, name=edit.name or phase.name, time_s=edit.time_s if typed else phase.time_s,
                    told_by=TYPED if typed else phase.told_by, zero="" if typed else phase.zero,
                )
            )  # fmt: skip
        if any(phase.time_s is None for phase in found):
            return tuple(found)
        found.sort(key=lambda phase: phase.time_s or 0.0)
        if all(phase.told_by != TYPED for phase in found):
            return tuple(found)
        # By the times that were typed they may be called otherwise; a name that somebody typed stays.
        own = {key: edit.name for key, edit in self._edits.items() if edit.name}
        return tuple(replace(p, name=own.get(p.volume.key, p.name)) for p in named_anew(found))

    def used(self, key: str) -> bool:
        """Whether a phase counts."""
        return self._edits.get(key, PhaseEdit()).used

    @property
    def used_phases(self) -> tuple[Phase, ...]:
        """Those that count."""
        return tuple(phase for phase in self.phases if self.used(phase.volume.key))

    @property
    def reference(self) -> Phase | None:
        """The phase that the others are aligned with: the chosen one, else the one before contrast, else the first."""
        phases = self.used_phases
        chosen = next((phase for phase in phases if phase.volume.key == self._reference_key), None)
        return chosen or next((p for p in phases if p.name.startswith("pre")), phases[0] if phases else None)

    def choose_reference(self, key: str) -> None:
        """Align the others with this phase."""
        if key != self._reference_key:
            self._reference_key = key
            self.aligned = ()
            self._input_changed()

    def edit_phase(self, key: str, **changes: Any) -> None:
        """Give a phase another name or time, or leave it out (`used=False`)."""
        edit = replace(self._edits.get(key, PhaseEdit()), **changes)
        if edit != self._edits.get(key, PhaseEdit()):
            self._edits[key] = edit
            self._input_changed()

    def why_not(self) -> str:
        """Why nothing can be separated, in words; "" when it can."""
        if not self.examination:
            return "There is no MR of several phases in this case: open all phases of the examination"
        phases = self.used_phases
        if len(phases) < 2:
            return "At least two phases must count"
        names = [phase.name for phase in phases]
        twice = next((name for name in names if names.count(name) > 1), "")
        if twice:
            return f"Two phases are called {twice!r}: give each a name of its own"
        times = [phase.time_s for phase in phases if phase.time_s is not None]
        if len(set(times)) < len(times):
            return "Two phases have the same time: type when each was taken"
        if self.link() is None:
            return "The phases are not registered to the planning image: register one of them first"
        if self.seed_mm is None:
            return "Click in the tumour first"
        return ""

    def link(self) -> SpatialMap | None:
        """From the planning image's frame to the reference phase's; None where nothing links them."""
        reference, planning = self.reference, self._case.planning
        if reference is None or planning is None:
            return None
        if planning is reference.volume:
            return Transform.identity()
        return self._case.transform(planning.frame_of_reference_uid, reference.volume.frame_of_reference_uid)

    # ------------------------------------------------------------------ what was clicked

    @property
    def kind(self) -> str:
        """One of `KINDS`: what the next click says."""
        return self._kind

    @kind.setter
    def kind(self, kind: str) -> None:
        if kind not in KINDS:
            raise ValueError(f"There is no kind of sample called {kind!r}")
        if kind != self._kind:
            self._kind = kind
            self.changed.emit()

    @property
    def seed_mm(self) -> Float | None:
        """(3,) where the tumour was clicked last, in the planning image's frame."""
        tumours = self.of_kind(TUMOUR)
        return tumours[-1].points_mm[0] if tumours else None

    def of_kind(self, kind: str) -> list[Sample]:
        """The samples of a kind, in the order in which they were set."""
        return [sample for sample in self.samples if sample.kind == kind]

    def add_sample(self, kind: str, points_mm: ArrayLike, radius_mm: float = SAMPLE_MM) -> Sample:
        """Say what lies at a point, or along a stroke (n, 3), in the planning image's frame."""
        number = 1 + max((sample.number for sample in self.of_kind(kind)), default=0)
        points = np.atleast_2d(np.array(points_mm, dtype=np.float64))
        made = Sample(number, kind, points, radius_mm)
        self.samples = (*self.samples, made)[-MOST_SAMPLES:]
        self._input_changed()
        self.clicked.emit(kind)
        return made

    def remove_sample(self, sample: Sample) -> None:
        """Take one back."""
        self.samples = tuple(each for each in self.samples if each is not sample)
        self._input_changed()

    def clear_samples(self) -> None:
        """Take all back, and what was found with them."""
        if self.samples:
            self.samples = ()
            self.take(None)
            self._input_changed()

    def hover(self, point_mm: Float | None) -> None:
        """Where the cursor samples now."""
        self.hover_mm = point_mm
        self.hovered.emit()

    def choose(self, **choices: Any) -> None:
        """Choose `vein_structure`, `barriers`, `normalise` or `shading`."""
        before = {name: getattr(self, name) for name in choices}
        if before != choices:
            for name, value in choices.items():
                setattr(self, name, value)
            self._input_changed()

    # ------------------------------------------------------------------ what was found

    def take(self, found: Found | None) -> None:
        """Put a result, or none, in the place of the last one."""
        self.found = found
        self._linked = self.link() is not None
        self.stale = found is not None and found.basis != self.basis()
        self.grower = None
        if found is not None:
            self.aligned = found.subtraction.aligned
        self.found_changed.emit()
        self.grown_changed.emit()

    def lay(self, found: Found, difference: Difference) -> None:
        """The same result with a weighted difference beside its maps."""
        self.found, self.difference = found, difference
        self.found_changed.emit()

    def grow_on(self, grower: Grower | None, threshold: float) -> None:
        """Grow on another piece of evidence."""
        self.grower, self.threshold = grower, threshold
        self.grown_changed.emit()

    def set_threshold(self, threshold: float) -> None:
        """Grow at another threshold of the evidence."""
        grower = self.grower
        if grower is not None:
            threshold = min(max(float(threshold), grower.lowest), grower.highest)
            if threshold != self.threshold:
                self.threshold = threshold
                self.grown_changed.emit()

    @property
    def grown(self) -> Grown | None:
        """What belongs to the tumour at the threshold; None where there is nothing to accept."""
        if self.grower is None or self.proposed is None:
            return None
        return self.grower.at(self.threshold)

    @property
    def proposed(self) -> Found | None:
        """The result, where it separates and lies where it was found: on its planning image, by a registration."""
        found = self.found
        if found is None or not found.separable or found.planning_key != self._case.planning_key or not self._linked:
            return None
        return found

    # ------------------------------------------------------------------ keeping it

    def state(self) -> dict[str, Any]:
        """What was typed, clicked and chosen, as JSON values."""
        own = self.difference
        return {
            "examination": self._key,
            "reference": self._reference_key,
            "edits": {key: [e.name, e.time_s, e.used] for key, e in self._edits.items()},
            "samples": [[s.kind, s.points_mm.tolist(), s.radius_mm] for s in self.samples],
            "vein": self.vein_structure,
            "barriers": list(self.barriers),
            "normalise": self.normalise,
            "shading": self.shading,
            "difference": None if own is None else [own.late, own.early, own.weight],
        }

    def restore(self, state: object) -> None:
        """Take up what `state` gave; what makes no sense is left out."""
        if not isinstance(state, Mapping):
            return
        self._key, self._reference_key = str(state.get("examination", "")), str(state.get("reference", ""))
        self._edits = _edits_of(state.get("edits"))
        self.samples = ()
        for kind, points, radius_mm in _samples_of(state.get("samples")):
            number = 1 + len(self.of_kind(kind))
            self.samples = (*self.samples, Sample(number, kind, points, radius_mm))
        self.vein_structure, self.normalise = str(state.get("vein", "")), str(state.get("normalise", ""))
        self.shading = "n4" if state.get("shading") == "n4" else "ratio"
        barriers = state.get("barriers", ())
        self.barriers = tuple(str(each) for each in barriers) if isinstance(barriers, list) else ()
        self.difference = _difference_of(state.get("difference"))
        self.changed.emit()

    def keep(self) -> None:
        """Write the state into the case."""
        self._case.set_view_state(STATE, self.state())

    def recall(self) -> None:
        """Take up what `keep` has written into the case."""
        self.restore(self._case.view_state.get(STATE))

    def basis(self) -> tuple[object, ...]:
        """What a result hangs on, to be compared: one that was found on the same is not out of date."""
        reference, planning, link = self.reference, self._case.planning, self.link()
        way: object = None
        if isinstance(link, Transform):
            way = link.matrix.tobytes()
        elif link is not None and planning is not None and reference is not None:
            frames = planning.frame_of_reference_uid, reference.volume.frame_of_reference_uid
            way = tuple(each.identifier for each in self._case.chain(*frames))
        return (
            tuple((phase.volume.key, phase.name, phase.time_s) for phase in self.used_phases),
            reference.volume.key if reference is not None else "", planning.key if planning is not None else "", way,
            tuple(sample for sample in self.samples if sample.kind in (TUMOUR, VEIN)), self.vein_structure,
            self.barriers, self.normalise, self.shading,
        )  # fmt: skip

    def _input_changed(self, *_: object) -> None:
        if self.found is not None:
            self.stale = self.found.basis != self.basis()
            linked = self.link() is not None
            moved, self._linked = linked != self._linked, linked
            if moved or self.found.planning_key != self._case.planning_key:
                self.grown_changed.emit()
        self.changed.emit()

    def _images_changed(self, *_: object) -> None:
        volumes = self.examination
        self.aligned = tuple(a for a in self.aligned if a.phase.volume in volumes)
        found = self.found
        if found is not None and any(a.phase.volume not in volumes for a in found.subtraction.aligned):
            self.take(None)
        self._input_changed()


def _edits_of(kept: object) -> dict[str, PhaseEdit]:
    if not isinstance(kept, Mapping):
        return {}
    found = {}
    for key, row in kept.items():
        if isinstance(row, list) and len(row) == 3 and isinstance(row[0], str):
            time_s = float(row[1]) if isinstance(row[1], int | float) else None
            found[str(key)] = PhaseEdit(row[0], time_s, bool(row[2]))
    return found


def _difference_of(kept: object) -> Difference | None:
    from workstation.enhancement.weighting import LEAST_WEIGHT, MOST_WEIGHT, Difference

    if not isinstance(kept, list) or len(kept) != 3 or not all(isinstance(name, str) for name in kept[:2]):
        return None
    known = isinstance(kept[2], int | float) and LEAST_WEIGHT <= kept[2] <= MOST_WEIGHT
    return Difference(kept[0], kept[1], float(kept[2])) if known else None


def _samples_of(kept: object) -> Sequence[tuple[str, Float, float]]:
    found: list[tuple[str, Float, float]] = []
    for row in kept if isinstance(kept, list) else ():
        try:
            kind, points, radius_mm = row
            made = np.array(points, dtype=np.float64)
            radius = float(radius_mm)
        except (TypeError, ValueError):
            continue
        if kind in KINDS and made.ndim == 2 and made.shape[1] == 3 and np.isfinite(made).all() and 0 < radius < 50:
            found.append((str(kind), made, radius))
    return found
