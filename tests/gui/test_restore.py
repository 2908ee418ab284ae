"""The program starts where it was left: the case, how it was looked at, the window and its place."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QByteArray, QRect
from PySide6.QtWidgets import QApplication

from tests.gui.hands import click, let_live
from tests.gui.small_patient import SmallPatient, case_of
from workstation.gui import application
from workstation.gui.application import settle
from workstation.gui.main_window import MainWindow
from workstation.gui.settings import Settings
from workstation.store.recovery import begin_recovery

Windows = Callable[[], MainWindow]


def start(new_window: Windows) -> MainWindow:
    """A window as the program opens it when it is told nothing."""
    window = new_window()
    window.files.last.begin()
    window.files.reopen_last()
    assert settle(window, 30)
    return window


def end(window: MainWindow) -> None:
    """The person closes the window."""
    window.close()
    QApplication.processEvents()


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the first test leaves its case and its settings for the others."""
    return tmp_path_factory.mktemp("shelf")


@pytest.fixture
def left(new_window: Windows, patient: SmallPatient, tmp_path: Path, shelf: Path) -> Path:
    """A saved case that was open when the program ended, looked at in a way of its own."""
    path = tmp_path / "work.rtcase"
    if not (shelf / path.name).exists():
        leave(new_window, patient, shelf / path.name)
        shutil.copy(Settings().folder / "window.ini", shelf)
    shutil.copy(shelf / path.name, path)
    Settings().folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(shelf / "window.ini", Settings().folder)
    settings = Settings()
    settings.set_last_case(str(path))
    settings.sync()
    return path


def leave(new_window: Windows, patient: SmallPatient, path: Path) -> None:
    """Open, save, look around, and close the window."""
    window = start(new_window)
    window.commands.open_paths([str(patient.ct_folder)])
    assert settle(window, 30)
    window.files.save_as(str(path))
    assert settle(window, 30) and window.session is not None
    viewing = window.session.viewing
    viewing.crosshair_mm = np.array([3.0, -4.0, 7.5])
    viewing.set_window(window.session.case.planning_key, 100.0, 700.0)
    viewing.layout.choose("row")
    window.action("step_review").trigger()
    end(window)
    kept = (Settings().folder / "window.ini").read_text()
    assert path.name in kept and "geometry=" in kept and "docks=" in kept, "all is on disk when the window is closed"


def test_the_last_case_is_there_again_as_it_was_looked_at(left: Path, new_window: Windows) -> None:
    window = start(new_window)
    session, workspace = window.session, window.workspace
    assert session is not None and workspace is not None
    assert session.file is not None and session.file.path == left
    assert session.viewing.crosshair_mm.tolist() == [3.0, -4.0, 7.5]
    assert session.viewing.window(session.case.planning_key) == (100.0, 700.0)
    assert session.viewing.layout.name == "row"
    assert workspace.step == "review" and window.action("step_review").isChecked()
    assert window.start_page.note.isHidden() and window.messages.texts() == []


def test_a_panel_that_was_closed_stays_closed_when_the_step_comes_back(left: Path, new_window: Windows) -> None:
    window = start(new_window)
    assert window.workspace is not None
    click(window.workspace.dock("panel").title.close_button)
    end(window)
    window = start(new_window)
    assert window.workspace is not None
    assert window.workspace.step == "review" and window.workspace.dock("panel").isHidden()


def test_a_case_that_was_closed_before_the_end_is_not_opened(left: Path, new_window: Windows) -> None:
    window = start(new_window)
    window.action("close_case").trigger()
    end(window)
    window = start(new_window)
    assert window.session is None and window.start_page.isVisible()


def test_it_can_be_switched_off(left: Path, new_window: Windows) -> None:
    window = new_window()
    action = window.action("open_last")
    assert action.isChecked()
    action.trigger()
    assert not action.isChecked() and not Settings().open_last()
    end(window)
    window = start(new_window)
    assert window.session is None and not window.action("open_last").isChecked()
    window.action("open_last").trigger()
    assert window.action("open_last").isChecked()


