"""The panel of windows: the band over the histogram is dragged, numbers are typed, presets pressed, views follow."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QHBoxLayout, QWidget

from tests.gui.hands import click, let_live, slice_view, type_into
from tests.gui.small_patient import CT_FRAME, MR_FRAME, SHIFT_MM, ball, case_of
from tests.gui.viewport_scene import drag
from workstation.case.commands import AddImage, AddRegistration
from workstation.dicom.index import index_paths
from workstation.dicom.load import load_series
from workstation.fusion.registration import Registration
from workstation.geometry.transform import Transform
from workstation.gui.application import settle
from workstation.gui.jobs.runner import JobRunner
from workstation.gui.main_window import MainWindow
from workstation.gui.panels.window import WindowPanel
from workstation.gui.panels.window_card import WindowCard
from workstation.gui.session import Session
from workstation.gui.theme import apply_theme, current_theme
from workstation.gui.viewport.slice_view import SliceView
from workstation.gui.viewport.visible_values import visible_values
from workstation.images.windows import CT_PRESETS, window_of_values


@dataclass
class Desk:
    """A view and the panel beside it."""

    session: Session
    view: SliceView
    panel: WindowPanel
    refused: list[str]

    @property
    def window(self) -> tuple[float, float]:
        """Centre and width of the image below."""
        return self.session.viewing.window(self.session.viewing.base_key)

    @property
    def overlay_window(self) -> tuple[float, float]:
        """Centre and width of the image on top."""
        return self.session.viewing.window(self.session.viewing.overlay_key)


@pytest.fixture
def desk(qtbot) -> Iterator[Desk]:
    """A CT with an MR fused on it in a view, and the panel with its histograms counted."""
    ct, mr = ball("CT", CT_FRAME, (0, 0, 0), "1"), ball("MR", MR_FRAME, SHIFT_MM, "2")
    session = Session(case_of(ct))
    session.do(AddImage(mr))
    session.do(AddRegistration(Registration("r", CT_FRAME, MR_FRAME, Transform.from_rigid(SHIFT_MM), "truth")))
    session.viewing.overlay_key = mr.key
    runner = JobRunner()
    session.setParent(runner)
    runner.runner = runner  # as a window has one
    view, panel = SliceView(session.case, session.viewing, session.desk, "axial"), WindowPanel(session)
    beside = QWidget()
    row = QHBoxLayout(beside)
    row.addWidget(view, 1)
    row.addWidget(panel, 1)
    beside.resize(760, 1100)
    beside.show()
    qtbot.addWidget(beside)
    refused: list[str] = []
    session.refused.connect(refused.append)
    let_live(0.02)
    assert runner.wait(20)
    let_live(0.02)
    yield Desk(session, view, panel, refused)
    runner.stop_all()


def place_of_value(card: WindowCard, value: float) -> QPointF:
    """Where a value lies in the plot's viewport, at half its height."""
    assert card.plot is not None
    box = card.plot.getPlotItem().vb
    top = box.viewRect().center().y()
    return QPointF(card.plot.mapFromScene(box.mapViewToScene(QPointF(value, top))))


def drag_value(card: WindowCard, start: float, end: float) -> None:
    """Take the plot at one value and let go at another."""
    assert card.plot is not None
    drag(card.plot.viewport(), place_of_value(card, start), place_of_value(card, end), steps=8)
    let_live(0.02)


def per_pixel(card: WindowCard) -> float:
    """What one pixel of the plot is worth."""
    return abs(400.0 / (place_of_value(card, 400).x() - place_of_value(card, 0).x()))


def test_both_images_have_a_card_with_a_counted_histogram(desk: Desk) -> None:
    panel, (ct, mr) = desk.panel, desk.session.case.images.values()
    assert panel.base.isVisible() and panel.overlay.isVisible()
    assert panel.base.name.text() == "CT Small CT" and panel.overlay.name.text() == "MR Small MR"
    assert "HU" in panel.base.role.text() and "MR signal" in panel.overlay.role.text()
    for card, volume in ((panel.base, ct), (panel.overlay, mr)):
        assert card.plot is not None and card.plot._histogram.total == volume.voxels.size
        assert not card.waiting.isVisible()


def test_the_lower_edge_of_the_band_is_dragged(desk: Desk) -> None:
    panel = desk.panel
    assert desk.window == (40, 400)
    drag_value(panel.base, -160, -500)
    centre, width = desk.window
    assert centre - width / 2 == pytest.approx(-500, abs=3 * per_pixel(panel.base))
    assert centre + width / 2 == pytest.approx(240, abs=1e-6)
    assert panel.base.fields["Low"].value() == pytest.approx(centre - width / 2, abs=1)


