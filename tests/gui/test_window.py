"""The window as a whole: the image comes first, both themes, nothing cut off, errors never stop it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel
from pytestqt.qtbot import QtBot

from tests.gui.hands import click, let_live
from workstation.gui.application import ErrorCatcher, create_window, settle
from workstation.gui.fields import ElidedLabel
from workstation.gui.main_window import MainWindow
from workstation.gui.settings import Settings
from workstation.gui.theme import DARK, LIGHT
from workstation.gui.tool_bar import ToolBar
from workstation.gui.workspace import STEPS

ROOT = Path(__file__).resolve().parents[2]


def test_the_start_page_shows_how_to_begin(window: MainWindow) -> None:
    assert window.start_page.isVisible()
    assert [b.text() for b in window.start_page.buttons] == ["Open folder…", "Open files…", "Open the glomus example"]
    words = [w.text() for w in window.start_page.findChildren(QLabel)]
    assert any("not a medical device" in w for w in words)


def test_the_views_have_at_least_two_thirds_of_the_window(full_window: MainWindow) -> None:
    assert full_window.workspace is not None
    full_window.resize(1400, 1000)
    let_live(0.05)
    views = full_window.workspace.views
    share = views.width() * views.height() / (full_window.width() * full_window.height())
    assert share >= 2 / 3, f"{share:.3f}"


def test_the_theme_changes_everywhere_at_once_and_is_remembered(full_window: MainWindow) -> None:
    for theme in (LIGHT, DARK):
        full_window.action(f"theme_{theme.name}").trigger()
        let_live(0.05)
        picture = full_window.grab().toImage()
        ground = picture.pixelColor(20, full_window.height() // 2 + 200)  # below the steps
        assert ground == QColor(theme.surface), theme.name
        assert Settings().theme() == theme.name
        assert full_window.action(f"theme_{theme.name}").isChecked()


def test_messages_take_room_from_the_page_and_never_make_the_window_grow(full_window: MainWindow) -> None:
    full_window.resize(1400, 1000)
    for n in range(3):
        full_window.messages.say(f"Message {n}: " + "a sentence that is rather long " * 4, "caution")
    let_live(0.1)
    assert (full_window.width(), full_window.height()) == (1400, 1000)
    assert full_window.workspace is not None
    bar = full_window.workspace.tool_bar
    assert all(
        bar.rect().contains(button.geometry())
        for button in bar.findChildren(QAbstractButton)
        if button.parent() is bar and button.isVisible()
    )
    assert bar.height() >= bar.sizeHint().height()
    assert cut_off(full_window) == []


def cut_off(window: MainWindow) -> list[str]:
    """Texts of visible labels and buttons that have less room than they need."""
    found = []
    for widget in window.findChildren(QLabel) + window.findChildren(QAbstractButton):
        if not widget.isVisible() or isinstance(widget, ElidedLabel) or not widget.text():
            continue
        wraps = isinstance(widget, QLabel) and widget.wordWrap()
        needed = widget.heightForWidth(widget.width()) if wraps else widget.minimumSizeHint().width()
        room = widget.height() if wraps else widget.width()
        if room < needed - 1:
            found.append(f"{widget.text()!r}: {room} of {needed}")
    return found


def test_no_text_is_cut_off_in_any_panel(full_window: MainWindow) -> None:
    assert full_window.workspace is not None
    for step in STEPS:
        full_window.commands.choose_step(step)
        let_live(0.05)
        assert cut_off(full_window) == [], step


@pytest.mark.slow
@pytest.mark.parametrize("scale", ["1.25", "1.5"])
def test_no_text_is_cut_off_on_scaled_screens(scale: str, patient: object, tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "from workstation.gui.application import create_window, settle\n"
        "from tests.gui.test_window import STEPS, cut_off\n"
        "window = create_window(size=(1400, 900))\n"
        "assert settle(window, 90)\n"
        "window.commands.open_paths([sys.argv[1]])\n"
        "assert settle(window, 60)\n"
        "found = []\n"
        "for step in STEPS:\n"
        "    window.commands.choose_step(step)\n"
        "    settle(window, 5)\n"
        "    found += cut_off(window)\n"
        "window.files.leave_without_asking()\n"
        "window.close()\n"
        "print('\\n'.join(found))\n"
    )
    environment = {
        **os.environ,
        "QT_SCALE_FACTOR": scale,
        "QT_QPA_PLATFORM": "offscreen",
        "RT_WORKSTATION_DATA": str(tmp_path),
    }
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


def test_an_unexpected_error_becomes_a_sentence_and_the_window_goes_on(window: MainWindow) -> None:
    catcher = ErrorCatcher(window)
    try:
        raise ZeroDivisionError("Doe^Jane")
    except ZeroDivisionError as error:
        catcher._catch(type(error), error, error.__traceback__)
    let_live(0.05)
    assert len(window.messages.texts()) == 1
    assert "ZeroDivisionError" in window.messages.texts()[0] and "Doe" not in window.messages.texts()[0]
    click(window.messages.messages()[0].close_button)
    assert window.start_page.isVisible()


def test_a_window_can_be_made_on_a_case_in_one_call(qapp: QApplication) -> None:
    from tests.gui.small_patient import CT_FRAME, ball, case_of

    window = create_window(case_of(ball("CT", CT_FRAME, (0, 0, 0), "1")), theme="light", size=(1000, 700))
    try:
        assert settle(window, 60)
        assert window.session is not None and window.session.case.planning is not None
        assert window.grab().width() == 1000
    finally:
        window.files.leave_without_asking()
        window.close()


def test_the_window_itself_needs_nothing_heavy() -> None:
    code = (
        "import sys\n"
        "import workstation.gui.application\n"
        "heavy = ('numpy', 'vtkmodules', 'SimpleITK', 'numba', 'pydicom', 'shapely', 'psygnal', 'qtawesome')\n"
        "print([name for name in heavy if name in sys.modules])\n"
    )
    answer = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert answer.stdout.strip() == "[]", answer.stdout + answer.stderr


def _fits(bar: ToolBar) -> bool:
    """Whether the last field of the bar has all its room."""
    return bar.amount.geometry().right() <= bar.width()


def test_fusion_stays_in_sight_in_a_narrow_window(full_window: MainWindow, qtbot: QtBot) -> None:
    assert full_window.workspace is not None
    bar = full_window.workspace.tool_bar
    full_window.action("tool_crosshair").trigger()
    for width, words in ((933, False), (1400, True), (933, False)):
        full_window.resize(width, 700)
        qtbot.waitUntil(lambda words=words: bar.rules.isVisible() == words and _fits(bar), timeout=10000)
        assert full_window.width() == width
        assert bar.fusion.isVisible() and bar.amount.isVisible() and bar.presets.isVisible()
        captions = [found for found in bar.findChildren(QLabel) if found.text() in ("Brush", "Window", "Fusion")]
        assert len(captions) == 3 and all(caption.isVisible() == words for caption in captions)
        assert bar.rules.isVisible() == words
        assert cut_off(full_window) == []
    full_window.action("tool_brush").trigger()
    let_live(0.1)
    assert bar.rules.isVisible(), "who draws sees how strokes are set"
