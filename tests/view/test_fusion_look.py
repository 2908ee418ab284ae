"""What a look may be, and colour bars that tell what its colours mean."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.view.scenes import centred_grid
from workstation.images.volume import Volume
from workstation.view.color_maps import DARK_DIVERGING, GREY, HOT_IRON, INFERNO, MAGENTA, color_table
from workstation.view.fusion_look import (
    BLEND,
    COLOUR,
    CURTAIN,
    DIFFERENCE,
    GREEN_MAGENTA,
    OVERLAY_COLORS,
    FusionLook,
    color_bar_of,
    difference_scale,
)
from workstation.view.slice_scene import Layer

GRID = centred_grid(np.eye(3), (1, 1, 1), (4, 4, 4))


def layer(modality: str, unit: str, window: tuple[float, float] = (40.0, 400.0), colors: str = GREY) -> Layer:
    return Layer(Volume("v", np.zeros(GRID.shape, np.int16), GRID, modality, unit), window=window, colors=colors)


CT = layer("CT", "HU")
PET = layer("PT", "g/ml", (5.0, 10.0))


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("mode", "melt", "fusion mode called 'melt'"),
        ("opacity", 1.2, "from 0 to 1, not 1.2"),
        ("opacity", float("nan"), "from 0 to 1"),
        ("colors", "mauve", "colour table called 'mauve'"),
        ("colors", GREEN_MAGENTA, "colour table called 'green/magenta'"),
        ("overlay_colors", "rainbow", "colour table called 'rainbow'"),
        ("tile_mm", 0.0, "above 0 mm"),
        ("tile_mm", float("inf"), "above 0 mm"),
        ("curtain", -0.1, "curtain is a number from 0 to 1"),
        ("spyglass_mm", (float("nan"), 0.0), "two finite coordinates"),
        ("spyglass_radius_mm", -3.0, "above 0 mm"),
    ],
)
def test_what_cannot_be_is_refused_in_words(field: str, value: object, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        FusionLook(**{field: value})


@pytest.mark.parametrize("name", OVERLAY_COLORS)
def test_every_offered_colour_can_be_shown(name: str) -> None:
    bar = color_bar_of(FusionLook(COLOUR, overlay_colors=name), CT, PET)
    assert bar is not None and bar.table.shape == (256,)
    assert (bar.lower, bar.upper, bar.unit) == (0.0, 10.0, "g/ml")


def test_one_unit_and_modality_are_compared_in_that_unit_and_others_by_brightness() -> None:
    same = difference_scale(CT, layer("CT", "HU", (0, 50)))
    assert (same.half, same.unit, same.in_values) == (400.0, "HU", True)
    for other in (PET, layer("CT", "mg/cm3"), layer("MR", "HU")):
        scale = difference_scale(CT, other)
        assert (scale.half, scale.unit, scale.in_values) == (100.0, "%", False)


def test_a_difference_has_a_bar_with_named_ends() -> None:
    bar = color_bar_of(FusionLook(DIFFERENCE), CT, layer("CT", "HU"))
    assert bar is not None
    assert (bar.lower, bar.upper, bar.unit, bar.ends) == (-400, 400, "HU", ("overlay darker", "overlay brighter"))
    np.testing.assert_array_equal(bar.table, color_table(DARK_DIVERGING))


def test_grey_needs_no_bar_and_colours_bring_theirs_in_every_mode() -> None:
    assert color_bar_of(FusionLook(BLEND), CT, PET) is None
    assert color_bar_of(FusionLook(COLOUR), CT, None) is None
    assert color_bar_of(FusionLook(COLOUR, opacity=0.0), CT, PET) is None
    for look, over, name in (
        (FusionLook(CURTAIN, colors=INFERNO), PET, INFERNO),
        (FusionLook(BLEND, colors=INFERNO), replace(PET, colors=HOT_IRON), HOT_IRON),
        (FusionLook(COLOUR, overlay_colors=GREEN_MAGENTA), PET, MAGENTA),
    ):
        bar = color_bar_of(look, CT, over)
        assert bar is not None
        np.testing.assert_array_equal(bar.table, color_table(name))


def test_signal_without_a_unit_stays_bare() -> None:
    bar = color_bar_of(FusionLook(COLOUR), CT, layer("MR", "signal intensity"))
    assert bar is not None and bar.unit == ""
