"""The value of an element of a header as one line for people, in its own character set, cut at a sane length."""

from __future__ import annotations

import struct

from workstation.dicom.dictionary import uid_name
from workstation.dicom.header_elements import LONGEST_VALUE_BYTES, Element
from workstation.dicom.text import decode_text

LONGEST_TEXT = 600
LONGEST_HEX = 24
_IN_CHARACTER_SET = frozenset(["SH", "LO", "ST", "LT", "PN", "UC", "UT"])
_TEXT = frozenset(["AE", "AS", "CS", "DA", "DS", "DT", "IS", "TM", "UI", "UR"]) | _IN_CHARACTER_SET
_NUMBERS = {"US": "H", "SS": "h", "UL": "I", "SL": "i", "FL": "f", "FD": "d", "UV": "Q", "SV": "q"}


def value_text(element: Element) -> str:
    """The value, several ones with a backslash between them as they are stored; bytes that are no text by length."""
    if not element.value:
        return "" if element.length == 0 else _size(element)
    if element.vr in _TEXT:
        return _text(element)
    if element.vr in _NUMBERS:
        return _cut(_numbers(element, _NUMBERS[element.vr]), element)
    if element.vr == "AT":
        return _cut(_tags(element), element)
    return _unknown(element)


def _text(element: Element) -> str:
    announced = element.character_set if element.vr in _IN_CHARACTER_SET else ()
    # Long texts alone may hold backslashes and lines of their own.
    text = decode_text(element.value.rstrip(b"\0 "), announced)
    text = "".join(c if c.isprintable() else " " for c in text).strip()
    name = uid_name(text) if element.vr == "UI" else ""
    return _cut(f"{text} ({name})" if name else text, element)


def _numbers(element: Element, code: str) -> str:
    one = struct.calcsize("=" + code)
    count = len(element.value) // one
    values = struct.unpack_from(f"{'<' if element.little_endian else '>'}{count}{code}", element.value)
    digits = {"f": ".7g", "d": ".12g"}.get(code, "d")
    return "\\".join(format(v, digits) for v in values)


def _tags(element: Element) -> str:
    order = "<" if element.little_endian else ">"
    count = len(element.value) // 4
    numbers = struct.unpack_from(f"{order}{2 * count}H", element.value)
    return "\\".join(f"({numbers[2 * n]:04X},{numbers[2 * n + 1]:04X})" for n in range(count))


def _unknown(element: Element) -> str:
    """Private values often are plain text; others are shown as the hexadecimal digits of a few bytes."""
    text = element.value.rstrip(b"\0 ")
    if text and text.isascii() and text.decode("ascii").isprintable():
        return _cut(text.decode("ascii"), element)
    if len(element.value) == element.length <= LONGEST_HEX:
        return element.value.hex(" ")
    return _size(element)


def _size(element: Element) -> str:
    if element.length < 0:
        return "compressed"
    return "1 byte" if element.length == 1 else f"{element.length:,} bytes".replace(",", " ")


def _cut(text: str, element: Element) -> str:
    whole = element.length <= LONGEST_VALUE_BYTES
    if whole and len(text) <= LONGEST_TEXT:
        return text
    return f"{text[:LONGEST_TEXT]}… ({_size(element)})"
