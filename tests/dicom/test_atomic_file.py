"""A file is written whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from workstation.dicom.atomic_file import write_whole
from workstation.dicom.errors import DicomError


def test_it_replaces_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    write_whole(path, b"new")
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("step", ["fsync", "replace"])
@pytest.mark.parametrize(("number", "said"), [(28, "disk is full"), (13, "no permission"), (5, "rror")])
def test_a_fault_at_any_step_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, number: int, said: str
) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")

    def fail(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, step, fail)
    with pytest.raises(DicomError, match=said):
        write_whole(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_long_names_and_the_umask_are_respected(tmp_path: Path) -> None:
    path = tmp_path / ("n" * 250)
    write_whole(path, b"x")
    reference = tmp_path / "reference"
    reference.write_bytes(b"x")
    assert path.stat().st_mode == reference.stat().st_mode
