"""Undo, structures, and what is done to one slice."""

# ruff: noqa: E501  (one row for each action reads best as a table)
from __future__ import annotations

from workstation.gui.action_tables.spec import ActionSpec, Row

EDIT: tuple[Row, ...] = (
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
)  # fmt: skip
