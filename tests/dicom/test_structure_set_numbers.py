"""Decimal strings fit 16 bytes by their own length and lose less than anybody can measure."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workstation.dicom.structure_set_numbers import contour_data, decimal_text


@given(st.floats(-1e12, 1e12))
def test_sixteen_bytes_and_a_hundred_thousandth_of_a_millimetre(value: float) -> None:
    text = decimal_text(value)
    assert len(text) <= 16
    assert abs(float(text) - value) <= max(0.5000001e-5, abs(value) * 1e-9)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_no_number_is_too_long(value: float) -> None:
    assert len(decimal_text(value)) <= 16


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0"), (-0.0, "0"), (-1e-9, "0"), (10.0, "10"), (-486.5, "-486.5"), (1 / 3, "0.33333"),
     (-1234567.125, "-1234567.125"), (100000.0, "100000"), (-12345678901.12345, "-12345678901.123")],
)  # fmt: skip
def test_nothing_is_wasted(value: float, text: str) -> None:
    assert decimal_text(value) == text


def test_writing_what_was_written_changes_nothing() -> None:
    points = np.random.default_rng(0).uniform(-300, 300, (50, 3))
    once = contour_data(points)
    again = contour_data(np.array([float(word) for word in once.split("\\")]).reshape(-1, 3))
    assert once == again
