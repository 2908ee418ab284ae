"""What can be done with measurements: set one, move or rename it, delete it. They touch no structure."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from workstation.case.changes import Change, EntryReplaced
from workstation.case.contents import Contents
from workstation.case.errors import CaseError
from workstation.measurements.measurement import WORDS, Color, Float, Measurement

_TABLE = "measurements"
LONGEST_NAME = 64


@dataclass(frozen=True, eq=False)
class AddMeasurement:
    """Keep a measurement."""

    measurement: Measurement

    def label(self, contents: Contents) -> str:
        return f"Measure {WORDS[self.measurement.kind].lower()}"

    def changes(self, contents: Contents) -> list[Change]:
        new = self.measurement
        if new.identifier in contents.measurements:
            raise CaseError(f"{new.name} is already part of this case")
        _refuse_bad_name(new.name)
        return [EntryReplaced(_TABLE, new.identifier, None, new)]


@dataclass(frozen=True, eq=False)
class ChangeMeasurement:
    """Rename, recolour or move a measurement; None leaves a property as it is.

    points_mm: all its points (n, 3), on its plane.
    """

    identifier: str
    name: str | None = None
    points_mm: Float | None = None
    color: Color | None = None

    def label(self, contents: Contents) -> str:
        measurement = _measurement(contents, self.identifier)
        if self.points_mm is not None:
            return f"Move {measurement.name}"
        return f"Rename {measurement.name}" if self.name is not None else f"Recolour {measurement.name}"

    def changes(self, contents: Contents) -> list[Change]:
        before = _measurement(contents, self.identifier)
        after = before
        if self.name is not None and self.name.strip() != before.name:
            _refuse_bad_name(self.name)
            after = replace(after, name=self.name.strip())
        if self.color is not None and self.color != before.color:
            after = replace(after, color=self.color)
        if self.points_mm is not None and not np.array_equal(self.points_mm, before.points_mm):
            after = after.with_points(self.points_mm)
        return [] if after is before else [EntryReplaced(_TABLE, self.identifier, before, after)]


@dataclass(frozen=True)
class RemoveMeasurement:
    """Delete a measurement; undo brings it back where it stood."""

    identifier: str

    def label(self, contents: Contents) -> str:
        return f"Delete {_measurement(contents, self.identifier).name}"

    def changes(self, contents: Contents) -> list[Change]:
        found = _measurement(contents, self.identifier)
        position = list(contents.measurements).index(self.identifier)
        return [EntryReplaced(_TABLE, self.identifier, found, None, position)]


def _measurement(contents: Contents, identifier: str) -> Measurement:
    found = contents.measurements.get(identifier)
    if found is None:
        raise CaseError("That measurement is not part of this case any more")
    return found


def _refuse_bad_name(name: str) -> None:
    if not name.strip():
        raise CaseError("A measurement needs a name")
    if len(name.strip()) > LONGEST_NAME:
        raise CaseError(f"The name of a measurement has at most {LONGEST_NAME} characters")
