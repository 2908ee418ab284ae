"""Which structures hang below which: the graph that recipes make."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from workstation.case.errors import CaseError
from workstation.structures.recipe import Recipe
from workstation.structures.structure import State, Structure


def follows(structure: Structure) -> bool:
    """Whether the contours come from the recipe, now or as soon as they can be computed again."""
    return structure.recipe is not None and structure.state in (State.CURRENT, State.STALE)


def downstream(structures: Mapping[str, Structure], identifiers: Iterable[str]) -> tuple[str, ...]:
    """Structures that follow any of `identifiers`, each after everything that it depends on.

    The given ones are not among them unless they follow another given one. Structures that were overridden by
    hand follow nothing, so what lies upstream of them doesn't reach through.
    """
    reached = set(identifiers)
    found: list[str] = []
    for identifier in _in_order(structures):
        recipe = structures[identifier].recipe
        if recipe is not None and reached.intersection(recipe.inputs):
            reached.add(identifier)
            found.append(identifier)
    return tuple(found)


def refuse_circle(structures: Mapping[str, Structure], identifier: str, name: str, recipe: Recipe) -> None:
    """Raise CaseError when a structure with this recipe would depend on itself."""
    seen: set[str] = set()
    frontier = list(recipe.inputs)
    while frontier:
        current = frontier.pop()
        if current == identifier:
            raise CaseError(f"{name} can't be derived from itself, directly or through other structures")
        if current in seen or current not in structures:
            continue
        seen.add(current)
        upstream = structures[current].recipe
        if upstream is not None:  # also of an overridden one: deriving it again must stay possible
            frontier.extend(upstream.inputs)


def _in_order(structures: Mapping[str, Structure]) -> list[str]:
    """Structures that follow others, sources first."""
    order: list[str] = []
    visited: set[str] = set()

    def visit(identifier: str) -> None:
        if identifier in visited or identifier not in structures or not follows(structures[identifier]):
            return
        visited.add(identifier)
        recipe = structures[identifier].recipe
        for upstream in recipe.inputs if recipe else ():
            visit(upstream)
        order.append(identifier)

    for identifier in structures:
        visit(identifier)
    return order
