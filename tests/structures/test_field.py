"""The 3D field that surfaces are made from."""

from __future__ import annotations

import numpy as np
import pytest

from tests.targets.bodies import ellipsoid_contours
from workstation.geometry.plane import Plane
from workstation.structures.errors import StructureError
from workstation.structures.field import distance_field
from workstation.structures.structure import ContourStack


@pytest.mark.parametrize("step_mm", [0.5, 1.0, 2.0])
def test_the_zero_level_is_the_surface(step_mm):
    field = distance_field(ellipsoid_contours((12.0, 15.0, 10.0), (0.3, 0.2, 0.1), 2.0), step_mm)
    w, v, u = np.indices(field.values.shape) * step_mm
    x, y, z = (a + o - c for a, o, c in zip((u, v, w), field.origin_mm, (0.3, 0.2, 0.1), strict=True))
    level = np.sqrt((x / 12) ** 2 + (y / 15) ** 2 + (z / 10) ** 2)
    assert (field.values[level < 0.97] < 0).all()
    assert (field.values[level > 1.03] > 0).all()
    assert field.values.dtype == np.float32


def test_the_border_lies_outside():
    field = distance_field(ellipsoid_contours((12.0, 15.0, 10.0), (0.3, 0.2, 0.1), 2.0), 1.0)
    for axis in range(3):
        assert (np.take(field.values, [0, -1], axis=axis) > 0).all()


def test_nothing_drawn_has_no_surface():
    with pytest.raises(StructureError, match="no closed contours"):
        distance_field(ContourStack(Plane.axial(), 3.0), 1.0)
    with pytest.raises(StructureError, match="positive"):
        distance_field(ellipsoid_contours((5.0, 5.0, 5.0), (0, 0, 0), 2.0), 0.0)
