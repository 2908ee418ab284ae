"""Letters burned into a phantom stand upright at the patient's right sides, however the images were acquired.

What is looked at are the pixels on screen alone. See `tests.view.lettered`.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtWidgets import QApplication

from tests.cli.conftest import run_command
from tests.gui.viewport_scene import MOVE, case_with, pixels
from tests.view.lettered import CROSSHAIR_MM, OUT_MM, SIDES, TO, blank_volume, check_letters, lettered_volume
from tests.view.scenes import ACQUISITIONS, centred_grid, rotation
from workstation.case.case import Case
from workstation.case.commands import AddRegistration
from workstation.dicom.write_series import write_series
from workstation.editing.desk import Desk
from workstation.fusion.registration import Registration
from workstation.geometry.grid import Grid
from workstation.gui.application import settle
from workstation.gui.layout_model import LAYOUTS
from workstation.gui.main_window import MainWindow
from workstation.gui.viewing import Viewing
from workstation.gui.viewport.annotations import side_letters
from workstation.gui.viewport.slice_view import SliceView
from workstation.gui.viewport.view_grid import ViewGrid
from workstation.images.volume import Volume
from workstation.view.fusion_look import EDGES, MODES

MORE_ACQUISITIONS = {
    "feet-first supine": np.diag([-1.0, 1.0, -1.0]),
    "decubitus right": np.array([[0, -1.0, 0], [1.0, 0, 0], [0, 0, 1.0]]),
    "feet-first decubitus": np.array([[0, 1.0, 0], [1.0, 0, 0], [0, 0, -1.0]]),
    "coronal from behind": np.array([[-1.0, 0, 0], [0, 0, -1.0], [0, -1.0, 0]]),
}
ALL = {**ACQUISITIONS, **MORE_ACQUISITIONS}
TILTS = {"oblique axial": rotation(14, -9, 11), "oblique sagittal": rotation(8, 6, -12)}
ROOT_UID = "1.2.826.0.1.3680043.10.7.5"


def phantom_grid(acquisition: str) -> Grid:
    """220 mm on every side, 2.5 x 2.5 x 3 mm."""
    return centred_grid(ALL[acquisition], (2.5, 2.5, 3), (88, 88, 73))


def phantom(acquisition: str = "head-first axial", key: str = "letters") -> Volume:
    return lettered_volume(phantom_grid(acquisition), key, tilt=TILTS.get(acquisition))


def fused_case(*, both: bool) -> Case:
    """A CT and, through a registration, the same phantom on an oblique grid; letters on `both` or above alone."""
    grid = phantom_grid("head-first axial")
    below = phantom() if both else blank_volume(grid)
    oblique = centred_grid(ALL["oblique sagittal"], (2.5, 2.5, 3), (100, 100, 84))
    above = lettered_volume(
        oblique, "mr", link=MOVE, modality="MR", unit="", description="oblique", frame_of_reference_uid="F-MR"
    )
    case = case_with(below, above)
    case.do(AddRegistration(Registration("r", "F", "F-MR", MOVE, "by hand")))
    return case


def open_grid(qtbot, case: Case, size: tuple[int, int] = (760, 620), layout: str = "row") -> ViewGrid:
    grid = ViewGrid(case, Viewing(case), Desk(case))
    qtbot.addWidget(grid)
    grid.viewing.layout.choose(layout)
    grid.resize(*size)
    grid.show()
    qtbot.waitExposed(grid)
    for image in case.images:
        grid.viewing.set_window(image, 200.0, 400.0)
    return grid


def point_at_letters(viewing: Viewing, acquisition: str = "") -> None:
    viewing.crosshair_mm = TILTS.get(acquisition, np.eye(3)) @ CROSSHAIR_MM
    QApplication.processEvents()


def check_view(view: SliceView) -> None:
    """The letters in the picture, and the letters painted at its sides say the same."""
    QApplication.processEvents()
    check_letters(pixels(view).mean(-1), view.pixel_mm * view.width() / view.grab().width(), view.orientation)
    at = side_letters(view.plane())
    assert "".join(at[side][0] for side in ("left", "right", "top", "bottom")) == SIDES[view.orientation]


@pytest.mark.parametrize("acquisition", ALL)
def test_every_acquisition_is_shown_the_right_way_round(qtbot, acquisition: str) -> None:
    grid = open_grid(qtbot, case_with(phantom(acquisition)))
    point_at_letters(grid.viewing, acquisition)
    for orientation in SIDES:
        check_view(grid.slices[orientation])


@pytest.mark.parametrize("layout", LAYOUTS)
def test_in_every_layout(qtbot, layout: str) -> None:
    phases = [replace(phantom("sagittal", f"MR#{n}"), series_uid="MR", modality="MR") for n in (1, 2)]
    grid = open_grid(qtbot, case_with(phantom(), *phases), (900, 620), layout)
    point_at_letters(grid.viewing)
    together = layout in ("compare", "phases")
    for orientation in SIDES if together else ("",):
        if together:
            grid.viewing.layout.choose(orientation=orientation)
            QApplication.processEvents()
        shown = [grid.slices[name] for name in grid.shown() if name in grid.slices]
        assert len(shown) == (2 if together else 3)
        for view in shown:
            check_view(view)


@pytest.mark.parametrize("mode", [mode for mode in MODES if mode != EDGES])  # outlines of letters are no letters
def test_in_every_fusion_mode_through_a_registration(qtbot, mode: str) -> None:
    cut = mode in ("checkerboard", "curtain", "spyglass")
    grid = open_grid(qtbot, fused_case(both=cut))
    viewing = grid.viewing
    viewing.overlay_key = "mr"
    viewing.change_look(mode=mode, opacity=0.8, tile_mm=17.0)
    point_at_letters(viewing)
    if mode == "flicker" and not viewing.look.flicker_overlay:
        viewing.flicker()
    for orientation in SIDES:
        view = grid.slices[orientation]
        if mode == "spyglass":
            view.spyglass_mm = (-OUT_MM, 0.0)
            view.refresh()
        check_view(view)


def test_in_a_window_of_its_own_and_maximised(qtbot) -> None:
    grid = open_grid(qtbot, case_with(phantom("feet-first supine")), layout="four")
    point_at_letters(grid.viewing)
    grid.put_in_window("sagittal")
    QApplication.processEvents()
    assert grid.slices["sagittal"].window() is not grid.window()
    check_view(grid.slices["sagittal"])
    grid.close_windows()
    for name in SIDES:
        grid.maximise(name)
        QApplication.processEvents()
        check_view(grid.slices[name])
        grid.maximise("")


def as_written(volume: Volume, number: int) -> Volume:
    uid = f"{ROOT_UID}.{number}"
    return replace(volume, key=uid, series_uid=uid, study_uid=f"{ROOT_UID}.0", frame_of_reference_uid=f"{ROOT_UID}.9")


@pytest.mark.parametrize("acquisition", ["feet-first prone", "sagittal", "oblique axial"])
def test_files_come_out_the_right_way_round(window: MainWindow, tmp_path: Path, acquisition: str) -> None:
    """Written as DICOM, opened in the window, and drawn by the command line: one and the same."""
    position = "FFP" if acquisition == "feet-first prone" else "HFS"
    write_series(tmp_path / "CT", replace(as_written(phantom(acquisition), 1), patient_position=position))
    window.commands.open_paths([str(tmp_path / "CT")])
    assert settle(window, 30) and window.session is not None and window.workspace is not None
    viewing = window.session.viewing
    viewing.set_window(viewing.base_key, 200.0, 400.0)
    viewing.layout.choose("row")
    point_at_letters(viewing, acquisition)
    at = ",".join(f"{x:.2f}" for x in viewing.crosshair_mm)
    for orientation in SIDES:
        check_view(window.workspace.views.slices[orientation])
        out = tmp_path / f"{orientation}.png"
        made = run_command(
            "picture", "--image", tmp_path / "CT", "--plane", orientation, "--at", at, "--window", "200,400",
            "--size", "300x300", "--out", out, "--json",
        )  # fmt: skip
        assert made.code == 0, made.err
        with Image.open(out) as image:
            check_letters(np.asarray(image.convert("L"), float), made.result["pixel_mm"], orientation)


RADII_MM = {"A": 9.0, "P": 13.0, "L": 17.0, "R": 21.0, "S": 25.0, "I": 29.0}
# Left, right, top and bottom of the 3D view from each side.
SEEN_FROM = {"A": "RLSI", "P": "LRSI", "L": "APSI", "R": "PASI", "S": "LRAP", "I": "RLAP"}


def balls(acquisition: str) -> Volume:
    """Air, with a ball of bone of its own size at each of the patient's sides."""
    grid = phantom_grid(acquisition)
    points = grid.to_patient(np.stack(np.meshgrid(*(np.arange(n) for n in grid.size), indexing="ij"), -1))
    voxels = np.full(grid.size, -1000, np.int16)
    for letter, radius in RADII_MM.items():
        voxels[np.linalg.norm(points - OUT_MM * np.array(TO[letter]), axis=-1) < radius] = 1000
    facts = {"modality": "CT", "unit": "HU", "description": "balls", "frame_of_reference_uid": "F"}
    return Volume("balls", np.ascontiguousarray(voxels.transpose(2, 1, 0)), grid, **facts)


