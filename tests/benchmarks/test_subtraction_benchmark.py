"""One click in the tumour of the teaching case, beside simpler ways: Dice, vein included, refusals, alignment, time.

Every seed is another patient: size, click and motion follow from it. The simpler ways get what they could best hope
for, because they are told the truth: the best threshold of the best phase; the best threshold of early minus delayed
(or delayed minus early) without alignment; the best number of k-means clusters of all aligned phases. Of each the part
counts that hangs together with the click. WORKSTATION_SUBTRACTION_SEEDS sets how many seeds (the figures ask for 20).
"""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from unittest import mock

import numpy as np
import pytest

from workstation.cli.phase_study import phases_in
from workstation.dicom.write_series import write_series
from workstation.enhancement.alignment import AlignedPhase
from workstation.enhancement.judging import samples_of
from workstation.enhancement.maps import evidence_maps
from workstation.enhancement.phase_stack import PhaseStack, stack_phases
from workstation.enhancement.regions import connected_to, shrunk, without_holes
from workstation.enhancement.separability import discriminant, judged
from workstation.enhancement.subtraction import Subtraction, subtract
from workstation.geometry.grid import Grid
from workstation.geometry.transform import Transform
from workstation.images.phase_times import Phase
from workstation.images.resample import resample
from workstation.structures.rasterise import mask_of
from workstation.teaching import glomus
from workstation.teaching.glomus import GlomusCase, GlomusSettings, glomus_case

SEEDS = int(os.environ.get("WORKSTATION_SUBTRACTION_SEEDS", "3"))
FIRST_SEED = 7100
CLICK_FROM_EDGE_MM = 2.0
THRESHOLDS, CLUSTERS = 40, (3, 4, 5, 6)
MEAN_TRE_MM, WORST_TRE_MM = 0.3, 0.6
FOLDER_TO_CANDIDATE_S = 6.0
HARD = {"heterogeneity": 0.15, "shading": 0.2, "motion_mm": 2.0, "motion_deg": 2.0}
WEAK_DELAY_S = 355.0
"""When the vein of *retaining* is 15 % darker than the tumour."""


def settings(variant: str, seed: int, **more: object) -> GlomusSettings:
    """As hard as the figures ask for, 3 to 12 cc."""
    size_cc = float(np.random.default_rng(seed).uniform(3.0, 12.0))
    return GlomusSettings(variant=variant, size_cc=size_cc, **HARD, **more)  # type: ignore[arg-type]


KINDS: dict[str, tuple[Callable[[int], GlomusSettings], float, float, float]] = {
    # how a case is made, and the Dice that must be reached: median, worst; the most refusals as a share
    "retaining": (lambda seed: settings("retaining", seed), 0.93, 0.90, 0.0),
    "weak wash-out": (lambda seed: settings("retaining", seed, delays_s=(60.0, WEAK_DELAY_S)), 0.90, 0.0, 0.0),
    "SNR 10": (lambda seed: settings("retaining", seed, snr=10.0), 0.90, 0.0, 0.0),
    "wash-out, frames of 6 s": (lambda seed: settings("washout", seed, delays_s=(60.0, 300.0)), 0.90, 0.0, 0.0),
}


@dataclass
class Row:
    """What became of the cases of one kind."""

    dice: dict[str, list[float]] = field(default_factory=dict)
    vein_cc: list[float] = field(default_factory=list)
    refused: int = 0
    tre_mm: list[float] = field(default_factory=list)
    worst_tre_mm: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    first: list[str] = field(default_factory=list)
    warned: list[tuple[str, ...]] = field(default_factory=list)

    def add(self, name: str, dice: float) -> None:
        self.dice.setdefault(name, []).append(dice)

    def print(self, title: str) -> None:
        """A table for people."""
        print(f"\n{title}: {len(self.seconds)} cases, {self.refused} refused")
        print("| way | median Dice | worst |\n|---|---|---|")
        for name, values in self.dice.items():
            print(f"| {name} | {statistics.median(values):.3f} | {min(values):.3f} |")
        if self.vein_cc:
            print(f"vein included: median {statistics.median(self.vein_cc):.3f} cc, worst {max(self.vein_cc):.3f} cc")
        print(f"alignment: mean {statistics.mean(self.tre_mm):.3f} mm, worst point {max(self.worst_tre_mm):.3f} mm")
        print(f"phases to candidate: median {statistics.median(self.seconds):.1f} s")
        print(f"ranked first: {counted(self.first)}")
        print(f"warnings: {counted([w for each in self.warned for w in each])}", flush=True)


