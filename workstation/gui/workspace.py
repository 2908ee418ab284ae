"""Everything of the window that belongs to one open case: toolbar, steps, views, panels and the structure list."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from workstation.editing.brush import Brush
from workstation.editing.polygon import Polygon
from workstation.editing.tool import Tool
from workstation.geometry.plane import Plane
from workstation.gui.panels.contour import ContourPanel
from workstation.gui.panels.fuse import FusePanel
from workstation.gui.panels.images import ImagesPanel
from workstation.gui.panels.panel import Panel
from workstation.gui.panels.review import ReviewPanel
from workstation.gui.panels.targets import TargetsPanel
from workstation.gui.session import Session
from workstation.gui.step_bar import StepBar
from workstation.gui.structure_list import StructureList
from workstation.gui.tool_bar import ToolBar
from workstation.gui.viewport.slice_view import SliceView
from workstation.gui.viewport.view_grid import ViewGrid
from workstation.structures.structure import Structure

PANEL_WIDTH_PX = 320
STEPS = ("images", "fuse", "contour", "targets", "review")
CROSSHAIR_HINT = (
    "Crosshair: click or drag to point · wheel steps through slices · right drag sets the window · "
    "middle drag pans · Ctrl+wheel zooms · F1 shows every key"
)


class Workspace(QWidget):
    """The workspace of a session. hint_changed: bindings of the tool in hand. hovered: a Readout or None."""

    hint_changed = Signal(str)
    hovered = Signal(object)

    def __init__(self, session: Session, actions: dict[str, QAction]) -> None:
        super().__init__()
        self.session = session
        self._actions = actions
        self.tools: dict[str, Tool | None] = {"crosshair": None, "brush": Brush(), "polygon": Polygon()}
        self.tool_bar = ToolBar(session, actions)
        self.step_bar = StepBar([actions[f"step_{name}"] for name in STEPS])
        self.views = ViewGrid(session.case, session.viewing, session.desk)
        self.structures = StructureList(session, actions)
        self.images = ImagesPanel(session, actions)
        self.fuse = FusePanel(session)
        self.contour = ContourPanel(session, actions)
        self.targets = TargetsPanel(session, self.structures.model)
        self.review = ReviewPanel(session)
        found: tuple[Panel, ...] = (self.images, self.fuse, self.contour, self.targets, self.review)
        self.panels: dict[str, Panel] = dict(zip(STEPS, found, strict=True))
        self._stack = QStackedWidget()
        for panel in self.panels.values():
            self._stack.addWidget(panel)
        self._lay_out()
        self.structures.looked_at.connect(self.look_at)
        self.views.hovered.connect(self.hovered)
        session.tool_changed.connect(self._tell_hint)

    def _lay_out(self) -> None:
        side = QFrame()
        side.setObjectName("sidePanel")
        side.setFixedWidth(PANEL_WIDTH_PX)
        column = QVBoxLayout(side)
        column.setContentsMargins(1, 0, 0, 0)
        split = QSplitter(Qt.Orientation.Vertical)
        split.addWidget(self._stack)
        split.addWidget(self.structures)
        split.setChildrenCollapsible(False)
        split.setHandleWidth(3)
        split.setSizes([560, 320])
        split.setStretchFactor(0, 3)
        split.setStretchFactor(1, 2)
        self._stack.setMinimumHeight(160)
        self.structures.setMinimumHeight(120)
        column.addWidget(split)
        area = QFrame()
        area.setObjectName("viewArea")
        inside = QVBoxLayout(area)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.addWidget(self.views)
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.step_bar)
        row.addWidget(area, 1)
        row.addWidget(side)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(self.tool_bar)
        whole.addLayout(row, 1)

    # ------------------------------------------------------------------ steps and tools

    @property
    def step(self) -> str:
        """The step whose panel is in front."""
        return STEPS[self._stack.currentIndex()]

    def show_step(self, name: str) -> None:
        """Bring a step's panel to the front; the images stay as they are."""
        self._stack.setCurrentWidget(self.panels[name])
        self.panels[name].shown()

    def take_tool(self, key: str) -> None:
        """Take a tool in hand."""
        self.session.viewing.tool = self.tools[key]

    @property
    def tool_key(self) -> str:
        """Key of the tool in hand."""
        tool = self.session.viewing.tool
        return "crosshair" if tool is None else tool.key

    def hint(self) -> str:
        """The bindings of the tool in hand."""
        tool = self.session.viewing.tool
        return CROSSHAIR_HINT if tool is None else f"{tool.label}: {tool.hint()}"

    def _tell_hint(self) -> None:
        self.hint_changed.emit(self.hint())

    # ------------------------------------------------------------------ looking

    def look_at(self, identifier: str) -> None:
        """Centre the views on the middle of a structure, on a slice where it is drawn."""
        if identifier not in self.session.case.structures:
            return
        point = middle_of(self.session.case.structures[identifier])
        if point is None:
            name = self.session.case.structures[identifier].name
            self.session.refused.emit(f"{name} is empty: there is nothing to look at yet")
            return
        self.views.centre_on(point)

    def drawing_plane(self) -> Plane | None:
        """The shown plane that the active structure's slices are parallel to."""
        structure = self.session.active
        for view in self.views.views.values():
            plane = view.plane() if isinstance(view, SliceView) else None
            if plane is not None and (structure is None or plane.is_parallel_to(structure.stack.plane)):
                return plane
        return None


def middle_of(structure: Structure) -> np.ndarray | None:
    """A patient point (3,) in the middle of a structure's middle drawn plane, or None when it is empty."""
    slices = [s for s in structure.stack.slices if s.region.point_count]
    if not slices:
        return None
    drawn = slices[len(slices) // 2]
    u0, v0, u1, v1 = drawn.region.bounds()
    point: np.ndarray = structure.stack.plane.to_patient(((u0 + u1) / 2, (v0 + v1) / 2), drawn.position_mm)
    return point
