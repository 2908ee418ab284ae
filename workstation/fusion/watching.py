"""What a running registration tells about itself: the agreement after each step, and where it stands.

A window draws the curve of `Step.metric` from this; `Progress` says how far the work is and stops it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from workstation.geometry.deformation import SpatialMap


@dataclass(frozen=True)
class Step:
    """One step of a climb.

    stage: the level of the pyramid in words ("4 mm"). number: counts from 1 within its stage. metric: agreement of the
    images, more is better; comparable within a stage only. fixed_to_moving: the map at this step, where it is known.
    """

    stage: str
    number: int
    metric: float
    fixed_to_moving: SpatialMap | None = None


Watch = Callable[[Step], None]
"""Is called on the thread that registers; must return at once, and may raise to stop."""


def silent_watch(step: Step) -> None:
    """Watch nothing."""
