"""What can be undone and redone: steps of changes, bounded by the memory they hold and not by their number."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from workstation.case.changes import Change

BYTES_KEPT = 512 * 1024 * 1024


class Step(Protocol):
    """One entry of the history. Steps that were read from a case file fetch their changes only when needed."""

    @property
    def label(self) -> str:
        """What was done, as shown to people: "Paint GTV"."""
        ...

    @property
    def bytes_used(self) -> int:
        """Memory that the step holds."""
        ...

    def changes(self) -> tuple[Change, ...]:
        """The changes in the order in which they were applied; raises CaseError when they can't be had any more."""
        ...


@dataclass(frozen=True, eq=False)
class DoneStep:
    """A step whose changes are in memory."""

    label: str
    kind: str
    made: tuple[Change, ...]

    @cached_property
    def bytes_used(self) -> int:
        """Memory of both sides of all changes."""
        return sum(change.bytes_used for change in self.made)

    def changes(self) -> tuple[Change, ...]:
        """The changes in the order in which they were applied."""
        return self.made


class History:
    """Two stacks of steps. The oldest are forgotten when all together exceed `bytes_kept`; the newest never is."""

    def __init__(self, bytes_kept: int = BYTES_KEPT) -> None:
        self.bytes_kept = bytes_kept
        self.done: list[Step] = []
        self.undone: list[Step] = []
        """The step to redo next is the last one."""

    @property
    def bytes_used(self) -> int:
        """Memory of all steps."""
        return sum(step.bytes_used for step in (*self.done, *self.undone))

    def add(self, step: Step) -> None:
        """A new step was done; what had been undone can't be redone any more."""
        self.undone.clear()
        self.done.append(step)
        excess = self.bytes_used - self.bytes_kept
        forgotten = 0
        while excess > 0 and forgotten < len(self.done) - 1:
            excess -= self.done[forgotten].bytes_used
            forgotten += 1
        del self.done[:forgotten]

    def step_back(self) -> None:
        """The newest step was undone."""
        self.undone.append(self.done.pop())

    def step_forward(self) -> None:
        """The step undone last was redone."""
        self.done.append(self.undone.pop())
