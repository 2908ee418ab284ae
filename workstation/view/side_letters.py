"""The patient directions at the four sides of a picture that nobody can write on with a font, and a mark below.

The letters are drawn here, five pixels wide and seven high, because nothing below the window knows fonts.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from workstation.geometry.orientation import direction_letters
from workstation.geometry.plane import Plane

Picture = NDArray[np.uint32]
Bits = NDArray[np.bool_]

_ROWS = {
    "A": ("01110", "10001", "10001", "11111", "10001", "10001", "10001"),
    "P": ("11110", "10001", "10001", "11110", "10000", "10000", "10000"),
    "L": ("10000", "10000", "10000", "10000", "10000", "10000", "11111"),
    "R": ("11110", "10001", "10001", "11110", "10100", "10010", "10001"),
    "S": ("01111", "10000", "10000", "01110", "00001", "00001", "11110"),
    "I": ("01110", "00100", "00100", "00100", "00100", "00100", "01110"),
    "N": ("10001", "11001", "10101", "10011", "10001", "10001", "10001"),
    "O": ("01110", "10001", "10001", "10001", "10001", "10001", "01110"),
    "V": ("10001", "10001", "10001", "10001", "10001", "01010", "00100"),
}
_WHITE, _BLACK, _AMBER = np.uint32(0xFFE6E8EA), np.uint32(0xFF000000), np.uint32(0xFFFFB340)
_PROVISIONAL = "PROVISIONAL"
_EDGE = 2  # distance from the picture's edge, in dots of a letter
_LETTERED = 64
"""Smaller pictures have no room for letters."""


def paint_side_letters(picture: Picture, plane: Plane) -> None:
    """Name the patient directions at the sides of a plane's picture (height, width) uint32: white, rimmed in black."""
    height, width = picture.shape
    if min(height, width) < _LETTERED:
        return
    dot = max(1, min(height, width) // 250)
    for axis, horizontal in ((plane.u, True), (plane.v, False)):
        for sign in (-1, 1):
            bits = letter_bits(direction_letters(sign * axis), dot)
            h, w = bits.shape
            first, last = _EDGE * dot, (width - w if horizontal else height - h) - _EDGE * dot
            along = first if sign < 0 else last
            top, left = ((height - h) // 2, along) if horizontal else (along, (width - w) // 2)
            _write(picture, bits, (top, left), _WHITE, dot)


def paint_provisional(picture: Picture) -> None:
    """Say at the lower left that something lies where a registration puts it that nobody has accepted, in amber."""
    height, width = picture.shape
    dot = max(1, min(height, width) // 400)
    bits = letter_bits(_PROVISIONAL, dot)
    if min(height, width) >= _LETTERED and bits.shape[1] + 2 * _EDGE * dot <= width:
        _write(picture, bits, (height - bits.shape[0] - _EDGE * dot, _EDGE * dot), _AMBER, dot)


def _write(picture: Picture, bits: Bits, corner: tuple[int, int], color: np.uint32, dot: int) -> None:
    part = picture[corner[0] : corner[0] + bits.shape[0], corner[1] : corner[1] + bits.shape[1]]
    part[_rimmed(bits, dot)] = _BLACK
    part[bits] = color


def letter_bits(letters: str, dot: int = 1) -> Bits:
    """(9 * dot, n) a word of the letters that there are, one dot of nothing around it."""
    glyphs = [np.array([[c == "1" for c in row] for row in _ROWS[letter]]) for letter in letters]
    word = np.concatenate([np.pad(glyph, ((1, 1), (1, 0))) for glyph in glyphs], axis=1)
    word = np.pad(word, ((0, 0), (0, 1)))
    return np.asarray(word.repeat(dot, axis=0).repeat(dot, axis=1), dtype=np.bool_)


def _rimmed(bits: Bits, dot: int) -> Bits:
    """Grown by a dot to all sides; the empty dot around a word keeps anything from coming in over the edge."""
    grown = np.zeros_like(bits)
    for down in (-dot, 0, dot):
        for right in (-dot, 0, dot):
            grown |= np.roll(bits, (down, right), (0, 1))
    return grown