def test_the_upper_edge_and_the_middle_are_dragged(desk: Desk) -> None:
    panel = desk.panel
    panel.base._set(-400, 600)
    drag_value(panel.base, -100, -250)
    centre, width = desk.window
    assert centre - width / 2 == pytest.approx(-700) and centre + width / 2 == pytest.approx(
        -250, abs=3 * per_pixel(panel.base)
    )
    before = desk.window
    drag_value(panel.base, before[0], before[0] + 150)
    centre, width = desk.window
    assert width == pytest.approx(before[1], rel=1e-6)
    assert centre == pytest.approx(before[0] + 150, abs=3 * per_pixel(panel.base))


def test_the_overlays_band_changes_the_overlay_alone(desk: Desk) -> None:
    panel = desk.panel
    before, base = desk.overlay_window, desk.window
    low = before[0] - before[1] / 2
    drag_value(panel.overlay, low, low + 100)
    assert desk.overlay_window != before and desk.window == base


def test_numbers_are_edited_in_place_and_the_others_stay(desk: Desk) -> None:
    panel = desk.panel
    type_into(panel.base.fields["Width"].line, "350")
    assert desk.window == (40, 350)
    type_into(panel.base.fields["Centre"].line, "60.5")
    assert desk.window == (60.5, 350)
    type_into(panel.base.fields["Low"].line, "-200")
    centre, width = desk.window
    assert (centre - width / 2, centre + width / 2) == (-200, 235.5)
    type_into(panel.base.fields["High"].line, "-300")
    assert desk.window == (centre, width)
    assert "Low must be below High" in desk.refused[-1]
    type_into(panel.base.fields["Width"].line, "-5", end=Qt.Key.Key_Return)
    assert desk.window == (centre, width) and panel.base.fields["Width"].reason.isVisible()


def test_presets_have_their_keys_and_show_which_is_chosen(desk: Desk) -> None:
    panel = desk.panel
    buttons = {preset.name: button for preset, button in panel.base._preset_buttons}
    assert list(buttons) == [p.name for p in CT_PRESETS]
    assert buttons["Brain"].text() == "3  Brain" and "key 3" in buttons["Brain"].toolTip()
    click(buttons["Bone"])
    assert desk.window == (400, 1800) and buttons["Bone"].isChecked()
    QTest.keyClick(desk.view, Qt.Key.Key_4)
    let_live(0.02)
    assert desk.window == (-600, 1500)
    assert buttons["Lung"].isChecked() and not buttons["Bone"].isChecked()
    assert all(not button.text()[0].isdigit() for _, button in panel.overlay._preset_buttons)


def test_automatic_and_reset(desk: Desk) -> None:
    panel = desk.panel
    values = visible_values(desk.view, desk.session.viewing.base_key)
    wanted = window_of_values(values, "CT", hounsfield=True)
    click(panel.base.automatic)
    assert desk.window == pytest.approx((wanted.centre, wanted.width))
    click(panel.base.reset)
    assert desk.window == (40, 400)


def test_values_outside_of_the_view_do_not_count(desk: Desk) -> None:
    view, key = desk.view, desk.session.viewing.base_key
    whole = visible_values(view, key)
    assert np.nanmin(whole) == -1000 and whole.size <= 61_000
    view.zoom(20.0, QPointF(view.rect().center()))
    assert np.nanmin(visible_values(view, key)) == 40
    assert visible_values(view, "no such image") is None


def test_the_histogram_of_what_is_visible_follows_the_views(desk: Desk) -> None:
    panel = desk.panel
    click(panel.base.visible)
    assert panel.base.plot is not None
    before = panel.base.plot._histogram.counts.copy()
    assert panel.base.plot._histogram.total < 61_000
    desk.session.viewing.crosshair_mm = (0, 0, 28)
    let_live(0.4)
    after = panel.base.plot._histogram.counts
    assert len(after) == len(before) and (after != before).any()
    click(panel.base.whole)
    assert panel.base.plot._histogram.total == desk.session.case.planning.voxels.size


