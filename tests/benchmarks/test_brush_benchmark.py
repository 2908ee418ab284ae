"""What a move of the brush costs before anything is derived or painted on the screen.

Peer in the same run, interleaved: shapely doing the obvious thing, the union of the outline with the buffered path of
the whole stroke so far.
"""

from __future__ import annotations

import statistics
import time

import numpy as np
import pytest
import shapely

from tests.case.bodies import case_with_gtv, disc
from workstation.case.commands import EditContours
from workstation.editing.brush import Brush
from workstation.editing.desk import Desk
from workstation.editing.pointer import Pointer
from workstation.geometry.plane import Plane
from workstation.structures.structure import PlanarContours

pytestmark = pytest.mark.benchmark


def path(points: int) -> np.ndarray:
    """A wandering stroke from inside the structure, half a millimetre a move."""
    t = np.linspace(0, points * 0.5 / 25, points)
    return np.column_stack([25 * np.cos(t) + 3 * np.sin(7 * t), 25 * np.sin(t)]) + np.array([-5.0, 0.0])


@pytest.mark.parametrize(
    ("name", "plane", "ball", "limit_ms"),
    [
        ("on an axial slice", Plane.axial(0.0), False, 3.0),
        ("across the slices (sagittal)", Plane.sagittal(1.0), False, 8.0),
        ("as a ball of 8 mm", Plane.axial(0.0), True, 12.0),
    ],
)
def test_a_move_at_three_hundred_vertices(name: str, plane: Plane, ball: bool, limit_ms: float) -> None:
    case, gtv = case_with_gtv()
    outline = disc(28, points=300)
    case.do(EditContours(gtv, tuple(PlanarContours(float(w), outline) for w in case.slice_positions_mm[6:18])))
    desk = Desk(case)
    desk.active, desk.ball, desk.brush_radius_mm, desk.rule = gtv, ball, 8.0, "add"
    brush, points = Brush(), path(240)
    ours, theirs = [], []
    polygon = shapely.Polygon(outline.rings[0])
    brush.press(desk, Pointer(plane, *points[0], pressed=True))
    for count in range(2, len(points)):
        start = time.perf_counter()
        brush.move(desk, Pointer(plane, *points[count - 1], pressed=True))
        middle = time.perf_counter()
        polygon.union(shapely.LineString(points[:count]).buffer(8.0, quad_segs=10))
        ours.append((middle - start) * 1e3)
        theirs.append((time.perf_counter() - middle) * 1e3)
    brush.release(desk, Pointer(plane, *points[-1]))
    median, p95 = statistics.median(ours), sorted(ours)[int(0.95 * len(ours))]
    peer = statistics.median(theirs[-60:])
    late = statistics.median(ours[-60:])
    print(f"\nbrush move {name}: median {median:.2f} ms, p95 {p95:.2f} ms; late in the stroke {late:.2f} ms against "
          f"{peer:.2f} ms for the whole path's buffer on one slice ({late / peer:.2f} x)")
    assert median < limit_ms
