"""A volume from an indexed series: raw reads straight into the array where that is possible, decoding otherwise.

Voxels [k, j, i]: k ascends along the grid's normal (row direction x column direction), whatever the orientation
of the slices and the order of the files.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workstation.dicom.decode import decoded_frame
from workstation.dicom.entry import SeriesEntry
from workstation.dicom.errors import DicomError
from workstation.dicom.frame import Frame
from workstation.dicom.header import inflate
from workstation.dicom.lattice import Arrangement
from workstation.dicom.tags import Tag
from workstation.images.errors import ImageError
from workstation.images.files import read_image_file
from workstation.images.volume import SliceSource, Volume
from workstation.jobs.progress import Progress, silent

Voxels = NDArray[Any]
OnSlice = Callable[[int, Voxels], None]
MOST_VOXELS = 1 << 32


def load_series(entry: SeriesEntry, progress: Progress = silent, on_first: OnSlice | None = None) -> Volume:
    """Read the voxels of an entry.

    on_first: called once with (k, slice [j, i]) of the middle acquired slice, before the others are read, so that
        there is something to look at; values are the final ones.
    The result is int16 when every value fits exactly, else float32. Raises DicomError naming the file that can't
    be read.
    """
    if entry.image_file:
        try:
            return read_image_file(entry.image_file)
        except ImageError as error:
            raise DicomError(str(error)) from error
    arrangement = entry.arrangement
    if arrangement is None or not entry.frames:
        raise DicomError(f"{entry.description or entry.key} has no slices to read")
    if int(np.prod(np.array(arrangement.grid.size, dtype=np.int64))) > MOST_VOXELS:
        raise DicomError(f"{entry.description or entry.key} has more voxels than fit into memory")
    stack = _Stack(entry.frames).read(progress, _shown_at(on_first, arrangement))
    return _volume(entry, arrangement, stack if arrangement.exact else _interpolated(stack, arrangement))


def _shown_at(on_first: OnSlice | None, arrangement: Arrangement) -> OnSlice | None:
    """`on_first` told the plane of the grid instead of the number of the slice."""
    if on_first is None:
        return None
    return lambda number, picture: on_first(int(np.searchsorted(arrangement.lower, number)), picture)


class _Stack:
    """The acquired slices while they are read: int16 as long as every value fits exactly."""

    def __init__(self, frames: tuple[Frame, ...]) -> None:
        self.frames = frames
        pixel = frames[0].pixel
        self.shape = (len(frames), pixel.rows, pixel.columns)
        self.whole = all(_rescale_is_whole(f) for f in frames)
        self.voxels: Voxels = np.empty(self.shape, np.int16 if self.whole else np.float32)
        self.inflated: tuple[str, bytes] = ("", b"")

    def read(self, progress: Progress, on_first: OnSlice | None) -> Voxels:
        """All slices, the middle one first when somebody waits for it."""
        order = list(range(len(self.frames)))
        if on_first is not None:
            middle = len(order) // 2
            self._read_slice(middle)
            on_first(middle, self.voxels[middle])
            order.remove(middle)
        every = max(1, len(order) // 50)
        for done, k in enumerate(order):
            if done % every == 0:
                progress(done / len(self.frames), f"Reading slices: {done} of {len(self.frames)}")
            self._read_slice(k)
        progress(1.0, f"{len(self.frames)} slices read")
        return self.voxels

    def _read_slice(self, k: int) -> None:
        frame = self.frames[k]
        try:
            if self.whole and _is_plain(frame):
                self._read_plain(frame, k)
            else:
                self._store(k, frame, self._stored_values(frame))
        except DicomError as error:
            raise DicomError(f"{frame.source.name} {error}") from error

    def _read_plain(self, frame: Frame, k: int) -> None:
        """16-bit little-endian values read into their place and rescaled there."""
        plane = self.voxels[k]
        with frame.source.opened() as opened:
            if opened.read_into(_pixel_offset(frame), memoryview(plane).cast("B")) != plane.nbytes:
                raise DicomError("ends inside its pixel data")
        low, high = _bounds(frame)
        if low >= -32768 and high <= 32767:
            _keep_stored_bits(plane, frame)
            _rescale_in_place(plane, frame)
        else:
            self._store(k, frame, _kept_bits(plane.view(_dtype(frame)).copy(), frame))

    def _stored_values(self, frame: Frame) -> Voxels:
        """(rows, columns) stored values, unused bits removed, before the rescale."""
        pixel = frame.pixel
        if pixel.encapsulated:
            return decoded_frame(frame)
        if frame.header.deflated_offset >= 0:
            raw = self._inflated(frame)[_pixel_offset(frame) :][: pixel.frame_bytes]
        else:
            with frame.source.opened() as opened:
                raw = opened.read(_pixel_offset(frame), pixel.frame_bytes)
        if len(raw) != pixel.frame_bytes:
            raise DicomError("ends inside its pixel data")
        values = np.frombuffer(raw, _dtype(frame)).reshape(pixel.rows, pixel.columns)
        return _kept_bits(values.astype(values.dtype.newbyteorder("=")), frame)

    def _inflated(self, frame: Frame) -> bytes:
        if self.inflated[0] != frame.source.name:
            most = frame.header.pixel_offset + frame.pixel.frame_bytes * frame.pixel.frames + (64 << 20)
            with frame.source.opened() as opened:
                self.inflated = frame.source.name, inflate(opened, frame.header.deflated_offset, most)
        return self.inflated[1]

    def _store(self, k: int, frame: Frame, stored: Voxels) -> None:
        """Rescale and keep a slice; the whole stack becomes float32 at the first value that int16 can't hold."""
        if self.whole:
            values = stored.astype(np.int64) * int(frame.slope) + int(frame.intercept)
            if values.min() >= -32768 and values.max() <= 32767:
                self.voxels[k] = values
                return
            self.whole = False
            self.voxels = self.voxels.astype(np.float32)
        self.voxels[k] = stored.astype(np.float64) * frame.slope + frame.intercept


