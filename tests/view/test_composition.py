"""Every fusion mode, pixel by pixel against the same picture computed slowly with numpy."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.view.scenes import centred_grid, noise_volume
from workstation.geometry.plane import Plane
from workstation.geometry.transform import Transform
from workstation.images.volume import Volume
from workstation.view import slice_scene
from workstation.view.color_maps import COOL, DARK_DIVERGING, DIVERGING, GREY, HOT_IRON, color_table, translucent_table
from workstation.view.fusion_look import (
    CHECKERBOARD,
    COLOUR,
    CURTAIN,
    DIFFERENCE,
    FLICKER,
    GREEN_MAGENTA,
    MODES,
    SPYGLASS,
    FusionLook,
)
from workstation.view.picture_frame import PictureFrame
from workstation.view.slice_scene import Layer, SliceScene

# Off the images' middle: each corner of the picture lies in another combination of the two images.
FRAME = PictureFrame(Plane.axial(0.3), (12.0, -9.0), 0.8, 150, 120)


def base_layer() -> Layer:
    return Layer(noise_volume(centred_grid(np.eye(3), (2, 2, 2), (40, 40, 20)), seed=1), window=(400, 2200))


def overlay_layer(modality: str = "MR", colors: str = GREY) -> Layer:
    volume = noise_volume(centred_grid(np.eye(3), (3, 3, 3), (24, 24, 16)), seed=2)
    volume = Volume("over", volume.voxels, volume.grid, modality=modality)
    return Layer(volume, Transform.from_rigid((20, -14, 0), (5, 4, 9)), (300, 1500), colors)


def scene_of(look: FusionLook, base: Layer | None, overlay: Layer | None) -> SliceScene:
    scene = SliceScene()
    scene.base, scene.overlay, scene.look = base, overlay, look
    return scene


def values_of(layer: Layer) -> np.ndarray:
    out = np.empty((FRAME.height, FRAME.width), np.float32)
    slice_scene.sample_on(layer, FRAME, slice_scene.read_only_line(layer.volume.voxels), out)
    return out


def entries(values: np.ndarray, layer: Layer) -> np.ndarray:
    """Table entries 0..255 by the window, 0 where there is nothing."""
    centre, width = layer.window
    share = (values - np.float32(centre - width / 2)) * np.float32(255 / width)
    return np.floor(np.clip(np.nan_to_num(share), 0, 255) + np.float32(0.5)).astype(int)


def rgb(words: np.ndarray) -> np.ndarray:
    return np.stack([words >> 16 & 255, words >> 8 & 255, words & 255], -1).astype(int)


def shown(look: FusionLook, base: Layer, overlay: Layer) -> np.ndarray:
    picture = scene_of(look, base, overlay).picture(FRAME)
    assert (picture >> 24 == 255).all()
    return rgb(picture)


class Case:
    """Both layers alone: colours (h, w, 3) and where they have data."""

    def __init__(self, colors: str = GREY, modality: str = "MR") -> None:
        self.base, self.overlay = base_layer(), overlay_layer(modality, colors)
        self.below_values, self.above_values = values_of(self.base), values_of(self.overlay)
        self.has_base, self.has_overlay = ~np.isnan(self.below_values), ~np.isnan(self.above_values)
        self.e_base, self.e_overlay = entries(self.below_values, self.base), entries(self.above_values, self.overlay)
        self.below = rgb(color_table(GREY)[self.e_base]) * self.has_base[..., None]
        self.above = rgb(color_table(colors)[self.e_overlay]) * self.has_overlay[..., None]
        four = [a & b for a in (self.has_base, ~self.has_base) for b in (self.has_overlay, ~self.has_overlay)]
        assert all(part.sum() > 200 for part in four)


def test_a_blend_weighs_both_and_shows_the_base_where_nothing_lies_on_it() -> None:
    case = Case(COOL)
    weight = np.where(case.has_overlay, round(0.3 * 256), 0)[..., None]
    expected = (case.below * (256 - weight) + case.above * weight) >> 8
    np.testing.assert_array_equal(shown(FusionLook(opacity=0.3), case.base, case.overlay), expected)


@pytest.mark.parametrize("colors", [HOT_IRON, COOL, DIVERGING, DARK_DIVERGING])
@pytest.mark.parametrize("opacity", [0.25, 0.4, 1.0])
def test_colours_lie_over_grey_by_their_signal_and_stand_alone_beside_the_base(colors: str, opacity: float) -> None:
    case = Case()
    look = FusionLook(COLOUR, opacity, overlay_colors=colors)
    alpha = (translucent_table(colors)[case.e_overlay] >> 24).astype(int)
    weight = (round(256 * opacity) * (alpha + (alpha >> 7))) >> 8
    weight = np.where(case.has_base, weight, 256)
    weight = np.where(case.has_overlay, weight, 0)[..., None]
    expected = (case.below * (256 - weight) + rgb(color_table(colors)[case.e_overlay]) * weight) >> 8
    np.testing.assert_array_equal(shown(look, case.base, case.overlay), expected)


def test_weak_signal_leaves_the_anatomy_as_it_is() -> None:
    case = Case()
    weak = replace(case.overlay, window=(1e6, 10.0))
    np.testing.assert_array_equal(
        shown(FusionLook(COLOUR, 1.0), case.base, weak)[case.has_base], case.below[case.has_base]
    )


@pytest.mark.parametrize("opacity", [0.2, 0.4, 0.5, 0.8, 1.0])
def test_green_and_magenta_are_channels_of_their_own(opacity: float) -> None:
    case = Case()
    picture = shown(FusionLook(COLOUR, opacity, overlay_colors=GREEN_MAGENTA), case.base, case.overlay)
    green = np.where(case.has_base, case.e_base, 0) * min(2 - 2 * opacity, 1)
    magenta = np.where(case.has_overlay, case.e_overlay, 0) * min(2 * opacity, 1)
    np.testing.assert_array_equal(picture[..., 1], np.rint(green))
    np.testing.assert_array_equal(picture[..., 0], np.rint(magenta))
    np.testing.assert_array_equal(picture[..., 2], picture[..., 0])


def test_the_same_image_twice_is_grey_in_green_and_magenta() -> None:
    layer = base_layer()
    picture = shown(FusionLook(COLOUR, 0.5, overlay_colors=GREEN_MAGENTA), layer, layer)
    np.testing.assert_array_equal(picture, rgb(scene_of(FusionLook(), layer, None).picture(FRAME)))


def expect_chosen(case: Case, look: FusionLook, overlay_chosen: np.ndarray) -> None:
    over = (overlay_chosen | ~case.has_base) & case.has_overlay
    expected = np.where(over[..., None], case.above, case.below)
    np.testing.assert_array_equal(shown(look, case.base, case.overlay), expected)


def places_mm() -> tuple[np.ndarray, np.ndarray]:
    """(x, y) in patient mm of the pixels' centres."""
    rows, columns = np.mgrid[0 : FRAME.height, 0 : FRAME.width]
    uv = FRAME.to_plane(np.stack([columns + 0.5, rows + 0.5], -1))
    return uv[..., 0], uv[..., 1]


