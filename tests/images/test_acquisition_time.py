"""Times of acquisition, however they are stored, and how far they lie apart in words."""

from __future__ import annotations

import pytest

from workstation.images.acquisition_time import Moment, acquired_at, apart


def moment(day: str, time: str = "") -> Moment:
    found = acquired_at({"AcquisitionDate": day, "AcquisitionTime": time}, {})
    assert found is not None
    return found


def test_the_best_of_all_stored_times_is_taken() -> None:
    study = {"StudyDate": "20260101", "StudyTime": "0800"}
    acquired = {"AcquisitionDateTime": "20260103101112.5+0100", "SeriesDate": "20260102", "SeriesTime": "090000"}
    for missing, wanted in (
        ("", "2026-01-03 10:11"), ("AcquisitionDateTime", "2026-01-02 09:00"), ("SeriesTime", "2026-01-01 08:00"),
        ("SeriesDate", "2026-01-01 08:00"),
    ):  # fmt: skip
        acquired.pop(missing, None)
        found = acquired_at(acquired, study)
        assert found is not None and found.text() == wanted
    found = acquired_at({}, {"StudyDate": "2026.01.05", "StudyTime": "rubbish"})
    assert found is not None and found.text() == "2026-01-05"
    assert acquired_at({"AcquisitionDate": "99999999"}, {"StudyDate": ""}) is None


@pytest.mark.parametrize(
    ("first", "second", "words"),
    [
        (("20260101", "100000"), ("20260101", "100010"), "at the same time"),
        (("20260101", "100000"), ("20260101", "100100"), "1 minute apart"),
        (("20260101", "100000"), ("20260101", "112000"), "80 minutes apart"),
        (("20260101", "230000"), ("20260102", "050000"), "6 hours apart"),
        (("20260101",), ("20260101", "112000"), "on the same day"),
        (("20260101",), ("20260102",), "1 day apart"),
        (("20260101", "100000"), ("20260113", "090000"), "12 days apart"),
        (("20260101",), ("20260601",), "5 months apart"),
        (("20000101",), ("20060401",), "6.2 years apart"),
    ],
)
def test_distances_in_time_are_said_as_people_say_them(first: tuple, second: tuple, words: str) -> None:
    assert apart(moment(*first), moment(*second)) == words == apart(moment(*second), moment(*first))
