"""Decoders run in a child of limited memory and time, and what kills the child does not harm the program."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pydicom
import pytest
import SimpleITK as sitk  # noqa: N813
from pydicom.encaps import generate_frames

from workstation.dicom.decode import DecodeWorker, encapsulated_frames
from workstation.dicom.errors import DicomError
from workstation.dicom.frame import PixelFormat, pixel_format
from workstation.dicom.header import read_header
from workstation.dicom.source import Source


def pixel(rows: int, columns: int, syntax: str, bits: int = 16) -> PixelFormat:
    return PixelFormat(rows, columns, bits, bits, bits - 1, False, "MONOCHROME2", syntax, True, True, 1)


@pytest.fixture
def worker() -> object:
    worker = DecodeWorker(longest_frame_s=5)
    yield worker
    worker.close()


RLE = "1.2.840.10008.1.2.5"
J2K = "1.2.840.10008.1.2.4.90"


def rle_frame(values: np.ndarray) -> bytes:
    from pydicom.pixels.encoders import RLELosslessEncoder

    return RLELosslessEncoder.encode(
        values.tobytes(), rows=values.shape[0], columns=values.shape[1], samples_per_pixel=1,
        photometric_interpretation="MONOCHROME2", bits_allocated=16, bits_stored=16, pixel_representation=0,
        number_of_frames=1, encoding_plugin="pydicom",
    )  # fmt: skip


def test_one_child_serves_many_frames(worker: DecodeWorker) -> None:
    frames = [np.full((8, 16), n, np.uint16) for n in (1, 500, 65535)]
    decoded = [worker.decode(pixel(8, 16, RLE), rle_frame(values)) for values in frames]
    assert all((a == b).all() for a, b in zip(decoded, frames, strict=True))


@pytest.mark.parametrize("syntax", [RLE, J2K, "1.2.840.10008.1.2.4.80", "1.2.840.10008.1.2.4.70", "1.2.3"])
def test_garbage_is_refused_and_the_next_frame_is_read(worker: DecodeWorker, syntax: str) -> None:
    with pytest.raises(DicomError, match="can't be decompressed"):
        worker.decode(pixel(8, 16, syntax), b"\xff\x4f\xff\x51" + b"garbage!" * 40)
    values = np.arange(128, dtype=np.uint16).reshape(8, 16)
    assert (worker.decode(pixel(8, 16, RLE), rle_frame(values)) == values).all()


def test_a_frame_of_another_size_is_refused(worker: DecodeWorker) -> None:
    with pytest.raises(DicomError, match="can't be decompressed"):
        worker.decode(pixel(8, 17, RLE), rle_frame(np.zeros((8, 16), np.uint16)))


def test_a_codestream_that_asks_for_more_memory_than_allowed_is_refused(worker: DecodeWorker) -> None:
    """A JPEG 2000 header of 60000 x 60000 pixels in a few bytes."""
    size = (60000).to_bytes(4, "big")
    siz = b"\0\0" + size * 2 + b"\0" * 8 + size * 2 + b"\0" * 8 + (1).to_bytes(2, "big") + b"\x0f\x01\x01"
    cod = b"\xff\x52\x00\x0c\x00\x00\x00\x01\x00\x05\x04\x04\x00\x01" + b"\xff\x5c\x00\x13\x40" + b"\x40" * 16
    stream = b"\xff\x4f\xff\x51" + (len(siz) + 2).to_bytes(2, "big") + siz + cod
    stream += b"\xff\x90\x00\x0a\x00\x00\x00\x00\x00\x20\x00\x01\xff\x93" + b"\x80" * 18 + b"\xff\xd9"
    start = time.perf_counter()
    with pytest.raises(DicomError, match="can't be decompressed"):
        worker.decode(pixel(64, 64, J2K), stream)
    assert time.perf_counter() - start < 8


def test_a_hanging_decoder_is_stopped(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    script = tmp_path / "hangs.py"
    script.write_text("import time\ntime.sleep(60)\n")
    monkeypatch.setattr("workstation.dicom.decode._WORKER", script)
    worker = DecodeWorker(longest_frame_s=0.3)
    start = time.perf_counter()
    with pytest.raises(DicomError, match="gave up"):
        worker.decode(pixel(8, 8, RLE), b"x")
    assert time.perf_counter() - start < 5


def test_a_frozen_program_decodes_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.frozen", True, raising=False)
    monkeypatch.setattr("subprocess.Popen", None)
    values = np.arange(128, dtype=np.uint16).reshape(8, 16)
    assert (DecodeWorker().decode(pixel(8, 16, RLE), rle_frame(values)) == values).all()
    with pytest.raises(DicomError, match="can't be decompressed"):
        DecodeWorker().decode(pixel(8, 16, J2K), b"garbage!" * 40)


COMPRESSED = (
    "JPEG2000.dcm", "JPEGLSNearLossless_08.dcm", "JPEGLSNearLossless_16.dcm",
    "MR_small_RLE.dcm", "MR_small_jp2klossless.dcm",
    "MR_small_jpeg_ls_lossless.dcm", "693_J2KI.dcm", "J2K_pixelrep_mismatch.dcm", "rtdose_rle_1frame.dcm",
)  # fmt: skip


@pytest.mark.parametrize("name", COMPRESSED)
def test_every_compression_gives_what_pydicom_gives(data_dir: Path, worker: DecodeWorker, name: str) -> None:
    path = data_dir / "odd_pydicom" / "test_files" / name
    source = Source(str(path))
    with source.opened() as opened:
        header = read_header(opened)
    frame = encapsulated_frames(source, header.pixel_offset, 1)[0]
    dataset = pydicom.dcmread(path)
    assert frame == next(generate_frames(dataset.PixelData, number_of_frames=1))
    assert (worker.decode(pixel_format(header), frame) == dataset.pixel_array).all()


@pytest.mark.parametrize("name", ["JPEG-lossy.dcm", "JPGExtended.dcm"])
def test_lossy_jpeg_of_twelve_bits_gives_what_gdcm_gives(data_dir: Path, worker: DecodeWorker, name: str) -> None:
    """pydicom declines these; SimpleITK reads them through GDCM's own 12-bit decoder."""
    path = data_dir / "odd_pydicom" / "test_files" / name
    source = Source(str(path))
    with source.opened() as opened:
        header = read_header(opened)
    values = worker.decode(pixel_format(header), encapsulated_frames(source, header.pixel_offset, 1)[0])
    assert (values == sitk.GetArrayFromImage(sitk.ReadImage(str(path)))[0]).all()
