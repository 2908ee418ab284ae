"""Contours into bytes: planes that nobody edited leave as they came, the others as shortest decimal strings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from workstation.dicom.structure_set_bytes import LONGEST_SHORT_VALUE, elements, encode_element, encode_sequence
from workstation.dicom.structure_set_contours import (
    ATTACHED_CONTOURS,
    CONTOUR_DATA,
    CONTOUR_IMAGE_SEQUENCE,
    CONTOUR_NUMBER,
    CONTOUR_SEQUENCE,
    GEOMETRIC_TYPE,
    POINT_COUNT,
    REFERENCED_CLASS,
    REFERENCED_FRAME,
    REFERENCED_INSTANCE,
    REFERENCED_ROI_NUMBER,
    ROI_DISPLAY_COLOR,
    RawElements,
    RoiContours,
)
from workstation.dicom.structure_set_file import guarded, parse_dataset, write_dataset
from workstation.dicom.structure_set_numbers import contour_data
from workstation.dicom.structure_set_slices import Slices
from workstation.geometry.region import Region
from workstation.structures.keyhole import keyholes
from workstation.structures.planar import polygon_of, region_of
from workstation.structures.structure import ContourStack, ImageReference, ImportedRing, PlanarContours, Structure

HOLES: dict[str, Callable[[Region], Region]] = {
    "nested": lambda region: region_of(polygon_of(region)),
    "keyhole": keyholes,
}
"""How the rings of an edited plane are written, by name."""


@dataclass(eq=False)
class RoiToWrite:
    """One item of ROI Contour Sequence before it becomes bytes."""

    number: int
    color: tuple[int, int, int]
    rings: list[tuple[ImportedRing, RawElements]] = field(default_factory=list)
    others: RawElements = ()

    @property
    def longest_data(self) -> int:
        """Bytes of the longest Contour Data, padded to even length."""
        return max((len(ring.contour_data) + len(ring.contour_data) % 2 for ring, _ in self.rings), default=0)


def roi_to_write(
    structure: Structure, number: int, original: RoiContours | None, slices: Sequence[Slices], holes: str
) -> RoiToWrite:
    """A structure's contours in the order in which they came, new ones after them."""
    known = _Known(original)
    imported: list[tuple[int, ImportedRing, RawElements]] = []
    drawn: list[ImportedRing] = []
    for plane in structure.stack.slices:
        images = _images_of(structure.stack, plane, slices)
        if plane.imported:
            imported += [known.placed(_completed(ring, images)) for ring in plane.imported]
        else:
            drawn += _drawn(structure.stack, plane, images, holes)
    imported += [known.placed(_completed(ring, ())) for ring in structure.loose if ring.contour_data.strip(" \0")]
    imported.sort(key=lambda item: item[0])
    rings = [(ring, others) for _, ring, others in imported]
    rings += [(ring, ()) for ring in drawn]
    return RoiToWrite(number, structure.color, rings, original.others if original else ())


class _Known:
    """Where each ring of the original file stood, and what else its item held."""

    def __init__(self, original: RoiContours | None) -> None:
        self.places: dict[str, list[tuple[int, RawElements]]] = {}
        contours = original.contours if original else []
        self.end = len(contours)
        for place, contour in enumerate(contours):
            self.places.setdefault(contour.ring.contour_data, []).append((place, contour.others))

    def placed(self, ring: ImportedRing) -> tuple[int, ImportedRing, RawElements]:
        """The ring with its place in the file and its item's other elements; at the end when it is not from there."""
        found = self.places.get(ring.contour_data)
        if not found:
            self.end += 1
            return self.end, ring, ()
        place, others = found.pop(0)
        return place, ring, others


def _images_of(stack: ContourStack, plane: PlanarContours, slices: Sequence[Slices]) -> tuple[ImageReference, ...]:
    return next((found for s in slices if (found := s.at(stack.plane, plane.position_mm))), ())


def _completed(ring: ImportedRing, images: tuple[ImageReference, ...]) -> ImportedRing:
    """An imported ring with what its item must have and lacked: a geometric type and, where known, its image."""
    count = _point_count(ring)
    kind = ring.geometric_type or ("POINT" if count == 1 else "OPEN_PLANAR" if count == 2 else "CLOSED_PLANAR")
    return ImportedRing(ring.contour_data, kind, ring.images or images, ring.number, ring.attached)


