"""The header of one file of a series as rows that can be read and searched, and what differs between its slices."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass

from workstation.dicom.dictionary import name_of
from workstation.dicom.errors import DicomError
from workstation.dicom.header_elements import PER_FRAME_GROUPS, Element, ElementWalk
from workstation.dicom.header_values import value_text
from workstation.dicom.objects import damage_refused
from workstation.dicom.source import Source
from workstation.dicom.tags import Tag
from workstation.jobs.progress import Progress, silent

_PIXELS = (Tag.PIXEL_DATA, Tag.FLOAT_PIXEL_DATA, Tag.DOUBLE_PIXEL_DATA)
_FRAME_ITEM = re.compile(rf"^(\({PER_FRAME_GROUPS >> 16:04X},{PER_FRAME_GROUPS & 0xFFFF:04X}\))\[\d+\]")


@dataclass(frozen=True, slots=True)
class HeaderRow:
    """One line of a header.

    tag: "(0028,0030)", "" for an item of a sequence. keyword: the standard's, "" for private elements.
    name: in words. vr: value representation. value: one line, see `value_text`. length: bytes of the value, -1 when
    undefined. depth: 0 for the data set itself, one more inside each sequence and item.
    path: names the row in every slice alike; the item of a frame counts as the same in every frame.
    """

    tag: str
    keyword: str
    name: str
    vr: str
    value: str
    length: int
    depth: int
    path: str

    def matches(self, text: str) -> bool:
        """Whether a text stands in the tag, keyword, name or value, no matter in which case.

        Tags are found with and without brackets and comma: "0028,0030", "00280030".
        """
        wanted = text.casefold().strip()
        if not wanted:
            return False
        digits = self.tag.strip("()").replace(",", "").casefold()
        fields = (self.tag, self.keyword, self.name, self.value)
        return wanted == digits or any(wanted in field.casefold() for field in fields)


@dataclass(frozen=True, slots=True)
class HeaderListing:
    """rows in the order of the file. note: "" or one sentence about what is not listed, and why."""

    rows: tuple[HeaderRow, ...]
    note: str = ""


def list_header(source: Source | str | os.PathLike[str], frame_number: int | None = None) -> HeaderListing:
    """The whole header of a DICOM file; pixel data is there by its length only.

    frame_number: of a multi-frame image, leave out what is stored for the other frames (1 is the first).
    A damaged file is listed as far as it can be read, with a note. Raises DicomError when that is nowhere.
    """
    place = source if isinstance(source, Source) else Source(os.fspath(source))
    try:
        with place.opened() as opened, damage_refused():
            walk = ElementWalk(opened, frame_number)
            elements = tuple(walk)
            rows = tuple(_row(e, n) for e, n in zip(elements, _items_of(elements), strict=True))
    except DicomError as error:
        raise DicomError(f"{place.name} {error}") from error
    if not rows:
        raise DicomError(f"{place.name} {walk.damage or 'holds no element'}")
    return HeaderListing(rows, _note(walk))


def _note(walk: ElementWalk) -> str:
    if walk.damage:
        return f"The listing ends here: the file {walk.damage}."
    if walk.left_out_frames:
        return f"What is stored for the other {walk.left_out_frames} frames is left out."
    return ""


def _items_of(elements: Sequence[Element]) -> list[int]:
    """For each element, how many items it holds as a sequence."""
    counts, open_at = [0] * len(elements), dict[int, int]()
    for number, element in enumerate(elements):
        if element.item:
            counts[open_at[element.depth - 1]] += 1
        else:
            open_at[element.depth] = number
    return counts


def _row(element: Element, items: int) -> HeaderRow:
    path = common_path(element.path)
    if element.item:
        name = f"Item {element.item}"
        return HeaderRow("", "", name, "", "", element.length, element.depth, path)
    tag = f"({element.tag >> 16:04X},{element.tag & 0xFFFF:04X})"
    keyword, name = name_of(element.tag, element.creator)
    if element.vr == "SQ":
        value = "1 item" if items == 1 else f"{items or 'no'} items"
    else:
        value = value_text(element)
    return HeaderRow(tag, keyword, name, element.vr, value, element.length, element.depth, path)


def common_path(path: str) -> str:
    """A path without the number of the frame that it belongs to."""
    return _FRAME_ITEM.sub(r"\1[*]", path)


def differing_attributes(sources: Sequence[Source], progress: Progress = silent) -> frozenset[str]:
    """Paths (as in `HeaderRow.path`) of what is not the same in all slices, or not there in all of them.

    sources: the files of a series, one for each slice; a file that holds several frames may be named several times
    and is read once, and its frames are compared with each other. Pixel data are left out, and of values longer than
    4096 bytes only the beginning and the length are compared. Raises DicomError naming the file that can't be read.
    """
    found = _Comparison()
    different = list(dict.fromkeys(sources))
    for number, source in enumerate(different):
        progress(number / len(different), f"Comparing headers: {number} of {len(different)} files")
        try:
            with source.opened() as opened, damage_refused():
                found.take(ElementWalk(opened))
        except DicomError as error:
            raise DicomError(f"{source.name} {error}") from error
    progress(1.0, f"{len(different)} headers compared")
    return found.differing()


class _Comparison:
    """What was seen of each path: its first value, how often it came, and whether another value came."""

    def __init__(self) -> None:
        self._first: dict[str, tuple[int, bytes]] = {}
        self._times: dict[str, int] = {}
        self._other: set[str] = set()
        self._files = 0
        self._frames = 0

    def take(self, walk: ElementWalk) -> None:
        """Note one file."""
        self._files += 1
        for element in walk:
            path = common_path(element.path)
            if element.item:
                self._frames += path.endswith("[*]")
            elif element.tag not in _PIXELS and element.tag & 0xFFFF:  # a group's length follows from the rest
                # The length of a sequence says nothing that its items do not say themselves.
                value = (0 if element.vr == "SQ" else element.length, element.value)
                if self._first.setdefault(path, value) != value:
                    self._other.add(path)
                self._times[path] = self._times.get(path, 0) + 1

    def differing(self) -> frozenset[str]:
        """The paths with other values, and those that some slices lack."""
        lacking = {path for path, times in self._times.items() if times != self._wanted(path)}
        return frozenset(self._other | lacking)

    def _wanted(self, path: str) -> int:
        return self._frames if "[*]" in path else self._files
