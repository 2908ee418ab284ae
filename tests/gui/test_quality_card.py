"""The card of a registration's quality: light, reasons, figures, six degrees; measuring stores what was found."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QVBoxLayout, QWidget

from tests.gui.small_patient import CT_FRAME, MR_FRAME, SHIFT_MM, ball, case_of
from workstation.case.case import Case
from workstation.case.commands import AddImage, AddRegistration, RemoveRegistration
from workstation.case.registration_commands import AcceptRegistration, PutLandmark
from workstation.fusion.landmarks import LandmarkPair
from workstation.fusion.quality.tolerance import Tolerances
from workstation.fusion.registration import Registration
from workstation.geometry.transform import Transform
from workstation.gui import quality_measuring
from workstation.gui.panels.quality_card import QualityCard
from workstation.gui.quality_measuring import shown_link
from workstation.gui.quality_text import degree_rows, figures_of
from workstation.gui.session import Session
from workstation.gui.theme import apply_theme
from workstation.measurements import registration_quality
from workstation.measurements.registration_quality import six_degrees

MEASURED = {
    "verdict": "doubtful", "reasons": ["The mean landmark error, 4.1 mm, is above 3.0 mm."], "passed": [],
    "unmeasured": ["It was not registered backwards, so inverse consistency is not known."],
    "landmarks": {"count": 5, "tre_mm": {"mean": 4.1, "max": 4.9}, "expected_tre_mm": 0.7},
    "structures": [
        {"name": "Brainstem_with_a_long_name", "dice": 0.91, "mean_distance_mm": 0.6, "hd95_mm": 1.4,
         "centroid_shift_mm": [0.4, -0.3, 0.0]},
        {"name": "GTV", "dice": 0.42, "mean_distance_mm": 3.4, "hd95_mm": 7.0, "centroid_shift_mm": [3, 4, 0.0]},
    ],
    "stability_mm": {"spread": 0.1, "offset": 0.2, "at_mm": [0, 0, 0], "repeats": 6, "failed": 0, "of": "GTV"},
    "jacobian": {"min": 0.61, "mean": 1.0, "max": 1.8, "folded_fraction": 0.0},
    "displacement_mm": {"min": 2.0, "mean": 5.4, "p95": 8.0, "max": 9.9},
    "moved_mm": {"min": 2.0, "mean": 6.0, "p95": 9.0, "max": 12.0},
    "metric": "Mattes mutual information, nats", "metric_start": 0.21, "metric_end": 0.52,
}  # fmt: skip


@pytest.fixture
def case() -> Case:
    made = case_of(ball("CT", CT_FRAME, (0.0, 0.0, 0.0), "1"))
    made.do(AddImage(ball("MR", MR_FRAME, SHIFT_MM, "2")))
    return made


@pytest.fixture
def session(qapp: object, case: Case) -> Iterator[Session]:
    made = Session(case)
    yield made
    made.end()


def registered(case: Case, quality: dict | None = None, move: Transform | None = None) -> Registration:
    found = Registration("r", CT_FRAME, MR_FRAME, move or Transform.from_rigid(SHIFT_MM), "by hand", quality or {})
    case.do(AddRegistration(found))
    return found


def shown(card: QualityCard, session: Session, width: int = 320, theme: str = "dark") -> QWidget:
    """The card in a column as wide as a panel."""
    apply_theme(QApplication.instance(), theme)
    host = QWidget()
    column = QVBoxLayout(host)
    column.addWidget(card)
    column.addStretch(1)
    host.resize(width, 200)
    host.show()
    QTest.qWait(1)
    host.resize(width, column.heightForWidth(width))
    QTest.qWait(1)
    return host


def test_without_a_registration_there_is_no_card(session: Session, case: Case) -> None:
    card = QualityCard(session)
    assert card.isHidden() and shown_link(session) is None
    registered(case)
    assert not card.isHidden()
    case.do(RemoveRegistration("r"))
    assert card.isHidden()


def test_an_unmeasured_registration_is_doubtful_and_says_what_is_missing(session: Session, case: Case) -> None:
    card = QualityCard(session)
    registered(case)
    assert card.verdict.text() == "Doubtful" and card.measure.text() == "Measure"
    assert card.reasons.text() == "Nothing about this registration has been measured."
    assert "No landmarks are placed in both images" in card.unmeasured.text()
    assert "not accepted yet" in card.method.text()
    case.do(AcceptRegistration("r", "Ann"))
    assert "accepted by Ann" in card.method.text()


def test_everything_that_was_measured_is_listed_with_its_mark(session: Session, case: Case) -> None:
    registered(case, MEASURED)
    card = QualityCard(session)
    assert card.verdict.text() == "Doubtful" and card.reasons.property("kind") == "caution"
    assert card.measure.text() == "Measure again"
    rows = {name: (value, mark) for name, value, mark in card.figures.texts()}
    assert rows["Landmark error (5 pairs)"] == ("4.1 mm (max 4.9)", "▲")
    assert rows["Stability"] == ("0.10 mm", "✓")
    assert rows["Change of volume (Jacobian)"] == ("0.61 to 1.80", "✓")
    assert rows["Deformation"] == ("5.4 mm (2.0 to 9.9)", "") and rows["Displacement"] == ("6.0 mm (2.0 to 12.0)", "")
    assert rows["Agreement of the images"] == ("0.21 → 0.52", "")
    table = card.structures.texts()
    assert table[0][1:5] == ["Dice", "mean", "HD95", "shift"]
    assert table[2] == ["GTV", "0.42", "3.4", "7.0", "5.0", "▲"]
    assert card.unmeasured.text() == MEASURED["unmeasured"][0]


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("width", [300, 380])
def test_nothing_is_cut_off(session: Session, case: Case, width: int, theme: str) -> None:
    registered(case, MEASURED, Transform.from_rigid((14.2, -11.3, 7.7), (3.1, -2.2, 1.4)))
    card = QualityCard(session)
    host = shown(card, session, width, theme)
    assert host.width() == width and card.width() <= width
    card.terms_buttons.buttons["couch"].click()
    QTest.qWait(1)
    host.resize(width, host.layout().heightForWidth(width))
    QTest.qWait(1)
    words = [w for w in card.findChildren(QLabel) if w.isVisible() and w.text()]
    assert len(words) > 40
    for word in words:
        assert word.geometry().right() <= word.parentWidget().width(), word.text()
        needed = word.heightForWidth(word.width()) if word.wordWrap() else word.sizeHint().height()
        assert word.height() >= needed, word.text()
        if not word.wordWrap():
            assert word.width() >= word.sizeHint().width(), word.text()
    host.close()
    apply_theme(QApplication.instance(), "dark")


def test_six_degrees_in_patient_and_couch_terms(session: Session, case: Case) -> None:
    move = Transform.from_rigid((2.1, -0.4, 3.0), (0, 0, 2.0), case.planning.grid.centre_mm)
    registered(case, {}, move)
    card = QualityCard(session)
    assert card.degrees.texts()[0] == ["Left–right", "2.1 mm", "to the patient's left"]
    assert card.degrees.texts()[5] == ["Yaw", "2.0°", "face to the left"]
    host = shown(card, session)
    QTest.mouseClick(card.terms_buttons.buttons["couch"], Qt.MouseButton.LeftButton)
    assert card.degrees.texts()[:3] == [
        ["Lateral (X)", "2.1 mm", "to the right"],
        ["Longitudinal (Y)", "3.0 mm", "towards the gantry"],
        ["Vertical (Z)", "0.4 mm", "up"],
    ]
    assert "head first, supine" in card.degrees_note.text()
    QTest.mouseClick(card.direction_buttons.buttons["correction"], Qt.MouseButton.LeftButton)
    assert card.degrees.texts()[1] == ["Longitudinal (Y)", "3.0 mm", "away from the gantry"]
    assert card.degrees_note.text().startswith("What brings the MR back onto the CT")
    host.close()


def test_a_position_that_nobody_knows_has_no_couch_terms(qapp: object) -> None:
    case = case_of(replace(ball("CT", CT_FRAME, (0.0, 0.0, 0.0), "1"), patient_position=""))
    case.do(AddImage(ball("MR", MR_FRAME, SHIFT_MM, "2")))
    registered(case)
    session = Session(case)
    card = QualityCard(session)
    assert not card.terms_buttons.buttons["couch"].isEnabled()
    assert "no couch terms" in card.degrees_note.text()
    session.end()


def test_measuring_runs_in_the_background_and_can_be_undone(
    session: Session, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    def same_way_back(fixed, moving, *, progress):
        return Registration("b", MR_FRAME, CT_FRAME, Transform.from_rigid(SHIFT_MM).inverse(), "")

    def stable(fixed, moving, registration, at_mm, *, progress):
        return {"spread": 0.1, "offset": 0.1, "at_mm": [0, 0, 0], "repeats": 6, "failed": 0}

    monkeypatch.setattr(registration_quality, "register_rigid", same_way_back)
    monkeypatch.setattr(registration_quality, "repeated", stable)
    registered(case)
    case.do(AcceptRegistration("r", "Ann"))
    for n, x in enumerate((-20.0, 0.0, 20.0)):
        fixed = np.array([x, 5.0 * n, -x / 2])
        case.do(PutLandmark(LandmarkPair.new(n + 1, CT_FRAME, MR_FRAME, fixed, fixed + SHIFT_MM)))
    card = QualityCard(session)
    host = shown(card, session)
    QTest.mouseClick(card.measure, Qt.MouseButton.LeftButton)
    assert not card.measure.isEnabled() and not card.cancel.isHidden() and "%" in card.progress.text()
    assert card._runner.wait(30)
    assert card.verdict.text() == "Good" and card.measure.isEnabled() and card.cancel.isHidden()
    kept = case.registrations["r"]
    assert kept.accepted_by == "Ann" and kept.quality["stability_mm"]["of"] == "the middle of the image"
    assert kept.quality["landmarks"]["tre_mm"]["max"] == pytest.approx(0.0, abs=1e-6)
    case.undo()
    assert card.verdict.text() == "Doubtful" and "unmeasured" not in case.registrations["r"].quality
    host.close()


def test_measuring_can_be_cancelled(session: Session, case: Case) -> None:
    registered(case)
    card = QualityCard(session)
    host = shown(card, session)
    QTest.mouseClick(card.measure, Qt.MouseButton.LeftButton)
    QTest.mouseClick(card.cancel, Qt.MouseButton.LeftButton)
    assert card.measure.isEnabled() and not card._runner.jobs
    assert card._runner.stop_all(20) and "displacement_mm" not in case.registrations["r"].quality
    host.close()


def test_a_registration_that_was_changed_meanwhile_keeps_its_own_figures(session: Session, case: Case) -> None:
    asked = registered(case)
    heard: list[str] = []
    session.refused.connect(heard.append)
    other = replace(asked, fixed_to_moving=Transform.from_rigid((1, 1, 1)))
    case.do(AddRegistration(other))
    quality_measuring._keep(session, asked, replace(asked, quality=MEASURED), "GTV")
    assert case.registrations["r"].quality == {} and "measure it again" in heard[0]


def test_one_made_the_other_way_round_is_shown_with_its_own_fixed_image(session: Session, case: Case) -> None:
    case.do(AddRegistration(Registration("back", MR_FRAME, CT_FRAME, Transform.from_rigid((0, 0, 5.0)), "by hand")))
    link = shown_link(session)
    assert link is not None and link.fixed.modality == "MR" and link.moving.modality == "CT"
    assert QualityCard(session).degrees_note.text().startswith("How the CT lies away from the MR")


def test_the_rows_follow_the_figures() -> None:
    limits = Tolerances()
    assert figures_of({}, limits) == []
    folded = figures_of({"jacobian": {"min": -0.2, "max": 2.0, "folded_fraction": 0.01}}, limits)
    assert [(row.name, row.verdict) for row in folded] == [
        ("Change of volume (Jacobian)", "failed"), ("Folded", "failed"),
    ]  # fmt: skip
    six = six_degrees(Transform.identity(), (0, 0, 0), "HFS")
    assert degree_rows(six["couch"], "couch")[0] == ("Lateral (X)", "0.0 mm", "")


def test_while_the_image_is_shown_elsewhere_the_card_says_so(session: Session, case: Case) -> None:
    registered(case)
    card, placing = QualityCard(session), session.desk.placing
    placing.moving_key = next(key for key, volume in session.case.images.items() if volume.modality == "MR")
    said = card.method.text()
    placing.show(Transform.from_rigid((30.0, 0, 0)))
    assert "another place" in card.method.text() and card.method.property("kind") == "caution"
    placing.show(None)
    assert card.method.text() == said and card.method.property("kind") == "muted"
