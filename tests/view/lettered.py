"""A phantom that says itself which way round it is: letters burned in at the patient's six sides, and their finder.

Each letter stands upright where it is seen in one of the three views, read as people look at a patient: axial from
the feet, sagittal from the left, coronal from the front. Those of one view lie 40 mm away from those of the others.
Every glyph has a dot at its lower right, so that none is its own mirror picture.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workstation.geometry.grid import Grid
from workstation.geometry.transform import Transform
from workstation.images.volume import Volume

Float = NDArray[np.float64]

DOT_MM, DEEP_MM, APART_MM, OUT_MM = 4.0, 8.0, 40.0, 70.0
BRIGHT = 400
_NEAR_PIXELS = 4
_ROWS = {
    "A": ("01110.", "10001.", "10001.", "11111.", "10001.", "10001.", "10001#"),
    "P": ("11110.", "10001.", "10001.", "11110.", "10000.", "10000.", "10000#"),
    "L": ("10000.", "10000.", "10000.", "10000.", "10000.", "11110.", "11110#"),
    "R": ("11110.", "10001.", "10001.", "11110.", "10100.", "10010.", "10001#"),
    "S": ("01111.", "10000.", "10000.", "01110.", "00001.", "00001.", "11110#"),
    "I": ("01100.", "00100.", "00100.", "00100.", "00100.", "00100.", "11111#"),
}
GLYPHS = {name: np.array([[c in "1#" for c in row] for row in rows]) for name, rows in _ROWS.items()}
"""(7, 6) of each letter."""

CROSSHAIR_MM = (APART_MM, APART_MM, APART_MM)
TO = {"L": (1, 0, 0), "R": (-1, 0, 0), "P": (0, 1, 0), "A": (0, -1, 0), "S": (0, 0, 1), "I": (0, 0, -1)}
# What lies at the left, right, top and bottom of each view; what its pictures' right and down are follows.
SIDES = {"axial": "RLAP", "sagittal": "APSI", "coronal": "RLSI"}
_ACROSS = {"axial": (0, 0, APART_MM), "sagittal": (APART_MM, 0, 0), "coronal": (0, APART_MM, 0)}


def lettered_volume(grid: Grid, key: str = "letters", *, tilt: Float | None = None, **facts: object) -> Volume:
    """0 with bright letters. tilt: (3, 3) turns the whole phantom, as an oblique acquisition turns its planes.

    facts: further fields of the volume; `link` (a Transform) takes points of the phantom to the grid's frame.
    """
    index = np.stack(np.meshgrid(*(np.arange(n) for n in grid.size), indexing="ij"), -1)
    points = grid.to_patient(index)
    link = facts.pop("link", None)
    if isinstance(link, Transform):
        points = link.inverse().apply(points)
    if tilt is not None:
        points = points @ tilt  # the inverse of a rotation, applied to rows
    lit = np.zeros(grid.size, bool)
    for view, sides in SIDES.items():
        right, down = np.array(TO[sides[1]], float), np.array(TO[sides[3]], float)
        through = np.cross(right, down)
        for letter in sides:
            away = points - (OUT_MM * np.array(TO[letter]) + np.array(_ACROSS[view]))
            column = np.floor(away @ right / DOT_MM + 3).astype(int)
            row = np.floor(away @ down / DOT_MM + 3.5).astype(int)
            within = (np.abs(away @ through) <= DEEP_MM) & (column >= 0) & (column < 6) & (row >= 0) & (row < 7)
            lit |= within & GLYPHS[letter][row.clip(0, 6), column.clip(0, 5)]
    voxels = np.ascontiguousarray(np.where(lit, BRIGHT, 0).astype(np.int16).transpose(2, 1, 0))
    described = {"modality": "CT", "unit": "HU", "description": "letters", "frame_of_reference_uid": "F", **facts}
    return Volume(key, voxels, grid, **described)


def blank_volume(grid: Grid, key: str = "blank", **facts: object) -> Volume:
    """As `lettered_volume`, with nothing written on it."""
    described = {"modality": "CT", "unit": "HU", "description": "blank", "frame_of_reference_uid": "F", **facts}
    return Volume(key, np.zeros(grid.shape, np.int16), grid, **described)


@dataclass(frozen=True)
class Found:
    """The letter that a place of a picture is most like, which way round, and how much (correlation coefficient)."""

    letter: str
    turned: str
    likeness: float
    off_mm: float


def _ways(glyph: NDArray[np.bool_]) -> dict[str, Float]:
    """A glyph in all eight ways that a picture can lie."""
    ways = {}
    for quarter in range(4):
        ways[f"turned {90 * quarter}"] = np.rot90(glyph, quarter)
        ways[f"mirrored, turned {90 * quarter}"] = np.rot90(glyph[:, ::-1], quarter)
    return {name: np.kron(np.pad(way, 1), np.ones((2, 2))) for name, way in ways.items()}


def find_letter(small: Float, right_mm: float, down_mm: float) -> Found:
    """The best of all letters in all ways to lie, near a place right and down of a picture's middle, 2 mm a pixel."""
    best = Found("", "", -1.0, 0.0)
    middle = np.array(small.shape) / 2 + np.array([down_mm, right_mm]) / 2.0
    for letter, glyph in GLYPHS.items():
        for way, template in _ways(glyph).items():
            first = np.rint(middle - np.array(template.shape) / 2).astype(int) - _NEAR_PIXELS
            last = first + template.shape + 2 * _NEAR_PIXELS
            part = small[max(first[0], 0) : last[0], max(first[1], 0) : last[1]]
            windows = np.lib.stride_tricks.sliding_window_view(part, template.shape)
            flat = windows.reshape(-1, template.size)
            spread = np.maximum(flat.std(-1), 1.0)
            likeness = flat @ ((template - template.mean()) / template.std() / template.size).ravel() / spread
            place = int(likeness.argmax())
            if likeness[place] > best.likeness:
                at = np.maximum(first, 0) + np.unravel_index(place, windows.shape[:2]) + np.array(template.shape) / 2
                best = Found(letter, way, float(likeness[place]), 2.0 * float(np.linalg.norm(at - middle)))
    return best


