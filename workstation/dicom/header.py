"""A quick and suspicious walk over the elements of one DICOM file, up to its pixel data (PS3.5 section 7).

Opening a series means reading some hundred headers, of which about sixty elements matter. This walk reads them
in about a tenth of the time of a full parser, and it checks every announced length against the size of the file
before it reads anything, so a damaged or malicious header costs neither memory nor time.
"""

from __future__ import annotations

import re
import struct
import zlib
from typing import Protocol

from workstation.dicom.errors import DicomError
from workstation.dicom.tags import WANTED, Tag

IMPLICIT_LITTLE = "1.2.840.10008.1.2"
EXPLICIT_LITTLE = "1.2.840.10008.1.2.1"
DEFLATED = "1.2.840.10008.1.2.1.99"
EXPLICIT_BIG = "1.2.840.10008.1.2.2"
NATIVE = (IMPLICIT_LITTLE, EXPLICIT_LITTLE, DEFLATED, EXPLICIT_BIG)

UNDEFINED = 0xFFFFFFFF
WINDOW_BYTES = 16384
MOST_ELEMENTS = 200_000
MOST_SEQUENCE_ELEMENTS = 5_000_000
MOST_NESTING = 64
LARGEST_VALUE_BYTES = 1 << 20
LARGEST_INFLATED_BYTES = 1 << 28

SHORT_VRS = frozenset(b"AE AS AT CS DA DS DT FL FD IS LO LT PN SH SL SS ST TM UI UL US".split())
LONG_VRS = frozenset(b"OB OD OF OL OV OW SQ SV UC UN UR UT UV".split())
_ITEM, _ITEM_END, _SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
_PIXELS = (Tag.PIXEL_DATA, Tag.FLOAT_PIXEL_DATA, Tag.DOUBLE_PIXEL_DATA)
_BINARY = {b"US": "H", b"SS": "h", b"UL": "I", b"SL": "i", b"FL": "f", b"FD": "d"}
_NUMBER = re.compile(rb"^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$")


class Opened(Protocol):
    """A file, an archive's member or bytes that can be read at any place."""

    size: int

    def read(self, offset: int, length: int) -> bytes:
        """Up to `length` bytes from `offset`."""


class Inflated:
    """The data set of a deflated file, as far as it was asked for, behind the interface of a file."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.size = len(data)

    def read(self, offset: int, length: int) -> bytes:
        """Up to `length` bytes from `offset`."""
        return self._data[offset : offset + length]


class Header:
    """The wanted elements of one file and where its pixels lie.

    values: tag -> (value representation or b"" when implicit, raw value).
    pixel_offset: where the value of Pixel Data begins (-1: there is none), in the file or, for a deflated
        file, in its inflated data set; pixel_length: its bytes, or `UNDEFINED` when encapsulated.
    """

    __slots__ = (
        "deflated_offset", "explicit", "little_endian", "media_class_uid", "pixel_length", "pixel_offset", "pixel_tag",
        "pixel_vr", "size", "transfer_syntax_uid", "values",
    )

    def __init__(self) -> None:
        self.values: dict[int, tuple[bytes, bytes]] = {}
        self.transfer_syntax_uid = ""
        self.media_class_uid = ""
        self.little_endian = True
        self.explicit = True
        self.deflated_offset = -1
        self.pixel_offset = -1
        self.pixel_length = 0
        self.pixel_tag = 0
        self.pixel_vr = b""
        self.size = 0

    def raw(self, tag: int) -> bytes:
        """The value's bytes, empty when absent."""
        found = self.values.get(tag)
        return found[1] if found else b""

    def text(self, tag: int) -> str:
        """The value of a tag that holds codes, UIDs or numbers as text; "" when absent."""
        found = self.values.get(tag)
        return found[1].decode("latin-1").strip(" \0") if found else ""

    def words(self, tag: int) -> tuple[str, ...]:
        """The backslash-separated values of a tag."""
        text = self.text(tag)
        return tuple(w.strip() for w in text.split("\\")) if text else ()

    def numbers(self, tag: int) -> tuple[float, ...]:
        """The values as finite numbers, whether stored as text or binary; () when absent or unreadable."""
        found = self.values.get(tag)
        if not found or not found[1]:
            return ()
        vr, value = found
        code = _BINARY.get(vr)
        if code:
            return self._binary(code, value)
        if not vr and tag in Tag.BINARY_SHORT:
            return self._binary("H", value)
        if not vr and tag in Tag.BINARY_DOUBLE:
            return self._binary("d", value)
        try:
            numbers = tuple(float(p) for p in value.rstrip(b" \0").split(b"\\"))
        except ValueError:
            return ()
        return numbers if all(abs(n) < 1e30 for n in numbers) else ()

    def _binary(self, code: str, value: bytes) -> tuple[float, ...]:
        count = len(value) // struct.calcsize("=" + code)
        if not count:
            return ()
        values = struct.unpack_from(f"{'<' if self.little_endian else '>'}{count}{code}", value)
        return tuple(float(v) for v in values if abs(v) < 1e30)

    def number(self, tag: int, default: float | None = None) -> float | None:
        """The first value as a number, or `default`."""
        values = self.numbers(tag)
        return values[0] if values else default

    def integer(self, tag: int, default: int = 0) -> int:
        """The first value as a whole number, or `default`."""
        values = self.numbers(tag)
        return int(values[0]) if values else default


