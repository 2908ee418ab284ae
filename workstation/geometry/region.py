"""What is drawn on one plane: closed rings that enclose by the even-odd rule over all of them at once.

Even-odd (XOR) over all rings is how DICOM's CLOSED_PLANAR contours describe holes (PS3.3 C.8.8.6.3): a ring
inside a ring is a hole, whatever their order or direction.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workstation.geometry.errors import GeometryError

Float = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Region:
    """Closed rings (n, 2) in plane millimetres (u, v), not repeated at the end; even-odd over all of them.

    >>> square = Region([[(0, 0), (4, 0), (4, 4), (0, 4)], [(1, 1), (2, 1), (2, 2), (1, 2)]])
    >>> square.contains([(0.5, 0.5), (1.5, 1.5)]).tolist()
    [True, False]
    """

    rings: tuple[Float, ...]

    def __init__(self, rings: ArrayLike | tuple[Float, ...] | list[Float] = ()) -> None:
        kept = []
        for ring in rings:  # type: ignore[union-attr]
            points = np.array(ring, dtype=np.float64)
            if points.ndim != 2 or points.shape[1] != 2 or not np.isfinite(points).all():
                raise GeometryError("A ring needs finite points (u, v)")
            points.setflags(write=False)
            kept.append(points)
        object.__setattr__(self, "rings", tuple(kept))

    def __bool__(self) -> bool:
        return bool(self.rings)

    @property
    def point_count(self) -> int:
        """Vertices of all rings together."""
        return sum(len(r) for r in self.rings)

    def bounds(self) -> tuple[float, float, float, float]:
        """(u_min, v_min, u_max, v_max) in mm; raises GeometryError where there are no points."""
        return self._bounds

    @cached_property
    def _bounds(self) -> tuple[float, float, float, float]:
        if not self.point_count:
            raise GeometryError("An empty region has no bounds")
        points = np.concatenate(self.rings)
        (u0, v0), (u1, v1) = points.min(0), points.max(0)
        return float(u0), float(v0), float(u1), float(v1)

    def contains(self, points: ArrayLike) -> NDArray[np.bool_]:
        """Even-odd test of points (n, 2): True inside. A point on an edge may fall on either side."""
        p = np.asarray(points, dtype=np.float64).reshape(-1, 2)
        x, y = p[:, :1], p[:, 1:]
        inside = np.zeros(len(p), dtype=bool)
        # All points against many edges at once, in portions that stay in the cache.
        portion = max(1, 200_000 // max(len(p), 1))
        for ring in self.rings:
            (x0, y0), (x1, y1) = ring.T, np.roll(ring, -1, axis=0).T
            sloping = np.flatnonzero(y0 != y1)
            for begin in range(0, len(sloping), portion):
                e = sloping[begin : begin + portion]
                crosses = (y >= np.minimum(y0[e], y1[e])) & (y < np.maximum(y0[e], y1[e]))
                crosses &= x < x0[e] + (y - y0[e]) * (x1[e] - x0[e]) / (y1[e] - y0[e])
                inside ^= (np.count_nonzero(crosses, axis=1) & 1).astype(bool)
        return inside


def ring_area_mm2(ring: ArrayLike) -> float:
    """Signed shoelace area of one ring (n, 2): positive when it turns from u to v."""
    p = np.asarray(ring, dtype=np.float64)
    if len(p) < 3:
        return 0.0
    p = p - p[0]
    x, y = p[:, 0], p[:, 1]
    return float(0.5 * (np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))))
