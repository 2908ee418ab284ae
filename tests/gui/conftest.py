"""What the tests of the window share: a small patient on disk, and real windows without a screen."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication

from tests.gui.small_patient import SmallPatient, write_patient
from workstation.gui.application import create_window, settle
from workstation.gui.main_window import MainWindow

TESTS_A_COLLECTION = 5
_TESTS = count(1)


@pytest.fixture(scope="session")
def patient(tmp_path_factory: pytest.TempPathFactory) -> SmallPatient:
    """A CT, an MR in a frame of its own, a registration, a structure set and a letter, in one folder."""
    return write_patient(tmp_path_factory.mktemp("patient"))


@pytest.fixture(autouse=True)
def collected_here() -> Iterator[None]:
    """As in the window: garbage is collected by no other thread, for it may hold widgets."""
    gc.disable()
    yield
    if next(_TESTS) % TESTS_A_COLLECTION == 0:
        gc.collect()  # closed windows hold images
    gc.enable()


@pytest.fixture(autouse=True)
def own_data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Recovery files, recent cases and settings of each test for itself."""
    folder = tmp_path / "data"
    monkeypatch.setenv("RT_WORKSTATION_DATA", str(folder))
    return folder


@pytest.fixture
def new_window(qapp: object, own_data_folder: Path) -> Iterator[Callable[[], MainWindow]]:
    """Makes windows that are ready for a case, and closes them after the test."""
    made: list[MainWindow] = []

    def make() -> MainWindow:
        window = create_window(theme="dark")
        made.append(window)
        assert settle(window, 100)
        return window

    yield make
    for window in made:
        window.files.leave_without_asking()
        window.close()
        # Windows that are only closed would be styled anew with every theme of every later test.
        window.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


@pytest.fixture
def window(new_window: Callable[[], MainWindow]) -> MainWindow:
    """A window with its start page."""
    return new_window()


@pytest.fixture
def ct_window(window: MainWindow, patient: SmallPatient) -> MainWindow:
    """A window with the CT open and nothing else."""
    window.commands.open_paths([str(patient.ct_folder)])
    assert settle(window, 30)
    return window


@pytest.fixture
def full_window(window: MainWindow, patient: SmallPatient) -> MainWindow:
    """A window with everything of the small patient open."""
    window.commands.open_paths([str(patient.folder)])
    assert settle(window, 30)
    return window
