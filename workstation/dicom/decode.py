"""Stored values of compressed frames, through pydicom's decoders."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workstation.dicom.errors import DicomError
from workstation.dicom.frame import Frame


def decoded_frame(frame: Frame) -> NDArray[Any]:
    """(rows, columns) stored values of one compressed frame."""
    from pydicom.pixels.utils import pixel_array

    from workstation.dicom.text import quiet_pydicom

    quiet_pydicom()
    data = frame.source.read_all()
    try:
        values = pixel_array(io.BytesIO(data), index=(frame.number or 1) - 1, raw=True)
    except (RuntimeError, ValueError, TypeError, AttributeError, KeyError, EOFError, struct.error, zlib.error) as error:
        raise DicomError("can't be decompressed") from error
    return np.ascontiguousarray(values)
