"""New structures with a number, an identifier and a colour of their own."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import TYPE_CHECKING

from workstation.structures.recipe import Recipe
from workstation.structures.structure import Color, State, Structure

if TYPE_CHECKING:
    from workstation.case.case import Case

TARGET_COLORS: dict[str, tuple[Color, ...]] = {
    "GTV": ((255, 59, 48), (255, 107, 129), (214, 40, 90), (255, 138, 101)),
    "CTV": ((255, 159, 10), (255, 190, 92), (222, 120, 20), (255, 214, 120)),
    "PTV": ((50, 212, 255), (0, 168, 232), (140, 228, 255), (90, 150, 255)),
}
"""Gross, clinical and planning target volumes keep their family of colour wherever they are shown."""

ORGAN_COLORS: tuple[Color, ...] = (
    (95, 211, 95),
    (140, 107, 255),
    (200, 230, 160),
    (176, 122, 161),
    (107, 142, 35),
    (68, 187, 153),
    (240, 228, 66),
    (170, 136, 102),
    (221, 221, 221),
)
"""Told apart by colour-blind people, and none looks like a target.

With red or green cones missing (simulated after Machado, Oliveira and Fernandes, 2009) neighbours in this row are 35 or
more apart in CIELAB, any two 16, and none is nearer than 13 to the first colour of a target. Starting points were Paul
Tol's schemes (SRON/EPS/TN/09-002) and Okabe and Ito's set.
"""


def new_structure(case: Case, name: str, interpreted_type: str = "") -> Structure:
    """A structure with nothing drawn, on the planning image's slices; `case.do(AddStructure(...))` adds it.

    interpreted_type: RT ROI Interpreted Type (3006,00A4) such as "GTV" or "ORGAN"; when it is "", the name's
    beginning tells the targets. Raises CaseError without a planning image.
    """
    kind = interpreted_type or target_type(name)
    planning = case.planning
    return Structure(
        identifier=uuid.uuid4().hex,
        number=free_number(case.structures.values()),
        name=name.strip(),
        stack=case.empty_stack(),
        color=free_color(case.structures.values(), kind),
        interpreted_type=kind,
        frame_of_reference_uid=planning.frame_of_reference_uid if planning else "",
    )


def derived_structure(case: Case, name: str, interpreted_type: str, recipe: Recipe) -> Structure:
    """A structure that follows its recipe from the moment it is added."""
    drawn = new_structure(case, name, interpreted_type)
    return Structure(
        identifier=drawn.identifier,
        number=drawn.number,
        name=drawn.name,
        stack=drawn.stack,
        color=drawn.color,
        interpreted_type=drawn.interpreted_type,
        frame_of_reference_uid=drawn.frame_of_reference_uid,
        recipe=recipe,
        state=State.CURRENT,
        generation_algorithm="SEMIAUTOMATIC",
    )


def target_type(name: str) -> str:
    """"GTV", "CTV" or "PTV" where a name begins so, else ""."""
    start = name.strip().upper()[:3]
    return start if start in TARGET_COLORS else ""


def free_number(structures: Iterable[Structure]) -> int:
    """The smallest ROI Number above all that are in use."""
    return max((item.number for item in structures), default=0) + 1


def free_color(structures: Iterable[Structure], interpreted_type: str) -> Color:
    """The first colour of the type's family that nothing has yet; when all are taken, the least used."""
    family = TARGET_COLORS.get(interpreted_type.upper(), ORGAN_COLORS)
    used = [item.color for item in structures]
    return min(family, key=used.count)
