"""Opening 200 uncompressed slices of 512 x 512, against SimpleITK's series reader and the limit of `cat`.

Interleaved in one run: ours, the index alone, SimpleITK with its scan, reading the bytes and nothing else.
"""

from __future__ import annotations

import shutil
import statistics
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

from tests.dicom.make_images import image, write
from workstation.dicom.index import index_paths
from workstation.dicom.load import load_series

SLICES, ROUNDS = 200, 9
AT_MOST_OF_SIMPLEITK = 0.5


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two hundred slices under shuffled names."""
    folder = tmp_path_factory.mktemp("ct")
    noise = np.random.default_rng(1).integers(0, 3000, (512, 512), dtype=np.uint16)
    for k in range(SLICES):
        changes = {"PixelSpacing": [0.977, 0.977], "ImagePositionPatient": [-249.6, -249.6, -150 + 1.5 * k]}
        write(folder / f"IM{(k * 73) % SLICES:04d}.dcm", image(k, np.roll(noise, k), **changes))
    return folder


def opened(folder: Path) -> np.ndarray:
    return load_series(index_paths([folder]).series[0]).voxels


def opened_by_simpleitk(folder: Path) -> np.ndarray:
    reader = sitk.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(folder)))
    return sitk.GetArrayFromImage(reader.Execute())


def first_slice(folder: Path) -> None:
    """Until the callback has the first picture in its hands."""

    class Shown(Exception):  # noqa: N818
        pass

    def show(k: int, values: np.ndarray) -> None:
        raise Shown

    with pytest.raises(Shown):
        load_series(index_paths([folder]).series[0], on_first=show)


def read_bytes(folder: Path) -> None:
    cat = shutil.which("cat")
    if cat is None:
        for path in folder.iterdir():
            path.read_bytes()
        return
    subprocess.run(f"{cat} {folder}/* > /dev/null", shell=True, check=True)


def test_opening_a_series_against_simpleitk(folder: Path) -> None:
    assert (opened(folder) == opened_by_simpleitk(folder)).all()
    candidates: dict[str, Callable[[Path], object]] = {
        "ours: index and load": opened,
        "ours: index alone": index_paths_of,
        "ours: until the first picture": first_slice,
        "SimpleITK ImageSeriesReader with scan": opened_by_simpleitk,
        "limit: cat": read_bytes,
    }
    seconds: dict[str, list[float]] = {name: [] for name in candidates}
    for _ in range(ROUNDS):
        for name, run in candidates.items():
            start = time.perf_counter()
            run(folder)
            seconds[name].append(time.perf_counter() - start)
    medians = {name: statistics.median(s) for name, s in seconds.items()}
    peer = medians["SimpleITK ImageSeriesReader with scan"]
    limit = medians["limit: cat"]
    print(f"\n{SLICES} slices of 512 x 512, {ROUNDS} rounds, warm page cache")
    print("| what | median ms | x SimpleITK | x cat |\n|---|---|---|---|")
    for name, value in medians.items():
        print(f"| {name} | {1000 * value:.0f} | {value / peer:.2f} | {value / limit:.1f} |")
    assert medians["ours: index and load"] <= AT_MOST_OF_SIMPLEITK * peer


def index_paths_of(folder: Path) -> object:
    return index_paths([folder])
