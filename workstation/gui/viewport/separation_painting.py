"""The map over the images, and what is proposed as tumour and vein, in a slice."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor, QPainter

from workstation.gui.viewing import MapShown
from workstation.gui.viewport.tool_painting import paint_outline
from workstation.view.color_maps import GREY
from workstation.view.fusion_look import COLOUR
from workstation.view.picture_frame import PictureFrame
from workstation.view.slice_scene import Layer

if TYPE_CHECKING:
    from workstation.gui.viewport.slice_view import SliceView

STEP_PIXELS, FEWEST_POINTS = 1.0, 12


def lay_map(view: SliceView, shown: MapShown) -> None:
    """A map over the base, in its own colours; what it says nothing about lets the base through."""
    to_image = view.aim.to_image(shown.volume) if view.reference() is not None else None
    if to_image is None:
        return
    scene, provisional = view.scene, view.aim.is_provisional(shown.volume)
    scene.overlay = Layer(shown.volume, to_image, shown.window, GREY, provisional, shown.ends)
    scene.look = replace(scene.look, mode=COLOUR, overlay_colors=shown.colors, opacity=shown.opacity)


def paint_proposal(painter: QPainter, view: SliceView, frame: PictureFrame) -> None:
    """What is proposed as tumour and vein: dashed, for nobody has accepted it. frame: in logical pixels."""
    if view.desk is None or not view.linked or view.viewing.hide_all:
        return
    for outline in view.desk.proposal.outlines(frame.plane):
        paint_outline(painter, outline, _thinned(frame.to_pixels(outline.points)), QColor("white"))


def _thinned(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """The points (n, 2) of a ring that are a pixel apart along it: nobody sees the others, and dashes cost by them."""
    along = np.cumsum(np.linalg.norm(np.diff(points, axis=0, prepend=points[-1:]), axis=1))
    kept = np.diff(along // STEP_PIXELS, prepend=-1.0) > 0
    return points[kept] if kept.sum() > FEWEST_POINTS else points
