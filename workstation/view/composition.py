"""Two sampled layers become one picture: which kernel and which tables each fusion mode takes.

Where one of the images has nothing, the other shows alone in colour, checkerboard, curtain and spyglass. In a blend
the base counts as black there; in a difference the base is dimmed to a quarter, grey beside the colours of differences.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from workstation.view.color_maps import DARK_DIVERGING, GREEN, MAGENTA, Table, color_table, translucent_table
from workstation.view.compose_kernels import (
    OPAQUE,
    compose_channels,
    compose_chosen,
    compose_difference,
    compose_one,
    compose_two,
    mixing_tables,
    with_nothing,
)
from workstation.view.edge_kernels import brightness, compose_edges, gradient, smooth
from workstation.view.fusion_look import (
    BLEND,
    CHECKERBOARD,
    COLOUR,
    CURTAIN,
    DIFFERENCE,
    EDGES,
    GREEN_MAGENTA,
    FusionLook,
    difference_scale,
    overlay_table_name,
    shown_width,
)
from workstation.view.fusion_masks import checkerboard, curtain, spyglass
from workstation.view.picture_frame import PictureFrame

if TYPE_CHECKING:
    from workstation.view.slice_scene import Layer

Values = NDArray[np.float32]
Picture = NDArray[np.uint32]

SMOOTHED_MM = 1.5
STRONGEST_PER_MM, WEAKEST_PER_MM = 60.0, 2.0
"""Steps of brightness (of 255) in a millimetre that make an edge, at the ends of the slider."""
EDGE_COLOR = 0xFFFFD60A

DIMMED = 0.25
"""Brightness of a base that nothing can be subtracted from."""


def compose_layer(layer: Layer, values: Values, colors: str, out: Picture) -> None:
    """Fill a picture (height, width) with one layer's values, NaN shown black."""
    compose_one(values, *_window(layer), color_table(colors), out)


def compose_layers(
    look: FusionLook, base: Layer, below: Values, overlay: Layer, above: Values, frame: PictureFrame, out: Picture
) -> None:
    """Fill a picture (height, width) of a frame with two layers in any mode but flicker, which shows one at a time.

    below, above: (height, width) float32 the layers' values, NaN where there is nothing.
    """
    if look.mode == DIFFERENCE:
        _compose_difference(base, below, overlay, above, out)
        return
    if look.mode == EDGES:
        _compose_edges(look, base, below, overlay, above, frame.pixel_mm, out)
        return
    first, second = (below, *_window(base)), (above, *_window(overlay))
    table, over_table = color_table(base.colors), color_table(overlay_table_name(look, overlay))
    if look.mode == COLOUR and look.overlay_colors == GREEN_MAGENTA:
        green, magenta = _faded(GREEN, 2 - 2 * look.opacity), _faded(MAGENTA, 2 * look.opacity)
        compose_channels(*first, with_nothing(green), *second, with_nothing(magenta), out)
    elif look.mode == COLOUR:
        colors = translucent_table(look.overlay_colors)
        mixing = mixing_tables(colors, weight_of(look.opacity), alone=over_table)
        compose_two(*first, with_nothing(table), *second, mixing, out)
    elif look.mode == BLEND:
        compose_two(*first, with_nothing(table), *second, mixing_tables(over_table, weight_of(look.opacity)), out)
    else:
        chosen = _chosen(look, frame)
        compose_chosen(*first, with_nothing(table), *second, with_nothing(over_table), chosen, out)


def weight_of(opacity: float) -> int:
    """An opacity 0 to 1 as the kernels take it, 0 to `OPAQUE`."""
    return round(opacity * OPAQUE)


def _chosen(look: FusionLook, frame: PictureFrame) -> NDArray[np.uint8]:
    if look.mode == CHECKERBOARD:
        return checkerboard(frame, look.tile_mm)
    if look.mode == CURTAIN:
        return curtain(frame, look.curtain, look.curtain_upright)
    return spyglass(frame, look.spyglass_mm, look.spyglass_radius_mm)


def _compose_difference(base: Layer, below: Values, overlay: Layer, above: Values, out: Picture) -> None:
    scale = difference_scale(base, overlay)
    lower, factor = _window(base)
    if scale.in_values:
        held = np.array([0.0, 1.0, 0.0, 1.0, -np.inf, np.inf], np.float32)
        entries_per_unit = np.float32(127.5 / scale.half)
    else:
        held = np.array([lower, factor, *_window(overlay), 0.0, 255.0], np.float32)
        entries_per_unit = np.float32(0.5)
    dim = with_nothing(_dimmed(color_table(base.colors), DIMMED))
    compose_difference(
        below, lower, factor, dim, above, held, entries_per_unit, with_nothing(color_table(DARK_DIVERGING)), out
    )


def _compose_edges(
    look: FusionLook, base: Layer, below: Values, overlay: Layer, above: Values, pixel_mm: float, out: Picture
) -> None:
    shown, held = np.empty_like(above), np.empty_like(above)
    brightness(above, *_window(overlay), held)
    # Smoothed over about 1.5 mm of the patient, so that noise draws no lines.
    for _ in range(max(1, min(6, round(SMOOTHED_MM / pixel_mm)))):
        smooth(held, shown, held_next := np.empty_like(held))
        held = held_next
    along, down, size = shown, np.empty_like(held), np.empty_like(held)
    gradient(held, along, down, size)
    least = np.float32((STRONGEST_PER_MM * (1.0 - look.edges) ** 2 + WEAKEST_PER_MM) * pixel_mm)
    table = with_nothing(color_table(base.colors))
    compose_edges(below, *_window(base), table, along, down, size, least, np.uint32(EDGE_COLOR), out)


def _faded(name: str, share: float) -> Table:
    return _dimmed(color_table(name), min(share, 1.0))


def _dimmed(table: Table, share: float) -> Table:
    """A table's colours at a share of their brightness, rounded."""
    channels = [np.rint((table >> np.uint32(shift) & np.uint32(255)) * share).astype(np.uint32) for shift in (16, 8, 0)]
    dimmed: Table = np.uint32(0xFF000000) | channels[0] << np.uint32(16) | channels[1] << np.uint32(8) | channels[2]
    return dimmed


def _window(layer: Layer) -> tuple[np.float32, np.float32]:
    """(lower, scale) for the compose kernels."""
    width = shown_width(layer)
    return np.float32(layer.window[0] - width / 2), np.float32(255.0 / width)
