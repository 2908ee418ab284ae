"""The small row of buttons at the lower edge of the 3D view: what lies around, cuts, and six sides to look from."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QHBoxLayout, QMenu, QToolButton, QWidget

from workstation.gui.viewport.annotations import QUIET
from workstation.gui.viewport.volume_looks import VolumeLook
from workstation.view.volume_camera import SIDES
from workstation.view.volume_clip import CUTS
from workstation.view.volume_presets import CONTEXTS

SIDE_NAMES = {"A": "anterior", "P": "posterior", "L": "left", "R": "right", "S": "superior", "I": "inferior"}


class SideButtons:
    """Lays the buttons over a view. context, cuts: the buttons whose menus choose what is shown."""

    def __init__(
        self,
        view: QWidget,
        look: VolumeLook,
        look_from: Callable[[str], None],
        toggle_cut: Callable[[str], None],
        offered: Callable[[], dict[str, bool]],
    ) -> None:
        self._look, self._toggle_cut, self._offered = look, toggle_cut, offered
        self.context = _button(view, "", "What lies around the structures")
        self.cuts = _button(view, "", "Cut the picture open at the crosshair")
        for button, fill in ((self.context, self._fill_contexts), (self.cuts, self._fill_cuts)):
            menu = QMenu(button)
            menu.setToolTipsVisible(True)
            menu.aboutToShow.connect(partial(fill, menu))
            button.setMenu(menu)
            button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        row = QHBoxLayout(view)
        row.setContentsMargins(6, 6, 6, 6)
        row.setSpacing(2)
        for button in (self.context, self.cuts):
            row.addWidget(button, 0, Qt.AlignmentFlag.AlignBottom)
        row.addStretch(1)
        self.sides: list[QToolButton] = []
        for side in SIDES:
            button = _button(view, side, f"Look from the patient's {SIDE_NAMES[side]} side ({side})")
            button.clicked.connect(partial(look_from, side))
            row.addWidget(button, 0, Qt.AlignmentFlag.AlignBottom)
            self.sides.append(button)
        self.show_look()

    def show_look(self, waiting: bool = False) -> None:
        """Write on the buttons what is chosen, and whether it is still to come."""
        text = CONTEXTS[self._look.context] if self._look.context != "none" else "Context"
        self.context.setText(f"Preparing {text.lower() if text != 'MR' else text}…" if waiting else text)
        cuts = self._look.cuts
        words = ["Cut", *(f"Cut {cut.plane}" for cut in cuts)]
        self.cuts.setText(words[-1] if len(cuts) < 2 else f"Cut {len(cuts)} planes")
        self.cuts.setProperty("on", bool(cuts))
        self.cuts.style().polish(self.cuts)

    def make_room(self, width: int) -> None:
        """In a narrow view the letters go first: their keys do the same."""
        needed = sum(b.sizeHint().width() + 2 for b in (self.context, self.cuts, *self.sides)) + 16
        for button in self.sides:
            button.setVisible(width >= needed)

    def _fill_contexts(self, menu: QMenu) -> None:
        menu.clear()
        group = QActionGroup(menu)
        for name, possible in self._offered().items():
            action = group.addAction(menu.addAction(CONTEXTS[name]))
            action.setCheckable(True)
            action.setChecked(name == self._look.context)
            action.setEnabled(possible)
            if not possible:
                action.setToolTip(f"No open image can show this: it needs {'an MR' if name == 'mr' else 'a CT'}")
            action.triggered.connect(lambda _on=False, name=name: setattr(self._look, "context", name))
        menu.addSeparator()
        through = menu.addAction("Structures shine through")
        through.setCheckable(True)
        through.setChecked(self._look.shines_through)
        through.toggled.connect(lambda on: setattr(self._look, "shines_through", on))

    def _fill_cuts(self, menu: QMenu) -> None:
        menu.clear()
        for plane in CUTS:
            action = menu.addAction(f"{plane.capitalize()} plane")
            action.setCheckable(True)
            action.setChecked(self._look.cut(plane) is not None)
            action.triggered.connect(lambda _on=False, plane=plane: self._toggle_cut(plane))
        menu.addSeparator()
        for cut in self._look.cuts:
            flip = menu.addAction(f"Keep the other side of the {cut.plane} plane")
            flip.triggered.connect(lambda _on=False, plane=cut.plane: self._look.flip(plane))
        whole = menu.addAction("Leave GTV, CTV and PTV whole")
        whole.setCheckable(True)
        whole.setChecked(self._look.targets_whole)
        whole.toggled.connect(lambda on: setattr(self._look, "targets_whole", on))


def _button(view: QWidget, text: str, tip: str) -> QToolButton:
    button = QToolButton(view, text=text, autoRaise=True, focusPolicy=Qt.FocusPolicy.NoFocus)
    button.setToolTip(tip)
    button.setAccessibleName(tip)
    button.setCursor(Qt.CursorShape.ArrowCursor)
    button.setStyleSheet(
        f"QToolButton {{ color: {QUIET.name()}; background: rgba(255,255,255,18); border: none; padding: 2px 6px;"
        " border-radius: 3px; }"
        " QToolButton:hover, QToolButton:checked, QToolButton[on=\"true\"]"
        " { color: white; background: rgba(255,255,255,46); }"
        " QToolButton::menu-indicator { image: none; width: 0; }"
    )
    return button
