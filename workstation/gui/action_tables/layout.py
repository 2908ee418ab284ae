"""How the views are laid out, how their planes lie, and how contours are drawn in them."""

# ruff: noqa: E501  (one row for each action reads best as a table)
from __future__ import annotations

from workstation.gui.action_tables.spec import ActionSpec, Row

LAYOUT_MENU, CONTOURS_MENU = "L&ayout", "C&ontours"

LAYOUT: tuple[Row, ...] = (
    ActionSpec("layout_four", "&View", "&Two by two", "choose_layout", ("F5",), "grid-four", "Three planes and 3D", "case", "layout", argument="four", submenu=LAYOUT_MENU),
    ActionSpec("layout_large", "&View", "One &large, three small", "choose_layout", ("F6",), "layout", "The view under the cursor large, the others beside it", "case", "layout", argument="large", submenu=LAYOUT_MENU),
    ActionSpec("layout_row", "&View", "Three in a &row", "choose_layout", ("F7",), "columns", "Axial, sagittal and coronal side by side", "case", "layout", argument="row", submenu=LAYOUT_MENU),
    ActionSpec("layout_compare", "&View", "&Compare two images", "choose_layout", ("F8",), "square-half", "Two series, phases or time points side by side, linked", "case", "layout", argument="compare", submenu=LAYOUT_MENU),
    ActionSpec("layout_phases", "&View", "All &phases", "choose_layout", ("F9",), "film-strip", "Every phase of an examination at the same slice", "case", "layout", argument="phases", submenu=LAYOUT_MENU),
    ActionSpec("next_planes", "&View", "&Other planes", "next_planes", ("Shift+F8",), "", "Axial, sagittal or coronal in the views that lie beside each other", "case", submenu=LAYOUT_MENU),
    ActionSpec("even_views", "&View", "&Even borders", "even_views", (), "", "Every view as large as this layout means it to be", "case", submenu=LAYOUT_MENU),
    ActionSpec("view_window", "&View", "The view in a &window", "put_view_in_window", ("Ctrl+Shift+Space",), "picture-in-picture", "The view under the cursor in a window of its own (on another monitor where there is one), or back", "case", submenu=LAYOUT_MENU),
    ActionSpec("fit_views", "&View", "&Fit all views", "fit_views", ("Shift+Home",), "frame-corners", "The whole patient in every view (Home: in one)", "case", submenu=LAYOUT_MENU),
    ActionSpec("straighten", "&View", "Strai&ghten the planes", "straighten", ("Shift+R",), "compass", "Back to the planes of the image, after the crosshair's lines were turned", "case"),
    ActionSpec("contours_thinner", "&View", "&Thinner lines", "change_line_width", ("Ctrl+Shift+,",), "", "Contours drawn thinner", "case", argument=-1.0, submenu=CONTOURS_MENU),
    ActionSpec("contours_thicker", "&View", "Th&icker lines", "change_line_width", ("Ctrl+Shift+.",), "", "Contours drawn thicker", "case", argument=1.0, submenu=CONTOURS_MENU),
    ActionSpec("contours_filled", "&View", "&Filled", "toggle_filled", ("Shift+F",), "", "Structures filled translucently", "case", checkable=True, submenu=CONTOURS_MENU),
    ActionSpec("contours_fill_more", "&View", "&More fill", "change_fill", (), "", "Areas less transparent", "case", argument=1.0, submenu=CONTOURS_MENU),
    ActionSpec("contours_fill_less", "&View", "L&ess fill", "change_fill", (), "", "Areas more transparent", "case", argument=-1.0, submenu=CONTOURS_MENU),
    ActionSpec("contours_selected", "&View", "&Only the active structure", "toggle_selected_only", ("Shift+H",), "", "Draw the active structure alone, or all that are visible", "case", checkable=True, submenu=CONTOURS_MENU),
    ActionSpec("contours_names", "&View", "&Names under the cursor", "toggle_names", (), "", "Name the line that the cursor is on", "case", checkable=True, submenu=CONTOURS_MENU),
    ActionSpec("contours_legend", "&View", "&Legend", "toggle_legend", ("L",), "list-dashes", "List the structures of each slice with colours and volumes", "case", checkable=True, submenu=CONTOURS_MENU),
)  # fmt: skip
