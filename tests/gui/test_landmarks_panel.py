"""Registration by landmarks with real clicks, on images that nothing links yet."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from tests.gui.hands import LEFT, NO_KEYS, click, let_live
from tests.gui.small_patient import SHIFT_MM, SmallPatient
from workstation.gui.application import settle
from workstation.gui.main_window import MainWindow
from workstation.gui.panels.landmark_page import NAME, LandmarkPage
from workstation.gui.panels.registration import LANDMARKS, RegistrationPanel
from workstation.gui.viewport.slice_view import SliceView

POINTS = ((10.0, 0.0, 0.0), (-12.0, 8.0, 0.0), (0.0, -20.0, 0.0), (6.0, 16.0, 12.0))


@pytest.fixture
def window_of_two(window: MainWindow, patient: SmallPatient) -> MainWindow:
    """CT and MR without a registration."""
    window.commands.open_paths([str(patient.ct_folder), str(patient.mr_folder)])
    assert settle(window, 30)
    return window


@pytest.fixture
def page(window_of_two: MainWindow) -> LandmarkPage:
    assert window_of_two.workspace is not None
    panel = window_of_two.workspace.show_dock("registration")
    assert isinstance(panel, RegistrationPanel)
    panel.show_page(LANDMARKS)
    let_live(0.2)
    return panel.landmarks


def views_of(window: MainWindow) -> dict[str, SliceView]:
    """The views of the compare layout by the image that they show."""
    assert window.workspace is not None
    grid = window.workspace.views
    found = [grid.views[name] for name in grid.shown()]
    return {view.image_key: view for view in found if isinstance(view, SliceView)}


def click_on(view: SliceView, point_mm: tuple[float, float, float]) -> None:
    """Go to the slice of a point of the view's own frame, and click it."""
    view.point_at(np.array(point_mm))
    let_live(0.05)
    frame = view.frame()
    assert frame is not None
    x, y = frame.to_pixels(frame.plane.to_plane(point_mm)[:2]).tolist()
    from PySide6.QtCore import QPoint

    QTest.mouseClick(view, LEFT, NO_KEYS, QPoint(round(x), round(y)))
    let_live(0.05)


def test_pairs_are_clicked_side_by_side_and_fitted(window_of_two: MainWindow, page: LandmarkPage) -> None:
    session = window_of_two.session
    assert session is not None
    ct, mr = session.case.planning_key, session.registering.moving.key  # type: ignore[union-attr]
    window_of_two.action("layout_compare").trigger()
    let_live(0.3)
    click(page.tool)
    views = views_of(window_of_two)
    for point in POINTS:
        click_on(views[mr], tuple(np.add(point, SHIFT_MM).tolist()))  # type: ignore[arg-type]
        click_on(next(view for key, view in views.items() if key in ("", ct)), point)
    assert [pair.complete for pair in session.desk.landmarking.pairs] == [True] * 4
    let_live(0.2)
    assert page.table.rowCount() == 4 and "FRE" in page.words.text() and page.fit.isEnabled()
    click(page.fit)
    assert settle(window_of_two, 60)
    made = session.registering.registration
    assert made is not None and made.method.startswith("landmarks")
    assert made.fixed_to_moving.apply(np.zeros(3)) == pytest.approx(SHIFT_MM, abs=1.5)
    assert made.quality["landmarks"]["count"] == 4


def test_a_pair_is_named_in_the_list_and_deleted(window_of_two: MainWindow, page: LandmarkPage) -> None:
    session = window_of_two.session
    assert session is not None
    for point in POINTS[:2]:
        session.desk.landmarking.place("fixed", np.array(point))
    let_live(0.2)
    assert page.table.rowCount() == 2
    item = page.table.item(0, NAME)
    assert item is not None
    item.setText("Clivus")
    assert next(iter(session.case.landmarks.values())).name == "Clivus"
    page.table.selectRow(0)
    page.table.setCurrentCell(0, NAME)
    let_live(0.1)
    before = len(session.case.landmarks)
    click(page.delete)
    assert len(session.case.landmarks) == before - 1
    session.case.undo()
    assert next(iter(session.case.landmarks.values())).name == "Clivus"


def test_files_go_out_and_come_back_as_one_step(window_of_two: MainWindow, page: LandmarkPage, tmp_path: Path) -> None:
    from workstation.fusion.landmark_files import write_landmarks

    session = window_of_two.session
    assert session is not None
    for point in POINTS:
        session.desk.landmarking.place("fixed", np.array(point))
        session.desk.landmarking.place("moving", np.add(point, SHIFT_MM))
    path = tmp_path / "pairs.csv"
    write_landmarks(path, session.desk.landmarking.pairs)
    before = [pair.fixed_mm for pair in session.desk.landmarking.pairs]
    for _ in range(8):
        session.case.undo()
    assert not session.case.landmarks
    page.read_files([str(path)])
    assert session.case.undo_label == "Read landmarks"
    assert np.array_equal([pair.fixed_mm for pair in session.desk.landmarking.pairs], before)
    heard: list[str] = []
    session.refused.connect(heard.append)
    (tmp_path / "bad.csv").write_text("nothing\n")
    page.read_files([str(tmp_path / "bad.csv")])
    assert "bad.csv" in heard[0] and len(session.case.landmarks) == 4


def test_landmarks_are_seen_while_their_page_is(window_of_two: MainWindow, page: LandmarkPage) -> None:
    session = window_of_two.session
    assert session is not None and window_of_two.workspace is not None
    session.viewing.crosshair_mm = (0.0, 0.0, 0.0)
    view = window_of_two.workspace.views.views["axial"]
    let_live(0.2)
    without = view.grab().toImage()
    session.desk.landmarking.place("fixed", np.array([10.0, 0.0, 0.0]))
    let_live(0.2)
    assert view.grab().toImage() != without
    session.desk.landmarking.shown = False
    let_live(0.2)
    assert view.grab().toImage() == without
    QTest.keyClick(view, Qt.Key.Key_K)
    assert window_of_two.workspace.tool_key == "landmark"
