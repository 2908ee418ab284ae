# mypy: disable-error-code="no-untyped-call"
"""NIfTI, NRRD and MetaImage files, through SimpleITK, in DICOM's patient coordinates (LPS)."""

from __future__ import annotations

import os
import re
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Literal

import numpy as np
import SimpleITK as sitk  # noqa: N813  (its own name for itself)
from numpy.typing import NDArray

from workstation.geometry.grid import Grid
from workstation.geometry.mask import Mask
from workstation.images.errors import ImageError
from workstation.images.file_kind import GZIP, image_file_kind, unpacked
from workstation.images.own_frame import own_frame_uid
from workstation.images.volume import Volume
from workstation.images.whole_file import reason, replacing

MOST_VOXELS = 1 << 31
MOST_HEADER_BYTES = 1 << 16
MOST_DEFLATE_RATIO = 1032
WRITTEN_ENDINGS = (".nii", ".nii.gz", ".nrrd", ".mha")
NIFTI_HEADER_BYTES = 348
FRAME_KEY, NOTES_KEY = "FrameOfReferenceUID", "ITK_FileNotes"
FRAME_NOTE = "frame "
LONGEST_NOTE = 79
"""Characters that a NIfTI header has for notes."""



@dataclass(frozen=True, slots=True)
class ImageInformation:
    """What the header of an image file says. size and spacing are ordered i, j, k.

    frame_of_reference_uid: as noted by `write_volume`; "" for a file that only has one of its own, from its content.
    """

    name: str
    kind: str
    size: tuple[int, int, int]
    spacing_mm: tuple[float, float, float]
    warnings: tuple[str, ...] = ()
    frame_of_reference_uid: str = ""


_READERS = {"NIfTI": "NiftiImageIO", "NRRD": "NrrdImageIO", "MetaImage": "MetaImageIO"}


def _reader(path: str) -> tuple[sitk.ImageFileReader, str]:
    """A reader with its header read, and the kind of file; ImageError says why there is none."""
    _require_text(path)
    try:
        with open(path, "rb") as stream:
            start = stream.read(MOST_HEADER_BYTES)
    except OSError as error:
        raise ImageError(f"{path} can't be opened: {error.strerror}") from error
    kind = image_file_kind(start[:512])
    if not kind:
        raise ImageError(f"{path} is no NIfTI, NRRD or MetaImage file")
    data_bytes = _bytes_of_data(path, kind, start)
    sitk.ProcessObject.SetGlobalWarningDisplay(False)
    reader = sitk.ImageFileReader()
    reader.SetImageIO(_READERS[kind])
    reader.SetFileName(path)
    try:
        reader.ReadImageInformation()
    except RuntimeError as error:
        raise ImageError(f"{path} is a {kind} file whose header can't be read") from error
    _refuse_absurd(reader, path, data_bytes)
    if kind == "NIfTI":
        _refuse_cut_nifti(reader, path, start)
    return reader, kind


def _require_text(path: str) -> None:
    """ImageError for a name that is no text: ITK ends the whole process when it gets one."""
    try:
        path.encode()
    except UnicodeEncodeError:
        raise ImageError(f"{path!a} has a name that is not valid text (UTF-8); rename it or its folder") from None


def _bytes_of_data(path: str, kind: str, start: bytes) -> int:
    """Size of the file that holds the voxels. A header may name another one: only one beside it is believed."""
    if kind == "NIfTI" and unpacked(start)[344:348] == b"ni1\0":
        raise ImageError(f"{path} is half of a NIfTI pair (.hdr and .img); convert it to one file")
    field = {"MetaImage": rb"^ElementDataFile *= *([^\r\n]*)", "NRRD": rb"^data ?file: *([^\r\n]*)"}.get(kind)
    header = start.split(b"\n\n", 1)[0] if kind == "NRRD" else start
    found = re.search(field, header, re.MULTILINE | re.IGNORECASE) if field else None
    name = found.group(1).strip().decode("latin-1") if found else "LOCAL"
    if name.upper() == "LOCAL":
        return os.path.getsize(path)
    beside = Path(path).parent / name
    if name != Path(name).name or name.upper().startswith("LIST") or "%" in name or "\\" in name:
        raise ImageError(f"{path} keeps its voxels in files elsewhere, which are not opened; convert it to one file")
    if beside.is_symlink() or not beside.is_file():
        raise ImageError(f"{path} keeps its voxels in a file beside it that is not there")
    return beside.stat().st_size


def _refuse_absurd(reader: sitk.ImageFileReader, path: str, data_bytes: int) -> None:
    """ImageError where more voxels are announced than the file's bytes could ever hold, even compressed."""
    voxels = 1.0
    for count in reader.GetSize():
        voxels *= count
    announced = voxels * max(1, reader.GetNumberOfComponents())
    if voxels > MOST_VOXELS or announced > MOST_DEFLATE_RATIO * data_bytes:
        shown = " x ".join(str(n) for n in reader.GetSize())
        raise ImageError(f"{path} announces {shown} voxels, which its {data_bytes} bytes can't hold")


