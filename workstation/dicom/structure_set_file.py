"""An RTSTRUCT file as it lies on disk: its header as a data set, its contours as bytes that nobody has touched."""

from __future__ import annotations

import io
import os
import stat
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from workstation.dicom.errors import DicomError
from workstation.dicom.structure_set_bytes import LONG_VRS, SHORT_VRS, Element, Walk
from workstation.dicom.text import quiet_pydicom

RT_STRUCTURE_SET_STORAGE = "1.2.840.10008.5.1.4.1.1.481.3"
FRAME_SEQUENCE, ROI_CONTOUR_SEQUENCE = 0x30060010, 0x30060039
LARGEST_FILE_BYTES = LARGEST_INFLATED_BYTES = 1 << 28
MOST_ITEMS = 200_000
"""Items of all sequences but the contours': a hundred times what the largest 4D planning sets hold."""

_DEFLATED, _EXPLICIT_BIG = "1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.2"
_SOP_CLASS, _MODALITY, _PIXELS, _META_LENGTH_MOST = 0x00080016, 0x00080060, 0x7FE00010, 64

_Result = TypeVar("_Result")


@dataclass(frozen=True, eq=False)
class StructureSetFile:
    """Little-endian bytes of a data set, split at the ROI Contour Sequence.

    header: everything but that sequence, encoded as in the file.
    contours, frames: ROI Contour Sequence and Referenced Frame of Reference Sequence in the bytes of `walk`.
    """

    walk: Walk = field(repr=False)
    start: int
    header: bytes = field(repr=False)
    contours: Element | None
    frames: Element | None

    @property
    def explicit(self) -> bool:
        """Whether the elements name their value representations."""
        return self.walk.explicit

    def dataset(self) -> Any:
        """A fresh pydicom data set of the header; nothing in it has been interpreted yet."""
        return guarded(lambda: parse_dataset(self.header, self.explicit))

    def dataset_without_frames(self) -> Any:
        """The same without the references, whose hundreds of items take longer to parse than all the rest."""
        if self.frames is None:
            return self.dataset()
        start, end = self.frames.start - self.start, self.frames.end - self.start
        if self.contours is not None and self.contours.start < self.frames.start:
            moved = self.contours.end - self.contours.start
            start, end = start - moved, end - moved
        return guarded(lambda: parse_dataset(self.header[:start] + self.header[end:], self.explicit))


def read_file(path: str | Path) -> StructureSetFile:
    """Read and check a file.

    Raises DicomError naming the file when it can't be read, is no DICOM file, no structure set, cut short or damaged.
    """
    name = str(path)
    try:
        if stat.S_ISFIFO(os.stat(path).st_mode):
            raise DicomError(f"{name} is a pipe, which may never end; give a file")
        with open(path, "rb") as stream:
            data = stream.read(LARGEST_FILE_BYTES + 1)
    except OSError as error:
        raise DicomError(f"{name} can't be read: {error.strerror or type(error).__name__}") from error
    try:
        return split(data)
    except DicomError as error:
        raise DicomError(f"{name} {error}") from error


def split(data: bytes) -> StructureSetFile:
    """The same for bytes in memory; messages begin with a verb, for the caller to put the name before."""
    if len(data) > LARGEST_FILE_BYTES:
        raise DicomError("is larger than any structure set")
    data, start, explicit = _little_endian(data)
    walk, found, seen = Walk(data, explicit), {}, {}
    for element in walk.elements(start, len(data)):
        if element.tag in (ROI_CONTOUR_SEQUENCE, FRAME_SEQUENCE):
            found[element.tag] = element
        elif element.tag in (_SOP_CLASS, _MODALITY):
            seen[element.tag] = data[element.value_start : element.value_end].decode("latin-1").strip(" \0")
        elif element.tag == _PIXELS:
            break
    _refuse_others(seen)
    contours = found.get(ROI_CONTOUR_SEQUENCE)
    header = data[start:] if contours is None else data[start : contours.start] + data[contours.end :]
    if header.count(b"\xfe\xff\x00\xe0") > MOST_ITEMS:
        raise DicomError(f"holds more than {MOST_ITEMS} items beside its contours: refused")
    return StructureSetFile(walk, start, header, contours, found.get(FRAME_SEQUENCE))


def _refuse_others(seen: dict[int, str]) -> None:
    sop_class, modality = seen.get(_SOP_CLASS, ""), seen.get(_MODALITY, "")
    if sop_class == RT_STRUCTURE_SET_STORAGE or (not sop_class and modality == "RTSTRUCT"):
        return
    if not seen:
        raise DicomError("is not a DICOM structure set (RTSTRUCT): it names neither its class nor its modality")
    kind = modality if modality.isalnum() and len(modality) <= 16 else "another kind"
    raise DicomError(f"is not a structure set (RTSTRUCT) but a DICOM object of modality {kind}")


