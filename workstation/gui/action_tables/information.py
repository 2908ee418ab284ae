"""What is known of the images, and the window that suits what is visible."""

# ruff: noqa: E501  (one row for each action reads best as a table)
from __future__ import annotations

from workstation.gui.action_tables.spec import ActionSpec, Row

INFORMATION: tuple[Row, ...] = (
    "&View-",
    ActionSpec("image_header", "&View", "Image &header…", "show_header", ("Ctrl+I",), "tag", "Everything that is stored about an image, searchable", "case"),
    ActionSpec("automatic_window", "&View", "Automatic window", "window_automatically", ("V",), "magic-wand", "The window that suits what the view under the cursor shows", "case", argument="base"),
    ActionSpec("automatic_overlay_window", "&View", "Automatic window of the fused image", "window_automatically", ("Shift+V",), "", "The window of the fused image that suits what the view under the cursor shows", "overlay", argument="overlay"),
)  # fmt: skip
