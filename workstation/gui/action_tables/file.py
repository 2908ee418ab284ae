"""Open, save, export, close."""

# ruff: noqa: E501  (one row for each action reads best as a table)
from __future__ import annotations

from workstation.gui.action_tables.spec import ActionSpec, Row

FILE: tuple[Row, ...] = (
    ActionSpec("open_folder", "&File", "&Open folder…", "open_folder", ("Ctrl+O",), "folder-open", "Open a folder of images and structures"),
    ActionSpec("open_files", "&File", "Open &files…", "open_files", ("Ctrl+Shift+O",), "file-plus", "Open single files, an archive, or a saved case"),
    ActionSpec("open_example", "&File", "Open the &glomus example", "open_example", (), "graduation-cap", "Open the built-in teaching case with known truth"),
    "&File-recent",
    ActionSpec("open_last", "&File", "Open the &last case at start", "toggle_open_last", (), "", "The case that is open at the end is there again at the next start", checkable=True),
    "&File-",
    ActionSpec("save", "&File", "&Save", "save", ("Ctrl+S",), "floppy-disk", "Save the case", "case"),
    ActionSpec("save_as", "&File", "Save &as…", "save_as", ("Ctrl+Shift+S",), "", "Save the case under another name", "case"),
    ActionSpec("export", "&File", "&Export DICOM…", "export", ("Ctrl+E",), "export", "Review what will be written, then export", "case"),
    "&File-",
    ActionSpec("close_case", "&File", "&Close case", "close_case", ("Ctrl+W",), "", "Back to the start page", "case"),
    ActionSpec("quit", "&File", "&Quit", "quit", ("Ctrl+Q",), "", "Close the window"),
)  # fmt: skip