@pytest.mark.parametrize("tile_mm", [7.0, 20.0])
def test_a_checkerboard_shows_one_image_in_each_tile(tile_mm: float) -> None:
    x, y = places_mm()
    odd = (np.floor(x / tile_mm + 1e-6) + np.floor(y / tile_mm + 1e-6)) % 2 == 1
    expect_chosen(Case(HOT_IRON), FusionLook(CHECKERBOARD, tile_mm=tile_mm), odd)


@pytest.mark.parametrize("share", [0.0, 0.31, 1.0])
def test_a_curtain_shows_the_base_left_of_it_or_above(share: float) -> None:
    rows, columns = np.mgrid[0 : FRAME.height, 0 : FRAME.width]
    case = Case(HOT_IRON)
    expect_chosen(case, FusionLook(CURTAIN, curtain=share), columns + 0.5 >= share * FRAME.width)
    level = FusionLook(CURTAIN, curtain=share, curtain_upright=False)
    expect_chosen(case, level, rows + 0.5 >= share * FRAME.height)


def test_a_spyglass_shows_the_overlay_in_a_circle_on_the_patient() -> None:
    x, y = places_mm()
    case = Case(HOT_IRON)
    inside = np.hypot(x - 21.3, y + 17.1) <= 22.0
    expect_chosen(case, FusionLook(SPYGLASS, spyglass_mm=(21.3, -17.1), spyglass_radius_mm=22.0), inside)
    expect_chosen(case, FusionLook(SPYGLASS), np.zeros_like(inside))


