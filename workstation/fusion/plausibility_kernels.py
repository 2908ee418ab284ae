"""How much better each block of the fixed image would agree if it were shifted by itself."""

from __future__ import annotations

import numba
import numpy as np


@numba.njit(cache=True, nogil=True)
def block_scores(points, bins, starts, turn, to_index, offset, shifts, image, table, scores, inside, begin, end):  # type: ignore[no-untyped-def]
    """Mean of `table[fixed bin, moving bin]` over each block's samples, for each shift.

    points : (n, 3) float32 mm from the pivot, sorted by block; block b holds starts[b]..starts[b + 1].
    bins : (n,) uint8. turn, to_index, offset : as in `look_up`. shifts : (m, 3) float64 mm in the moving frame.
    image : (k, j, i) float32 in 0..1. table : (fixed bins, moving bins) float64, read linearly along the moving bin.
    scores : (blocks, m) float64 and inside : (blocks,) share of samples that stay inside for every shift; blocks
    begin..end are filled. A sample that leaves the image for some shift counts for none.
    """
    m = (to_index @ turn).astype(np.float32)
    moved = (shifts @ to_index.T).astype(np.float32)
    o = offset.astype(np.float32)
    lowest, highest = np.zeros(3, np.float32), np.zeros(3, np.float32)
    for s in range(moved.shape[0]):
        for a in range(3):
            lowest[a] = min(lowest[a], moved[s, a])
            highest[a] = max(highest[a], moved[s, a])
    last = (image.shape[2] - 1, image.shape[1] - 1, image.shape[0] - 1)
    width = np.float32(table.shape[1] - 1.001)
    for b in range(begin, end):
        used = 0
        scores[b, :] = 0.0
        for n in range(starts[b], starts[b + 1]):
            x, y, z = points[n, 0], points[n, 1], points[n, 2]
            u0 = m[0, 0] * x + m[0, 1] * y + m[0, 2] * z + o[0]
            v0 = m[1, 0] * x + m[1, 1] * y + m[1, 2] * z + o[1]
            w0 = m[2, 0] * x + m[2, 1] * y + m[2, 2] * z + o[2]
            if u0 + lowest[0] < 0 or v0 + lowest[1] < 0 or w0 + lowest[2] < 0:
                continue
            if u0 + highest[0] >= last[0] or v0 + highest[1] >= last[1] or w0 + highest[2] >= last[2]:
                continue
            used += 1
            row = table[bins[n]]
            for s in range(moved.shape[0]):
                u, v, w = u0 + moved[s, 0], v0 + moved[s, 1], w0 + moved[s, 2]
                i, j, k = int(u), int(v), int(w)
                u -= np.float32(i)
                v -= np.float32(j)
                w -= np.float32(k)
                a = image[k, j, i] + (image[k, j, i + 1] - image[k, j, i]) * u
                c = image[k, j + 1, i] + (image[k, j + 1, i + 1] - image[k, j + 1, i]) * u
                d = image[k + 1, j, i] + (image[k + 1, j, i + 1] - image[k + 1, j, i]) * u
                e = image[k + 1, j + 1, i] + (image[k + 1, j + 1, i + 1] - image[k + 1, j + 1, i]) * u
                low, high = a + (c - a) * v, d + (e - d) * v
                place = min(low + (high - low) * w, np.float32(1.0)) * width
                q = int(place)
                scores[b, s] += row[q] + (row[q + 1] - row[q]) * (place - np.float32(q))
        inside[b] = used / max(starts[b + 1] - starts[b], 1)
        if used > 0:
            for s in range(moved.shape[0]):
                scores[b, s] /= used


def warm_up() -> None:
    """Compile every kernel."""
    points, eye = np.zeros((1, 3), np.float32), np.eye(3)
    block_scores(
        points, np.zeros(1, np.uint8), np.array([0, 1]), eye, eye, np.zeros(3), np.zeros((1, 3)),
        np.zeros((2, 2, 2), np.float32), np.zeros((4, 4)), np.zeros((1, 1)), np.zeros(1), 0, 1,
    )  # fmt: skip
