"""What the fusion modes can be set to: one field whose meaning follows the mode, and the modes themselves."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction, QIcon
from PySide6.QtWidgets import QGridLayout, QMenu, QSizePolicy, QStackedWidget, QToolButton, QWidget

from workstation.gui.fields import SliderField, label, restyle
from workstation.gui.session import Session
from workstation.gui.viewing import FLICKER_HZ, SPYGLASS_MM, TILE_MM, Viewing
from workstation.view.fusion_look import (
    BLEND,
    CHECKERBOARD,
    COLOUR,
    CURTAIN,
    DIFFERENCE,
    EDGES,
    FLICKER,
    MODES,
    SPYGLASS,
)

AMOUNT_NAMES = {
    BLEND: "Opacity",
    COLOUR: "Opacity",
    CHECKERBOARD: "Tiles",
    CURTAIN: "Line at",
    SPYGLASS: "Radius",
    FLICKER: "Rate",
    DIFFERENCE: "",
    EDGES: "Edges",
}
"""What the field of each mode is called; "" where there is nothing to set."""


def _amounts(viewing: Viewing) -> dict[str, tuple[SliderField, Callable[[], float], Callable[[float], None]]]:
    """Field, how its value is read, and how it is set, of each mode."""

    def set_opacity(percent: float) -> None:
        viewing.opacity = percent / 100

    def set_rate(rate_hz: float) -> None:
        viewing.flicker_hz = rate_hz

    opacity = SliderField("%", 0, 100, "Opacity of the fused image")
    return {
        BLEND: (opacity, lambda: 100 * viewing.opacity, set_opacity),
        CHECKERBOARD: (
            SliderField("mm", *TILE_MM, "Side of a tile of the checkerboard"),
            lambda: viewing.look.tile_mm,
            lambda mm: viewing.change_look(tile_mm=mm),
        ),
        CURTAIN: (
            SliderField("%", 0, 100, "Place of the curtain's line"),
            lambda: 100 * viewing.look.curtain,
            lambda percent: viewing.change_look(curtain=percent / 100),
        ),
        SPYGLASS: (
            SliderField("mm", *SPYGLASS_MM, "Radius of the spyglass"),
            lambda: viewing.look.spyglass_radius_mm,
            lambda mm: viewing.change_look(spyglass_radius_mm=mm),
        ),
        FLICKER: (
            SliderField("Hz", *FLICKER_HZ, "Changes of the image in a second", 0.5),
            lambda: viewing.flicker_hz,
            set_rate,
        ),
        EDGES: (
            SliderField("%", 0, 100, "How many edges are drawn"),
            lambda: 100 * viewing.look.edges,
            lambda percent: viewing.change_look(edges=percent / 100),
        ),
    }


class FusionAmount(QStackedWidget):
    """The field of the present mode. mode_shown: what it is called now, "" where there is nothing to set."""

    mode_shown = Signal(str)

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._amounts = _amounts(session.viewing)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        for field, _, change in self._amounts.values():
            self.addWidget(field)
            field.changed.connect(change)
        self._nothing = label("", "muted")
        self.addWidget(self._nothing)
        session.display_changed.connect(self.refresh)
        self.refresh()

    def field(self, mode: str) -> SliderField | None:
        """The field of a mode, None where there is nothing to set."""
        entry = self._amounts.get(BLEND if mode == COLOUR else mode)
        return entry[0] if entry else None

    def refresh(self) -> None:
        """Show the field of the mode with its value."""
        viewing = self._session.viewing
        mode = BLEND if viewing.mode == COLOUR else viewing.mode
        for field, read, _ in self._amounts.values():
            field.set_value(read())
        self.setCurrentWidget(self._amounts[mode][0] if mode in self._amounts else self._nothing)
        self.setEnabled(bool(viewing.overlay_key) and viewing.overlay_shown)
        self.mode_shown.emit(AMOUNT_NAMES[viewing.mode])


class FusionModeButton(QToolButton):
    """The present mode as an icon; a press offers all of them."""

    def __init__(self, session: Session, actions: dict[str, QAction]) -> None:
        super().__init__()
        self._session, self._actions = session, actions
        menu = QMenu(self)
        for mode in MODES:
            menu.addAction(actions[f"fusion_{mode}"])
        menu.addSeparator()
        menu.addAction(actions["turn_curtain"])
        self.setMenu(menu)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
        self.setAccessibleName("Fusion mode")
        session.display_changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show the mode that is chosen."""
        viewing = self._session.viewing
        action = self._actions[f"fusion_{viewing.mode}"]
        self.setIcon(QIcon(action.icon()))
        self.setToolTip(f"Fusion mode: {action.toolTip()}")
        self.setEnabled(bool(viewing.overlay_key))


class FusionModes(QWidget):
    """All modes as a row of icons, the present one chosen."""

    def __init__(self, actions: dict[str, QAction]) -> None:
        super().__init__()
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(0)
        self.buttons: dict[str, QToolButton] = {}
        for number, mode in enumerate(MODES):
            button = QToolButton()
            button.setDefaultAction(actions[f"fusion_{mode}"])
            button.setIconSize(QSize(18, 18))
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
            button.setAccessibleName(actions[f"fusion_{mode}"].text().replace("&", ""))
            restyle(button, kind="mode")
            button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            grid.addWidget(button, 0, number)
            self.buttons[mode] = button
