"""The lower envelope that turns signed distances of sections into a margin, in closed form between sections."""

from __future__ import annotations

from math import sqrt
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray


@numba.njit(cache=True, nogil=True)
def lower_envelope(
    envelope: Any,
    first: Any,
    second: Any,
    scale: float,
    share: float,
    share_rate: float,
    swell: float,
    swell_rate: float,
    w_low: float,
    w_high: float,
) -> None:
    """Lower `envelope` to min over w in [w_low, w_high] of s(w) - sqrt(1 - w²); all arrays (rows, columns) float32.

    s(w) = scale * (first + (second - first) * (share + share_rate * w) - (swell + swell_rate * w)): the section's
    signed distance in units of the margin, at the height that lies w margins below the output plane. The minimum
    over w of base + k w - sqrt(1 - w²) lies at w = -k / sqrt(1 + k²), where its value is base - sqrt(1 + k²), or
    else at an end.
    """
    rows, columns = envelope.shape
    unit, alpha, rate = np.float32(scale), np.float32(share), np.float32(share_rate)
    low, high = np.float32(w_low), np.float32(w_high)
    low_c = np.float32(sqrt(max(1.0 - w_low * w_low, 0.0)))
    high_c = np.float32(sqrt(max(1.0 - w_high * w_high, 0.0)))
    one, shift, shift_rate = np.float32(1.0), np.float32(scale * swell), np.float32(scale * swell_rate)
    # the free minimum lies beyond an end exactly where k passes these
    k_at_low = np.float32(-w_low / max(sqrt(max(1.0 - w_low * w_low, 0.0)), 1e-9))
    k_at_high = np.float32(-w_high / max(sqrt(max(1.0 - w_high * w_high, 0.0)), 1e-9))
    for row in range(rows):
        f, a, b = envelope[row], first[row], second[row]
        for column in range(columns):
            difference = unit * (b[column] - a[column])
            base = unit * a[column] + difference * alpha - shift
            k = difference * rate - shift_rate
            value = base - np.sqrt(one + k * k)
            at_low = base + k * low - low_c
            at_high = base + k * high - high_c
            value = at_low if k > k_at_low else value
            value = at_high if k < k_at_high else value
            f[column] = min(f[column], value)


@numba.njit(cache=True, nogil=True)
def lower_constant(envelope: Any, first: Any, scale: float, offset: float) -> None:
    """Lower `envelope` to scale * first - offset (rows, columns) float32."""
    rows, columns = envelope.shape
    unit, shift = np.float32(scale), np.float32(offset)
    for row in range(rows):
        f, a = envelope[row], first[row]
        for column in range(columns):
            f[column] = min(f[column], unit * a[column] - shift)


def warm_up() -> None:
    """Compile every kernel here for the types used in production."""
    envelope: NDArray[np.float32] = np.ones((4, 4), dtype=np.float32)
    field = np.ones((8, 8), dtype=np.float32)[:4, :4]
    lower_envelope(envelope[:4, :4], field, field, 1.0, 0.0, 0.0, 0.0, 0.0, -1.0, 1.0)
    lower_constant(envelope, field, 1.0, 0.0)