def _refuse_cut_nifti(reader: sitk.ImageFileReader, path: str, start: bytes) -> None:
    """ImageError for a NIfTI file that ends early: ITK would fill the rest with whatever is in memory."""
    needed = reader.GetNumberOfComponents() * _nifti_bits(unpacked(start)) // 8
    for count in reader.GetSize():
        needed *= count
    packed = start[:2] == GZIP
    present = _inflated_size(path, needed) if packed else os.path.getsize(path)
    if present < needed + NIFTI_HEADER_BYTES:
        raise ImageError(f"{path} is cut short: {needed} bytes of voxels are announced, {present} bytes are there")


def _nifti_bits(header: bytes) -> int:
    """Bits of a stored voxel (the reader's own type may be wider, when the header scales the values)."""
    order: Literal["little", "big"] = "little" if header[0] in (348 & 0xFF, 540 & 0xFF) else "big"
    at = 14 if int.from_bytes(header[:4], order) == 540 else 72
    return int.from_bytes(header[at : at + 2], order)


def _inflated_size(path: str, needed: int) -> int:
    """Size of a gzip file's content: as its last bytes say if that is plausible, else counted."""
    with open(path, "rb") as stream:
        stream.seek(-4, os.SEEK_END)
        announced = int.from_bytes(stream.read(4), "little")
        if needed < announced <= needed + (1 << 16):
            return announced
        stream.seek(0)
        return _counted(stream, needed + (1 << 20))


def _counted(stream: BinaryIO, most: int) -> int:
    """Bytes that a gzip stream inflates to, up to `most`; what is damaged counts as its end."""
    inflater, total = zlib.decompressobj(zlib.MAX_WBITS | 16), 0
    try:
        while total < most and (piece := stream.read(1 << 18)):
            while piece and total < most:
                total += len(inflater.decompress(piece, 1 << 20))
                piece = inflater.unconsumed_tail
    except zlib.error:
        return total
    return total


def read_image_information(path: str | os.PathLike[str]) -> ImageInformation:
    """Size and spacing from the header alone; ImageError says why it can't be opened."""
    reader, kind = _reader(os.fspath(path))
    size, spacing = _three(reader, os.fspath(path))
    return ImageInformation(Path(path).name, kind, size, spacing, frame_of_reference_uid=_noted_frame(reader))


def read_image_metadata(path: str | os.PathLike[str]) -> dict[str, str]:
    """What the header of an image file says beside its grid, by the names that the format gives it.

    Each value is one line of at most 500 characters. ImageError says why the file can't be opened.
    """
    reader, kind = _reader(os.fspath(path))
    found = {"Format": kind, "Stored as": sitk.GetPixelIDValueAsString(reader.GetPixelID())}
    for key in sorted(reader.GetMetaDataKeys()):
        value = "".join(c if c.isprintable() else " " for c in reader.GetMetaData(key)).strip()
        if value:
            found[str(key)[:80]] = value[:500]
    return found


def _three(reader: sitk.ImageFileReader, path: str) -> tuple[tuple[int, int, int], tuple[float, float, float]]:
    """Size and spacing of a three-dimensional image of grey values; ImageError for anything else."""
    size, spacing = list(reader.GetSize()), list(reader.GetSpacing())
    while len(size) > 3 and size[-1] == 1:
        size, spacing = size[:-1], spacing[:-1]
    if len(size) > 3:
        raise ImageError(f"{path} holds {size[3]} volumes; save each as a file of its own")
    if len(size) < 3:
        raise ImageError(f"{path} holds a flat picture, no volume")
    if reader.GetNumberOfComponents() != 1:
        raise ImageError(f"{path} holds {reader.GetNumberOfComponents()} values for each voxel (colours or vectors)")
    return (size[0], size[1], size[2]), (spacing[0], spacing[1], spacing[2])


def read_image_file(path: str | os.PathLike[str]) -> Volume:
    """The volume of a NIfTI, NRRD or MetaImage file; its key is the path. ImageError says why it can't be read.

    Its frame of reference is the one that `write_volume` noted in the file, else one of its own, from its content.
    """
    name = os.fspath(path)
    reader, kind = _reader(name)
    _three(reader, name)
    try:
        image = reader.Execute()
    except RuntimeError as error:
        raise ImageError(f"{name} is a {kind} file that is damaged or cut short") from error
    while image.GetDimension() > 3:
        image = image[..., 0]
    grid = Grid(image.GetOrigin(), image.GetSpacing(), np.reshape(image.GetDirection(), (3, 3)), image.GetSize())
    voxels = _exact(sitk.GetArrayFromImage(image))
    return Volume(key=name, voxels=voxels, grid=grid, description=Path(name).name, files=(name,),
                  frame_of_reference_uid=_noted_frame(reader) or own_frame_uid(voxels, grid))  # fmt: skip


