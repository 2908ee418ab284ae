"""The measuring tools, and what is done with what was measured."""

# ruff: noqa: E501  (one row for each action reads best as a table)
from __future__ import annotations

from workstation.gui.action_tables.spec import ActionSpec, Row

MEASURE: tuple[Row, ...] = (
    ActionSpec("tool_distance", "&Measure", "&Distance", "choose_tool", ("D",), "ruler", "Millimetres between two points", "case", "tool", argument="distance"),
    ActionSpec("tool_angle", "&Measure", "&Angle", "choose_tool", ("A",), "triangle", "Degrees between two arms", "case", "tool", argument="angle"),
    ActionSpec("tool_ellipse", "&Measure", "&Ellipse", "choose_tool", ("E",), "circle-dashed", "Area, and mean and spread of every shown image in an ellipse", "case", "tool", argument="ellipse"),
    ActionSpec("tool_rectangle", "&Measure", "&Rectangle", "choose_tool", ("R",), "rectangle", "Area, and mean and spread of every shown image in a rectangle", "case", "tool", argument="rectangle"),
    ActionSpec("tool_freehand", "&Measure", "&Freehand region", "choose_tool", ("F",), "scribble-loop", "Area, and mean and spread of every shown image in a region drawn by hand", "case", "tool", argument="freehand"),
    ActionSpec("tool_profile", "&Measure", "&Line profile", "choose_tool", ("G",), "chart-line", "Values of every shown image along a line", "case", "tool", argument="profile"),
    "&Measure-",
    ActionSpec("structure_figures", "&Measure", "Figures of the active &structure", "show_structure_figures", ("Shift+G",), "chart-bar", "Mean, spread and extremes of every shown image in the whole structure", "structure"),
    ActionSpec("delete_measurement", "&Measure", "Delete the &measurement", "delete_measurement", ("Shift+Del",), "trash", "Delete the chosen measurement; undo brings it back", "case"),
    "&Measure-",
    ActionSpec("copy_measurements", "&Measure", "&Copy all measurements", "copy_measurements", (), "copy", "As a table for a spreadsheet, to the clipboard", "case"),
    ActionSpec("export_measurements", "&Measure", "E&xport measurements…", "export_measurements", (), "file-text", "Write all measurements as CSV", "case"),
)  # fmt: skip
