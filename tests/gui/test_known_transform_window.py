"""The window of the known-transform test: random and typed transforms, trials as they come, cancelled, copied."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog

from tests.gui.hands import let_live
from tests.gui.small_patient import MR_FRAME, SHIFT_MM, ball
from workstation.fusion.known_transform import Trial, rigid_then_deformable
from workstation.fusion.registration import Registration
from workstation.geometry.transform import Transform
from workstation.gui import known_transform_window
from workstation.gui.application import settle
from workstation.gui.known_transform_window import DEFORMABLE, RANDOM, TYPED, KnownTransformWindow
from workstation.gui.main_window import MainWindow
from workstation.gui.quality_commands import QualityCommands


@pytest.fixture(autouse=True)
def quick_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine is tested elsewhere: this one knows where the small patient's MR lies, and misses it by 1 mm."""
    real = known_transform_window.known_transform_test
    here = ball("MR", MR_FRAME, SHIFT_MM, "2").grid

    def register(fixed, moving, *, progress, watch):
        for n in range(20):
            progress(n / 20, "Climbing")
        moved = Transform(moving.grid.matrix @ here.inverse_matrix)
        off = Transform.from_rigid((SHIFT_MM[0] + 1.0, SHIFT_MM[1], SHIFT_MM[2]))
        frames = fixed.frame_of_reference_uid, moving.frame_of_reference_uid
        return Registration("t", *frames, moved.after(off), "", {"verdict": "good"})

    def test(*arguments, **named):
        return real(*arguments, **{"register": register, **named})

    monkeypatch.setattr(known_transform_window, "known_transform_test", test)


@pytest.fixture
def test_window(full_window: MainWindow) -> KnownTransformWindow:
    full_window.action("test_known_transforms").trigger()
    let_live(0.02)
    found = next(h for h in full_window.handlers if isinstance(h, QualityCommands)).test
    assert found is not None and found.isVisible() and not found.isModal()
    return found


def press_test(window: KnownTransformWindow) -> None:
    QTest.mouseClick(window.start_button, Qt.MouseButton.LeftButton)
    assert not window.start_button.isEnabled() and window.cancel.isVisible()


def type_into(field, text: str) -> None:
    field.line.setFocus()
    field.line.selectAll()
    QTest.keyClicks(field.line, text)
    QTest.keyClick(field.line, Qt.Key.Key_Tab)


def column(window: KnownTransformWindow, number: int) -> list[str]:
    return [window.table.item(row, number).text() for row in range(window.table.rowCount())]


def test_random_displacements_are_tested_and_listed(
    full_window: MainWindow, test_window, tmp_path, monkeypatch
) -> None:
    before = dict(full_window.session.case.registrations)
    assert "MR" in test_window.purpose.text() and "against the registration of the case" in test_window.purpose.text()
    type_into(test_window.count, "3")
    press_test(test_window)
    assert settle(full_window, 30)
    assert column(test_window, 0) == ["1", "2", "3"]
    assert column(test_window, 3) == ["1.00 mm"] * 3 and column(test_window, 6) == ["✓ good"] * 3
    assert "All 3 displacements" in test_window.summary.text() and "mean error 1.00 mm" in test_window.summary.text()
    assert "agree with each other within 0.00 mm" in test_window.summary.text()
    assert test_window.start_button.isEnabled() and not test_window.cancel.isVisible()
    assert dict(full_window.session.case.registrations) == before
    QTest.mouseClick(test_window.copy_button, Qt.MouseButton.LeftButton)
    lines = QApplication.clipboard().text().splitlines()
    assert len(lines) == 4 and lines[0].startswith("Trial\tShift")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "trials.csv"), ""))
    QTest.mouseClick(test_window.save_button, Qt.MouseButton.LeftButton)
    assert len(Path(tmp_path / "trials.csv").read_text(encoding="utf-8").splitlines()) == 4


