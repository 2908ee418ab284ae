"""From an RTSTRUCT file and its CT folder to masks, against rt-utils and plastimatch, interleaved in one run.

Ours finds the series in the folder and its grid, reads the structure set and fills every mask; with the voxels,
which masks don't need and the others read, and without the images, it is shown, too. rt-utils measures itself inside
its own Python, without its imports; plastimatch is a whole process (it starts in milliseconds) and also writes its
masks.
"""

from __future__ import annotations

import statistics
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.dicom import make_structure_sets as make
from workstation.dicom import structure_set_kernels
from workstation.dicom.index import index_paths
from workstation.dicom.load import load_series
from workstation.dicom.structure_set import read_structure_set, write_structure_set
from workstation.dicom.write_series import write_series
from workstation.structures import rasterise_kernels
from workstation.structures.rasterise import mask_of
from workstation.structures.structure import Structure

ROUNDS = 5
OURS = "ours"
TIMES_RT_UTILS, TIMES_PLASTIMATCH = 10, 4

RT_UTILS = """
import sys, time
from rt_utils import RTStructBuilder
start = time.perf_counter()
found = RTStructBuilder.create_from(dicom_series_path=sys.argv[1], rt_struct_path=sys.argv[2])
total = sum(int(found.get_roi_mask_by_name(name).sum()) for name in found.get_roi_names())
print(time.perf_counter() - start)
"""


@pytest.fixture(scope="module", autouse=True)
def compiled() -> None:
    structure_set_kernels.warm_up()
    rasterise_kernels.warm_up()


@pytest.fixture(scope="module")
def twenty(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A CT of 200 slices of 512 x 512 and 20 structures of 80 contours, 4 to 70 mm in radius."""
    folder = tmp_path_factory.mktemp("twenty")
    ct = make.ct(slices=200, spacing_mm=1.5, size=512, pixel_mm=0.977)
    write_series(folder / "ct", ct)
    write_structure_set(folder / "rs.dcm", [_tube(n) for n in range(20)], ct)
    return folder / "ct", folder / "rs.dcm"


def _tube(n: int) -> Structure:
    random = np.random.default_rng(n)
    size_mm, centre = np.geomspace(4, 70, 20)[n], random.uniform(-60, 60, 2)
    waves, first = random.normal(0, 0.06, (6, 2)), int(random.integers(5, 115))
    angle = np.arange(max(24, int(2 * np.pi * size_mm / 1.2))) * 2 * np.pi / max(24, int(2 * np.pi * size_mm / 1.2))
    shape = 1 + sum(a * np.cos((j + 1) * angle + 40 * b) for j, (a, b) in enumerate(waves))
    rings = {}
    for k in range(80):
        radius = size_mm * (0.55 + 0.45 * np.sin(np.pi * (k + 0.5) / 80)) * shape
        ring = np.column_stack([radius * np.cos(angle), radius * np.sin(angle)]) + centre
        rings[1.5 * (first + k)] = [np.round(ring, 3)]
    return make.structure(f"S{n:02d}", rings, n + 1, spacing_mm=1.5)


def ours(images: Path, structures: Path) -> dict[str, float]:
    """Seconds: the image's headers for its grid, the file, the masks; and the same with the image's voxels."""
    start = time.perf_counter()
    (entry,) = index_paths([images]).series
    assert entry.arrangement is not None
    indexed = time.perf_counter()
    for structure in read_structure_set(structures).structures:
        mask_of(structure.stack, entry.arrangement.grid)
    done = time.perf_counter()
    load_series(entry)
    loaded = time.perf_counter() - done
    return {OURS: done - start, "ours, and all voxels": done - start + loaded, "ours, file and masks": done - indexed}


def rt_utils(python: Path) -> Callable[[Path, Path], dict[str, float]]:
    def measure(images: Path, structures: Path) -> dict[str, float]:
        said = subprocess.run(
            [python, "-c", RT_UTILS, images, structures], capture_output=True, text=True, check=True, timeout=300
        )
        return {"rt-utils": float(said.stdout.splitlines()[-1])}

    return measure


def plastimatch(program: str, out: Path) -> Callable[[Path, Path], dict[str, float]]:
    def measure(images: Path, structures: Path) -> dict[str, float]:
        command = [program, "convert", "--input", structures, "--referenced-ct", images, "--output-prefix", out,
                   "--prefix-format", "mha"]  # fmt: skip
        start = time.perf_counter()
        subprocess.run([str(part) for part in command], capture_output=True, check=True, timeout=300)
        return {"plastimatch": time.perf_counter() - start}

    return measure


def table(
    title: str, runs: list[Callable[[Path, Path], dict[str, float]]], case: tuple[Path, Path]
) -> dict[str, float]:
    """Print medians and best times with their ratios to ours; the best ones, which a busy machine disturbs least.

    Ours runs between the others, too. The first round is not counted.
    """
    seconds: dict[str, list[float]] = {}
    for turn in range(ROUNDS + 1):
        for run in (ours, *runs):
            for name, value in run(*case).items():
                seconds.setdefault(name, []).extend([value] if turn else [])
    best = {name: min(values) for name, values in seconds.items()}
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    print(f"\n{title}\n| program | median | of ours | best | of ours |\n|---|---|---|---|---|")
    for name, value in medians.items():
        ratios = value / medians[OURS], best[name] / best[OURS]
        print(f"| {name} | {value * 1e3:.0f} ms | {ratios[0]:.1f} x | {best[name] * 1e3:.0f} ms | {ratios[1]:.1f} x |")
    return best


def test_aria_set_against_rt_utils(data_dir: Path, rt_utils_python: Path) -> None:
    folder = data_dir / "ct_lung1_aria"
    case = folder / "image", next((folder / "mask_rtstruct").glob("*.dcm"))
    best = table("ct_lung1_aria: 4 structures, 358 contours", [rt_utils(rt_utils_python), ours], case)
    assert best["rt-utils"] >= TIMES_RT_UTILS * best[OURS]


def test_twenty_by_eighty_against_both(
    twenty: tuple[Path, Path], rt_utils_python: Path, debian_tool: Callable[..., str], tmp_path: Path
) -> None:
    program = debian_tool("plastimatch", package="plastimatch")
    runs = [rt_utils(rt_utils_python), ours, plastimatch(program, tmp_path / "masks")]
    best = table("20 structures x 80 contours, CT 200 x 512 x 512", runs, twenty)
    assert best["plastimatch"] >= TIMES_PLASTIMATCH * best[OURS]
    assert best["rt-utils"] >= TIMES_RT_UTILS * best[OURS]
