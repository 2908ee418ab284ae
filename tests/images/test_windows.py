"""Windows start where a person would set them."""

from __future__ import annotations

import time

import numpy as np
import pytest

from workstation.geometry.grid import Grid
from workstation.images.volume import Volume
from workstation.images.windows import CT_PRESETS, automatic_window, is_ct, presets_for, window_of_values


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


def test_ct_presets_beyond_the_first_five_have_names_and_order() -> None:
    assert [p.name for p in CT_PRESETS[5:]] == ["Temporal bone", "Vessels (CTA)", "Liver", "Mediastinum", "Stroke"]
    assert len({p.name for p in CT_PRESETS}) == len(CT_PRESETS)


def test_pet_presets_are_uptake_values_where_the_unit_says_so() -> None:
    values = np.random.default_rng(3).exponential(2, (20, 30, 30)).astype(np.float32)
    uptake = presets_for(volume(values, "PT", unit="GML"))
    assert [(p.name, p.low, p.high) for p in uptake[1:3]] == [("SUV 0–5", 0, 5), ("SUV 0–10", 0, 10)]
    counts = presets_for(volume(values, "PT", unit="BQML"))
    assert [p.name for p in counts] == ["Automatic", "0–20 %", "0–40 %", "0–60 %", "0–100 %"]
    assert counts[-1].high == pytest.approx(float(values.max()), rel=0.05) and counts[1].low == 0


def test_what_is_visible_is_shown_from_its_first_to_its_99th_percentile() -> None:
    values = np.random.default_rng(1).permutation(np.arange(1000.0)).reshape(20, 50)
    values[0, 0] = np.nan
    window = window_of_values(values)
    assert window is not None
    assert window.low == pytest.approx(10, abs=2) and window.high == pytest.approx(989, abs=2)
    assert window_of_values(np.full((4, 4), np.nan)) is None
    flat = window_of_values(np.full((4, 4), 7.0))
    assert flat is not None and flat.width > 0 and flat.low == 7


def test_air_around_the_patient_does_not_darken_what_is_visible() -> None:
    values = np.full((50, 50), -1000.0)
    values[20:30, 20:30] = np.linspace(-100, 80, 100).reshape(10, 10)
    window = window_of_values(values, hounsfield=True)
    assert window is not None and -110 < window.low < -90 and 70 < window.high < 90
    air = window_of_values(np.full((5, 5), -1000.0), hounsfield=True)
    assert air is not None and air.low == -1000


def test_a_visible_pet_starts_at_zero_and_keeps_its_hot_spots() -> None:
    values = np.random.default_rng(3).exponential(2, (60, 60))
    window = window_of_values(values, "PT")
    assert window is not None and window.low == 0 and window.high > np.percentile(values, 99)