def _at_2_mm(picture: Float, pixel_mm: float) -> Float:
    """Bilinear, after averaging what is finer than half of that."""
    share = max(1, int(2.0 / pixel_mm))
    height, width = (n // share * share for n in picture.shape)
    top, left = (picture.shape[0] - height) // 2, (picture.shape[1] - width) // 2
    cut = picture[top : top + height, left : left + width]
    coarse = cut.reshape(height // share, share, width // share, share).mean((1, 3))
    step = 2.0 / (pixel_mm * share)
    rows, columns = (
        (np.arange(int((n - 1) / step)) - (int((n - 1) / step) - 1) / 2) * step + (n - 1) / 2 for n in coarse.shape
    )
    r, c = rows.astype(int), columns.astype(int)
    down, right = (rows - r)[:, None], (columns - c)[None, :]
    part = coarse[np.ix_(r, c)] * (1 - down) + coarse[np.ix_(r + 1, c)] * down
    next_ = coarse[np.ix_(r, c + 1)] * (1 - down) + coarse[np.ix_(r + 1, c + 1)] * down
    return part * (1 - right) + next_ * right


def check_letters(picture: Float, pixel_mm: float, orientation: str) -> None:
    """All four letters of a view in a grey picture (height, width), upright and where they belong."""
    small = _at_2_mm(picture, pixel_mm)
    for letter, (across, along) in zip(SIDES[orientation], ((-1, 0), (1, 0), (0, -1), (0, 1)), strict=True):
        found = find_letter(small, across * OUT_MM, along * OUT_MM)
        seen = f"{orientation}: {letter} is wanted, seen is {found}"
        assert (found.letter, found.turned) == (letter, "turned 0"), seen
        assert found.likeness > 0.6 and found.off_mm < 6.0, seen
