"""Phases are registered onto one of them in the window, and reach the CT through it: said, listed, accepted as one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter, shift

from tests.gui.hands import click, let_live
from tests.gui.small_patient import CT_FRAME, MR_FRAME, WHO
from tests.gui.test_window import cut_off
from workstation.case.commands import AddImage, AddRegistration
from workstation.fusion.registration import Registration
from workstation.geometry.grid import Grid
from workstation.geometry.transform import Transform
from workstation.gui.application import settle
from workstation.gui.main_window import MainWindow
from workstation.gui.panels.registration import DEFORMABLE, RegistrationPanel
from workstation.images.volume import Volume

PHASE_FRAME = "2.25.1003"
BREATH_MM = 4.0


def phase(key: str, moved_mm: float) -> Volume:
    """64 x 64 x 40 voxels of 3 mm: a lumpy body that lies `moved_mm` further to the left and the feet."""
    grid = Grid((-94.5, -94.5, -58.5), (3.0, 3.0, 3.0), np.eye(3), (64, 64, 40))
    points = grid.to_patient(np.stack(np.indices(grid.shape)[::-1], axis=-1))
    body = ((points / (70.0, 55.0, 45.0)) ** 2).sum(axis=-1) < 1
    lumps = gaussian_filter(np.random.default_rng(3).normal(size=grid.shape), 2.0)
    values = np.where(body, 300 + 120 * lumps / lumps.std(), 5.0)
    moved = shift(values, (-moved_mm / 3, 0, moved_mm / 3), order=1, cval=5.0)
    return Volume(
        key, np.clip(moved, 0, None).astype(np.int16), grid, modality="MR", unit="MR signal", description=key,
        series_uid=key, frame_of_reference_uid=PHASE_FRAME, patient=WHO, patient_position="HFS",
    )  # fmt: skip


@pytest.fixture
def phases(full_window: MainWindow) -> RegistrationPanel:
    """The window with two phases, the first of which is registered to the CT and fused."""
    session = full_window.session
    assert session is not None and full_window.workspace is not None
    session.do(AddImage(phase("early", 0.0)))
    session.do(AddImage(phase("late", BREATH_MM)))
    session.do(AddRegistration(Registration("early", CT_FRAME, PHASE_FRAME, Transform.identity(), "rigid, test")))
    session.viewing.overlay_key = session.desk.placing.moving_key = "early"
    panel = full_window.workspace.show_dock("registration")
    assert isinstance(panel, RegistrationPanel)
    let_live(0.2)
    return panel


def choose(panel: RegistrationPanel, key: str) -> None:
    panel.moving.setCurrentIndex(panel.moving.findData(key))
    panel.moving.activated.emit(panel.moving.currentIndex())
    let_live(0.1)


def test_phases_reach_the_ct_through_one_of_them(full_window: MainWindow, phases: RegistrationPanel) -> None:
    session, panel = full_window.session, phases
    assert session is not None
    assert panel.automatic.phases.isVisible()
    click(panel.automatic.phases)
    assert settle(full_window, 60)
    assert "1 phase is registered onto" in " ".join(full_window.messages.texts())
    choose(panel, "late")
    late = session.case.images["late"]
    assert late.frame_of_reference_uid != PHASE_FRAME, "a phase that moves is given a frame of its own"
    link = session.case.transform(CT_FRAME, late.frame_of_reference_uid)
    assert link is not None
    assert link.apply(np.zeros(3)) == pytest.approx([BREATH_MM, 0, -BREATH_MM], abs=0.3)
    early, ct = session.image_name("early"), session.image_name(session.case.planning_key)
    assert f"Takes points of {ct}" in panel.direction.text() and f"through {early};" in panel.direction.text()
    words = [card.words.text() for card in panel.list.cards]
    assert words[0].startswith(f"Link 1 of 2: {early} onto {ct}") and f"onto {early}" in words[1]
    assert cut_off(full_window) == []
    assert "2" in panel.accept.text()
    panel.name.setText("A. Physicist")
    click(panel.accept)
    assert not session.case.is_provisional(CT_FRAME, late.frame_of_reference_uid)
    assert all("accepted by A. Physicist" in card.words.text() for card in panel.list.cards)
    session.case.undo()
    assert len(session.registering.waiting) == 2, "both were accepted in one step"
    session.case.undo()
    assert session.case.images["late"].frame_of_reference_uid == PHASE_FRAME


def test_before_a_direct_one_is_the_way_through_others(full_window: MainWindow, phases: RegistrationPanel) -> None:
    session = full_window.session
    assert session is not None
    own = "2.25.1004"
    session.do(AddImage(replace(phase("own", 0.0), frame_of_reference_uid=own)))
    session.do(AddRegistration(Registration("a", PHASE_FRAME, own, Transform.from_rigid((5, 0, 0)), "rigid, test")))
    session.do(AddRegistration(Registration("b", CT_FRAME, own, Transform.from_rigid((6, 1, 0)), "rigid, test")))
    choose(phases, "own")
    click(phases.before)
    shown = session.viewing.transform(CT_FRAME, own)
    assert shown is not None and shown.apply(np.zeros(3)) == pytest.approx([5, 0, 0])
    click(phases.before)
    shown = session.viewing.transform(CT_FRAME, own)
    assert shown is not None and shown.apply(np.zeros(3)) == pytest.approx([6, 1, 0])


def test_without_a_name_nothing_is_accepted(full_window: MainWindow, phases: RegistrationPanel) -> None:
    session = full_window.session
    assert session is not None
    choose(phases, mr_key(full_window))
    phases.name.setText("  ")
    click(phases.accept)
    assert session.registering.waiting
    assert "say who" in " ".join(full_window.messages.texts())


def test_a_page_that_is_chosen_comes_into_sight(full_window: MainWindow, phases: RegistrationPanel) -> None:
    full_window.resize(1280, 760)
    let_live(0.2)
    phases.verticalScrollBar().setValue(0)
    full_window.action("show_deformable").trigger()
    let_live(0.2)
    page, port = phases.pages[DEFORMABLE], phases.viewport()
    top = phases.tabs[DEFORMABLE].mapTo(port, phases.rect().topLeft()).y()
    end = page.mapTo(port, page.rect().bottomLeft()).y()
    assert top >= 0 and (end <= port.height() or top <= 16)


def mr_key(window: MainWindow) -> str:
    """The MR of the small patient."""
    assert window.session is not None
    return next(key for key, v in window.session.case.images.items() if v.frame_of_reference_uid == MR_FRAME)
