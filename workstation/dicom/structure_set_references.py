"""What a structure set was drawn on: Referenced Frame of Reference Sequence (PS3.3 C.8.8.5)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from workstation.dicom.structure_set_bytes import Element, Walk
from workstation.dicom.structure_set_contours import CONTOUR_IMAGE_SEQUENCE, image_references, text_value
from workstation.structures.structure import ImageReference

_FRAME_UID, _STUDIES, _SERIES, _SERIES_UID = 0x00200052, 0x30060012, 0x30060014, 0x0020000E


@dataclass(frozen=True)
class References:
    """Frame of reference, series and images: of the first frame and the first series that are named."""

    frame_uid: str = ""
    series_uid: str = ""
    images: tuple[ImageReference, ...] = ()


def read_references(walk: Walk, sequence: Element | None) -> References:
    """What the sequence names; empty where there is none. Raises DicomError where it is damaged."""
    if sequence is None:
        return References()
    frames = list(_children(walk, sequence))
    frame_uid = next((uid for frame in frames if (uid := _uid(walk, frame, _FRAME_UID))), "")
    for frame in frames:
        for study in _children(walk, frame.get(_STUDIES)):
            for series in _children(walk, study.get(_SERIES)):
                series_uid = _uid(walk, series, _SERIES_UID)
                if series_uid:
                    named = series.get(CONTOUR_IMAGE_SEQUENCE)
                    images = image_references(walk, named) if named else ()
                    return References(_uid(walk, frame, _FRAME_UID) or frame_uid, series_uid, images)
    return References(frame_uid)


def _children(walk: Walk, sequence: Element | None) -> Iterator[dict[int, Element]]:
    """The elements of each item by tag."""
    if sequence is not None:
        for start, end in walk.items(sequence):
            yield {element.tag: element for element in walk.elements(start, end)}


def _uid(walk: Walk, item: dict[int, Element], tag: int) -> str:
    element = item.get(tag)
    return text_value(walk.data, element) if element else ""
