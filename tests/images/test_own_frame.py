"""An image file that names no frame of reference has one of its own, by which it is found again."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import nibabel
import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813
from hypothesis import given
from hypothesis import strategies as st

from workstation.geometry.grid import Grid
from workstation.images.comparison import compare_volumes
from workstation.images.files import read_image_file, read_image_information, write_volume
from workstation.images.own_frame import is_own_frame, own_frame_uid
from workstation.images.phases import phases_of
from workstation.images.volume import Volume

ENDINGS = (".nii", ".nii.gz", ".nrrd", ".mha")
LONGEST = "1.2.840.113619.2.55.3.2831164357.781.1520513442.467.1234567890123"


def image(path: Path, add: int = 0, origin: float = -3.5) -> Path:
    """A file as another program writes it."""
    made = sitk.GetImageFromArray(np.arange(60, dtype=np.int16).reshape(3, 4, 5) + np.int16(add))
    made.SetOrigin((origin, 7.0, 11.0))
    sitk.WriteImage(made, str(path))
    return path


def frame(path: Path) -> str:
    return read_image_file(path).frame_of_reference_uid


@pytest.mark.parametrize("ending", ENDINGS)
def test_the_frame_belongs_to_the_content_not_to_the_name(tmp_path: Path, ending: str) -> None:
    first = image(tmp_path / f"a{ending}")
    own = frame(first)
    assert is_own_frame(own) and len(own) <= 64
    shutil.copy(first, tmp_path / f"b{ending}")
    assert frame(tmp_path / f"b{ending}") == own
    assert frame(image(tmp_path / f"c{ending}", add=1)) != own
    assert frame(image(tmp_path / f"d{ending}", origin=-3.4)) != own


def test_every_format_and_machine_gives_the_same(tmp_path: Path) -> None:
    """The literal is what any machine must say: cases and registrations refer to it."""
    found = {frame(image(tmp_path / f"a{ending}")) for ending in ENDINGS}
    assert found == {"2.25.152136719655276893355513075516991672526"}


def test_memory_layout_means_nothing() -> None:
    grid = Grid((0, 0, 0), (1, 1, 1), np.eye(3), (5, 4, 3))
    values = np.arange(60, dtype=np.int16).reshape(3, 4, 5)
    turned = np.ascontiguousarray(values.transpose(2, 1, 0)).transpose(2, 1, 0)
    assert own_frame_uid(values, grid) == own_frame_uid(turned, grid) == own_frame_uid(values.astype(">i2"), grid)


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_written_image_stays_in_its_frame(tmp_path: Path, ending: str) -> None:
    """What was resampled onto an image lies on it when both are opened again."""
    grid = Grid((0, 0, 0), (1, 1, 2), np.eye(3), (5, 4, 3))
    voxels = np.zeros((3, 4, 5), np.float32)
    for uid in ("1.2.840.10008.1.4.1.1", LONGEST[:64], own_frame_uid(voxels, grid)):
        path = tmp_path / f"x{ending}"
        write_volume(path, Volume("v", voxels, grid, frame_of_reference_uid=uid))
        assert frame(path) == uid == read_image_information(path).frame_of_reference_uid
    write_volume(path, Volume("v", voxels, grid))
    assert is_own_frame(frame(path))


def test_notes_of_others_are_no_frame(tmp_path: Path) -> None:
    for note in ("frame 1.2.x", "frame of a door", "1.2.3", "frame " + "1." * 40 + "1", "frame 01.2"):
        made = nibabel.Nifti1Image(np.zeros((4, 4, 4), np.int16), np.eye(4))
        made.header["descrip"] = note.encode()[:79]
        nibabel.save(made, tmp_path / "x.nii")
        assert is_own_frame(frame(tmp_path / "x.nii")), note


@given(st.from_regex(r"[0-2](\.(0|[1-9][0-9]{0,20})){1,4}", fullmatch=True))
def test_frames_of_scanners_are_not_taken_for_own_ones(uid: str) -> None:
    assert not is_own_frame(uid) or uid.startswith("2.25.")


def test_a_comparison_calls_it_not_stored(tmp_path: Path) -> None:
    first, second = (read_image_file(image(tmp_path / f"{n}.nii", add=n)) for n in (1, 2))
    line = next(d for d in compare_volumes(first, second) if d.what == "frame of reference")
    assert (line.first, line.second, line.kind) == ("", "", "stop") and "stored in both" in line.sentence


def test_phases_in_files_are_still_phases(tmp_path: Path) -> None:
    volumes = {p.name: read_image_file(p) for p in (image(tmp_path / "1.nii"), image(tmp_path / "2.nii", add=5))}
    assert len(phases_of(volumes, "1.nii")) == 2
    scanned = {key: replace(v, frame_of_reference_uid=f"1.2.{n}") for n, (key, v) in enumerate(volumes.items())}
    assert len(phases_of(scanned, "1.nii")) == 1
