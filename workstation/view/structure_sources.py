"""Prepared shapes of structures, made once for all questions about the same contours."""

from __future__ import annotations

from workstation.structures.structure import ContourStack
from workstation.structures.surface_model import StackSource


class StructureSources:
    """Belongs to one background thread. Preparing a bone's shapes takes most of the time of its first outline."""

    def __init__(self) -> None:
        self._held: dict[str, tuple[ContourStack, StackSource]] = {}

    def of(self, identifier: str, stack: ContourStack) -> StackSource:
        """The shapes of a structure's contours; those of older contours are let go."""
        held = self._held.get(identifier)
        if held is None or held[0] is not stack:
            held = self._held[identifier] = (stack, StackSource(stack))
        return held[1]
