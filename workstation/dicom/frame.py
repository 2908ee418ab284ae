"""One image plane of a series, whether it came as a file of its own or as a frame of a multi-frame file."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from workstation.dicom.errors import DicomError
from workstation.dicom.header import UNDEFINED, Header
from workstation.dicom.source import Source
from workstation.dicom.tags import Tag

MOST_PIXELS = 1 << 31
MOST_SIDE = 1 << 15
SUSPICIOUS_BYTES = 64 << 20
SUSPICIOUS_RATIO = 2000
Vector = tuple[float, float, float]
Orientation = tuple[float, float, float, float, float, float]


@dataclass(frozen=True, slots=True)
class PixelFormat:
    """How the pixels of a file are stored (PS3.3 C.7.6.3, PS3.5 section 8)."""

    rows: int
    columns: int
    bits_allocated: int
    bits_stored: int
    high_bit: int
    signed: bool
    photometric: str
    transfer_syntax_uid: str
    little_endian: bool
    encapsulated: bool
    frames: int

    @property
    def frame_bytes(self) -> int:
        """Bytes of one uncompressed frame."""
        return self.rows * self.columns * self.bits_allocated // 8


@dataclass(slots=True)
class Frame:
    """One plane.

    number: its frame number from 1 in a multi-frame file, else None.
    position_mm, orientation: Image Position and Orientation (Patient); spacing_mm: (between rows, between columns).
    attributes: what may tell it from another frame at the same place, as comparable values.
    """

    source: Source
    header: Header
    pixel: PixelFormat
    number: int | None
    position_mm: Vector
    orientation: Orientation
    spacing_mm: tuple[float, float]
    thickness_mm: float
    slope: float
    intercept: float
    attributes: dict[str, str | float] = field(default_factory=dict)

    @property
    def instance_uid(self) -> str:
        """SOP Instance UID of the file."""
        return self.header.text(Tag.SOP_INSTANCE_UID)

    @property
    def order(self) -> tuple[int, int]:
        """Sorts frames as they were acquired: instance number, then frame number."""
        return self.header.integer(Tag.INSTANCE_NUMBER), self.number or 0


_GEOMETRY_OF_VIEWS = "has no position and orientation in the patient, so it is no part of a volume"


def pixel_format(header: Header) -> PixelFormat:
    """The stored format, bounded and checked; DicomError names what can't be read as grey values in a volume."""
    samples, photometric = header.integer(Tag.SAMPLES_PER_PIXEL, 1), header.text(Tag.PHOTOMETRIC)
    rows, columns = header.integer(Tag.ROWS), header.integer(Tag.COLUMNS)
    frames = max(1, header.integer(Tag.NUMBER_OF_FRAMES, 1))
    allocated = header.integer(Tag.BITS_ALLOCATED)
    stored = header.integer(Tag.BITS_STORED, allocated)
    high_bit = header.integer(Tag.HIGH_BIT, stored - 1)
    if samples != 1 or photometric not in ("MONOCHROME1", "MONOCHROME2", ""):
        raise DicomError(f"is a colour image ({photometric or f'{samples} samples'}), not grey values of a volume")
    if not (0 < rows <= MOST_SIDE and 0 < columns <= MOST_SIDE and rows * columns * frames <= MOST_PIXELS):
        raise DicomError(f"announces {columns} x {rows} x {frames} pixels, which can't be right")
    if header.pixel_tag != Tag.PIXEL_DATA:
        raise DicomError("holds floating-point pixel data, which no CT, MR or PET image does")
    if allocated not in (8, 16, 32) or not 0 < stored <= allocated or not stored - 1 <= high_bit < allocated:
        raise DicomError(f"stores {stored} of {allocated} bits with high bit {high_bit}, which can't be read")
    return PixelFormat(
        rows, columns, allocated, stored, high_bit, header.integer(Tag.PIXEL_REPRESENTATION) == 1, photometric,
        header.transfer_syntax_uid, header.little_endian, header.pixel_length == UNDEFINED, frames,
    )  # fmt: skip


def check_pixel_bytes(header: Header, pixel: PixelFormat) -> None:
    """DicomError where pixel data is shorter than announced (a file cut short), or absurdly well compressed."""
    if pixel.encapsulated or header.deflated_offset >= 0:
        announced, present = pixel.frame_bytes * pixel.frames, header.size
        if announced > SUSPICIOUS_BYTES and announced > SUSPICIOUS_RATIO * present:
            raise DicomError(f"announces {announced // 1_000_000} MB of pixels in a file of {present // 1000} kB")
        return
    needed = pixel.frame_bytes * pixel.frames
    present = min(header.pixel_length, header.size - header.pixel_offset)
    if present < needed:
        raise DicomError(f"is cut short: {needed} bytes of pixels are announced, {max(0, present)} are there")


