"""What is looked at and how."""

# ruff: noqa: E501  (one row for each action reads best as a table)
from __future__ import annotations

from workstation.gui.action_tables.spec import ActionSpec, Row
from workstation.gui.dock_table import DOCKS

PANELS = "&Panels"

VIEW: tuple[Row, ...] = (
    ActionSpec("step_images", "&View", "&Images", "choose_step", ("Alt+1",), "stack", "What was opened, which image is planned on", "case", "step", argument="images"),
    ActionSpec("step_fuse", "&View", "&Fuse", "choose_step", ("Alt+2",), "intersect", "Lay one image over another", "case", "step", argument="fuse"),
    ActionSpec("step_contour", "&View", "&Contour", "choose_step", ("Alt+3",), "pencil-line", "Make structures and draw them", "case", "step", argument="contour"),
    ActionSpec("step_targets", "&View", "&Targets", "choose_step", ("Alt+4",), "target", "CTV and PTV, derived and live", "case", "step", argument="targets"),
    ActionSpec("step_review", "&View", "&Review", "choose_step", ("Alt+5",), "clipboard-text", "What will be exported, and export", "case", "step", argument="review"),
    "&View-",
    ActionSpec("next_drawn", "&View", "&Next drawn slice", "next_drawn", ("N",), "arrow-line-up", "Go up to the next slice with a contour of the active structure", "structure", argument=1.0, short="Next drawn"),
    ActionSpec("previous_drawn", "&View", "Pre&vious drawn slice", "next_drawn", ("Shift+N",), "arrow-line-down", "Go down to the next slice with a contour of the active structure", "structure", argument=-1.0, short="Previous"),
    ActionSpec("previous_structure", "&View", "Previous &structure", "step_structure", ("Q",), "", "Make the structure above in the list active", "case", argument=-1.0),
    ActionSpec("next_structure", "&View", "Ne&xt structure", "step_structure", ("W",), "", "Make the structure below in the list active", "case", argument=1.0),
    ActionSpec("centre", "&View", "Centr&e on structure", "centre_on_structure", ("Ctrl+J",), "corners-in", "Move the crosshair into the active structure", "structure"),
    "&View-",
    ActionSpec("maximise", "&View", "Maximise or restore the view", "toggle_maximised", ("Ctrl+Space",), "corners-out", "One view large, or all four (Space in a view)", "case"),
    "&View-presets",
    "&View-",
    ActionSpec("dock_panel", "&View", "Panel of the step", "toggle_dock", (), "sliders-horizontal", "Show or close the panel of the step", "case", checkable=True, argument="panel", submenu=PANELS),
    ActionSpec("dock_structures", "&View", "Structures", "toggle_dock", (), "list-bullets", "Show or close the list of structures", "case", checkable=True, argument="structures", submenu=PANELS),
    *(ActionSpec(f"dock_{dock.name}", "&View", dock.title, "toggle_dock", dock.keys, dock.icon, f"Show or close the panel {dock.title}", "case", checkable=True, argument=dock.name, submenu=PANELS) for dock in DOCKS),
    ActionSpec("reset_docks", "&View", "&Reset the panels", "reset_docks", (), "arrow-counter-clockwise", "Every panel where it was before anybody moved one", "case", submenu=PANELS),
    "&View-",
    ActionSpec("theme_dark", "&View", "&Dark theme", "choose_theme", (), "moon", "Light text on dark grey", "", "theme", argument="dark"),
    ActionSpec("theme_light", "&View", "&Light theme", "choose_theme", (), "sun", "Dark text on light grey", "", "theme", argument="light"),
    ActionSpec("full_screen", "&View", "F&ull screen", "toggle_full_screen", ("F11",), "arrows-out", "The window over the whole screen, and back"),
)  # fmt: skip
