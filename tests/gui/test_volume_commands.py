"""The 3D view's actions in the real window: sides, contexts, cuts, pictures; what is chosen is kept with the case."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QFileDialog

from workstation.geometry.orientation import direction_letters
from workstation.gui.main_window import MainWindow
from workstation.gui.viewport.volume_looks import VolumeLook
from workstation.gui.viewport.volume_view import VolumeView
from workstation.view.volume_clip import Cut


def view_of(window: MainWindow, qtbot) -> VolumeView:
    view = window.workspace.views.views["volume"]
    qtbot.waitUntil(lambda: view.complete, timeout=20000)
    if view.renderer is None:
        pytest.skip(view.note)
    return view


def test_actions_look_choose_and_cut_and_show_what_is_chosen(ct_window: MainWindow, qtbot) -> None:
    view, look = view_of(ct_window, qtbot), ct_window.session.viewing.volume_look
    ct_window.action("volume_from_L").trigger()
    assert direction_letters(view.camera.axes[2]) == "L"
    ct_window.action("volume_context_skin").trigger()
    assert look.context == "skin" and ct_window.action("volume_context_skin").isChecked()
    ct_window.action("volume_cut_sagittal").trigger()
    assert look.cuts == (Cut("sagittal"),) and ct_window.action("volume_cut_sagittal").isChecked()
    ct_window.action("volume_flip_sagittal").trigger()
    assert look.cuts == (Cut("sagittal", True),)
    ct_window.action("volume_flip_axial").trigger()
    assert [cut.plane for cut in look.cuts] == ["axial", "sagittal"]
    switches = {"through": "shines_through", "targets_whole": "targets_whole", "clear_ground": "clear_ground"}
    for name, value in switches.items():
        before = getattr(look, value)
        ct_window.action(f"volume_{name}").trigger()
        assert getattr(look, value) != before and ct_window.action(f"volume_{name}").isChecked() != before
    qtbot.waitUntil(lambda: view.complete, timeout=20000)
    assert not view.note and not view.context.note


def test_a_context_without_its_image_is_refused_with_the_reason(ct_window: MainWindow, qtbot) -> None:
    view_of(ct_window, qtbot)
    ct_window.action("volume_context_mr").trigger()
    assert ct_window.session.viewing.volume_look.context == "bone_surface"
    assert ct_window.action("volume_context_bone_surface").isChecked()
    assert any("MR can't be shown in 3D" in message.sentence.text() for message in ct_window.messages.messages())


def test_a_fused_mr_is_cast_where_its_registration_puts_it(full_window: MainWindow, qtbot) -> None:
    view = view_of(full_window, qtbot)
    viewing = full_window.session.viewing
    viewing.overlay_key = next(k for k, v in full_window.session.case.images.items() if v.modality == "MR")
    full_window.action("volume_context_mr").trigger()
    qtbot.waitUntil(lambda: view.complete and view.context.there, timeout=20000)
    assert viewing.volume_look.context == "mr" and view.context.box_mm() is not None


def test_the_picture_goes_to_the_clipboard_and_into_a_file(
    ct_window: MainWindow, qtbot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = view_of(ct_window, qtbot)
    QGuiApplication.clipboard().clear()
    size = view.size() * view.devicePixelRatioF()
    ct_window.action("copy_volume_picture").trigger()
    qtbot.waitUntil(lambda: not QGuiApplication.clipboard().image().isNull(), timeout=10000)
    assert QGuiApplication.clipboard().image().size() == size
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "seen"), ""))
    ct_window.action("save_volume_picture").trigger()
    qtbot.waitUntil(lambda: (tmp_path / "seen.png").exists(), timeout=10000)
    qtbot.waitUntil(lambda: QImage(str(tmp_path / "seen.png")).size() == size, timeout=5000)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "nowhere" / "seen.png"), ""))
    ct_window.action("save_volume_picture").trigger()
    said = ct_window.messages.messages
    qtbot.waitUntil(lambda: any("could not be written" in message.sentence.text() for message in said()), timeout=5000)


def test_what_was_chosen_is_kept_and_nonsense_is_left_out() -> None:
    look = VolumeLook()
    look.context = "vessels"
    look.set_cut(Cut("coronal", True))
    look.shines_through = False
    again = VolumeLook()
    again.restore(look.state())
    assert again.state() == look.state() and again.cuts == (Cut("coronal", True),)
    again.restore({"context": "x-ray", "cuts": {"oblique": True, "axial": False}})
    assert again.context == "vessels" and again.cuts == (Cut("axial"),)
    with pytest.raises(ValueError, match="x-ray"):
        again.context = "x-ray"


def test_the_look_alone_is_kept_with_the_case_a_moment_later(ct_window: MainWindow, qtbot) -> None:
    ct_window.files._view.pause()  # nothing else has it kept
    ct_window.session.viewing.volume_look.context = "none"
    kept = ct_window.session.case.view_state
    qtbot.waitUntil(lambda: kept.get("viewing", {}).get("volume", {}).get("context") == "none", timeout=5000)
