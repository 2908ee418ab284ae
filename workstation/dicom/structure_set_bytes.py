"""Elements, sequences and items of a little-endian data set as spans of its bytes (PS3.5 section 7).

A structure set is nearly all Contour Data. A full parser makes objects of every element of every contour before
anybody looks at them; walking the bytes and leaving the numbers where they are is more than ten times faster, and
what nobody edits can leave exactly as it came.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from workstation.dicom.errors import DicomError

UNDEFINED = 0xFFFFFFFF
ITEM, ITEM_END, SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
MOST_NESTING = 32
MOST_OPEN_ENDS = 3_000_000
LONGEST_SHORT_VALUE = 65534

_SHORT_VR_NAMES = b"AE AS AT CS DA DS DT FL FD IS LO LT PN SH SL SS ST TM UI UL US"
_LONG_VR_NAMES = b"OB OD OF OL OV OW SQ SV UC UN UR UT UV"
SHORT_VRS = frozenset(_SHORT_VR_NAMES.split())
LONG_VRS = frozenset(_LONG_VR_NAMES.split())

_SHORT = struct.Struct("<HH2sH").unpack_from
_PLAIN = struct.Struct("<HHI").unpack_from
_LENGTH = struct.Struct("<I").unpack_from


class Element(NamedTuple):
    """One element: its tag, its value representation (b"" when implicit) and where it and its value lie."""

    tag: int
    vr: bytes
    start: int
    value_start: int
    value_end: int
    end: int


class Walk:
    """A walk over little-endian bytes that remembers where sequences and items of undefined length end.

    Raises DicomError where a length points beyond its surroundings, something is nested too deep or never ends.
    """

    def __init__(self, data: bytes, explicit: bool) -> None:
        self.data, self.explicit = data, explicit
        self._ends: dict[int, int] = {}  # where the content begins -> where its delimiter begins

    def elements(self, start: int, end: int) -> Iterator[Element]:
        """The elements between two offsets, in the order of the file; a sequence is one element.

        Stops at an item's delimiter.
        """
        while start + 8 <= end:
            element = self._element(start, end, self.explicit, 0)
            if element.tag in (ITEM_END, SEQUENCE_END):
                return
            yield element
            start = element.end

    def items(self, sequence: Element) -> Iterator[tuple[int, int]]:
        """Where the content of each item of a sequence begins and ends."""
        start, end = sequence.value_start, sequence.value_end
        while start + 8 <= end:
            group, number, length = _PLAIN(self.data, start)
            tag = group << 16 | number
            if tag == SEQUENCE_END:
                return
            if tag != ITEM:
                where = f"({sequence.tag >> 16:04X},{sequence.tag & 0xFFFF:04X})"
                raise DicomError(f"is damaged: there is something other than an item in {where}")
            content = start + 8
            if length == UNDEFINED:
                finish = self._end_of_item(content, end, self.explicit, 0)
                yield content, finish
                start = finish + 8
            else:
                if content + length > end:
                    raise DicomError("is damaged: an item is longer than its sequence")
                yield content, content + length
                start = content + length

    def _element(self, start: int, end: int, explicit: bool, depth: int) -> Element:
        data, vr, skip = self.data, b"", 8
        if explicit and data[start : start + 2] != b"\xfe\xff":
            group, number, vr, length = _SHORT(data, start)
            if vr in LONG_VRS:
                if start + 12 > end:
                    raise DicomError("is cut short inside an element")
                length, skip = _LENGTH(data, start + 8)[0], 12
            elif vr not in SHORT_VRS:  # an implicit element in an explicit file: vendors do that in private groups
                group, number, length = _PLAIN(data, start)
                vr = b""
        else:
            group, number, length = _PLAIN(data, start)
        tag, first = group << 16 | number, start + skip
        if length == UNDEFINED and tag not in (ITEM_END, SEQUENCE_END):
            last = self._end_of_sequence(first, end, explicit and vr != b"UN", depth + 1)
            return Element(tag, vr, start, first, last, last + 8)
        if first + length > end:
            left, name = max(end - first, 0), f"({group:04X},{number:04X})"
            raise DicomError(f"is damaged: element {name} announces {length} bytes; {left} are left")
        return Element(tag, vr, start, first, first + length, first + length)

    def _remember(self, start: int, end: int) -> int:
        self._ends[start] = end
        if len(self._ends) > MOST_OPEN_ENDS:
            raise DicomError(f"holds more than {MOST_OPEN_ENDS} sequences and items of undefined length: refused")
        return end

    def _end_of_sequence(self, start: int, end: int, explicit: bool, depth: int) -> int:
        """Where the delimiter of a sequence of undefined length begins."""
        if start in self._ends:
            return self._ends[start]
        if depth > MOST_NESTING:
            raise DicomError(f"is damaged: sequences are nested more than {MOST_NESTING} deep")
        content = start
        while start + 8 <= end:
            group, number, length = _PLAIN(self.data, start)
            tag = group << 16 | number
            if tag == SEQUENCE_END:
                return self._remember(content, start)
            if tag != ITEM:
                break
            if length == UNDEFINED:
                start = self._end_of_item(start + 8, end, explicit, depth) + 8
            else:
                start += 8 + length
        raise DicomError("is damaged or cut short: a sequence never ends")

    def _end_of_item(self, start: int, end: int, explicit: bool, depth: int) -> int:
        """Where the delimiter of an item of undefined length begins."""
        if start in self._ends:
            return self._ends[start]
        content = start
        while start + 8 <= end:
            element = self._element(start, end, explicit, depth)
            if element.tag == ITEM_END:
                return self._remember(content, start)
            start = element.end
        raise DicomError("is damaged or cut short: an item never ends")


def elements(data: bytes, explicit: bool) -> Iterator[Element]:
    """All elements of a data set that fills `data`; see `Walk.elements`."""
    return Walk(data, explicit).elements(0, len(data))


def encode_element(tag: int, vr: str, value: bytes, explicit: bool) -> bytes:
    """One element; a value of odd length is padded (with a space, a UID with a null byte).

    Raises DicomError when the value is too long for its VR in an explicit file.
    """
    if len(value) % 2:
        value += b"\0" if vr in ("UI", "OB", "UN") else b" "
    head = struct.pack("<HH", tag >> 16, tag & 0xFFFF)
    if not explicit:
        return head + struct.pack("<I", len(value)) + value
    if vr.encode() in LONG_VRS:
        return head + vr.encode() + b"\0\0" + struct.pack("<I", len(value)) + value
    if len(value) > LONGEST_SHORT_VALUE:
        raise DicomError(f"a value of {len(value)} bytes can't be written as {vr} with explicit value representations")
    return head + vr.encode() + struct.pack("<H", len(value)) + value


def encode_sequence(tag: int, contents: Iterable[bytes], explicit: bool) -> bytes:
    """A sequence of defined length whose items hold `contents`."""
    items_bytes = b"".join(struct.pack("<HHI", 0xFFFE, 0xE000, len(content)) + content for content in contents)
    return encode_element(tag, "SQ", items_bytes, explicit)
