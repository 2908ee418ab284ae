"""The one table of everything that a person can do: it feeds menus, toolbar, shortcuts, the quick reference and tests.

`handler` names a method of one of the window's command classes (`workstation.gui.main_window.HANDLERS`). `needs` says
what must be there for the action to be enabled. Gestures (wheel, drags, keys that are held) belong to the views; they
are listed here for the reference.
"""

from __future__ import annotations

from workstation.gui.action_tables.edit import EDIT
from workstation.gui.action_tables.file import FILE
from workstation.gui.action_tables.fusion import FUSION
from workstation.gui.action_tables.help import HELP
from workstation.gui.action_tables.information import INFORMATION
from workstation.gui.action_tables.layout import LAYOUT
from workstation.gui.action_tables.measure import MEASURE
from workstation.gui.action_tables.registration_quality import REGISTRATION_QUALITY
from workstation.gui.action_tables.separation import SEPARATION
from workstation.gui.action_tables.spec import ActionSpec, Row
from workstation.gui.action_tables.tools import TOOLS
from workstation.gui.action_tables.view import VIEW
from workstation.gui.action_tables.volume import VOLUME

MENUS = ("&File", "&Edit", "&Tools", "&View", "F&usion", "&Measure", "&Help")

ACTIONS: tuple[Row, ...] = (
    *FILE, *EDIT, *TOOLS, *VIEW, *INFORMATION, *LAYOUT, *VOLUME, *FUSION,
    *REGISTRATION_QUALITY, *SEPARATION, *MEASURE, *HELP,
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
    ("Opacity, tiles, line, circle or rate of the fusion mode", "Ctrl + Shift + wheel,  ,  and  ."),
    ("Move the curtain", "Drag its line"),
    ("Window and level of the fused image", "Ctrl + right drag"),
    ("Move the fused image by hand (M)", "Drag in the ring, arrows; Alt + PgUp / PgDn"),
    ("Turn the fused image by hand (M)", "Drag the ring or beyond it, Alt + arrows"),
    ("A tenth of it, by hand", "Shift"),
    ("Set a pair of landmarks (K)", "Click the same point in each image"),
    ("Move a landmark, delete a pair", "Drag, Del over a view or in the list"),
    ("Say what is vein, take a click back (S)", "Alt + click, Shift + click"),
    ("Turn the other planes", "Drag a ring on the crosshair's lines"),
    ("Turn, pan, zoom the 3D view", "Left, middle, right drag; wheel zooms"),
    ("Look from a side in the 3D view", "A P L R S I"),
    ("Point at a surface in the 3D view, choose it", "Click, Ctrl + click"),
    ("Maximise a view", "Space, or double click on its title"),
    ("Change a measurement", "Drag its points or its line with any measuring tool"),
    ("Delete a measurement", "Del over it, or in the list"),
    ("Circle or square", "Shift + drag with the ellipse or rectangle"),
)


def spec(name: str) -> ActionSpec:
    """The action of a name."""
    return next(s for s in SPECS if s.name == name)
