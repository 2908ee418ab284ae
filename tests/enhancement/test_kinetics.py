"""The courses of contrast agree with the published table, and the signal with its closed form."""

from __future__ import annotations

import numpy as np
import pytest

from workstation.enhancement.kinetics import (
    Courses,
    Exchange,
    SpoiledGradientEcho,
    blood_after_parker_mm,
    plasma_mm,
)

TIMES_S = (12.0, 20.0, 60.0, 120.0, 300.0, 4500.0)
GLOMUS = Exchange(0.30, 0.30, 0.30, delay_s=1.5)
TABLE = {
    "glomus": (GLOMUS, (2.95, 1.31, 0.93, 0.83, 0.52, 0.15)),
    "glomus, low": (Exchange(0.30, 0.35, 0.15, delay_s=1.5), (1.56, 0.86, 0.73, 0.69, 0.45, 0.13)),
    "schwannoma": (Exchange(0.12, 0.45, 0.05), (0.42, 0.38, 0.35, 0.43, 0.45, 0.13)),
    "mucosa": (Exchange(0.25, 0.35, 0.06), (0.54, 0.59, 0.54, 0.55, 0.39, 0.10)),
    "muscle": (Exchange(0.06, 0.12, 0.02), (0.17, 0.17, 0.15, 0.17, 0.14, 0.04)),
    "marrow": (Exchange(0.05, 0.20, 0.03), (0.24, 0.20, 0.16, 0.19, 0.20, 0.06)),
    "scar": (Exchange(0.015, 0.60, 0.01), (0.08, 0.06, 0.06, 0.07, 0.11, 0.19)),
}
TOLERANCES_MM = np.array([0.05, 0.05, 0.01, 0.01, 0.01, 0.01])


@pytest.fixture(scope="module")
def courses() -> Courses:
    return Courses(4600.0)


def test_arterial_blood_has_its_published_peak() -> None:
    assert blood_after_parker_mm(10.5) == pytest.approx(6.068, abs=5e-4)
    assert blood_after_parker_mm(-1.0) == 0.0


def test_the_late_plasma_joins_the_early_one_without_a_step() -> None:
    before, after = plasma_mm([299.99, 300.01])
    assert before == pytest.approx(after, abs=0.002)


def test_vessels_follow_the_table(courses: Courses) -> None:
    assert (np.abs(courses.artery_mm(TIMES_S) - (5.45, 1.06, 0.89, 0.75, 0.45, 0.15)) <= TOLERANCES_MM).all()
    assert (np.abs(courses.vein_mm(TIMES_S) - (0.98, 4.46, 0.92, 0.77, 0.47, 0.15)) <= TOLERANCES_MM).all()


@pytest.mark.parametrize("name", TABLE)
def test_tissues_follow_the_table(courses: Courses, name: str) -> None:
    exchange, wanted = TABLE[name]
    assert (np.abs(courses.tissue_mm(exchange, TIMES_S) - wanted) <= TOLERANCES_MM).all()


def test_nothing_is_there_before_the_bolus(courses: Courses) -> None:
    assert courses.tissue_mm(GLOMUS, [-120.0, 0.0]).tolist() == [0.0, 0.0]
    assert courses.vein_mm([-5.0, 3.0]).tolist() == [0.0, 0.0]


def test_blood_alone_is_what_the_vessels_bring(courses: Courses) -> None:
    blood = courses.tissue_mm(Exchange(0.0, 0.0, 0.58), [60.0, 300.0])
    assert np.allclose(blood, courses.artery_mm([60.0, 300.0]), rtol=0.03), "after the bolus a delay hardly matters"


@pytest.mark.parametrize(("name", "t10_s", "ratio"), [
    ("vein", 1.65, 1.67), ("glomus", 1.30, 1.55), ("mucosa", 1.2, 1.30), ("muscle", 1.30, 1.10),
    ("schwannoma", 1.4, 0.82), ("marrow", 0.45, 0.82), ("scar", 1.5, 0.52),
])  # fmt: skip
def test_enhancement_ratios_of_the_signal_follow_the_table(
    courses: Courses, name: str, t10_s: float, ratio: float
) -> None:
    times = [60.0, 300.0]
    concentration = courses.vein_mm(times) if name == "vein" else courses.tissue_mm(TABLE[name][0], times)
    before, (early, late) = SpoiledGradientEcho().signal(0.0, t10_s), SpoiledGradientEcho().signal(concentration, t10_s)
    assert (early - before) / (late - before) == pytest.approx(ratio, abs=0.01)


def test_arterial_timing_is_everything(courses: Courses) -> None:
    short, long = np.linspace(8.0, 14.0, 61), np.linspace(8.0, 23.0, 151)
    tumour = [float(courses.tissue_mm(GLOMUS, frame).mean()) for frame in (short, long)]
    vein = [float(courses.vein_mm(frame).mean()) for frame in (short, long)]
    assert tumour == pytest.approx([2.42, 2.07], abs=0.02) and vein == pytest.approx([0.78, 2.62], abs=0.02)
    assert tumour[0] > vein[0] and tumour[1] < vein[1]


def test_signal_without_contrast_and_with_none_left_of_t1() -> None:
    sequence = SpoiledGradientEcho()
    e1 = np.exp(-0.004 / 1.3)
    angle = np.radians(15)
    wanted = np.sin(angle) * (1 - e1) / (1 - np.cos(angle) * e1) * np.exp(-0.0015 / 0.05)
    assert sequence.signal(0.0, 1.3) == pytest.approx(wanted)
    assert sequence.signal([0.5, 1.0], 1.3)[1] > sequence.signal([0.5, 1.0], 1.3)[0] > wanted


def test_a_tissue_of_more_than_its_volume_is_refused() -> None:
    with pytest.raises(ValueError, match="whole of a tissue"):
        Exchange(0.3, 0.5, 0.46)
