"""Writes an RTSTRUCT that other systems accept, in which nothing that nobody edited has changed."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from datetime import datetime
from itertools import count
from pathlib import Path

from workstation.dicom.atomic_file import write_whole
from workstation.dicom.errors import DicomError
from workstation.dicom.structure_set_bytes import elements, encode_element, encode_sequence
from workstation.dicom.structure_set_contours import RoiContours
from workstation.dicom.structure_set_encode import HOLES, RoiToWrite, encode_rois, needs_implicit, roi_to_write
from workstation.dicom.structure_set_file import (
    ROI_CONTOUR_SEQUENCE,
    RT_STRUCTURE_SET_STORAGE,
    guarded,
    parse_dataset,
    write_dataset,
)
from workstation.dicom.structure_set_header import Identity, NumberedStructure, complete_header, require_names
from workstation.dicom.structure_set_slices import Slices
from workstation.dicom.structure_set_values import StructureSet
from workstation.dicom.write_series import IMPLEMENTATION_NAME, IMPLEMENTATION_UID
from workstation.images.volume import Volume
from workstation.structures.structure import State, Structure

LARGEST_NUMBER = 2**31 - 1
"""The largest value of an IS (PS3.5 section 6.2), such as ROI Number."""

_IMPLICIT, _EXPLICIT = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1"


def write_structure_set(
    path: str | Path,
    structures: Sequence[Structure],
    image: Volume | None = None,
    base: StructureSet | None = None,
    label: str = "",
    holes: str = "nested",
    series_description: str = "",
    now: datetime | None = None,
    uid_seed: str = "",
) -> str:
    """Write `structures` as a new instance, unapproved; its SOP Instance UID is returned.

    image: what they were drawn on: patient, study and the slices that rings refer to. base: the set that they came
    from; its header, its items' other attributes and the planes that nobody edited leave as they came, and where
    there is no image its rings tell which slice a new ring lies on. Structures of `base` that are not in `structures`
    are left out.

    holes: how edited planes write holes: "nested" rings (even-odd) or a "keyhole" ring for each piece.
    uid_seed: makes the UIDs repeatable; different ones each time without it.

    The file appears whole or not at all. It has implicit VRs where some Contour Data is longer than explicit ones can
    hold (65,534 bytes), or where `base` had. Raises DicomError for an impossible name, a stale structure, nothing to
    write, or when the disk is full or refuses.
    """
    if holes not in HOLES:
        raise DicomError(f"Holes are written as {' or '.join(map(repr, HOLES))}, not {holes!r}")
    if not structures:
        raise DicomError(f"{path} was not written: there is no structure to write")
    stale = [s.name for s in structures if s.state is State.STALE]
    if stale:
        raise DicomError(f"Structure {stale[0]!r} is stale: an input of its recipe has changed; recompute it first")
    identity = _identity(now or datetime.now(), uid_seed)
    numbered = _numbered(list(structures), base)
    require_names(numbered, label)
    try:
        data = _encoded(numbered, image, base, identity, label, holes, series_description)
    except DicomError as error:
        raise DicomError(f"{path} was not written: the file that the structures came from {error}") from error
    write_whole(path, data)
    return identity.instance_uid


def _encoded(
    numbered: list[NumberedStructure], image: Volume | None, base: StructureSet | None, identity: Identity, label: str,
    holes: str, series_description: str,
) -> bytes:  # fmt: skip
    slices = _slices(image, base)
    rois = [roi_to_write(n.structure, n.number, _original(n, base), slices, holes) for n in numbered]
    source = base.original.file if base is not None and base.original is not None else None
    explicit = not needs_implicit(rois) and (source is None or source.explicit)
    dataset = source.dataset() if source is not None else parse_dataset(b"", True)
    guarded(lambda: complete_header(dataset, numbered, image, base, identity, label, series_description))
    header = guarded(lambda: write_dataset(dataset, explicit))
    others_explicit = source is None or source.explicit
    return _meta(identity.instance_uid, explicit) + _with_contours(header, rois, explicit, others_explicit)


def _with_contours(header: bytes, rois: list[RoiToWrite], explicit: bool, others_explicit: bool) -> bytes:
    """The header with ROI Contour Sequence at its place between the other elements."""
    sequence = encode_sequence(ROI_CONTOUR_SEQUENCE, encode_rois(rois, explicit, others_explicit), explicit)
    after = (e.start for e in elements(header, explicit) if e.tag > ROI_CONTOUR_SEQUENCE)
    place = next(after, len(header))
    return header[:place] + sequence + header[place:]


def _meta(instance_uid: str, explicit: bool) -> bytes:
    """Preamble and File Meta Information (PS3.10 section 7.1)."""
    content = b"".join(
        encode_element(tag, vr, value, explicit=True)
        for tag, vr, value in (
            (0x00020001, "OB", b"\0\1"),
            (0x00020002, "UI", RT_STRUCTURE_SET_STORAGE.encode()),
            (0x00020003, "UI", instance_uid.encode()),
            (0x00020010, "UI", (_EXPLICIT if explicit else _IMPLICIT).encode()),
            (0x00020012, "UI", IMPLEMENTATION_UID.encode()),
            (0x00020013, "SH", IMPLEMENTATION_NAME.encode()),
        )
    )
    length = encode_element(0x00020000, "UL", len(content).to_bytes(4, "little"), explicit=True)
    return b"\0" * 128 + b"DICM" + length + content


def _slices(image: Volume | None, base: StructureSet | None) -> list[Slices]:
    found = [Slices.of_image(image)] if image is not None else []
    if base is not None:
        found.append(Slices.of_structures(base.structures))
    return found


def _original(numbered: NumberedStructure, base: StructureSet | None) -> RoiContours | None:
    if base is None or base.original is None or numbered.before is None:
        return None
    return base.original.rois[numbered.before.identifier].contours


def _numbered(structures: list[Structure], base: StructureSet | None) -> list[NumberedStructure]:
    """Structures of `base` keep their ROI Numbers; new ones keep theirs where it is free."""
    before = {s.identifier: s for s in base.structures} if base is not None else {}
    places = {i: roi.place for i, roi in base.original.rois.items()} if base is not None and base.original else {}
    taken: set[int] = set()
    numbers: dict[int, int] = {}
    old_first = sorted(range(len(structures)), key=lambda i: structures[i].identifier not in before)
    for index in old_first:
        number = structures[index].number
        is_new = structures[index].identifier not in before
        if number in taken or number < 0 or (is_new and not 0 < number <= LARGEST_NUMBER):
            number = _free_number({*taken, *(s.number for s in structures)})
        taken.add(number)
        numbers[index] = number
    return [
        NumberedStructure(
            s, numbers[i], places.get(s.identifier), _is_edited(s, before.get(s.identifier)), before.get(s.identifier)
        )
        for i, s in enumerate(structures)
    ]


def _free_number(used: set[int]) -> int:
    """One more than the largest number, or the first free one where an IS can't hold that."""
    following = max(0, *used) + 1
    return following if following <= LARGEST_NUMBER else next(n for n in count(1) if n not in used)


def _is_edited(structure: Structure, before: Structure | None) -> bool:
    if before is None:
        return True
    now, then = (
        [(plane.position_mm, plane.imported) for plane in s.stack.slices] for s in (structure, before)
    )
    return now != then or any(not imported for _, imported in now)


def _identity(now: datetime, seed: str) -> Identity:
    def uid(what: str) -> str:
        """A UID below 2.25, from a UUID (PS3.5 B.2): random, or made of the seed."""
        if not seed:
            return f"2.25.{uuid.uuid4().int}"
        digest = hashlib.sha256(f"{seed}/{what}".encode()).digest()
        return f"2.25.{uuid.UUID(bytes=digest[:16], version=4).int}"

    return Identity(uid("instance"), uid("series"), uid("study"), uid("frame of reference"), now)
