"""Separating tumour from vein in the window: with the tool, the panel, and real clicks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog

from tests.editing.test_separating import CLOCKS
from tests.enhancement.scene import FRAME, GRID, TUMOUR, TUMOUR_MM, TUMOUR_RADIUS_MM, VEIN, VEIN_MM, volumes
from tests.gui.hands import click, let_live, place, slice_view, type_into
from tests.gui.small_patient import CT_FRAME, WHO
from tests.gui.test_window import cut_off
from workstation.case.commands import AddImage, AddRegistration
from workstation.enhancement.weighting import LEAST_WEIGHT, MOST_WEIGHT, Difference
from workstation.fusion.registration import Registration
from workstation.geometry.transform import Transform
from workstation.gui.application import settle
from workstation.gui.jobs.runner import live
from workstation.gui.main_window import MainWindow
from workstation.gui.panels.difference_fields import MOST, STEP
from workstation.gui.panels.separation import SeparationPanel
from workstation.gui.session import Session
from workstation.structures.volume import volume_cc

BALL_CC = 4 / 3 * np.pi * TUMOUR_RADIUS_MM**3 / 1000


def add_phases(window: MainWindow, **options: object) -> SeparationPanel:
    """Three phases that a registration lays onto the CT, and the panel."""
    session = window.session
    assert session is not None and window.workspace is not None
    for n, volume in enumerate(volumes(**options)):  # type: ignore[arg-type]
        told = {"AcquisitionTime": CLOCKS[n], "ContrastBolusAgent": "Gd" if n else ""}
        session.do(AddImage(replace(volume, acquisition=told, patient=WHO)))
    link = Registration("r", CT_FRAME, FRAME, Transform.identity(), "rigid, test", accepted_by="me")
    session.do(AddRegistration(link))
    panel = window.workspace.show_dock("separation")
    assert isinstance(panel, SeparationPanel)
    let_live(0.2)
    return panel


def session_of(window: MainWindow) -> Session:
    assert window.session is not None
    return window.session


def click_at(
    window: MainWindow, point_mm: np.ndarray, keys: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier
) -> None:
    view = slice_view(window)
    session_of(window).viewing.crosshair_mm = point_mm
    let_live(0.05)
    QTest.mouseClick(view, Qt.MouseButton.LeftButton, keys, place(view, point_mm))


def separated(window: MainWindow) -> None:
    assert settle(window, 90)
    live(300)
    assert settle(window, 60)


def test_one_click_separates_and_a_person_accepts(ct_window: MainWindow) -> None:
    panel, session = add_phases(ct_window), session_of(ct_window)
    assert [field.text() for field in panel.phases.names] == ["pre", "early", "delayed 1"]
    assert not panel.separate.isEnabled() and "Click in the tumour" in panel.separate.toolTip()
    ct_window.action("tool_separate").trigger()
    assert "click in the tumour" in ct_window.workspace.hint()
    click_at(ct_window, TUMOUR_MM)
    separated(ct_window)
    found = session.desk.separating.found
    assert found is not None and found.separable
    assert "separates" in panel.verdict.text() and panel.accept.isVisible()
    assert panel.evidence.evidence == "share of tumour" and session.viewing.map_shown is not None
    assert "cc, dashed" in panel.evidence.volume.text()
    assert not session.case.structures, "nothing becomes a structure by itself"
    type_into(panel.gtv_name, "GTV_glomus")
    type_into(panel.person, "")
    click(panel.accept)
    assert not session.case.structures and "Write your name" in " ".join(ct_window.messages.texts())
    type_into(panel.person, "Dr Grau")
    click(panel.accept)
    assert settle(ct_window, 30)
    (gtv,) = session.case.structures.values()
    assert gtv.name == "GTV_glomus" and gtv.interpreted_type == "GTV" and gtv.evidence is not None
    assert volume_cc(gtv.stack) == pytest.approx(BALL_CC, rel=0.08)
    assert gtv.evidence.accepted_by == "Dr Grau" and gtv.frame_of_reference_uid == CT_FRAME
    assert [phase.name for phase in gtv.evidence.phases] == ["pre", "early", "delayed 1"]
    let_live(0.2)
    assert "Accepted by Dr Grau" in panel.origin.text() and not panel.origin_state.isVisible()
    click(panel.keep_vein)
    assert settle(ct_window, 30)
    vein = list(session.case.structures.values())[-1]
    assert vein.name == "Vein" and vein.stack.slices and vein.evidence is None
    assert session.case.undo_label == "Add Vein"
    session.case.undo()
    session.case.undo()
    assert not session.case.structures


def test_what_does_not_separate_offers_nothing_to_accept(ct_window: MainWindow) -> None:
    panel, session = add_phases(ct_window, vein=TUMOUR), session_of(ct_window)
    ct_window.action("tool_separate").trigger()
    click_at(ct_window, TUMOUR_MM)
    separated(ct_window)
    assert session.desk.separating.found is not None and not session.desk.separating.found.separable
    assert panel.verdict.text().startswith("No phase separates")
    assert not panel.accept.isVisible() and not panel.keep_vein.isVisible()
    ct_window.action("accept_candidate").trigger()
    assert settle(ct_window, 10)
    assert not session.case.structures and "nothing to accept" in " ".join(ct_window.messages.texts())
    assert session.desk.proposal.outlines(slice_view(ct_window).plane()) == []
    assert session.viewing.map_shown is None, "a map would look like a finding"


def test_a_click_in_the_vein_is_told_and_offers_nothing(ct_window: MainWindow) -> None:
    """The courses differ and every voxel is explained, and yet there is nothing to accept."""
    panel, session = add_phases(ct_window), session_of(ct_window)
    ct_window.action("tool_separate").trigger()
    click_at(ct_window, VEIN_MM)
    separated(ct_window)
    found = session.desk.separating.found
    assert found is not None and not found.separable and found.subtraction.separation.shares is not None
    assert "vessel" in panel.verdict.text() and panel.evidence.table.rowCount() > 3
    assert not panel.accept.isVisible() and session.viewing.map_shown is None
    assert "share of tumour" not in found.maps
    type_into(panel.evidence.difference.weight.number.line, "0.5")
    assert settle(ct_window, 30)
    let_live(0.1)
    assert session.viewing.map_shown is not None, "it was asked for"
    assert session.desk.separating.grown is None and not panel.accept.isVisible()


@pytest.fixture
def done(ct_window: MainWindow) -> SeparationPanel:
    """A panel with a result."""
    panel = add_phases(ct_window)
    session_of(ct_window).desk.separating.add_sample("tumour", TUMOUR_MM)
    separated(ct_window)
    return panel


def test_the_dashed_contour_follows_the_threshold_in_the_picture(ct_window: MainWindow, done: SeparationPanel) -> None:
    session = session_of(ct_window)
    session.viewing.crosshair_mm = TUMOUR_MM
    ct_window.action("hide_map").trigger()
    let_live(0.4)
    view = slice_view(ct_window)
    wide = view.grab().toImage()
    session.desk.separating.set_threshold(0.75)
    let_live(0.2)
    narrow = view.grab().toImage()
    assert wide != narrow
    done.evidence.table.selectRow(0)
    let_live(0.2)
    assert session.viewing.map_shown is not None and session.desk.separating.grower is not None
    assert done.evidence.formula.text().startswith(done.evidence.evidence)


def test_two_phases_are_subtracted_with_a_weight(ct_window: MainWindow, done: SeparationPanel) -> None:
    session, fields, page = session_of(ct_window), done.evidence.difference, done.evidence
    assert (fields.late.currentText(), fields.early.currentText()) == ("delayed 1", "early")
    assert (STEP, MOST) == (LEAST_WEIGHT, MOST_WEIGHT), "what can be typed is what can be made"
    scrolled = done.verticalScrollBar().value()
    type_into(fields.weight.number.line, "0.6")
    assert settle(ct_window, 30)
    let_live(0.1)
    own = "delayed 1 minus 0.6 x early"
    assert page.evidence == own and "0.6 x S(early)" in page.formula.text()
    assert session.viewing.map_shown is not None and session.viewing.map_shown.volume.description == own
    assert session.desk.separating.grown is not None and session.desk.separating.grown.volume_cc > 0.5 * BALL_CC
    assert done.verticalScrollBar().value() == scrolled, "what is in hand stays where it is"
    click(fields.cancel)
    assert settle(ct_window, 30)
    let_live(0.1)
    assert fields.weight.value() == pytest.approx(VEIN[2] / VEIN[1], rel=0.05)
    line = fields.weight.number.line
    assert line.fontMetrics().horizontalAdvance("0.5555") + 12 <= line.width(), "all of its decimals are seen"
    names = [page.table.item(row, 0).text() for row in range(page.table.rowCount())]
    assert own not in names and sum(" x " in name for name in names) == 1, "one takes the place of the other"
    fields.weight.slider.setValue(70)
    fields.weight.slider.setValue(80)
    assert settle(ct_window, 30)
    let_live(0.1)
    assert page.evidence == "delayed 1 minus 0.8 x early"
    type_into(done.person, "Dr Grau")
    click(done.accept)
    assert settle(ct_window, 30)
    (gtv,) = session.case.structures.values()
    assert gtv.evidence is not None and gtv.evidence.weights == (0.0, -0.8, 1.0)
    session.desk.separating.difference = None
    session.desk.separating.take(None)
    let_live(0.1)
    click(done.again)
    separated(ct_window)
    assert page.evidence == "delayed 1 minus 0.8 x early", "where it came from is found again"
    assert session.desk.separating.threshold == pytest.approx(gtv.evidence.threshold)


def test_a_subtraction_that_was_stopped_does_not_stop_the_next(ct_window: MainWindow, done: SeparationPanel) -> None:
    runs = session_of(ct_window).separation
    runs.subtract_phases(Difference("delayed 1", "early", 0.5))
    (job,) = [each for each in ct_window.runner.jobs if each.title == "Subtracting the phases"]
    ct_window.runner.cancel(job)
    for weight in (0.6, 0.7, 0.8):  # while one is made, only the last one is wanted
        runs.subtract_phases(Difference("delayed 1", "early", weight))
    assert settle(ct_window, 30)
    let_live(0.1)
    assert done.evidence.evidence == "delayed 1 minus 0.8 x early"
    runs.subtract_phases(Difference("delayed 1", "early", 9.0))
    assert settle(ct_window, 30)
    let_live(0.1)
    assert "not one from" in " ".join(ct_window.messages.texts())
    assert done.evidence.evidence == "delayed 1 minus 0.8 x early"


def test_the_map_lies_over_the_views_and_t_switches_it(ct_window: MainWindow, done: SeparationPanel) -> None:
    session, view = session_of(ct_window), slice_view(ct_window)
    session.viewing.crosshair_mm = TUMOUR_MM
    let_live(0.4)
    scene = view.scene
    assert scene.overlay is not None and scene.overlay.volume.description == "share of tumour"
    assert scene.overlay.ends == ("", "tumour")
    session.viewing.overlay_shown = False
    let_live(0.2)
    assert view.scene.overlay is None
    session.viewing.overlay_shown = True
    done.evidence.opacity.set_value(30)
    done.evidence.opacity.changed.emit(30.0)
    assert session.viewing.map_shown.opacity == pytest.approx(0.3)
    done.evidence.before.click()
    assert settle(ct_window, 30)
    assert "without alignment" in session.viewing.map_shown.volume.description


def test_phases_are_renamed_retimed_left_out_and_chosen(ct_window: MainWindow) -> None:
    panel, separating = add_phases(ct_window), session_of(ct_window).desk.separating
    type_into(panel.phases.names[1], "venous")
    let_live(0.1)
    assert separating.phases[1].name == "venous"
    type_into(panel.phases.times[1], "65")
    let_live(0.1)
    assert separating.phases[1].time_s == 65.0 and panel.phases.times[1].text() == "65"
    type_into(panel.phases.times[1], "soon")
    let_live(0.1)
    assert separating.phases[1].time_s == 65.0 and panel.phases.times[1].property("invalid")
    assert panel.zero.isVisible() and "seconds count from the first phase with contrast" in panel.zero.text()
    panel.phases.used[2].click()
    let_live(0.1)
    assert len(separating.used_phases) == 2
    click(panel.phases.references[1])
    let_live(0.1)
    assert separating.reference.name == "venous"
    assert separating.why_not() == "Click in the tumour first"


def test_the_phase_that_others_were_laid_onto_can_be_left_out(ct_window: MainWindow, done: SeparationPanel) -> None:
    separating = session_of(ct_window).desk.separating
    first = separating.found
    done.phases.used[0].click()
    let_live(0.1)
    click(done.separate)
    separated(ct_window)
    found = separating.found
    assert found is not first and found.reference is separating.reference.volume and not separating.stale
    assert done.verdict.text().startswith("No phase before contrast") and not done.accept.isVisible()
    assert session_of(ct_window).viewing.map_shown is None and separating.grower is None


def test_names_that_are_free_are_proposed(ct_window: MainWindow, done: SeparationPanel) -> None:
    assert done.gtv_name.text() == "GTV" and done.vein_name.text() == "Vein"
    type_into(done.person, "Dr Grau")
    click(done.accept)
    QTest.mouseClick(done.accept, Qt.MouseButton.LeftButton)
    assert settle(ct_window, 30)
    assert [s.name for s in session_of(ct_window).case.structures.values()] == ["GTV"]
    assert not [text for text in ct_window.messages.texts() if "already" in text], "a double click is one acceptance"
    click(done.separate)
    separated(ct_window)
    assert done.gtv_name.text() == "GTV_2" and done.vein_name.text() == "Vein"


def test_a_phase_on_the_axis_is_looked_at(ct_window: MainWindow, done: SeparationPanel) -> None:
    session = session_of(ct_window)
    done.verticalScrollBar().setValue(0)
    let_live(0.1)
    QTest.mouseClick(done.axis, Qt.MouseButton.LeftButton, pos=done.axis.mark_place(1).toPoint())
    assert session.viewing.overlay_key == "p1" and session.viewing.map_shown is None


def test_all_clicks_are_taken_back_with_what_was_found(ct_window: MainWindow, done: SeparationPanel) -> None:
    session = session_of(ct_window)
    assert done.verdict.text() and session.viewing.map_shown is not None
    click(done.clear)
    let_live(0.2)
    assert session.desk.separating.found is None and session.viewing.map_shown is None
    assert not done.verdict.isVisible() and not done.accept.isVisible() and not done.evidence.isVisible()
    assert session.desk.proposal.outlines(slice_view(ct_window).plane()) == []


def test_accepting_comes_into_sight_with_the_result(ct_window: MainWindow, done: SeparationPanel) -> None:
    let_live(0.3)
    port = done.viewport()
    for widget in (done.verdict, done.evidence.volume, done.accept):
        top = widget.mapTo(port, QPoint(0, 0)).y()
        assert top >= 0 and top + widget.height() <= port.height(), widget


def test_the_phases_are_played_until_somebody_looks_at_something_else(ct_window: MainWindow) -> None:
    panel, session = add_phases(ct_window), session_of(ct_window)
    session.cine._timer.setInterval(30)
    panel.phases.used[1].click()
    let_live(0.1)
    seen: list[str] = []
    session.cine.shown.connect(lambda _n: seen.append(session.viewing.overlay_key))
    click(panel.play)
    let_live(0.25)
    assert session.cine.playing and panel.play.text() == "Stop playing"
    assert seen[:4] == ["p0", "p2", "p0", "p2"], "those that count, in the order of time, again and again"
    click(panel.play)
    assert not session.cine.playing and panel.play.text() == "Play the phases"
    count = len(seen)
    let_live(0.1)
    assert len(seen) == count
    ct_window.action("play_phases").trigger()
    let_live(0.1)
    session.viewing.overlay_key = "p1"
    let_live(0.1)
    assert not session.cine.playing and session.viewing.overlay_key == "p1", "what somebody chooses stays"
    panel.phases.used[2].click()
    let_live(0.1)
    assert not panel.play.isEnabled()
    ct_window.action("play_phases").trigger()
    assert "no phases to play" in " ".join(ct_window.messages.texts())


def test_structures_and_shading_are_chosen(ct_window: MainWindow) -> None:
    panel, separating = add_phases(ct_window), session_of(ct_window).desk.separating
    separating.add_sample("tumour", TUMOUR_MM)
    separated(ct_window)
    assert separating.found is not None and not separating.stale
    panel.shading.setCurrentIndex(1)
    panel.shading.activated.emit(1)
    let_live(0.1)
    assert separating.shading == "n4" and separating.stale and "separate again" in panel.verdict.text()
    assert not panel.accept.isVisible(), "what is out of date can't be accepted"
    click(panel.separate)
    separated(ct_window)
    assert not separating.stale and separating.found.separable
    assert [panel.vein.itemText(n) for n in range(panel.vein.count())] == ["Found by itself"]


def test_alt_click_says_what_is_vein_and_shift_click_takes_it_back(ct_window: MainWindow) -> None:
    panel, separating = add_phases(ct_window), session_of(ct_window).desk.separating
    ct_window.action("tool_separate").trigger()
    click_at(ct_window, VEIN_MM, Qt.KeyboardModifier.AltModifier)
    let_live(0.1)
    assert [s.kind for s in separating.samples] == ["vein"] and "1 in vein" in panel.samples.text()
    click(panel.kinds["artery"])
    click_at(ct_window, np.array([20.0, 10.0, 0.0]))
    let_live(0.1)
    assert [s.kind for s in separating.samples] == ["vein", "artery"]
    click_at(ct_window, VEIN_MM, Qt.KeyboardModifier.ShiftModifier)
    let_live(0.1)
    assert [s.kind for s in separating.samples] == ["artery"]
    click(panel.clear)
    assert separating.samples == ()


def test_hovering_reads_the_curve(ct_window: MainWindow, done: SeparationPanel) -> None:
    ct_window.action("tool_separate").trigger()
    view = slice_view(ct_window)
    session_of(ct_window).viewing.crosshair_mm = VEIN_MM
    let_live(0.2)
    QTest.mouseMove(view, place(view, VEIN_MM) + QPoint(1, 0))
    let_live(0.05)
    QTest.mouseMove(view, place(view, VEIN_MM))
    let_live(0.3)
    courses = done.evidence._plots["courses"]
    assert courses.hover.yData is not None and courses.hover.yData[1] > 350  # type: ignore[attr-defined]


def test_a_structure_goes_back_to_where_it_came_from(ct_window: MainWindow, done: SeparationPanel) -> None:
    session = session_of(ct_window)
    done.evidence._plots["volumes"].threshold_moved.emit(0.6)  # type: ignore[attr-defined]
    assert session.desk.separating.threshold == pytest.approx(0.6)
    type_into(done.person, "Dr Grau")
    click(done.accept)
    assert settle(ct_window, 30)
    session.desk.separating.clear_samples()
    session.desk.separating.take(None)
    let_live(0.2)
    assert session.viewing.map_shown is None
    click(done.again)
    separated(ct_window)
    assert session.desk.separating.found is not None
    assert session.desk.separating.threshold == pytest.approx(0.6)
    session.do(AddRegistration(Registration("r2", CT_FRAME, FRAME, Transform.from_rigid((3.0, 0, 0)), "rigid, test")))
    let_live(0.2)
    assert done.origin_state.text().startswith("Out of date: The registration of its phases")


def test_going_back_restores_the_names_that_the_evidence_is_called_by(
    ct_window: MainWindow, done: SeparationPanel
) -> None:
    session = session_of(ct_window)
    type_into(done.evidence.difference.weight.number.line, "0.7")
    assert settle(ct_window, 30)
    let_live(0.1)
    threshold = session.desk.separating.threshold
    type_into(done.person, "Dr Grau")
    click(done.accept)
    assert settle(ct_window, 30)
    assert "GTV is among the structures now" in done.accepted.text() and done.gtv_name.text() == "GTV_2"
    volume = ct_window.workspace.views.views["volume"]
    if volume.proposal is not None:
        let_live(0.3)
        assert not volume.proposal._asked["proposed tumour"], "two surfaces at one place would be speckled"
    type_into(done.phases.names[1], "artery")
    let_live(0.1)
    done.phases.used[0].click()
    let_live(0.1)
    click(done.again)
    separated(ct_window)
    assert [phase.name for phase in session.desk.separating.used_phases] == ["pre", "early", "delayed 1"]
    assert done.evidence.evidence == "delayed 1 minus 0.7 x early"
    assert session.desk.separating.threshold == pytest.approx(threshold)


def test_a_new_click_begins_with_its_own_evidence_and_threshold(ct_window: MainWindow, done: SeparationPanel) -> None:
    separating, runs = session_of(ct_window).desk.separating, session_of(ct_window).separation
    separating.set_threshold(0.7)
    type_into(done.person, "Dr Grau")
    click(done.accept)
    assert settle(ct_window, 30)
    type_into(done.evidence.difference.weight.number.line, "0.7")
    assert settle(ct_window, 30)
    let_live(0.1)
    click(done.again)
    runs.cancel()
    separating.add_sample("tumour", TUMOUR_MM)
    separated(ct_window)
    assert separating.threshold == 0.5 and done.evidence.evidence == "share of tumour"


def test_what_is_doubtful_about_the_evidence_is_said(ct_window: MainWindow, done: SeparationPanel) -> None:
    page = done.evidence
    assert not page.doubt.isVisible()
    found = session_of(ct_window).desk.separating.found
    weak = [judged.evidence for judged in found.judged if judged.d_prime < 2.0 and judged.evidence in found.growers]
    rows = {page.table.item(row, 0).text(): row for row in range(page.table.rowCount())}
    assert weak, "no evidence of this scene is weak"
    page.table.selectRow(rows[weak[0]])
    let_live(0.1)
    assert page.doubt.isVisible() and "does not tell tumour from flow" in page.doubt.text()
    page.table.selectRow(rows["share of tumour"])
    assert not page.doubt.isVisible()


def test_one_phase_is_not_subtracted_from_itself(ct_window: MainWindow, done: SeparationPanel) -> None:
    fields = done.evidence.difference
    shown = done.evidence.evidence
    fields.early.setCurrentIndex(fields.late.currentIndex())
    fields.early.activated.emit(fields.early.currentIndex())
    assert fields.reason.isVisible() and not fields.cancel.isEnabled() and not fields.weight.isEnabled()
    fields.early.setCurrentIndex(1)
    fields.early.activated.emit(1)
    assert settle(ct_window, 30)
    assert not fields.reason.isVisible() and fields.cancel.isEnabled() and shown == "share of tumour"


def test_a_run_that_fails_says_so_in_the_place_of_an_older_verdict(
    ct_window: MainWindow, done: SeparationPanel
) -> None:
    separating = session_of(ct_window).desk.separating
    separating.add_sample("vein", TUMOUR_MM)
    separated(ct_window)
    assert "at the same place" in done.verdict.text() and not done.accept.isVisible()
    separating.clear_samples()
    separating.add_sample("tumour", TUMOUR_MM)
    separated(ct_window)
    assert "separates" in done.verdict.text() and done.accept.isVisible()


def test_what_was_typed_and_clicked_comes_back_with_the_case(
    ct_window: MainWindow, done: SeparationPanel, tmp_path: Path
) -> None:
    session = session_of(ct_window)
    type_into(done.phases.names[1], "venous")
    let_live(0.2)
    session.desk.separating.keep()
    kept = session.case.view_state["separating"]
    assert kept["edits"]["p1"][0] == "venous" and kept["samples"][0][0] == "tumour"


def test_maps_are_written(
    ct_window: MainWindow, done: SeparationPanel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "maps"
    folder.mkdir()
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(folder))
    ct_window.action("export_maps").trigger()
    assert settle(ct_window, 60)
    names = sorted(path.name for path in folder.glob("*.nii.gz"))
    assert "share_of_tumour.nii.gz" in names and "retained_enhancement.nii.gz" in names
    assert len(list((folder / "dicom" / "share_of_tumour").iterdir())) == GRID.size[2]
    ct_window.action("export_maps").trigger()
    assert "not empty" in " ".join(ct_window.messages.texts())


def test_without_an_examination_the_panel_teaches(ct_window: MainWindow) -> None:
    panel = ct_window.workspace.show_dock("separation")
    let_live(0.1)
    assert (
        isinstance(panel, SeparationPanel)
        and panel.empty.isVisible()
        and "several phases" in panel.empty.sentence.text()
    )
    ct_window.action("separate_now").trigger()
    assert "several phases" in " ".join(ct_window.messages.texts())


def test_nothing_is_cut_off(ct_window: MainWindow, done: SeparationPanel) -> None:
    assert cut_off(ct_window) == []
    bar = done.verticalScrollBar()
    for value in (0, bar.maximum() // 2, bar.maximum()):
        bar.setValue(value)
        let_live(0.1)
        assert cut_off(ct_window) == []


def test_the_words_below_a_plot_have_a_place_of_their_own(ct_window: MainWindow, done: SeparationPanel) -> None:
    plot = done.evidence._plots["volumes"]
    plot.words.setText("Shaded: " + 12 * "many words ")  # type: ignore[attr-defined]
    plot.words.show()  # type: ignore[attr-defined]
    let_live(0.3)
    area, caption, words = (getattr(plot, name).geometry() for name in ("area", "caption", "words"))
    assert area.bottom() < caption.top() <= caption.bottom() < words.top()
    assert words.height() > 2 * caption.height(), "all lines have room"


def test_a_run_can_be_stopped(ct_window: MainWindow) -> None:
    panel, session = add_phases(ct_window), session_of(ct_window)
    session.desk.separating.add_sample("tumour", TUMOUR_MM)
    assert session.separation.running
    live(30)
    click(panel.stop)
    assert settle(ct_window, 30)
    assert not session.separation.running and session.desk.separating.found is None
    assert panel.separate.isVisible() and not panel.stop.isVisible()
