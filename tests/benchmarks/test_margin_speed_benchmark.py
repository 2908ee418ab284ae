"""Margins, contours in and contours out, against distance transforms of a mask that is already there."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import numpy as np
import pytest
import scipy.ndimage
import SimpleITK as sitk  # noqa: N813

from tests.benchmarks.bumpy_bodies import SIZES, SPACING_MM, bumpy, unknown
from workstation.structures.recipe import Margin
from workstation.structures.signed_distance_kernels import parity_rows
from workstation.structures.slice_shape import SliceShape
from workstation.structures.structure import ContourStack
from workstation.structures.volume import volume_cc
from workstation.targets.margin import expand

ROUNDS = 15
PIXEL_MM = 0.977
SIX = Margin(right=7, left=5, anterior=4, posterior=8, superior=10, inferior=6)


def mask_around(stack: ContourStack, margin_mm: float) -> np.ndarray:
    """The mask (k, j, i) in the box of the structure grown by the margin, as the peers need it."""
    low, high = stack.bounds_mm()
    low_uv = low[:2] - margin_mm - 2
    columns, rows = np.ceil((high[:2] + margin_mm + 2 - low_uv) / PIXEL_MM).astype(int) + 1
    beyond = int(margin_mm / SPACING_MM) + 2
    mask = np.zeros((len(stack.slices) + 2 * beyond, rows, columns), np.uint8)
    for k, drawn in enumerate(stack.slices):
        shape = SliceShape(drawn.region)
        parity_rows(shape.vertices - low_uv, shape.starts, 0, 0, PIXEL_MM, mask[k + beyond])
    return mask


def interleaved(candidates: dict[str, Callable[[], object]]) -> dict[str, tuple[float, float]]:
    """Median wall and processor time in ms of each."""
    for run in candidates.values():
        run()
    wall: dict[str, list[float]] = {name: [] for name in candidates}
    processor: dict[str, list[float]] = {name: [] for name in candidates}
    for _ in range(ROUNDS):
        for name, run in candidates.items():
            begin, begin_processor = time.perf_counter(), time.process_time()
            run()
            wall[name].append(1e3 * (time.perf_counter() - begin))
            processor[name].append(1e3 * (time.process_time() - begin_processor))
    return {name: (statistics.median(wall[name]), statistics.median(processor[name])) for name in candidates}


@pytest.mark.parametrize("name", SIZES)
def test_five_millimetres(name):
    stack = bumpy(*SIZES[name])
    mask = mask_around(stack, 5.0)
    image = sitk.GetImageFromArray(mask)
    image.SetSpacing((PIXEL_MM, PIXEL_MM, SPACING_MM))
    sampling = (SPACING_MM, PIXEL_MM, PIXEL_MM)
    transform = scipy.ndimage.distance_transform_edt
    times = interleaved({
        "ours, contours to contours": lambda: expand(unknown(stack), Margin.uniform(5)),
        "ours, shrinking 5 mm": lambda: expand(unknown(stack), Margin.uniform(-5)),
        "ours, six directions": lambda: expand(unknown(stack), SIX),
        "ours, contours that are known": lambda: expand(stack, Margin.uniform(5)),
        "SciPy distance_transform_edt alone": lambda: transform(mask == 0, sampling=sampling),
        "SimpleITK SignedMaurer alone": lambda: sitk.SignedMaurerDistanceMap(image, False, False, True),
    })
    peer = times["SciPy distance_transform_edt alone"]
    print(f"\n{name} ({volume_cc(stack):.0f} cc) + 5 mm, box {mask.shape}, median of {ROUNDS}")
    print(f"{'':38s}{'wall ms':>9s}{'ratio':>7s}{'cpu ms':>9s}{'ratio':>7s}")
    for label, (wall, processor) in times.items():
        print(f"{label:38s}{wall:9.1f}{wall / peer[0]:7.2f}{processor:9.1f}{processor / peer[1]:7.2f}")
    assert times["ours, contours to contours"][1] <= 1.2 * peer[1]
