"""When an image was acquired (DICOM DA, TM and DT values), and how far two moments lie apart in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

_PAIRS = (
    ("AcquisitionDate", "AcquisitionTime"), ("SeriesDate", "SeriesTime"), ("AcquisitionDate", "ContentTime"),
    ("StudyDate", "StudyTime"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Moment:
    """A day, with the time of the day where `has_time`."""

    at: datetime
    has_time: bool

    def text(self) -> str:
        """ "2006-01-28 14:55", or the day alone."""
        return self.at.strftime("%Y-%m-%d %H:%M" if self.has_time else "%Y-%m-%d")


def acquired_at(acquisition: Mapping[str, str], study: Mapping[str, str]) -> Moment | None:
    """The moment of acquisition as well as the attributes tell it (by DICOM keyword); None when no day is known."""
    values = {**study, **acquisition}
    whole = values.get("AcquisitionDateTime", "")
    pairs = [(whole[:8], whole[8:]), *((values.get(day, ""), values.get(time, "")) for day, time in _PAIRS)]
    moments = [moment for moment in (_moment(day, time) for day, time in pairs) if moment is not None]
    return next((m for m in moments if m.has_time), moments[0] if moments else None)


def _moment(day: str, time: str) -> Moment | None:
    try:
        date = datetime.strptime(day.strip().replace(".", ""), "%Y%m%d")
    except ValueError:
        return None
    digits = time.strip().replace(":", "")[:6]
    for form, length in (("%H%M%S", 6), ("%H%M", 4)):
        try:
            clock = datetime.strptime(digits[:length], form) if len(digits) >= length else None
        except ValueError:
            clock = None
        if clock is not None:
            return Moment(date.replace(hour=clock.hour, minute=clock.minute, second=clock.second), True)
    return Moment(date, False)


def days_between(first: Moment, second: Moment) -> int:
    """Whole days from one date to the other, never negative."""
    return abs((second.at.date() - first.at.date()).days)


def apart(first: Moment, second: Moment) -> str:
    """How far two moments lie apart: "25 minutes apart", "12 days apart", "on the same day".

    >>> from datetime import datetime
    >>> apart(Moment(datetime(2026, 1, 1), False), Moment(datetime(2026, 1, 13), False))
    '12 days apart'
    """
    days = days_between(first, second)
    if days >= 730:
        return f"{days / 365.25:.1f} years apart"
    if days >= 61:
        return f"{round(days / 30.44)} months apart"
    if days >= 2 or not (first.has_time and second.has_time):
        return {0: "on the same day", 1: "1 day apart"}.get(days, f"{days} days apart")
    return _clock_apart(abs(second.at - first.at))


def _clock_apart(gap: timedelta) -> str:
    minutes = round(gap.total_seconds() / 60)
    if minutes == 0:
        return "at the same time"
    if minutes < 120:
        return "1 minute apart" if minutes == 1 else f"{minutes} minutes apart"
    return f"{round(minutes / 60)} hours apart"
