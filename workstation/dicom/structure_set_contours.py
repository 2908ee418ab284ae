"""The ROI Contour Sequence of a structure set (PS3.3 C.8.8.6), its numbers parsed and its bytes kept."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from workstation.dicom.errors import DicomError
from workstation.dicom.structure_set_bytes import Element, Walk
from workstation.dicom.structure_set_kernels import parse_rings
from workstation.structures.structure import Color, ImageReference, ImportedRing

Float = NDArray[np.float64]

ROI_DISPLAY_COLOR = 0x3006002A
CONTOUR_SEQUENCE = 0x30060040
CONTOUR_IMAGE_SEQUENCE = 0x30060016
GEOMETRIC_TYPE = 0x30060042
POINT_COUNT = 0x30060046
CONTOUR_NUMBER = 0x30060048
ATTACHED_CONTOURS = 0x30060049
CONTOUR_DATA = 0x30060050
REFERENCED_ROI_NUMBER = 0x30060084
REFERENCED_CLASS, REFERENCED_INSTANCE, REFERENCED_FRAME = 0x00081150, 0x00081155, 0x00081160
_KNOWN_IN_CONTOUR = frozenset(
    (CONTOUR_IMAGE_SEQUENCE, GEOMETRIC_TYPE, POINT_COUNT, CONTOUR_NUMBER, ATTACHED_CONTOURS, CONTOUR_DATA)
)
_KNOWN_IN_ROI = frozenset((ROI_DISPLAY_COLOR, CONTOUR_SEQUENCE, REFERENCED_ROI_NUMBER))

MOST_CONTOURS = 500_000
MOST_NUMBERS = 60_000_000
"""Coordinates in one file, 480 MB of numbers: more than any real file of the largest size that is read."""

FARTHEST_MM = 5000.0
"""Coordinates beyond this lie in no room with a patient; a model that reaches there would fill the memory."""

RawElements = tuple[tuple[int, bytes], ...]
"""Elements that nobody here interprets: (tag, the whole element as it stood in the file), to be written back."""


@dataclass(frozen=True, eq=False)
class Contour:
    """One item of a Contour Sequence.

    points_mm: (n, 3) patient points, or None where the numbers can't be read as points; `complaint` says why.
    is_far: some of them lie further from the origin than FARTHEST_MM.
    announced_points: Number of Contour Points, None where absent.
    """

    ring: ImportedRing
    points_mm: Float | None
    complaint: str = ""
    announced_points: int | None = None
    others: RawElements = ()
    is_far: bool = False


@dataclass(eq=False)
class RoiContours:
    """What the ROI Contour Sequence says about one ROI; `others` are its uninterpreted elements."""

    number: int | None
    color: Color | None = None
    contours: list[Contour] = field(default_factory=list)
    others: RawElements = ()


@dataclass(eq=False)
class _Item:
    """A contour item before its numbers are parsed."""

    data_start: int = 0
    data_end: int = 0
    geometric_type: str = ""
    announced: int | None = None
    number: int | None = None
    attached: tuple[int, ...] = ()
    images: tuple[ImageReference, ...] = ()
    others: RawElements = ()


def read_contours(walk: Walk, sequence: Element) -> list[RoiContours]:
    """Every ROI of a ROI Contour Sequence that lies in the walked bytes, in the order of the file.

    Raises DicomError where the sequence is damaged.
    """
    data = walk.data
    rois: list[RoiContours] = []
    pending: list[tuple[RoiContours, _Item]] = []
    for start, end in walk.items(sequence):
        roi = RoiContours(None)
        others = []
        for element in walk.elements(start, end):
            if element.tag == CONTOUR_SEQUENCE:
                for span in walk.items(element):
                    pending.append((roi, _item(walk, *span)))
                    if len(pending) > MOST_CONTOURS:
                        raise DicomError(f"holds more than {MOST_CONTOURS} contours: refused")
            elif element.tag == REFERENCED_ROI_NUMBER:
                roi.number = _integer(data, element)
            elif element.tag == ROI_DISPLAY_COLOR:
                roi.color = _color(data, element)
            if element.tag not in _KNOWN_IN_ROI:
                others.append((element.tag, data[element.start : element.end]))
        roi.others = tuple(others)
        rois.append(roi)
    _parse(data, pending)
    return rois


def _item(walk: Walk, start: int, end: int) -> _Item:
    data, item, others = walk.data, _Item(), []
    for element in walk.elements(start, end):
        tag = element.tag
        if tag == CONTOUR_DATA:
            item.data_start, item.data_end = element.value_start, element.value_end
        elif tag == GEOMETRIC_TYPE:
            item.geometric_type = text_value(data, element)
        elif tag == POINT_COUNT:
            item.announced = _integer(data, element)
        elif tag == CONTOUR_NUMBER:
            item.number = _integer(data, element)
        elif tag == ATTACHED_CONTOURS:
            item.attached = _integers(data, element)
        elif tag == CONTOUR_IMAGE_SEQUENCE:
            item.images = image_references(walk, element)
        if tag not in _KNOWN_IN_CONTOUR:
            others.append((tag, data[element.start : element.end]))
    item.others = tuple(others)
    return item


def image_references(walk: Walk, sequence: Element) -> tuple[ImageReference, ...]:
    """The images that a Contour Image Sequence names."""
    data, found = walk.data, []
    for start, end in walk.items(sequence):
        values = {e.tag: e for e in walk.elements(start, end)}
        named = [values.get(tag) for tag in (REFERENCED_CLASS, REFERENCED_INSTANCE, REFERENCED_FRAME)]
        class_uid, instance_uid = (text_value(data, e) if e else "" for e in named[:2])
        frame = _integer(data, named[2]) if named[2] else None
        if instance_uid:
            found.append(ImageReference(class_uid, instance_uid, frame))
    return tuple(found)


def _parse(data: bytes, pending: list[tuple[RoiContours, _Item]]) -> None:
    """Parse the numbers of all contours at once and hand each ROI its own."""
    starts = np.array([item.data_start for _, item in pending], dtype=np.int64)
    ends = np.array([item.data_end for _, item in pending], dtype=np.int64)
    if data.count(b"\\") > MOST_NUMBERS:
        raise DicomError(f"holds more than {MOST_NUMBERS // 1_000_000} million numbers: refused")
    values, offsets, failed = parse_rings(np.frombuffer(data, dtype=np.uint8), starts, ends)
    some_are_far = _reaches_far(values) or bool(failed.any())
    for index, (roi, item) in enumerate(pending):
        text = data[item.data_start : item.data_end].decode("latin-1")
        numbers: Float | None = values[offsets[index] : offsets[index + 1]]
        if failed[index]:
            numbers = _carefully(text)
        complaint = _complaint(numbers)
        points = numbers.reshape(-1, 3) if numbers is not None and not complaint else None
        is_far = some_are_far and points is not None and _reaches_far(points)
        ring = ImportedRing(text, item.geometric_type, item.images, item.number, item.attached)
        roi.contours.append(Contour(ring, points, complaint, item.announced, item.others, is_far))


def _reaches_far(values: Float) -> bool:
    return bool(values.size) and bool(max(values.max(), -values.min()) > FARTHEST_MM)


def _carefully(text: str) -> Float | None:
    """Numbers that the kernel left alone: too many digits, or no numbers at all (None)."""
    try:
        numbers = np.array([float(word) for word in text.rstrip(" \0").split("\\")])
    except ValueError:
        return None
    return numbers if np.isfinite(numbers).all() else None


def _complaint(numbers: Float | None) -> str:
    if numbers is None:
        return "hold something other than numbers"
    if not len(numbers):
        return "hold no points at all"
    if len(numbers) % 3:
        return "hold a number of coordinates that is not a multiple of three"
    return ""


def text_value(data: bytes, element: Element) -> str:
    """A value of plain characters without its padding."""
    return data[element.value_start : element.value_end].decode("latin-1").strip(" \0")


def _integers(data: bytes, element: Element) -> tuple[int, ...]:
    """Whole numbers of an IS element; () where they are none."""
    try:
        return tuple(int(float(word)) for word in text_value(data, element).split("\\") if word.strip())
    except (ValueError, OverflowError):
        return ()


def _integer(data: bytes, element: Element) -> int | None:
    values: Iterable[int] = _integers(data, element)
    return next(iter(values), None)


def _color(data: bytes, element: Element) -> Color | None:
    values = _integers(data, element)
    if len(values) != 3:
        return None
    red, green, blue = (min(max(v, 0), 255) for v in values)
    return red, green, blue
