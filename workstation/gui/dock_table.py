"""The one table of panels that may lie around the views, beside the panel of the step and the structure list.

A row is enough: the dock, its entry in View > Panels, its place at the next start and its line in the palette follow.
`make` imports what it needs when it is called: the window stands before the numerical libraries are loaded.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget

if TYPE_CHECKING:
    from workstation.gui.session import Session


@dataclass(frozen=True)
class DockSpec:
    """One panel.

    name: stable; its action is called dock_<name>. title: in the title bar, on the tab, in the menu.
    icon: of the one family. make: the content; called when the panel is first shown, once for each open case.
    area: "right", "left", "top" or "bottom", where it lies at first; several of one area are tabs.
    shown: whether it is there before anybody chose. keys: that show and close it.
    """

    name: str
    title: str
    icon: str
    make: Callable[[Session, dict[str, QAction]], QWidget]
    area: str = "right"
    shown: bool = False
    keys: tuple[str, ...] = ()


def _window(session: Session, _actions: dict[str, QAction]) -> QWidget:
    from workstation.gui.panels.window import WindowPanel

    return WindowPanel(session)


def _measurements(session: Session, actions: dict[str, QAction]) -> QWidget:
    from workstation.gui.panels.measurements import MeasurementsPanel

    return MeasurementsPanel(session, actions)


def _registration(session: Session, actions: dict[str, QAction]) -> QWidget:
    from workstation.gui.panels.registration import RegistrationPanel

    return RegistrationPanel(session, actions)


def _separation(session: Session, actions: dict[str, QAction]) -> QWidget:
    from workstation.gui.panels.separation import SeparationPanel

    return SeparationPanel(session, actions)


DOCKS: tuple[DockSpec, ...] = (
    DockSpec("window", "Window and level", "circle-half", _window, keys=("Shift+W",)),
    DockSpec("registration", "Registration", "intersect", _registration, keys=("Ctrl+Shift+R",)),
    DockSpec("separation", "Separate tumour from vein", "drop-half", _separation, keys=("Ctrl+Shift+E",)),
    DockSpec("measurements", "Measurements", "ruler", _measurements, keys=("Shift+M",)),
)