def _rescale_is_whole(frame: Frame) -> bool:
    return frame.slope == int(frame.slope) and frame.intercept == int(frame.intercept) and frame.pixel.bits_stored <= 16


def _is_plain(frame: Frame) -> bool:
    pixel = frame.pixel
    return (
        pixel.bits_allocated == 16 and pixel.little_endian and not pixel.encapsulated
        and frame.header.deflated_offset < 0 and sys.byteorder == "little"
    )  # fmt: skip


def _pixel_offset(frame: Frame) -> int:
    return frame.header.pixel_offset + ((frame.number or 1) - 1) * frame.pixel.frame_bytes


def _dtype(frame: Frame) -> np.dtype[Any]:
    pixel = frame.pixel
    kind = "i" if pixel.signed else "u"
    return np.dtype(f"{'<' if pixel.little_endian else '>'}{kind}{pixel.bits_allocated // 8}")


def _bounds(frame: Frame) -> tuple[float, float]:
    """Lowest and highest value that the stored bits can hold after the rescale."""
    bits = frame.pixel.bits_stored
    low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if frame.pixel.signed else (0, (1 << bits) - 1)
    ends = low * frame.slope + frame.intercept, high * frame.slope + frame.intercept
    return min(ends), max(ends)


def _kept_bits(values: Voxels, frame: Frame) -> Voxels:
    """Stored values without the unused bits around them (overlays lived there once)."""
    pixel = frame.pixel
    above, below = pixel.bits_allocated - 1 - pixel.high_bit, pixel.high_bit + 1 - pixel.bits_stored
    if above:
        values <<= above
    if above or below:
        values >>= above + below
    return values


def _keep_stored_bits(plane: Voxels, frame: Frame) -> None:
    """The same in place, for 16-bit values that are held in an int16 array whatever their sign."""
    _kept_bits(plane if frame.pixel.signed else plane.view(np.uint16), frame)


def _rescale_in_place(plane: Voxels, frame: Frame) -> None:
    """Slope and intercept in 16-bit arithmetic; wrapping is harmless because the result is known to fit."""
    if frame.slope != 1:
        plane *= np.array(int(frame.slope) & 0xFFFF, np.uint16).view(np.int16)
    if frame.intercept:
        plane += np.array(int(frame.intercept) & 0xFFFF, np.uint16).view(np.int16)


def _interpolated(stack: Voxels, arrangement: Arrangement) -> Voxels:
    """The planes of the grid from the acquired slices: copies where they coincide, linear between."""
    voxels = np.empty((len(arrangement.lower), *stack.shape[1:]), stack.dtype)
    for k, (lower, weight) in enumerate(zip(arrangement.lower, arrangement.weight, strict=True)):
        if weight == 0:
            voxels[k] = stack[lower]
            continue
        mixed = stack[lower].astype(np.float32) * np.float32(1 - weight) + stack[lower + 1] * np.float32(weight)
        voxels[k] = np.rint(mixed) if stack.dtype == np.int16 else mixed
    return voxels


def _volume(entry: SeriesEntry, arrangement: Arrangement, voxels: Voxels) -> Volume:
    slices = tuple(
        SliceSource(f.header.text(Tag.SOP_CLASS_UID), f.instance_uid, float(position), f.number)
        for f, position in zip(entry.frames, arrangement.positions_mm, strict=True)
    )
    return Volume(
        key=entry.key, voxels=voxels, grid=arrangement.grid, modality=entry.modality, unit=entry.unit,
        description=entry.description, series_uid=entry.uid, study_uid=entry.study_uid,
        frame_of_reference_uid=entry.frame_of_reference_uid, patient=entry.patient,
        patient_position=entry.patient_position, slices=slices, acquisition=dict(entry.acquisition),
        study=dict(entry.study), files=tuple(f.source.path for f in entry.frames), warnings=entry.warnings,
    )  # fmt: skip