def _noted_frame(reader: sitk.ImageFileReader) -> str:
    """The frame of reference that a file's header names, "" where it names none."""
    keys = reader.GetMetaDataKeys()
    noted = str(reader.GetMetaData(FRAME_KEY)) if FRAME_KEY in keys else ""
    if not noted and NOTES_KEY in keys:
        notes = str(reader.GetMetaData(NOTES_KEY))
        noted = notes.removeprefix(FRAME_NOTE) if notes.startswith(FRAME_NOTE) else ""
    noted = noted.strip(" \0")
    return noted if re.fullmatch(r"[0-2](\.(0|[1-9][0-9]*))+", noted) and len(noted) <= 64 else ""


def _note_frame(image: sitk.Image, uid: str) -> None:
    """Name the frame of reference in a file's header: the one thing that neither format has a place for."""
    if uid:
        image.SetMetaData(FRAME_KEY, uid)
        if len(FRAME_NOTE + uid) <= LONGEST_NOTE:
            image.SetMetaData(NOTES_KEY, FRAME_NOTE + uid)


def _exact(values: NDArray[Any]) -> NDArray[Any]:
    """int16 when every value fits exactly, else float32."""
    if values.dtype == np.int16:
        return values
    if values.dtype.kind in "iu":
        if values.min() >= -32768 and values.max() <= 32767:
            return values.astype(np.int16)
        return values.astype(np.float32)
    return values.astype(np.float32)


def image_of(voxels: NDArray[Any], grid: Grid) -> sitk.Image:
    """A SimpleITK image of voxels [k, j, i] on a grid; ImageError for a sheared grid, which ITK can't hold."""
    direction = grid.direction
    if not np.allclose(direction.T @ direction, np.eye(3), atol=1e-4):
        raise ImageError("A tilted gantry's sheared grid can't be written to this format; resample it first")
    image = sitk.GetImageFromArray(voxels)
    image.SetOrigin(tuple(float(v) for v in grid.origin_mm))
    image.SetSpacing(tuple(float(v) for v in grid.spacing_mm))
    image.SetDirection(tuple(float(v) for v in direction.ravel()))
    return image


def write_volume(path: str | os.PathLike[str], volume: Volume) -> None:
    """Write voxels and grid in the format that the name's ending says (.nii, .nii.gz, .nrrd, .mha).

    The header notes the frame of reference, so that what was resampled lies on its image when both are opened again.
    The file appears whole or not at all. ImageError says why it was not written; what was there is then unchanged.
    """
    image = image_of(volume.voxels, volume.grid)
    _note_frame(image, volume.frame_of_reference_uid)
    _write(path, image)


def write_mask(path: str | os.PathLike[str], mask: Mask) -> None:
    """Write a mask as unsigned bytes 0 and 1 on its whole grid, as `write_volume` does."""
    _write(path, image_of(mask.full().astype(np.uint8), mask.grid))


def require_ending(path: str | os.PathLike[str]) -> str:
    """The ending among WRITTEN_ENDINGS that a name has; ImageError for any other, which ITK may take for a picture."""
    name = os.fspath(path)
    found = [ending for ending in WRITTEN_ENDINGS if name.lower().endswith(ending)]
    if not found:
        raise ImageError(f"{name} can't be written: its name must end in {', '.join(WRITTEN_ENDINGS)}")
    return found[0]


def _write(path: str | os.PathLike[str], image: sitk.Image) -> None:
    ending = require_ending(path)
    try:
        with replacing(path, ending) as part:
            _require_text(os.fspath(part))
            sitk.WriteImage(image, os.fspath(part), useCompression=True)
            if not _holds(os.fspath(part), image):
                raise ImageError("the disk did not take all of it; it may be full")
    except OSError as error:
        raise ImageError(f"{path} was not written: {reason(error)}; what was there before is unchanged") from error
    except (ImageError, RuntimeError) as error:
        why = str(error) if isinstance(error, ImageError) else "the disk may be full"
        raise ImageError(f"{path} was not written: {why}; what was there before is unchanged") from error


def _holds(path: str, image: sitk.Image) -> bool:
    """Whether a file holds all voxels of an image: ITK's writer of NIfTI says nothing when the disk is full."""
    try:
        reader, _ = _reader(path)
        back = reader.Execute()
    except (ImageError, RuntimeError):
        return False
    written, meant = sitk.GetArrayViewFromImage(back), sitk.GetArrayViewFromImage(image)
    return written.dtype == meant.dtype and written.shape == meant.shape and written.tobytes() == meant.tobytes()
