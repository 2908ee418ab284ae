"""Stored values of compressed frames, decompressed in child processes of limited memory and time.

Decoders are C libraries fed with bytes from anywhere. A malicious codestream may crash or hang its decoder: then
the child dies, one sentence names the file, and the program goes on.
"""

from __future__ import annotations

import json
import os
import queue
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workstation.dicom import decode_worker
from workstation.dicom.errors import DicomError
from workstation.dicom.frame import Frame, PixelFormat
from workstation.dicom.source import Source

LONGEST_FRAME_S = 30.0
MOST_WORKERS = 4
LARGEST_ENCAPSULATED_BYTES = 1 << 31
_WORKER = Path(decode_worker.__file__)


class DecodeWorker:
    """One child process; used by one thread at a time, started at its first frame and again after it died."""

    def __init__(self, longest_frame_s: float = LONGEST_FRAME_S) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._longest_frame_s = longest_frame_s

    def decode(self, pixel: PixelFormat, data: bytes) -> NDArray[Any]:
        """(rows, columns) stored values of one encapsulated frame; DicomError when it can't be decompressed."""
        if getattr(sys, "frozen", False):
            return self._decode_here(pixel, data)
        process = self._running(pixel)
        timer = threading.Timer(self._longest_frame_s, process.kill)
        timer.start()
        try:
            answer, values = _exchange(process, _request(pixel, data), data)
        except (OSError, ValueError, EOFError) as error:
            self.close()
            raise DicomError("can't be decompressed: the decoder gave up on it") from error
        finally:
            timer.cancel()
        if "error" in answer:
            raise DicomError(f"can't be decompressed ({answer['error']}): damaged, or of an unknown kind")
        return _checked(np.frombuffer(values, np.dtype(answer["dtype"])), pixel)

    @staticmethod
    def _decode_here(pixel: PixelFormat, data: bytes) -> NDArray[Any]:
        """In this process: a frozen program has no Python that could run a script."""
        try:
            answer, values = decode_worker.decode(_request(pixel, data), data)
        except (RuntimeError, ValueError, TypeError, AttributeError, KeyError, NotImplementedError) as error:
            raise DicomError("can't be decompressed: damaged, or of an unknown kind") from error
        return _checked(np.frombuffer(values, np.dtype(answer["dtype"])), pixel)

    def _running(self, pixel: PixelFormat) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            environment = dict(os.environ, PYTHONPATH=os.pathsep.join(p for p in sys.path if p))
            spare = (768 << 20) + 16 * pixel.frame_bytes
            self._process = subprocess.Popen(
                [sys.executable, "-P", str(_WORKER), str(spare)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL, env=environment,
            )  # fmt: skip
        return self._process

    def close(self) -> None:
        """End the child process."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                _close_quietly(pipe)


def _close_quietly(pipe: Any) -> None:
    try:
        pipe.close()
    except OSError:
        return  # what was still buffered for a dead process has no reader


def _request(pixel: PixelFormat, data: bytes) -> dict[str, Any]:
    return {
        "transfer_syntax_uid": pixel.transfer_syntax_uid, "rows": pixel.rows, "columns": pixel.columns,
        "bits_allocated": pixel.bits_allocated, "bits_stored": pixel.bits_stored, "signed": pixel.signed,
        "photometric": pixel.photometric or "MONOCHROME2", "length": len(data),
    }  # fmt: skip


def _exchange(process: subprocess.Popen[bytes], request: dict[str, Any], data: bytes) -> tuple[dict[str, Any], bytes]:
    assert process.stdin is not None and process.stdout is not None
    process.stdin.write(json.dumps(request).encode() + b"\n" + data)
    process.stdin.flush()
    line = process.stdout.readline(4096)
    if not line:
        raise EOFError("the decoder died")
    answer: dict[str, Any] = json.loads(line)
    if answer["length"] > 8 * request["rows"] * request["columns"]:
        raise ValueError("the decoder answers more than a frame")
    return answer, process.stdout.read(answer["length"])


def _checked(values: NDArray[Any], pixel: PixelFormat) -> NDArray[Any]:
    if values.size != pixel.rows * pixel.columns:
        raise DicomError("can't be decompressed: it holds another number of pixels than announced")
    return values.reshape(pixel.rows, pixel.columns)


def encapsulated_frames(source: Source, offset: int, count: int) -> list[bytes]:
    """The compressed bytes of every frame of a file whose Pixel Data begins at `offset` (PS3.5 A.4)."""
    from pydicom.encaps import generate_frames

    with source.opened() as opened:
        length = opened.size - offset
        if length > LARGEST_ENCAPSULATED_BYTES:
            raise DicomError("holds more compressed data than fits into memory")
        data = opened.read(offset, length)
    try:
        frames = [frame for _, frame in zip(range(count), generate_frames(data, number_of_frames=count), strict=False)]
    except (ValueError, EOFError, struct.error, IndexError, StopIteration) as error:
        raise DicomError("holds compressed data whose fragments are damaged") from error
    if len(frames) != count or not all(frames):
        raise DicomError(f"announces {count} compressed frames, {len(frames)} are there")
    return frames


def decoded_frames(frames: list[Frame]) -> Iterator[tuple[int, NDArray[Any] | DicomError]]:
    """(index into `frames`, stored values [j, i] or the error) of compressed frames, in order, by several workers.

    Frames of one file should follow each other: its fragments are read once.
    """
    count = max(1, min(MOST_WORKERS, os.cpu_count() or 1, (len(frames) + 3) // 4))
    idle: queue.SimpleQueue[DecodeWorker] = queue.SimpleQueue()
    workers = [DecodeWorker() for _ in range(count)]
    for worker in workers:
        idle.put(worker)

    def decode(pixel: PixelFormat, data: bytes) -> NDArray[Any] | DicomError:
        worker = idle.get()
        try:
            return worker.decode(pixel, data)
        except DicomError as error:
            return error
        finally:
            idle.put(worker)

    pool = ThreadPoolExecutor(count)
    try:
        pending: list[tuple[int, Any]] = []
        for number, data in enumerate(_compressed(frames)):
            if isinstance(data, DicomError):
                pending.append((number, data))
            else:
                pending.append((number, pool.submit(decode, frames[number].pixel, data)))
            if len(pending) > 2 * count:
                yield _finished(*pending.pop(0))
        for item in pending:
            yield _finished(*item)
    finally:
        for worker in workers:
            worker.close()
        pool.shutdown(cancel_futures=True)


def _finished(number: int, answer: Any) -> tuple[int, NDArray[Any] | DicomError]:
    return number, answer if isinstance(answer, DicomError) else answer.result()


def _compressed(frames: list[Frame]) -> Iterator[bytes | DicomError]:
    """The compressed bytes of each frame; one file's are read together."""
    held: tuple[Source | None, list[bytes]] = (None, [])
    for frame in frames:
        if not frame.pixel.encapsulated:
            yield DicomError("is not compressed")
            continue
        if held[0] is not frame.source:
            try:
                found = encapsulated_frames(frame.source, frame.header.pixel_offset, frame.pixel.frames)
            except DicomError as error:
                yield error
                continue
            held = (frame.source, found)
        yield held[1][(frame.number or 1) - 1]
