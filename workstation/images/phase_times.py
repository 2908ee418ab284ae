"""When the phases of an examination were acquired, counted from the contrast, and what they are called by that.

Times come from the phases' own acquisition or content times, from trigger times, or not at all: then only the order is
known. Zero is the start of the contrast (Contrast Bolus Start Time, 0018,1042) where the files tell it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from workstation.images.volume import Volume

ACQUISITION, TRIGGER, ORDER, TYPED = "acquisition time", "trigger time", "order only", "typed"
"""How a time is known."""
CONTRAST, FIRST_ENHANCED, SECOND = "the start of the contrast", "the first phase with contrast", "the second phase"
"""What times are counted from: what the files tell, else what comes nearest."""

ARTERIAL_ENDS_S, EARLY_ENDS_S = 35.0, 150.0
QUICK_S = 90.0
DAY_S = FARTHEST_S = 86_400.0
"""A day; no phase can be further from the contrast."""
_CLOCKS = ("AcquisitionTime", "ContentTime", "SeriesTime")


@dataclass(frozen=True, eq=False)
class Phase:
    """One phase of an examination.

    name: "pre", "arterial 1", "early", "delayed 2" or "phase 3". time_s: seconds from the contrast, negative before
    it; None where only the order is known. told_by: how the time is known. enhanced: whether there is contrast in it,
    as far as the files tell; None where they don't. zero: what time_s was counted from, "" where there is none.
    """

    volume: Volume
    name: str
    time_s: float | None
    told_by: str
    enhanced: bool | None = None
    zero: str = ""


def timed_phases(volumes: Sequence[Volume]) -> tuple[Phase, ...]:
    """The phases of one examination with their times and names, in the order of time.

    volumes: in the order that is to hold where nothing tells the times (see `workstation.images.phases.phases_of`).
    """
    clocks, told_by = _clocks(volumes)
    agents = [_names_an_agent(v.acquisition.get("ContrastBolusAgent", "")) for v in volumes]
    known = any(agents)
    times: list[float | None] = [None] * len(volumes)
    zero = ""
    if clocks is not None:
        zero_s, zero = _zero(volumes, clocks, agents)
        times = [_within_a_day(clock - zero_s) for clock in clocks]
    order = sorted(range(len(volumes)), key=lambda n: (times[n] is not None, times[n] or 0.0, n))
    enhanced = [_enhanced(agents[n] if known else None, times[n], known) for n in range(len(volumes))]
    told = [times[n] for n in order]
    names = named(told, [enhanced[n] for n in order], quick=_zero_is_told(volumes) or _follow_quickly(told))
    return tuple(
        Phase(volumes[n], name, times[n], told_by, enhanced[n], zero) for n, name in zip(order, names, strict=True)
    )


def named(times_s: Sequence[float | None], enhanced: Sequence[bool | None], quick: bool = True) -> list[str]:
    """What phases are called, in the order of time: by their seconds from the contrast, else by their number.

    quick: whether a phase can be an arterial one; not where nothing tells when the contrast came and the phases follow
    each other by minutes.

    >>> named([-120.0, 11.0, 17.0, 60.0, 300.0, 900.0], [False, True, True, True, True, True])
    ['pre', 'arterial 1', 'arterial 2', 'early', 'delayed 1', 'delayed 2']
    """
    kinds = []
    for number, (time_s, has_contrast) in enumerate(zip(times_s, enhanced, strict=True)):
        if has_contrast is False or (time_s is not None and time_s < 0):
            kinds.append("pre")
        elif time_s is None:
            kinds.append("pre" if number == 0 and has_contrast is not True else "phase")
        elif time_s < ARTERIAL_ENDS_S and quick:
            kinds.append("arterial")
        else:
            kinds.append("early" if time_s < EARLY_ENDS_S else "delayed")
    counts = {kind: kinds.count(kind) for kind in kinds}
    seen: dict[str, int] = {}
    names = []
    for number, kind in enumerate(kinds, start=1):
        seen[kind] = seen.get(kind, 0) + 1
        if kind == "phase":
            names.append(f"phase {number}")
        else:
            names.append(kind if counts[kind] == 1 and kind != "delayed" else f"{kind} {seen[kind]}")
    return names


def named_anew(phases: Sequence[Phase]) -> tuple[Phase, ...]:
    """Phases, all with times, of which some were typed, in the order of time and named by it."""
    ordered = sorted(phases, key=lambda phase: phase.time_s or 0.0)
    times = [phase.time_s for phase in ordered]
    quick = all(phase.zero in ("", CONTRAST) for phase in ordered) or _follow_quickly(times)
    names = named(times, [(time_s or 0.0) >= 0 for time_s in times], quick)
    return tuple(replace(phase, name=name) for phase, name in zip(ordered, names, strict=True))


def _names_an_agent(text: str) -> bool:
    """Scanners that nobody told of the contrast write NONE, before it and after it."""
    return text.strip().upper() not in ("", "NONE", "NO", "N", "UNKNOWN")


def _zero_is_told(volumes: Sequence[Volume]) -> bool:
    starts = [_seconds_of_day(volume.acquisition.get("ContrastBolusStartTime", "")) for volume in volumes]
    return any(start is not None for start in starts)


def _follow_quickly(times_s: Sequence[float | None]) -> bool:
    """Whether any two phases with contrast follow each other as fast as arterial ones do."""
    after = [time_s for time_s in times_s if time_s is not None and time_s >= 0]
    return any(later - time_s < QUICK_S for time_s, later in pairwise(after))


def _enhanced(agent: bool | None, time_s: float | None, known: bool) -> bool | None:
    if known:
        return agent
    return None if time_s is None else time_s >= 0


def _clocks(volumes: Sequence[Volume]) -> tuple[list[float] | None, str]:
    """Seconds of the day of each phase, all told by the same attribute and not all the same."""
    for name in _CLOCKS:
        found = [_seconds_of_day(volume.acquisition.get(name, "")) for volume in volumes]
        clocks = [clock for clock in found if clock is not None]
        if len(clocks) == len(volumes) and len(set(clocks)) > 1:
            return clocks, ACQUISITION
    triggers = [_number(volume.acquisition.get("TriggerTime", "")) for volume in volumes]
    told = [trigger / 1000.0 for trigger in triggers if trigger is not None]
    if len(told) == len(volumes) and len(set(told)) > 1:
        return told, TRIGGER
    return None, ORDER


def _zero(volumes: Sequence[Volume], clocks: Sequence[float], agents: Sequence[bool]) -> tuple[float, str]:
    """When the contrast came: as the files tell, else with the first phase that has some, else with the second."""
    starts = [_seconds_of_day(volume.acquisition.get("ContrastBolusStartTime", "")) for volume in volumes]
    told = [start for start in starts if start is not None]
    if told:
        return min(told), CONTRAST
    enhanced = [clock for clock, agent in zip(clocks, agents, strict=True) if agent]
    if enhanced:
        return min(enhanced), FIRST_ENHANCED
    ordered = sorted(clocks)
    return (ordered[1], SECOND) if len(ordered) > 1 else (ordered[0], CONTRAST)


def _within_a_day(seconds: float) -> float:
    """Of a difference of clock times, across midnight too."""
    return (seconds + DAY_S / 2) % DAY_S - DAY_S / 2


def _seconds_of_day(text: str) -> float | None:
    """Of a DICOM TM value."""
    digits, _, fraction = text.strip().replace(":", "").partition(".")
    if not digits.isdigit() or len(digits) not in (2, 4, 6):
        return None
    hours, minutes, seconds = (int(digits[n : n + 2] or "0") for n in (0, 2, 4))
    if hours > 23 or minutes > 59 or seconds > 60:
        return None
    return 3600.0 * hours + 60.0 * minutes + seconds + (float(f"0.{fraction}") if fraction.isdigit() else 0.0)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