def counted(words: list[str]) -> str:
    return ", ".join(f"{word} ({words.count(word)})" for word in sorted(set(words), key=words.count, reverse=True))


@dataclass(eq=False)
class Trial:
    """A case with its click, and what one click found."""

    case: GlomusCase
    seed: int

    def __post_init__(self) -> None:
        case = self.case
        self.truth = mask_of(case.structure("GTV").stack, case.ct.grid).full()
        core = np.argwhere(shrunk(self.truth, CLICK_FROM_EDGE_MM, case.ct.grid.spacing_mm))
        self.click_kji = core[np.random.default_rng(self.seed).integers(len(core))]
        self.click_mm = case.ct.grid.to_patient(self.click_kji[::-1].astype(float))
        self.phases = [
            Phase(volume, phase.name, phase.middle_s, "typed", phase.enhanced)
            for phase, volume in zip(case.protocol, case.phases.values(), strict=True)
        ]

    def separated(self, *, aligning: bool = True) -> tuple[Subtraction, float]:
        begin = time.perf_counter()
        link = self.case.registration.fixed_to_moving
        lying = None if aligning else [AlignedPhase(phase, Transform.identity()) for phase in self.phases]
        found = subtract(self.phases, self.click_mm, planning=self.case.ct, to_reference=link, aligned=lying)
        return found, time.perf_counter() - begin

    def mask(self, found: Subtraction) -> np.ndarray:
        if not found.tumour.slices:
            return np.zeros(self.truth.shape, bool)
        return mask_of(found.tumour, self.case.ct.grid).full()

    def vein_included_cc(self, candidate: np.ndarray) -> float:
        vein = np.zeros(self.truth.shape, bool)
        for side in "LR":
            vein |= mask_of(self.case.structure(f"V_Jugular_Int_{side}").stack, self.case.ct.grid).full()
        return float((candidate & vein).sum()) * self.case.ct.grid.voxel_volume_cc

    def errors_mm(self, found: Subtraction) -> np.ndarray:
        """(phases, points) of a cloud through the whole head."""
        points = np.random.default_rng(1).uniform((-70, -90, -60), (70, 90, 60), (400, 3))
        points = self.case.registration.fixed_to_moving.apply(points)
        moved = [each for each in found.aligned if not each.to_phase.is_identity()]
        true = [self.case.phase_motion[each.phase.name].apply(points) for each in moved]
        apart = [each.to_phase.apply(points) - there for each, there in zip(moved, true, strict=True)]
        return np.linalg.norm(apart, axis=-1)

    def truth_on(self, grid: Grid) -> tuple[np.ndarray, np.ndarray]:
        """The truth, and the click, on a grid of the MR."""
        link = self.case.registration.fixed_to_moving
        place = np.rint(grid.to_index(link.apply(self.click_mm)))[::-1].astype(np.int64)
        return mask_on(self, ["GTV"], grid, link), place


def dice(one: np.ndarray, other: np.ndarray) -> float:
    return 2.0 * float((one & other).sum()) / max(1.0, float(one.sum() + other.sum()))


def best_threshold(values: np.ndarray, truth: np.ndarray, place: np.ndarray) -> float:
    """Dice of what lies above the best threshold and hangs together with the click."""
    inside = values[truth]
    levels = np.linspace(*np.percentile(inside, (0.5, 75)), THRESHOLDS)
    return max(dice(connected_to(values > level, place), truth) for level in levels)


