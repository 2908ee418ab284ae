"""Windows, colour tables and the blend of two layers, to the last bit."""

from __future__ import annotations

import numpy as np
import pytest

from workstation.view.color_maps import GREY, HOT_IRON, NAMES, color_table
from workstation.view.compose_kernels import OPAQUE, compose_one, compose_two, mixing_tables, with_nothing

HEIGHT, WIDTH = 3, 300


def ramp() -> np.ndarray:
    return np.tile(np.linspace(-200, 300, WIDTH, dtype=np.float32), (HEIGHT, 1))


def shown(values: np.ndarray, centre: float, width: float, name: str = GREY) -> np.ndarray:
    out = np.zeros(values.shape, np.uint32)
    compose_one(values, np.float32(centre - width / 2), np.float32(255 / width), color_table(name), out)
    return out


def channels(picture: np.ndarray) -> np.ndarray:
    return np.stack([picture >> 16 & 255, picture >> 8 & 255, picture & 255], -1).astype(int)


def test_a_window_maps_its_ends_to_black_and_white_and_its_centre_to_mid_grey() -> None:
    values = np.array([[-160.0, 40.0, 240.0, -1000.0, 3000.0]], np.float32)
    assert channels(shown(values, 40, 400))[0, :, 0].tolist() == [0, 128, 255, 0, 255]


def test_grey_is_linear_within_the_window() -> None:
    expected = np.clip(np.rint((ramp() + 160) / 400 * 255), 0, 255)
    assert np.abs(channels(shown(ramp(), 40, 400))[..., 1] - expected).max() <= 1


def test_no_data_is_black_and_opaque() -> None:
    assert shown(np.full((1, 1), np.nan, np.float32), 40, 400)[0, 0] == 0xFF000000


@pytest.mark.parametrize("opacity", [0, 64, 128, 256])
def test_the_overlay_is_blended_by_its_opacity(opacity: int) -> None:
    base, over = ramp(), ramp()[:, ::-1].copy()
    out = np.zeros(base.shape, np.uint32)
    one = np.float32(-160), np.float32(255 / 400), with_nothing(color_table(GREY))
    two = np.float32(0), np.float32(255 / 100), mixing_tables(color_table(HOT_IRON), opacity)
    compose_two(base, *one, over, *two, out)
    below, above = channels(shown(base, 40, 400)), channels(shown(over, 50, 100, HOT_IRON))
    expected = below * (1 - opacity / OPAQUE) + above * (opacity / OPAQUE)
    assert np.abs(channels(out) - expected).max() <= 1
    if opacity == 0:
        np.testing.assert_array_equal(channels(out), below)
    if opacity == OPAQUE:
        np.testing.assert_array_equal(channels(out), above)


def test_the_base_shows_unchanged_where_the_overlay_has_nothing() -> None:
    base, over = ramp(), np.full((HEIGHT, WIDTH), np.nan, np.float32)
    out = np.zeros(base.shape, np.uint32)
    look, grey = (np.float32(-160), np.float32(255 / 400)), color_table(GREY)
    compose_two(base, *look, with_nothing(grey), over, *look, mixing_tables(grey, 200), out)
    np.testing.assert_array_equal(out, shown(base, 40, 400))


def test_a_translucent_table_entry_lets_the_base_through() -> None:
    base = np.full((1, 1), 240, np.float32)
    look = np.float32(-160), np.float32(255 / 400)
    red = np.full(256, 0x80FF0000, np.uint32)
    out = np.zeros((1, 1), np.uint32)
    compose_two(base, *look, with_nothing(color_table(GREY)), base, *look, mixing_tables(red, OPAQUE), out)
    red_part, green_part, _ = channels(out)[0, 0]
    assert red_part == pytest.approx(255, abs=1) and green_part == pytest.approx(127, abs=2)


@pytest.mark.parametrize("name", NAMES)
def test_every_table_has_256_opaque_colours_and_two_different_ends(name: str) -> None:
    table = color_table(name)
    assert table.shape == (256,) and table.dtype == np.uint32
    assert (table >> 24 == 255).all()
    assert table[0] != table[-1]


def test_hot_iron_runs_from_black_over_red_to_white() -> None:
    table = channels(color_table(HOT_IRON))
    assert table[0].tolist() == [0, 0, 0] and table[128].tolist() == [255, 0, 0]
    assert table[255, 0] == 255 and table[255, 1] == 254 and table[255, 2] == 252


def test_an_unknown_table_is_named_in_the_error() -> None:
    with pytest.raises(KeyError, match="mauve"):
        color_table("mauve")
