"""What was kept with a case, read with care: another version, or another hand, may have written the file.

Each function gives a value that can be used, or what there was before; none raises for what it finds.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import Any

_BEYOND_USE = 1e30
"""No millimetre and no grey value is as large; NaN is not below it either."""


def mapping_in(state: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The mapping of that name, {} where there is none."""
    value = state.get(name)
    return {str(key): each for key, each in value.items()} if isinstance(value, Mapping) else {}


def word_in(state: Mapping[str, Any], name: str, known: Container[str], otherwise: str) -> str:
    """The word of that name where it is one of the known ones."""
    value = state.get(name)
    return value if isinstance(value, str) and value in known else otherwise


def words_in(state: Mapping[str, Any], name: str, otherwise: set[str]) -> set[str]:
    """The set of words of that name."""
    value = state.get(name)
    return {str(each) for each in value} if isinstance(value, (list, tuple)) else otherwise


def number_in(state: Mapping[str, Any], name: str, otherwise: float) -> float:
    """The finite number of that name."""
    numbers = numbers_of([state.get(name)], 1)
    return numbers[0] if numbers else otherwise


def numbers_of(value: object, count: int) -> tuple[float, ...]:
    """As many finite numbers, () where it is anything else."""
    if not isinstance(value, (list, tuple)) or len(value) != count or not all(_is_number(each) for each in value):
        return ()
    return tuple(float(each) for each in value)


def alike(value: object, present: object) -> bool:
    """Whether a value can stand where the present one does: a word, a yes or no, a finite number."""
    if isinstance(present, (bool, str)):
        return isinstance(value, type(present))
    return _is_number(value) and _is_number(present)


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < _BEYOND_USE
