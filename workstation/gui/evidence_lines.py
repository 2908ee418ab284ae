"""What the plots of a separation show, as plain values: courses over time, and how well evidence separates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class CourseLine:
    """The signal of one tissue over the phases. values, noise: (n,), one standard deviation on each side.

    color: red, green and blue of 0 to 255. dashed: a reference. faint: in the background of the others.
    """

    name: str
    values: Float
    noise: Float
    color: tuple[int, int, int]
    dashed: bool = False
    faint: bool = False


@dataclass(frozen=True, eq=False)
class RocLine:
    """How one piece of evidence separates. false_positive, true_positive: (m,) shares of 0 to 1, rising. auc: area."""

    name: str
    false_positive: Float
    true_positive: Float
    auc: float


def course_rows(
    lines: Sequence[CourseLine], times_s: Sequence[float | None], names: Sequence[str], unit: str = ""
) -> list[list[str]]:
    """A table with its header: one row for each phase, two columns (value and noise) for each course.

    >>> line = CourseLine("tumour", np.array([1.0, 2.5]), np.array([0.1, 0.1]), (255, 0, 0))
    >>> course_rows([line], [None, 60.0], ["pre", "early"])[1:]
    [['pre', '', '1', '0.1'], ['early', '60', '2.5', '0.1']]
    """
    said = f" [{unit}]" if unit else ""
    heads = [f"{line.name}{kind}{said}" for line in lines for kind in ("", " noise")]
    rows = [["phase", "time_s", *heads]]
    for n, (time, name) in enumerate(zip(times_s, names, strict=True)):
        values = [float(of[n]) for line in lines for of in (line.values, line.noise)]
        rows.append([name, _number(time), *map(_number, values)])
    return rows


def _number(value: float | None) -> str:
    return "" if value is None or not np.isfinite(value) else f"{value + 0.0:.9g}"
