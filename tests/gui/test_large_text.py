"""With large letters nothing is cut off: panels take the width that they need, dialogs and bars grow with them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QRect
from PySide6.QtWidgets import QAbstractButton, QAbstractScrollArea, QDialog, QLabel, QWidget

from workstation.gui.style import style_sheet
from workstation.gui.theme import LIGHT, text_scale

ROOT = Path(__file__).resolve().parents[2]
LARGE_PT = 14.0


def clipped(whole: QWidget) -> list[str]:
    """Visible texts that reach out of the scrolled area that they lie in, to the side."""
    found = []
    for widget in whole.findChildren(QLabel) + whole.findChildren(QAbstractButton):
        if not widget.isVisible() or not widget.text():
            continue
        area = widget.parentWidget()
        while area is not None and not isinstance(area, QAbstractScrollArea):
            area = area.parentWidget()
        if area is not None:
            place = QRect(widget.mapTo(area, QPoint(0, 0)), widget.size())
            if place.left() < 0 or place.right() > area.width():
                found.append(f"{widget.text()!r} in {type(area).__name__}: {place.right()} of {area.width()}")
    return found


def clipped_at_rest(window: QWidget, live: Callable[[int], None]) -> list[str]:
    """What is cut off once panels have had the time to find their places, which a busy machine takes longer for."""
    for _ in range(40):
        live(80)
        found = clipped(window)
        if not found:
            return []
    return found


def look_at_everything(folder: str) -> list[str]:
    """In a process of its own: every step, every panel and the dialogs, with large letters."""
    from tests.gui.test_window import cut_off
    from workstation.gui.application import create_window, live, settle, the_application
    from workstation.gui.workspace import STEPS

    application = the_application()
    font = application.font()
    font.setPointSizeF(LARGE_PT)
    application.setFont(font)
    window = create_window(size=(1400, 1000))
    assert settle(window, 90) and text_scale() > 1.3
    found = [f"start: {text}" for text in cut_off(window)]
    window.commands.open_paths([folder])
    assert settle(window, 60) and window.workspace is not None
    for step in STEPS:
        window.commands.choose_step(step)
        found += [f"{step}: {text}" for text in clipped_at_rest(window, live)]
    for name in window.workspace.docks.docks:
        window.workspace.show_dock(name)
        found += [f"{name}: {text}" for text in clipped_at_rest(window, live)]
    for name in ("shortcuts", "quick_reference", "about"):
        window.action(name).trigger()
        live(50)
        dialog = next(each for each in window.findChildren(QDialog) if each.isVisible())
        found += [f"{name}: {text}" for text in cut_off(dialog)]  # type: ignore[arg-type]
        dialog.close()
        live(10)
    if (window.width(), window.height()) != (1400, 1000):
        found.append(f"the window has grown to {window.width()} x {window.height()}")
    window.files.leave_without_asking()
    window.close()
    return found


@pytest.mark.slow
def test_large_letters_are_not_cut_off(patient: object, tmp_path: Path) -> None:
    code = (
        "import sys\nfrom tests.gui.test_large_text import look_at_everything\n"
        "print('\\n'.join(look_at_everything(sys.argv[1])))\n"
    )
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "RT_WORKSTATION_DATA": str(tmp_path)}
    answer = subprocess.run(
        [sys.executable, "-c", code, str(patient.folder)],  # type: ignore[attr-defined]
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=110,
    )
    assert answer.returncode == 0, answer.stderr[-2000:]
    assert answer.stdout.strip() == ""


def test_headings_grow_with_the_letters() -> None:
    usual, large = style_sheet(LIGHT), style_sheet(LIGHT, 1.5)
    assert "font-size: 15px" in usual and "font-size: 22px" in large
    assert "$" not in large
