"""Everything of the window that belongs to one open case: toolbar, steps, views, panels and the structure list."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import cast

from PySide6.QtCore import QSize, QTimer, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFrame, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from workstation.editing.brush import Brush
from workstation.editing.landmark_tool import LandmarkTool
from workstation.editing.measuring_tool import measuring_tools
from workstation.editing.placing_tool import PlacingTool
from workstation.editing.polygon import Polygon
from workstation.editing.separating_tool import SeparatingTool
from workstation.editing.tool import Tool
from workstation.geometry.plane import Plane
from workstation.gui.dock_table import DOCKS
from workstation.gui.docks import Dock, DockArea
from workstation.gui.landmark_views import connect_landmarks
from workstation.gui.landmarks import shown_middle
from workstation.gui.measuring_views import connect_measuring
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

DOCK_WIDTH_PX = 317
"""320 with the border by which the panels are made wider."""
EXTRA_DOCK_PX = 280
LOWEST_PANEL_PX = 160
PANEL, LIST = "panel", "structures"
STEPS = ("images", "fuse", "contour", "targets", "review")
PANEL_PAUSE_MS = 150
CROSSHAIR_HINT = (
    "Crosshair: click or drag to point · a ring on its lines turns planes · wheel steps through slices · "
    "right drag sets the window · middle drag pans · Ctrl+wheel zooms · F1 shows every key"
)


class PanelStack(QStackedWidget):
    """The panels of the steps; as wide as the one in front needs, so that nothing of it is cut off."""

    def minimumSizeHint(self) -> QSize:
        panel = self.currentWidget()
        width = panel.minimumSizeHint().width() if panel is not None else 0
        return QSize(max(width, DOCK_WIDTH_PX), LOWEST_PANEL_PX)


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
        self.tools |= measuring_tools()
        self.tools |= {tool.key: tool for tool in (PlacingTool(), LandmarkTool(), SeparatingTool())}
        self.tool_bar = ToolBar(session, actions)
        self.step_bar = StepBar([actions[f"step_{name}"] for name in STEPS])
        self.views = ViewGrid(session.case, session.viewing, session.desk)
        self.structures = StructureList(session, actions)
        self._make: dict[str, Callable[[], Panel]] = {
            "images": lambda: ImagesPanel(session, actions),
            "fuse": lambda: FusePanel(session, actions),
            "contour": lambda: ContourPanel(session, actions),
            "targets": lambda: TargetsPanel(session, self.structures.model),
            "review": lambda: ReviewPanel(session),
        }
        self._panels: dict[str, Panel] = {}
        self._stack = PanelStack()
        self._lay_out()
        self._idle = QTimer(self, interval=PANEL_PAUSE_MS)
        self._idle.timeout.connect(self._make_next_panel)
        self._idle.start()
        self.structures.looked_at.connect(self.look_at)
        self.views.hovered.connect(self.hovered)
        connect_measuring(session, self.views)
        connect_landmarks(session, self.views)
        self.views.volume_of = self.structures.model.volume_cc
        session.tool_changed.connect(self._tell_hint)

    def _lay_out(self) -> None:
        area = QFrame()
        area.setObjectName("viewArea")
        inside = QVBoxLayout(area)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.addWidget(self.views)
        self.docks = DockArea(area)
        self._add_docks()
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.step_bar)
        row.addWidget(self.docks, 1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(self.tool_bar)
        whole.addLayout(row, 1)

    def _add_docks(self) -> None:
        """The panel of the step over the structure list, and the panels of the table as tabs or at their sides."""
        self.structures.setMinimumHeight(120)
        panel = Dock(PANEL, "Panel", "sliders-horizontal", lambda: self._stack, QSize(DOCK_WIDTH_PX, 560))
        listed = Dock(LIST, "Structures", "list-bullets", lambda: self.structures, QSize(DOCK_WIDTH_PX, 320))
        listed.title.add(self.structures.header)
        for dock in (panel, listed):
            self.docks.add(dock, "right")
            dock.content  # noqa: B018  (it is there already)
        first_of = {"right": PANEL}
        for spec in DOCKS:
            size = QSize(DOCK_WIDTH_PX, EXTRA_DOCK_PX)
            dock = Dock(spec.name, spec.title, spec.icon, partial(spec.make, self.session, self._actions), size)
            self.docks.add(dock, spec.area, onto=first_of.get(spec.area, ""), shown=spec.shown)
            first_of.setdefault(spec.area, spec.name)

    def dock(self, name: str) -> Dock:
        """A panel around the views: "panel", "structures", or one of `DOCKS`."""
        return self.docks.docks[name]

    def show_dock(self, name: str) -> QWidget:
        """Bring a panel around the views to the front, made now if need be; its content."""
        return self.docks.show_dock(name)

    # ------------------------------------------------------------------ steps and tools

    @property
    def step(self) -> str:
        """The step whose panel is in front, "" before the first."""
        shown = self._stack.currentWidget()
        return next((name for name, panel in self._panels.items() if panel is shown), "")

    def restore_step(self, name: object) -> None:
        """The step that was in front when the case was left; a panel that was closed stays so."""
        if name in STEPS:
            self._bring(self.panel(str(name)))

    def show_step(self, name: str) -> None:
        """Bring a step's panel to the front; the images stay as they are."""
        chosen = bool(self.step)  # the first step is not chosen by a person, who may have closed the panel
        self._bring(self.panel(name))
        if chosen:
            self.show_dock(PANEL)

    def _bring(self, panel: Panel) -> None:
        before_px = self.dock(PANEL).width()
        self._stack.setCurrentWidget(panel)
        self._stack.updateGeometry()
        self.docks.make_room(PANEL, self._stack.minimumSizeHint().width(), before_px)
        self.dock(PANEL).setWindowTitle(panel.title)
        panel.shown()

    def panel(self, name: str) -> Panel:
        """The panel of one of `STEPS`, made now if need be."""
        if name not in self._panels:
            self._panels[name] = self._make[name]()
            self._panels[name].heading.hide()  # the title bar says it
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
        for name in self.views.shown():
            view = self.views.views[name]
            plane = view.plane() if isinstance(view, SliceView) and view.linked else None
            if plane is not None and (structure is None or plane.is_parallel_to(structure.stack.plane)):
                return plane
        return None