def unaligned(phases: list[Phase], grid: Grid, frame: str) -> PhaseStack:
    made = [AlignedPhase(phase, Transform.identity()) for phase in phases]
    return stack_phases(made, grid, frame, gains=np.ones(len(made)))


def by_subtraction(trial: Trial, grid: Grid, frame: str, truth: np.ndarray, place: np.ndarray) -> float:
    """Dice of what enhances early and changes as the tumour does until the last phase, with the best two thresholds."""
    stack = unaligned(trial.phases, grid, frame)
    early = next(n for n, name in enumerate(stack.names) if name == "early")
    taken_up, change = stack.signals[early] - stack.signals[0], stack.signals[-1] - stack.signals[early]
    best = 0.0
    for least in np.percentile(taken_up[truth], (1, 5, 10, 20)):
        for sign in (1.0, -1.0):
            for level in np.percentile(sign * change[truth], np.linspace(0.5, 50, 12)):
                region = connected_to((taken_up > least) & (sign * change > level), place)
                best = max(best, dice(region, truth))
    return best


def by_clusters(stack: PhaseStack, truth: np.ndarray, place: np.ndarray) -> float:
    """Dice of the click's cluster, with the best number of clusters."""
    samples = stack.signals.reshape(len(stack.signals), -1).T
    best = 0.0
    for count in CLUSTERS:
        centres = cluster_centres(samples[:: max(1, len(samples) // 20_000)], count)
        labels = np.argmin([((samples - centre) ** 2).sum(1) for centre in centres], axis=0).reshape(stack.grid.shape)
        region = without_holes(connected_to(labels == labels[tuple(place)], place))
        best = max(best, dice(region, truth))
    return best


def cluster_centres(samples: np.ndarray, count: int) -> np.ndarray:
    """k-means, begun from samples that lie far from one another."""
    random = np.random.default_rng(0)
    centres = [samples[random.integers(len(samples))]]
    for _ in range(count - 1):
        far = np.min([((samples - centre) ** 2).sum(1) for centre in centres], axis=0)
        centres.append(samples[random.choice(len(samples), p=far / far.sum())])
    means = np.array(centres)
    for _ in range(30):
        labels = np.argmin([((samples - mean) ** 2).sum(1) for mean in means], axis=0)
        means = np.array([samples[labels == n].mean(0) if (labels == n).any() else means[n] for n in range(count)])
    return means


def trials(make: Callable[[int], GlomusSettings]) -> Iterator[Trial]:
    """A case for every seed. Only the CT's lattice is looked at: it is left without a picture, which saves half."""
    for seed in range(FIRST_SEED, FIRST_SEED + SEEDS):
        with mock.patch.object(glomus, "acquire_ct", lambda _model, grid, *_rest: np.zeros(grid.shape, np.int16)):
            case = glomus_case(seed, settings=make(seed))
        yield Trial(case, seed)


def tell(trial: Trial, found: Subtraction, seconds: float, row: Row) -> np.ndarray:
    """Note what is known of every case; the candidate's mask."""
    separation = found.separation
    row.refused += not separation.separable
    errors = trial.errors_mm(found)
    row.tre_mm.append(float(errors.mean()))
    row.worst_tre_mm.append(float(errors.max()))
    row.seconds.append(seconds)
    row.first.append(separation.evidence[0].evidence if separation.evidence else "nothing")
    row.warned.append(separation.warnings[:-1])
    mask = trial.mask(found)
    ranked = ", ".join(f"{each.evidence} {each.d_prime:.1f}" for each in separation.evidence[:4])
    size_cc, overlap = trial.case.settings.size_cc, dice(mask, trial.truth)
    print(f"seed {trial.seed}: {size_cc:.1f} cc, Dice {overlap:.3f}, {seconds:.1f} s, {separation.sentence} {ranked}")
    return mask


@pytest.mark.timeout(7200)
@pytest.mark.parametrize("kind", KINDS)
def test_one_click_beside_simpler_ways(kind: str) -> None:
    make, median, worst, refusals = KINDS[kind]
    row = Row()
    for trial in trials(make):
        found, seconds = trial.separated()
        mask = tell(trial, found, seconds, row)
        row.add("one click", dice(mask, trial.truth))
        row.vein_cc.append(trial.vein_included_cc(mask))
        row.add("one click, phases not aligned", dice(trial.mask(trial.separated(aligning=False)[0]), trial.truth))
        stack = found.stack
        truth, place = trial.truth_on(stack.grid)
        after = [stack.signals[n] for n in stack.after]
        row.add("one phase, best threshold", max(best_threshold(signal, truth, place) for signal in after))
        frame = stack.frame_of_reference_uid
        row.add("plain subtraction, not aligned", by_subtraction(trial, stack.grid, frame, truth, place))
        row.add("k-means of all phases", by_clusters(stack, truth, place))
    row.print(kind)
    mine = row.dice["one click"]
    assert statistics.median(mine) >= median and min(mine) >= worst
    assert row.refused <= refusals * SEEDS
    assert max(row.tre_mm) <= MEAN_TRE_MM and max(row.worst_tre_mm) <= WORST_TRE_MM
    others = {name: statistics.median(values) for name, values in row.dice.items() if name != "one click"}
    assert statistics.median(mine) > max(others.values()), others
    if kind == "retaining":
        assert statistics.median(row.vein_cc) <= 0.1 and max(row.vein_cc) <= 0.3
    if kind.startswith("wash-out"):
        assert all("arterial" in name for name in row.first), row.first


@pytest.mark.timeout(7200)
def test_what_does_not_separate_is_refused_in_every_case() -> None:
    row = Row()
    for trial in trials(lambda seed: settings("inseparable", seed)):
        found, seconds = trial.separated()
        tell(trial, found, seconds, row)
        assert not found.tumour.slices or found.separation.separable
    row.print("inseparable")
    assert row.refused == SEEDS


@pytest.mark.timeout(7200)
def test_long_arterial_frames_are_warned_of() -> None:
    row = Row()
    for trial in trials(lambda seed: settings("washout", seed, delays_s=(60.0, 300.0), arterial_frame_s=15.0)):
        found, seconds = trial.separated()
        row.add("one click", dice(tell(trial, found, seconds, row), trial.truth))
    row.print("wash-out, frames of 15 s")
    assert all(any("arterial phase" in words for words in warned) for warned in row.warned)


SKLEARN = """
import sys, numpy as np
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.metrics import roc_auc_score
data = np.load(sys.argv[1])
names = sorted({name[2:] for name in data.files if name[:2] in ("t_", "f_")})
for name in names:
    one, other = data["t_" + name], data["f_" + name]
    if one.ndim > 1:
        labels = np.r_[np.ones(len(one)), np.zeros(len(other))]
        model = LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto").fit(np.vstack([one, other]), labels)
        one, other = model.decision_function(one), model.decision_function(other)
    area = roc_auc_score(np.r_[np.ones(len(one)), np.zeros(len(other))], np.r_[one, other])
    spread = np.sqrt((one.var(ddof=1) + other.var(ddof=1)) / 2)
    print(name, abs(one.mean() - other.mean()) / spread, max(area, 1 - area), sep="|")
"""


@pytest.mark.timeout(600)
def test_d_prime_and_auc_are_scikit_learn_s(tmp_path: Path) -> None:
    python = os.environ.get("WORKSTATION_SKLEARN_PYTHON", "")
    if not python:
        pytest.skip("WORKSTATION_SKLEARN_PYTHON names no Python that has scikit-learn")
    trial = Trial(glomus_case(FIRST_SEED, settings=settings("retaining", FIRST_SEED, snr=10.0)), FIRST_SEED)
    stack = trial.separated()[0].stack
    truth, _ = trial.truth_on(stack.grid)
    link = trial.case.registration.fixed_to_moving
    vein = mask_on(trial, [f"V_Jugular_Int_{side}" for side in "LR"], stack.grid, link)
    # A mixture, so that areas differ from one: half of the tumour's voxels are taken for flow.
    flow = vein | (truth & (np.random.default_rng(5).random(truth.shape) < 0.3))
    samples = {each.name: (each.values[truth], each.values[flow]) for each in evidence_maps(stack)}
    samples = {name: tuple(v[np.isfinite(v)].astype(float) for v in pair) for name, pair in samples.items()}
    samples = {name: pair for name, pair in samples.items() if min(map(len, pair)) > 1}
    arrays = {f"{kind}_{name}": pair[n] for name, pair in samples.items() for n, kind in enumerate("tf")}
    arrays |= {"t_all phases": samples_of(stack, truth), "f_all phases": samples_of(stack, flow)}
    np.savez(tmp_path / "samples.npz", **arrays)
    told = subprocess.run([python, "-c", SKLEARN, tmp_path / "samples.npz"], capture_output=True, text=True, check=True)
    print("\n| evidence | d' | scikit-learn | AUC | scikit-learn |\n|---|---|---|---|---|")
    for line in told.stdout.splitlines():
        name, d, area = line.split("|")
        one, other = arrays[f"t_{name}"], arrays[f"f_{name}"]
        if one.ndim > 1:
            weights = discriminant(one, other)
            one, other = one @ weights, other @ weights
        ours = judged(name, one, other)
        print(f"| {name} | {ours.d_prime:.4f} | {float(d):.4f} | {ours.auc:.5f} | {float(area):.5f} |")
        assert ours.d_prime == pytest.approx(float(d), rel=0.01) and ours.auc == pytest.approx(float(area), rel=0.01)


def mask_on(trial: Trial, names: list[str], grid: Grid, link: Transform) -> np.ndarray:
    """(k, j, i) voxels of true structures on a grid of the MR."""
    ct = trial.case.ct
    both = np.logical_or.reduce([mask_of(trial.case.structure(name).stack, ct.grid).full() for name in names])
    image = replace(ct, voxels=both.astype(np.int16), modality="MR", unit="")
    return resample(image, grid, link.inverse(), 0.0, nearest=True, frame_of_reference_uid="1.2.3").voxels > 0


@pytest.mark.timeout(600)
def test_from_a_folder_of_four_phases_to_a_candidate(tmp_path: Path) -> None:
    """Four phases of 256 x 256 x 120: read, aligned, separated, drawn."""
    case = glomus_case(FIRST_SEED, settings=settings("retaining", FIRST_SEED))
    for name, volume in case.phases.items():
        write_series(tmp_path / name, taller(replace(volume, slices=(), files=())))
    trial = Trial(case, FIRST_SEED)
    tumour_mm = case.registration.fixed_to_moving.apply(trial.click_mm)
    taken = []
    for _ in range(3):
        begin = time.perf_counter()
        phases = phases_in(str(tmp_path))
        read = time.perf_counter()
        found = subtract(phases, tumour_mm)
        taken.append((time.perf_counter() - begin, read - begin))
    words = "; ".join(f"{all_s:.1f} s, {read:.1f} of them reading" for all_s, read in taken)
    print(f"\n{phases[0].volume.grid.size}: {words}")
    assert found.separation.separable and phases[0].volume.grid.size == (256, 256, 120)
    assert min(all_s for all_s, _ in taken) <= FOLDER_TO_CANDIDATE_S


def taller(volume):  # type: ignore[no-untyped-def]
    """The image with air above it, 120 slices in all."""
    more = 120 - volume.grid.shape[0]
    voxels = np.pad(volume.voxels, ((0, more), (0, 0), (0, 0)), mode="reflect")
    return replace(volume, voxels=voxels, grid=volume.grid.box((0, 0, 0), (*volume.grid.size[:2], 120)))
