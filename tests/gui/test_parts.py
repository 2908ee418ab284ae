"""The small parts that the window is made of: fields, messages, jobs, icons, themes, sentences."""

from __future__ import annotations

import threading
import time
import zipfile

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QStyle, QStyleOptionComboBox
from pytestqt.qtbot import QtBot

from tests.gui.hands import click, let_live, type_into
from workstation.dicom.errors import DicomError
from workstation.gui.banner import Chip, ChipText
from workstation.gui.fields import CheckedLine, ElidedLabel, NumberField, SliderField
from workstation.gui.icons import IconError, glyphs, icon
from workstation.gui.jobs.runner import JobRunner
from workstation.gui.message_bar import MessageBar
from workstation.gui.panels.panel import choice
from workstation.gui.sentences import sentence_of
from workstation.gui.theme import DARK, LIGHT, apply_theme
from workstation.jobs.progress import Progress

# ---------------------------------------------------------------------------------------------- fields


@pytest.fixture
def number(qapp: object) -> NumberField:
    field = NumberField("mm", 0.0, 50.0, 0.5, 1, "The margin")
    field.set_value(5.0)
    field.show()
    return field


def test_a_number_is_taken_when_enter_is_pressed(number: NumberField) -> None:
    told: list[float] = []
    number.changed.connect(told.append)
    type_into(number.line, "7,5", end=None)
    assert told == []
    QTest.keyClick(number.line, Qt.Key.Key_Return)
    assert told == [7.5] and number.line.text() == "7.5"


@pytest.mark.parametrize("text", ["", "a lot", "51", "-1", "nan", "inf"])
def test_a_wrong_number_is_red_and_says_why_and_is_not_taken(number: NumberField, text: str) -> None:
    told: list[float] = []
    number.changed.connect(told.append)
    type_into(number.line, text)
    assert told == [] and number.value() == 5.0 and not number.is_valid()
    assert number.line.property("invalid") is True and number.reason.text().startswith("The margin must")


def test_the_unit_may_be_typed_too(number: NumberField) -> None:
    type_into(number.line, "6 mm")
    assert number.value() == 6.0


def test_arrows_step_a_number_within_its_bounds(number: NumberField) -> None:
    number.line.setFocus()
    QTest.keyClick(number.line, Qt.Key.Key_Up)
    assert number.value() == 5.5
    for _ in range(20):
        QTest.keyClick(number.line, Qt.Key.Key_Down)
    assert number.value() == 0.0


def test_digits_beyond_the_usual_precision_are_kept(number: NumberField) -> None:
    type_into(number.line, "3.25")
    assert number.value() == 3.25 and number.line.text() == "3.25"


def test_a_slider_and_its_number_are_one(qapp: object) -> None:
    field = SliderField("%", 0, 100, "Opacity")
    field.show()
    told: list[float] = []
    field.changed.connect(told.append)
    field.slider.setValue(40)
    type_into(field.number.line, "55")
    assert told == [40.0, 55.0] and field.slider.value() == 55


def test_a_checked_line_tells_only_what_can_be_taken(qapp: object) -> None:
    line = CheckedLine(lambda text: "" if text.isalpha() else "Letters only.")
    line.show()
    told: list[str] = []
    line.committed.connect(told.append)
    type_into(line.line, "12")
    assert told == [] and line.reason.text() == "Letters only."
    type_into(line.line, "ab")
    assert told == ["ab"] and not line.reason.isVisible()


def test_a_text_that_does_not_fit_ends_in_dots_and_tells_itself_whole(qapp: object) -> None:
    text = ElidedLabel()
    text.setText("a very long sentence that cannot fit")
    text.resize(60, 20)
    text.show()
    text.grab()
    assert text.toolTip() == text.text()


# ---------------------------------------------------------------------------------------------- messages


def test_messages_are_replaced_by_key_and_bounded(qapp: object) -> None:
    bar = MessageBar()
    bar.show()
    bar.say("one", key="k")
    bar.say("two", key="k")
    assert bar.texts() == ["two"]
    for n in range(6):
        bar.say(f"number {n}")
    assert bar.texts() == ["number 3", "number 4", "number 5"]


