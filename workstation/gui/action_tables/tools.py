"""The tools and how they are set."""

# ruff: noqa: E501  (one row for each action reads best as a table)
from __future__ import annotations

from workstation.gui.action_tables.spec import ActionSpec, Row

TOOLS: tuple[Row, ...] = (
    ActionSpec("tool_crosshair", "&Tools", "&Crosshair", "choose_tool", ("C",), "crosshair", "Point with the crosshair, linked in all views", "case", "tool", argument="crosshair"),
    ActionSpec("tool_brush", "&Tools", "&Brush", "choose_tool", ("B",), "paint-brush", "Paint with a disc in millimetres", "case", "tool", argument="brush"),
    ActionSpec("tool_polygon", "&Tools", "&Polygon", "choose_tool", ("P",), "polygon", "Draw a ring point by point", "case", "tool", argument="polygon"),
    "&Tools-",
    ActionSpec("rule_auto", "&Tools", "Stroke rule &Auto", "choose_rule", ("Shift+A",), "", "Starts inside: extends; starts outside and crosses: cuts; touches nothing: new piece", "case", "rule", argument="auto", short="Auto"),
    ActionSpec("rule_add", "&Tools", "Stroke rule A&dd", "choose_rule", ("Shift+D",), "", "Every stroke adds", "case", "rule", argument="add", short="Add"),
    ActionSpec("rule_erase", "&Tools", "Stroke rule &Erase", "choose_rule", ("Shift+E",), "", "Every stroke takes away (Alt does so for one stroke)", "case", "rule", argument="erase", short="Erase"),
    ActionSpec("ball", "&Tools", "&3D ball brush", "toggle_ball", ("Shift+B",), "circle-half-tilt", "Paint a ball through the neighbouring slices", "case", checkable=True),
    "&Tools-",
    ActionSpec("brush_larger", "&Tools", "&Larger brush", "change_brush", ("]",), "", "About a tenth more radius", "case", argument=1.0),
    ActionSpec("brush_smaller", "&Tools", "&Smaller brush", "change_brush", ("[",), "", "About a tenth less radius", "case", argument=-1.0),
)  # fmt: skip
