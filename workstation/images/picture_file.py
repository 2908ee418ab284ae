# mypy: disable-error-code="no-untyped-call"
"""Pictures as PNG files (ISO/IEC 15948), through SimpleITK: lossless, 8 bits for red, green and blue."""

from __future__ import annotations

import os

import numpy as np
import SimpleITK as sitk  # noqa: N813  (its own name for itself)
from numpy.typing import NDArray

from workstation.images.errors import ImageError
from workstation.images.whole_file import reason, replacing

ENDING = ".png"


def require_png(path: str | os.PathLike[str]) -> None:
    """ImageError for a name that does not end in .png."""
    if not os.fspath(path).lower().endswith(ENDING):
        raise ImageError(f"{os.fspath(path)} can't be written: a picture's name must end in {ENDING}")


def write_png(path: str | os.PathLike[str], picture: NDArray[np.uint32]) -> None:
    """Write a picture (height, width) uint32 0xAARRGGBB without its alpha, whole or not at all; ImageError says why."""
    require_png(path)
    rgb = np.stack([(picture >> np.uint32(shift)).astype(np.uint8) for shift in (16, 8, 0)], axis=-1)
    try:
        with replacing(path, ENDING) as part:
            sitk.WriteImage(sitk.GetImageFromArray(rgb, isVector=True), os.fspath(part), imageIO="PNGImageIO")
            if not _holds(os.fspath(part), rgb):
                raise ImageError("the disk did not take all of it; it may be full")
    except OSError as error:
        raise ImageError(f"{path} was not written: {reason(error)}; what was there before is unchanged") from error
    except (ImageError, RuntimeError) as error:
        why = str(error) if isinstance(error, ImageError) else "the disk may be full"
        raise ImageError(f"{path} was not written: {why}; what was there before is unchanged") from error


def _holds(path: str, rgb: NDArray[np.uint8]) -> bool:
    try:
        back = sitk.GetArrayFromImage(sitk.ReadImage(path, imageIO="PNGImageIO"))
    except RuntimeError:
        return False
    return back.shape == rgb.shape and back.tobytes() == rgb.tobytes()