def read_header(opened: Opened) -> Header:
    """The header of an opened file.

    Raises DicomError, without naming the file (the caller knows it), when it is no DICOM file, when a length
    points outside of it, or when it is cut short inside the header.
    """
    header, opened, offset, start = find_data_set(opened)
    _Walk(header, opened, offset, start).run()
    return header


def find_data_set(opened: Opened) -> tuple[Header, Opened, int, bytes]:
    """Where the data set begins and how it is encoded: (header without values, what to read, offset in it, a start).

    What to read is the file itself or, for a deflated one, the beginning of its inflated data set. Raises DicomError
    as `read_header` does.
    """
    header = Header()
    header.size = opened.size
    start = opened.read(0, WINDOW_BYTES)
    offset = 132 if start[128:132] == b"DICM" else 0
    if not offset and not _looks_like_dicom(start):
        raise DicomError("is not a DICOM file")
    offset = _read_meta(header, opened, offset, start)
    syntax = header.transfer_syntax_uid
    if syntax == DEFLATED:
        header.deflated_offset = offset
        opened, offset, start = Inflated(_inflate_start(opened, offset)), 0, b""
    first = start[offset : offset + 16] if offset + 16 <= len(start) else opened.read(offset, 16)
    _guess_encoding(header, first, syntax)
    return header, opened, offset, start


def inflate(opened: Opened, offset: int, most_bytes: int) -> bytes:
    """The inflated data set of a deflated file; DicomError when it is damaged or larger than `most_bytes`."""
    stream = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        data = stream.decompress(opened.read(offset, opened.size - offset), most_bytes)
    except zlib.error as error:
        raise DicomError("holds deflated data that is damaged") from error
    if stream.unconsumed_tail:
        raise DicomError(f"inflates to more than {most_bytes // 1_000_000} MB, which no image of its kind needs")
    return data


def _inflate_start(opened: Opened, offset: int, most_bytes: int = 1 << 20) -> bytes:
    """Enough of a deflated data set to read its header; never more than 1 MiB."""
    stream = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        return stream.decompress(opened.read(offset, min(opened.size - offset, 1 << 22)), most_bytes)
    except zlib.error as error:
        raise DicomError("holds deflated data that is damaged") from error


def _looks_like_dicom(start: bytes) -> bool:
    """Whether bytes without a preamble begin with a plausible first element of group 2, 4 or 8 (or 0)."""
    if len(start) < 8:
        return False
    for order in "<>":
        group, element = struct.unpack_from(order + "HH", start)
        if group not in (0x0000, 0x0002, 0x0004, 0x0008) or element > 0x1200:
            continue
        if start[4:6] in SHORT_VRS or start[4:6] in LONG_VRS:
            return True
        if order == "<" and struct.unpack_from("<I", start, 4)[0] <= 256 and (group, element) != (0, 0x0100):
            return (group, element) != (0, 0) or start[4:8] == b"\4\0\0\0"
    return False


def _read_meta(header: Header, opened: Opened, offset: int, start: bytes) -> int:
    """Read group 2, element by element (its announced group length is not believed); where the data set begins."""
    window, base = start, 0
    for _ in range(64):
        if offset + 12 > base + len(window):
            window, base = opened.read(offset, WINDOW_BYTES), offset
        at = offset - base
        if len(window) - at < 8 or window[at : at + 2] != b"\2\0":
            break
        element = window[at + 2] | window[at + 3] << 8
        if window[at + 4 : at + 6] in LONG_VRS:
            length, skip = int.from_bytes(window[at + 8 : at + 12], "little"), 12
        elif window[at + 4 : at + 6] in SHORT_VRS:
            length, skip = int.from_bytes(window[at + 6 : at + 8], "little"), 8
        else:
            length, skip = int.from_bytes(window[at + 4 : at + 8], "little"), 8
        if offset + skip + length > opened.size:
            raise DicomError("announces a file meta element that is longer than the file")
        if element in (0x0002, 0x0010):
            value = opened.read(offset + skip, min(length, 128)).decode("latin-1").strip(" \0")
            if element == 0x0010:
                header.transfer_syntax_uid = value
            else:
                header.media_class_uid = value
        offset += skip + length
    return offset


def _guess_encoding(header: Header, first: bytes, syntax: str) -> None:
    """Byte order and explicitness from the first element itself, which vendors get wrong less often than the UID."""
    header.little_endian = syntax != EXPLICIT_BIG
    header.explicit = first[4:6] in SHORT_VRS or first[4:6] in LONG_VRS
    if header.explicit and len(first) >= 2:
        little, big = struct.unpack_from("<H", first)[0], struct.unpack_from(">H", first)[0]
        header.little_endian = little <= big if little != big else header.little_endian
    if not syntax:
        explicit = EXPLICIT_LITTLE if header.little_endian else EXPLICIT_BIG
        header.transfer_syntax_uid = explicit if header.explicit else IMPLICIT_LITTLE


