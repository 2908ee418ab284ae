"""How noisy a magnitude MR is: Rician, near Gaussian above a signal-to-noise ratio of three.

Where the image holds air, its mean square is twice the noise's variance (H. Gudbjartsson, S. Patz, Magn Reson Med
34:910, 1995). Where the background was cut off or there is none, the noise is read from differences of neighbours
(J. Immerkaer, Comput Vis Image Underst 64:300, 1996), which texture makes somewhat larger.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

DARK_SHARE = 0.35
"""Of the bright tissue's signal: air is darker, if there is enough of it."""
REACH, ROUNDS = 3.5, 30
LEAST_AIR = 0.02
RAYLEIGH_RATIO = 1.913
"""Mean over deviation where there is no signal."""
RATIO_TOLERANCE = 0.35


def noise_sd(voxels: NDArray[Any]) -> float:
    """Deviation of each channel's noise, in the image's unit. voxels: (k, j, i)."""
    values = np.asarray(voxels[:: max(1, len(voxels) // 24)], dtype=np.float32)
    bright = float(np.percentile(values, 95))
    low = _air(values[(values < DARK_SHARE * bright) & (values > 0)])
    if low.size >= LEAST_AIR * values.size and np.count_nonzero(values == 0) < 0.5 * values.size:
        ratio = float(low.mean() / max(float(low.std()), 1e-9))
        if abs(ratio - RAYLEIGH_RATIO) <= RATIO_TOLERANCE:
            return float(np.sqrt(np.mean(low.astype(np.float64) ** 2) / 2.0))
    return _from_neighbours(values)


def _air(dark: NDArray[np.float32]) -> NDArray[np.float32]:
    """The values that follow the distribution of air: those below 3.5 deviations of what they themselves tell."""
    if not dark.size:
        return dark
    sd = float(np.percentile(dark, 20))
    for _ in range(ROUNDS):
        low = dark[dark <= REACH * sd]
        told = float(np.sqrt(np.mean(low.astype(np.float64) ** 2) / 2.0)) if low.size else sd
        if abs(told - sd) < 1e-3 * sd:
            break
        sd = told
    return dark[dark <= REACH * sd]


def _from_neighbours(values: NDArray[np.float32]) -> float:
    """From the Laplacian of Laplacians in the plane, which edges and slopes hardly touch."""
    v = values.astype(np.float64)
    inner = 4 * v[:, 1:-1, 1:-1] - 2 * (v[:, :-2, 1:-1] + v[:, 2:, 1:-1] + v[:, 1:-1, :-2] + v[:, 1:-1, 2:])
    inner += v[:, :-2, :-2] + v[:, :-2, 2:] + v[:, 2:, :-2] + v[:, 2:, 2:]
    tissue = inner[v[:, 1:-1, 1:-1] > 0.1 * float(np.percentile(v, 95))]
    if not tissue.size:
        return 0.0
    return float(1.4826 * np.median(np.abs(tissue - np.median(tissue))) / 6.0)
