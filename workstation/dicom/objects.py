"""Entries of DICOM objects that are no images: structure sets and registrations (PS3.3 A.19, A.39)."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from workstation.dicom.entry import RegistrationEntry, StructureSetEntry
from workstation.dicom.errors import DicomError
from workstation.dicom.header import LARGEST_INFLATED_BYTES, Header, inflate
from workstation.dicom.source import Source
from workstation.dicom.tags import Tag
from workstation.dicom.text import quiet_pydicom, text_of

LARGEST_OBJECT_BYTES = 1 << 30


@contextmanager
def damage_refused() -> Iterator[None]:
    """Turn whatever pydicom stumbles over inside the block into one DicomError.

    It reads values and sequences only when somebody asks for them, so asking belongs inside the block, too.
    """
    from pydicom.errors import BytesLengthException, InvalidDicomError

    try:
        yield
    except DicomError:
        raise
    except (
        InvalidDicomError, BytesLengthException, zlib.error, struct.error, EOFError, OSError, ValueError, KeyError,
        TypeError, AttributeError, NotImplementedError, RecursionError, MemoryError, OverflowError, IndexError,
    ) as error:  # fmt: skip
        raise DicomError(f"is damaged: it can't be parsed ({type(error).__name__})") from error


def parse(source: Source, header: Header, tags: list[str] | None = None) -> Any:
    """The data set of an object as pydicom reads it, up to its pixels; only top-level `tags` when given.

    The walk over its header has found before that no announced length points beyond the file; deflated data is
    inflated here, to a bounded size. To be called, and the result used, inside `damage_refused`.
    """
    import pydicom

    quiet_pydicom()
    data = _data_set_bytes(source, header)
    return pydicom.dcmread(io.BytesIO(data), force=True, stop_before_pixels=True, specific_tags=tags)


def _data_set_bytes(source: Source, header: Header) -> bytes:
    """The object's bytes up to its pixels; of a deflated one, the inflated data set without its file meta."""
    with source.opened() as opened:
        if header.deflated_offset >= 0:
            return inflate(opened, header.deflated_offset, LARGEST_INFLATED_BYTES)
        length = header.pixel_offset if header.pixel_offset >= 0 else opened.size
        if length > LARGEST_OBJECT_BYTES:
            raise DicomError("is larger than any object of its kind")
        return opened.read(0, length)


def structure_set_entry(source: Source, header: Header) -> StructureSetEntry:
    """What an RTSTRUCT refers to. Archive members keep the archive's path."""
    frames: list[str] = []
    series: list[str] = []
    with damage_refused():
        dataset = parse(source, header, ["ReferencedFrameOfReferenceSequence"])
        for frame in dataset.get("ReferencedFrameOfReferenceSequence") or ():
            frames.append(str(frame.get("FrameOfReferenceUID", "")))
            for study in frame.get("RTReferencedStudySequence") or ():
                for item in study.get("RTReferencedSeriesSequence") or ():
                    series.append(str(item.get("SeriesInstanceUID", "")))
    return StructureSetEntry(
        source.path, header.text(Tag.SOP_INSTANCE_UID), text_of(header, Tag.STRUCTURE_SET_LABEL),
        tuple(dict.fromkeys(u for u in series if u)), tuple(dict.fromkeys(u for u in frames if u)), source,
    )  # fmt: skip


def registration_entry(source: Source, header: Header) -> RegistrationEntry:
    """Which frames of reference a (Deformable) Spatial Registration links."""
    wanted = ["RegistrationSequence", "DeformableRegistrationSequence", "ContentLabel", "ContentDescription"]
    with damage_refused():
        dataset = parse(source, header, wanted)
        frames = [str(item.get("FrameOfReferenceUID", "")) for item in dataset.get("RegistrationSequence") or ()]
        bent = dataset.get("DeformableRegistrationSequence") or ()
        frames += [str(item.get("SourceFrameOfReferenceUID", "")) for item in bent]
        label = str(dataset.get("ContentDescription") or dataset.get("ContentLabel") or "")[:64]
    linked = dict.fromkeys(uid for uid in (header.text(Tag.FRAME_OF_REFERENCE_UID), *frames) if uid)
    return RegistrationEntry(source.path, header.text(Tag.SOP_INSTANCE_UID), label, tuple(linked), source)


@lru_cache(maxsize=64)
def class_name(sop_class_uid: str) -> str:
    """What an object is, in words, for those that are not read."""
    from pydicom.uid import UID

    name = UID(sop_class_uid).name if sop_class_uid else ""
    return f"an object of the kind {name}" if name and name != sop_class_uid else "a DICOM object of unknown kind"
