"""The child process that decompresses foreign pixel data, with little memory to misuse.

Run as a script by `workstation.dicom.decode`; it imports nothing of the program. One request is a line of JSON and
the bytes of one encapsulated frame; the answer is a line of JSON and the bytes of the stored values.
"""

from __future__ import annotations

import json
import os
import sys
import warnings
from typing import Any, BinaryIO

SPARE_BYTES = 768 << 20
LONGEST_LINE = 4096
JPEG_EXTENDED = "1.2.840.10008.1.2.4.51"


def limit_memory(spare_bytes: int) -> None:
    """Let this process grow by `spare_bytes` at most, where the system can enforce it (Linux)."""
    try:
        import resource
        from pathlib import Path

        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    except (ImportError, OSError):
        return  # Windows and macOS: no such limit; the time limit of the parent remains
    most = pages * resource.getpagesize() + spare_bytes
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def decode(request: dict[str, Any], data: bytes) -> tuple[dict[str, Any], bytes]:
    """The stored values of one frame: answer and bytes in native order."""
    import numpy as np
    from pydicom.encaps import encapsulate

    if request["transfer_syntax_uid"] == JPEG_EXTENDED and request["bits_stored"] > 8:
        values = np.frombuffer(_twelve_bits(request, data), np.uint16)
        return {"dtype": values.dtype.str, "shape": list(values.shape)}, values.tobytes()
    from pydicom.pixels.decoders.base import get_decoder

    decoder = get_decoder(request["transfer_syntax_uid"])
    options: dict[str, Any] = {
        "number_of_frames": 1, "samples_per_pixel": 1, "rows": request["rows"], "columns": request["columns"],
        "bits_allocated": request["bits_allocated"], "bits_stored": request["bits_stored"],
        "pixel_representation": int(request["signed"]), "pixel_keyword": "PixelData",
        "photometric_interpretation": request["photometric"],
    }  # fmt: skip
    values, _ = decoder.as_array(encapsulate([data], has_bot=False), index=0, raw=True, **options)
    values = np.ascontiguousarray(values)
    return {"dtype": values.dtype.str, "shape": list(values.shape)}, values.tobytes()


def _twelve_bits(request: dict[str, Any], data: bytes) -> bytes:
    """One frame of lossy JPEG with 12 bits, which pydicom declines and GDCM's own decoder reads."""
    import gdcm

    fragment = gdcm.Fragment()
    fragment.SetByteStringValue(data)
    fragments = gdcm.SequenceOfFragments.New()
    fragments.AddFragment(fragment)
    element = gdcm.DataElement(gdcm.Tag(0x7FE0, 0x0010))
    element.SetValue(fragments.__ref__())
    image = gdcm.Image()
    image.SetNumberOfDimensions(2)
    image.SetDimensions((request["columns"], request["rows"], 1))
    image.SetDataElement(element)
    image.SetPhotometricInterpretation(gdcm.PhotometricInterpretation(gdcm.PhotometricInterpretation.MONOCHROME2))
    image.SetTransferSyntax(gdcm.TransferSyntax(gdcm.TransferSyntax.GetTSType(JPEG_EXTENDED)))
    image.SetPixelFormat(gdcm.PixelFormat(1, 16, 12, 11, 0))
    decoded: bytes = image.GetBuffer().encode("utf-8", "surrogateescape")  # GDCM's wrapper hands bytes out as text
    return decoded


def serve(requests: BinaryIO, answers: BinaryIO) -> None:
    """Answer requests until the other side hangs up."""
    while True:
        line = requests.readline(LONGEST_LINE)
        if not line:
            return
        request = json.loads(line)
        data = requests.read(request["length"])
        try:
            answer, values = decode(request, data)
        except Exception as error:  # noqa: BLE001  (decoders raise anything; the parent tells a person, by file)
            answer, values = {"error": type(error).__name__}, b""
        answer["length"] = len(values)
        answers.write(json.dumps(answer).encode() + b"\n" + values)
        answers.flush()


def main() -> None:
    """Keep standard output for answers alone: decoders in C print there."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    warnings.simplefilter("ignore")
    import pydicom.pixels  # loaded before the limit, so that it does not count

    del pydicom
    limit_memory(int(sys.argv[1]) if len(sys.argv) > 1 else SPARE_BYTES)
    serve(sys.stdin.buffer, answers)


if __name__ == "__main__":
    main()