def check_balls(bright: np.ndarray, pixel_mm: float, side: str) -> None:
    """The spots at the four sides of a picture (height, width) have the sizes of the balls that belong there."""
    height, width = bright.shape
    down, right = (np.mgrid[:height, :width] - np.array([height - 1, width - 1])[:, None, None] / 2) * pixel_mm
    # What lies in the middle is the ball towards the viewer, what lies far outside is lettering.
    outside = bright & (np.hypot(down, right) > 36) & (np.hypot(down, right) < 104)
    level = np.abs(right) > np.abs(down)
    parts = (level & (right < 0), level & (right > 0), ~level & (down < 0), ~level & (down > 0))
    radii = np.sqrt([(outside & part).sum() * pixel_mm**2 / np.pi for part in parts])
    np.testing.assert_allclose(radii, [RADII_MM[letter] for letter in SEEN_FROM[side]], atol=1.7, err_msg=side)


@pytest.mark.parametrize("acquisition", ["feet-first prone", "sagittal"])
def test_the_patient_in_3d_from_every_side(qtbot, tmp_path: Path, acquisition: str) -> None:
    """In the window and, for one of the acquisitions, from files by the command line."""
    case = case_with(balls(acquisition))
    grid = open_grid(qtbot, case, (420, 420), "large")
    grid.maximise("volume")
    view = grid.views["volume"]
    qtbot.waitUntil(lambda: view.complete, timeout=20000)
    if view.renderer is None:
        pytest.skip(view.note)
    for side in SEEN_FROM:
        view.look_from(side)
        QApplication.processEvents()
        qtbot.waitUntil(lambda: view.complete, timeout=20000)
        check_balls(pixels(view).mean(-1) > 45, view.camera.pixel_mm, side)
    write_series(tmp_path / "CT", replace(as_written(balls(acquisition), 2), patient_position="FFP"))
    for side in SEEN_FROM if acquisition == "sagittal" else ():
        out = tmp_path / f"{side}.png"
        made = run_command(
            "picture", "--image", tmp_path / "CT", "--plane", "3d", "--side", side, "--size", "300x300",
            "--out", out, "--json",
        )  # fmt: skip
        assert made.code == 0, made.err
        with Image.open(out) as image:
            bright = np.asarray(image.convert("L"))[12:-12, 12:-12] > 45  # without the letters at its sides
        columns = np.nonzero(bright.any(0))[0]
        reach_mm = 2 * OUT_MM + sum(RADII_MM[letter] for letter in SEEN_FROM[side][:2])
        check_balls(bright, reach_mm / (np.ptp(columns) + 1), side)