def test_a_question_stays_until_it_is_answered(qapp: object) -> None:
    bar = MessageBar()
    bar.show()
    answers: list[str] = []
    message = bar.say("Restore?", answers=[("Yes", lambda: answers.append("yes"))])
    for n in range(6):
        bar.say(f"number {n}")
    assert "Restore?" in bar.texts()
    click(message.buttons[0])
    assert answers == ["yes"] and "Restore?" not in bar.texts()


# ---------------------------------------------------------------------------------------------- jobs


def counting(steps: int, progress: Progress) -> int:
    for n in range(steps):
        progress(n / steps, f"Step {n}")
        time.sleep(0.002)
    return steps


@pytest.fixture
def runner(qapp: object) -> JobRunner:
    return JobRunner()


def test_a_result_arrives_on_the_windows_thread(runner: JobRunner) -> None:
    told: list[tuple[int, threading.Thread]] = []
    runner.start("Counting", counting, 5, then=lambda n: told.append((n, threading.current_thread())))
    assert runner.wait(5)
    assert told == [(5, threading.main_thread())]


def test_a_cancelled_job_stops_and_says_nothing_more(runner: JobRunner) -> None:
    told: list[int] = []
    job = runner.start("Counting", counting, 100_000, then=told.append)
    let_live(0.05)
    runner.cancel(job)
    job.thread.join(2)
    assert not job.thread.is_alive()
    let_live(0.05)
    assert told == [] and runner.jobs == ()


def test_a_newer_job_of_a_lane_silences_the_older(runner: JobRunner) -> None:
    told: list[str] = []

    def late(word: str, wait_s: float, progress: Progress) -> str:
        time.sleep(wait_s)  # does not ask whether to go on, so its answer does come, late
        return word

    runner.start("old", late, "old", 0.1, then=told.append, lane="same")
    runner.start("new", late, "new", 0.0, then=told.append, lane="same")
    assert runner.wait(10)
    let_live(0.3)
    assert told == ["new"]


def test_an_error_is_delivered_with_the_title(runner: JobRunner) -> None:
    told: list[tuple[str, Exception]] = []
    runner.failed.connect(lambda title, error: told.append((title, error)))

    def fails(progress: Progress) -> None:
        raise DicomError("slice 3 is missing")

    runner.start("Reading", fails)
    assert runner.wait(5)
    assert told[0][0] == "Reading" and str(told[0][1]) == "slice 3 is missing"


def test_pieces_arrive_in_order_before_the_result(runner: JobRunner) -> None:
    told: list[object] = []

    def pieces(progress: Progress, deliver: object) -> str:
        for n in range(3):
            deliver(n)  # type: ignore[operator]
        return "end"

    runner.start("Pieces", pieces, arrived=told.append, then=told.append)
    assert runner.wait(5)
    assert told == [0, 1, 2, "end"]


def test_progress_is_shown_in_words_and_no_more_often_than_it_can_be_read(runner: JobRunner) -> None:
    shown: list[str] = []

    def quick(progress: Progress) -> None:
        for n in range(20_000):
            progress(n / 20_000, f"Counting {n}")
        progress(1.0, "A long last step")
        time.sleep(0.3)

    began = time.perf_counter()
    runner.changed.connect(lambda: shown.extend(job.sentence for job in runner.jobs))
    runner.start("Quick", quick)
    assert runner.wait(20)
    assert len(shown) < 5 + (time.perf_counter() - began) / 0.045
    assert shown[-1] == "A long last step"


def test_everything_stops_when_the_window_closes(runner: JobRunner) -> None:
    runner.start("Counting", counting, 100_000)
    runner.start("Counting too", counting, 100_000)
    assert runner.stop_all(5)
    assert runner.jobs == ()


# ---------------------------------------------------------------------------------------------- words and looks


def test_errors_of_the_project_keep_their_sentence() -> None:
    assert sentence_of(DicomError("a.dcm is truncated"), "Opening") == "Opening: a.dcm is truncated"


