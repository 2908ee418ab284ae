"""The one button of the tool bar for all measuring tools: it shows the one that is in hand."""

from __future__ import annotations

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QToolButton

from workstation.gui.icons import icon
from workstation.gui.session import Session
from workstation.measurements.measurement import KINDS


class MeasureButton(QToolButton):
    """A click on the button takes the tool that was used last, its arrow offers all of them."""

    def __init__(self, session: Session, actions: dict[str, QAction]) -> None:
        super().__init__()
        self._session = session
        self._tools = {kind: actions[f"tool_{kind}"] for kind in KINDS}
        self._kind = KINDS[0]
        menu = QMenu(self)
        menu.addActions(list(self._tools.values()))
        menu.addSeparator()
        menu.addAction(actions["structure_figures"])
        menu.addAction(actions["dock_measurements"])
        self.setMenu(menu)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.MenuButtonPopup)
        self.setCheckable(True)
        self.setAccessibleName("Measure")
        self.clicked.connect(self._take)
        session.tool_changed.connect(self._show)
        self._show()

    def _take(self) -> None:
        self._tools[self._kind].trigger()
        self._show()

    def _show(self) -> None:
        tool = self._session.viewing.tool
        held = tool is not None and tool.key in self._tools
        if held:
            self._kind = tool.key
        action = self._tools[self._kind]
        self.setIcon(icon(str(action.property("icon_name"))))
        self.setToolTip(f"Measure: {action.toolTip()}")
        self.setChecked(held)
