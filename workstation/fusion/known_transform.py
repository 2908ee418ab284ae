"""The known-transform test: what does a registration recover, on this patient, of a displacement that is known?

The moving series is displaced by changing where it says it lies (nothing is resampled, so its values stay what they
are), or bent by a random smooth field (for which it must be resampled, once), and registered again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workstation.fusion.deformable import register_deformable
from workstation.fusion.map_figures import affine_part
from workstation.fusion.quality.region import judged_region, reached, some_points_mm
from workstation.fusion.registration import Registration, RegistrationError
from workstation.fusion.rigid import register_rigid
from workstation.fusion.watching import Watch, silent_watch
from workstation.geometry.deformation import Deformation, DisplacementField, FieldStep, SpatialMap
from workstation.geometry.grid import Grid
from workstation.geometry.mask import Mask
from workstation.geometry.transform import Transform
from workstation.images.resample import resample
from workstation.images.volume import Volume
from workstation.jobs.progress import Progress, part, silent

Float = NDArray[np.float64]

SEED = 7
MOST_TRIALS = 200
SMALLEST_GOOD_MM = 1.0
LANDED_POINTS = 300
SHOWN_MM = 0.5
"""Smaller errors are not worth asking where they come from."""
BEND_STEP_MM, NODE_MM = 40.0, 8.0
"""Distance of the random vectors of a bent trial, and of the nodes between which the field is linear."""


@dataclass(frozen=True, eq=False)
class Trial:
    """One displacement and what was recovered of it.

    shift_mm, rotation_deg: (3,) applied about the middle of the moving image, patient axes (LPS). bend_mm: largest
    displacement of the random field, 0 for a rigid trial. error_mm: {"mean", "p95", "max"} over the points judged,
    None where the registration gave no answer. told: its own verdict. verdict: good within half of the largest voxel
    side (1 mm at least), failed above the whole of it (2 mm at least). sentence: why there is no answer, or doubts.
    landed_mm: (m, 3) where some of the points end when the displacement is taken back: the same in each trial, if the
    answers agree with each other.
    """

    number: int
    shift_mm: Float
    rotation_deg: Float
    bend_mm: float
    error_mm: dict[str, float] | None
    seconds: float
    verdict: str
    told: str
    sentence: str = ""
    landed_mm: Float | None = None

    def as_dict(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "number": self.number,
            "shift_mm": [round(float(v), 3) for v in self.shift_mm],
            "rotation_deg": [round(float(v), 3) for v in self.rotation_deg],
            "bend_mm": round(self.bend_mm, 3),
            "error_mm": self.error_mm,
            "seconds": round(self.seconds, 2),
            "verdict": self.verdict,
            "told": self.told,
            "sentence": self.sentence,
        }


@dataclass(frozen=True, eq=False)
class Bend:
    """A random smooth displacement of at most so many mm; seed: which one."""

    most_mm: float
    seed: int = SEED


def rigid_then_deformable(
    fixed: Volume, moving: Volume, *, progress: Progress = silent, watch: Watch = silent_watch
) -> Registration:
    """The engine that a bent trial needs: rigid first, then deformable from there."""
    rigid = register_rigid(fixed, moving, progress=part(progress, 0.0, 0.25), watch=watch)
    return register_deformable(
        fixed, moving, start=affine_part(rigid.fixed_to_moving), progress=part(progress, 0.25, 1.0), watch=watch
    )


def random_transforms(count: int, shift_mm: float, rotation_deg: float, seed: int = SEED) -> list[tuple[Float, Float]]:
    """Shifts and turns, each component anywhere between plus and minus its range (uniform)."""
    if not 1 <= count <= MOST_TRIALS:
        raise RegistrationError(f"A test has 1 to {MOST_TRIALS} trials, not {count}")
    if not (np.isfinite([shift_mm, rotation_deg]).all() and shift_mm >= 0 and 0 <= rotation_deg <= 180):
        raise RegistrationError("The ranges of a test are a shift in mm from 0 on and a turn from 0 to 180 degrees")
    random = np.random.default_rng(seed)
    return [
        (random.uniform(-shift_mm, shift_mm, 3), random.uniform(-rotation_deg, rotation_deg, 3)) for _ in range(count)
    ]


def known_transform_test(
    fixed: Volume,
    moving: Volume,
    registration: Registration | None = None,
    *,
    transforms: Iterable[Sequence[Any]] | None = None,
    count: int = 5,
    shift_mm: float = 15.0,
    rotation_deg: float = 8.0,
    bend_mm: float = 0.0,
    seed: int = SEED,
    region: Mask | None = None,
    register: Callable[..., Registration] = register_rigid,
    progress: Progress = silent,
    watch: Watch = silent_watch,
    heard: Callable[[Trial], None] = lambda trial: None,
) -> list[Trial]:
    """Displace the moving image by known transforms, register it to the fixed one, and tell what was recovered.

    registration: where the images belong, from fixed to moving; without one they are registered first, and the test
    tells how well the registration finds its own answer again. transforms: (shift mm, rotation degrees) of each trial
    in patient axes about the moving image's middle; else `count` random ones within the ranges and, with bend_mm,
    each also bent by a random smooth field: then give `register=rigid_then_deformable`. register(fixed, moving,
    progress=, watch=) may answer with a RegistrationError, which is a failed trial. region: where errors count (fixed
    frame), the body by default. heard: is told each trial as it ends.
    """
    given = transforms is not None
    asked = [_pair(t) for t in transforms or ()] if given else random_transforms(count, shift_mm, rotation_deg, seed)
    if not 1 <= len(asked) <= MOST_TRIALS:
        raise RegistrationError(f"A test has 1 to {MOST_TRIALS} trials, not {len(asked)}")
    if not np.isfinite(bend_mm) or bend_mm < 0:
        raise RegistrationError("A bent trial needs a displacement in mm, from 0 on")
    share = 1.0 / (len(asked) + (registration is None))
    done = 0.0
    if registration is None:
        registration = register(fixed, moving, progress=part(progress, 0.0, share), watch=watch)
        done = share
    truth = registration.fixed_to_moving
    points = reached(moving, truth, some_points_mm(judged_region(fixed, region)))
    if not len(points):
        raise RegistrationError("The moving image does not reach the body under this registration, nothing to test")
    run = _Run(fixed, moving, truth, points, register, watch)
    trials = []
    for n, (shift, turn) in enumerate(asked):
        bend = Bend(bend_mm, seed + n) if bend_mm else None
        trial = run.trial(n + 1, shift, turn, bend, part(progress, done + n * share, done + (n + 1) * share))
        heard(trial)
        trials.append(trial)
    progress(1.0, "Tested")
    return trials


def summary(trials: Sequence[Trial]) -> dict[str, Any]:
    """{"trials", "good", "doubtful", "failed", "error_mm": {"mean", "max"}, "scatter_mm", "unnoticed", "sentence"}.

    error_mm: of the trials' mean errors, over those with an answer. scatter_mm: mean distance of the answers from
    their own middle; where it is much less than the error, what they are compared with lies off. unnoticed: failed
    ones that called themselves good, the dangerous ones.
    """
    means = [t.error_mm["mean"] for t in trials if t.error_mm is not None]
    counts = {verdict: sum(t.verdict == verdict for t in trials) for verdict in ("good", "doubtful", "failed")}
    unnoticed = sum(t.verdict == "failed" and t.told == "good" for t in trials)
    error = {"mean": round(float(np.mean(means)), 3), "max": round(float(np.max(means)), 3)} if means else None
    scatter = _scatter_mm([t.landed_mm for t in trials if t.landed_mm is not None])
    return {
        "trials": len(trials), **counts, "error_mm": error, "scatter_mm": scatter, "unnoticed": unnoticed,
        "sentence": _sentence(len(trials), counts, error, scatter, unnoticed),
    }  # fmt: skip


def _scatter_mm(landed: list[Float]) -> float | None:
    """None with fewer than two answers."""
    if len(landed) < 2:
        return None
    points = np.array(landed)
    return round(float(np.linalg.norm(points - points.mean(0), axis=-1).mean()), 3)


def displaced(volume: Volume, move: Transform) -> Volume:
    """The same values at another place: its geometry is moved (rigidly), nothing is resampled."""
    grid = volume.grid
    direction = move.matrix[:3, :3] @ grid.direction
    return replace(volume, grid=Grid(move.apply(grid.origin_mm), grid.spacing_mm, direction, grid.size), slices=())


def random_field(grid: Grid, bend: Bend) -> DisplacementField:
    """A smooth random field over a grid, zero nowhere in particular; its longest vector is `bend.most_mm`.

    Random vectors on a lattice of 40 mm, between which a cubic B-spline runs; nodes of 8 mm or as wide as the voxels.
    """
    extent = grid.spacing_mm * np.array(grid.size)
    size = np.maximum(2, np.ceil(extent / NODE_MM)).astype(int) + 1
    spacing = extent / (size - 1)
    corner = grid.to_patient(np.full(3, -0.5))
    random = np.random.default_rng(bend.seed)
    coarse = np.maximum(1, np.ceil(extent / BEND_STEP_MM)).astype(int)
    values = random.normal(size=(*(coarse[::-1] + 3), 3))
    for axis, (nodes, cells) in enumerate(zip(size[::-1], coarse[::-1], strict=True)):
        values = np.moveaxis(np.tensordot(_spline(int(nodes), int(cells)), values, axes=(1, axis)), 0, axis)
    values *= bend.most_mm / np.linalg.norm(values, axis=-1).max()
    return DisplacementField(Grid(corner, spacing, grid.direction, size), values)


def _spline(nodes: int, cells: int) -> Float:
    """(nodes, cells + 3) weights of the cubic B-spline's coefficients at evenly spread nodes."""
    at = np.linspace(0, cells, nodes)
    cell = np.minimum(at.astype(int), cells - 1)
    t = at - cell
    weights = np.stack([(1 - t) ** 3, 3 * t**3 - 6 * t**2 + 4, -3 * t**3 + 3 * t**2 + 3 * t + 1, t**3], 1) / 6
    out = np.zeros((nodes, cells + 3))
    for n in range(4):
        out[np.arange(nodes), cell + n] = weights[:, n]
    return out


