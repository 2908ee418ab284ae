"""Names of structures: unique in a case; TG-263's nomenclature is advice only."""

from __future__ import annotations

from collections.abc import Collection
from itertools import count


def free_name(taken: Collection[str], wanted: str) -> str:
    """The wanted name, or with the first free number behind it.

    >>> free_name(["GTV"], "GTV"), free_name(["GTV", "GTV_2"], "GTV"), free_name([], "GTV")
    ('GTV_2', 'GTV_3', 'GTV')
    """
    if wanted not in taken:
        return wanted
    return next(name for name in (f"{wanted}_{n}" for n in count(2)) if name not in taken)
