"""Text in the character set that a file announces (PS3.5 section 6.1), and pydicom kept from quoting patients."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Sequence

from workstation.dicom.header import Header
from workstation.dicom.tags import Tag

LONGEST_TEXT = 1024


def quiet_pydicom() -> None:
    """Stop pydicom's warnings and log lines: they quote the values of patient tags."""
    logging.getLogger("pydicom").setLevel(logging.CRITICAL)
    warnings.filterwarnings("ignore", module=r"pydicom(\.|$)")


def text_of(header: Header, tag: int) -> str:
    """A text element as a person wrote it, control characters removed; undecodable bytes become "?" or "�"."""
    raw = header.raw(tag)[:LONGEST_TEXT]
    if not raw:
        return ""
    text = decode_text(raw, header.words(Tag.CHARACTER_SET))
    return "".join(c for c in text if c.isprintable()).strip()


def decode_text(raw: bytes, announced: Sequence[str]) -> str:
    """Bytes in the announced character sets (the values of Specific Character Set) as text, nothing removed."""
    if raw.isascii() and b"\x1b" not in raw:
        return raw.decode("ascii")
    from pydicom.charset import convert_encodings, decode_bytes

    quiet_pydicom()
    try:
        encodings = convert_encodings(list(announced) or ["ISO_IR 6"])
        return str(decode_bytes(raw, encodings, {0x5C, 0x5E, 0x3D}))  # a backslash, ^ or = ends a code extension
    except (LookupError, UnicodeError, ValueError):
        return raw.decode("latin-1")