def test_other_errors_become_one_sentence_without_a_traceback() -> None:
    for error in (ZeroDivisionError("secret name"), KeyError("Doe^Jane")):
        text = sentence_of(error)
        assert "log" in text and "secret" not in text and "Doe" not in text and "\n" not in text
    assert "memory" in sentence_of(MemoryError())
    assert "damaged" in sentence_of(zipfile.BadZipFile())
    assert sentence_of(PermissionError(13, "Permission denied", "/x")) == "Permission denied (/x)"


def test_an_icon_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(IconError, match="no-such-icon"):
        icon("no-such-icon")
    assert len(glyphs()) > 1000


def test_icons_follow_the_theme(qapp: QApplication) -> None:
    eye = icon("eye")
    seen = {}
    for theme in (LIGHT, DARK):
        apply_theme(qapp, theme.name)
        image = eye.pixmap(64, 64).toImage()
        colours = [image.pixelColor(x, y) for x in range(64) for y in range(64)]
        seen[theme.name] = max(colours, key=lambda c: c.alpha())
    assert seen["light"].lightness() < 80 < 160 < seen["dark"].lightness()


def contrast(one: str, other: str) -> float:
    """WCAG 2.2 contrast ratio of two colours."""

    def luminance(colour: str) -> float:
        parts = [QColor(colour).redF(), QColor(colour).greenF(), QColor(colour).blueF()]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda t: t.name)
@pytest.mark.parametrize("words", ["text", "muted", "good", "caution", "danger"])
def test_every_kind_of_text_can_be_read_on_every_ground(theme: object, words: str) -> None:
    for ground in ("surface", "raised", "hover"):
        needed = 4.5 if ground != "hover" else 3.0
        assert contrast(getattr(theme, words), getattr(theme, ground)) >= needed, ground


def test_the_text_on_the_accent_can_be_read() -> None:
    for theme in (DARK, LIGHT):
        assert contrast(theme.on_accent, theme.accent) >= 4.5


# ---------------------------------------------------------------------------------------------- lists


def test_a_list_ends_a_long_name_in_dots_instead_of_cutting_through_it(qapp: object) -> None:
    box, expected = choice(), choice()
    long = "MR T1 3D early venous phase, one minute after contrast"
    for each in (box, expected):
        each.addItem(long)
        each.setFixedWidth(140)
        each.show()
    let_live(0.05)
    option = QStyleOptionComboBox()
    box.initStyleOption(option)
    field = box.style().subControlRect(
        QStyle.ComplexControl.CC_ComboBox, option, QStyle.SubControl.SC_ComboBoxEditField, box
    )
    expected.setItemText(0, box.fontMetrics().elidedText(long, Qt.TextElideMode.ElideRight, field.width() - 4))
    assert expected.currentText().endswith("…")
    assert box.grab().toImage() == expected.grab().toImage()


# ---------------------------------------------------------------------------------------------- banner


def test_a_chip_without_room_ends_in_dots_and_its_tooltip_says_all(qtbot: QtBot) -> None:
    whole, cut = Chip(), Chip()
    text = ChipText("planning CT 2026-01-12 of a long study", "quiet", "The image that is planned on", "images")
    whole.show_text(text)
    cut.show_text(text)
    wanted = whole.sizeHint()
    assert cut.minimumSizeHint().width() < wanted.width() / 2
    whole.setFixedSize(wanted)
    cut.setFixedSize(wanted.width() - 60, wanted.height())
    for chip in (whole, cut):
        chip.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)  # neither is lit by a pointer left here
        chip.show()
    let_live(0.05)
    # what does not fit is taken from the end: the icon and the first letters stand where they always stand
    left = QRect(0, 4, 80, wanted.height() - 8)
    qtbot.waitUntil(lambda: cut.grab(left).toImage() == whole.grab(left).toImage(), timeout=3000)
    assert "planning CT 2026-01-12 of a long study" in cut.toolTip() and "planned on" in cut.toolTip()
