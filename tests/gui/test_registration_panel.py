"""The Registration panel with real events: runs, fails, stops, and what is in use, accepted or looked behind."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from tests.gui.hands import click, let_live
from tests.gui.small_patient import CT_FRAME, MR_FRAME
from tests.gui.test_window import cut_off
from workstation.case.commands import AddRegistration, ChoosePlanningImage, RemoveRegistration
from workstation.fusion.registration import Registration, RegistrationError
from workstation.fusion.watching import Step
from workstation.geometry.deformation import Deformation, DisplacementField, FieldStep
from workstation.geometry.grid import Grid
from workstation.geometry.transform import Transform
from workstation.gui.application import settle
from workstation.gui.main_window import MainWindow
from workstation.gui.panels.registration import BY_HAND, DEFORMABLE, PAGES, RegistrationPanel
from workstation.gui.registration_jobs import RigidWish
from workstation.jobs.progress import Progress


@pytest.fixture
def panel(full_window: MainWindow) -> RegistrationPanel:
    assert full_window.workspace is not None
    found = full_window.workspace.show_dock("registration")
    assert isinstance(found, RegistrationPanel)
    let_live(0.2)
    return found


def answer(quality: dict[str, object], shift_mm: float = 1.0):  # type: ignore[no-untyped-def]
    """An engine that is done at once."""

    def run(fixed, moving, *arguments, watch, progress):  # type: ignore[no-untyped-def]
        for n in range(1, 4):
            watch(Step("2 mm", n, 0.1 * n))
        return Registration("new", CT_FRAME, MR_FRAME, Transform.from_rigid((shift_mm, 0, 0)), "rigid, test", quality)

    return run


def run(window: MainWindow, engine) -> None:  # type: ignore[no-untyped-def]
    assert window.session is not None
    window.session.registering.run(engine)
    assert settle(window, 30)
    let_live(0.1)


def test_a_result_is_put_to_use_and_is_provisional_until_accepted(
    full_window: MainWindow, panel: RegistrationPanel
) -> None:
    session = full_window.session
    assert session is not None
    run(full_window, answer({"verdict": "good", "reasons": []}))
    assert session.registering.registration is not None and session.registering.registration.identifier == "new"
    assert session.case.is_provisional(CT_FRAME, MR_FRAME)
    assert panel.accept.isVisible() and "is registered" in panel.outcome.text()
    assert len(session.registering.steps) == 3 and panel.curve is not None and panel.curve.isVisible()
    panel.name.setText("A. Physicist")
    click(panel.accept)
    found = session.registering.registration
    assert found.accepted_by == "A. Physicist" and not session.case.is_provisional(CT_FRAME, MR_FRAME)
    assert not panel.accept.isVisible()
    assert "accepted by A. Physicist" in panel.list.cards[0].words.text()
    click(panel.list.cards[0].buttons["withdraw"])
    assert session.case.is_provisional(CT_FRAME, MR_FRAME) and panel.accept.isVisible()
    session.case.undo()
    assert not session.case.is_provisional(CT_FRAME, MR_FRAME)


def test_a_failed_one_is_said_and_the_one_in_use_stays(full_window: MainWindow, panel: RegistrationPanel) -> None:
    session = full_window.session
    assert session is not None
    before = session.registering.registration
    assert before is not None
    run(full_window, answer({"verdict": "failed", "reasons": ["it ran against its limit"]}, 50.0))
    assert session.registering.registration is before
    assert "it ran against its limit" in panel.outcome.text() and "stays" in panel.outcome.text()

    def impossible(fixed, moving, *, watch, progress):  # type: ignore[no-untyped-def]
        raise RegistrationError("The two images do not overlap")

    run(full_window, impossible)
    assert session.registering.registration is before and panel.outcome.text() == "The two images do not overlap"
    assert [message.kind for message in full_window.messages.messages()][-1:] == ["danger"]


def test_a_run_can_be_stopped_and_changes_nothing(
    full_window: MainWindow, panel: RegistrationPanel, qtbot: QtBot
) -> None:
    session = full_window.session
    assert session is not None
    before, going = session.registering.registration, threading.Event()

    def slow(fixed, moving, *, watch, progress: Progress):  # type: ignore[no-untyped-def]
        for n in range(10_000):
            watch(Step("4 mm", n, 0.5))
            progress(0.5, "Climbing")
            going.set()
            threading.Event().wait(0.01)
        raise AssertionError("nobody stopped it")

    session.registering.run(slow)
    qtbot.waitUntil(lambda: going.is_set() and bool(session.registering.steps), timeout=5000)
    let_live(0.2)
    assert panel.automatic.stop.isVisible() and not panel.automatic.register.isVisible()
    assert "Climbing" in panel.outcome.text()
    click(panel.automatic.stop)
    let_live(0.1)
    assert not session.registering.running and "Stopped" in panel.outcome.text()
    assert session.registering.registration is before and panel.automatic.register.isVisible()


def test_a_run_that_is_started_again_is_the_one_that_counts_and_can_be_stopped(
    full_window: MainWindow, panel: RegistrationPanel
) -> None:
    session = full_window.session
    assert session is not None
    released = threading.Event()

    def slow(fixed, moving, *, watch, progress: Progress):  # type: ignore[no-untyped-def]
        while not released.wait(0.01):
            progress(0.5, "Climbing")
        return answer({"verdict": "good"})(fixed, moving, watch=watch, progress=progress)

    session.registering.run(slow)
    first = session.registering.job
    session.registering.run(slow)
    for _ in range(100):  # a busy machine takes its time to say how far it is
        let_live(0.05)
        if "Climbing" in panel.outcome.text():
            break
    assert session.registering.job is not first and session.registering.state == "running"
    assert panel.automatic.stop.isVisible() and "Climbing" in panel.outcome.text()
    click(panel.automatic.stop)
    let_live(0.1)
    assert session.registering.state == "stopped" and not session.registering.running
    assert panel.automatic.register.isVisible() and "Stopped" in panel.outcome.text()
    released.set()
    assert settle(full_window, 30)


def test_an_image_that_became_the_planning_image_meanwhile_is_not_laid_on_itself(
    full_window: MainWindow, panel: RegistrationPanel
) -> None:
    session = full_window.session
    assert session is not None
    released, planning = threading.Event(), session.case.planning_key

    def slow(fixed, moving, *, watch, progress):  # type: ignore[no-untyped-def]
        released.wait(10)
        return answer({"verdict": "good"})(fixed, moving, watch=watch, progress=progress)

    session.registering.run(slow)
    moving = session.registering.moving
    assert moving is not None
    session.do(ChoosePlanningImage(moving.key))
    released.set()
    assert settle(full_window, 30)
    assert session.case.planning_key == moving.key and session.viewing.overlay_key == planning


def test_the_real_engine_registers_the_small_patient(full_window: MainWindow, panel: RegistrationPanel) -> None:
    session = full_window.session
    assert session is not None
    click(panel.automatic.register)
    assert settle(full_window, 60)
    found = session.registering.registration
    assert found is not None
    if session.registering.state == "done":
        assert found.quality["six_degrees"]["patient"] and found.quality["displacement_mm"]["max"] > 0
    else:
        assert session.registering.outcome, "a ball can't tell how it is turned, and the program says so"
    assert session.registering.steps


def test_older_ones_are_listed_used_again_and_removed(full_window: MainWindow, panel: RegistrationPanel) -> None:
    session = full_window.session
    assert session is not None
    first = session.registering.registration
    assert first is not None
    run(full_window, answer({"verdict": "good"}))
    cards = panel.list.cards
    assert [card.registration.identifier for card in cards] == ["new", first.identifier]
    click(cards[1].buttons["use"])
    assert session.registering.registration is first and panel.list.cards[0].registration is first
    click(panel.list.cards[1].buttons["remove"])
    assert [card.registration for card in panel.list.cards] == [first]


def test_before_and_after(full_window: MainWindow, panel: RegistrationPanel) -> None:
    session = full_window.session
    assert session is not None
    run(full_window, answer({"verdict": "good"}, 20.0))
    after = session.viewing.transform(CT_FRAME, MR_FRAME)
    click(panel.before)
    let_live(0.1)
    assert full_window.action("registration_before").isChecked()
    assert not np.allclose(session.viewing.transform(CT_FRAME, MR_FRAME).matrix, after.matrix)  # type: ignore[union-attr]
    click(panel.before)
    assert np.allclose(session.viewing.transform(CT_FRAME, MR_FRAME).matrix, after.matrix)  # type: ignore[union-attr]


def test_looking_behind_ends_with_its_button(full_window: MainWindow, panel: RegistrationPanel) -> None:
    session, action = full_window.session, full_window.action("registration_before")
    assert session is not None
    action.trigger()
    assert action.isChecked() and session.desk.placing.before
    session.desk.placing.show(None)  # as Esc does in mid-drag
    assert not action.isChecked()
    session.do(RemoveRegistration(panel.list.cards[0].registration.identifier))
    let_live(0.1)
    action.trigger()
    assert not action.isChecked() and "no registration" in " ".join(full_window.messages.texts())


def test_wishes_follow_the_choices(full_window: MainWindow, panel: RegistrationPanel) -> None:
    page = panel.automatic
    page.start.setCurrentIndex(page.start.findData("present"))
    page.metric.setCurrentIndex(page.metric.findData("correlation"))
    page.region.setCurrentIndex(page.region.findData("bone"))
    wish = page.wish()
    assert isinstance(wish, RigidWish)
    assert (wish.start, wish.metric, wish.region) == ("present", "correlation", "bone")
    assert wish.present is not None and "use" in page.note.text()
    inside = next(n for n in range(page.region.count()) if page.region.itemText(n) == "Inside Organ")
    page.region.setCurrentIndex(inside)
    assert page.wish().structure.name == "Organ"  # type: ignore[union-attr]
    panel.show_page(DEFORMABLE)
    bends = panel.deformable
    bends.inside.setCurrentIndex(1)
    bends.own_spacing.setChecked(True)
    bends.diffeomorphic.setChecked(True)
    wanted = bends.wish()
    assert wanted.inside.name == "Organ" and wanted.diffeomorphic and wanted.spacing_mm == 15.0  # type: ignore[union-attr]
    assert isinstance(wanted.start, Transform)


def test_a_bent_one_is_shown_and_by_hand_offers_its_rigid_part(
    full_window: MainWindow, panel: RegistrationPanel
) -> None:
    session = full_window.session
    assert session is not None
    grid = Grid((-60, -60, -45), (10, 10, 10), np.eye(3), (13, 13, 10))
    values = np.zeros((*grid.shape, 3))
    values[..., 0] = 3.0
    bent = Deformation((FieldStep(DisplacementField(grid, values)), Transform.from_rigid((4, -3, 2))))
    session.do(AddRegistration(Registration("bent", CT_FRAME, MR_FRAME, bent, "deformable, test")))
    let_live(0.3)
    assert "deformable" in panel.list.cards[0].words.text()
    panel.show_page(BY_HAND)
    let_live(0.1)
    assert panel.by_hand.rigid.isVisible() and not panel.by_hand.tool.isEnabled()
    click(panel.by_hand.rigid)
    assert session.registering.registration.kind == "rigid"  # type: ignore[union-attr]


def test_the_one_in_use_is_exported_and_read_again(
    full_window: MainWindow, panel: RegistrationPanel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from workstation.dicom.registration import read_registrations

    path = tmp_path / "out.dcm"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_a, **_k: (str(path), ""))
    full_window.action("export_registration").trigger()
    assert settle(full_window, 30)
    (found,) = read_registrations(path)
    assert found.fixed_to_moving.apply(np.zeros(3)) == pytest.approx([4, -3, 2], abs=1e-6)
    folder = tmp_path / "resampled"
    folder.mkdir()
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_a, **_k: str(folder))
    full_window.action("export_resampled").trigger()
    assert settle(full_window, 30)
    assert len(list(folder.iterdir())) == 24


def test_no_text_is_cut_off_on_any_page(full_window: MainWindow, panel: RegistrationPanel) -> None:
    run(full_window, answer({"verdict": "doubtful", "reasons": ["the bodies overlap little"]}))
    assert full_window.workspace is not None
    for _, name in PAGES:
        panel.show_page(name)
        let_live(0.1)
        assert cut_off(full_window) == [], name
