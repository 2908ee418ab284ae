"""Whether a registration is found again: it is repeated from perturbed starts, and the answers are compared."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workstation.fusion.registration import Registration, RegistrationError
from workstation.fusion.rigid import register_rigid
from workstation.geometry.transform import Transform
from workstation.images.volume import Volume
from workstation.jobs.progress import Progress, part, silent

Float = NDArray[np.float64]

REPEATS = 4
SHIFT_MM, TURN_DEG = 5.0, 3.0
SEED = 41


def stability_mm(
    registration: Registration,
    fixed: Volume,
    moving: Volume,
    at_mm: ArrayLike,
    *,
    repeats: int = REPEATS,
    register: Callable[..., Registration] = register_rigid,
    progress: Progress = silent,
) -> dict[str, Any]:
    """Repeat a rigid registration from starts beside its answer; what is found at a point, such as the target.

    at_mm: (3,) fixed point. Each start is shifted by 5 mm and turned by 3 degrees about the point, in random
    directions from a fixed seed. Returns {"spread": largest distance (mm) between two answers at the point, "offset":
    from the registration to the middle of the answers, "at_mm", "repeats", "failed": starts without an answer}.
    RegistrationError for a bent registration, and where fewer than two starts lead anywhere.
    """
    whole = registration.fixed_to_moving
    if not isinstance(whole, Transform):
        raise RegistrationError("Only a rigid registration can be repeated from perturbed starts")
    point, random = np.asarray(at_mm, dtype=np.float64), np.random.default_rng(SEED)
    answers: list[Float] = []
    for n in range(repeats):
        shift, turn = _direction(random) * SHIFT_MM, _direction(random) * TURN_DEG
        start = whole.after(Transform.from_rigid(shift, turn, point))
        sub = part(progress, n / repeats, (n + 1) / repeats)
        try:
            answers.append(_at(register(fixed, moving, start=start, progress=sub), point))
        except RegistrationError:
            continue  # counted below: a start that leads nowhere is a finding, too
    if len(answers) < 2:
        raise RegistrationError(f"Of {repeats} perturbed starts {len(answers)} led to a registration")
    found = np.array(answers)
    apart = np.linalg.norm(found[:, None] - found[None], axis=-1)
    return {
        "spread": round(float(apart.max()), 3),
        "offset": round(float(np.linalg.norm(found.mean(0) - whole.apply(point))), 3),
        "at_mm": [round(float(v), 2) for v in point],
        "repeats": repeats,
        "failed": repeats - len(answers),
    }


def _at(registration: Registration, point: Float) -> Float:
    return registration.fixed_to_moving.apply(point)


def _direction(random: np.random.Generator) -> Float:
    vector = random.normal(size=3)
    found: Float = vector / np.linalg.norm(vector)
    return found
