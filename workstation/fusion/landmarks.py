"""Numbered pairs of landmarks: the same anatomical point seen in two images."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class LandmarkPair:
    """One anatomical point in the fixed and in the moving frame of reference.

    number: what it is called by in the views, from 1. name: the anatomy in words, "" for none.
    fixed_mm, moving_mm: (3,) patient points in mm in their frames, None while a side has not been placed.
    """

    identifier: str
    number: int
    fixed_frame_uid: str
    moving_frame_uid: str
    fixed_mm: Float | None = None
    moving_mm: Float | None = None
    name: str = ""

    @staticmethod
    def new(
        number: int,
        fixed_frame_uid: str,
        moving_frame_uid: str,
        fixed_mm: Float | None = None,
        moving_mm: Float | None = None,
        name: str = "",
    ) -> LandmarkPair:
        """A pair with an identifier of its own."""
        return LandmarkPair(str(uuid4()), number, fixed_frame_uid, moving_frame_uid, fixed_mm, moving_mm, name)

    @property
    def complete(self) -> bool:
        """Whether both sides have been placed."""
        return self.fixed_mm is not None and self.moving_mm is not None
