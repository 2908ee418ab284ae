"""Decimal strings become the same numbers that Python makes of them, bit for bit, or are left to it."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workstation.dicom import structure_set_kernels as kernels


def parse(*texts: bytes) -> tuple[list[list[float]], list[bool]]:
    ends = np.cumsum([len(t) for t in texts]).astype(np.int64)
    starts = np.concatenate([[0], ends[:-1]]).astype(np.int64)
    values, offsets, failed = kernels.parse_rings(np.frombuffer(b"".join(texts), np.uint8), starts, ends)
    return [values[a:b].tolist() for a, b in pairwise(offsets)], failed.tolist()


written_numbers = st.tuples(st.floats(-1e4, 1e4), st.integers(0, 11)).map(lambda pair: f"{pair[0]:.{pair[1]}f}")


@given(st.lists(written_numbers, min_size=1, max_size=30))
def test_numbers_as_vendors_write_them_are_correctly_rounded(words: list[str]) -> None:
    (numbers,), (failed,) = parse("\\".join(words).encode())
    assert not failed
    assert numbers == [float(word) for word in words]


@given(st.integers(-(2**53), 2**53), st.integers(-22, 0))
def test_up_to_sixteen_digits_are_exact(mantissa: int, power: int) -> None:
    text = f"{mantissa}e{power}"
    (numbers,), (failed,) = parse(text.encode())
    assert failed or numbers == [float(text)]


@pytest.mark.parametrize(
    "text", ["1", "-1", "+1", " 1 ", "1.", ".5", "-.5", "00012.50", "1E2", "1e-2", "+1.5E+01", "0", "-0", "1e0"]
)
def test_every_form_that_the_standard_allows(text: str) -> None:
    (numbers,), (failed,) = parse(text.encode())
    assert not failed
    assert numbers == [float(text)]


@pytest.mark.parametrize("text", ["x", "1\\x\\3", "1,5", "1\\\\3", "1 2", "--1", "1e", "e5", ".", "nan", "1\\2\\"])
def test_what_is_no_number_is_left_to_the_careful_way(text: str) -> None:
    _, (failed,) = parse(text.encode())
    assert failed


def test_more_digits_than_a_float_holds_are_left_to_the_careful_way() -> None:
    _, (failed,) = parse(b"0.12345678901234567890")
    assert failed


def test_padding_and_blank_values() -> None:
    numbers, failed = parse(b"1\\2\\3 ", b"", b"  ", b"4\\5\\6\0")
    assert numbers == [[1, 2, 3], [], [], [4, 5, 6]]
    assert not any(failed)


def test_one_bad_ring_does_not_spoil_the_next() -> None:
    numbers, failed = parse(b"1\\2\\bad", b"4\\5\\6")
    assert failed == [True, False]
    assert numbers[1] == [4, 5, 6]


def test_area_vectors_point_along_the_normal_with_twice_the_area() -> None:
    points = np.array([[0, 0, 5], [2, 0, 5], [2, 3, 5], [0, 3, 5], [1, 0, 0], [1, 0, 2], [1, 2, 0]], dtype=float)
    vectors = np.zeros((2, 3))
    kernels.area_vectors(points, np.array([0, 4]), np.array([4, 7]), vectors)
    np.testing.assert_allclose(vectors, [[0, 0, 12], [-4, 0, 0]])


def test_warming_up_leaves_one_compiled_signature_each() -> None:
    kernels.warm_up()
    parse(b"1\\2\\3")
    for kernel in (kernels.count_values, kernels.parse_decimals, kernels.area_vectors, kernels.spans):
        assert len(kernel.signatures) == 1