def test_typed_transforms_are_checked_in_place(full_window: MainWindow, test_window) -> None:
    test_window.how.setCurrentIndex(test_window.how.findData(TYPED))
    assert test_window.typed.isVisible() and not test_window.count.isVisible()
    for wrong, told in (("", "at least one line"), ("1 2 3", "Line 1 needs six"), ("1 2 3 4 5 x", "no number"),
                        ("1 2 3 4 5 nan", "Line 1 needs six")):  # fmt: skip
        test_window.typed.setPlainText(wrong)
        QTest.mouseClick(test_window.start_button, Qt.MouseButton.LeftButton)
        assert told in test_window.reason.text() and test_window.start_button.isEnabled()
    test_window.typed.setFocus()
    test_window.typed.clear()
    QTest.keyClicks(test_window.typed, "5 -3 2 0 0 4\r\r1,5; 0; 0; 0; 0; 0")
    assert not test_window.reason.isVisible()
    press_test(test_window)
    assert settle(full_window, 30)
    assert column(test_window, 1) == ["+5.0, -3.0, +2.0 mm", "+1.5, +0.0, +0.0 mm"]
    assert column(test_window, 2)[0] == "+0.0, +0.0, +4.0°"
    test_window.how.setCurrentIndex(test_window.how.findData(RANDOM))
    assert test_window.count.isVisible() and not test_window.typed.isVisible()


def test_a_deformable_registration_is_tested_on_a_bent_image(
    full_window: MainWindow, test_window, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: dict = {}

    def test(*arguments, progress, heard, **named):
        asked.update(named)
        return []

    assert "Nothing is resampled" in test_window.purpose.text() and not test_window.bend.isVisible()
    test_window.engine.setCurrentIndex(test_window.engine.findData(DEFORMABLE))
    assert "resampled once" in test_window.purpose.text() and test_window.bend.isVisible()
    monkeypatch.setattr(known_transform_window, "known_transform_test", test)
    type_into(test_window.bend, "6")
    press_test(test_window)
    assert settle(full_window, 30)
    assert asked["bend_mm"] == 6.0 and asked["register"] is rigid_then_deformable


def test_ranges_that_are_no_numbers_start_nothing(test_window) -> None:
    test_window.shift.line.setFocus()
    test_window.shift.line.selectAll()
    QTest.keyClicks(test_window.shift.line, "far")
    QTest.mouseClick(test_window.start_button, Qt.MouseButton.LeftButton)
    assert test_window.start_button.isEnabled() and test_window.shift.reason.isVisible()


def test_it_can_be_cancelled_and_closing_stops_it(full_window: MainWindow, test_window) -> None:
    type_into(test_window.count, "200")
    press_test(test_window)
    QTest.mouseClick(test_window.cancel, Qt.MouseButton.LeftButton)
    assert test_window.summary.text().startswith("Stopped.") and test_window.start_button.isEnabled()
    press_test(test_window)
    test_window.close()
    let_live(0.02)
    assert not [job for job in full_window.runner.jobs if job.lane == known_transform_window.LANE]
    assert next(h for h in full_window.handlers if isinstance(h, QualityCommands)).test is None


def test_an_unnoticed_failure_is_red_and_said(test_window) -> None:
    zero = Transform.identity().translation_mm()
    for number, told in ((1, "good"), (2, "failed")):
        error = {"mean": 9.0, "p95": 9.5, "max": 10.0} if number == 1 else None
        why = "" if number == 1 else "no overlap"
        test_window._heard(Trial(number, zero, zero, 0.0, error, 1.0, "failed", told, why))
    test_window._summarise("")
    assert "do not trust" in test_window.summary.text() and test_window.summary.property("kind") == "reason"
    assert test_window.note.text() == "Trial 2: no overlap"
    assert column(test_window, 6) == ["✕ failed", "✕ failed"] and column(test_window, 3)[1] == "no answer"


def test_one_image_alone_can_t_be_tested(ct_window: MainWindow) -> None:
    heard: list[str] = []
    ct_window.session.refused.connect(heard.append)
    ct_window.action("test_known_transforms").trigger()
    ct_window.action("measure_registration").trigger()
    assert "needs two images" in heard[0] and "register them first" in heard[1]
