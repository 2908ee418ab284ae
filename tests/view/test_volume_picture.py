"""Pictures without a window: the right side, the right tissue, cut where it should be; files hold true colours."""

from __future__ import annotations

import numpy as np
import pytest

from tests.view.bodies import ball
from tests.view.scenes import ACQUISITIONS, centred_grid
from workstation.case.case import Case
from workstation.case.commands import AddImage, AddStructure
from workstation.case.new_structure import new_structure
from workstation.images.volume import Volume
from workstation.view.errors import ViewError
from workstation.view.volume_picture import render_volume_picture, straight_alpha
from workstation.view.volume_scene import NO_GRAPHICS

SIZE = {"width": 160, "height": 120}


@pytest.fixture(scope="module", autouse=True)
def graphics() -> None:
    try:
        render_volume_picture(patient(), context="none", width=8, height=8)
    except ViewError as error:
        if str(error) != NO_GRAPHICS:
            raise
        pytest.skip(str(error))


def patient(acquisition: str = "head-first axial", modality: str = "CT") -> Volume:
    """A ball of soft tissue 60 mm in radius; in it bone 12 mm in radius, 35 mm to the left; air around."""
    grid = centred_grid(ACQUISITIONS[acquisition], (3, 3, 3), (56, 56, 56))
    index = np.stack(np.meshgrid(*(np.arange(n) for n in grid.size), indexing="ij"), -1)
    points = grid.to_patient(index)
    inner, outer = np.linalg.norm(points - (35, 0, 0), axis=-1), np.linalg.norm(points, axis=-1)
    voxels = np.select([inner < 12, outer < 60], [1200, 40], -1000).astype(np.int16)
    voxels = np.ascontiguousarray(voxels.transpose(2, 1, 0))
    return Volume("ct", voxels, grid, modality, "HU" if modality == "CT" else "", frame_of_reference_uid="F")


def middle_of(picture: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """(x, y) of the seen pixels' middle, from the picture's middle, y up."""
    y, x = np.nonzero(seen)
    return np.array([x.mean() - picture.shape[1] / 2, picture.shape[0] / 2 - y.mean()])


@pytest.mark.parametrize("acquisition", ["head-first axial", "sagittal", "slices from head to feet", "oblique axial"])
@pytest.mark.parametrize(("side", "direction"), [("A", (1, 0)), ("P", (-1, 0)), ("S", (-1, 0)), ("I", (1, 0))])
def test_bone_is_where_the_patient_has_it_and_air_is_clear(
    acquisition: str, side: str, direction: tuple[int, int]
) -> None:
    picture = render_volume_picture(patient(acquisition), side=side, context="bone", **SIZE)
    seen = picture[..., :3].max(2) > 60
    assert 60 < seen.sum() < 0.1 * seen.size
    offset = middle_of(picture, seen)
    assert offset @ direction > 8 and abs(offset[1]) < 4
    assert picture[0, 0, :3].max() == 0


def test_the_skin_hides_bone_until_it_is_cut() -> None:
    whole = render_volume_picture(patient(), side="L", context="skin", **SIZE)
    centre = whole[60, 80, :3].astype(int)
    assert centre[0] > centre[2] + 30  # the tone of skin
    cut = render_volume_picture(patient(), side="L", context="skin", clip=["sagittal"], crosshair_mm=(35, 0, 0), **SIZE)
    inside = cut[60, 80, :3].astype(int)
    assert inside[0] - inside[2] < centre[0] - centre[2] - 10  # bone is paler than skin
    other = render_volume_picture(
        patient(), side="L", context="skin", clip={"sagittal": True}, crosshair_mm=(55, 0, 0), **SIZE
    )
    assert 0 < (other[..., :3].max(2) > 40).sum() < 0.6 * (whole[..., :3].max(2) > 40).sum()


def test_a_cases_structures_are_shown_in_their_colours_on_a_clear_ground() -> None:
    case = Case()
    case.do(AddImage(patient()))
    structure = new_structure(case, "Lens_L")
    drawn = structure.stack.replaced(ball((35.0, 0.0, 0.0), 15.0, 3.0).slices)
    case.do(AddStructure(structure.with_stack(drawn)))
    picture = render_volume_picture(case, side="A", context="none", ground=None, **SIZE)
    covered = picture[..., 3] > 0
    assert picture[0, 0, 3] == 0 and covered.any()
    red, green, blue = structure.color
    tint = picture[covered][:, :3].mean(0)
    assert np.argsort(tint).tolist() == np.argsort([red, green, blue]).tolist() or red == green or green == blue
    without = render_volume_picture(case, [], side="A", context="none", **SIZE)
    assert without[..., :3].max() == 0


def test_an_mr_follows_its_window() -> None:
    image = patient(modality="MR")
    bright = render_volume_picture(image, context="mr", window=(-60.0, 160.0), **SIZE)
    dark = render_volume_picture(image, context="mr", window=(900.0, 600.0), **SIZE)
    assert (bright[..., :3].max(2) > 30).sum() > 3 * (dark[..., :3].max(2) > 30).sum() > 0


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"side": "X"}, "look from 'X'"),
        ({"context": "muscle"}, "'muscle'"),
        ({"clip": ["oblique"]}, "'oblique'"),
        ({"context": "mr"}, "needs an MR"),
        ({"width": 0}, "0 x 120"),
    ],
)
def test_what_there_is_not_is_refused_in_a_sentence(wrong: dict, sentence: str) -> None:
    with pytest.raises(ViewError, match=sentence):
        render_volume_picture(patient(), **{**SIZE, **wrong})


def test_colours_are_made_independent_of_alpha() -> None:
    picture = np.array([[[50, 25, 0, 127], [0, 0, 0, 0], [200, 100, 0, 255]]], np.uint8)
    np.testing.assert_allclose(straight_alpha(picture)[0, 0], (100, 50, 0, 127), atol=1)
    assert straight_alpha(picture)[0, 1].tolist() == [0, 0, 0, 0]
    assert straight_alpha(picture)[0, 2].tolist() == [200, 100, 0, 255]
