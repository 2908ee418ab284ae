"""Small pictures of every layout, fusion mode and theme, compared with those that people have looked at.

They are a few thousand pixels each, made by averaging blocks: a changed colour, a mirrored slice or a missing panel
shows, another font hardly does. After a change that is meant, look at the new ones:
`RENEW_PICTURES=1 python -m pytest tests/gui/test_small_pictures.py`, then open tests/gui/pictures.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QEvent
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QWidget

from tests.gui.hands import let_live
from tests.gui.test_layouts import choose, open_grid, phases_case
from tests.gui.viewport_scene import add_cylinder, image_format, mouse, pixels, place_of
from workstation.gui.layout_model import LAYOUTS, VOLUME
from workstation.gui.main_window import MainWindow
from workstation.gui.theme import apply_theme
from workstation.gui.viewport.view_grid import ViewGrid
from workstation.view.fusion_look import MODES
from workstation.view.slab import Slab

FOLDER = Path(__file__).parent / "pictures"
BLOCK = 8
LARGEST_MEAN = 4.0
"""Of the differences of all blocks and channels, 0 to 255."""
MOST_OFF = 0.02
OFF = 60
"""Share of blocks that may differ by more than `OFF`: letters of another font."""


def shrunk(picture: np.ndarray) -> np.ndarray:
    """Means (h, w, 3) uint8 over blocks."""
    height, width = (n // BLOCK * BLOCK for n in picture.shape[:2])
    blocks = picture[:height, :width].reshape(height // BLOCK, BLOCK, width // BLOCK, BLOCK, 3)
    return np.rint(blocks.mean((1, 3))).astype(np.uint8)


def compare(name: str, picture: np.ndarray) -> None:
    """With the picture that was kept, or keep this one where that is asked for."""
    small, path = shrunk(picture), FOLDER / f"{name}.png"
    if os.environ.get("RENEW_PICTURES"):
        height, width, _ = small.shape
        image = QImage(np.ascontiguousarray(small).data, width, height, 3 * width, QImage.Format.Format_RGB888)
        assert image.save(str(path))
        return
    assert path.exists(), f"there is no picture {path.name} to compare with"
    kept = QImage(str(path)).convertToFormat(image_format())
    rows = np.frombuffer(kept.constBits(), np.uint8).reshape(kept.height(), kept.bytesPerLine() // 4, 4)
    expected = rows[:, : kept.width(), 2::-1].astype(int)
    assert expected.shape == small.shape
    difference = np.abs(expected - small)
    assert difference.mean() < LARGEST_MEAN, f"{name} differs by {difference.mean():.1f} in the mean"
    off = (difference.max(-1) > OFF).mean()
    assert off < MOST_OFF, f"{100 * off:.1f} % of {name} is quite another picture"


def without_volume(grid: ViewGrid) -> np.ndarray:
    """The views' pixels; the 3D view, which depends on OpenGL, is blackened."""
    picture = pixels(grid)
    view: QWidget = grid.views[VOLUME]
    if view.isVisible():
        corner = view.mapTo(grid, view.rect().topLeft())
        picture[corner.y() : corner.y() + view.height(), corner.x() : corner.x() + view.width()] = 0
    return picture


@pytest.fixture
def grid(qtbot, qapp: QApplication) -> ViewGrid:
    apply_theme(qapp, "dark")
    case = phases_case()
    add_cylinder(case, "GTV", 20.0)
    add_cylinder(case, "PTV", 26.0)
    made = open_grid(qtbot, case, (640, 480))
    made.viewing.overlay_key = "mr"
    made.viewing.crosshair_mm = (10.0, -6.0, 4.0)
    QApplication.processEvents()
    return made


def at_rest(qtbot, grid: ViewGrid) -> np.ndarray:
    qtbot.waitUntil(lambda: not grid.outlines.busy, timeout=5000)
    let_live(0.2)
    return without_volume(grid)


@pytest.mark.parametrize("name", LAYOUTS)
def test_layouts(qtbot, grid: ViewGrid, name: str) -> None:
    grid.viewing.legend_shown = True
    choose(grid, name)
    compare(f"layout-{name}", at_rest(qtbot, grid))


@pytest.mark.parametrize("mode", MODES)
def test_modes(qtbot, grid: ViewGrid, mode: str) -> None:
    choose(grid, "row")
    grid.viewing.change_look(mode=mode)
    if mode == "spyglass":
        view = grid.views["axial"]
        mouse(view, QEvent.Type.MouseMove, place_of(view, (15, 10, 4)))
    if mode == "flicker":
        grid._flicker.stop()
    compare(f"mode-{mode}", at_rest(qtbot, grid))


def test_green_and_magenta(qtbot, grid: ViewGrid) -> None:
    choose(grid, "row")
    grid.viewing.change_look(mode="colour", overlay_colors="green/magenta", opacity=0.5)
    compare("mode-green-magenta", at_rest(qtbot, grid))


def test_a_slab_and_turned_planes(qtbot, grid: ViewGrid) -> None:
    choose(grid, "row")
    grid.viewing.slab = Slab(30.0, "maximum")
    compare("slab-maximum", at_rest(qtbot, grid))
    grid.viewing.slab = Slab()
    grid.viewing.turn_planes("axial", grid.views["axial"].plane().normal, 30)
    compare("turned", at_rest(qtbot, grid))


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_the_window_in_both_themes(full_window: MainWindow, theme: str) -> None:
    window = full_window
    window.action(f"theme_{theme}").trigger()
    window.commands.choose_step("fuse")
    window.resize(1000, 720)
    window.messages.clear()
    let_live(0.6)
    picture = pixels(window)
    view = window.workspace.views.views[VOLUME]
    corner = view.mapTo(window, view.rect().topLeft())
    picture[corner.y() : corner.y() + view.height(), corner.x() : corner.x() + view.width()] = 0
    compare(f"window-{theme}", picture)
