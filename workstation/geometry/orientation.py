"""Patient direction letters (DICOM PS3.3 C.7.6.1.1.1): L, R, P, A, H/S, F/I."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

_LETTERS = (("L", "R"), ("P", "A"), ("S", "I"))


def direction_letters(vector: ArrayLike, smallest: float = 0.2, most: int = 2) -> str:
    """Letters of a patient direction (3,), the largest component first, such as "L" or "AS".

    A component below `smallest` of the unit vector is not named; at most `most` letters.

    >>> direction_letters((0, 0, 1)), direction_letters((-0.9, -0.4, 0))
    ('S', 'RA')
    """
    d = np.asarray(vector, dtype=np.float64)
    d = d / np.linalg.norm(d)
    order = np.argsort(-np.abs(d), kind="stable")
    named = [_LETTERS[a][0 if d[a] > 0 else 1] for a in order if abs(d[a]) >= smallest]
    return "".join(named[:most])


def plane_name(normal: ArrayLike, tolerance_deg: float = 1.0) -> str:
    """"axial", "sagittal" or "coronal" with "oblique " before it when more than `tolerance_deg` off."""
    n = np.abs(np.asarray(normal, dtype=np.float64))
    n = n / np.linalg.norm(n)
    axis = int(np.argmax(n))
    name = ("sagittal", "coronal", "axial")[axis]
    tilt_deg = float(np.degrees(np.arccos(min(1.0, float(n[axis])))))
    return name if tilt_deg <= tolerance_deg else f"oblique {name}"
