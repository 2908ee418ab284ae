"""What the hand does on an image, as a plain value in patient millimetres: tools never see a toolkit's events."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workstation.geometry.plane import Plane


@dataclass(frozen=True, eq=False)
class Pointer:
    """One pointer event on a shown plane.

    plane: the plane that is looked at; its origin lies on the shown slice, so w = 0 is the slice.
    u_mm, v_mm: the pointer in that plane's coordinates.
    pressed: whether the drawing button (or pen) is down.
    erase: Alt held, or the pen's eraser end.
    shift, ctrl: modifier keys held.
    pressure: 0..1 of a pen; 1 with a mouse.
    pixel_mm: size of one screen pixel on the patient, for tolerances such as "on the first vertex".
    image_key: the image that the view shows alone, "" for the fused picture. linked: whether the plane is given in the
        planning image's frame of reference; else in that image's own.
    """

    plane: Plane
    u_mm: float
    v_mm: float
    pressed: bool = False
    erase: bool = False
    shift: bool = False
    ctrl: bool = False
    pressure: float = 1.0
    pixel_mm: float = 0.5
    image_key: str = ""
    linked: bool = True

    @property
    def position_mm(self) -> NDArray[np.float64]:
        """(3,) patient point under the pointer."""
        return self.plane.to_patient((self.u_mm, self.v_mm))
