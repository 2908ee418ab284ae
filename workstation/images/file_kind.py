"""Which kind of image file it is, seen from its first bytes and not from its name; costs no heavy import."""

from __future__ import annotations

import zlib

GZIP = b"\x1f\x8b"


def image_file_kind(start: bytes) -> str:
    """"NIfTI", "NRRD", "MetaImage" or "" from the first 512 bytes of a file."""
    start = unpacked(start)
    if start[:4] == b"NRRD":
        return "NRRD"
    if start[344:348] in (b"n+1\0", b"ni1\0") or start[4:8] == b"n+2\0":
        return "NIfTI"
    text = start.decode("latin-1")
    if "NDims" in text and ("ObjectType" in text or "DimSize" in text):
        return "MetaImage"
    return ""


def unpacked(start: bytes) -> bytes:
    """The first bytes of a file, inflated when it is packed by gzip; b"" when that is damaged."""
    if start[:2] != GZIP:
        return start[:600]
    try:
        return zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(start, 600)
    except zlib.error:
        return b""