def classic_frame(source: Source, header: Header) -> Frame:
    """The one plane of a classic (single-frame) image; DicomError says why it is none."""
    if header.pixel_offset < 0:
        raise DicomError("holds no pixel data")
    pixel = pixel_format(header)
    if pixel.frames > 1:
        raise DicomError("holds several frames without the place of each in the patient")
    if Tag.MODALITY_LUT in header.values:
        raise DicomError("maps its values through a Modality LUT table, which is not supported")
    if "MOSAIC" in header.words(Tag.IMAGE_TYPE):
        raise DicomError("is a mosaic of several slices in one picture, which is not supported")
    position, orientation = header.numbers(Tag.IMAGE_POSITION), header.numbers(Tag.IMAGE_ORIENTATION)
    if len(position) != 3 or len(orientation) != 6:
        raise DicomError(_GEOMETRY_OF_VIEWS)
    spacing = header.numbers(Tag.PIXEL_SPACING)
    check_pixel_bytes(header, pixel)
    return Frame(
        source, header, pixel, None, checked_position(position), checked_orientation(orientation),
        checked_spacing(spacing), header.number(Tag.SLICE_THICKNESS) or 0.0,
        *checked_rescale(header.number(Tag.RESCALE_SLOPE), header.number(Tag.RESCALE_INTERCEPT)),
        _classic_attributes(header),
    )  # fmt: skip


def checked_position(position: tuple[float, ...]) -> Vector:
    """An Image Position within ten metres; DicomError otherwise."""
    if len(position) != 3 or max(abs(p) for p in position) > 10_000:
        raise DicomError("has an Image Position (Patient) that can't be right")
    return position[0], position[1], position[2]


def checked_orientation(orientation: tuple[float, ...]) -> Orientation:
    """Row and column direction made exactly unit length; DicomError when they are not perpendicular directions."""
    if len(orientation) != 6:
        raise DicomError(_GEOMETRY_OF_VIEWS)
    return _orientation(orientation)


@lru_cache(maxsize=256)
def _orientation(values: tuple[float, ...]) -> Orientation:
    row, column = np.array(values[:3]), np.array(values[3:])
    lengths = np.linalg.norm(row), np.linalg.norm(column)
    if min(lengths) < 0.9 or max(lengths) > 1.1 or abs(row @ column) > 0.02:
        raise DicomError("has an Image Orientation (Patient) whose axes are not perpendicular unit vectors")
    unit = tuple(float(v) for v in (*(row / lengths[0]), *(column / lengths[1])))
    return unit[0], unit[1], unit[2], unit[3], unit[4], unit[5]


def checked_spacing(spacing: tuple[float, ...]) -> tuple[float, float]:
    """Pixel Spacing (between rows, between columns) in mm; DicomError when missing or absurd."""
    if len(spacing) < 2:
        raise DicomError("has no Pixel Spacing, so its size in millimetres is unknown")
    if not all(1e-3 <= s <= 1000 for s in spacing[:2]):
        raise DicomError("has a Pixel Spacing that can't be right")
    return spacing[0], spacing[1]


def checked_rescale(slope: float | None, intercept: float | None) -> tuple[float, float]:
    """Rescale slope and intercept; 1 and 0 where absent; a slope of 0 would erase the image and counts as 1."""
    return (slope if slope else 1.0), (intercept or 0.0)


def _classic_attributes(header: Header) -> dict[str, str | float]:
    found: dict[str, str | float] = {"image type": "\\".join(header.words(Tag.IMAGE_TYPE))}
    for name, tag in _NUMBERS_THAT_SPLIT.items():
        value = header.number(tag) if tag in header.values else None
        if value is not None:
            found[name] = value
    for name, tag in _TEXTS_THAT_SPLIT.items():
        text = header.text(tag) if tag in header.values else ""
        if text:
            found[name] = text
    if "b-value" not in found and header.text(Tag.SIEMENS_CREATOR).startswith("SIEMENS MR HEADER"):
        value = header.number(Tag.SIEMENS_B_VALUE)
        if value is not None:
            found["b-value"] = value
    return found


_NUMBERS_THAT_SPLIT = {
    "echo": Tag.ECHO_NUMBER,
    "echo time": Tag.ECHO_TIME,
    "inversion time": Tag.INVERSION_TIME,
    "temporal position": Tag.TEMPORAL_POSITION,
    "b-value": Tag.B_VALUE,
    "trigger time": Tag.TRIGGER_TIME,
    "acquisition": Tag.ACQUISITION_NUMBER,
    "frame time": Tag.FRAME_REFERENCE_TIME,
}
_TEXTS_THAT_SPLIT = {
    "component": Tag.COMPLEX_IMAGE_COMPONENT,
    "acquisition time": Tag.ACQUISITION_TIME,
    "content time": Tag.CONTENT_TIME,
}
