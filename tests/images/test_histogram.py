"""Values are counted as numpy counts them, without padding, and the drawn range is that of the many."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from tests.images.test_windows import volume
from workstation.images.histogram import BINS, histogram_of_values, histogram_of_volume
from workstation.jobs.progress import Cancelled


@given(arrays.arrays(np.int16, (3, 4, 5)))
def test_integers_fall_between_the_edges_that_hold_them(voxels: np.ndarray) -> None:
    found = histogram_of_volume(volume(voxels))
    assert found.total == voxels.size and len(found.counts) <= BINS
    assert (found.counts == np.histogram(voxels, found.edges)[0]).all()
    assert np.allclose(np.diff(found.edges), found.edges[1] - found.edges[0])


@given(arrays.arrays(np.float32, (2, 4, 5), elements=st.floats(-1e6, 1e6, width=32)))
def test_other_numbers_do_too(voxels: np.ndarray) -> None:
    found = histogram_of_volume(volume(voxels))
    assert found.total == voxels.size and found.edges[0] <= voxels.min() and found.edges[-1] >= voxels.max()


def test_padding_and_what_is_no_number_are_not_counted() -> None:
    voxels = np.full((2, 3, 4), -3000, np.int16)
    voxels[0, 0] = 7
    padded = {"PaddingValue": "-3000"}
    assert histogram_of_volume(volume(voxels, acquisition=padded)).total == 4
    assert histogram_of_volume(volume(np.full((2, 2, 2), -3000, np.int16), acquisition=padded)).total == 8
    floats = voxels.astype(np.float32)
    floats[1, 1, 1] = np.nan
    assert histogram_of_volume(volume(floats, acquisition=padded)).total == 4
    assert histogram_of_volume(volume(np.full((2, 2, 2), np.nan, np.float32))).total == 0
    seen = histogram_of_values(np.array([[np.nan, 2.0], [3.0, np.inf]]))
    assert seen is not None and seen.total == 2
    assert histogram_of_values(np.full((3, 3), np.nan)) is None


def test_one_clip_of_metal_does_not_widen_what_is_drawn() -> None:
    voxels = np.random.default_rng(1).integers(-1000, 1500, (20, 60, 60)).astype(np.int16)
    voxels[3, 3, 3] = 30000
    low, high = histogram_of_volume(volume(voxels)).shown
    assert -1010 < low <= -990 and 1450 < high < 1800


def test_counting_can_be_stopped_and_is_quick() -> None:
    voxels = np.random.default_rng(1).integers(-1000, 1500, (60, 512, 512), dtype=np.int16)

    def stop(fraction: float, sentence: str) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        histogram_of_volume(volume(voxels), stop)
    start = time.perf_counter()
    histogram_of_volume(volume(voxels))
    assert time.perf_counter() - start < 1.0
