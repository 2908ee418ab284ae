"""The 3D view: where one looks from, what lies around the structures, cuts, pictures."""

# ruff: noqa: E501  (one row for each action reads best as a table)
from __future__ import annotations

from workstation.gui.action_tables.spec import ActionSpec, Row

THREE_D = "&3D"

_SIDES = {"A": "&Anterior", "P": "&Posterior", "L": "&Left", "R": "&Right", "S": "&Superior", "I": "&Inferior"}
_CONTEXTS = {
    "none": ("&No context", "Structures alone in the 3D view"),
    "bone_surface": ("Bone s&urface", "The surface of the bone around the structures in the 3D view"),
    "bone": ("&Bone", "The bone of the CT, ray-cast, around the structures in the 3D view"),
    "skin": ("S&kin", "The patient's skin, ray-cast from the CT; cut open it shows what lies below"),
    "vessels": ("&Vessels", "Vessels with contrast and bone, ray-cast from the CT"),
    "mr": ("&MR", "What the window of the MR shows bright, ray-cast"),
}
_CUTS = {"axial": "a&xial", "sagittal": "sa&gittal", "coronal": "&coronal"}

VOLUME: tuple[Row, ...] = (
    *(ActionSpec(f"volume_from_{side}", "&View", f"From {name}", "look_from_side", (), "", f"Look at the patient from this side ({side} in the 3D view)", "case", argument=side, submenu=THREE_D, short=f"3D {side}") for side, name in _SIDES.items()),
    ActionSpec("volume_fit", "&View", "&Fit", "fit_volume", (), "corners-in", "Bring all structures into the 3D view (Home in the view)", "case", submenu=THREE_D, short="Fit 3D"),
    *(ActionSpec(f"volume_context_{name}", "&View", text, "choose_volume_context", (), "", tip, "case", "volume_context", argument=name, submenu=THREE_D) for name, (text, tip) in _CONTEXTS.items()),
    ActionSpec("volume_through", "&View", "Structures shine &through", "toggle_shines_through", (), "", "Structures are seen through bone and skin in front of them", "case", checkable=True, submenu=THREE_D),
    *(ActionSpec(f"volume_cut_{plane}", "&View", f"Cut at the {name} plane", "toggle_volume_cut", (), "", f"Take away what lies before the {plane} plane through the crosshair in the 3D view", "case", checkable=True, argument=plane, submenu=THREE_D, short=f"Cut {plane}") for plane, name in _CUTS.items()),
    *(ActionSpec(f"volume_flip_{plane}", "&View", f"Keep the other side of the {plane} cut", "flip_volume_cut", (), "", f"Keep the other side of the {plane} plane in the 3D view", "case", argument=plane, submenu=THREE_D, short=f"Flip {plane}") for plane in _CUTS),
    ActionSpec("volume_targets_whole", "&View", "Cuts leave targets &whole", "toggle_targets_whole", (), "", "Cuts of the 3D view leave GTV, CTV and PTV alone", "case", checkable=True, submenu=THREE_D),
    ActionSpec("copy_volume_picture", "&View", "Copy the 3&D picture", "copy_volume_picture", ("Ctrl+Shift+C",), "copy", "The 3D picture at full quality to the clipboard", "case", submenu=THREE_D, short="Copy 3D"),
    ActionSpec("save_volume_picture", "&View", "Sav&e the 3D picture…", "save_volume_picture", (), "floppy-disk", "The 3D picture at full quality into a PNG file", "case", submenu=THREE_D, short="Save 3D"),
    ActionSpec("volume_clear_ground", "&View", "Pictures on clear gr&ound", "toggle_clear_ground", (), "", "Copied and saved 3D pictures have a clear ground instead of a black one", "case", checkable=True, submenu=THREE_D),
)  # fmt: skip
