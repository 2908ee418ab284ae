"""Maps of what contrast does, each with its formula: enhancement, differences of phases, wash-in, wash-out.

S0 is the signal before contrast, S(p) that of a phase, t(p) its seconds from the contrast. Ratios are only formed where
the denominator stands clear of the noise; elsewhere a map has no value (NaN).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from workstation.enhancement.phase_stack import PhaseStack

Single = NDArray[np.float32]

CLEAR_NOISES = 3.0
"""Multiples of its noise that a denominator has to stand clear by."""
ARRIVED = 0.2
"""Share of the largest enhancement at which contrast counts as arrived."""
SER_HIGH, SER_LOW = 1.1, 0.9
"""Signal enhancement ratio above: wash-out; below: accumulation; between: plateau."""


@dataclass(frozen=True, eq=False)
class EvidenceMap:
    """A map. formula: in one line, with its unit. ends: what small and large values mean, "" for nothing.

    weights: (phases,) what each signal counts, up to one factor, where the map is a sum of them; else empty.
    stepped: whether its values are classes, or times of phases, or nearly so: their spread is that of the steps, not
    the tissue's.
    """

    name: str
    formula: str
    unit: str
    values: Single
    ends: tuple[str, str] = ("", "")
    stepped: bool = False
    weights: tuple[float, ...] = ()

    @property
    def diverging(self) -> bool:
        """Whether zero means neither."""
        return bool(self.ends[0] and self.ends[1])


def evidence_maps(stack: PhaseStack) -> list[EvidenceMap]:
    """Every map that the phases allow, in the order in which a person would ask for them."""
    made = [relative_enhancement(stack, n) for n in stack.after] if stack.before is not None else []
    after = stack.after
    made += [difference(stack, late, early) for late, early in later_and_earlier(stack)]
    if stack.before is not None and len(after) >= 2:
        early, late = early_and_late(stack)
        made += [enhancement_ratio(stack, early, late), ser_class(stack, early, late), retained(stack, early, late)]
        made += [left_of(stack, n, late) for n in after if _is_arterial(stack, n) and n != early]
        made.append(wash_out(stack))
    timed = all(t is not None for t in stack.times_s)
    if timed and stack.before is not None and len(after) >= 2:
        made += [wash_in(stack), time_to_peak(stack), arrival(stack), area(stack)]
    return made


def later_and_earlier(stack: PhaseStack) -> list[tuple[int, int]]:
    """Numbers of every two phases with contrast, the later one first: those whose difference is among the maps."""
    after = stack.after
    return [(late, early) for k, early in enumerate(after) for late in after[k + 1 :]]


def early_and_late(stack: PhaseStack) -> tuple[int, int]:
    """Numbers of the phases that wash-out is told from: the first after the arterial ones, and the last.

    The first phase with contrast where only one comes after the arterial ones.
    """
    settled = [n for n in stack.after if not _is_arterial(stack, n)]
    return (settled[0] if len(settled) > 1 else stack.after[0]), stack.after[-1]


def relative_enhancement(stack: PhaseStack, phase: int) -> EvidenceMap:
    """(S(p) - S0) / S0."""
    name = stack.names[phase]
    before = _before(stack)
    values = _ratio(stack.enhancement[phase], stack.signals[before], float(stack.noise[before]))
    return EvidenceMap(f"enhancement, {name}", f"(S({name}) - S0) / S0", "", values, ("", "enhances"))


def difference(stack: PhaseStack, late: int, early: int, weight: float = 1.0) -> EvidenceMap:
    """S(late) - weight x S(early), in units of its noise."""
    noise = float(np.hypot(stack.noise[late], weight * stack.noise[early]))
    values = (stack.signals[late] - np.float32(weight) * stack.signals[early]) / np.float32(max(noise, 1e-6))
    late_name, early_name = stack.names[late], stack.names[early]
    share = _times(weight)
    formula = f"S({late_name}) - {share}S({early_name}), in units of its noise ({noise:.1f})"
    weights = tuple(1.0 if n == late else -weight if n == early else 0.0 for n in range(len(stack.names)))
    name = difference_name(late_name, early_name, weight)
    return EvidenceMap(name, formula, "noise", values, ("wash-out", "accumulation"), weights=weights)


def difference_name(late: str, early: str, weight: float = 1.0) -> str:
    """What the map of a difference is called."""
    return f"{late} minus {_times(weight)}{early}"


def _times(weight: float) -> str:
    return "" if weight == 1.0 else f"{weight:g} x "


def enhancement_ratio(stack: PhaseStack, early: int, late: int) -> EvidenceMap:
    """1 - SER, SER = (S(early) - S0) / (S(late) - S0): zero is a plateau, below it wash-out."""
    noise = float(np.hypot(stack.noise[late], stack.noise[_before(stack)]))
    values = _ratio(stack.enhancement[early], stack.enhancement[late], noise) - np.float32(1.0)
    formula = f"1 - SER = 1 - (S({stack.names[early]}) - S0) / (S({stack.names[late]}) - S0)"
    return EvidenceMap("signal enhancement ratio", formula, "", -values, ("wash-out", "accumulation"))


def ser_class(stack: PhaseStack, early: int, late: int) -> EvidenceMap:
    """The three classes of the signal enhancement ratio: -1 wash-out (SER above 1.1), 0 plateau, 1 accumulation."""
    ser = np.float32(1.0) - enhancement_ratio(stack, early, late).values
    found = np.where(ser > SER_HIGH, -1.0, np.where(ser < SER_LOW, 1.0, 0.0)).astype(np.float32)
    found[~np.isfinite(ser)] = np.nan
    formula = f"-1 where SER > {SER_HIGH:g}, 1 where SER < {SER_LOW:g}, else 0"
    return EvidenceMap("SER class", formula, "", found, ("wash-out", "accumulation"), stepped=True)


def retained(stack: PhaseStack, early: int, late: int) -> EvidenceMap:
    """(S(late) - S0) / (S(early) - S0): what is left of the early enhancement."""
    noise = float(np.hypot(stack.noise[early], stack.noise[_before(stack)]))
    values = _ratio(stack.enhancement[late], stack.enhancement[early], noise)
    formula = f"(S({stack.names[late]}) - S0) / (S({stack.names[early]}) - S0)"
    return EvidenceMap("retained enhancement", formula, "", values, ("", "held"))


def left_of(stack: PhaseStack, arterial: int, late: int) -> EvidenceMap:
    """What is left of the enhancement in an arterial phase."""
    found = retained(stack, arterial, late)
    return replace(found, name=f"retained enhancement, {stack.names[late]} of {stack.names[arterial]}")


def wash_out(stack: PhaseStack) -> EvidenceMap:
    """100 (S(peak) - S(last)) / S(peak)."""
    after = list(stack.after)
    peak = stack.signals[after].max(axis=0)
    noise = float(stack.noise[after].max())
    values = np.float32(100.0) * _ratio(peak - stack.signals[after[-1]], peak, noise)
    formula = f"100 (S(peak) - S({stack.names[after[-1]]})) / S(peak)"
    return EvidenceMap("wash-out", formula, "%", values, ("", "washes out"))


def wash_in(stack: PhaseStack) -> EvidenceMap:
    """E(peak) / (t(peak) - t(arrival)), a second. E is the relative enhancement."""
    peak, arrived = _peak(stack), arrival(stack).values
    times = _seconds(stack)
    relative = _ratio(_at(stack.enhancement, peak), stack.signals[_before(stack)], float(stack.noise[_before(stack)]))
    span = np.maximum(times[peak].astype(np.float32) - arrived, np.float32(1.0))
    return EvidenceMap("wash-in", "E(peak) / (t(peak) - t(arrival))", "1/s", relative / span, ("", "fast"))


def time_to_peak(stack: PhaseStack) -> EvidenceMap:
    """t of the phase with the largest signal."""
    values = _known(stack, _seconds(stack)[_peak(stack)].astype(np.float32))
    return EvidenceMap("time to peak", "t of the largest S", "s", values, ("early", "late"), stepped=True)


def arrival(stack: PhaseStack) -> EvidenceMap:
    """t at which a fifth of the largest enhancement is reached, linear between phases."""
    times, enhancement = _seconds(stack), stack.enhancement
    order = np.argsort(times)
    wanted = np.float32(ARRIVED) * enhancement.max(axis=0)
    values = np.full(stack.grid.shape, np.float32(np.nan))
    for one, two in pairwise(order.tolist()):
        low, high = enhancement[one], enhancement[two]
        reached = np.isnan(values) & (high >= wanted) & (low < wanted)
        share = (wanted - low)[reached] / np.maximum((high - low)[reached], 1e-6)
        values[reached] = times[one] + share * (times[two] - times[one])
    formula = f"t at which E reaches {ARRIVED:g} of its peak"
    return EvidenceMap("arrival", formula, "s", _known(stack, values), ("early", "late"), stepped=True)


def area(stack: PhaseStack) -> EvidenceMap:
    """Integral of S - S0 over time up to the last phase, divided by S0."""
    times = _seconds(stack)
    order = np.argsort(times)
    total = np.zeros(stack.grid.shape, np.float32)
    for one, two in pairwise(order.tolist()):
        seconds = np.float32(max(0.0, times[two] - max(times[one], 0.0)))
        total += seconds * (stack.enhancement[one] + stack.enhancement[two]) / 2
    before = _before(stack)
    values = _ratio(total, stack.signals[before], float(stack.noise[before]))
    return EvidenceMap("area under the curve", "integral of (S - S0) dt / S0", "s", values, ("", "much"))


def _is_arterial(stack: PhaseStack, number: int) -> bool:
    return stack.names[number].startswith("arterial")


def _before(stack: PhaseStack) -> int:
    if stack.before is None:
        raise ValueError("This map needs a phase before contrast")
    return stack.before


def _seconds(stack: PhaseStack) -> NDArray[np.float64]:
    return np.array([np.nan if t is None else t for t in stack.times_s])


def _peak(stack: PhaseStack) -> NDArray[np.int64]:
    found: NDArray[np.int64] = np.argmax(stack.signals, axis=0)
    return found


def _at(values: Single, number: NDArray[np.int64]) -> Single:
    found: Single = np.take_along_axis(values, number[None], axis=0)[0]
    return found


def _known(stack: PhaseStack, values: Single) -> Single:
    """Only where something enhances."""
    found = values.copy()
    found[stack.enhancement.max(axis=0) < CLEAR_NOISES * float(stack.noise.max())] = np.nan
    return found


def _ratio(upper: Single, lower: Single, noise: float) -> Single:
    clear = lower > CLEAR_NOISES * max(noise, 1e-6)
    found = np.full(upper.shape, np.float32(np.nan))
    np.divide(upper, lower, out=found, where=clear)
    return found