def test_flicker_shows_one_image_alone_and_samples_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    case = Case(HOT_IRON)
    calls: list[Layer] = []
    sample = slice_scene.sample_on
    monkeypatch.setattr(slice_scene, "sample_on", lambda layer, *a: (calls.append(layer), sample(layer, *a))[1])
    scene = scene_of(FusionLook(FLICKER), case.base, case.overlay)
    np.testing.assert_array_equal(rgb(scene.picture(FRAME)), case.below)
    assert calls == [case.base]
    for turn in (True, False, True):
        scene.look = replace(scene.look, flicker_overlay=turn)
        np.testing.assert_array_equal(rgb(scene.picture(FRAME)), case.above if turn else case.below)
    assert calls == [case.base, case.overlay]


def expect_difference(case: Case, overlay: Layer, difference: np.ndarray) -> None:
    """difference: -1 to 1 of the scale."""
    picture = shown(FusionLook(DIFFERENCE), case.base, overlay)
    both = case.has_base & case.has_overlay
    entry = np.floor(np.clip(np.nan_to_num(difference) * 127.5 + 127.5, 0, 255) + 0.5).astype(int)
    table = rgb(color_table(DARK_DIVERGING))
    # Sums in single precision may round to the next entry.
    near = np.min([np.abs(picture - table[np.clip(entry + s, 0, 255)]).max(-1) for s in (-1, 0, 1)], axis=0)
    assert near[both].max() == 0
    np.testing.assert_array_equal(picture[~both], np.rint(case.below * 0.25).astype(int)[~both])


def test_a_difference_of_one_modality_is_in_its_unit_over_the_bases_window() -> None:
    case = Case(modality="")
    expect_difference(case, case.overlay, (case.above_values - case.below_values) / case.base.window[1])


def test_a_difference_of_two_modalities_is_one_of_brightness() -> None:
    case = Case(modality="MR")
    brightness = [
        np.clip((values - layer.window[0]) / layer.window[1] + 0.5, 0, 1)
        for values, layer in ((case.below_values, case.base), (case.above_values, case.overlay))
    ]
    expect_difference(case, case.overlay, brightness[1] - brightness[0])


def test_no_difference_is_the_middle_of_the_table() -> None:
    layer = base_layer()
    picture = scene_of(FusionLook(DIFFERENCE), layer, layer).picture(FRAME)
    middle = color_table(DARK_DIVERGING)[128]
    assert (picture[~np.isnan(values_of(layer))] == middle).all()


@pytest.mark.parametrize("mode", MODES)
def test_one_image_alone_looks_the_same_in_every_mode(mode: str) -> None:
    layer = base_layer()
    np.testing.assert_array_equal(
        scene_of(FusionLook(mode), layer, None).picture(FRAME), scene_of(FusionLook(), layer, None).picture(FRAME)
    )


def test_a_change_of_look_samples_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    case = Case()
    scene = scene_of(FusionLook(), case.base, case.overlay)
    pictures = [scene.picture(FRAME).copy()]
    monkeypatch.setattr(slice_scene, "sample_on", lambda *a: pytest.fail("sampled again"))
    for mode in MODES[1:]:
        scene.look = FusionLook(mode, flicker_overlay=True)
        pictures.append(scene.picture(FRAME).copy())
    # All are different pictures but the spyglass that is nowhere.
    assert len({p.tobytes() for p in pictures}) == len(MODES)


def test_an_overlay_with_colours_of_its_own_keeps_them_and_others_take_the_looks() -> None:
    case = Case(HOT_IRON)
    plain = replace(case.overlay, colors=GREY)
    look = FusionLook(CURTAIN, colors=HOT_IRON)
    np.testing.assert_array_equal(shown(look, case.base, plain), shown(look, case.base, case.overlay))
    np.testing.assert_array_equal(
        shown(replace(look, colors=COOL), case.base, case.overlay), shown(look, case.base, case.overlay)
    )