def test_phases_take_one_window(desk: Desk) -> None:
    panel, session, (ct, mr) = desk.panel, desk.session, desk.session.case.images.values()
    second = replace(mr, key="second", series_uid="second", acquisition={"SeriesNumber": "3"})
    other = replace(mr, key="other", frame_of_reference_uid=ct.frame_of_reference_uid)
    for volume in (second, other):
        session.do(AddImage(volume))
    let_live(0.05)
    assert panel.overlay.phases.text() == "Use for all 2 phases"
    assert panel.overlay.others.text() == "Use for all 3 MR images" and not panel.base.others.isVisible()
    session.viewing.set_window(mr.key, 123, 45)
    click(panel.overlay.phases)
    assert session.viewing.window("second") == (123, 45) != session.viewing.window("other")
    click(panel.overlay.others)
    assert session.viewing.window("other") == (123, 45)


def test_colours_follow_the_theme(desk: Desk, qapp: QApplication) -> None:
    panel = desk.panel
    assert panel.base.plot is not None
    try:
        apply_theme(qapp, "light")
        let_live(0.05)
        shade = panel.base.plot.backgroundBrush().color().name()
        assert shade == current_theme().field == "#ffffff"
    finally:
        apply_theme(qapp, "dark")
    let_live(0.05)
    assert panel.base.plot.backgroundBrush().color().name() == current_theme().field


def base_window(window: MainWindow) -> tuple[float, float]:
    viewing = window.session.viewing
    return viewing.window(viewing.base_key)


def test_the_key_v_windows_what_the_view_under_the_cursor_shows(full_window: MainWindow) -> None:
    view = slice_view(full_window, "coronal")
    view.setFocus()
    QTest.mouseMove(view)
    let_live(0.3)  # the docks that the case brought have their sizes, so what is seen stays the same
    for other in QApplication.allWidgets():
        # A view that was opened under a pointer that an earlier test left is never told that the pointer has gone.
        if isinstance(other, SliceView) and other is not view:
            other.setAttribute(Qt.WidgetAttribute.WA_UnderMouse, False)
    wanted = window_of_values(visible_values(view, full_window.session.viewing.base_key), "CT", hounsfield=True)
    QTest.keyClick(view, Qt.Key.Key_V)
    let_live(0.02)
    assert base_window(full_window) == pytest.approx((wanted.centre, wanted.width))
    before = base_window(full_window)
    QTest.keyClick(view, Qt.Key.Key_V, Qt.KeyboardModifier.ShiftModifier)
    viewing = full_window.session.viewing
    wanted = window_of_values(visible_values(view, viewing.overlay_key), "MR")
    assert viewing.window(viewing.overlay_key) == pytest.approx((wanted.centre, wanted.width))
    assert base_window(full_window) == before


def test_the_panel_is_one_of_those_around_the_views_and_costs_nothing_while_closed(full_window: MainWindow) -> None:
    workspace, viewing = full_window.workspace, full_window.session.viewing
    full_window.activateWindow()
    QTest.keyClick(slice_view(full_window), Qt.Key.Key_W, Qt.KeyboardModifier.ShiftModifier)
    let_live(0.05)
    panel = workspace.dock("window").content
    assert isinstance(panel, WindowPanel) and panel.isVisible()
    assert settle(full_window, 30)
    viewing.set_window(viewing.base_key, 10, 20)
    assert panel.base.fields["Width"].value() == 20 and panel.base.plot is not None
    workspace.dock("window").close()
    let_live(0.05)
    viewing.set_window(viewing.base_key, 10, 30)
    assert panel.base.fields["Width"].value() == 20
    full_window.action("dock_window").trigger()
    let_live(0.05)
    assert panel.base.fields["Width"].value() == 30


@pytest.mark.realdata
def test_a_pet_over_its_ct(window: MainWindow, data_dir: Path) -> None:
    folder = data_dir / "ct_mr_pet_sts" / "STS_002"
    window.commands.open_paths([str(folder / "CT"), str(folder / "PET")])
    assert settle(window, 30)
    window.action("dock_window").trigger()
    let_live(0.1)
    assert settle(window, 30)
    panel = window.workspace.dock("window").content
    names = [preset.name for preset, _ in panel.overlay._preset_buttons]
    assert names[:3] == ["Automatic", "SUV 0–5", "SUV 0–10"]
    click(panel.overlay._preset_buttons[1][1])
    viewing = window.session.viewing
    assert viewing.window(viewing.overlay_key) == (2.5, 5.0)
    pet = load_series(index_paths([folder / "PET"]).series[0])
    assert panel.overlay.plot._histogram.total == pet.voxels.size
    click(panel.overlay.automatic)
    centre, width = viewing.window(viewing.overlay_key)
    assert centre - width / 2 == pytest.approx(0) and width > 1
