"""Entries of DICOM objects that are no images: structure sets and registrations (PS3.3 A.19, A.39)."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

from workstation.dicom.entry import RegistrationEntry, StructureSetEntry
from workstation.dicom.errors import DicomError
from workstation.dicom.header import Header
from workstation.dicom.source import Source
from workstation.dicom.tags import Tag
from workstation.dicom.text import text_of

LARGEST_OBJECT_BYTES = 1 << 30


def parse(source: Source, tags: list[str] | None = None) -> Any:
    """The data set of an object as pydicom reads it, without pixels; only top-level `tags` when given.

    Raises DicomError for whatever pydicom stumbles over. The caller has walked the header before, so no announced
    length points beyond the file.
    """
    import pydicom
    from pydicom.errors import BytesLengthException, InvalidDicomError

    from workstation.dicom.text import quiet_pydicom

    quiet_pydicom()
    with source.opened() as opened:
        if opened.size > LARGEST_OBJECT_BYTES:
            raise DicomError("is larger than any object of its kind")
        data = opened.read(0, opened.size)
    try:
        return pydicom.dcmread(io.BytesIO(data), force=True, stop_before_pixels=True, specific_tags=tags)
    except (
        InvalidDicomError, BytesLengthException, zlib.error, struct.error, EOFError, OSError, ValueError, KeyError,
        TypeError, AttributeError, NotImplementedError, RecursionError, MemoryError, OverflowError, IndexError,
    ) as error:  # fmt: skip
        raise DicomError(f"is damaged: it can't be parsed ({type(error).__name__})") from error


def structure_set_entry(source: Source, header: Header) -> StructureSetEntry:
    """What an RTSTRUCT refers to. Archive members keep the archive's path."""
    dataset = parse(source, ["ReferencedFrameOfReferenceSequence"])
    frames, series = [], []
    for frame in dataset.get("ReferencedFrameOfReferenceSequence") or ():
        frames.append(str(frame.get("FrameOfReferenceUID", "")))
        for study in frame.get("RTReferencedStudySequence") or ():
            for item in study.get("RTReferencedSeriesSequence") or ():
                series.append(str(item.get("SeriesInstanceUID", "")))
    return StructureSetEntry(
        source.path, header.text(Tag.SOP_INSTANCE_UID), text_of(header, Tag.STRUCTURE_SET_LABEL),
        tuple(dict.fromkeys(u for u in series if u)), tuple(dict.fromkeys(u for u in frames if u)),
    )  # fmt: skip


def registration_entry(source: Source, header: Header) -> RegistrationEntry:
    """Which frames of reference a Spatial Registration links."""
    dataset = parse(source, ["RegistrationSequence", "ContentLabel", "ContentDescription"])
    frames = [str(item.get("FrameOfReferenceUID", "")) for item in dataset.get("RegistrationSequence") or ()]
    label = str(dataset.get("ContentDescription") or dataset.get("ContentLabel") or "")
    own = header.text(Tag.FRAME_OF_REFERENCE_UID)
    return RegistrationEntry(
        source.path, header.text(Tag.SOP_INSTANCE_UID), label, tuple(dict.fromkeys(u for u in (own, *frames) if u))
    )
