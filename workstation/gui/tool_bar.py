"""The toolbar: undo, tools and how they are set at the left; windows and fusion at the right."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QMargins, QSize, QTimer
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QSizePolicy, QToolBar, QToolButton, QWidget

from workstation.editing.desk import RULES
from workstation.gui.fields import NumberField, label
from workstation.gui.fusion_fields import FusionAmount, FusionModeButton
from workstation.gui.layout_model import LAYOUTS
from workstation.gui.measure_button import MeasureButton
from workstation.gui.panels.panel import Segments, choice, fill_choice
from workstation.gui.session import Session
from workstation.images.windows import presets_for, window_words

OWN_WINDOW = "own"
MARGINS = QMargins(1, 1, 1, 1)
_MARGINS_MAY_CHANGE = (
    QEvent.Type.Show,
    QEvent.Type.Polish,
    QEvent.Type.StyleChange,
    QEvent.Type.LayoutRequest,
    QEvent.Type.Resize,
    QEvent.Type.ParentChange,
)


PRESETS_PX, FUSION_PX, AMOUNT_PX = (152, 92), (184, 96), (144, 120)
LETTERS = (6, 4)
"""Least widths where there is room, and where there is not."""

DRAWING_TOOLS = ("brush", "polygon")

QWIDGETSIZE_MAX = (1 << 24) - 1


class ToolBar(QToolBar):
    """Bound to one session; rebuilt with it.

    Where the window is narrow, words give way to the fields that they belong to, and how strokes are set gives way
    while nothing is drawn, so that fusion stays in sight: every field has its name as a tooltip, too.
    """

    def __init__(self, session: Session, actions: dict[str, QAction]) -> None:
        super().__init__("Tools")
        self._session = session
        self._narrow = False
        self._needed_px = 0
        self._fit_soon = QTimer(self, singleShot=True, interval=0)
        self._fit_soon.timeout.connect(self._fit)
        self.setMovable(False)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setIconSize(QSize(20, 20))
        self._add(actions, "undo", "redo")
        self.addSeparator()
        self._add(actions, "tool_crosshair", "tool_brush", "tool_polygon")
        self.addWidget(MeasureButton(session, actions))
        self.addSeparator()
        self.rules = Segments([actions[f"rule_{rule}"] for rule in RULES])
        self._drawing = [self.addWidget(self.rules)]
        self.radius = NumberField("mm", 0.5, 100.0, 0.5, 1, "Brush radius", 52)
        self.radius.line.setToolTip("Brush radius in mm on the patient: Shift + wheel, [ and ]")
        self.radius.changed.connect(self._set_radius)
        self._captions: list[QLabel] = []
        self._drawing.append(self.addWidget(self._captioned("Brush", self.radius)))
        ball = QToolButton()
        ball.setDefaultAction(actions["ball"])
        self._drawing.append(self.addWidget(ball))
        self.addWidget(_spacer())
        self._add_layouts(actions)
        self._add_display(actions)
        self._set_least_widths()
        session.settings_changed.connect(self._show_settings)
        session.tool_changed.connect(self._show_drawing)
        session.display_changed.connect(self._show_display)
        session.images_changed.connect(self._show_display)
        session.registrations_changed.connect(self._show_display)
        self._show_settings()
        self._show_display()

    def _add(self, actions: dict[str, QAction], *names: str) -> None:
        for name in names:
            self.addAction(actions[name])

    def _add_layouts(self, actions: dict[str, QAction]) -> None:
        """One button that shows the present layout and offers all of them."""
        self.layouts = QToolButton()
        menu = QMenu(self.layouts)
        for name in LAYOUTS:
            menu.addAction(actions[f"layout_{name}"])
        menu.addSeparator()
        for name in ("even_views", "fit_views", "maximise", "view_window", "straighten"):
            menu.addAction(actions[name])
        self.layouts.setMenu(menu)
        self.layouts.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.layouts.setAccessibleName("Layout of the views")
        self._layout_actions = {name: actions[f"layout_{name}"] for name in LAYOUTS}
        self.addWidget(self.layouts)

    def _add_display(self, actions: dict[str, QAction]) -> None:
        self.presets = choice()
        self.presets.setAccessibleName("Window preset")
        self.presets.setToolTip("Window of the planning image: 1 … 9; right drag in a view")
        self.presets.activated.connect(self._choose_preset)
        self.addWidget(self._captioned("Window", self.presets))
        self.fusion = choice()
        self.fusion.setAccessibleName("Fused image")
        self.fusion.setToolTip("Image laid over the planning image; T switches it on and off")
        self.fusion.activated.connect(lambda _i: self._choose_overlay())
        self.addWidget(self._captioned("Fusion", self.fusion))
        self.modes = FusionModeButton(self._session, actions)
        self.addWidget(self.modes)
        self.amount = FusionAmount(self._session)
        self.amount.setContentsMargins(0, 0, 8, 0)
        self.addWidget(self.amount)

    def event(self, event: QEvent) -> bool:
        """The image needs the rows that Qt would leave empty; Qt sets its own margins again on several occasions."""
        used = super().event(event)
        if event.type() in _MARGINS_MAY_CHANGE and self.layout().contentsMargins() != MARGINS:
            self.layout().setContentsMargins(MARGINS)
        if event.type() == QEvent.Type.LayoutRequest:
            # A longer name may need more room than there was when the bar was made narrow or wide.
            self._fit_soon.start()
        return used

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_soon.start()

    def _fit(self) -> None:
        """Narrow or wide, as there is room."""
        if not self._narrow:
            self._needed_px = self.sizeHint().width()
        narrow = self.width() < self._needed_px
        if narrow == self._narrow:
            return
        self._narrow = narrow
        for caption in self._captions:
            caption.setVisible(not narrow)
        self._show_drawing()
        self._set_least_widths()

    def _show_drawing(self) -> None:
        """How strokes are set is out of the way in a narrow window, unless something is drawn."""
        tool = self._session.viewing.tool
        wanted = not self._narrow or (tool is not None and tool.key in DRAWING_TOOLS)
        for action in self._drawing:
            action.setVisible(wanted)

    def _set_least_widths(self) -> None:
        for field, widths in ((self.presets, PRESETS_PX), (self.fusion, FUSION_PX), (self.amount, AMOUNT_PX)):
            field.setMinimumWidth(widths[self._narrow])
        for box in (self.presets, self.fusion):
            box.setMinimumContentsLength(LETTERS[self._narrow])
        self.amount.setMaximumWidth(AMOUNT_PX[True] if self._narrow else QWIDGETSIZE_MAX)

    def _captioned(self, text: str, widget: QWidget) -> QWidget:
        holder = QWidget()
        row = QHBoxLayout(holder)
        row.setContentsMargins(8, 0, 4, 0)
        row.setSpacing(6)
        caption = label(text, "muted")
        self._captions.append(caption)
        row.addWidget(caption)
        row.addWidget(widget)
        holder.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)
        return holder

    # ------------------------------------------------------------------ following

    def _show_settings(self) -> None:
        self.radius.set_value(self._session.desk.brush_radius_mm)

    def _show_display(self) -> None:
        session, viewing = self._session, self._session.viewing
        self._show_presets()
        others = [(session.image_name(key), key) for key in session.case.images if key != session.case.planning_key]
        fill_choice(self.fusion, [("None", ""), *others], viewing.overlay_key)
        self.fusion.setEnabled(bool(others))
        self.fusion.setToolTip(f"{self.fusion.currentText()} over the planning image; T switches it on and off")
        shown = self._layout_actions[viewing.layout.name]
        self.layouts.setIcon(shown.icon())
        self.layouts.setToolTip(f"Layout: {shown.toolTip()}")

    def _show_presets(self) -> None:
        planning = self._session.case.planning
        self.presets.setEnabled(planning is not None)
        if planning is None:
            return
        window = self._session.viewing.window(planning.key)
        found = presets_for(planning)
        entries = [(p.name, p.name) for p in found]
        chosen = next((p.name for p in found if (p.centre, p.width) == window), OWN_WINDOW)
        entries.append((window_words(*window) if chosen == OWN_WINDOW else "Own", OWN_WINDOW))
        fill_choice(self.presets, entries, chosen)

    # ------------------------------------------------------------------ doing

    def _set_radius(self, radius_mm: float) -> None:
        self._session.desk.brush_radius_mm = radius_mm

    def _choose_preset(self) -> None:
        planning = self._session.case.planning
        for preset in presets_for(planning) if planning else []:
            if preset.name == self.presets.currentData():
                self._session.viewing.set_window(planning.key, preset.centre, preset.width)
                return
        self._show_presets()

    def _choose_overlay(self) -> None:
        self._session.viewing.overlay_key = str(self.fusion.currentData() or "")


def _spacer() -> QWidget:
    made = QWidget()
    made.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
    return made
