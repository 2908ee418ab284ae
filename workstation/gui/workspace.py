"""Everything of the window that belongs to one open case: toolbar, steps, views, panels and the structure list."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from workstation.editing.brush import Brush
from workstation.editing.polygon import Polygon
from workstation.editing.tool import Tool
from workstation.geometry.plane import Plane
from workstation.gui.landmarks import shown_middle
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

PANEL_WIDTH_PX = 320
STEPS = ("images", "fuse", "contour", "targets", "review")
PANEL_PAUSE_MS = 150
CROSSHAIR_HINT = (
    "Crosshair: click or drag to point · wheel steps through slices · right drag sets the window · "
    "middle drag pans · Ctrl+wheel zooms · F1 shows every key"
)


class Workspace(QWidget):
    """The workspace of a session. hint_changed: bindings of the tool in hand. hovered: a Readout or None.

    Panels are made when they are first asked for, and one by one in idle moments: a case that is opened must not
    wait for panels that nobody looks at. panel_made: the name of a step whose panel is there now.
    """

    hint_changed = Signal(str)
    hovered = Signal(object)
    panel_made = Signal(str)

    def __init__(self, session: Session, actions: dict[str, QAction]) -> None:
        super().__init__()
        self.session = session
        self._actions = actions
        self.tools: dict[str, Tool | None] = {"crosshair": None, "brush": Brush(), "polygon": Polygon()}
        self.tool_bar = ToolBar(session, actions)
        self.step_bar = StepBar([actions[f"step_{name}"] for name in STEPS])
        self.views = ViewGrid(session.case, session.viewing, session.desk)
        self.structures = StructureList(session, actions)
        self._make: dict[str, Callable[[], Panel]] = {
            "images": lambda: ImagesPanel(session, actions),
            "fuse": lambda: FusePanel(session),
            "contour": lambda: ContourPanel(session, actions),
            "targets": lambda: TargetsPanel(session, self.structures.model),
            "review": lambda: ReviewPanel(session),
        }
        self._panels: dict[str, Panel] = {}
        self._stack = QStackedWidget()
        self._lay_out()
        self._idle = QTimer(self, interval=PANEL_PAUSE_MS)
        self._idle.timeout.connect(self._make_next_panel)
        self._idle.start()
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
        """The step whose panel is in front, "" before the first."""
        shown = self._stack.currentWidget()
        return next((name for name, panel in self._panels.items() if panel is shown), "")

    def show_step(self, name: str) -> None:
        """Bring a step's panel to the front; the images stay as they are."""
        panel = self.panel(name)
        self._stack.setCurrentWidget(panel)
        panel.shown()

    def panel(self, name: str) -> Panel:
        """The panel of one of `STEPS`, made now if need be."""
        if name not in self._panels:
            self._panels[name] = self._make[name]()
            self._stack.addWidget(self._panels[name])
            self.panel_made.emit(name)
        return self._panels[name]

    def _make_next_panel(self) -> None:
        name = next((name for name in STEPS if name not in self._panels), "")
        if name:
            self.panel(name)
        else:
            self._idle.stop()

    @property
    def images(self) -> ImagesPanel:
        """The panel of that step."""
        return cast(ImagesPanel, self.panel("images"))

    @property
    def fuse(self) -> FusePanel:
        """The panel of that step."""
        return cast(FusePanel, self.panel("fuse"))

    @property
    def contour(self) -> ContourPanel:
        """The panel of that step."""
        return cast(ContourPanel, self.panel("contour"))

    @property
    def targets(self) -> TargetsPanel:
        """The panel of that step."""
        return cast(TargetsPanel, self.panel("targets"))

    @property
    def review(self) -> ReviewPanel:
        """The panel of that step."""
        return cast(ReviewPanel, self.panel("review"))

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
        point = shown_middle(self.session.case, identifier)
        if point is None:
            structure = self.session.case.structures[identifier]
            reason = "belongs to an image that is not registered" if structure.stack.slices else "is empty"
            self.session.refused.emit(f"{structure.name} {reason}: there is nothing to look at yet")
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
