"""What two images disagree about stands where they are fused: what matters at once, the rest on demand."""

from __future__ import annotations

import logging
from dataclasses import replace

import pytest
from PySide6.QtWidgets import QApplication

from tests.gui.hands import click
from tests.gui.small_patient import MR_FRAME, SHIFT_MM, ball, case_of
from workstation.case.commands import AddImage, AddRegistration
from workstation.fusion.registration import Registration
from workstation.geometry.transform import Transform
from workstation.gui.panels.comparison import ComparisonTable
from workstation.gui.session import Session
from workstation.gui.theme import apply_theme, current_theme
from workstation.images.volume import PatientIdentity


@pytest.fixture
def session(qapp: QApplication) -> Session:
    ct, mr = ball("CT", "2.25.1001", (0, 0, 0), "1"), ball("MR", MR_FRAME, SHIFT_MM, "2")
    session = Session(case_of(ct))
    session.case.do(AddImage(mr))
    return session


@pytest.fixture
def table(qtbot, session: Session) -> ComparisonTable:
    table = ComparisonTable(session)
    qtbot.addWidget(table)
    table.resize(280, 1200)
    return table


def kinds(table: ComparisonTable) -> list[str]:
    return [row.difference.kind for row in table.rows]


def test_what_forbids_the_fusion_is_listed_at_once_and_the_rest_on_demand(table, session) -> None:
    ct, mr = session.case.images.values()
    table.show_pair(ct, mr)
    assert table.isVisible() and kinds(table) == ["stop"]
    assert "register them first" in table.rows[0].sentence.text()
    assert table.rows[0].mark.toolTip() == "Stop" and table.rows[0].sentence.property("kind") == "reason"
    click(table.all)
    assert len(table.rows) == len(table.differences) and kinds(table)[-1] == "same"
    click(table.all)
    assert kinds(table) == ["stop"]


def test_a_registration_lifts_the_refusal(table, session) -> None:
    ct, mr = session.case.images.values()
    registration = Registration("r", ct.frame_of_reference_uid, MR_FRAME, Transform.from_rigid(SHIFT_MM), "by hand")
    session.case.do(AddRegistration(registration))
    table.show_pair(ct, mr)
    assert table.rows == [] and table.summary.isVisible()
    assert table.summary.text().startswith("Nothing speaks against")


def test_images_of_two_people_are_stopped_and_nothing_is_logged(table, session, caplog) -> None:
    caplog.set_level(logging.DEBUG)
    ct, mr = session.case.images.values()
    stranger = replace(mr, frame_of_reference_uid=ct.frame_of_reference_uid, patient=PatientIdentity("C^ANARY", "77"))
    table.show_pair(ct, stranger)
    assert kinds(table)[:2] == ["stop", "stop"]
    assert "SMALL-1 | 77" in table.rows[0].values.text()
    assert "ANARY" not in caplog.text


def test_nothing_is_shown_without_a_pair(table, session) -> None:
    ct, mr = session.case.images.values()
    table.show_pair(ct, mr)
    table.show_pair(ct, None)
    assert not table.isVisible()
    table.show_pair(ct, ct)
    assert not table.isVisible()


def test_words_are_whole_in_a_narrow_panel(table, session) -> None:
    table.show_pair(*session.case.images.values())
    click(table.all)
    QApplication.processEvents()
    for row in table.rows:
        for words in (row.sentence, row.values):
            assert words.height() >= words.heightForWidth(words.width()) - 1, words.text()


def test_marks_follow_the_theme(table, session, qapp: QApplication) -> None:
    table.show_pair(*session.case.images.values())
    before = table.rows[0].mark.pixmap().toImage()
    try:
        apply_theme(qapp, "light" if current_theme().name == "dark" else "dark")
        QApplication.processEvents()
        assert table.rows[0].mark.pixmap().toImage() != before
    finally:
        apply_theme(qapp, "dark")
