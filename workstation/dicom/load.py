"""A volume from an indexed series: raw reads straight into the array where that is possible, decoding otherwise.

Voxels [k, j, i]: k ascends along the grid's normal (row direction x column direction), whatever the orientation
of the slices and the order of the files.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workstation.dicom.decode import decoded_frames
from workstation.dicom.entry import SeriesEntry
from workstation.dicom.errors import DicomError
from workstation.dicom.frame import Frame, PixelFormat
from workstation.dicom.header import inflate
from workstation.dicom.lattice import Arrangement
from workstation.dicom.tags import Tag
from workstation.images.errors import ImageError
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
        from workstation.images.files import read_image_file  # SimpleITK takes a third of a second to import

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
    warnings = (*entry.warnings, *_value_warnings(entry, stack))
    voxels = stack if arrangement.exact else _interpolated(stack, arrangement)
    return replace(_volume(entry, arrangement, voxels), warnings=warnings)


def _value_warnings(entry: SeriesEntry, stack: Voxels) -> tuple[str, ...]:
    """What the values themselves give away: a CT without anything lighter than water, but with bone, is not in HU."""
    if entry.modality != "CT" or entry.unit != "HU":
        return ()
    sample = stack[:, ::4, ::4]
    if sample.min() >= 0 and sample.max() > 1000:
        return ("no value is below 0 HU: the values may not be Hounsfield units (no rescale was stored)",)
    return ()


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
        self.whole = all(_rescale_is_whole(f) for f in frames)
        self.voxels: Voxels = np.empty((len(frames), pixel.rows, pixel.columns), np.int16 if self.whole else np.float32)
        self.inflated: tuple[str, bytes] = ("", b"")

    def read(self, progress: Progress, on_first: OnSlice | None) -> Voxels:
        """All slices, the middle one first when somebody waits for it."""
        order = list(range(len(self.frames)))
        if on_first is not None:
            middle = len(order) // 2
            order.insert(0, order.pop(middle))
        every = max(1, len(order) // 50)
        for done, k in enumerate(self._in_memory(order)):
            if done == 0 and on_first is not None:
                on_first(k, self.voxels[k])
            if done % every == 0:
                progress(done / len(order), f"Reading slices: {done} of {len(order)}")
        progress(1.0, f"{len(order)} slices read")
        return self.voxels

    def _in_memory(self, order: list[int]) -> Iterator[int]:
        """The number of each slice as soon as its final values are in their place."""
        if not any(self.frames[k].pixel.encapsulated for k in order):
            for k in order:
                self._attempt(k, self._read_slice)
                yield k
            return
        for number, stored in decoded_frames([self.frames[k] for k in order]):
            self._attempt(order[number], partial(self._keep_decoded, stored=stored))
            yield order[number]

    def _attempt(self, k: int, read: Callable[[int], None]) -> None:
        try:
            read(k)
        except DicomError as error:
            raise DicomError(f"{self.frames[k].source.name} {error}") from error

    def _keep_decoded(self, k: int, stored: Voxels | DicomError) -> None:
        if not self.frames[k].pixel.encapsulated:
            self._read_slice(k)
        elif isinstance(stored, DicomError):
            raise stored
        else:
            self._store(k, self.frames[k], stored)

    def _read_slice(self, k: int) -> None:
        if self.whole and _is_plain(self.frames[k]):
            self._read_plain(k, self.frames[k])
        else:
            self._store(k, self.frames[k], self._stored_values(self.frames[k]))

    def _read_plain(self, k: int, frame: Frame) -> None:
        """16-bit little-endian values read into their place and rescaled there."""
        plane = self.voxels[k]
        with frame.source.opened() as opened:
            if opened.read_into(_pixel_offset(frame), memoryview(plane).cast("B")) != plane.nbytes:
                raise DicomError("ends inside its pixel data")
        stored = plane if frame.pixel.signed else plane.view(np.uint16)
        _keep_stored_bits(stored, frame.pixel)
        if _fits(*_announced_bounds(frame)) or _fits(*_rescaled(frame, stored.min(), stored.max())):
            _rescale_in_place(plane, frame)
        else:
            self._store(k, frame, stored.copy())

    def _stored_values(self, frame: Frame) -> Voxels:
        """(rows, columns) stored values, unused bits removed, before the rescale."""
        pixel = frame.pixel
        if frame.header.deflated_offset >= 0:
            raw = self._inflated(frame)[_pixel_offset(frame) :][: pixel.frame_bytes]
        else:
            with frame.source.opened() as opened:
                raw = opened.read(_pixel_offset(frame), pixel.frame_bytes)
        if len(raw) != pixel.frame_bytes:
            raise DicomError("ends inside its pixel data")
        values = np.frombuffer(_swapped(raw, frame), _dtype(pixel)).reshape(pixel.rows, pixel.columns)
        values = values.astype(values.dtype.newbyteorder("="))
        _keep_stored_bits(values, pixel)
        return values

    def _inflated(self, frame: Frame) -> bytes:
        if self.inflated[0] != frame.source.name:
            most = frame.header.pixel_offset + frame.pixel.frame_bytes * frame.pixel.frames + (64 << 20)
            with frame.source.opened() as opened:
                self.inflated = frame.source.name, inflate(opened, frame.header.deflated_offset, most)
        return self.inflated[1]

    def _store(self, k: int, frame: Frame, stored: Voxels) -> None:
        """Rescale and keep a slice; the whole stack becomes float32 at the first value that int16 can't hold."""
        if self.whole:
            if _fits(*_rescaled(frame, stored.min(), stored.max())):
                self.voxels[k] = stored.astype(np.int64) * int(frame.slope) + int(frame.intercept)
                return
            self.whole = False
            self.voxels = self.voxels.astype(np.float32)
        self.voxels[k] = stored.astype(np.float64) * frame.slope + frame.intercept


