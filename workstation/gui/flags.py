"""Where the names of marks along a line go: flags on poles, in rows, that neither overlap nor hide a pole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

MOST_ROWS = 4
GAP_PX = 4.0


@dataclass(frozen=True)
class Flag:
    """A name on its pole. left_px, right_px: what it covers. row: 0 is the one nearest to the line."""

    mark: int
    left_px: float
    right_px: float
    row: int


def flags(poles_px: Sequence[float], widths_px: Sequence[float], room_px: float) -> list[Flag]:
    """A place for the name of each mark, in as few rows as can be.

    poles_px: (n,) rising places of the marks along the line. widths_px: (n,) of their names. room_px: the line's length.
    Names fly to the right of their poles, the last ones to the left where they would be cut off. With more names than
    `MOST_ROWS` hold, every other one is left out, the first and the last excepted.
    """
    marks = list(range(len(poles_px)))
    while marks:
        found = _best([poles_px[n] for n in marks], [widths_px[n] for n in marks], room_px)
        if found is not None and max(row for _, _, row in found) < MOST_ROWS:
            return [Flag(n, left, right, row) for n, (left, right, row) in zip(marks, found, strict=True)]
        marks = [*marks[:-1:2], marks[-1]] if len(marks) > 2 else marks[:-1]
    return []


_Placed = list[tuple[float, float, int]]


def _best(poles: Sequence[float], widths: Sequence[float], room: float) -> _Placed | None:
    """Of all numbers of names that fly to the left, what takes the fewest rows."""
    best: _Placed | None = None
    for turned in range(len(poles), -1, -1):
        spans = [
            (pole, pole + width) if n < turned else (pole - width, pole)
            for n, (pole, width) in enumerate(zip(poles, widths, strict=True))
        ]
        if any(left < 0 or right > room for left, right in spans):
            continue
        rows = _rows(poles, spans)
        if rows is not None and (best is None or max(rows) < max(row for _, _, row in best)):
            best = [(left, right, row) for (left, right), row in zip(spans, rows, strict=True)]
    return best


def _rows(poles: Sequence[float], spans: Sequence[tuple[float, float]]) -> list[int] | None:
    """Rows so that no flag lies on another one nor across a pole that reaches higher; None where that can't be."""
    above = _above(poles, spans)
    if any((b, a) in above for a, b in above):
        return None
    rows = [0] * len(poles)
    for _ in range(len(poles) + 1):
        before = list(rows)
        for high, low in sorted(above):
            rows[high] = max(rows[high], rows[low] + 1)
        _spread(spans, rows)
        if rows == before:
            return rows
    return None


def _above(poles: Sequence[float], spans: Sequence[tuple[float, float]]) -> set[tuple[int, int]]:
    """(higher, lower) pairs: a flag that lies across a pole is higher than that pole's own."""
    found = set()
    for one, (left, right) in enumerate(spans):
        rightwards = left >= poles[one]
        others = range(one + 1, len(poles)) if rightwards else range(one)
        for other in others:
            if poles[other] < right + GAP_PX if rightwards else poles[other] > left - GAP_PX:
                found.add((one, other))
    return found


def _spread(spans: Sequence[tuple[float, float]], rows: list[int]) -> None:
    """Raise what lies on another flag of its row."""
    for one in range(len(spans)):
        for other in range(one + 1, len(spans)):
            apart = spans[one][1] + GAP_PX <= spans[other][0] or spans[other][1] + GAP_PX <= spans[one][0]
            if not apart and rows[one] == rows[other]:
                rows[one] += 1
