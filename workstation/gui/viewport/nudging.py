"""Small steps with the keyboard: arrows, PgUp and PgDn move what the tool in hand has hold of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt

if TYPE_CHECKING:
    from workstation.gui.viewport.slice_view import SliceView

NUDGES = {
    Qt.Key.Key_Left: (-1, 0, 0),
    Qt.Key.Key_Right: (1, 0, 0),
    Qt.Key.Key_Up: (0, -1, 0),
    Qt.Key.Key_Down: (0, 1, 0),
    Qt.Key.Key_PageUp: (0, 0, 1),
    Qt.Key.Key_PageDown: (0, 0, -1),
}
"""Where a key points: to the right, down, and (with Alt) away from the viewer, as PgUp goes through slices."""

_MODIFIERS = Qt.KeyboardModifier


def nudge(view: SliceView, key: Qt.Key, keys: Qt.KeyboardModifier) -> bool:
    """A step of the tool in hand in the plane of a view; False where the key is none of its keys.

    Shift: finely. Alt: turn instead; with PgUp and PgDn, which alone step through the slices, through the plane.
    """
    step, plane = getattr(view.viewing.tool, "nudge", None), view.plane()
    alt = bool(keys & _MODIFIERS.AltModifier)
    if step is None or plane is None or key not in NUDGES:
        return False
    if keys & (_MODIFIERS.ControlModifier | _MODIFIERS.MetaModifier):
        return False
    towards = NUDGES[key]
    if towards[2] and not alt:
        return False
    step(view.desk, plane, towards, fine=bool(keys & _MODIFIERS.ShiftModifier), turn=alt and not towards[2])
    return True


def end_nudge(view: SliceView) -> bool:
    """The key is up again, or the keys go elsewhere: what was moved stays. False where nothing was."""
    rest = getattr(view.viewing.tool, "rest", None)
    return rest is not None and view.desk is not None and bool(rest(view.desk))
