"""Numbered pairs of landmarks: the same anatomical point seen in two images."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
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

    def side_mm(self, frame_uid: str) -> Float | None:
        """(3,) its point in one of its two frames of reference, None while that is not placed."""
        return self.fixed_mm if frame_uid == self.fixed_frame_uid else self.moving_mm

    def with_side(self, frame_uid: str, point_mm: Float | None) -> LandmarkPair:
        """The same pair with the point (3,) of one of its two frames of reference elsewhere."""
        if frame_uid == self.fixed_frame_uid:
            return replace(self, fixed_mm=point_mm)
        return replace(self, moving_mm=point_mm)

    def turned(self) -> LandmarkPair:
        """The same pair with fixed and moving exchanged."""
        return replace(
            self,
            fixed_frame_uid=self.moving_frame_uid,
            moving_frame_uid=self.fixed_frame_uid,
            fixed_mm=self.moving_mm,
            moving_mm=self.fixed_mm,
        )

    @property
    def title(self) -> str:
        """What it is called: its number, and its name where it has one.

        >>> LandmarkPair.new(3, "1", "2", name="Clivus").title
        '3 Clivus'
        """
        return f"{self.number} {self.name}".strip()


def next_number(pairs: Iterable[LandmarkPair]) -> int:
    """The number after the highest, so that none is used twice while others are removed."""
    return 1 + max((pair.number for pair in pairs), default=0)
