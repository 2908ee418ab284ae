"""Keys, log, and what this program is."""

# ruff: noqa: E501  (one row for each action reads best as a table)
from __future__ import annotations

from workstation.gui.action_tables.spec import ActionSpec, Row

HELP: tuple[Row, ...] = (
    ActionSpec("quick_reference", "&Help", "&Quick reference", "show_quick_reference", ("F1",), "keyboard", "Every key and gesture on one page"),
    ActionSpec("command_palette", "&Help", "&Find an action…", "show_palette", ("Ctrl+Shift+P",), "magnifying-glass", "Every action, structure and window preset by its name"),
    ActionSpec("shortcuts", "&Help", "&Keyboard shortcuts…", "show_shortcuts", (), "command", "Other keys for any action; presets of other programs"),
    "&Help-",
    ActionSpec("show_log", "&Help", "Show the &log", "show_log", (), "", "Where the program wrote what it did"),
    ActionSpec("about", "&Help", "&About", "show_about", (), "info", "Version, licence, and what this program is not"),
)  # fmt: skip
