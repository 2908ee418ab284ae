"""Telling a tumour from the vein beside it by the phases of an MR."""

# ruff: noqa: E501  (one row for each action reads best as a table)
from __future__ import annotations

from workstation.gui.action_tables.spec import ActionSpec, Row

SEPARATION_MENU = "Se&paration"

SEPARATION: tuple[Row, ...] = (
    "F&usion-",
    ActionSpec("tool_separate", "F&usion", "&Click tumour and vein", "choose_tool", ("S",), "drop-half", "Say in the views what is tumour and what is vein; hovering reads curves", "case", "tool", argument="separate", submenu=SEPARATION_MENU),
    ActionSpec("separate_now", "F&usion", "&Separate tumour from vein", "separate_now", (), "drop-half", "Tell the clicked tumour from flowing blood by the phases of the MR", "case", submenu=SEPARATION_MENU),
    ActionSpec("align_phases", "F&usion", "&Align the phases", "align_phases", (), "arrows-in-line-horizontal", "Register every phase of the examination onto its reference phase", "case", submenu=SEPARATION_MENU),
    ActionSpec("play_phases", "F&usion", "Pla&y the phases", "play_phases", (), "play", "Show the phases one after the other, again and again; once more to stop", "case", submenu=SEPARATION_MENU),
    ActionSpec("hide_map", "F&usion", "Take the &map away", "hide_map", (), "", "Show the images without the map over them", "case", submenu=SEPARATION_MENU),
    ActionSpec("accept_candidate", "F&usion", "Accept the &proposal as GTV", "accept_candidate", (), "check-circle", "Make a GTV of what is dashed, in your name", "case", submenu=SEPARATION_MENU),
    ActionSpec("export_maps", "F&usion", "&Export the maps…", "export_maps", (), "export", "Write every map as NIfTI and as a derived DICOM series", "case", submenu=SEPARATION_MENU),
)  # fmt: skip
