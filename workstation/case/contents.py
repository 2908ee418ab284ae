"""What a case contains at one moment, as one value that is replaced and never changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from workstation.fusion.landmarks import LandmarkPair
from workstation.fusion.registration import Registration
from workstation.images.volume import Volume
from workstation.measurements.measurement import Measurement
from workstation.structures.structure import Structure
from workstation.structures.surface_model import DEFAULT_SURFACE_MODEL

_EMPTY: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, eq=False)
class Contents:
    """Images, structures, registrations, measurements and landmarks by key or identifier, in the order of their lists.

    planning_key: key of the image that structures are drawn on, "" before one is chosen.
    surface_model: what lies between two drawn slices and beyond the last one, for every volume of the case.
    """

    images: Mapping[str, Volume] = field(default_factory=lambda: _EMPTY)
    structures: Mapping[str, Structure] = field(default_factory=lambda: _EMPTY)
    registrations: Mapping[str, Registration] = field(default_factory=lambda: _EMPTY)
    planning_key: str = ""
    surface_model: str = DEFAULT_SURFACE_MODEL
    measurements: Mapping[str, Measurement] = field(default_factory=lambda: _EMPTY)
    landmarks: Mapping[str, LandmarkPair] = field(default_factory=lambda: _EMPTY)

    @property
    def planning(self) -> Volume | None:
        """The planning image, or None."""
        return self.images.get(self.planning_key)

    def with_entry(self, table: str, key: str, entry: Any | None, position: int | None = None) -> Contents:
        """The same with one entry of a table put, replaced, or (None) taken out.

        table: "images", "structures", "registrations", "measurements" or "landmarks".
        A new entry goes to `position` in the list, or to its end; a replaced one stays where it is.
        """
        entries: dict[str, Any] = dict(getattr(self, table))
        if entry is None:
            entries.pop(key, None)
        elif key in entries or position is None or position >= len(entries):
            entries[key] = entry
        else:
            items = list(entries.items())
            items.insert(position, (key, entry))
            entries = dict(items)
        change: dict[str, Any] = {table: MappingProxyType(entries)}
        return replace(self, **change)

    def with_structure(self, structure: Structure) -> Contents:
        """The same with one structure replaced where it stands, or added at the end."""
        return self.with_entry("structures", structure.identifier, structure)

    def reordered(self, identifiers: tuple[str, ...]) -> Contents:
        """The same with the structures in another order; `identifiers` names each of them once."""
        return replace(self, structures=MappingProxyType({key: self.structures[key] for key in identifiers}))
