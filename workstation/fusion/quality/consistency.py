"""Whether two registrations of the same pair of images, one each way, undo each other."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from workstation.fusion.registration import Registration, RegistrationError
from workstation.geometry.deformation import SpatialMap


def inverse_consistency_mm(there: SpatialMap, back: SpatialMap, points_mm: ArrayLike) -> dict[str, float]:
    """Mean and max of |back(there(x)) - x| in mm over points (n, 3) of the first frame."""
    points = np.asarray(points_mm, dtype=np.float64)
    lengths = np.linalg.norm(back.apply(there.apply(points)) - points, axis=1)
    return {"mean": round(float(lengths.mean()), 4), "max": round(float(lengths.max()), 4)}


def map_back(registration: Registration, reverse: Registration) -> SpatialMap:
    """The way back that another registration of the same two frames found.

    reverse: registered with the images exchanged. RegistrationError for one of other frames, or the same way round.
    """
    frames = registration.fixed_frame_uid, registration.moving_frame_uid
    if (reverse.moving_frame_uid, reverse.fixed_frame_uid) != frames:
        raise RegistrationError(
            "Inverse consistency needs a registration of the same two images with fixed and moving exchanged"
        )
    return reverse.fixed_to_moving
