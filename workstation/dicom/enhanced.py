"""Planes of enhanced multi-frame images, from their functional groups (PS3.3 C.7.6.16)."""

from __future__ import annotations

from typing import Any

from workstation.dicom.errors import DicomError
from workstation.dicom.frame import (
    Frame,
    PixelFormat,
    check_pixel_bytes,
    checked_orientation,
    checked_position,
    checked_rescale,
    checked_spacing,
    pixel_format,
)
from workstation.dicom.header import Header
from workstation.dicom.objects import damage_refused, parse
from workstation.dicom.source import Source
from workstation.dicom.tags import Tag

ENHANCED_CLASSES = frozenset(
    {
        "1.2.840.10008.5.1.4.1.1.2.1",  # Enhanced CT
        "1.2.840.10008.5.1.4.1.1.2.2",  # Legacy Converted Enhanced CT
        "1.2.840.10008.5.1.4.1.1.4.1",  # Enhanced MR
        "1.2.840.10008.5.1.4.1.1.4.4",  # Legacy Converted Enhanced MR
        "1.2.840.10008.5.1.4.1.1.130",  # Enhanced PET
        "1.2.840.10008.5.1.4.1.1.128.1",  # Legacy Converted Enhanced PET
        "1.2.840.10008.5.1.4.1.1.13.1.1",  # X-Ray 3D Angiographic
    }
)
MOST_FRAMES = 100_000
_PLACE_POINTERS = frozenset({0x00200032, 0x00200037, 0x00209057, 0x00209056, 0x00201041})


def enhanced_frames(source: Source, header: Header) -> list[Frame]:
    """All planes of an enhanced image, in the file's order; DicomError says why they can't be read."""
    pixel = pixel_format(header)
    check_pixel_bytes(header, pixel)
    with damage_refused():
        return _described(source, header, pixel, parse(source, header))


def _described(source: Source, header: Header, pixel: PixelFormat, dataset: Any) -> list[Frame]:
    per_frame = dataset.get("PerFrameFunctionalGroupsSequence")
    if not per_frame:
        raise DicomError("is an enhanced image without functional groups, so the place of its frames is unknown")
    if len(per_frame) != pixel.frames or pixel.frames > MOST_FRAMES:
        raise DicomError(f"announces {pixel.frames} frames, but describes {len(per_frame)}")
    shared_groups = dataset.get("SharedFunctionalGroupsSequence")
    shared = shared_groups[0] if shared_groups else None
    pointers = _pointers(dataset)
    return [
        _frame(source, header, pixel, number, _Groups(groups, shared), pointers)
        for number, groups in enumerate(per_frame, start=1)
    ]


class _Groups:
    """A frame's functional groups, and the shared ones behind them."""

    def __init__(self, own: Any, shared: Any) -> None:
        self.own, self.shared = own, shared

    def get(self, group: str, name: str) -> Any:
        """An attribute of the first item of a group; None when absent."""
        for groups in (self.own, self.shared):
            sequence = groups.get(group) if groups is not None else None
            if sequence and sequence[0].get(name) is not None:
                return sequence[0].get(name)
        return None

    def number(self, group: str, name: str) -> float | None:
        """The attribute as a number."""
        value = self.get(group, name)
        if value is None or value == "":
            return None
        return float(value[0] if isinstance(value, (list, tuple)) or hasattr(value, "insert") else value)

    def numbers(self, group: str, name: str) -> tuple[float, ...]:
        """The attribute's values as numbers; () when absent."""
        value = self.get(group, name)
        return tuple(float(v) for v in value) if value is not None else ()


def _frame(
    source: Source, header: Header, pixel: PixelFormat, number: int, groups: _Groups, pointers: list[tuple[int, str]]
) -> Frame:
    slope = groups.number("PixelValueTransformationSequence", "RescaleSlope")
    intercept = groups.number("PixelValueTransformationSequence", "RescaleIntercept")
    if slope is None and intercept is None:
        slope, intercept = header.number(Tag.RESCALE_SLOPE), header.number(Tag.RESCALE_INTERCEPT)
    position = groups.numbers("PlanePositionSequence", "ImagePositionPatient")
    if len(position) != 3:
        raise DicomError(f"does not say where frame {number} lies in the patient")
    return Frame(
        source, header, pixel, number, checked_position(position),
        checked_orientation(groups.numbers("PlaneOrientationSequence", "ImageOrientationPatient")),
        checked_spacing(groups.numbers("PixelMeasuresSequence", "PixelSpacing")),
        groups.number("PixelMeasuresSequence", "SliceThickness") or 0.0, *checked_rescale(slope, intercept),
        _attributes(groups, pointers),
    )  # fmt: skip


def _attributes(groups: _Groups, pointers: list[tuple[int, str]]) -> dict[str, str | float]:
    """What tells a frame from others at the same place, under the names that classic images use."""
    found: dict[str, str | float] = {}
    for name, group, attribute in (
        ("temporal position", "FrameContentSequence", "TemporalPositionIndex"),
        ("acquisition", "FrameContentSequence", "FrameAcquisitionNumber"),
        ("echo time", "MREchoSequence", "EffectiveEchoTime"),
        ("b-value", "MRDiffusionSequence", "DiffusionBValue"),
        ("inversion time", "MRTimingAndRelatedParametersSequence", "InversionTime"),
        ("phase", "CardiacSynchronizationSequence", "NominalPercentageOfCardiacPhase"),
        ("trigger time", "CardiacSynchronizationSequence", "NominalCardiacTriggerDelayTime"),
    ):
        number = groups.number(group, attribute)
        if number is not None:
            found[name] = number
    for name, group, attribute in (
        ("stack", "FrameContentSequence", "StackID"),
        ("component", "MRImageFrameTypeSequence", "ComplexImageComponent"),
        ("acquisition time", "FrameContentSequence", "FrameAcquisitionDateTime"),
    ):
        value = groups.get(group, attribute)
        if value:
            found[name] = str(value)
    for group in ("MRImageFrameTypeSequence", "CTImageFrameTypeSequence", "PETFrameTypeSequence"):
        frame_type = groups.get(group, "FrameType")
        if frame_type:
            found["image type"] = "\\".join(str(t) for t in frame_type)
    indices = groups.numbers("FrameContentSequence", "DimensionIndexValues")
    found.update({name: indices[i] for i, name in pointers if i < len(indices)})
    return found


def _pointers(dataset: Any) -> list[tuple[int, str]]:
    """The dimensions that are not about place, by their index, with the name under which a frame may be split."""
    found = []
    for i, item in enumerate(dataset.get("DimensionIndexSequence") or ()):
        pointer = item.get("DimensionIndexPointer")
        if pointer is not None and int(pointer) not in _PLACE_POINTERS:
            found.append((i, f"dimension {i + 1}"))
    return found
