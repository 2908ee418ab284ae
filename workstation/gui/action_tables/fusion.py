"""How one image lies on another, and how thick slices are."""

# ruff: noqa: E501  (one row for each action reads best as a table)
from __future__ import annotations

from workstation.gui.action_tables.spec import ActionSpec, Row

SLAB, COLOURS, REGISTRATION = "&Slab", "Co&lours", "&Registration"

FUSION: tuple[Row, ...] = (
    ActionSpec("toggle_overlay", "F&usion", "Fused image &on or off", "toggle_overlay", ("T",), "intersect", "Show or hide the fused image", "overlay"),
    "F&usion-",
    ActionSpec("fusion_blend", "F&usion", "&Blend", "choose_fusion", ("Ctrl+1",), "drop-half", "The fused image shows through, with an opacity", "overlay", "fusion", argument="blend"),
    ActionSpec("fusion_colour", "F&usion", "&Colour", "choose_fusion", ("Ctrl+2",), "palette", "The fused image in colours over grey; weak signal is transparent", "overlay", "fusion", argument="colour"),
    ActionSpec("fusion_checkerboard", "F&usion", "C&heckerboard", "choose_fusion", ("Ctrl+3",), "squares-four", "Tiles of one image and the other, in mm", "overlay", "fusion", argument="checkerboard"),
    ActionSpec("fusion_curtain", "F&usion", "C&urtain", "choose_fusion", ("Ctrl+4",), "arrows-left-right", "One image on each side of a line that is dragged", "overlay", "fusion", argument="curtain"),
    ActionSpec("fusion_spyglass", "F&usion", "Spy&glass", "choose_fusion", ("Ctrl+5",), "magnifying-glass", "The fused image in a circle under the cursor", "overlay", "fusion", argument="spyglass"),
    ActionSpec("fusion_flicker", "F&usion", "&Flicker", "choose_fusion", ("Ctrl+6",), "lightning", "One image and the other in turn", "overlay", "fusion", argument="flicker"),
    ActionSpec("fusion_difference", "F&usion", "&Difference", "choose_fusion", ("Ctrl+7",), "plus-minus", "The fused image minus the one below, in diverging colours", "overlay", "fusion", argument="difference"),
    ActionSpec("fusion_edges", "F&usion", "&Edges", "choose_fusion", ("Ctrl+8",), "scribble-loop", "Edges of the fused image as lines on the one below", "overlay", "fusion", argument="edges"),
    "F&usion-",
    ActionSpec("next_fusion", "F&usion", "&Next mode", "next_fusion", ("Shift+T",), "", "The next fusion mode", "overlay"),
    ActionSpec("fusion_more", "F&usion", "&More of the mode", "change_fusion_amount", (".",), "", "More opacity, larger tiles or circle, the line further, or faster (Ctrl+Shift+wheel)", "overlay", argument=1.0),
    ActionSpec("fusion_less", "F&usion", "Less of &the mode", "change_fusion_amount", (",",), "", "Less opacity, smaller tiles or circle, the line back, or slower (Ctrl+Shift+wheel)", "overlay", argument=-1.0),
    ActionSpec("turn_curtain", "F&usion", "Curtain upright or le&vel", "turn_curtain", (), "", "Whether the curtain's line stands or lies", "overlay"),
    ActionSpec("colours_hot_iron", "F&usion", "&Hot iron", "choose_colours", (), "", "Black, red, yellow, white", "overlay", "colours", argument="hot iron", submenu=COLOURS),
    ActionSpec("colours_cool", "F&usion", "&Cool", "choose_colours", (), "", "Black, blue, white", "overlay", "colours", argument="cool", submenu=COLOURS),
    ActionSpec("colours_green_magenta", "F&usion", "&Green and magenta", "choose_colours", (), "", "Grey where both images agree, green or magenta where they do not", "overlay", "colours", argument="green/magenta", submenu=COLOURS),
    "F&usion-",
    ActionSpec("slab_thin", "F&usion", "&Thin slices", "choose_slab", (), "", "Slices as thin as they are", "case", "slab", argument=0.0, submenu=SLAB),
    ActionSpec("slab_5", "F&usion", "&5 mm", "choose_slab", (), "", "Slices 5 mm thick", "case", "slab", argument=5.0, submenu=SLAB),
    ActionSpec("slab_10", "F&usion", "&10 mm", "choose_slab", (), "", "Slices 10 mm thick", "case", "slab", argument=10.0, submenu=SLAB),
    ActionSpec("slab_20", "F&usion", "&20 mm", "choose_slab", (), "", "Slices 20 mm thick", "case", "slab", argument=20.0, submenu=SLAB),
    ActionSpec("slab_mean", "F&usion", "&Mean", "choose_slab_mode", (), "", "The mean across the slab", "case", "slab mode", argument="mean", submenu=SLAB),
    ActionSpec("slab_maximum", "F&usion", "Ma&ximum (MIP)", "choose_slab_mode", (), "", "The largest value across the slab", "case", "slab mode", argument="maximum", submenu=SLAB),
    ActionSpec("slab_minimum", "F&usion", "M&inimum (minIP)", "choose_slab_mode", (), "", "The smallest value across the slab", "case", "slab mode", argument="minimum", submenu=SLAB),
    "F&usion-",
    ActionSpec("register_now", "F&usion", "&Register automatically", "register_now", ("Ctrl+R",), "magic-wand", "Register the fused image onto the planning image", "case", submenu=REGISTRATION),
    ActionSpec("tool_place", "F&usion", "&Move by hand", "choose_tool", ("M",), "arrows-out-cardinal", "Move and turn the fused image in the views", "case", "tool", argument="place", submenu=REGISTRATION),
    ActionSpec("tool_landmark", "F&usion", "&Place landmarks", "choose_tool", ("K",), "map-pin", "Set pairs of landmarks in both images", "case", "tool", argument="landmark", submenu=REGISTRATION),
    ActionSpec("register_phases", "F&usion", "Register a&ll phases onto it", "register_phases", (), "", "Register every other phase of the examination onto the fused one; together with its registration they lie on the planning image", "case", submenu=REGISTRATION),
    ActionSpec("refine_registration", "F&usion", "Refine from &here", "refine_registration", (), "magic-wand", "Go on automatically from where the fused image lies now", "case", submenu=REGISTRATION),
    ActionSpec("show_deformable", "F&usion", "De&form…", "show_registration", (), "", "Deformable registration", "case", argument="deformable", submenu=REGISTRATION),
    ActionSpec("registration_before", "F&usion", "Before registratio&n", "toggle_before", ("Shift+X",), "", "Show the images as they lay before the registration that counts", "overlay", checkable=True, short="Before", submenu=REGISTRATION),
    ActionSpec("accept_registration", "F&usion", "&Accept registration", "accept_registration", (), "check-circle", "Take responsibility for the registration that counts", "overlay", submenu=REGISTRATION),
    ActionSpec("load_registration", "F&usion", "&Open a registration file…", "load_registration", (), "file-plus", "Read a registration (REG) of this or another system", "case", submenu=REGISTRATION),
    ActionSpec("export_registration", "F&usion", "&Export registration…", "export_registration", (), "export", "Write the registration that counts as a DICOM object", "overlay", submenu=REGISTRATION),
    ActionSpec("export_resampled", "F&usion", "Export resampled &series…", "export_resampled", (), "", "Write the fused image as it lies on the planning image, as a derived DICOM series", "overlay", submenu=REGISTRATION),
    ActionSpec("copy_matrix", "F&usion", "Cop&y matrix", "copy_matrix", (), "copy", "The 4 x 4 matrix from the planning image to the fused one, as text", "overlay", submenu=REGISTRATION),
)  # fmt: skip