def test_a_case_that_was_moved_gives_one_quiet_sentence(left: Path, new_window: Windows) -> None:
    left.rename(left.with_name("elsewhere.rtcase"))
    window = start(new_window)
    assert window.session is None and window.messages.texts() == []
    note = window.start_page.note
    assert note.isVisible() and "work, which was open last, is not there any more" in note.text()
    end(window)
    window = start(new_window)
    assert window.start_page.note.isHidden(), "it is said once"


def test_a_damaged_case_gives_one_quiet_sentence(left: Path, new_window: Windows, patient: SmallPatient) -> None:
    left.write_bytes(b"no case at all" * 100)
    window = start(new_window)
    assert window.session is None and window.messages.texts() == []
    note = window.start_page.note
    assert note.isVisible() and "work, which was open last, can't be opened" in note.text()
    window.show_case(case_of(patient.ct))
    assert note.isHidden()


def test_what_a_crash_left_behind_comes_first(left: Path, new_window: Windows, patient: SmallPatient) -> None:
    begin_recovery(case_of(patient.ct)).close()
    window = start(new_window)
    assert window.session is None and any("was not saved" in text for text in window.messages.texts())
    assert Settings().last_case() == str(left), "it is opened when that is settled"


def test_a_case_that_was_still_being_opened_is_opened_the_next_time(left: Path, new_window: Windows) -> None:
    window = new_window()
    window.files.last.begin()
    window.files.reopen_last()
    assert window.runner.jobs and Settings().last_case() == "", "one that ends the program is not tried again"
    end(window)
    assert Settings().last_case() == str(left)


def test_windows_of_scripts_remember_nothing(left: Path, new_window: Windows) -> None:
    before = (Settings().last_case(), Settings().geometry())
    window = new_window()
    window.files.reopen_last()
    assert settle(window, 30)
    window.action("close_case").trigger()
    window.resize(801, 602)
    end(window)
    assert before == (Settings().last_case(), Settings().geometry())


def test_the_window_lies_where_it_lay(new_window: Windows) -> None:
    window = start(new_window)
    window.setGeometry(QRect(60, 70, 701, 603))
    let_live(0.05)
    end(window)
    window = start(new_window)
    assert window.geometry() == QRect(60, 70, 701, 603)
    window.showMaximized()
    let_live(0.05)
    end(window)
    assert start(new_window).isMaximized()


def test_a_screen_that_is_gone_brings_the_window_back_onto_one_that_is_there(new_window: Windows) -> None:
    window = start(new_window)
    window.setGeometry(QRect(9000, 9000, 700, 600))
    let_live(0.05)
    end(window)
    window = start(new_window)
    room = QApplication.primaryScreen().availableGeometry()
    assert room.contains(window.geometry().center())


def test_a_kept_place_that_cannot_be_read_changes_nothing(new_window: Windows) -> None:
    Settings().set_geometry(QByteArray(b"nonsense"))
    window = start(new_window)
    assert (window.width(), window.height()) == (1400, 1000)


@pytest.mark.parametrize(
    ("told", "expected"), [({}, True), ({"paths": ["/no/such/folder"]}, False), ({"demo_seed": 3}, False)]
)
def test_only_a_start_without_anything_to_show_opens_the_last_case(
    told: dict[str, object], expected: bool, monkeypatch: pytest.MonkeyPatch, qapp: QApplication
) -> None:
    asked: list[str] = []
    monkeypatch.setattr("workstation.gui.case_files.CaseFiles.reopen_last", lambda self: asked.append("last"))
    monkeypatch.setattr("workstation.gui.case_files.CaseFiles.open_paths", lambda self, paths: asked.append("paths"))
    monkeypatch.setattr("workstation.gui.case_files.CaseFiles.open_example", lambda self, seed=0: asked.append("demo"))
    monkeypatch.setattr(application, "_write_log", lambda settings: None)
    monkeypatch.setattr(type(qapp), "exec", lambda self: 0)
    shown = [w for w in QApplication.topLevelWidgets() if isinstance(w, MainWindow)]
    assert application.run(**told) == 0  # type: ignore[arg-type]
    assert ("last" in asked) == expected and len(asked) == 1
    for window in QApplication.topLevelWidgets():
        if isinstance(window, MainWindow) and window not in shown:
            window.close()
