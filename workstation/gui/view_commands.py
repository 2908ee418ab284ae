"""What the actions of layouts, planes, fusion and contours do."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workstation.gui.main_window import MainWindow
    from workstation.gui.viewing import Viewing
    from workstation.gui.viewport.view_grid import ViewGrid

WIDTHS = (0.5, 3.0)
WIDTH_STEP = 0.25
FILL_STEP = 0.1
USUAL_FILL = 0.22
_SLABS_MM = {"slab_thin": 0.0, "slab_5": 5.0, "slab_10": 10.0, "slab_20": 20.0}


class ViewCommands:
    """The handlers, bound to one window; all of them need a case."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window

    @property
    def _viewing(self) -> Viewing:
        assert self._window.session is not None
        return self._window.session.viewing

    @property
    def _views(self) -> ViewGrid:
        assert self._window.workspace is not None
        return self._window.workspace.views

    def checks(self) -> dict[str, bool]:
        """Which of the actions are chosen now."""
        if self._window.session is None:
            return {}
        viewing = self._viewing
        look, slab = viewing.contour_look, viewing.slab
        chosen = {
            f"layout_{viewing.layout.name}": True,
            f"fusion_{viewing.mode}": True,
            f"slab_{slab.mode}": True,
            "contours_filled": look.fill > 0,
            "contours_selected": look.selected_only,
            "contours_names": viewing.names_shown,
            "contours_legend": viewing.legend_shown,
        }
        colours = {"hot iron": "hot_iron", "cool": "cool", "green/magenta": "green_magenta"}
        if viewing.look.overlay_colors in colours:
            chosen[f"colours_{colours[viewing.look.overlay_colors]}"] = True
        # A thickness that was typed is none of the table's.
        return {**chosen, **{name: slab.thickness_mm == mm for name, mm in _SLABS_MM.items()}}

    # ------------------------------------------------------------------ layouts and planes

    def choose_layout(self, name: str) -> None:
        """Lay the views out; the one under the cursor is the large one."""
        from workstation.gui.layout_model import PLANES_AND_VOLUME

        layout = self._viewing.layout
        if name == "large":
            main = next((name for name in self._views.under_cursor() if name in PLANES_AND_VOLUME), None)
            layout.choose(name, main=main)
        elif name == "phases" and not self._has_phases():
            self._refuse("No image of this case has several phases: open all phases of an examination to see them")
            self._window.refresh()
        else:
            layout.choose(name)

    def _has_phases(self) -> bool:
        from workstation.images.phases import multiphase

        assert self._window.session is not None
        return bool(multiphase(self._window.session.case.images))

    def next_planes(self) -> None:
        """Axial, sagittal, coronal in turn where views lie beside each other."""
        layout = self._viewing.layout
        if layout.name not in ("compare", "phases"):
            self._refuse("Only views that lie beside each other (F8, F9) can change their planes")
            return
        order = ("axial", "sagittal", "coronal")
        layout.choose(orientation=order[(order.index(layout.orientation) + 1) % 3])

    def even_views(self) -> None:
        """Borders where the layout means them to be."""
        self._viewing.layout.shares.pop(self._viewing.layout.name, None)
        self._views.arrange()

    def put_view_in_window(self) -> None:
        """The view under the cursor, or else the first."""
        shown = self._views.shown()
        self._views.put_in_window(next((n for n in self._views.under_cursor() if n in shown), shown[0]))

    def fit_views(self) -> None:
        self._views.fit()

    def straighten(self) -> None:
        self._viewing.straighten()

    # ------------------------------------------------------------------ fusion

    def choose_fusion(self, mode: str) -> None:
        """A fusion mode; the fused image is shown with it."""
        self._viewing.change_look(mode=mode)
        self._viewing.overlay_shown = True

    def next_fusion(self) -> None:
        from workstation.view.fusion_look import MODES

        self.choose_fusion(MODES[(MODES.index(self._viewing.mode) + 1) % len(MODES)])

    def change_fusion_amount(self, steps: float) -> None:
        self._viewing.change_amount(int(steps))

    def turn_curtain(self) -> None:
        self._viewing.change_look(curtain_upright=not self._viewing.look.curtain_upright)

    def choose_colours(self, name: str) -> None:
        """Colours of the fused image; they belong to one mode."""
        self._viewing.change_look(mode="colour", overlay_colors=name)

    def choose_slab(self, thickness_mm: float) -> None:
        self._viewing.slab = replace(self._viewing.slab, thickness_mm=thickness_mm)

    def choose_slab_mode(self, mode: str) -> None:
        self._viewing.slab = replace(self._viewing.slab, mode=mode)

    # ------------------------------------------------------------------ contours

    def change_line_width(self, steps: float) -> None:
        width = self._viewing.contour_look.width + WIDTH_STEP * steps
        self._viewing.change_contours(width=min(max(width, WIDTHS[0]), WIDTHS[1]))

    def toggle_filled(self) -> None:
        fill = self._viewing.contour_look.fill
        self._viewing.change_contours(fill=0.0 if fill > 0 else USUAL_FILL)

    def change_fill(self, steps: float) -> None:
        fill = self._viewing.contour_look.fill + FILL_STEP * steps
        self._viewing.change_contours(fill=min(max(round(fill, 3), 0.0), 1.0))

    def toggle_selected_only(self) -> None:
        self._viewing.change_contours(selected_only=not self._viewing.contour_look.selected_only)

    def toggle_names(self) -> None:
        self._viewing.names_shown = not self._viewing.names_shown

    def toggle_legend(self) -> None:
        self._viewing.legend_shown = not self._viewing.legend_shown

    # ------------------------------------------------------------------ privately

    def _refuse(self, sentence: str) -> None:
        assert self._window.session is not None
        self._window.session.refused.emit(sentence)
