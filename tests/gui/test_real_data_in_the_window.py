"""Real patients and the glomus case in the window: layouts, modes, values as the files have them, contours on masks.

Each case is opened once. Values under the cursor are compared with what pydicom reads from the files on its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import nibabel
import numpy as np
import pydicom
import pytest
from PySide6.QtCore import QEvent, QPointF

from tests.gui.hands import LEFT, slice_view
from tests.gui.viewport_scene import drag, mouse, pixels, place_of, wheel
from workstation.dicom.write_phantom import write_glomus
from workstation.gui.application import create_window, live, settle
from workstation.gui.layout_model import PHASES
from workstation.gui.main_window import MainWindow
from workstation.gui.viewport.annotations import side_letters
from workstation.gui.viewport.compared import phases_shown
from workstation.teaching.glomus import GlomusCase
from workstation.view.fusion_look import MODES
from workstation.view.oblique_planes import is_straight

pytestmark = pytest.mark.realdata

ORIENTATIONS = {"axial": "RLAP", "sagittal": "APSI", "coronal": "RLSI"}
PATIENTS = {"glomus": "", "sts": "ct_mr_pet_sts/STS_002", "dce": "mr_dce_ucsf06/image", "lung1": "ct_lung1_aria"}
EXPECTED_WORDS = ("refer to images that are not in this series", "No image of this case has several phases")


@dataclass
class Opened:
    """A window with one patient. files: the folder that was opened."""

    name: str
    window: MainWindow
    files: Path

    @property
    def viewing(self):
        return self.window.session.viewing

    def do(self, action: str) -> None:
        """An action, until what it changes is painted; nothing may be complained about."""
        self.window.action(action).trigger()
        self.rest()

    def rest(self) -> None:
        live(15)
        for text in self.window.messages.texts():
            assert any(words in text for words in EXPECTED_WORDS), text


@pytest.fixture(scope="module", params=PATIENTS)
def opened(
    request, data_dir: Path, tmp_path_factory: pytest.TempPathFactory, coarse_case: GlomusCase
) -> Iterator[Opened]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RT_WORKSTATION_DATA", str(tmp_path_factory.mktemp("data")))
        window = create_window(theme="dark", size=(1100, 800))
        assert settle(window, 100)
        folder = data_dir / PATIENTS[request.param]
        if request.param == "glomus":
            folder = tmp_path_factory.mktemp("glomus")
            write_glomus(coarse_case, folder / "DICOM")
        window.commands.open_paths([str(folder)])
        assert settle(window, 60) and window.session is not None
        yield Opened(request.param, window, folder)
        window.files.leave_without_asking()
        window.close()


@pytest.fixture(autouse=True)
def as_it_was(request) -> Iterator[None]:
    """Every test finds four views, thin and straight slices, a blend."""
    yield
    case = request.getfixturevalue("opened")
    for action in ("slab_thin", "straighten", "tool_crosshair", "layout_four"):
        case.do(action)
    if case.viewing.overlay_key:
        case.do("fusion_blend")


def test_every_layout_and_mode_shows_planes_the_right_way_round(opened: Opened) -> None:
    views = opened.window.workspace.views
    for layout in ("four", "large", "row", "compare", "phases"):
        opened.do(f"layout_{layout}")
        for name in views.shown():
            if name in views.slices:
                view = views.slices[name]
                letters = side_letters(view.plane())
                assert (
                    "".join(letters[s][0] for s in ("left", "right", "top", "bottom"))
                    == (ORIENTATIONS[view.orientation])
                )
                assert pixels(view).max() > 60, f"{name} is dark"
    assert (opened.viewing.layout.name == PHASES) == (opened.name in ("dce", "glomus"))
    opened.do("layout_row")
    if not opened.viewing.overlay_key:
        assert opened.name == "lung1"
        return
    seen = set()
    view = slice_view(opened.window)
    for mode in MODES:
        view.spyglass_mm = tuple(view.centre_mm) if mode == "spyglass" else None
        opened.do(f"fusion_{mode}")
        seen.add(pixels(view).tobytes())
    assert len(seen) == len(MODES), "every mode looks otherwise"


def test_acquired_slices_are_those_that_are_stepped_through(opened: Opened) -> None:
    acquired = {name for name in ORIENTATIONS if slice_view(opened.window, name).planes.acquired}
    assert acquired == ({"sagittal"} if opened.name == "dce" else {"axial"})


def test_values_under_the_cursor_are_those_of_the_files(opened: Opened) -> None:
    """At the middle of twelve voxels of the planning image, in whichever plane they are pointed at."""
    view = slice_view(opened.window, "sagittal" if opened.name == "dce" else "axial")
    planning = opened.window.session.case.planning
    rng = np.random.default_rng(3)
    for number in rng.choice(len(planning.files), 4, replace=False):
        stored = pydicom.dcmread(planning.files[number])
        values = stored.pixel_array * float(stored.get("RescaleSlope", 1)) + float(stored.get("RescaleIntercept", 0))
        row_axis, column_axis = np.array(stored.ImageOrientationPatient, float).reshape(2, 3)
        row_mm, column_mm = (float(x) for x in stored.PixelSpacing)
        for _ in range(3):
            row, column = (int(rng.integers(n // 4, 3 * n // 4)) for n in values.shape)
            corner = np.array(stored.ImagePositionPatient, float)
            point = corner + column * column_mm * row_axis + row * row_mm * column_axis
            opened.viewing.crosshair_mm = point
            live(5)
            readout = view.readout(place_of(view, point))
            assert readout.position_mm == pytest.approx(point, abs=1e-3)
            assert readout.readings[0].value == pytest.approx(values[row, column], abs=1e-3)


def test_slabs_turned_planes_and_measuring(opened: Opened) -> None:
    view = slice_view(opened.window)
    thin = pixels(view).copy()
    for mode in ("mean", "maximum", "minimum"):
        opened.do("slab_20")
        opened.do(f"slab_{mode}")
        assert not np.array_equal(pixels(view), thin)
    opened.do("slab_thin")
    case = opened.window.session.case
    before = len(case.measurements)
    opened.do("tool_distance")
    middle = QPointF(view.rect().center())
    drag(view, middle - QPointF(40, 10), middle + QPointF(30, 20))
    opened.rest()
    assert len(case.measurements) == before + 1
    opened.do("undo")
    assert len(case.measurements) == before


def test_phases_are_shown_alike(opened: Opened) -> None:
    """They were read one after the other; all of them have one window."""
    if opened.name not in ("dce", "glomus"):
        pytest.skip("only two of the patients have several phases")
    phases = phases_shown(opened.window.session.case, opened.viewing)
    assert len(phases) == {"dce": 3, "glomus": 4}[opened.name]
    assert len({opened.viewing.window(phase.key) for phase in phases}) == 1


def test_lines_are_turned_by_the_hand(opened: Opened) -> None:
    view = slice_view(opened.window)
    mouse(view, QEvent.Type.MouseMove, QPointF(5, 5))
    view._hand.enter()
    crosshair = view.crosshair()
    handle = crosshair.handles(view.width(), view.height())[0]
    drag(view, handle, handle + QPointF(25, 30), LEFT)
    opened.rest()
    assert not all(is_straight(turn) for turn in opened.viewing.turns.values())
    for name in ORIENTATIONS:
        wheel(slice_view(opened.window, name), 1)
        opened.rest()
        assert pixels(slice_view(opened.window, name)).max() > 60


def test_the_window_panel_and_the_legend(opened: Opened) -> None:
    opened.do("dock_window")
    assert settle(opened.window, 30)
    panel = opened.window.workspace.dock("window").content
    assert panel.isVisible()
    opened.do("contours_legend")
    opened.do("contours_filled")
    for action in ("contours_filled", "contours_legend", "dock_window"):
        opened.do(action)


def test_a_tumour_is_drawn_where_its_mask_is(opened: Opened, data_dir: Path) -> None:
    """The middle of the published mask lies inside of the drawn contour, and its colour is on screen there."""
    if opened.name != "sts":
        pytest.skip("only the sarcomas come with masks of somebody else's making")
    case = opened.window.session.case
    mask = nibabel.load(data_dir / "ct_mr_pet_sts" / "STS_002_nifti_truth" / "CT_mask.nii.gz")
    inside = np.argwhere(np.asarray(mask.dataobj) > 0)
    # NIfTI points to the right and front are negative in DICOM.
    centres = (mask.affine @ np.c_[inside, np.ones(len(inside))].T).T[:, :3] * (-1, -1, 1)
    middle = centres[np.argmin(np.linalg.norm(centres - centres.mean(0), axis=1))]
    opened.viewing.crosshair_mm = middle
    for identifier, structure in case.structures.items():
        opened.viewing.set_visible(identifier, structure.name == "GTV_Mass_CT")
    opened.do("contours_filled")
    view = slice_view(opened.window)
    live(200)
    picture = pixels(view)
    red = (picture[..., 0] > picture[..., 1] + 25) & (picture[..., 0] > picture[..., 2] + 25)
    frame = view.frame()
    points = centres[np.abs(centres[:, 2] - middle[2]) < 0.1]
    places = np.rint(frame.to_pixels(frame.plane.to_plane(points)[:, :2])).astype(int)
    scale = picture.shape[1] / view.width()
    hit = red[(places[:, 1] * scale).astype(int), (places[:, 0] * scale).astype(int)]
    assert len(points) > 100 and hit.mean() > 0.93, hit.mean()
    area = red.sum() * (view.pixel_mm / scale) ** 2
    voxel = float(np.prod(case.planning.grid.spacing_mm[:2]))
    assert area == pytest.approx(len(points) * voxel, rel=0.12)
    opened.do("contours_filled")


def test_saved_and_opened_again(opened: Opened, tmp_path: Path) -> None:
    """The last test of a case: it comes back as it was looked at."""
    opened.do("layout_large")
    opened.do("slab_5")
    opened.viewing.crosshair_mm = opened.window.session.case.planning.grid.centre_mm + 3.0
    wanted = opened.viewing.state()
    opened.window.files.save_as(str(tmp_path / "case.rtcase"))
    assert settle(opened.window, 60)
    opened.do("close_case")
    opened.window.files.open_case(tmp_path / "case.rtcase")
    assert settle(opened.window, 60)
    found = opened.viewing.state()
    for kept in ("crosshair_mm", "slab", "windows", "base", "overlay"):
        assert found[kept] == wanted[kept], kept
    assert found["layout"]["name"] == "large"
    opened.rest()
