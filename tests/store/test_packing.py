"""Records come back bit for bit; anything else is refused without taking memory for it."""

from __future__ import annotations

import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from workstation.store.errors import StoreError
from workstation.store.packing import pack, unpack

FLOATS = st.floats(allow_nan=True, allow_infinity=True, width=64)


@given(st.lists(arrays(np.float64, st.tuples(st.integers(0, 5), st.just(2)), elements=FLOATS), max_size=4))
def test_arrays_come_back_bit_for_bit(values):
    header, back = unpack(pack({"name": "Rückenmark", "x": 0.1}, values))
    assert header == {"name": "Rückenmark", "x": 0.1}
    assert [a.tobytes() for a in values] == [b.tobytes() for b in back]
    assert [a.shape for a in values] == [b.shape for b in back]


@given(st.binary(max_size=200))
def test_noise_is_refused_in_our_own_words(noise):
    for blob in (noise, zlib.compress(noise)):
        with pytest.raises(StoreError):
            unpack(blob)


def test_a_bomb_and_a_truncated_record_are_refused(monkeypatch):
    whole = pack({}, [np.arange(1000.0)])
    with pytest.raises(StoreError):
        unpack(whole[: len(whole) // 2])
    monkeypatch.setattr("workstation.store.packing.LARGEST_BLOB_BYTES", 1000)
    with pytest.raises(StoreError, match="larger than any case"):
        unpack(whole)


def test_shapes_that_do_not_fit_are_refused():
    import json
    import struct

    for shapes in ([[3, 2]], [[2, -1]], [[1, 1, 2]], [[1e9, 1e9]], ["a"]):
        text = json.dumps({"header": {}, "shapes": shapes}).encode()
        with pytest.raises(StoreError):
            unpack(zlib.compress(struct.pack("<Q", len(text)) + text + bytes(16)))
