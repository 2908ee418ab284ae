"""One blob for JSON and arrays: zlib over a length, the JSON, and the arrays' float64 values (little endian).

An array of float32 values, such as a displacement field, lies in pairs in the place of float64 values, bit for bit.

Nothing in it can run code, and every size is checked before memory is taken for it.
"""

from __future__ import annotations

import hashlib
import json
import struct
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workstation.store.errors import StoreError

LARGEST_BLOB_BYTES = 1024 * 1024 * 1024
_LENGTH = struct.Struct("<Q")


Values = NDArray[np.float64] | NDArray[np.float32]


def pack(header: dict[str, Any], arrays: Sequence[Values]) -> bytes:
    """The blob of JSON values and float64 or float32 arrays of one or two dimensions."""
    described: dict[str, Any] = {"header": header, "shapes": [list(array.shape) for array in arrays]}
    single = [number for number, array in enumerate(arrays) if array.dtype == np.float32]
    if single:
        described["single"] = single
    text = json.dumps(described, allow_nan=False, separators=(",", ":")).encode()
    squeezer = zlib.compressobj(level=1)
    parts = [squeezer.compress(_LENGTH.pack(len(text)) + text)]
    parts += [squeezer.compress(_bytes_of(array)) for array in arrays]
    return b"".join([*parts, squeezer.flush()])


def unpack(blob: bytes) -> tuple[dict[str, Any], list[Values]]:
    """The JSON and the arrays of a blob; raises StoreError when it isn't one or is unreasonably large."""
    try:
        plain = _inflated(blob)
        (length,) = _LENGTH.unpack_from(plain)
        described = json.loads(plain[_LENGTH.size : _LENGTH.size + length])
        shapes = [tuple(int(n) for n in shape) for shape in described["shapes"]]
        values = np.frombuffer(plain, dtype="<f8", offset=_LENGTH.size + length)
        single = {int(number) for number in described.get("single", ())}
        return described["header"], _split(values, shapes, single)
    except (zlib.error, struct.error, ValueError, KeyError, TypeError, RecursionError) as error:
        raise StoreError(f"A record can't be read: {error}") from error


def digest(blob: bytes) -> bytes:
    """16 bytes that tell whether a blob is the one that was written (BLAKE2b, RFC 7693)."""
    return hashlib.blake2b(blob, digest_size=16).digest()


def _inflated(blob: bytes) -> bytes:
    inflater = zlib.decompressobj()
    plain = inflater.decompress(blob, LARGEST_BLOB_BYTES)
    if not inflater.eof:
        raise ValueError("it is cut off or larger than any case")
    return plain


def _bytes_of(array: Values) -> bytes:
    if array.dtype != np.float32:
        return np.ascontiguousarray(array, dtype="<f8").tobytes()
    plain = np.ascontiguousarray(array, dtype="<f4").tobytes()
    return plain + bytes(len(plain) % 8)


def _split(values: NDArray[np.float64], shapes: list[tuple[int, ...]], single: set[int]) -> list[Values]:
    if any(len(shape) not in (1, 2) or min(shape, default=0) < 0 for shape in shapes):
        raise ValueError("it holds arrays of a shape that no case has")
    counts = [int(np.prod(shape, dtype=np.int64)) for shape in shapes]
    places = [(n + 1) // 2 if number in single else n for number, n in enumerate(counts)]
    if sum(places) != len(values):
        raise ValueError("its arrays don't have the size that it says")
    found: list[Values] = []
    end = 0
    for number, (n, place, shape) in enumerate(zip(counts, places, shapes, strict=True)):
        part = values[end : end + place]
        end += place
        found.append(part.view("<f4")[:n].reshape(shape) if number in single else part.reshape(shape))
    return found
