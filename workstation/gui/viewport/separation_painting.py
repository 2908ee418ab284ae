"""The map over the images, and what is proposed as tumour and vein, in a slice."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtGui import QColor, QPainter

from workstation.gui.viewing import MapShown
from workstation.gui.viewport.tool_painting import paint_outline
from workstation.view.color_maps import GREY
from workstation.view.fusion_look import COLOUR
from workstation.view.picture_frame import PictureFrame
from workstation.view.slice_scene import Layer

if TYPE_CHECKING:
    from workstation.gui.viewport.slice_view import SliceView


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
        paint_outline(painter, outline, frame.to_pixels(outline.points), QColor("white"))
