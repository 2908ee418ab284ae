"""The lower envelope that turns signed distances of sections into a margin, in closed form between sections."""

from __future__ import annotations

from math import sqrt
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _lower_row(f, a, b, alpha, rate, shift, shift_rate, unit, ends):  # type: ignore[no-untyped-def]
    """Lower `f` to min over w in [low, high] of s(w) - sqrt(1 - w²); all arrays (columns,) float32 and contiguous.

    s(w) = unit * (a + (b - a) * (alpha + rate * w)) - (shift + shift_rate * w). The minimum over w of
    base + k w - sqrt(1 - w²) lies at w = -k / sqrt(1 + k²), where its value is base - sqrt(1 + k²), or else at an
    end. ends: low, high, and for both sqrt(1 - w²) and the k beyond which the minimum lies there.
    """
    low, high, cut_low, cut_high, k_at_low, k_at_high = ends
    one = np.float32(1.0)
    for i in range(f.size):
        difference = unit * (b[i] - a[i])
        base = unit * a[i] + difference * alpha - shift
        k = difference * rate - shift_rate
        value = base - np.sqrt(one + k * k)
        at_low = base + k * low - cut_low
        at_high = base + k * high - cut_high
        value = at_low if k > k_at_low else value
        value = at_high if k < k_at_high else value
        f[i] = min(f[i], value)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _ends(w_low, w_high):  # type: ignore[no-untyped-def]
    """What `_lower_row` needs to know of the range of w, as float32."""
    cut_low, cut_high = sqrt(max(1.0 - w_low * w_low, 0.0)), sqrt(max(1.0 - w_high * w_high, 0.0))
    return (
        np.float32(w_low),
        np.float32(w_high),
        np.float32(cut_low),
        np.float32(cut_high),
        np.float32(-w_low / max(cut_low, 1e-9)),
        np.float32(-w_high / max(cut_high, 1e-9)),
    )


@numba.njit(cache=True, nogil=True)
def deep_runs(envelope: Any, level: float, skipped: Any) -> None:
    """The longest run of each row that lies below `level`, as columns from and to, into `skipped` (rows, 2) int64.

    The envelope only sinks and its slope is at most 1 (in the fields' unit): a point so deep that its neighbours are
    negative, too, can't touch the traced level, whatever is still to come.
    """
    rows, columns = envelope.shape
    for row in range(rows):
        begin, longest, skipped[row, 0], skipped[row, 1] = -1, 0, columns, columns
        for column in range(columns + 1):
            deep = column < columns and envelope[row, column] < level
            if deep and begin < 0:
                begin = column
            elif not deep and begin >= 0:
                if column - begin > longest:
                    longest = column - begin
                    skipped[row, 0], skipped[row, 1] = begin, column
                begin = -1


@numba.njit(cache=True, nogil=True)
def _lower_row_constant(f, a, unit, offset):  # type: ignore[no-untyped-def]
    """Lower `f` to unit * a - offset; (columns,) float32, contiguous."""
    for i in range(f.size):
        f[i] = min(f[i], unit * a[i] - offset)


@numba.njit(cache=True, nogil=True)
def lower_envelope(
    envelope: Any,
    column0: int,
    row0: int,
    first: Any,
    first_column0: int,
    first_row0: int,
    second: Any,
    second_column0: int,
    second_row0: int,
    margin: Any,
    z: float,
    heights: Any,
    skipped: Any,
) -> None:
    """Lower the envelope at height z by one piece of a body, where both of its fields are known.

    envelope, first, second: (rows, columns) float32, contiguous, from lattice point (column0, row0) on.
    margin: (3,) what takes fields to units of the margin (negative when shrinking), and its reach in mm above and
    below a point of the body. heights: (n, 6) as in `Piece`.
    skipped: (rows of the envelope, 2) columns from and to which a row needs no more work, see `deep_runs`.
    """
    c0, r0 = max(column0, first_column0, second_column0), max(row0, first_row0, second_row0)
    c1 = min(column0 + envelope.shape[1], first_column0 + first.shape[1], second_column0 + second.shape[1])
    r1 = min(row0 + envelope.shape[0], first_row0 + first.shape[0], second_row0 + second.shape[0])
    if c0 >= c1 or r0 >= r1:
        return
    unit = np.float32(margin[0])
    for n in range(heights.shape[0]):
        low, high, share_low, share_high, swell_low, swell_high = heights[n]
        inverse = 1.0 / (high - low) if high > low else 0.0
        rate, swell_rate = (share_high - share_low) * inverse, (swell_high - swell_low) * inverse
        alpha = np.float32(share_low + rate * (z - low))
        shift = np.float32(margin[0] * (swell_low + swell_rate * (z - low)))
        constant = share_low == 0.0 and share_high == 0.0 and swell_low == swell_high
        for part in range(2):
            reach = margin[1] if part == 0 else margin[2]
            w_low = max((max(z - high, 0.0) if part == 0 else z - high) / reach, -1.0)
            w_high = min((z - low if part == 0 else min(z - low, 0.0)) / reach, 1.0)
            if w_low > w_high:
                continue
            nearest = min(max(0.0, w_low), w_high)
            offset = np.float32(sqrt(max(1.0 - nearest * nearest, 0.0)) + shift)
            down, shift_down = np.float32(-rate * reach), np.float32(-margin[0] * swell_rate * reach)
            ends = _ends(w_low, w_high)
            for row in range(r0, r1):
                for side in range(2):
                    begin = c0 if side == 0 else max(c0, column0 + skipped[row - row0, 1])
                    end = min(c1, column0 + skipped[row - row0, 0]) if side == 0 else c1
                    if begin >= end:
                        continue
                    f = envelope[row - row0][begin - column0 : end - column0]
                    a = first[row - first_row0][begin - first_column0 : end - first_column0]
                    if constant:
                        _lower_row_constant(f, a, unit, offset)
                    else:
                        b = second[row - second_row0][begin - second_column0 : end - second_column0]
                        _lower_row(f, a, b, alpha, down, shift, shift_down, unit, ends)


def warm_up() -> None:
    """Compile every kernel here for the types used in production."""
    envelope: NDArray[np.float32] = np.ones((8, 8), dtype=np.float32)
    field = np.ones((8, 8), dtype=np.float32)
    heights = np.array([[0.0, 1.0, 0.0, 1.0, 0.0, 0.0]])
    skipped = np.full((8, 2), 8, dtype=np.int64)
    deep_runs(envelope, -1.0, skipped)
    lower_envelope(envelope, 0, 0, field, 0, 0, field, 0, 0, np.ones(3), 0.0, heights, skipped)
