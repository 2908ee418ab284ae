"""A periodic lattice of smooth random numbers: the unevenness of surfaces and the texture of tissues."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

LATTICE_SIZE = 64
SAMPLES_PER_WAVE = 8.0


def noise_lattice(rng: np.random.Generator) -> NDArray[np.float32]:
    """(64, 64, 64) float32 of mean 0 and standard deviation 1 that repeats at its faces, 8 samples to a wave."""
    white = rng.standard_normal((LATTICE_SIZE,) * 3)
    f = np.fft.fftfreq(LATTICE_SIZE)
    radius = np.sqrt(f[:, None, None] ** 2 + f[None, :, None] ** 2 + f[None, None, :] ** 2)
    band = np.exp(-(((radius - 1 / SAMPLES_PER_WAVE) / 0.045) ** 2))
    smooth = np.fft.ifftn(np.fft.fftn(white) * band).real
    smooth -= smooth.mean()
    return np.ascontiguousarray(smooth / smooth.std(), dtype=np.float32)