@dataclass(frozen=True, eq=False)
class _Run:
    """What all trials share. points: (n, 3) fixed points; truth: fixed to moving before anything was displaced."""

    fixed: Volume
    moving: Volume
    truth: SpatialMap
    points: Float
    register: Callable[..., Registration]
    watch: Watch

    def trial(self, number: int, shift: Float, turn: Float, bend: Bend | None, progress: Progress) -> Trial:
        rigid = Transform.from_rigid(shift, turn, self.moving.grid.centre_mm)
        moving = self.moving
        whole: SpatialMap = rigid
        if bend is not None:
            progress(0.0, f"Trial {number}: bending the moving image")
            back = Deformation([FieldStep(random_field(moving.grid, bend))])
            moving, whole = _bent(moving, back), rigid.after(back.inverse())
        begun = time.perf_counter()
        told, sentence, error_mm, landed = "failed", "", None, None
        try:
            found = self._registered(displaced(moving, rigid), number, progress)
        except RegistrationError as error:
            sentence = str(error)
        else:
            error_mm = self._error_mm(found, whole)
            some = self.points[:: max(1, len(self.points) // LANDED_POINTS)]
            landed = whole.inverse().apply(found.fixed_to_moving.apply(some))
            told = str(found.quality.get("verdict", ""))
            sentence = "; ".join(str(reason) for reason in found.quality.get("reasons") or ())
        seconds = time.perf_counter() - begun
        verdict = "failed" if error_mm is None else self._verdict(error_mm["mean"])
        most = bend.most_mm if bend else 0.0
        return Trial(number, shift, turn, most, error_mm, seconds, verdict, told, sentence, landed)

    def _registered(self, moving: Volume, number: int, progress: Progress) -> Registration:
        def numbered(fraction: float, sentence: str) -> None:
            progress(fraction, f"Trial {number}: {sentence}")

        return self.register(self.fixed, moving, progress=numbered, watch=self.watch)

    def _error_mm(self, found: Registration, move: SpatialMap) -> dict[str, float]:
        """How far the points end from where the displacement has taken them."""
        there = move.apply(self.truth.apply(self.points))
        lengths = np.linalg.norm(found.fixed_to_moving.apply(self.points) - there, axis=1)
        figures = {"mean": lengths.mean(), "p95": np.percentile(lengths, 95), "max": lengths.max()}
        return {name: round(float(value), 3) for name, value in figures.items()}

    def _verdict(self, error: float) -> str:
        side = float(max(*self.fixed.grid.spacing_mm, *self.moving.grid.spacing_mm))
        if error <= max(SMALLEST_GOOD_MM, 0.5 * side):
            return "good"
        return "doubtful" if error <= max(2 * SMALLEST_GOOD_MM, side) else "failed"


def _bent(volume: Volume, back: Deformation) -> Volume:
    """The volume with each point showing what lay at back(point)."""
    found = resample(volume, volume.grid, back, frame_of_reference_uid=volume.frame_of_reference_uid)
    return replace(found, key=volume.key)


def _pair(given: Sequence[Any]) -> tuple[Float, Float]:
    """(shift, rotation) as arrays; also six numbers in a row."""
    numbers = np.asarray(given, dtype=np.float64).ravel()
    if numbers.shape != (6,) or not np.isfinite(numbers).all():
        raise RegistrationError("A known transform is a shift (x, y, z in mm) and a rotation (three angles in degrees)")
    return numbers[:3], numbers[3:]


def _sentence(
    count: int, counts: dict[str, int], error: dict[str, float] | None, scatter: float | None, unnoticed: int
) -> str:
    if error is None:
        return f"None of {count} displacements was recovered."
    told = f"{counts['good']} of {count} displacements were recovered within tolerance"
    if counts["good"] == count:
        told = "All " + (f"{count} displacements were" if count > 1 else "of the one displacement was")
        told += " recovered within tolerance"
    told += f"; mean error {error['mean']:.2f} mm, worst {error['max']:.2f} mm."
    if scatter is not None and scatter < 0.25 * error["mean"] and error["mean"] > SHOWN_MM:
        told += (
            f" The answers agree with each other within {scatter:.2f} mm: "
            "what they are compared with lies off by the rest."
        )
    elif unnoticed:
        told += f" {unnoticed} failed without being noticed: do not trust this registration on this patient."
    return told
