"""Every element of a DICOM header, nested and private ones too, with only the beginning of each value read (PS3.5).

It is the walk of someone who wants to *look* at a header: a file that is damaged somewhere is listed up to there,
with one sentence about the damage. Nothing in it is believed: lengths are compared with the file, the nesting and the
number of elements are bounded, and sequences are kept on a stack of our own.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from workstation.dicom.dictionary import creator_block, is_private, representation_of
from workstation.dicom.errors import DicomError
from workstation.dicom.header import (
    LARGEST_INFLATED_BYTES,
    LONG_VRS,
    MOST_NESTING,
    SHORT_VRS,
    UNDEFINED,
    Inflated,
    Opened,
    find_data_set,
    inflate,
)
from workstation.dicom.tags import Tag

MOST_ELEMENTS = 50_000
LONGEST_VALUE_BYTES = 4096
READ_AHEAD_BYTES = 1 << 16
PER_FRAME_GROUPS = 0x52009230

_ITEM, _ITEM_END, _SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
_PIXELS = (Tag.PIXEL_DATA, Tag.FLOAT_PIXEL_DATA, Tag.DOUBLE_PIXEL_DATA)


@dataclass(frozen=True, slots=True)
class Element:
    """One element, or the head of an item of a sequence (then `item` counts from 1, else it is 0).

    path: where it lies, such as "(0040,0275)[2](0008,0100)"; the same in every file of a series.
    length: bytes of the value as announced, -1 when undefined. value: at most its first `LONGEST_VALUE_BYTES`.
    character_set: the values of Specific Character Set that hold for it. creator: who made a private element.
    """

    tag: int
    vr: str
    length: int
    value: bytes
    depth: int
    path: str
    little_endian: bool
    item: int = 0
    character_set: tuple[str, ...] = ()
    creator: str = ""


@dataclass(slots=True)
class _Level:
    """A data set, a sequence or an item that the walk is inside of. end: None until a delimiter ends it."""

    is_sequence: bool
    end: int | None
    explicit: bool
    path: str
    tag: int = 0
    items: int = 0
    character_set: tuple[str, ...] = ()
    creators: dict[int, str] = field(default_factory=dict)


class ElementWalk:
    """Goes over one opened file. `damage`: "" or, after the walk, why it ended early, in words.

    frame_number: of a multi-frame image, list only this frame's item (from 1) of what is stored for each frame.
    """

    def __init__(self, opened: Opened, frame_number: int | None = None, most_elements: int = MOST_ELEMENTS) -> None:
        self.damage = ""
        self.left_out_frames = 0
        self._frame_number, self._most = frame_number, most_elements
        self._file = opened
        self.header, self._opened, self._offset, _ = find_data_set(opened)
        self._size = self._opened.size
        self._window, self._base = b"", 0
        self._order = "<"

    def __iter__(self) -> Iterator[Element]:
        """Every element in the order of the file. Raises DicomError only when nothing can be read."""
        yield from self._file_meta()
        if self.header.deflated_offset >= 0:
            self._opened = Inflated(inflate(self._file, self.header.deflated_offset, LARGEST_INFLATED_BYTES))
            self._size = self._opened.size
        self._window, self._base = b"", 0
        self._order = "<" if self.header.little_endian else ">"
        yield from self._guarded(_Level(False, self._size, self.header.explicit, ""), self._offset)

    def _file_meta(self) -> Iterator[Element]:
        """The elements of group 2, which lie in the file even when the rest is deflated; the last offset is known."""
        deflated = self.header.deflated_offset
        end = deflated if deflated >= 0 else self._offset
        opened, self._opened, self._size = self._opened, self._file, self._file.size
        start = 132 if self._file.read(128, 4) == b"DICM" else 0
        yield from self._guarded(_Level(False, end, True, ""), start)
        self._opened, self._size = opened, opened.size

    def _guarded(self, level: _Level, offset: int) -> Iterator[Element]:
        try:
            yield from self._walk(level, offset)
        except DicomError as error:
            self.damage = str(error)
        except struct.error:
            self.damage = "ends inside an element of its header"

    # ------------------------------------------------------------------------------------------------ the walk

    def _walk(self, first: _Level, offset: int) -> Iterator[Element]:
        levels, listed = [first], 0
        while levels:
            level = levels[-1]
            if level.end is not None and offset >= level.end:
                levels.pop()
                continue
            if level.is_sequence:
                offset, made = self._next_item(levels, offset)
            elif self._size - offset < 8:
                if len(levels) > 1:
                    raise DicomError("ends inside a sequence of its header")
                return  # a few bytes that fill the last block
            else:
                offset, made = self._next_element(levels, offset)
            if made is None:
                continue
            listed += 1
            if listed > self._most:
                raise DicomError(f"holds more than {self._most} elements: the others are not listed")
            yield made

    def _next_item(self, levels: list[_Level], offset: int) -> tuple[int, Element | None]:
        level = levels[-1]
        tag, length = self._tag(offset), self._unpack("I", offset + 4)
        offset += 8
        if tag == _SEQUENCE_END and level.end is None:
            levels.pop()
            return offset, None
        if tag != _ITEM:
            raise DicomError(f"is damaged: sequence {level.path} holds something that is no item")
        level.items += 1
        if self._is_other_frame(level) and length != UNDEFINED:
            self.left_out_frames += 1
            return self._checked(offset, length, level.path), None
        path = f"{level.path}[{level.items}]"
        end = None if length == UNDEFINED else self._checked(offset, length, path)
        levels.append(_Level(False, end, level.explicit, path, character_set=level.character_set))
        made = Element(tag, "", -1 if end is None else length, b"", _depth(levels) - 1, path, self._order == "<",
                       level.items, level.character_set)  # fmt: skip
        return offset, made

    def _is_other_frame(self, level: _Level) -> bool:
        return level.tag == PER_FRAME_GROUPS and self._frame_number not in (None, level.items)

    def _next_element(self, levels: list[_Level], offset: int) -> tuple[int, Element | None]:
        level = levels[-1]
        tag = self._tag(offset)
        if tag == _ITEM_END and level.end is None:
            levels.pop()
            return offset + 8, None
        vr, length, skip = self._head(level, tag, offset)
        offset += skip
        path = f"{level.path}({tag >> 16:04X},{tag & 0xFFFF:04X})"
        creator = level.creators.get(creator_block(tag), "") if is_private(tag) else ""
        unknown = vr == "UN"
        vr = representation_of(tag, creator) if vr in ("", "UN") else vr
        is_sequence = vr == "SQ" or (length == UNDEFINED and tag not in _PIXELS)
        if is_sequence:
            # What a stranger stored as "unknown" is implicit inside (PS3.5 6.2.2 note 2).
            explicit = level.explicit and not unknown
            self._open_sequence(levels, path, tag, explicit, length, offset)
            value, following = b"", offset
        elif length == UNDEFINED:
            value, following = b"", self._after_fragments(offset)
        else:
            following = self._checked(offset, length, path, tag)
            value = b"" if tag in _PIXELS else self._read(offset, min(length, LONGEST_VALUE_BYTES))
        self._remember(level, tag, value)
        made = Element(
            tag, "SQ" if is_sequence else vr, -1 if length == UNDEFINED else length, value,
            _depth(levels) - (1 if is_sequence else 0), path, self._order == "<", 0, level.character_set, creator,
        )  # fmt: skip
        return following, made

    def _open_sequence(
        self, levels: list[_Level], path: str, tag: int, explicit: bool, length: int, offset: int
    ) -> None:
        if len(levels) >= 2 * MOST_NESTING:
            raise DicomError(f"nests sequences more than {MOST_NESTING} deep")
        end = None if length == UNDEFINED else self._checked(offset, length, path)
        levels.append(_Level(True, end, explicit, path, tag, character_set=levels[-1].character_set))

    def _head(self, level: _Level, tag: int, offset: int) -> tuple[str, int, int]:
        """Value representation ("" when implicit), length, and the bytes before the value."""
        vr = self._read(offset + 4, 2)
        if level.explicit and vr in SHORT_VRS:
            return vr.decode("ascii"), self._unpack("H", offset + 6), 8
        if level.explicit and vr in LONG_VRS:
            return vr.decode("ascii"), self._unpack("I", offset + 8), 12
        if level.explicit and b"AA" <= vr <= b"ZZ":
            return vr.decode("latin-1"), self._unpack("H", offset + 6), 8
        return "", self._unpack("I", offset + 4), 8

    def _remember(self, level: _Level, tag: int, value: bytes) -> None:
        """What later elements of the same data set need: its character set, and who owns its private blocks."""
        if tag == Tag.CHARACTER_SET:
            level.character_set = tuple(part.strip(" \0") for part in value.decode("latin-1").split("\\"))
        elif is_private(tag) and 0x10 <= tag & 0xFFFF <= 0xFF:
            level.creators[tag] = value.decode("latin-1").strip(" \0")

    def _after_fragments(self, offset: int) -> int:
        """The end of encapsulated pixel data that begins at `offset`."""
        for _ in range(MOST_ELEMENTS * 20):
            tag, length = self._tag(offset), self._unpack("I", offset + 4)
            offset += 8
            if tag == _SEQUENCE_END:
                return offset
            if tag != _ITEM or length == UNDEFINED:
                raise DicomError("is damaged inside its compressed pixel data")
            offset = self._checked(offset, length, "the compressed pixel data")
        raise DicomError("holds more fragments of pixel data than any image")

    def _checked(self, offset: int, length: int, path: str, tag: int = 0) -> int:
        """The end of a value; DicomError when it lies beyond the file."""
        if offset + length > self._size:
            left = max(0, self._size - offset)
            what = "the pixel data" if tag in _PIXELS else path
            raise DicomError(f"is damaged: {what} announces {length} bytes, but only {left} are left in the file")
        return offset + length

    # --------------------------------------------------------------------------------------------- reading bytes

    def _read(self, offset: int, length: int) -> bytes:
        """Up to `length` bytes, through a window that moves along."""
        if not self._base <= offset <= offset + length <= self._base + len(self._window):
            self._window = self._opened.read(offset, max(length, READ_AHEAD_BYTES))
            self._base = offset
        return self._window[offset - self._base : offset - self._base + length]

    def _unpack(self, code: str, offset: int) -> int:
        made = struct.Struct(self._order + code)
        number: int = made.unpack(self._read(offset, made.size))[0]
        return number

    def _tag(self, offset: int) -> int:
        return self._unpack("H", offset) << 16 | self._unpack("H", offset + 2)


def _depth(levels: list[_Level]) -> int:
    """How many sequences and items lie around."""
    return len(levels) - 1
