"""Where the names of marks along a line go: flags on poles, in rows, that neither overlap nor hide a pole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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

    poles_px: (n,) rising places of the marks along the line. widths_px: (n,) of their names. room_px: the line's
        length. With more names than `MOST_ROWS` hold, every other one is left out, but not the first and the last.
    """
    marks = list(range(len(poles_px)))
    while marks:
        found = _best([poles_px[n] for n in marks], [widths_px[n] for n in marks], room_px)
        if found is not None and max(row for _, _, row in found) < MOST_ROWS:
            return [Flag(n, left, right, row) for n, (left, right, row) in zip(marks, found, strict=True)]
        marks = [*marks[:-1:2], marks[-1]] if len(marks) > 2 else marks[:-1]
    return []


_Span = tuple[float, float]
_Placed = list[tuple[float, float, int]]


def _best(poles: Sequence[float], widths: Sequence[float], room: float) -> _Placed | None:
    """Names over the middle of their poles, or the last ones flying to the left: what takes the fewest rows."""
    found = []
    for spans in _choices(poles, widths, room):
        if all(left >= 0 and right <= room for left, right in spans):
            rows = _rows(poles, spans)
            if rows is not None:
                found.append([(left, right, row) for (left, right), row in zip(spans, rows, strict=True)])
    return min(found, key=lambda placed: max(row for _, _, row in placed), default=None)


def _choices(poles: Sequence[float], widths: Sequence[float], room: float) -> Iterator[list[_Span]]:
    pairs = list(zip(poles, widths, strict=True))
    lefts = [min(max(pole - width / 2, 0.0), room - width) for pole, width in pairs]
    yield [(left, left + width) for left, width in zip(lefts, widths, strict=True)]
    for turned in range(len(poles), -1, -1):
        yield [(pole, pole + width) if n < turned else (pole - width, pole) for n, (pole, width) in enumerate(pairs)]


def _rows(poles: Sequence[float], spans: Sequence[_Span]) -> list[int] | None:
    """Rows so that no flag lies on another one nor across a pole that reaches higher; None where that can't be."""
    below = [_crossed(n, poles, spans) for n in range(len(spans))]
    rows: dict[int, int] = {}
    while len(rows) < len(spans):
        ready = [n for n in range(len(spans)) if n not in rows and below[n] <= rows.keys()]
        if not ready:
            return None
        row = 1 + max((rows[n] for n in below[ready[0]]), default=-1)
        while any(rows[n] == row and _touch(spans[n], spans[ready[0]]) for n in rows):
            row += 1
        rows[ready[0]] = row
    return [rows[n] for n in range(len(spans))]


def _crossed(number: int, poles: Sequence[float], spans: Sequence[_Span]) -> set[int]:
    """The marks whose poles a flag lies across: their own flags have to be lower.

    Of a flag that flies to one side, only the poles on that side count, so that marks in one place can do, too.
    """
    left, right = spans[number]
    pole = poles[number]
    later = {n for n in range(number + 1, len(poles)) if poles[n] < right + GAP_PX / 2} if right > pole else set()
    earlier = {n for n in range(number) if poles[n] > left - GAP_PX / 2} if left < pole else set()
    return later | earlier


def _touch(one: _Span, other: _Span) -> bool:
    return one[0] < other[1] + GAP_PX and other[0] < one[1] + GAP_PX
