"""What there is to read about an open image: its headers, or what is known of it where there are none."""

from __future__ import annotations

from dataclasses import dataclass

from workstation.dicom.errors import DicomError
from workstation.dicom.header_listing import HeaderListing, HeaderRow, differing_attributes, list_header
from workstation.dicom.header_places import HeaderPlace, header_places
from workstation.images.errors import ImageError
from workstation.images.facts import Fact, facts_of
from workstation.images.files import read_image_metadata
from workstation.images.volume import Volume
from workstation.jobs.progress import Progress, silent


@dataclass(frozen=True)
class HeaderSource:
    """Where the headers of an image lie; without `places`, what can be shown instead, and a note that says why."""

    places: tuple[HeaderPlace, ...] = ()
    known: tuple[HeaderRow, ...] = ()
    note: str = ""


def find_headers(volume: Volume, progress: Progress = silent) -> HeaderSource:
    """The places of an image's headers, or what is known of it where there are none to read."""
    progress(0.0, "Looking for the headers")
    try:
        return HeaderSource(header_places(volume, progress))
    except DicomError as error:
        note = f"{error} What the program knows of the image is listed instead."
    facts = facts_of(volume)
    if len(volume.files) == 1 and not volume.slices:
        note = "A DICOM header does not exist: this is another kind of image file. What is known of it is listed."
        try:
            stored = read_image_metadata(volume.files[0])
        except ImageError as error:
            note += f" {error}."
        else:
            facts += [Fact("Stored in the file", name, value) for name, value in stored.items()]
    return HeaderSource(known=rows_of(facts), note=note)


def rows_of(facts: list[Fact]) -> tuple[HeaderRow, ...]:
    """Facts as rows of a header, each group under its name."""
    rows: list[HeaderRow] = []
    for fact in facts:
        if not any(row.depth == 0 and row.name == fact.group for row in rows):
            rows.append(HeaderRow("", "", fact.group, "", "", 0, 0, fact.group))
        rows.append(HeaderRow("", "", fact.name, "", fact.value, len(fact.value), 1, f"{fact.group} {fact.name}"))
    return tuple(rows)


def read_header_at(place: HeaderPlace, progress: Progress = silent) -> HeaderListing:
    """The header of one slice; what can't be read is a listing without rows and a note that says why."""
    progress(0.0, "Reading a header")
    try:
        return list_header(place.source, place.frame_number)
    except DicomError as error:
        return HeaderListing((), f"{error}.")


def compare_headers(places: tuple[HeaderPlace, ...], progress: Progress = silent) -> frozenset[str]:
    """Paths of what differs between the slices."""
    return differing_attributes([place.source for place in places], progress)
