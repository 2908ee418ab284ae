"""Structures that come from elsewhere join a case without treading on those that are there."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from workstation.case.commands import AddStructure, Together
from workstation.case.names import free_name
from workstation.structures.structure import Structure

if TYPE_CHECKING:
    from workstation.case.case import Case


def import_structures(case: Case, structures: Iterable[Structure], what: str = "Import structure set") -> Together:
    """One command, one step, that adds all of them. Contours, numbers and names stay as they came where they can.

    A name or ROI Number that is taken gets the next free one (a structure that was renamed says so in its warnings);
    a structure keeps its identifier, by which an export finds what the file said about it, unless that is taken, too.
    """
    names = {item.name for item in case.structures.values()}
    numbers = {item.number for item in case.structures.values()}
    identifiers = set(case.structures)
    commands = []
    for structure in structures:
        name = free_name(names, structure.name.strip() or "Unnamed")
        number = structure.number if structure.number not in numbers else max(numbers) + 1
        warnings = structure.warnings
        if name != structure.name:
            warnings = (*warnings, f"Came as {structure.name!r}, a name that is taken or empty")
        names.add(name)
        numbers.add(number)
        taken = not structure.identifier or structure.identifier in identifiers
        identifier = uuid.uuid4().hex if taken else structure.identifier
        identifiers.add(identifier)
        joined = replace(structure, identifier=identifier, name=name, number=number, warnings=warnings)
        commands.append(AddStructure(joined))
    return Together(what, tuple(commands))
