"""One phase minus a share of another: typed, or the share at which the vein vanishes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from workstation.enhancement.errors import EnhancementError
from workstation.enhancement.maps import EvidenceMap, difference, difference_name, later_and_earlier
from workstation.enhancement.phase_stack import PhaseStack
from workstation.enhancement.regions import Mask

LEAST_WEIGHT, MOST_WEIGHT = 0.01, 5.0
DECIMALS = 4
"""Weights are rounded to as many, so that the formula in words is the one that was worked with."""
FEWEST_VOXELS = 10


@dataclass(frozen=True)
class Difference:
    """S(late) - weight x S(early), two phases by their names. weight: None for the one at which the vein vanishes."""

    late: str
    early: str
    weight: float | None = 1.0

    @property
    def name(self) -> str:
        """What its map is called, once the weight is known."""
        return difference_name(self.late, self.early, 1.0 if self.weight is None else round(self.weight, DECIMALS))

    def resolved(self, stack: PhaseStack, vein: Mask | None = None) -> Difference:
        """The same with its weight as a number. vein: (k, j, i) voxels, wanted where no weight is given.

        Raises EnhancementError for phases that are not there or the same, and for weights beyond 0.01 to 5.
        """
        late, early = (_number_of(stack, name) for name in (self.late, self.early))
        if late == early:
            raise EnhancementError(f"{self.late!r} minus itself is nothing: name two phases")
        weight = self.weight
        if weight is None:
            if vein is None:
                raise EnhancementError("There is no vein whose signal could be cancelled: give the weight as a number")
            weight = cancelling_weight(stack, late, early, vein)
        if not LEAST_WEIGHT <= weight <= MOST_WEIGHT:  # not a number, too
            raise EnhancementError(f"The weight {weight:g} is not one from {LEAST_WEIGHT:g} to {MOST_WEIGHT:g}")
        return Difference(self.late, self.early, round(weight, DECIMALS))

    def of(self, stack: PhaseStack, vein: Mask | None = None) -> EvidenceMap:
        """The map on a stack of phases. vein and errors as in `resolved`."""
        weight = self.resolved(stack, vein).weight
        assert weight is not None
        return difference(stack, stack.names.index(self.late), stack.names.index(self.early), weight)


def cancelling_weight(stack: PhaseStack, late: int, early: int, region: Mask) -> float:
    """The weight at which S(late) - weight x S(early) is zero in the median of a region (k, j, i), such as the vein."""
    ones, others = (stack.signals[n][region].astype(np.float64) for n in (late, early))
    clear = others > max(3.0 * float(stack.noise[early]), 1e-6)
    if np.count_nonzero(clear) < FEWEST_VOXELS:
        raise EnhancementError(f"The vein has no signal in {stack.names[early]!r} that could be cancelled")
    return float(np.median(ones[clear] / others[clear]))


def is_usual(stack: PhaseStack, name: str) -> bool:
    """Whether a difference is among the maps of a stack anyway."""
    names = stack.names
    return any(name == difference_name(names[late], names[early]) for late, early in later_and_earlier(stack))


def _number_of(stack: PhaseStack, name: str) -> int:
    if name not in stack.names:
        raise EnhancementError(f"There is no phase called {name!r}: there are {', '.join(stack.names)}")
    return stack.names.index(name)
