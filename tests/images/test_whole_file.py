"""What is replaced is whole, and nothing that is no file is ever replaced."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from workstation.images.whole_file import replacing

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pipes and few links in folders")


def test_a_block_that_ends_puts_the_new_file_in_place(tmp_path: Path) -> None:
    path = tmp_path / "x.nii.gz"
    path.write_bytes(b"old")
    with replacing(path, ".nii.gz") as part:
        assert part.name.endswith(".nii.gz") and part.parent == tmp_path and path.read_bytes() == b"old"
        part.write_bytes(b"new")
    assert path.read_bytes() == b"new" and list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("fault", [KeyboardInterrupt, ValueError])
def test_an_interruption_leaves_the_old_file_and_nothing_else(tmp_path: Path, fault: type[BaseException]) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"old")
    with pytest.raises(fault), replacing(path) as part:
        part.write_bytes(b"half")
        raise fault
    assert path.read_bytes() == b"old" and list(tmp_path.iterdir()) == [path]


@POSIX
def test_a_link_stays_a_link(tmp_path: Path) -> None:
    real, link = tmp_path / "real", tmp_path / "link"
    real.write_bytes(b"old")
    link.symlink_to(real)
    with replacing(link) as part:
        part.write_bytes(b"new")
    assert link.is_symlink() and real.read_bytes() == b"new"


@POSIX
def test_a_pipe_or_device_is_not_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(OSError, match="device or pipe"), replacing(pipe):
        pass
    assert pipe.is_fifo()


@pytest.mark.parametrize("name", ["", ".", "/"])
def test_a_folder_is_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(OSError, match="folder"), replacing(name):
        pass


def test_names_of_many_bytes_are_written(tmp_path: Path) -> None:
    path = tmp_path / ("腫" * 80)
    with replacing(path) as part:
        part.write_bytes(b"x")
    assert path.read_bytes() == b"x"