def _drawn(
    stack: ContourStack, plane: PlanarContours, images: tuple[ImageReference, ...], holes: str
) -> list[ImportedRing]:
    rings = HOLES[holes](plane.region).rings
    return [
        ImportedRing(contour_data(stack.plane.to_patient(ring, plane.position_mm)), "CLOSED_PLANAR", images)
        for ring in rings
    ]


def _point_count(ring: ImportedRing) -> int:
    return (ring.contour_data.count("\\") + 1) // 3


# ----------------------------------------------------------------------------------------------- into bytes


def needs_implicit(rois: Sequence[RoiToWrite]) -> bool:
    """Whether some Contour Data is too long for the two-byte length of an explicit DS (PS3.5 section 7.1.2)."""
    return any(roi.longest_data > LONGEST_SHORT_VALUE for roi in rois)


def encode_rois(rois: Sequence[RoiToWrite], explicit: bool, others_explicit: bool) -> list[bytes]:
    """The content of each item of ROI Contour Sequence; `others_explicit` tells how the raw elements are encoded."""
    return [_encode_roi(roi, explicit, others_explicit) for roi in rois]


def _encode_roi(roi: RoiToWrite, explicit: bool, others_explicit: bool) -> bytes:
    parts = [
        (ROI_DISPLAY_COLOR, encode_element(ROI_DISPLAY_COLOR, "IS", _joined(roi.color), explicit)),
        (REFERENCED_ROI_NUMBER, encode_element(REFERENCED_ROI_NUMBER, "IS", str(roi.number).encode(), explicit)),
    ]
    if roi.rings:
        contours = [_encode_ring(ring, others, explicit, others_explicit) for ring, others in roi.rings]
        parts.append((CONTOUR_SEQUENCE, encode_sequence(CONTOUR_SEQUENCE, contours, explicit)))
    return _in_order(parts, roi.others, explicit, others_explicit)


def _encode_ring(ring: ImportedRing, others: RawElements, explicit: bool, others_explicit: bool) -> bytes:
    parts = [
        (GEOMETRIC_TYPE, encode_element(GEOMETRIC_TYPE, "CS", ring.geometric_type.encode("latin-1"), explicit)),
        (POINT_COUNT, encode_element(POINT_COUNT, "IS", str(_point_count(ring)).encode(), explicit)),
        (CONTOUR_DATA, encode_element(CONTOUR_DATA, "DS", ring.contour_data.encode("latin-1"), explicit)),
    ]
    if ring.images:
        images = [_encode_image(image, explicit) for image in ring.images]
        parts.append((CONTOUR_IMAGE_SEQUENCE, encode_sequence(CONTOUR_IMAGE_SEQUENCE, images, explicit)))
    if ring.number is not None:
        parts.append((CONTOUR_NUMBER, encode_element(CONTOUR_NUMBER, "IS", str(ring.number).encode(), explicit)))
    if ring.attached:
        parts.append((ATTACHED_CONTOURS, encode_element(ATTACHED_CONTOURS, "IS", _joined(ring.attached), explicit)))
    return _in_order(parts, others, explicit, others_explicit)


def _encode_image(image: ImageReference, explicit: bool) -> bytes:
    content = encode_element(REFERENCED_CLASS, "UI", image.sop_class_uid.encode("latin-1"), explicit)
    content += encode_element(REFERENCED_INSTANCE, "UI", image.sop_instance_uid.encode("latin-1"), explicit)
    if image.frame_number is not None:
        content += encode_element(REFERENCED_FRAME, "IS", str(image.frame_number).encode(), explicit)
    return content


def _joined(values: Sequence[int]) -> bytes:
    return "\\".join(str(int(v)) for v in np.asarray(values)).encode()


def _in_order(parts: list[tuple[int, bytes]], others: RawElements, explicit: bool, others_explicit: bool) -> bytes:
    """Elements in ascending order of their tags, as DICOM demands; raw ones turned into the file's encoding."""
    raw = list(others)
    if raw and explicit != others_explicit:
        raw = _turned(raw, explicit, others_explicit)
    return b"".join(element for _, element in sorted([*parts, *raw], key=lambda part: part[0]))


def _turned(raw: list[tuple[int, bytes]], explicit: bool, others_explicit: bool) -> list[tuple[int, bytes]]:
    joined = b"".join(element for _, element in raw)
    data = guarded(lambda: write_dataset(parse_dataset(joined, others_explicit), explicit))
    return [(e.tag, data[e.start : e.end]) for e in elements(data, explicit)]
