"""Names and value representations of elements by their tags: the standard's (PS3.6), and vendors' private ones."""

from __future__ import annotations

from functools import lru_cache

PRIVATE_CREATOR = "Private Creator"
UNKNOWN = "UN"


def is_private(tag: int) -> bool:
    """Whether a vendor made it: its group is odd."""
    return bool(tag >> 16 & 1)


def creator_block(tag: int) -> int:
    """The tag of the element that says who made the block that a private element lies in."""
    return tag & 0xFFFF0000 | tag >> 8 & 0xFF


@lru_cache(maxsize=8192)
def representation_of(tag: int, creator: str = "") -> str:
    """The value representation that the dictionaries give for a tag; "UN" when nobody knows it.

    Where the standard allows several ("US or SS"), the first.
    """
    from pydicom.datadict import dictionary_VR, private_dictionary_VR

    if tag & 0xFFFF == 0:
        return "UL"  # a group's length
    try:
        if is_private(tag):
            if 0x10 <= tag & 0xFFFF <= 0xFF:
                return "LO"
            found = private_dictionary_VR(tag, creator)
        else:
            found = dictionary_VR(tag)
    except (KeyError, ValueError):
        return UNKNOWN
    return str(found).split(" ")[0]


@lru_cache(maxsize=8192)
def name_of(tag: int, creator: str = "") -> tuple[str, str]:
    """(keyword, name) of a tag, such as ("PixelSpacing", "Pixel Spacing"); ("", what can be said) when unknown."""
    from pydicom.datadict import dictionary_description, dictionary_keyword, private_dictionary_description

    try:
        if is_private(tag):
            if 0x10 <= tag & 0xFFFF <= 0xFF:
                return "", PRIVATE_CREATOR
            name = str(private_dictionary_description(tag, creator)).strip("[]")
            return "", name if name != "Unknown" else _private_name(creator)
        return str(dictionary_keyword(tag)), str(dictionary_description(tag))
    except (KeyError, ValueError):
        if tag & 0xFFFF == 0:
            return "", "Group Length"
        return "", _private_name(creator) if is_private(tag) else "Unknown"


def _private_name(creator: str) -> str:
    return f"Private ({creator})" if creator else "Private"


@lru_cache(maxsize=1024)
def uid_name(uid: str) -> str:
    """What a UID of the standard stands for, "" for one's own."""
    from pydicom.uid import UID

    name = str(UID(uid).name) if uid else ""
    return "" if name == uid else name
