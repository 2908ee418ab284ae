"""Deformable registration of two images of one patient, of the same or of different modality.

Cubic B-splines with bending energy (Rueckert et al., IEEE TMI 18:712, 1999), found by Gauss and Newton's steps through
a pyramid of images and lattices; every measure of agreement is a log-likelihood, so that one stiffness suits them all.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any, Literal
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from workstation.fusion.bspline import THREADS, Along, Lattice, evaluated
from workstation.fusion.deformable_climb import Level, Look, climb
from workstation.fusion.deformable_fade import Fade
from workstation.fusion.deformable_images import Box, Sources, held, linear_curve
from workstation.fusion.deformable_metrics import NAMES, DeformableMetric, measure_for
from workstation.fusion.deformable_unfolding import Unfolding
from workstation.fusion.jacobian import FieldJacobian, jacobian_of
from workstation.fusion.preparation import Prepared, prepare, shows_hounsfield_units
from workstation.fusion.quality.displacement import spread
from workstation.fusion.registration import Registration, RegistrationError
from workstation.fusion.rigid import register_rigid
from workstation.fusion.watching import Step, Watch, silent_watch
from workstation.geometry.deformation import Deformation, DisplacementField, FieldStep, SpatialMap
from workstation.geometry.grid import Grid
from workstation.geometry.mask import Mask
from workstation.geometry.transform import Transform
from workstation.images.volume import Volume
from workstation.jobs.progress import Progress, part, silent

Float = NDArray[np.float64]
Single = NDArray[np.float32]

STEPS = (20, 15, 8)
"""Of the levels, coarse to fine."""
SPACING_MM = 10.0
STIFFNESS: dict[DeformableMetric, float] = {"squares": 10.0, "correlation": 10.0, "mutual-information": 500.0}
"""mm²; of a likelihood per mm³."""
WINDOW_MM = 12.0
NOISE: dict[DeformableMetric, float] = {"squares": 0.004, "correlation": 0.01, "mutual-information": 0.0}
LEAST_OVERLAP = 0.02
FIELD_MM = (2.0, 4.0)
MOST_NODES = 4e6
FADED_FIELD_MM = 2.0
SMALL_VOLUME, LARGE_VOLUME = 0.2, 5.0
TOLD_BY_TWO_MODALITIES_MM = 1.0
"""Bends of a CT onto an MR of one rigid head reach 2 to 6 mm where soft tissue looks alike in one of them."""
LEAST_AGREEMENT: dict[DeformableMetric, float] = {
    "squares": -np.inf, "correlation": 0.1, "mutual-information": 0.05
}  # fmt: skip


def register_deformable(
    fixed: Volume,
    moving: Volume,
    *,
    start: Transform | None = None,
    metric: Literal["auto"] | DeformableMetric = "auto",
    spacing_mm: float | None = None,
    stiffness: float = 1.0,
    inside: Mask | None = None,
    diffeomorphic: bool = True,
    symmetric: bool = True,
    progress: Progress = silent,
    watch: Watch = silent_watch,
) -> Registration:
    """Find the map that takes points of the fixed image to the same anatomy in the moving one, bending as it must.

    start: a rigid (or affine) map, fixed to moving; the bend is what is left after it. Without one the identity where
        both images share a frame of reference, else a rigid registration is done first.
    metric: "squares" (same scanner, same values), "correlation" (in windows of 12 mm: values may change smoothly),
        "mutual-information" (different modalities); "auto" takes correlation for one modality, else information.
    spacing_mm: between control points at the end, 10 by default. stiffness: 1 is usual, 10 is stiff, 0.1 limp.
    inside: nothing outside of this structure (any grid, fixed frame) moves; inside, movement fades in from its surface.
    diffeomorphic: kept from folding at every step, no cell shrinks below a tenth.
    symmetric: registered both ways, and the middle of both answers taken: exchanged images give the way back, and each
        answer's chance errors are halved, in twice the time. Not done with `inside`, which is known in one frame only.
    progress: may raise Cancelled; watch: gets every step.
    The map is T(x) = start(x + u(x)), u sampled on nodes over the fixed image (over `inside`, where given).
    Raises RegistrationError, in one sentence, for images that can't be registered. `quality` (JSON values) holds
    "metric" with its name and unit, "metric_start", "metric_end", "iterations", "control_spacing_mm", "stiffness",
    "diffeomorphic", "symmetric", "displacement_mm" of the bend in the body {"min", "mean", "p95", "max"}, "jacobian"
    in the body and "jacobian_field" everywhere {"min", "max", "folded_fraction"}, a "verdict" and its "reasons".
    """
    if spacing_mm is not None and not 2.0 <= spacing_mm <= 200.0:
        raise RegistrationError(f"Control points lie 2 to 200 mm apart, not {spacing_mm:g} mm")
    if not 0 < stiffness < np.inf:
        raise RegistrationError(f"The stiffness is a positive number, not {stiffness:g}")
    begin = 0.0
    if start is None and not _same_frame(fixed, moving):
        found = register_rigid(fixed, moving, progress=part(progress, 0.0, 0.3), watch=watch).fixed_to_moving
        start, begin = _affine(found), 0.3
    begun = part(progress, begin, 1.0)
    begun(0.0, "Preparing the fixed image")
    one = prepare(fixed, "fixed")
    begun(0.05, "Preparing the moving image")
    other = prepare(moving, "moving")
    chosen = _metric(fixed, moving) if metric == "auto" else metric
    with ThreadPoolExecutor(THREADS) as pool:
        straight = _affine(start or Transform.identity())
        wishes = chosen, spacing_mm or SPACING_MM, stiffness
        work = _Work(one, other, straight, *wishes, inside, diffeomorphic, watch, pool)
        both_ways = symmetric and inside is None
        found_bend = work.climbed(part(begun, 0.1, 0.48 if both_ways else 0.9))
        if both_ways:
            back = _Work(other, one, straight.inverse(), *wishes, None, True, _backwards(watch), pool)
            found_bend = work.half_way(found_bend, back.map(part(begun, 0.48, 0.88)))
            work.steps += back.steps
        answer = work.answer(found_bend, part(begun, 0.9, 1.0))
        answer.quality["symmetric"] = both_ways
    progress(1.0, "Registered")
    return Registration(
        identifier=str(uuid4()),
        fixed_frame_uid=fixed.frame_of_reference_uid,
        moving_frame_uid=moving.frame_of_reference_uid,
        fixed_to_moving=answer.map,
        method=f"deformable, B-spline, {NAMES[chosen].split(',')[0]}",
        quality=answer.quality,
    )


def _same_frame(fixed: Volume, moving: Volume) -> bool:
    return bool(fixed.frame_of_reference_uid) and fixed.frame_of_reference_uid == moving.frame_of_reference_uid


def _affine(found: SpatialMap) -> Transform:
    if not isinstance(found, Transform):
        raise RegistrationError("A deformable registration starts from a rigid or affine map, not from a bent one")
    return found


def _metric(fixed: Volume, moving: Volume) -> DeformableMetric:
    both_ct = shows_hounsfield_units(fixed) and shows_hounsfield_units(moving)
    same = both_ct or (bool(fixed.modality) and fixed.modality == moving.modality)
    return "correlation" if same else "mutual-information"


def _backwards(watch: Watch) -> Watch:
    """Tells of the way back as stages of its own."""
    return lambda step: watch(replace(step, stage=f"{step.stage}, backwards"))


@dataclass(frozen=True, eq=False)
class _Bend:
    """Where a climb has ended."""

    lattice: Lattice
    coefficients: Float
    level: Level


@dataclass(frozen=True, eq=False)
class _Answer:
    map: SpatialMap
    quality: dict[str, Any]


@dataclass(frozen=True, eq=False)
class _Nodes:
    """Where the answer is sampled: a grid, the splines along its axes (k, j, i), the fade there."""

    grid: Grid
    along: tuple[Along, Along, Along]
    fade: Single | None


@dataclass(eq=False)
class _Work:
    """One registration under way."""

    fixed: Prepared
    moving: Prepared
    start: Transform
    metric: DeformableMetric
    spacing_mm: float
    stiffness: float
    inside: Mask | None
    diffeomorphic: bool
    watch: Watch
    pool: ThreadPoolExecutor
    steps: int = 0
    fade: Fade | None = field(init=False)
    box: Box = field(init=False)

    def __post_init__(self) -> None:
        beyond = float(np.sqrt(3)) * FADED_FIELD_MM
        self.fade = None if self.inside is None else Fade.inside(self.inside, beyond)
        if self.fade is not None and self.fade.width_mm <= 0:
            raise RegistrationError(
                "Deformable registration is not possible: the structure to stay inside of is too thin"
            )
        self.box = Box.around(self.fixed.volume.grid, self.fixed.body, self.fade)

    def climbed(self, progress: Progress) -> _Bend:
        """Through the levels, coarse to fine."""
        sources = self._sources()
        lattice = Lattice.over(self.box.size_mm, self.spacing_mm, len(STEPS) - 1)
        coefficients = np.zeros(lattice.shape)
        finest = self.box.finest_mm()
        share = [0.0, 0.12, 0.35, 1.0]
        for n, steps in enumerate(STEPS):
            if n:
                lattice, coefficients = lattice.halved(coefficients)
            spacing = finest * 2 ** (len(STEPS) - 1 - n)
            here = part(progress, share[n], share[n + 1])
            level, coefficients = self._climb(sources, lattice, coefficients, spacing, steps, here)
        return _Bend(lattice, coefficients, level)

    def map(self, progress: Progress) -> Deformation:
        """The map alone, sampled, and sure to have a way back."""
        bend = self.climbed(progress)
        nodes = self._nodes(bend.lattice)
        unfolding = self._unfolding(bend.lattice, nodes, lambda: progress(1.0, "Sampling the deformation"))
        values = unfolding.displacements(unfolding(bend.coefficients))
        return Deformation((FieldStep(DisplacementField(nodes.grid, values)), self.start))

    def half_way(self, bend: _Bend, back: Deformation) -> _Bend:
        """The middle between a bend and another answer; back: takes moving points to fixed ones."""
        nodes = self._test_nodes(bend.lattice)
        here = evaluated(bend.lattice, bend.coefficients, nodes.along, self.pool)
        k, j, i = np.meshgrid(*(np.arange(n) for n in nodes.grid.shape), indexing="ij")
        points = nodes.grid.to_patient(np.stack([i, j, k], axis=-1))
        other = self.start.inverse().apply(back.inverse().apply(points)) - points
        change = bend.lattice.fitted((other - here) / 2, nodes.along)
        return replace(bend, coefficients=bend.coefficients + change)

    def answer(self, bend: _Bend, progress: Progress) -> _Answer:
        """Sampled and judged."""
        progress(0.0, "Sampling the deformation")
        coefficients, nodes = bend.coefficients, self._nodes(bend.lattice)
        if self.diffeomorphic:
            beat = lambda: progress(0.2, "Sampling the deformation")  # noqa: E731
            coefficients = self._unfolding(bend.lattice, nodes, beat)(coefficients)
        progress(0.5, "Judging the deformation")
        end = bend.level.look(coefficients).judged.agreement
        began = bend.level.look(np.zeros_like(coefficients)).judged.agreement
        return self._answer(bend.lattice, coefficients, nodes, began, end)

    def _sources(self) -> Sources:
        if self.metric == "mutual-information":
            curves = self.fixed.curve, self.moving.curve
        else:
            curves = linear_curve(self.fixed.volume), linear_curve(self.moving.volume)
        return Sources(self.fixed, self.moving, *curves, self.box, self.start, self.fade, self.pool)

    def _climb(
        self, sources: Sources, lattice: Lattice, coefficients: Float, spacing: float, steps: int, progress: Progress
    ) -> tuple[Level, Float]:  # fmt: skip
        stage = f"{spacing:.1f} mm"
        progress(0.0, f"Looking at the images at {stage}")
        images = sources.level(spacing, lambda: progress(0.0, f"Looking at the images at {stage}"))
        window = tuple(max(1, round(max(WINDOW_MM / 2, 2 * spacing) / s)) for s in images.spacing_mm)
        measure = measure_for(self.metric, window, NOISE[self.metric], images.to_index, self.pool)
        said = [0.0]
        level = Level(
            images, lattice, measure, self.stiffness * STIFFNESS[self.metric], self.pool,
            lambda: progress(said[0], f"Bending at {stage}"),
        )  # fmt: skip

        def after(number: int, look: Look, coefficients: Float) -> None:
            self.steps += 1
            said[0] = number / steps
            self.watch(Step(stage, number, round(look.judged.agreement, 6)))
            progress(said[0], f"Bending at {stage}")

        first = level.look(coefficients)
        if first.judged.count < LEAST_OVERLAP * max(float(np.count_nonzero(images.known)), 1.0):
            raise RegistrationError(
                f"Registration is not possible: {self.fixed.name} and {self.moving.name} do not overlap"
            )
        mended: Callable[[Float], Float] = lambda c: c  # noqa: E731
        if self.diffeomorphic:
            mended = self._unfolding(
                lattice, self._test_nodes(lattice), lambda: progress(said[0], f"Bending at {stage}")
            )
        coefficients, _ = climb(level, coefficients, steps, after, mended)
        return level, coefficients

    # ------------------------------------------------------------------ the answer's nodes

    def _test_nodes(self, lattice: Lattice) -> _Nodes:
        """Two nodes a control interval, over the box."""
        grid = self.fixed.volume.grid
        counts = 2 * np.array(lattice.cells)[::-1] + 1
        spacing = lattice.spacing_mm[::-1] / 2
        own = Grid(grid.to_patient(self.box.first - 0.5), spacing, grid.direction, counts)
        along = tuple(lattice.along(a, np.arange(counts[2 - a]) * spacing[2 - a]) for a in range(3))
        return _Nodes(own, along, None if self.fade is None else self.fade.on(own))  # type: ignore[arg-type]

    def _nodes(self, lattice: Lattice) -> _Nodes:
        """Over the whole fixed image, from its first voxels to its last; around the structure alone, where given."""
        grid = self.fixed.volume.grid
        if self.fade is None:
            first, last = np.zeros(3), np.array(grid.size) - 1.0
            fine = float(np.clip(lattice.spacing_mm.min() / 5, *FIELD_MM))
            wanted = max(fine, float(np.prod((last - first + 1) * grid.spacing_mm) / MOST_NODES) ** (1 / 3))
        else:
            index = grid.to_index(self.fade.box_mm(2 * FADED_FIELD_MM))
            first, last, wanted = index.min(0), index.max(0), FADED_FIELD_MM
        length = (last - first) * grid.spacing_mm
        counts = np.maximum(2, np.ceil(length / wanted - 1e-6).astype(int) + 1)
        own = Grid(grid.to_patient(first), length / (counts - 1), grid.direction, counts)
        along = tuple(
            lattice.along(a, self.box.places_mm(a, np.linspace(first[2 - a], last[2 - a], counts[2 - a])))
            for a in range(3)
        )
        return _Nodes(own, along, None if self.fade is None else self.fade.on(own))  # type: ignore[arg-type]

    def _unfolding(self, lattice: Lattice, nodes: _Nodes, beat: Callable[[], None]) -> Unfolding:
        return Unfolding(lattice, nodes.along, nodes.grid.inverse_matrix[:3, :3], nodes.fade, self.pool, beat)

    # ------------------------------------------------------------------ to judge

    def _answer(self, lattice: Lattice, coefficients: Float, nodes: _Nodes, began: float, end: float) -> _Answer:
        unfolding = self._unfolding(lattice, nodes, lambda: None)
        values = unfolding.displacements(coefficients)
        jacobian = jacobian_of(values, nodes.grid.inverse_matrix[:3, :3], self.pool)
        inside = held(self.fixed.body, _cells(nodes.grid)) > 0
        lengths = np.linalg.norm(values[:-1, :-1, :-1][inside].astype(np.float64), axis=-1)
        least = jacobian.least[inside] if inside.any() else jacobian.least.ravel()
        body = FieldJacobian(least, jacobian.largest)
        reach = spread(lengths if len(lengths) else np.zeros(1))
        reasons, failed = self._reasons(jacobian, body, began, end, reach)
        quality = {
            "metric": NAMES[self.metric],
            "metric_start": round(began, 4),
            "metric_end": round(end, 4),
            "iterations": self.steps,
            "control_spacing_mm": [round(float(s), 2) for s in lattice.spacing_mm[::-1]],
            "stiffness": self.stiffness,
            "diffeomorphic": self.diffeomorphic,
            "displacement_mm": reach,
            "jacobian": body.figures(),
            "jacobian_field": jacobian.figures(),
            "verdict": "failed" if failed else "doubtful" if reasons else "good",
            "reasons": reasons,
        }
        whole = Deformation((FieldStep(DisplacementField(nodes.grid, values)), self.start))
        return _Answer(whole, quality)

    def _reasons(
        self, whole: FieldJacobian, body: FieldJacobian, began: float, end: float, reach: dict[str, float]
    ) -> tuple[list[str], bool]:
        reasons, failed = [], False
        if whole.smallest <= 0:
            reasons.append(f"the deformation folds in {100 * whole.folded_fraction:.2g} % of its field")
            failed = True
        if end < began:
            reasons.append("the images agree less after it than before")
            failed = True
        if 0 < body.smallest < SMALL_VOLUME or body.largest > LARGE_VOLUME:
            reasons.append(
                f"locally, volumes change by factors of {body.smallest:.2f} to {body.largest:.2f}: look at it closely"
            )
        if end < LEAST_AGREEMENT[self.metric]:
            reasons.append("the images have little in common")
        if self.metric == "mutual-information" and reach["p95"] > TOLD_BY_TWO_MODALITIES_MM:
            reasons.append(
                f"it bends by up to {reach['max']:.1f} mm, and images of two modalities guide a bend only roughly: "
                "several millimetres of it may be wrong; check it with landmarks, or keep to the rigid registration"
            )
        return reasons, failed


def _cells(grid: Grid) -> Grid:
    """The middles of a grid's cells."""
    return Grid(grid.to_patient((0.5, 0.5, 0.5)), grid.spacing_mm, grid.direction, np.array(grid.size) - 1)
