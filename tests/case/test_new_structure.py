"""Colours of new structures: told apart by everybody, targets in the colours that ICRU readers know."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from workstation.case.new_structure import ORGAN_COLORS, TARGET_COLORS, free_color
from workstation.geometry.plane import Plane
from workstation.structures.structure import Color, ContourStack, Structure

# Machado, Oliveira and Fernandes, IEEE TVCG 15 (2009), severity 1.0; they act on linear RGB.
SIGHT = {
    "usual": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
}
TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
WHITE = np.array([0.95047, 1.0, 1.08883])


def lab(color: Color, sight: str) -> np.ndarray:
    """CIELAB (D65) of an sRGB colour as it is seen."""
    share = np.array(color) / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    xyz = TO_XYZ @ np.clip(SIGHT[sight] @ linear, 0, 1) / WHITE
    f = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def distance(first: Color, second: Color, sight: str) -> float:
    return float(np.linalg.norm(lab(first, sight) - lab(second, sight)))


def test_the_colour_space_is_right() -> None:
    np.testing.assert_allclose(lab((255, 255, 255), "usual"), (100, 0, 0), atol=0.01)
    np.testing.assert_allclose(lab((255, 0, 0), "usual"), (53.24, 80.09, 67.20), atol=0.02)
    # What people without green cones confuse: a red and an olive of the same brightness.
    red, olive = (200, 80, 80), (118, 118, 80)
    assert distance(red, olive, "deuteranopia") < 12 and distance(red, olive, "usual") > 40


@pytest.mark.parametrize("sight", SIGHT)
def test_organs_are_told_apart(sight: str) -> None:
    neighbours = zip(ORGAN_COLORS, ORGAN_COLORS[1:] + ORGAN_COLORS[:1], strict=True)
    assert min(distance(a, b, sight) for a, b in neighbours) >= 35
    assert min(distance(a, b, sight) for a, b in itertools.combinations(ORGAN_COLORS, 2)) >= 16


@pytest.mark.parametrize("sight", SIGHT)
def test_targets_are_told_apart_from_each_other_and_from_organs(sight: str) -> None:
    leading = [family[0] for family in TARGET_COLORS.values()]
    assert min(distance(a, b, sight) for a, b in itertools.combinations(leading, 2)) >= 20
    assert min(distance(a, b, sight) for a in leading for b in ORGAN_COLORS) >= 13
    for family in TARGET_COLORS.values():
        assert min(distance(a, b, sight) for a, b in itertools.pairwise(family)) >= 15


def test_no_organ_looks_like_any_target_to_most_people() -> None:
    shades = [color for family in TARGET_COLORS.values() for color in family]
    assert min(distance(a, b, "usual") for a in shades for b in ORGAN_COLORS) >= 25


def test_every_colour_can_be_seen_on_black_and_on_soft_tissue() -> None:
    for color in (*ORGAN_COLORS, *(shade for family in TARGET_COLORS.values() for shade in family)):
        assert lab(color, "usual")[0] >= 45


def test_targets_have_the_colours_that_people_expect() -> None:
    hexadecimal = {kind: "#{:02x}{:02x}{:02x}".format(*family[0]) for kind, family in TARGET_COLORS.items()}
    assert hexadecimal == {"GTV": "#ff3b30", "CTV": "#ff9f0a", "PTV": "#32d4ff"}


def test_new_structures_take_the_first_free_colour_of_their_family() -> None:
    there = [Structure("a", 1, "A", ContourStack(Plane.axial(), 1.0), ORGAN_COLORS[0])]
    assert free_color(there, "ORGAN") == ORGAN_COLORS[1] and free_color(there, "ptv") == TARGET_COLORS["PTV"][0]
