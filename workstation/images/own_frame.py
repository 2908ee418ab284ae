"""A frame of reference for images whose file names none: NIfTI, NRRD and MetaImage (PS3.3 C.7.4.1.1.1, PS3.5 B.2).

The UID follows from the content, so that a registration can refer to such an image and finds it again, on every
machine and under every name. It can be told from a frame that a scanner gave: nobody else knows this one, so that
differing from it says nothing.
"""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workstation.geometry.grid import Grid

ROOT = "2.25."
MARK = 0x72747766
"""The upper 32 of the 128 bits behind the root."""

SEPARATED_MARK = 0x72747773
"""The same for a frame that an image was given so that it can lie elsewhere than the scanner says."""

LATTICE_DIGITS = 3


def own_frame_uid(voxels: NDArray[Any], grid: Grid) -> str:
    """The frame of reference of an image: the same for the same values on the same lattice (to a micrometre).

    voxels: [k, j, i], int16 or float32. Another byte order in memory gives the same UID.
    """
    state = hashlib.blake2b(digest_size=12)
    little = voxels.dtype.newbyteorder("<")
    lattice = np.round(grid.matrix, LATTICE_DIGITS) + 0.0
    state.update(f"{little.str} {grid.size} {lattice.tolist()}".encode())
    for plane in voxels:
        state.update(np.ascontiguousarray(plane, dtype=little).data)
    return f"{ROOT}{MARK << 96 | int.from_bytes(state.digest(), 'big')}"


def separated_frame_uid(key: str, frame_uid: str) -> str:
    """The frame of reference of an image that is taken out of the one it shared; always the same for that image."""
    digest = hashlib.blake2b(f"{key}\n{frame_uid}".encode(), digest_size=12).digest()
    return f"{ROOT}{SEPARATED_MARK << 96 | int.from_bytes(digest, 'big')}"


def is_own_frame(uid: str) -> bool:
    """Whether a frame of reference was derived from an image's content: no scanner and no other object names it."""
    return _marked(uid, MARK)


def is_separated_frame(uid: str) -> bool:
    """Whether a frame of reference was given to an image that shared another one before."""
    return _marked(uid, SEPARATED_MARK)


def _marked(uid: str, mark: int) -> bool:
    number = uid.removeprefix(ROOT)
    return number != uid and number.isdigit() and len(number) <= 39 and int(number) >> 96 == mark
