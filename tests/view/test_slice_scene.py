"""The fused picture: what is sampled, what is only composed, and what a registration does."""

from __future__ import annotations

import numpy as np
import pytest

from tests.view.scenes import DIRECTIONS, MARK_MM, MARKS, centred_grid, marked_volume, noise_volume, rotation
from workstation.geometry.plane import Plane
from workstation.geometry.transform import Transform
from workstation.view import slice_scene
from workstation.view.fusion_look import FusionLook
from workstation.view.picture_frame import PictureFrame
from workstation.view.slab import Slab
from workstation.view.slice_scene import Layer, SliceScene

FRAME = PictureFrame(Plane.axial(0), (0.0, 0.0), 1.0, 120, 110)


def scene_of(base: Layer | None, overlay: Layer | None = None, opacity: float = 0.4) -> SliceScene:
    scene = SliceScene()
    scene.base, scene.overlay, scene.look = base, overlay, FusionLook(opacity=opacity)
    return scene


def grey_at(picture: np.ndarray, frame: PictureFrame, point_mm: tuple[float, float, float]) -> int:
    x, y = frame.to_pixels(frame.plane.to_plane(point_mm)[:2])
    return int(picture[int(y), int(x)] & 255)


@pytest.mark.parametrize(
    ("plane", "letters"), [(Plane.axial(), "LRPA"), (Plane.sagittal(), "PASI"), (Plane.coronal(), "LRSI")]
)
@pytest.mark.parametrize("angles", [(0, 0, 0), (14, -9, 11), (180, 0, 0), (90, 0, 90)])
def test_every_mark_shows_at_its_place_with_its_value(
    plane: Plane, letters: str, angles: tuple[float, float, float]
) -> None:
    layer = Layer(marked_volume(centred_grid(rotation(*angles), (2, 2, 2), (64, 64, 64))), window=(350, 700))
    frame = PictureFrame(plane, (0.0, 0.0), 1.0, 120, 110)
    picture = scene_of(layer).picture(frame)
    for letter in letters:
        point = tuple(MARK_MM * c for c in DIRECTIONS[letter])
        assert grey_at(picture, frame, point) == pytest.approx(MARKS[letter] / 700 * 255, abs=2)


def test_a_registration_moves_the_overlay_onto_the_base() -> None:
    """The moving image is the same anatomy elsewhere: looked up through the registration it fits again."""
    move = Transform.from_rigid((15, -20, 30), (10, -20, 30))
    fixed = marked_volume(centred_grid(np.eye(3), (2, 2, 2), (64, 64, 64)))
    grid = fixed.grid
    moved = type(grid)(move.apply(grid.origin_mm), grid.spacing_mm, move.matrix[:3, :3] @ grid.direction, grid.size)
    moving = type(fixed)("moving", fixed.voxels, moved)
    alone = scene_of(Layer(fixed, window=(350, 700))).picture(FRAME)
    through = scene_of(None, Layer(moving, move, (350, 700)), 1.0).picture(FRAME)
    assert np.abs((alone & 255).astype(int) - (through & 255).astype(int)).max() <= 1
    wrong = scene_of(None, Layer(moving, move.inverse(), (350, 700)), 1.0).picture(FRAME)
    assert np.abs((alone & 255).astype(int) - (wrong & 255).astype(int)).max() > 50


def test_opacity_and_window_compose_without_sampling_again(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[object] = []
    sample = slice_scene.sample_on
    monkeypatch.setattr(slice_scene, "sample_on", lambda *a: (calls.append(a), sample(*a))[1])
    volume = noise_volume(centred_grid(np.eye(3), (2, 2, 2), (64, 64, 64)))
    scene = scene_of(Layer(volume), Layer(volume, colors="hot iron"))
    first = scene.picture(FRAME).copy()
    assert len(calls) == 2
    scene.look = FusionLook(opacity=0.9)
    assert (scene.picture(FRAME) != first).any()
    scene.base = Layer(volume, window=(0, 100))
    scene.picture(FRAME)
    scene.picture(FRAME)
    assert len(calls) == 2
    scene.picture(PictureFrame(Plane.axial(2), (0.0, 0.0), 1.0, 120, 110))
    assert len(calls) == 4


def test_a_changed_registration_is_sampled_again() -> None:
    volume = noise_volume(centred_grid(np.eye(3), (2, 2, 2), (64, 64, 64)))
    scene = scene_of(Layer(volume), Layer(volume))
    first = scene.picture(FRAME).copy()
    scene.overlay = Layer(volume, Transform.from_rigid((5, 0, 0)))
    assert (scene.picture(FRAME) != first).any()


def test_no_image_is_black_and_an_overlay_alone_shows() -> None:
    assert (scene_of(None).picture(FRAME) == 0xFF000000).all()
    layer = Layer(noise_volume(centred_grid(np.eye(3), (2, 2, 2), (64, 64, 64))))
    np.testing.assert_array_equal(scene_of(None, layer).picture(FRAME), scene_of(layer).picture(FRAME))


def test_zero_opacity_shows_the_base_alone() -> None:
    volume = noise_volume(centred_grid(np.eye(3), (2, 2, 2), (64, 64, 64)))
    with_overlay = scene_of(Layer(volume), Layer(volume, colors="cool"), 0.0).picture(FRAME)
    np.testing.assert_array_equal(with_overlay, scene_of(Layer(volume)).picture(FRAME))


def test_the_value_under_a_point_is_the_voxels_own() -> None:
    volume = noise_volume(centred_grid(rotation(10, 20, 30), (2, 3, 4), (20, 20, 20)))
    layer = Layer(volume, Transform.from_rigid((1, 2, 3)))
    point = layer.to_image.inverse().apply(volume.grid.to_patient((5, 6, 7)))
    assert layer.value_at(point) == volume.voxels[7, 6, 5]
    assert layer.value_at((1000, 0, 0)) is None


def test_thick_and_oblique_slices_are_known_to_take_longer() -> None:
    volume = noise_volume(centred_grid(np.eye(3), (1, 1, 1), (20, 20, 20)))
    scene = SliceScene()
    scene.base = Layer(volume)
    straight = PictureFrame(Plane.axial(), (0, 0), 1.0, 10, 10)
    turned = PictureFrame(Plane((0, 0, 0), rotation(10, 5, 0)[:, 0], rotation(10, 5, 0)[:, 1]), (0, 0), 1.0, 10, 10)
    thin = scene.effort(straight), scene.effort(turned)
    scene.slab = Slab(20.0, "maximum")
    thick = scene.effort(straight), scene.effort(turned)
    assert thin[0] == 1.0 < thin[1] < thick[1] and thin[0] < thick[0] < thick[1]
    scene.overlay = Layer(volume)
    assert scene.effort(straight) == 2 * thick[0]
    scene.picture(straight)
    assert scene.sampled
    scene.picture(straight)
    assert not scene.sampled
