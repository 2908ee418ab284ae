"""Letters that name the sides of a picture."""

from __future__ import annotations

import numpy as np
import pytest

from workstation.geometry.plane import Plane
from workstation.view.side_letters import letter_bits, paint_provisional, paint_side_letters

WHITE = 0xFFE6E8EA


def painted(plane: Plane, shape: tuple[int, int] = (300, 400)) -> np.ndarray:
    picture = np.full(shape, 0xFF808080, np.uint32)
    paint_side_letters(picture, plane)
    return picture


@pytest.mark.parametrize(
    ("plane", "letters"),
    [
        (Plane.axial(), ("R", "L", "A", "P")),
        (Plane.sagittal(), ("A", "P", "S", "I")),
        (Plane.coronal(), ("R", "L", "S", "I")),
        (Plane((0, 0, 0), (1, 0.5, 0), (-0.5, 1, 0.9)), ("RA", "LP", "AI", "PS")),
    ],
)
def test_the_letters_stand_at_their_sides(plane: Plane, letters: tuple[str, ...]) -> None:
    picture = painted(plane)
    bits = [letter_bits(word) for word in letters]
    places = [
        ((300 - 9) // 2, 2),
        ((300 - 9) // 2, 400 - 2 - bits[1].shape[1]),
        (2, (400 - bits[2].shape[1]) // 2),
        (300 - 2 - 9, (400 - bits[3].shape[1]) // 2),
    ]
    expected = np.zeros(picture.shape, bool)
    for glyph, (top, left) in zip(bits, places, strict=True):
        expected[top : top + glyph.shape[0], left : left + glyph.shape[1]] = glyph
    np.testing.assert_array_equal(picture == WHITE, expected)


def test_every_letter_is_another_and_has_a_dark_rim() -> None:
    assert len({letter_bits(letter).tobytes() for letter in "APLRSI"}) == 6
    picture = painted(Plane.axial())
    white, dark = picture == WHITE, picture == 0xFF000000
    for down, right in ((1, 0), (-1, 0), (0, 1), (0, -1)):
        assert (white | dark)[np.roll(white, (down, right), (0, 1))].all()


def test_large_pictures_have_large_letters_and_tiny_ones_none() -> None:
    assert (painted(Plane.axial(), (1000, 900)) == WHITE).sum() == 9 * (painted(Plane.axial()) == WHITE).sum()
    assert (painted(Plane.axial(), (40, 900)) == 0xFF808080).all()


@pytest.mark.parametrize("shape", [(300, 400), (1000, 900), (70, 400)])
def test_what_is_provisional_is_written_at_the_lower_left(shape: tuple[int, int]) -> None:
    picture = np.full(shape, 0xFF808080, np.uint32)
    paint_provisional(picture)
    amber = np.argwhere(picture == 0xFFFFB340)
    dot = max(1, min(shape) // 400)
    bits = letter_bits("PROVISIONAL", dot)
    assert len(amber) == bits.sum()
    assert amber[:, 0].min() > shape[0] - 13 * dot and amber[:, 1].max() < 72 * dot


@pytest.mark.parametrize("shape", [(30, 400), (100, 66)])
def test_small_pictures_are_left_alone_by_the_mark(shape: tuple[int, int]) -> None:
    picture = np.full(shape, 0xFF808080, np.uint32)
    paint_provisional(picture)
    assert (picture == 0xFF808080).all()
