"""What every tool offers to the view that it is used in. Tools are composed of small parts and know no toolkit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from workstation.editing.pointer import Pointer
from workstation.geometry.plane import Plane

if TYPE_CHECKING:
    from workstation.editing.desk import Desk


@dataclass(frozen=True, eq=False)
class Outline:
    """Something the view paints while a tool is in hand: points (n, 2) in mm of the plane that was asked for.

    style: "brush" (circle under the cursor), "rubber" (open line being drawn), "handle" (vertices as dots),
        "proposal" (dash-dot ring), "measure" (what is measured), "measure-off" (dashed and dim: on a slice beside).
    erasing: painted in the colour of taking away.
    label: lines of text beside it, at the right of a closed line and at `label_point` of an open one.
    color: red, green and blue, 0 to 255; None for the active structure's.
    """

    points: NDArray[np.float64]
    closed: bool
    style: str
    erasing: bool = False
    label: str = ""
    label_point: int = -1
    color: tuple[int, int, int] | None = None


class Tool(Protocol):
    """A tool in hand. `desk` holds the case, the active structure and the settings shared by tools.

    All methods return True when they used the event (the view then repaints and does nothing else with it).
    """

    key: str
    """Stable name for actions and settings: "crosshair", "brush", "polygon", "eraser" …"""
    label: str
    """As shown to people."""

    def hint(self) -> str:
        """The bindings of the tool, for the status bar."""
        ...

    def press(self, desk: Desk, pointer: Pointer) -> bool:
        """The drawing button went down."""
        ...

    def move(self, desk: Desk, pointer: Pointer) -> bool:
        """The pointer moved, pressed or not."""
        ...

    def release(self, desk: Desk, pointer: Pointer) -> bool:
        """The drawing button went up."""
        ...

    def double_click(self, desk: Desk, pointer: Pointer) -> bool:
        """Second press of a double click."""
        ...

    def key_pressed(self, desk: Desk, name: str) -> bool:
        """A key: "Enter", "Escape", "x", "[" …"""
        ...

    def cancel(self, desk: Desk) -> None:
        """Drop whatever is half done, leaving the case as it was before."""
        ...

    def outlines(self, desk: Desk, plane: Plane) -> list[Outline]:
        """What to paint on a shown plane."""
        ...
