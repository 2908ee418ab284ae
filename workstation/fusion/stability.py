"""Whether a rigid registration is found again at the target: repeated from beside the answer, with other samples."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workstation.fusion.agreement import METRIC_NAMES, THREADS
from workstation.fusion.regions import Part
from workstation.fusion.registration import Registration, RegistrationError
from workstation.fusion.rigid_pair import RigidPair, prepared_pair
from workstation.fusion.watching import silent_watch
from workstation.geometry.mask import Mask
from workstation.geometry.transform import Transform
from workstation.images.volume import Volume
from workstation.jobs.progress import Progress, part, silent

Float = NDArray[np.float64]

REPEATS = 6
SHIFT_MM, TURN_DEG = 5.0, 3.0
SEED = 41


def stability(
    fixed: Volume,
    moving: Volume,
    registration: Registration,
    at_mm: ArrayLike,
    *,
    repeats: int = REPEATS,
    region: Mask | None = None,
    box_mm: ArrayLike | None = None,
    progress: Progress = silent,
) -> dict[str, Any]:
    """Repeat a rigid registration from starts beside its answer; how far the answers scatter at a target.

    at_mm: (3,) or (n, 3) fixed points. Each start is shifted by 5 mm and turned by 3 degrees about the target in its
    own direction, and each run draws its own samples: neither the start nor the samples may matter. The images are
    prepared once. region, box_mm: as the registration was made with; its metric, bone and lungs are known from it.
    Returns JSON values: "spread" (largest distance in mm of two answers, the worst of the points), "offset" (from the
    registration to the middle of the answers, the worst), "at_mm" (the points' middle), "repeats", "failed" (runs
    that were stopped by a limit). RegistrationError for a registration that bends, or where nothing was found again.
    """
    whole = registration.fixed_to_moving
    if not isinstance(whole, Transform):
        raise RegistrationError("Only a rigid registration can be repeated from perturbed starts")
    points = np.atleast_2d(np.asarray(at_mm, dtype=np.float64))
    with ThreadPoolExecutor(THREADS) as pool:
        pair = _as_before(fixed, moving, registration, region, box_mm, pool, part(progress, 0.0, 0.25))
        answers = _answers(pair, whole, points.mean(0), repeats, part(progress, 0.25, 1.0))
    if len(answers) < 2:
        raise RegistrationError(f"Of {repeats} perturbed starts {len(answers)} led to a registration")
    found = np.array([answer.apply(points) for answer in answers])
    apart = np.linalg.norm(found[:, None] - found[None], axis=-1)
    return {
        "spread": round(float(apart.max()), 3),
        "offset": round(float(np.linalg.norm(found.mean(0) - whole.apply(points), axis=-1).max()), 3),
        "at_mm": [round(float(v), 2) for v in points.mean(0)],
        "repeats": repeats,
        "failed": repeats - len(answers),
    }


def _as_before(
    fixed: Volume, moving: Volume, registration: Registration, region: Mask | None, box_mm: ArrayLike | None,
    pool: ThreadPoolExecutor, progress: Progress,
) -> RigidPair:  # fmt: skip
    """The pair compared as it was when it was registered."""
    words, metric = str(registration.quality.get("region", "body")), registration.quality.get("metric")
    where = Part(region, box_mm, "bone" in words, words == "lungs")
    pair = prepared_pair(fixed, moving, where, pool, progress)
    pair.metric = next((name for name, text in METRIC_NAMES.items() if text == metric), pair.metric)
    return pair


def _answers(pair: RigidPair, whole: Transform, target_mm: Float, repeats: int, progress: Progress) -> list[Transform]:
    random = np.random.default_rng(SEED)
    levels = pair.levels(4.0)
    answers = []
    for n in range(repeats):
        shift, turn = _direction(random) * SHIFT_MM, _direction(random) * TURN_DEG
        start = pair.outward(whole.after(Transform.from_rigid(shift, turn, target_mm)))
        step = part(progress, n / repeats, (n + 1) / repeats)
        ascent = pair.ascend(start, levels, SEED + n, step, silent_watch, f"Repeating {n + 1} of {repeats}")
        pair.forget()
        if not ascent.limit:
            answers.append(pair.outward(ascent.transform))
    return answers


def _direction(random: np.random.Generator) -> Float:
    vector = random.normal(size=3)
    return np.asarray(vector / np.linalg.norm(vector), dtype=np.float64)