class _Walk:
    """The position in the data set; a window of the file slides along with it."""

    def __init__(self, header: Header, opened: Opened, offset: int, window: bytes) -> None:
        self.header, self.opened = header, opened
        self.window, self.base = (window, 0) if window else (opened.read(offset, WINDOW_BYTES), offset)
        self.offset = offset

    def run(self) -> None:
        """Read elements until the pixel data or the end of the file."""
        header, size, wanted = self.header, self.opened.size, WANTED
        order = "<" if header.little_endian else ">"
        explicit_unpack = struct.Struct(order + "HH2sH").unpack_from
        implicit_unpack = struct.Struct(order + "HHI").unpack_from
        long_unpack = struct.Struct(order + "I").unpack_from
        explicit, values = header.explicit, header.values
        window, base, offset = self.window, self.base, self.offset
        end = base + len(window)
        for _ in range(MOST_ELEMENTS):
            if offset + 12 > end:
                if offset + 8 > size:
                    return
                window, base = self.opened.read(offset, WINDOW_BYTES), offset
                end = base + len(window)
                if end - offset < 8:
                    return
            at = offset - base
            vr = b""
            if explicit:
                group, element, vr, length = explicit_unpack(window, at)
                if vr in SHORT_VRS:
                    skip = 8
                elif vr in LONG_VRS:
                    if end - offset < 12:
                        raise DicomError("ends inside an element of its header")
                    length, skip = long_unpack(window, at + 8)[0], 12
                elif b"AA" <= vr <= b"ZZ":
                    skip = 8
                else:
                    group, element, length = implicit_unpack(window, at)
                    vr, skip = b"", 8
            else:
                group, element, length = implicit_unpack(window, at)
                skip = 8
            tag = group << 16 | element
            if tag in _PIXELS:
                header.pixel_offset, header.pixel_length = offset + skip, length
                header.pixel_tag, header.pixel_vr = tag, vr
                return
            if length == UNDEFINED:
                offset = self._skip_undefined(offset + skip, explicit and vr != b"UN")
                continue
            following = offset + skip + length
            if following > size:
                raise DicomError(
                    f"is damaged: element ({group:04X},{element:04X}) announces {length} bytes, "
                    f"but only {max(0, size - offset - skip)} are left in the file"
                )
            if tag in wanted and length <= LARGEST_VALUE_BYTES:
                first = at + skip
                value = window[first : first + length] if following <= end else self.opened.read(offset + skip, length)
                values[tag] = (vr, value)
            offset = following
        raise DicomError(f"holds more than {MOST_ELEMENTS} elements in its header")

    def _skip_undefined(self, offset: int, explicit: bool) -> int:
        """The end of a sequence of undefined length that begins at `offset`; nested ones are walked, not recursed."""
        open_ends, order = [_SEQUENCE_END], "<" if self.header.little_endian else ">"
        for _ in range(MOST_SEQUENCE_ELEMENTS):
            start = self.opened.read(offset, 12) if not self._holds(offset, 12) else self._window(offset, 12)
            if len(start) < 8:
                raise DicomError("ends inside a sequence of its header")
            tag, length, skip = _element(start, order, explicit)
            offset += skip
            if tag == open_ends[-1]:
                open_ends.pop()
                if not open_ends:
                    return offset
            elif length == UNDEFINED:
                if len(open_ends) >= MOST_NESTING:
                    raise DicomError(f"nests sequences more than {MOST_NESTING} deep")
                open_ends.append(_ITEM_END if tag == _ITEM else _SEQUENCE_END)
            else:
                offset += length
            if offset > self.opened.size:
                raise DicomError("is damaged: an element of a sequence is longer than the file")
        raise DicomError(f"holds more than {MOST_SEQUENCE_ELEMENTS} elements in a sequence")

    def _holds(self, offset: int, length: int) -> bool:
        if not self.base <= offset <= offset + length <= self.base + len(self.window):
            self.window, self.base = self.opened.read(offset, WINDOW_BYTES), offset
        return self.base <= offset and offset + length <= self.base + len(self.window)

    def _window(self, offset: int, length: int) -> bytes:
        return self.window[offset - self.base : offset - self.base + length]


def _element(start: bytes, order: str, explicit: bool) -> tuple[int, int, int]:
    """Tag, length and bytes of the element's own head, for an element inside a sequence."""
    group, element = struct.unpack_from(order + "HH", start)
    tag = group << 16 | element
    vr = start[4:6]
    if group == 0xFFFE or not explicit or not (vr in SHORT_VRS or vr in LONG_VRS):
        return tag, struct.unpack_from(order + "I", start, 4)[0], 8
    if vr in LONG_VRS:
        if len(start) < 12:
            raise DicomError("ends inside a sequence of its header")
        return tag, struct.unpack_from(order + "I", start, 8)[0], 12
    return tag, struct.unpack_from(order + "H", start, 6)[0], 8
