"""The one table of everything that a person can do: it feeds menus, toolbar, shortcuts, the quick reference and tests.

`handler` names a method of `workstation.gui.commands.Commands`. `needs` says what must be there for the action to
be enabled. Gestures (wheel, drags, keys that are held) belong to the views; they are listed here for the reference.
"""

# ruff: noqa: E501  (one row for each action reads best as a table)
from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ActionSpec:
    """One action.

    name: stable. text: as in the menu, with "…" when it asks something. icon: of the one family, or "".
    group: exclusive choice that it belongs to (checkable then). checkable: on or off by itself.
    needs: "", "case", "structure", "undo", "redo", "overlay" or "file".
    argument: given to the handler, so that several actions share one. short: what a button says.
    """

    name: str
    menu: str
    text: str
    handler: str
    shortcuts: tuple[str, ...] = ()
    icon: str = ""
    tooltip: str = ""
    needs: str = ""
    group: str = ""
    checkable: bool = False
    argument: str | float | None = None
    short: str = ""


MENUS = ("&File", "&Edit", "&Tools", "&View", "&Help")
SEPARATOR = "-"

ACTIONS: tuple[ActionSpec | str, ...] = (
    # ------------------------------------------------------------------------------------------------ file
    ActionSpec("open_folder", "&File", "&Open folder…", "open_folder", ("Ctrl+O",), "folder-open", "Open a folder of images and structures"),
    ActionSpec("open_files", "&File", "Open &files…", "open_files", ("Ctrl+Shift+O",), "file-plus", "Open single files, an archive, or a saved case"),
    ActionSpec("open_example", "&File", "Open the &glomus example", "open_example", (), "graduation-cap", "Open the built-in teaching case with known truth"),
    "&File-recent",
    "&File-",
    ActionSpec("save", "&File", "&Save", "save", ("Ctrl+S",), "floppy-disk", "Save the case", "case"),
    ActionSpec("save_as", "&File", "Save &as…", "save_as", ("Ctrl+Shift+S",), "", "Save the case under another name", "case"),
    ActionSpec("export", "&File", "&Export DICOM…", "export", ("Ctrl+E",), "export", "Review what will be written, then export", "case"),
    "&File-",
    ActionSpec("close_case", "&File", "&Close case", "close_case", ("Ctrl+W",), "", "Back to the start page", "case"),
    ActionSpec("quit", "&File", "&Quit", "quit", ("Ctrl+Q",), "", "Close the window"),
    # ------------------------------------------------------------------------------------------------ edit
    ActionSpec("undo", "&Edit", "&Undo", "undo", ("Ctrl+Z",), "arrow-counter-clockwise", "Take back the last change", "undo"),
    ActionSpec("redo", "&Edit", "&Redo", "redo", ("Ctrl+Shift+Z", "Ctrl+Y"), "arrow-clockwise", "Do the change again", "redo"),
    "&Edit-",
    ActionSpec("new_structure", "&Edit", "&New structure", "new_structure", ("Ctrl+N",), "plus", "Make an empty structure and name it", "case"),
    ActionSpec("rename_structure", "&Edit", "Rena&me structure", "rename_structure", ("F2",), "pencil-simple", "Rename the active structure in the list", "structure"),
    ActionSpec("lock_structure", "&Edit", "&Lock or unlock structure", "lock_structure", ("Ctrl+L",), "lock-simple", "A locked structure cannot be edited by any route", "structure"),
    ActionSpec("delete_structure", "&Edit", "&Delete structure", "delete_structure", ("Ctrl+Del",), "trash", "Delete the active structure; undo brings it back", "structure"),
    "&Edit-",
    ActionSpec("copy_from_above", "&Edit", "Copy from slice &above", "copy_from_above", ("Ctrl+Up",), "arrow-line-down", "Copy the contour of the slice above (superior) to this one", "structure", short="Copy above"),
    ActionSpec("copy_from_below", "&Edit", "Copy from slice &below", "copy_from_below", ("Ctrl+Down",), "arrow-line-up", "Copy the contour of the slice below (inferior) to this one", "structure", short="Copy below"),
    ActionSpec("clear_slice", "&Edit", "&Clear this slice", "clear_slice", ("Ctrl+Backspace",), "eraser", "Take the active structure's contour off this slice", "structure", short="Clear"),
    ActionSpec("fill_holes", "&Edit", "&Fill holes on this slice", "fill_holes", (), "circle-half", "Keep only the outer outlines on this slice", "structure", short="Fill holes"),
    # ------------------------------------------------------------------------------------------------ tools
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
    # ------------------------------------------------------------------------------------------------ view
    ActionSpec("step_images", "&View", "&Images", "choose_step", ("Alt+1",), "stack", "What was opened, which image is planned on", "case", "step", argument="images"),
    ActionSpec("step_fuse", "&View", "&Fuse", "choose_step", ("Alt+2",), "intersect", "Lay one image over another", "case", "step", argument="fuse"),
    ActionSpec("step_contour", "&View", "&Contour", "choose_step", ("Alt+3",), "pencil-line", "Make structures and draw them", "case", "step", argument="contour"),
    ActionSpec("step_targets", "&View", "&Targets", "choose_step", ("Alt+4",), "target", "CTV and PTV, derived and live", "case", "step", argument="targets"),
    ActionSpec("step_review", "&View", "&Review", "choose_step", ("Alt+5",), "clipboard-text", "What will be exported, and export", "case", "step", argument="review"),
    "&View-",
    ActionSpec("toggle_overlay", "&View", "Fused image &on or off", "toggle_overlay", ("T",), "intersect", "Show or hide the fused image", "overlay"),
    ActionSpec("next_drawn", "&View", "&Next drawn slice", "next_drawn", ("N",), "arrow-line-up", "Go up to the next slice with a contour of the active structure", "structure", argument=1.0, short="Next drawn"),
    ActionSpec("previous_drawn", "&View", "Pre&vious drawn slice", "next_drawn", ("Shift+N",), "arrow-line-down", "Go down to the next slice with a contour of the active structure", "structure", argument=-1.0, short="Previous"),
    ActionSpec("previous_structure", "&View", "Previous &structure", "step_structure", ("Q",), "", "Make the structure above in the list active", "case", argument=-1.0),
    ActionSpec("next_structure", "&View", "Ne&xt structure", "step_structure", ("W",), "", "Make the structure below in the list active", "case", argument=1.0),
    ActionSpec("centre", "&View", "Centr&e on structure", "centre_on_structure", ("Ctrl+J",), "corners-in", "Move the crosshair into the active structure", "structure"),
    "&View-",
    ActionSpec("maximise", "&View", "Maximise or restore the view", "toggle_maximised", ("Ctrl+Space",), "corners-out", "One view large, or all four (Space in a view)", "case"),
    "&View-presets",
    "&View-",
    ActionSpec("theme_dark", "&View", "&Dark theme", "choose_theme", (), "moon", "Light text on dark grey", "", "theme", argument="dark"),
    ActionSpec("theme_light", "&View", "&Light theme", "choose_theme", (), "sun", "Dark text on light grey", "", "theme", argument="light"),
    ActionSpec("full_screen", "&View", "F&ull screen", "toggle_full_screen", ("F11",), "arrows-out", "The window over the whole screen, and back"),
    # ------------------------------------------------------------------------------------------------ help
    ActionSpec("quick_reference", "&Help", "&Quick reference", "show_quick_reference", ("F1",), "keyboard", "Every key and gesture on one page"),
    ActionSpec("show_log", "&Help", "Show the &log", "show_log", (), "", "Where the program wrote what it did"),
    ActionSpec("about", "&Help", "&About", "show_about", (), "info", "Version, licence, and what this program is not"),
)  # fmt: skip

SPECS: tuple[ActionSpec, ...] = tuple(item for item in ACTIONS if isinstance(item, ActionSpec))

GESTURES: tuple[tuple[str, str], ...] = (
    ("Next or previous slice", "Wheel, arrows, PgUp / PgDn"),
    ("Zoom at the cursor", "Ctrl + wheel"),
    ("Pan", "Middle drag"),
    ("Window and level", "Right drag (across: width, along: centre)"),
    ("Window presets", "1 … 9"),
    ("Crosshair with any tool", "Shift + move"),
    ("Brush radius", "Shift + wheel,  [  and  ]"),
    ("Erase", "Alt + draw, or the pen's eraser"),
    ("Close a ring", "Double click, or Enter"),
    ("Cancel a stroke", "Esc"),
    ("Drop the last vertex", "X"),
    ("Pick the structure under the cursor", "Ctrl + click"),
    ("Hide all contours while held", "H"),
    ("Fade the fused image", "Ctrl + Alt + wheel"),
    ("Maximise a view", "Space, or double click on its title"),
)


def spec(name: str) -> ActionSpec:
    """The action of a name."""
    return next(s for s in SPECS if s.name == name)