def _rescale_is_whole(frame: Frame) -> bool:
    return frame.slope == int(frame.slope) and frame.intercept == int(frame.intercept)


def _is_plain(frame: Frame) -> bool:
    pixel = frame.pixel
    return (
        pixel.bits_allocated == 16 and pixel.little_endian and not pixel.encapsulated
        and frame.header.deflated_offset < 0 and sys.byteorder == "little"
    )  # fmt: skip


def _pixel_offset(frame: Frame) -> int:
    return frame.header.pixel_offset + ((frame.number or 1) - 1) * frame.pixel.frame_bytes


def _dtype(pixel: PixelFormat) -> np.dtype[Any]:
    kind = "i" if pixel.signed else "u"
    return np.dtype(f"{'<' if pixel.little_endian else '>'}{kind}{pixel.bits_allocated // 8}")


def _swapped(raw: bytes, frame: Frame) -> bytes:
    """Bytes of 8-bit pixels in a big-endian file come in swapped pairs when they were written as OW (PS3.5 A.3)."""
    words = frame.header.pixel_vr == b"OW" and frame.pixel.bits_allocated == 8 and not frame.pixel.little_endian
    return np.frombuffer(raw, np.uint16).byteswap().tobytes() if words and len(raw) % 2 == 0 else raw


def _announced_bounds(frame: Frame) -> tuple[float, float]:
    """Lowest and highest value that the stored bits can hold after the rescale."""
    bits = frame.pixel.bits_stored
    if frame.pixel.signed:
        return _rescaled(frame, -(1 << bits - 1), (1 << bits - 1) - 1)
    return _rescaled(frame, 0, (1 << bits) - 1)


def _rescaled(frame: Frame, low: float, high: float) -> tuple[float, float]:
    ends = float(low) * frame.slope + frame.intercept, float(high) * frame.slope + frame.intercept
    return min(ends), max(ends)


def _fits(low: float, high: float) -> bool:
    """Whether both ends can be held as int16."""
    return low >= -32768 and high <= 32767


def _keep_stored_bits(values: Voxels, pixel: PixelFormat) -> None:
    """Clear, in place, the unused bits around the stored ones (overlays lived there once) and extend the sign."""
    above, below = pixel.bits_allocated - 1 - pixel.high_bit, pixel.high_bit + 1 - pixel.bits_stored
    if above:
        values <<= above
    if above or below:
        values >>= above + below


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
