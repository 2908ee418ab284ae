"""What a stroke does to the structure: extend it, cut it, or begin a new piece.

The rule *auto* looks at where the stroke starts on the shown plane:

- inside the structure: the stroke extends it, wherever it goes;
- outside: the stroke is a new piece while it touches nothing. At the first touch it turns into a cut, as a whole and
  for good, and what it had added is gone. So a stroke changes its meaning at most once, in plain sight, and lifting
  the hand before the touch keeps the new piece.

*Add* and *erase* force one or the other; Alt (or a pen's eraser) always erases.
"""

from __future__ import annotations

from numpy.typing import ArrayLike

from workstation.geometry.region import Region
from workstation.structures.planar import intersection


class StrokeRule:
    """The decision for one stroke. `erases` is what it does now, `is_open` whether a touch can still change that."""

    def __init__(self, shown: Region, start: ArrayLike, rule: str, erase: bool) -> None:
        """shown: the structure on the shown plane before the stroke. start: where it begins, (u, v) mm there."""
        self._shown = shown
        self.erases = erase or rule == "erase"
        forced = erase or rule in ("add", "erase")
        self.is_open = not forced and bool(shown) and not bool(shown.contains(start)[0])

    def touches(self, swept: Region) -> bool:
        """Tell the rule what the stroke has just covered; True when that turned it into a cut."""
        if not self.is_open or not _boxes_meet(self._shown, swept) or not intersection(self._shown, swept):
            return False
        self.is_open = False
        self.erases = True
        return True


def _boxes_meet(first: Region, second: Region) -> bool:
    if not first.point_count or not second.point_count:
        return False
    a, b = first.bounds(), second.bounds()
    return a[0] <= b[2] and b[0] <= a[2] and a[1] <= b[3] and b[1] <= a[3]
