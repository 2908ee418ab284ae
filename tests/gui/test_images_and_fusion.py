"""Which image is planned on, which lies on top, and how they are registered: said in words and changed in place."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.gui.hands import click, let_live, type_into
from tests.gui.small_patient import SmallPatient
from workstation.case.commands import RemoveRegistration
from workstation.fusion.registration import Registration
from workstation.geometry.transform import Transform
from workstation.gui.application import settle
from workstation.gui.main_window import MainWindow
from workstation.gui.panels.fuse import quality_words


def test_images_are_listed_with_size_and_spacing(full_window: MainWindow, patient: SmallPatient) -> None:
    assert full_window.workspace is not None
    full_window.action("step_images").trigger()
    cards = full_window.workspace.images.cards
    assert list(cards) == [patient.ct.series_uid, patient.mr.series_uid]
    card = cards[patient.ct.series_uid]
    words = [w.text() for w in card.findChildren(type(full_window.workspace.fuse.base))]
    assert any("48 × 48 × 24" in w and "2 × 2 × 3 mm" in w for w in words), words
    assert card.plan.isChecked() and not card.overlay.isEnabled()


def test_the_planning_image_can_be_changed_and_undone(full_window: MainWindow, patient: SmallPatient) -> None:
    assert full_window.workspace is not None and full_window.session is not None
    full_window.action("step_images").trigger()
    click(full_window.workspace.images.cards[patient.mr.series_uid].plan)
    assert full_window.session.case.planning_key == patient.mr.series_uid
    assert "planning MR" in chip(full_window, "planning")
    full_window.action("undo").trigger()
    assert full_window.session.case.planning_key == patient.ct.series_uid


def chip(window: MainWindow, name: str) -> str:
    """What a chip says once the window has settled."""
    let_live(0.05)
    return window.banner.chip(name).text()


def test_the_overlay_is_chosen_and_taken_away_in_list_panel_and_toolbar(
    full_window: MainWindow, patient: SmallPatient
) -> None:
    workspace, session = full_window.workspace, full_window.session
    assert workspace is not None and session is not None
    full_window.action("step_images").trigger()
    click(workspace.images.cards[patient.mr.series_uid].overlay)
    assert session.viewing.overlay_key == "" and workspace.tool_bar.fusion.currentText() == "None"
    assert not workspace.tool_bar.amount.isEnabled()
    workspace.fuse.overlay.setCurrentIndex(workspace.fuse.overlay.findData(patient.mr.series_uid))
    assert session.viewing.overlay_key == patient.mr.series_uid
    assert workspace.tool_bar.fusion.currentText() == "Small MR" or "MR" in workspace.tool_bar.fusion.currentText()


def test_opacity_is_one_value_everywhere(full_window: MainWindow) -> None:
    workspace, session = full_window.workspace, full_window.session
    assert workspace is not None and session is not None
    type_into(workspace.tool_bar.amount.field("blend").number.line, "65")
    assert session.viewing.opacity == 0.65
    assert (
        workspace.fuse.amount.field("blend").value() == 65 and workspace.fuse.amount.field("blend").slider.value() == 65
    )
    workspace.fuse.amount.field("blend").slider.setValue(20)
    assert session.viewing.opacity == 0.2 and workspace.tool_bar.amount.field("blend").value() == 20


def test_the_registration_is_said_in_words_and_accepted_by_a_person(full_window: MainWindow) -> None:
    assert full_window.workspace is not None
    full_window.banner.chip("registration").click()
    assert full_window.workspace.step == "fuse"
    panel = full_window.workspace.fuse
    assert "not yet checked by a person" in panel.state.text()
    click(panel.accept)
    assert "accepted by" in panel.state.text() and not panel.accept.isVisible()
    assert chip(full_window, "registration") == "MR fused"
    full_window.action("undo").trigger()
    assert chip(full_window, "registration") == "MR fused, unchecked"


def test_without_a_registration_the_panel_offers_to_make_one(full_window: MainWindow) -> None:
    assert full_window.workspace is not None and full_window.session is not None
    full_window.action("step_fuse").trigger()
    panel = full_window.workspace.fuse
    (found,) = full_window.session.case.registrations
    full_window.session.do(RemoveRegistration(found))
    let_live(0.05)
    assert "Not registered" in panel.state.text()
    assert panel.register.isVisible() and panel.register.text() == "Register automatically"
    assert chip(full_window, "registration") == "MR not registered"


def test_with_one_image_the_panel_teaches(ct_window: MainWindow) -> None:
    assert ct_window.workspace is not None
    ct_window.action("step_fuse").trigger()
    assert ct_window.workspace.fuse.empty.isVisible()
    assert "second image" in ct_window.workspace.fuse.empty.sentence.text()


def test_an_image_can_be_taken_out_and_brought_back(full_window: MainWindow, patient: SmallPatient) -> None:
    assert full_window.session is not None
    from workstation.case.commands import RemoveImage

    full_window.session.do(RemoveImage(patient.mr.series_uid))
    let_live(0.05)
    assert full_window.session.viewing.overlay_key == ""
    full_window.action("undo").trigger()
    assert patient.mr.series_uid in full_window.session.case.images


def test_a_series_that_was_only_found_is_loaded_on_demand(
    window: MainWindow, patient: SmallPatient, monkeypatch: pytest.MonkeyPatch
) -> None:
    from workstation.gui import reading

    monkeypatch.setattr(reading, "MOST_BYTES_LOADED", 1)
    window.commands.open_paths([str(patient.folder)])
    assert settle(window, 30)
    assert window.session is not None and window.workspace is not None
    assert [v.modality for v in window.session.case.images.values()] == ["CT"]
    window.action("step_images").trigger()
    from workstation.gui.panels.images import FoundCard

    card = next(iter(window.workspace.images.findChildren(FoundCard)))
    click(card.button)
    assert settle(window, 30)
    assert [v.modality for v in window.session.case.images.values()] == ["CT", "MR"]


def test_what_to_know_of_a_registration_reads_as_words() -> None:
    made = Registration("1", "a", "b", Transform.identity(), "rigid", {"repeatability_mm": 0.123})
    assert quality_words(made) == "Two runs ended 0.12 mm apart."
    doubtful = replace(made, quality={"reasons": ["the bodies overlap little", "parts would rather lie elsewhere"]})
    assert quality_words(doubtful) == "The bodies overlap little; parts would rather lie elsewhere."
    assert quality_words(None) == ""
