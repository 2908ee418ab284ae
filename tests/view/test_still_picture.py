"""Pictures without a window: the same as a scene's, in the right place, refused where nothing links the images."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.view.scenes import ACQUISITIONS, DIRECTIONS, MARK_MM, MARKS, centred_grid, marked_volume, noise_volume
from workstation.fusion.registration import Registration, RegistrationError
from workstation.geometry.plane import Plane
from workstation.geometry.region import Region
from workstation.geometry.transform import Transform
from workstation.structures.structure import ContourStack, PlanarContours, Structure
from workstation.view.contour_scene import ContourLook
from workstation.view.errors import ViewError
from workstation.view.fusion_look import CHECKERBOARD, FusionLook
from workstation.view.slab import MAXIMUM, Slab
from workstation.view.slice_scene import SliceScene
from workstation.view.still_picture import PROVISIONAL_WARNING, frame_through, in_frame_of, layer_of, picture

BASE = noise_volume(centred_grid(np.eye(3), (2, 2, 2), (64, 64, 40)))
OTHER = replace(noise_volume(centred_grid(np.eye(3), (3, 3, 3), (40, 40, 30)), seed=3), frame_of_reference_uid="G")
MOVE = Transform.from_rigid((4, -2, 1), (0, 0, 5))
LINK = Registration("r", "F", "G", MOVE, "test")
LETTERS_PX = 20  # the letters' reach from the edges


def inner(words: np.ndarray) -> np.ndarray:
    return words[LETTERS_PX:-LETTERS_PX, LETTERS_PX:-LETTERS_PX]


def square(half_mm: float, frame_uid: str = "F", kind: str = "ORGAN") -> Structure:
    ring = [(-half_mm, -half_mm), (half_mm, -half_mm), (half_mm, half_mm), (-half_mm, half_mm)]
    slices = tuple(PlanarContours(float(z), Region([ring])) for z in np.arange(-39, 40, 2.0))
    stack = ContourStack(Plane.axial(), 2.0, slices)
    return Structure(kind, 1, kind, stack, (255, 0, 0), kind, frame_of_reference_uid=frame_uid)


def test_the_picture_is_the_scenes_own() -> None:
    look, slab = FusionLook(CHECKERBOARD, tile_mm=13), Slab(9.0, MAXIMUM)
    made = picture(
        BASE, OTHER, registrations=[LINK], at_mm=(3, 4, 5), size=(200, 160), window=(400, 900),
        overlay_window=(300, 1000), look=look, slab=slab,
    )  # fmt: skip
    scene = SliceScene()
    scene.base, scene.overlay = layer_of(BASE, (400, 900)), layer_of(OTHER, (300, 1000), MOVE)
    scene.look, scene.slab = look, slab
    shown = scene.picture(frame_through(BASE, "axial", (3, 4, 5), (200, 160)))
    assert made.shape == (160, 200) and made.dtype == np.uint32
    np.testing.assert_array_equal(inner(made), inner(shown))


@pytest.mark.parametrize("name", ACQUISITIONS)
@pytest.mark.parametrize(("plane", "letters"), [("axial", "RLAP"), ("sagittal", "APSI"), ("coronal", "RLSI")])
def test_every_acquisition_shows_the_patient_the_right_way_round(name: str, plane: str, letters: str) -> None:
    volume = marked_volume(centred_grid(ACQUISITIONS[name], (2, 2, 2), (64, 64, 64)))
    frame = frame_through(volume, plane, (0, 0, 0), (150, 150), pixel_mm=0.8)
    # An oblique slice runs past the marks, a thick one meets them.
    shown = picture(
        volume, plane=plane, at_mm=(0, 0, 0), size=(150, 150), pixel_mm=0.8, window=(350, 700), slab=Slab(30.0, MAXIMUM)
    )
    grey = (shown & 255).astype(int)
    for side, letter in enumerate(letters):
        x, y = frame.to_pixels(frame.plane.to_plane(MARK_MM * np.array(DIRECTIONS[letter]))[:2])
        assert grey[int(y), int(x)] == pytest.approx(MARKS[letter] / 700 * 255, abs=2), letter
        # On the side that its letter names, within the tilt of an oblique acquisition.
        outward = (75 - x, x - 75, 75 - y, y - 75)[side]
        assert outward > 40


def test_a_structure_that_comes_over_unaccepted_is_warned_about() -> None:
    moved = in_frame_of(BASE, square(10, "G"), [LINK])
    assert moved.warnings == (PROVISIONAL_WARNING,)
    accepted = replace(LINK, accepted_by="A. Physicist", accepted_at="2026-01-01T10:00:00+00:00")
    assert in_frame_of(BASE, square(10, "G"), [accepted]).warnings == ()
    assert in_frame_of(BASE, square(10), [LINK]).warnings == ()


def test_all_of_the_patient_fits_and_the_plane_is_one_of_the_images() -> None:
    frame = frame_through(BASE, "coronal", size=(300, 100))
    corners = frame.to_pixels(frame.plane.to_plane(BASE.grid.corners_mm())[:, :2])
    assert corners.min() >= 0 and (corners.max(0) <= (300, 100)).all()
    plane = Plane((1, 2, 3), (1, 0.2, 0), (0, 1, 0.3))
    assert frame_through(BASE, plane).plane is plane


def test_structures_are_drawn_where_they_are_and_targets_above() -> None:
    def drawn(*structures: Structure) -> np.ndarray:
        return picture(
            BASE, at_mm=(0, 0, 1), size=(120, 120), pixel_mm=1.0, window=(9e4, 1.0), structures=structures,
            contour_look=ContourLook(fill=0.5),
        )  # fmt: skip

    red = drawn(square(20)) >> 16 & 255
    rows, columns = np.nonzero(red == 127)
    # The outline covers the outermost pixels of the filled square from -20 to 20 mm.
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (41, 78, 41, 78)
    other = replace(square(20, kind="GTV"), color=(0, 0, 255))
    for order in ((square(20), other), (other, square(20))):
        assert drawn(*order)[60, 40] & 255 > 200


def test_a_structure_of_another_frame_comes_through_the_registration() -> None:
    accepted = replace(LINK, accepted_by="A. Physicist", accepted_at="2026-01-01T10:00:00+00:00")

    def drawn(link: Registration) -> np.ndarray:
        return picture(
            BASE, at_mm=(0, 0, 1), size=(120, 120), pixel_mm=1.0, window=(9e4, 1.0), registrations=[link],
            structures=[square(20, "G")], contour_look=ContourLook(fill=1.0),
        )  # fmt: skip

    moved = drawn(accepted)
    marked = np.argwhere(moved != drawn(LINK))
    assert len(marked) and marked[:, 0].min() > 105 and marked[:, 1].max() < 75, "provisional, at the lower left"
    rows, columns = np.nonzero(moved >> 16 & 255 > 128)
    middle = np.array([columns.mean() + 0.5 - 60, rows.mean() + 0.5 - 60])
    np.testing.assert_allclose(middle, MOVE.inverse().apply((0, 0, 0))[:2], atol=0.3)


def test_what_nothing_links_is_refused_with_the_reason() -> None:
    with pytest.raises(RegistrationError, match="share no frame of reference and no registration links them"):
        picture(BASE, OTHER)
    with pytest.raises(RegistrationError, match="GTV was drawn in another frame of reference"):
        picture(BASE, structures=[square(20, "G", "GTV")])
    nameless = replace(BASE, frame_of_reference_uid="")
    with pytest.raises(RegistrationError, match="register them first"):
        picture(nameless, nameless)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"at_mm": (0, 0, 500)}, "lies outside of the image, which reaches over x -64.0 to 64.0"),
        ({"plane": "diagonal"}, "no plane called 'diagonal'"),
        ({"size": (0, 10)}, "0 x 10 pixels"),
        ({"size": (100_000, 100_000)}, "can't be made"),
    ],
)
def test_what_cannot_be_shown_is_refused_in_words(wrong: dict[str, object], words: str) -> None:
    with pytest.raises(ViewError, match=words):
        picture(BASE, **wrong)  # type: ignore[arg-type]
