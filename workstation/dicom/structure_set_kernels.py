"""Contour Data read at the speed of the disk: decimal strings to numbers, and how flat each ring lies."""

from __future__ import annotations

import numba
import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]
Integer = NDArray[np.int64]
Bytes = NDArray[np.uint8]

_TENS = np.array([10.0**n for n in range(23)])  # exactly representable, so that one division rounds correctly
_LARGEST_EXACT = 2**53


@numba.njit(cache=True, nogil=True)
def count_values(data: Bytes, starts: Integer, ends: Integer, counts: Integer) -> None:
    """counts[r] = number of backslash-separated values in data[starts[r]:ends[r]]; none in an empty or blank text."""
    for ring in range(starts.shape[0]):
        separators, blank = 0, True
        for at in range(starts[ring], ends[ring]):
            if data[at] == 92:
                separators += 1
            if data[at] != 32 and data[at] != 0:
                blank = False
        counts[ring] = 0 if blank else separators + 1


@numba.njit(cache=True, nogil=True)
def _digits(data: Bytes, at: int, end: int) -> tuple[int, int, int, int, int]:
    """Mantissa, its significant digits, all digits, digits after the point, and where the digits end."""
    mantissa, significant, seen, decimals, after_point = 0, 0, 0, 0, False
    while at < end:
        c = data[at]
        if 48 <= c <= 57:
            seen += 1
            decimals += 1 if after_point else 0
            significant += 1 if significant > 0 or c != 48 else 0
            if significant <= 18:
                mantissa = mantissa * 10 + (int(c) - 48)
        elif c == 46 and not after_point:
            after_point = True
        else:
            break
        at += 1
    return mantissa, significant, seen, decimals, at


@numba.njit(cache=True, nogil=True)
def _decimal(data: Bytes, at: int, end: int, tens: Float) -> tuple[float, int, bool]:
    """The number that begins at `at`, where its value ends, and whether it was read correctly rounded."""
    while at < end and data[at] == 32:
        at += 1
    negative = at < end and data[at] == 45
    if at < end and (data[at] == 45 or data[at] == 43):
        at += 1
    mantissa, significant, seen, decimals, at = _digits(data, at, end)
    fine = seen > 0 and significant <= 18 and mantissa <= _LARGEST_EXACT
    power = -decimals
    if at < end and (data[at] == 69 or data[at] == 101):
        at += 1
        down = at < end and data[at] == 45
        if at < end and (data[at] == 45 or data[at] == 43):
            at += 1
        exponent, digits, written, points, at = _digits(data, at, end)
        fine = fine and written > 0 and digits <= 2 and points == 0
        power += -exponent if down else exponent
    while at < end and (data[at] == 32 or data[at] == 0):
        at += 1
    fine = fine and -22 <= power <= 22 and (at >= end or data[at] == 92)
    if not fine:
        return 0.0, at, False
    value = mantissa / tens[-power] if power < 0 else mantissa * tens[power]
    return (-value if negative else value), at, True


@numba.njit(cache=True, nogil=True)
def parse_decimals(
    data: Bytes, starts: Integer, ends: Integer, offsets: Integer, tens: Float, values: Float, failed: NDArray[np.uint8]
) -> None:
    """values[offsets[r]:offsets[r + 1]] = the numbers of ring r, correctly rounded (PS3.5 DS: [+-]d.d[E[+-]d]).

    failed[r] is set where a value is no plain decimal string or has more digits than a float holds exactly; the
    caller parses those few with care.
    """
    for ring in range(starts.shape[0]):
        at = starts[ring]
        for place in range(offsets[ring], offsets[ring + 1]):
            value, at, fine = _decimal(data, at, ends[ring], tens)
            if not fine:
                failed[ring] = 1
                break
            values[place] = value
            at += 1


@numba.njit(cache=True, nogil=True)
def area_vectors(points: Float, starts: Integer, ends: Integer, vectors: Float) -> None:
    """vectors[r] = Newell's normal of ring r: along its plane's normal, its length twice the area (mm²)."""
    for ring in range(starts.shape[0]):
        first, end = starts[ring], ends[ring]
        x = y = z = 0.0
        for at in range(first + 1, end - 1):
            ax, ay, az = (points[at, 0] - points[first, 0], points[at, 1] - points[first, 1],
                          points[at, 2] - points[first, 2])  # fmt: skip
            bx, by, bz = (points[at + 1, 0] - points[first, 0], points[at + 1, 1] - points[first, 1],
                          points[at + 1, 2] - points[first, 2])  # fmt: skip
            x += ay * bz - az * by
            y += az * bx - ax * bz
            z += ax * by - ay * bx
        vectors[ring, 0], vectors[ring, 1], vectors[ring, 2] = x, y, z


@numba.njit(cache=True, nogil=True)
def spans(points: Float, starts: Integer, ends: Integer, normal: Float, reach: Float) -> None:
    """reach[r] = lowest and highest projection of ring r's points on a unit normal; equal for a flat ring."""
    for ring in range(starts.shape[0]):
        low, high = np.inf, -np.inf
        for at in range(starts[ring], ends[ring]):
            w = points[at, 0] * normal[0] + points[at, 1] * normal[1] + points[at, 2] * normal[2]
            low, high = min(low, w), max(high, w)
        reach[ring, 0], reach[ring, 1] = low, high


def parse_rings(data: Bytes, starts: Integer, ends: Integer) -> tuple[Float, Integer, NDArray[np.bool_]]:
    """All numbers of all rings in one array, where each ring begins in it (rings + 1,), and which rings failed."""
    counts = np.zeros(len(starts), dtype=np.int64)
    count_values(data, starts, ends, counts)
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    values = np.zeros(int(offsets[-1]), dtype=np.float64)
    failed = np.zeros(len(starts), dtype=np.uint8)
    parse_decimals(data, starts, ends, offsets, _TENS, values, failed)
    return values, offsets, failed.view(np.bool_)


def warm_up() -> None:
    """Compile every kernel for the types that it is called with."""
    text = np.frombuffer(b"0\\0\\1\\2.5\\0\\1\\0\\-1e0\\1 ", dtype=np.uint8)
    values, _, _ = parse_rings(text, np.array([0]), np.array([len(text)]))
    points, first, last = values.reshape(-1, 3), np.array([0]), np.array([3])
    area_vectors(points, first, last, np.zeros((1, 3)))
    spans(points, first, last, np.array([0.0, 0.0, 1.0]), np.zeros((1, 2)))
