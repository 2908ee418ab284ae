"""Where the bytes of one DICOM object lie: a file, or a member of a zip archive that is never unpacked to disk."""

from __future__ import annotations

import os
import tempfile
import threading
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from workstation.dicom.errors import DicomError

LARGEST_FILE_BYTES = 1 << 36
LARGEST_MEMBER_BYTES = 1 << 31
MOST_MEMBERS = 200_000
LARGEST_ARCHIVE_BYTES = 1 << 36
SUSPICIOUS_RATIO = 200
SUSPICIOUS_BYTES = 4 << 20


class OpenFile:
    """An open file behind the interface that reading a header needs."""

    def __init__(self, stream: Any, size: int) -> None:
        self._stream, self.size = stream, size

    def read(self, offset: int, length: int) -> bytes:
        """Up to `length` bytes from `offset`."""
        self._stream.seek(offset)
        data: bytes = self._stream.read(length)
        return data

    def read_into(self, offset: int, target: memoryview) -> int:
        """Fill `target` from `offset`; the number of bytes read."""
        self._stream.seek(offset)
        total = 0
        while total < len(target):
            count = self._stream.readinto(target[total:])
            if not count:
                break
            total += count
        return total


class OpenMember:
    """A member of an archive, inflated only as far as somebody reads, and never beyond its announced size."""

    def __init__(self, stream: Any, size: int) -> None:
        self._stream, self.size, self._data = stream, size, bytearray()

    def _fill(self, end: int) -> None:
        end = min(end, self.size)
        while len(self._data) < end:
            try:
                piece = self._stream.read(min(1 << 20, end - len(self._data)))
            except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError) as error:
                raise DicomError("is damaged inside its archive") from error
            if not piece:
                break
            self._data += piece

    def read(self, offset: int, length: int) -> bytes:
        """Up to `length` bytes from `offset`."""
        self._fill(offset + length)
        return bytes(self._data[offset : offset + length])

    def read_into(self, offset: int, target: memoryview) -> int:
        """Fill `target` from `offset`; the number of bytes read."""
        piece = self.read(offset, len(target))
        target[: len(piece)] = piece
        return len(piece)


class Archive:
    """A zip archive whose members are read in memory by their place in its directory, never by their names.

    Raises DicomError for what is no archive, is encrypted throughout, or would inflate to an absurd size.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self._lock = threading.RLock()
        try:
            self._zip = zipfile.ZipFile(path)
            self.members = self._zip.infolist()
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, UnicodeDecodeError) as error:
            raise DicomError(f"{path} can't be read as a zip archive: it is damaged") from error
        self._refuse_bombs()

    def _refuse_bombs(self) -> None:
        if len(self.members) > MOST_MEMBERS:
            raise DicomError(f"{self.path} holds more than {MOST_MEMBERS} members: refused")
        total = sum(m.file_size for m in self.members)
        if total > LARGEST_ARCHIVE_BYTES:
            raise DicomError(f"{self.path} would unpack to {total / 1e9:.0f} GB: refused as a possible zip bomb")

    def refusal(self, member: int) -> str:
        """Why a member is not read, in words; "" when it is."""
        info = self.members[member]
        if info.flag_bits & 1:
            return "it is encrypted"
        if (info.external_attr >> 16) & 0o170000 == 0o120000:
            return "it is a symbolic link, which is not followed"
        if info.file_size > LARGEST_MEMBER_BYTES:
            return f"it would unpack to {info.file_size / 1e9:.1f} GB"
        if info.file_size > SUSPICIOUS_BYTES and info.file_size > SUSPICIOUS_RATIO * max(1, info.compress_size):
            return f"it unpacks to {info.file_size // max(1, info.compress_size)} times its size, a possible zip bomb"
        return ""

    @contextmanager
    def opened(self, member: int) -> Iterator[OpenMember]:
        """The member, open for reading."""
        info = self.members[member]
        refusal = self.refusal(member)
        if refusal:
            raise DicomError(f"is not read: {refusal}")
        with self._lock:
            try:
                stream = self._zip.open(info)
            except (zipfile.BadZipFile, RuntimeError, NotImplementedError, OSError) as error:
                raise DicomError("can't be read from its archive") from error
            with stream:
                yield OpenMember(stream, info.file_size)


@dataclass(frozen=True, slots=True)
class Source:
    """One DICOM object's bytes. `member` counts the archive's directory from 0; None for a plain file."""

    path: str
    archive: Archive | None = None
    member: int = -1

    @property
    def name(self) -> str:
        """What a message calls it. A member's own name is shown, never used as a path."""
        if self.archive is None:
            return self.path
        shown = self.archive.members[self.member].filename.encode("ascii", "replace").decode()
        return f"{self.path}, member {shown[-120:]}"

    @contextmanager
    def opened(self) -> Iterator[OpenFile | OpenMember]:
        """The bytes, open for reading; DicomError when the system refuses."""
        if self.archive is not None:
            with self.archive.opened(self.member) as member:
                yield member
            return
        try:
            stream = open(self.path, "rb", buffering=0)  # noqa: SIM115  (closed below, and only then yielded)
        except OSError as error:
            raise DicomError(f"can't be opened: {error.strerror}") from error
        with stream:
            size = os.fstat(stream.fileno()).st_size
            if size > LARGEST_FILE_BYTES:
                raise DicomError("is larger than any image")
            yield OpenFile(stream, size)

    @contextmanager
    def as_file(self) -> Iterator[str]:
        """A path to read it from: its own, or for an archive's member a copy in a private temporary folder."""
        if self.archive is None:
            yield self.path
            return
        with tempfile.TemporaryDirectory(prefix="workstation-") as folder:
            copy = os.path.join(folder, "object.dcm")
            with open(copy, "wb") as stream:
                stream.write(self.read_all())
            yield copy

    def read_all(self) -> bytes:
        """All bytes."""
        with self.opened() as opened:
            return opened.read(0, opened.size)
