"""Operations on masks of voxels against plain, slow ones."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from workstation.enhancement.regions import (
    ball_around,
    closed,
    connected_to,
    grown,
    opened,
    shrunk,
    touched,
    without_holes,
)
from workstation.enhancement.shaping import near_seeds, shaped
from workstation.geometry.grid import Grid

SPACING = np.array([0.8, 1.0, 2.0])
masks = arrays(bool, (4, 6, 7), elements=st.booleans())


def distances(shape: tuple[int, ...]) -> np.ndarray:
    """(n, n) mm between all voxel centres."""
    points = np.argwhere(np.ones(shape, bool)) * SPACING[::-1]
    return np.linalg.norm(points[:, None] - points[None], axis=-1)


FAR = distances((4, 6, 7))


@settings(max_examples=40, deadline=None)
@given(masks, st.sampled_from([0.5, 1.0, 1.7, 2.5]))
def test_growing_takes_every_voxel_within_the_radius(mask: np.ndarray, radius_mm: float) -> None:
    wanted = (FAR[:, mask.ravel()] <= radius_mm).any(axis=1).reshape(mask.shape)
    assert np.array_equal(grown(mask, radius_mm, SPACING), wanted)
    assert np.array_equal(shrunk(~mask, radius_mm, SPACING), ~wanted)


@settings(max_examples=40, deadline=None)
@given(masks, st.sampled_from([1.0, 1.7]))
def test_opening_and_closing_bracket_the_mask(mask: np.ndarray, radius_mm: float) -> None:
    inner, outer = opened(mask, radius_mm, SPACING), closed(mask, radius_mm, SPACING)
    assert not (inner & ~mask).any() and not (mask & ~outer).any()
    assert np.array_equal(opened(inner, radius_mm, SPACING), inner)


@settings(max_examples=40, deadline=None)
@given(masks, st.tuples(st.integers(0, 3), st.integers(0, 5), st.integers(0, 6)))
def test_connected_by_faces(mask: np.ndarray, seed: tuple[int, int, int]) -> None:
    wanted = np.zeros_like(mask)
    wanted[seed] = mask[seed]
    while True:
        padded = np.pad(wanted, 1)
        beside = np.zeros_like(mask)
        for axis in range(3):
            for step in (-1, 1):
                beside |= np.roll(padded, step, axis)[1:-1, 1:-1, 1:-1]
        more = wanted | (beside & mask)
        if np.array_equal(more, wanted):
            break
        wanted = more
    assert np.array_equal(connected_to(mask, np.array([seed])), wanted)


@settings(max_examples=30, deadline=None)
@given(masks)
def test_touched_is_the_mask_grown_by_one_with_corners(mask: np.ndarray) -> None:
    padded = np.pad(mask, 1)
    wanted = np.zeros_like(mask)
    for a in range(3):
        for b in range(3):
            for c in range(3):
                wanted |= padded[a : a + 4, b : b + 6, c : c + 7]
    assert np.array_equal(touched(mask), wanted)


def test_a_shell_is_filled_and_a_cup_is_not() -> None:
    shell = np.zeros((7, 7, 7), bool)
    shell[1:6, 1:6, 1:6] = True
    shell[2:5, 2:5, 2:5] = False
    assert without_holes(shell)[1:6, 1:6, 1:6].all()
    shell[1, 3, 3] = False
    assert not without_holes(shell)[3, 3, 3]


def test_a_ball_holds_the_voxels_within_its_radius_and_always_one() -> None:
    found = ball_around(np.array([1.0, 2.0, 3.0]), 1.7, SPACING, (4, 6, 7))
    wanted = FAR[np.ravel_multi_index((1, 2, 3), (4, 6, 7))].reshape(4, 6, 7) <= 1.7
    assert np.array_equal(found, wanted)
    assert ball_around(np.array([1.4, 2.4, 3.4]), 0.01, SPACING, (4, 6, 7)).sum() == 1


def test_a_neck_is_cut_and_a_void_is_filled() -> None:
    grid = Grid((0, 0, 0), (1, 1, 1), np.eye(3), (40, 24, 24))
    k, j, i = np.indices(grid.shape)
    ball = (k - 12) ** 2 + (j - 12) ** 2 + (i - 10) ** 2 <= 49
    other = (k - 12) ** 2 + (j - 12) ** 2 + (i - 28) ** 2 <= 49
    bridge = (k == 12) & (j == 12) & (i > 10) & (i < 28)
    void = (k - 12) ** 2 + (j - 12) ** 2 + (i - 9) ** 2 <= 2
    found = shaped((ball | other | bridge) & ~void, np.array([12, 12, 6]), grid)
    assert not found[12, 12, 28] and found[ball].all()
    assert found.sum() < 1.05 * ball.sum()


def test_a_click_into_a_void_begins_around_it() -> None:
    grid = Grid((0, 0, 0), (1, 1, 1), np.eye(3), (12, 12, 12))
    mask = np.ones(grid.shape, bool)
    mask[6, 6, 6] = False
    seeds = near_seeds(mask, np.array([6, 6, 6]), grid)
    assert len(seeds) > 6 and mask[tuple(seeds.T)].all()
    assert near_seeds(np.zeros_like(mask), np.array([6, 6, 60]), grid).tolist() == [[6, 6, 11]]
