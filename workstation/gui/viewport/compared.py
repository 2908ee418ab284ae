"""What is shown beside each other: the two images that are compared, and the phases of an examination."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workstation.gui.viewing import Viewing
from workstation.images.naming import distinct_names
from workstation.images.phases import multiphase, phases_of
from workstation.images.volume import Volume

if TYPE_CHECKING:
    from workstation.case.case import Case

FUSED = "fused"
"""Stands for the fused picture where images are chosen by key."""


def image_entries(case: Case) -> list[tuple[str, str]]:
    """(name, key) of everything that a view can show by itself, the fused picture first where there can be one."""
    entries = [(name, key) for key, name in distinct_names(case.images).items()]
    return [("Fused picture", FUSED), *entries] if len(entries) > 1 else entries


def compared_keys(case: Case, viewing: Viewing) -> tuple[str, str]:
    """Keys at the left and at the right, `FUSED` among them.

    What was not chosen, or is gone, is the planning image at the left, and the fused one or any other at the right.
    """
    known = {FUSED, *case.images}
    left, right = viewing.layout.compared
    others = [key for key in case.images if key != case.planning_key]
    if left not in known:
        left = case.planning_key or next(iter(case.images), FUSED)
    if right not in known:
        right = viewing.overlay_key or next(iter(others), left)
    return left, right


def told_apart(phases: list[Volume]) -> list[str]:
    """Names of phases without the words that all of them begin with, numbered in the order of time.

    What has no words of its own keeps its whole name.
    """
    names = list(distinct_names({phase.key: phase for phase in phases}).values())
    words = [name.split() for name in names]
    same = 0
    while all(len(each) > same for each in words) and len({each[same] for each in words}) == 1 and len(words) > 1:
        same += 1
    rests = [_whole_brackets(" ".join(each[same:]), name) for each, name in zip(words, names, strict=True)]
    return [f"{number}  {rest or name}" for number, (rest, name) in enumerate(zip(rests, names, strict=True), start=1)]


def _whole_brackets(rest: str, name: str) -> str:
    """The end of a name; where that begins inside of brackets, all that stands in them."""
    inside = rest.endswith(")") and "(" not in rest
    return name[name.rindex("(") + 1 : -1] if inside and "(" in name else rest


def phases_shown(case: Case, viewing: Viewing) -> list[Volume]:
    """The phases of the examination that is looked at: the chosen one, the fused one, or the first there is.

    Where no examination has several phases, its one image is all there is to show.
    """
    images = case.images
    for key in (viewing.layout.phases_of, viewing.overlay_key, case.planning_key):
        phases = phases_of(images, key)
        if len(phases) > 1:
            return phases
    found = multiphase(images)
    if found:
        return found[0]
    return [case.planning] if case.planning is not None else []