def _little_endian(data: bytes) -> tuple[bytes, int, bool]:
    """The bytes, inflated and turned if need be, where the data set begins, and whether it names its VRs."""
    has_preamble = data[128:132] == b"DICM"
    start, syntax = _skip_meta(data, 132 if has_preamble else 0)
    if syntax == _DEFLATED:
        data, start = _inflated(data[start:]), 0
    if not has_preamble and not _plausible(data, start, syntax):
        raise DicomError("is not a DICOM file")
    if syntax == _EXPLICIT_BIG:
        data, start = guarded(lambda: _turned(data[start:])), 0
    vr = data[start + 4 : start + 6]
    return data, start, vr in SHORT_VRS or vr in LONG_VRS


def _skip_meta(data: bytes, start: int) -> tuple[int, str]:
    """Where the data set begins behind group 2, whose announced length is not believed, and its transfer syntax."""
    syntax = ""
    for _ in range(_META_LENGTH_MOST):
        if data[start : start + 2] != b"\2\0" or len(data) < start + 12:
            break
        explicit = data[start + 4 : start + 6] in SHORT_VRS or data[start + 4 : start + 6] in LONG_VRS
        element = next(Walk(data, explicit).elements(start, len(data)))
        if element.tag == 0x00020010:
            syntax = data[element.value_start : element.value_end].decode("latin-1").strip(" \0")
        start = element.end
    return start, syntax


def _plausible(data: bytes, start: int, syntax: str) -> bool:
    """Whether bytes without a preamble begin like a data set: group 8, and a sane length or a known VR."""
    if len(data) < start + 8:
        return False
    if syntax == _EXPLICIT_BIG:
        return data[start : start + 2] == b"\0\x08"
    group, _, length = struct.unpack_from("<HHI", data, start)
    vr = data[start + 4 : start + 6]
    return group == 8 and (vr in SHORT_VRS or vr in LONG_VRS or length <= 256)


def _inflated(data: bytes) -> bytes:
    stream = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        inflated = stream.decompress(data, LARGEST_INFLATED_BYTES)
    except zlib.error as error:
        raise DicomError("holds deflated data that are damaged") from error
    if stream.unconsumed_tail:
        raise DicomError(f"inflates to more than {LARGEST_INFLATED_BYTES >> 20} MiB: refused")
    return inflated


def _turned(data: bytes) -> bytes:
    """A big-endian data set as explicit little-endian bytes."""
    from pydicom.filereader import read_dataset

    dataset = read_dataset(io.BytesIO(data), is_implicit_VR=False, is_little_endian=False, bytelength=len(data))
    return write_dataset(dataset, explicit=True)


# --------------------------------------------------------------------------------------- pydicom, kept at bay


def parse_dataset(data: bytes, explicit: bool) -> Any:
    """A pydicom data set of encoded little-endian elements."""
    from pydicom.filereader import read_dataset

    return read_dataset(io.BytesIO(data), is_implicit_VR=not explicit, is_little_endian=True, bytelength=len(data))


def write_dataset(dataset: Any, explicit: bool) -> bytes:
    """The elements of a pydicom data set, little-endian; values that nobody touched are copied as they are."""
    from pydicom.filebase import DicomBytesIO
    from pydicom.filewriter import write_dataset as write

    buffer = DicomBytesIO()
    buffer.is_little_endian, buffer.is_implicit_VR = True, not explicit
    write(buffer, dataset)
    return bytes(buffer.getvalue())


def guarded(work: Callable[[], _Result]) -> _Result:
    """Do something with pydicom, quietly: vendors' values are taken as they are, and nothing quotes a patient's tags.

    Every way in which it fails on damaged data becomes a DicomError that doesn't chain the cause, which may quote.
    """
    from pydicom.errors import BytesLengthException, InvalidDicomError

    quiet_pydicom()
    try:
        return work()
    except (
        InvalidDicomError, BytesLengthException, struct.error, EOFError, OSError, ValueError, KeyError, TypeError,
        AttributeError, NotImplementedError, RecursionError, MemoryError, OverflowError, IndexError, LookupError,
    ) as error:  # fmt: skip
        if isinstance(error, DicomError):
            raise
        raise DicomError(f"is damaged: it can't be parsed ({type(error).__name__})") from None
