"""Windows start where a person would set them."""

from __future__ import annotations

import time

import numpy as np
import pytest

from workstation.geometry.grid import Grid
from workstation.images.volume import Volume
from workstation.images.windows import CT_PRESETS, automatic_window, is_ct, presets_for


def volume(voxels: np.ndarray, modality: str = "MR", **more: object) -> Volume:
    size = voxels.shape[::-1]
    return Volume(key="v", voxels=voxels, grid=Grid((0, 0, 0), (1, 1, 1), np.eye(3), size), modality=modality, **more)  # type: ignore[arg-type]


def test_ct_presets_are_the_fields_own() -> None:
    presets = presets_for(volume(np.zeros((2, 2, 2), np.int16), "CT"))
    assert presets == CT_PRESETS
    assert [(p.name, p.centre, p.width) for p in presets[:5]] == [
        ("Soft tissue", 40, 400), ("Bone", 400, 1800), ("Brain", 40, 80), ("Lung", -600, 1500),
        ("Head and neck", 60, 350),
    ]  # fmt: skip


def test_mr_is_shown_from_its_first_to_its_99th_percentile() -> None:
    values = np.random.default_rng(1).permutation(np.arange(0, 1000)).repeat(64).reshape(40, 40, 40)
    window = automatic_window(volume(values.astype(np.int16)))
    assert window.low == pytest.approx(10, abs=6) and window.high == pytest.approx(990, abs=6)


def test_a_few_very_bright_voxels_do_not_darken_the_picture() -> None:
    values = np.random.default_rng(1).integers(0, 500, (50, 60, 70)).astype(np.float32)
    values[0, 0, :30] = 1e6
    values[1, 1, 1] = np.nan
    assert automatic_window(volume(values)).high < 510


def test_phases_share_one_window() -> None:
    dark, bright = (volume(np.full((9, 9, 9), n, np.int16)) for n in (100, 900))
    window = automatic_window(dark, bright)
    assert (window.low, window.high) == (100, 900)
    assert automatic_window(bright, dark) == window


def test_padding_does_not_count() -> None:
    values = np.random.default_rng(2).integers(100, 200, (20, 20, 20)).astype(np.int16)
    values[:10] = -3000
    assert automatic_window(volume(values, acquisition={"PaddingValue": "-3000"})).low >= 100


def test_pet_starts_at_zero() -> None:
    values = np.random.default_rng(3).exponential(2, (20, 30, 30)).astype(np.float32)
    assert automatic_window(volume(values, "PT")).low == 0


def test_a_flat_image_still_has_a_width() -> None:
    assert automatic_window(volume(np.full((3, 3, 3), 7, np.int16))).width > 0
    assert all(p.width > 0 for p in presets_for(volume(np.zeros((3, 3, 3), np.float32))))


def test_an_image_without_modality_that_looks_like_ct_is_shown_as_one() -> None:
    values = np.full((8, 8, 8), -1000, np.int16)
    values[2:6, 2:6, 2:6] = 40
    values[3, 3, 3:6] = 900
    assert is_ct(volume(values, ""))
    assert not is_ct(volume((values > 0).astype(np.int16), ""))
    assert not is_ct(volume(values, "MR"))


def test_it_is_quick_for_a_large_volume() -> None:
    big = volume(np.random.default_rng(4).integers(0, 900, (200, 512, 512), dtype=np.int16))
    start = time.perf_counter()
    automatic_window(big)
    assert time.perf_counter() - start < 0.5
