"""Registration by landmarks with real clicks, on images that nothing links yet."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog

from tests.gui.hands import LEFT, NO_KEYS, click, key, let_live, move, place, press, release, slice_view
from tests.gui.small_patient import SHIFT_MM, SmallPatient
from workstation.fusion.landmark_files import table_text, write_landmarks
from workstation.gui.application import settle
from workstation.gui.landmark_exchange import read_files
from workstation.gui.landmark_table import WORST, Column
from workstation.gui.main_window import MainWindow
from workstation.gui.panels.landmark_page import LandmarkPage
from workstation.gui.panels.registration import LANDMARKS, RegistrationPanel
from workstation.gui.viewport.loupe import loupe_middle
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
    window_of_two.action("layout_four").trigger()
    session.viewing.overlay_key, session.viewing.opacity = mr, 1.0
    let_live(0.3)
    axial = slice_view(window_of_two)
    seen = axial.readout(QPointF(place(axial, (-27.0, 0.0, 0.0))))
    assert seen is not None and [reading.value for reading in seen.readings] == [40, 600], "the balls lie on each other"


def test_a_pair_is_named_in_the_list_and_deleted(window_of_two: MainWindow, page: LandmarkPage) -> None:
    session = window_of_two.session
    assert session is not None
    for point in POINTS[:2]:
        session.desk.landmarking.place("fixed", np.array(point))
    let_live(0.2)
    assert page.table.rowCount() == 2
    item = page.table.item(0, Column.NAME)
    assert item is not None
    item.setText("Clivus")
    assert next(iter(session.case.landmarks.values())).name == "Clivus"
    page.table.selectRow(0)
    page.table.setCurrentCell(0, Column.NAME)
    let_live(0.1)
    before = len(session.case.landmarks)
    click(page.delete)
    assert len(session.case.landmarks) == before - 1
    session.case.undo()
    assert next(iter(session.case.landmarks.values())).name == "Clivus"


def test_files_go_out_and_come_back_as_one_step(window_of_two: MainWindow, page: LandmarkPage, tmp_path: Path) -> None:
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
    read_files(session, [str(path)])
    assert session.case.undo_label == "Read landmarks"
    assert np.array_equal([pair.fixed_mm for pair in session.desk.landmarking.pairs], before)
    heard: list[str] = []
    session.refused.connect(heard.append)
    (tmp_path / "bad.csv").write_text("nothing\n")
    read_files(session, [str(tmp_path / "bad.csv")])
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


def set_pairs(window: MainWindow, count: int = 4, off_mm: float = 0.0) -> None:
    """Pairs as they truly belong together, the last one beside it."""
    session = window.session
    assert session is not None
    for number, point in enumerate(POINTS[:count], start=1):
        session.desk.landmarking.place("fixed", np.array(point))
        moved = np.add(point, SHIFT_MM) + (off_mm if number == count else 0.0)
        session.desk.landmarking.place("moving", moved)
    let_live(0.1)


def test_a_landmark_is_dragged_under_a_loupe_and_the_figures_follow(
    window_of_two: MainWindow, page: LandmarkPage
) -> None:
    session, view = window_of_two.session, slice_view(window_of_two)
    assert session is not None
    set_pairs(window_of_two)
    click(page.tool)
    session.viewing.crosshair_mm = (0.0, 0.0, 0.0)
    let_live(0.3)
    before = page.words.text()
    assert "FRE 0.00 mm" in before and "Expected at the crosshair" in before
    press(view, POINTS[0])
    move(view, (14.0, 0.0, 0.0))
    let_live(0.05)
    loupe = loupe_middle(QRectF(view.rect()), QPointF(place(view, (14.0, 0.0, 0.0)))).toPoint()
    ring = view.grab(QRect(loupe - QPoint(66, 66), loupe + QPoint(66, 66))).toImage()
    assert bright(ring) > 300, "a ring that was not there before"
    move(view, (16.0, 0.0, 0.0))
    let_live(0.1)
    assert page.words.text() != before, "while it is dragged"
    release(view, (16.0, 0.0, 0.0))
    let_live(0.1)
    first = session.desk.landmarking.pairs[0]
    assert first.fixed_mm == pytest.approx([16.0, 0.0, 0.0], abs=1.0) and session.case.undo_label == "Move landmark 1"
    dragged = page.words.text()
    assert "FRE 0.00" not in dragged and WORST in "".join(error_texts(page))
    assert bright(view.grab(QRect(loupe - QPoint(66, 66), loupe + QPoint(66, 66))).toImage()) < bright(ring)
    key(window_of_two, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    let_live(0.1)
    assert page.words.text() == before


def error_texts(page: LandmarkPage) -> list[str]:
    """The last column."""
    items = [page.table.item(row, Column.ERROR) for row in range(page.table.rowCount())]
    return [item.text() for item in items if item is not None]


def bright(image: QImage) -> int:
    """How many pixels are light grey."""
    colors = (image.pixelColor(x, y) for x in range(image.width()) for y in range(image.height()))
    return sum(min(c.red(), c.green(), c.blue()) > 190 for c in colors)


def test_delete_takes_the_chosen_pair_out_of_view_and_list(window_of_two: MainWindow, page: LandmarkPage) -> None:
    session, view = window_of_two.session, slice_view(window_of_two)
    assert session is not None
    set_pairs(window_of_two)
    click(page.tool)
    session.viewing.crosshair_mm = (0.0, 0.0, 0.0)
    let_live(0.2)
    QTest.mouseClick(view, LEFT, NO_KEYS, place(view, POINTS[1]))
    let_live(0.1)
    assert session.desk.landmarking.selected == session.desk.landmarking.pairs[1].identifier
    assert page.table.currentRow() == 1, "what is clicked is chosen in the list"
    QTest.keyClick(view, Qt.Key.Key_Delete)
    assert [pair.number for pair in session.desk.landmarking.pairs] == [1, 3, 4]
    let_live(0.1)
    page.table.setCurrentCell(0, Column.NUMBER)
    page.table.setFocus()
    QTest.keyClick(page.table, Qt.Key.Key_Delete)
    assert [pair.number for pair in session.desk.landmarking.pairs] == [3, 4]
    session.case.undo()
    session.case.undo()
    assert [pair.number for pair in session.desk.landmarking.pairs] == [1, 2, 3, 4]


def test_a_pair_is_gone_to_in_both_images(window_of_two: MainWindow, page: LandmarkPage) -> None:
    session = window_of_two.session
    assert session is not None and session.registering.moving is not None
    set_pairs(window_of_two)
    window_of_two.action("layout_compare").trigger()
    let_live(0.3)
    mr = views_of(window_of_two)[session.registering.moving.key]
    page.table.setCurrentCell(3, Column.NUMBER)
    let_live(0.1)
    click(page.go)
    pair = session.desk.landmarking.pairs[3]
    assert session.viewing.crosshair_mm == pytest.approx(pair.fixed_mm)
    assert not mr.linked and mr.aim.point_mm == pytest.approx(pair.moving_mm)
    session.viewing.crosshair_mm = (0.0, 0.0, 0.0)
    item = page.table.item(3, Column.FIXED)
    assert item is not None
    where = page.table.visualItemRect(item).center()
    QTest.mouseClick(page.table.viewport(), LEFT, NO_KEYS, where)
    QTest.mouseDClick(page.table.viewport(), LEFT, NO_KEYS, where)
    assert session.viewing.crosshair_mm == pytest.approx(pair.fixed_mm)


def test_what_makes_a_fit_doubtful_is_said(window_of_two: MainWindow, page: LandmarkPage) -> None:
    session = window_of_two.session
    assert session is not None
    set_pairs(window_of_two, 2)
    assert "two are" in page.words.text() and not page.fit.isEnabled() and "two are" in page.fit.toolTip()
    session.desk.landmarking.place("fixed", np.array(POINTS[2]))
    session.desk.landmarking.place("moving", np.add(POINTS[2], SHIFT_MM))
    let_live(0.1)
    assert page.fit.isEnabled() and page.warnings.isVisible() and "set a fourth" in page.warnings.text()


@pytest.mark.parametrize("ending", [".csv", ".mrk.json", ".fcsv", ".txt"])
def test_every_kind_of_file_is_written_and_read_by_the_buttons(
    window_of_two: MainWindow, page: LandmarkPage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    session = window_of_two.session
    assert session is not None
    set_pairs(window_of_two)
    before = [(pair.fixed_mm.tolist(), pair.moving_mm.tolist()) for pair in session.desk.landmarking.pairs]  # type: ignore[union-attr]
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / f"pairs{ending}"), ""))
    click(page.write)
    written = sorted(str(path) for path in tmp_path.glob("pairs*"))
    names = [Path(path).name for path in written]
    assert names == (["pairs.csv"] if ending == ".csv" else [f"pairs_fixed{ending}", f"pairs_moving{ending}"])
    for _ in range(8):
        session.case.undo()
    let_live(0.1)
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_: (written[::-1], ""))
    click(page.read)
    pairs = session.desk.landmarking.pairs
    assert [(pair.fixed_mm.tolist(), pair.moving_mm.tolist()) for pair in pairs] == before  # type: ignore[union-attr]
    assert [pair.number for pair in pairs] == [1, 2, 3, 4] and session.case.undo_label == "Read landmarks"
    heard: list[str] = []
    session.refused.connect(heard.append)
    let_live(0.1)
    if ending != ".csv":
        click(page.write)
        assert "exist already" in heard[0]


def test_one_list_after_the_other_fills_both_sides(
    window_of_two: MainWindow, page: LandmarkPage, tmp_path: Path
) -> None:
    session = window_of_two.session
    assert session is not None
    set_pairs(window_of_two)
    write_landmarks(tmp_path / "a_fixed.fcsv", session.desk.landmarking.pairs, tmp_path / "a_moving.fcsv")
    for _ in range(8):
        session.case.undo()
    read_files(session, [str(tmp_path / "a_moving.fcsv")])
    assert [pair.fixed_mm for pair in session.desk.landmarking.pairs] == [None] * 4
    read_files(session, [str(tmp_path / "a_fixed.fcsv")])
    assert [pair.complete for pair in session.desk.landmarking.pairs] == [True] * 4
    assert session.desk.landmarking.pairs[2].fixed_mm == pytest.approx(POINTS[2])
    heard: list[str] = []
    session.refused.connect(heard.append)
    read_files(session, [str(tmp_path / f"a_{side}.fcsv") for side in ("fixed", "moving", "fixed")])
    assert "two lists" in heard[0]
    (tmp_path / "empty.csv").write_text(table_text([]))
    read_files(session, [str(tmp_path / "empty.csv")])
    assert heard[1] == "empty.csv holds no landmarks"


def test_landmarks_and_their_registration_are_there_when_the_case_is_opened_again(
    window_of_two: MainWindow, page: LandmarkPage, tmp_path: Path
) -> None:
    session = window_of_two.session
    assert session is not None
    set_pairs(window_of_two, off_mm=1.0)
    click(page.fit)
    assert settle(window_of_two, 60)
    shown = page.words.text()
    window_of_two.files.save_as(str(tmp_path / "work.rtcase"))
    assert settle(window_of_two, 30)
    window_of_two.action("close_case").trigger()
    window_of_two.commands.open_paths([str(tmp_path / "work.rtcase")])
    assert settle(window_of_two, 30)
    again = window_of_two.session
    assert again is not None and again is not session and window_of_two.workspace is not None
    panel = window_of_two.workspace.show_dock("registration")
    assert isinstance(panel, RegistrationPanel)
    panel.show_page(LANDMARKS)
    let_live(0.2)
    assert [pair.complete for pair in again.case.landmarks.values()] == [True] * 4
    assert panel.landmarks.words.text() == shown and "FRE 0.00" not in shown
    made = again.registering.registration
    assert made is not None and made.method.startswith("landmarks")
