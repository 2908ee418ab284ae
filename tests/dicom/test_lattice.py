"""Slice positions become a lattice without ever averaging what is uneven."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workstation.dicom.errors import DicomError
from workstation.dicom.lattice import Arrangement, arrange

AXIAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)


def arranged(heights: list[float], x: float = 0.0) -> Arrangement:
    return arrange(np.array([[x, 0.0, h] for h in heights]), AXIAL, (1.0, 1.0), (4, 3), 0.0)


def test_even_slices_are_the_lattice() -> None:
    found = arranged([1.0, 3.5, 6.0])
    assert found.exact and found.grid.size == (4, 3, 3) and found.grid.spacing_mm.tolist() == [1, 1, 2.5]
    assert found.warnings == () and found.lower.tolist() == [0, 1, 2]


def test_rounding_of_positions_is_no_unevenness() -> None:
    """Some writers keep one decimal: 0, 1.2, 2.5, 3.8, 5.0 is every 1.25 mm."""
    found = arranged([0.0, 1.2, 2.5, 3.8, 5.0])
    assert found.exact and found.grid.spacing_mm[2] == pytest.approx(1.25) and found.warnings == ()
    assert found.positions_mm.tolist() == [0.0, 1.2, 2.5, 3.8, 5.0]


@given(st.floats(0.5, 6), st.sets(st.integers(1, 19), max_size=8), st.floats(-500, 500))
def test_missing_slices_never_move_the_others(step: float, missing: set[int], start: float) -> None:
    kept = [n for n in range(21) if n not in missing]
    found = arranged([start + step * n for n in kept])
    assert np.allclose(found.positions_mm, start + step * np.array(kept))
    planes = found.grid.to_patient([[0, 0, k] for k in range(found.grid.size[2])])[:, 2]
    for number, position in enumerate(found.positions_mm):
        k = int(np.argmin(np.abs(planes - position)))
        assert abs(planes[k] - position) < 1e-6
        assert found.lower[k] == number and found.weight[k] < 1e-9


@given(st.lists(st.floats(0.6, 5.0), min_size=2, max_size=30))
def test_between_uneven_slices_height_itself_is_interpolated_right(gaps: list[float]) -> None:
    """Interpolating each slice's own height must give each plane's height: then any linear image is right, too."""
    heights = np.concatenate([[0.0], np.cumsum(gaps)])
    try:
        found = arranged(heights.tolist())
    except DicomError as error:
        assert "scattered" in str(error)
        return
    planes = found.grid.to_patient([[0, 0, k] for k in range(found.grid.size[2])])[:, 2]
    upper = np.minimum(found.lower + 1, len(heights) - 1)
    at_plane = heights[found.lower] * (1 - found.weight) + heights[upper] * found.weight
    # What counts as even may hide rounding noise of 0.055 mm at either end; beyond the last slice it is held.
    even = not found.warnings or "missing" in found.warnings[0]
    slack = 2 * max(0.055, 0.02 * min(gaps)) if even else 2e-3
    inside = planes <= heights[-1]
    assert np.abs(at_plane - planes)[inside].max() <= slack
    assert (found.lower >= 0).all() and (found.weight >= 0).all() and (found.weight <= 1).all()


def test_slices_scattered_too_far_apart_form_no_volume() -> None:
    with pytest.raises(DicomError, match="form no volume"):
        arranged([0.0, 0.3, 20.0, 45.7])


def test_the_axis_of_a_straight_stack_is_its_normal_exactly() -> None:
    points = np.array([[1e-4 * k, -1e-4 * k, 3.0 * k] for k in range(40)])
    assert arrange(points, AXIAL, (1.0, 1.0), (4, 3), 0.0).grid.direction[:, 2].tolist() == [0, 0, 1]
