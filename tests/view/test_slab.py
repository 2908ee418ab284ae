"""Where a slab is sampled, and with what weights."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workstation.view.slab import MAXIMUM, MEAN, MINIMUM, Slab, line_samples, plane_shares


@pytest.mark.parametrize(
    ("thickness_mm", "mode", "words"),
    [
        (-1.0, MEAN, "not -1 mm"),
        (float("nan"), MEAN, "not nan mm"),
        (501.0, MAXIMUM, "0 to 500 mm"),
        (5.0, "sum", "'sum'"),
    ],
)
def test_what_cannot_be_is_refused_in_words(thickness_mm: float, mode: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Slab(thickness_mm, mode)


@given(st.floats(0.1, 100), st.floats(0.2, 10))
def test_samples_are_no_further_apart_than_asked_and_lie_about_the_plane(thickness_mm: float, step_mm: float) -> None:
    offsets, weights = Slab(thickness_mm).offsets_mm(step_mm)
    assert np.diff(offsets).max() <= step_mm * (1 + 1e-6)
    assert offsets[0] == -thickness_mm / 2 and offsets[-1] == thickness_mm / 2
    np.testing.assert_allclose(offsets, -offsets[::-1], atol=1e-9)
    assert weights[0] == weights[-1] == 0.5 and (weights[1:-1] == 1).all()


def test_a_thin_slab_is_the_plane_alone_whatever_its_mode() -> None:
    offsets, weights = Slab(0.0, MINIMUM).offsets_mm(1.0)
    assert offsets.tolist() == [0.0] and weights.tolist() == [1.0]
    assert Slab(0.0, MINIMUM).key == Slab(0.0, MEAN).key != Slab(1.0, MEAN).key


def line_value(values: np.ndarray, index: np.ndarray) -> np.ndarray:
    """A row of voxels as a broken line, level in the outer half voxels."""
    return np.interp(index, np.arange(len(values)), values)


@given(
    st.lists(st.integers(-1000, 1000), min_size=1, max_size=12), st.floats(-3, 14), st.floats(0.01, 8),
)  # fmt: skip
def test_mean_and_extremes_of_a_row_of_voxels_are_exact(numbers: list[int], centre: float, half: float) -> None:
    values = np.array(numbers, dtype=float)
    planes, fractions, weights = line_samples(centre, half, len(values))
    low, high = max(centre - half, -0.5), min(centre + half, len(values) - 0.5)
    if high < low:
        assert len(planes) == 0
        return
    following = values[np.minimum(planes + 1, len(values) - 1)]
    there = values[planes] + (following - values[planes]) * fractions
    dense = np.linspace(low, high, 20001)
    curve = line_value(values, dense)
    assert there.max() >= curve.max() - 0.5 and there.max() <= curve.max() + 0.5
    assert there.min() <= curve.min() + 0.5 and there.min() >= curve.min() - 0.5
    assert weights.sum() == pytest.approx(1, abs=1e-5)
    assert (weights * there).sum() == pytest.approx(curve.mean(), abs=1.0)
    numbers_of, shares = plane_shares(planes, fractions, weights)
    assert (values[numbers_of] * shares).sum() == pytest.approx((weights * there).sum(), abs=0.01)
