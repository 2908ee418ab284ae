"""The 3D picture: the patient the right way round, shells around targets, detail on demand."""

from __future__ import annotations

import numpy as np
import pytest

from tests.view.bodies import ball
from workstation.view.errors import ViewError
from workstation.view.surface_mesh import SurfaceMesh, structure_mesh
from workstation.view.volume_camera import VolumeCamera
from workstation.view.volume_clip import Cut, clip_planes
from workstation.view.volume_presets import preset_of
from workstation.view.volume_reduction import ReducedVolume
from workstation.view.volume_scene import Detail, SurfaceLook, VolumeScene

RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)
WIDTH, HEIGHT = 200, 160


def mesh(centre: tuple[float, float, float], radius_mm: float, step_mm: float = 1.5) -> SurfaceMesh:
    made = structure_mesh(ball(centre, radius_mm), step_mm, "linear-tapered")
    assert made is not None
    return made


@pytest.fixture
def scene():
    try:
        made = VolumeScene()
    except ViewError as error:
        pytest.skip(str(error))
    yield made
    made.close()


def show(scene: VolumeScene, name: str, centre: tuple[float, float, float], radius: float, look: SurfaceLook) -> None:
    scene.set_mesh(name, mesh(centre, radius))
    scene.set_look(name, look)


def colour_at(picture: np.ndarray, camera: VolumeCamera, point: tuple[float, float, float]) -> np.ndarray:
    x, y = camera.to_screen(point, WIDTH, HEIGHT)
    return picture[int(y), int(x), :3].astype(int)


@pytest.mark.parametrize("side", "APLRSI")
def test_bodies_appear_where_the_camera_says(scene: VolumeScene, side: str) -> None:
    show(scene, "left", (40, 0, 0), 10, SurfaceLook(RED))
    show(scene, "posterior", (0, 40, 0), 10, SurfaceLook(GREEN))
    show(scene, "superior", (0, 0, 40), 10, SurfaceLook(BLUE))
    camera = VolumeCamera.from_side(side, (0, 0, 0), 0.9)
    picture = scene.picture(camera, WIDTH, HEIGHT)
    assert picture.shape == (HEIGHT, WIDTH, 4) and (picture[..., 3] == 255).all()
    for channel, point in enumerate(((40.0, 0.0, 0.0), (0.0, 40.0, 0.0), (0.0, 0.0, 40.0))):
        off_axis = np.linalg.norm(camera.axes[:2] @ np.array(point)) > 1
        if off_axis:
            assert np.argmax(colour_at(picture, camera, point)) == channel
            assert colour_at(picture, camera, point).max() > 100


def test_what_is_nearer_hides_what_is_further(scene: VolumeScene) -> None:
    show(scene, "front", (0, -30, 0), 10, SurfaceLook(RED))
    show(scene, "back", (0, 30, 0), 10, SurfaceLook(GREEN))
    front = VolumeCamera.from_side("A")
    assert np.argmax(colour_at(scene.picture(front, WIDTH, HEIGHT), front, (0, 0, 0))) == 0
    back = VolumeCamera.from_side("P")
    assert np.argmax(colour_at(scene.picture(back, WIDTH, HEIGHT), back, (0, 0, 0))) == 1


def test_a_translucent_shell_shows_its_near_side_over_what_it_encloses(scene: VolumeScene) -> None:
    """Only with outward facing triangles and the far side culled is the near side in front of the inner body."""
    show(scene, "shell", (0, 0, 0), 30, SurfaceLook(RED, 0.5, 3))
    show(scene, "inner", (0, -15, 0), 8, SurfaceLook(GREEN))
    camera = VolumeCamera.from_side("A")
    red, green, _ = colour_at(scene.picture(camera, WIDTH, HEIGHT), camera, (0, 0, 0))
    assert red > 60 and green > 60


def test_a_backdrop_never_hides_a_target(scene: VolumeScene) -> None:
    show(scene, "target", (0, 20, 0), 10, SurfaceLook(RED))
    show(scene, "bone", (0, -20, 0), 20, SurfaceLook(GREEN, backdrop=True))
    camera = VolumeCamera.from_side("A")
    picture = scene.picture(camera, WIDTH, HEIGHT)
    assert np.argmax(colour_at(picture, camera, (0, 0, 0))) == 0
    assert np.argmax(colour_at(picture, camera, (15, 0, 0))) == 1


def test_hidden_and_removed_surfaces_are_gone(scene: VolumeScene) -> None:
    show(scene, "a", (0, 0, 0), 20, SurfaceLook(RED))
    camera = VolumeCamera.from_side("A")
    scene.set_visible("a", False)
    assert scene.picture(camera, WIDTH, HEIGHT)[..., :3].max() == 0 and scene.bounds_mm() is None
    scene.set_visible("a", True)
    assert scene.picture(camera, WIDTH, HEIGHT)[..., 0].max() > 100
    scene.remove("a")
    assert scene.picture(camera, WIDTH, HEIGHT)[..., :3].max() == 0 and scene.names() == ()


def test_a_new_coarse_surface_takes_the_outdated_fine_one_away(scene: VolumeScene) -> None:
    camera = VolumeCamera.from_side("A")
    scene.set_look("a", SurfaceLook(RED))
    scene.set_mesh("a", mesh((0, 0, 0), 20, 3.0), fine=False)
    scene.set_mesh("a", mesh((0, 0, 0), 20, 1.0), Detail(True))
    assert scene.triangle_count(Detail(True)) > 2 * scene.triangle_count(fine=False)
    scene.set_mesh("a", mesh((25, 0, 0), 10, 3.0), fine=False)
    picture = scene.picture(camera, WIDTH, HEIGHT, Detail(True))
    assert colour_at(picture, camera, (-10, 0, 0)).max() == 0
    assert colour_at(picture, camera, (25, 0, 0))[0] > 100


def test_bounds_hold_everything_that_is_shown(scene: VolumeScene) -> None:
    show(scene, "a", (30, 0, 0), 10, SurfaceLook(RED))
    show(scene, "b", (0, 0, -30), 10, SurfaceLook(RED))
    low, high = scene.bounds_mm()
    np.testing.assert_allclose(low, (-10, -10, -40), atol=1.5)
    np.testing.assert_allclose(high, (40, 10, 10), atol=1.5)
    low, _ = scene.bounds_mm(["a", "unknown"])
    assert low[0] == pytest.approx(20, abs=0.5)


def test_clip_planes_cut_surfaces_but_not_those_that_stay_whole(scene: VolumeScene) -> None:
    show(scene, "organ", (0, 0, 0), 30, SurfaceLook(GREEN))
    show(scene, "target", (0, 0, 0), 12, SurfaceLook(RED, whole=True))
    camera = VolumeCamera.from_side("A")
    whole = scene.picture(camera, WIDTH, HEIGHT)
    assert np.argmax(colour_at(whole, camera, (0, 0, 0))) == 1
    scene.set_clips(clip_planes([Cut("coronal")], (0, 0, 0)))
    cut = scene.picture(camera, WIDTH, HEIGHT)
    assert np.argmax(colour_at(cut, camera, (0, 0, 0))) == 0
    # Seen from the front, the cut face is the even inside of the organ's back.
    inside = colour_at(cut, camera, (22, 0, 0))
    assert np.argmax(inside) == 1 and np.abs(inside - colour_at(cut, camera, (-22, 0, 10))).max() < 12
    scene.set_clips(clip_planes([Cut("sagittal")], (10, 0, 0)))
    half = scene.picture(camera, WIDTH, HEIGHT)
    assert colour_at(half, camera, (22, 0, 0)).max() == 0 and colour_at(half, camera, (-22, 0, 0))[1] > 80
    scene.set_clips(())
    np.testing.assert_allclose(scene.picture(camera, WIDTH, HEIGHT), whole, atol=2)


def test_a_clear_ground_has_no_alpha_and_surfaces_have(scene: VolumeScene) -> None:
    show(scene, "a", (0, 0, 0), 20, SurfaceLook(RED))
    show(scene, "shell", (0, 0, 0), 40, SurfaceLook(BLUE, 0.4, 3))
    camera = VolumeCamera.from_side("A")
    picture = scene.picture(camera, WIDTH, HEIGHT, ground=None)
    assert picture[2, 2].tolist() == [0, 0, 0, 0] and picture[HEIGHT // 2, WIDTH // 2, 3] == 255
    assert 80 <= picture[HEIGHT // 2, WIDTH // 2 + 32, 3] <= 125
    assert scene.picture(camera, WIDTH, HEIGHT, ground=(10, 200, 30))[2, 2].tolist() == [10, 200, 30, 255]


def test_context_hides_solid_surfaces_only_where_depths_are_kept(scene: VolumeScene) -> None:
    show(scene, "target", (0, 20, 0), 10, SurfaceLook(RED))
    show(scene, "bone", (0, -20, 0), 20, SurfaceLook(GREEN, backdrop=True))
    camera = VolumeCamera.from_side("A")
    scene.set_keeps_depth(True)
    assert np.argmax(colour_at(scene.picture(camera, WIDTH, HEIGHT), camera, (0, 0, 0))) == 1
    scene.set_keeps_depth(False)
    assert np.argmax(colour_at(scene.picture(camera, WIDTH, HEIGHT), camera, (0, 0, 0))) == 0


def cast_ball(radius_mm: float = 25.0) -> ReducedVolume:
    """A ball of bone in air."""
    k, j, i = np.mgrid[-40:41, -40:41, -40:41]
    levels = np.where(i**2 + j**2 + k**2 < radius_mm**2, 2000, 24).astype(np.int16)
    to_patient = np.eye(4)
    to_patient[:3, 3] = -40
    return ReducedVolume(levels, to_patient, -1024.0, 1.0, -400.0)


def test_a_cast_image_is_cut_hides_and_is_moved_by_a_registration(scene: VolumeScene) -> None:
    show(scene, "target", (0, 0, 0), 8, SurfaceLook(RED, whole=True))
    scene.set_image(cast_ball(), preset_of("bone", (40, 400)))
    camera = VolumeCamera.from_side("A")
    shines = scene.picture(camera, WIDTH, HEIGHT)
    assert np.argmax(colour_at(shines, camera, (0, 0, 0))) == 0 and colour_at(shines, camera, (18, 0, 0)).min() > 40
    scene.set_keeps_depth(True)
    assert colour_at(scene.picture(camera, WIDTH, HEIGHT), camera, (0, 0, 0)).min() > 40
    scene.set_clips(clip_planes([Cut("coronal")], (0, 0, 0)))
    opened = scene.picture(camera, WIDTH, HEIGHT)
    assert np.argmax(colour_at(opened, camera, (0, 0, 0))) == 0 and colour_at(opened, camera, (0, 0, 0))[2] < 40
    scene.set_clips(())
    moved = np.eye(4)
    moved[0, 3] = 60.0
    scene.set_image(scene._image.reduced, preset_of("bone", (40, 400)), moved)
    picture = scene.picture(camera, WIDTH, HEIGHT)
    assert colour_at(picture, camera, (60, 0, 0)).min() > 40 and colour_at(picture, camera, (-18, 0, 0)).max() == 0
    scene.set_image(None)
    assert colour_at(scene.picture(camera, WIDTH, HEIGHT), camera, (60, 0, 0)).max() == 0


def test_coarse_and_fine_pictures_of_an_image_agree(scene: VolumeScene) -> None:
    scene.set_image(cast_ball(), preset_of("skin", (40, 400)))
    camera = VolumeCamera.from_side("L").turned(20, 10)
    fine = scene.picture(camera, WIDTH, HEIGHT).astype(int)
    coarse = scene.picture(camera, WIDTH, HEIGHT, Detail(False, 1.6, 1.8)).astype(int)
    assert np.abs(fine - coarse).mean() < 4


@pytest.mark.parametrize("side", "APLRSI")
def test_picking_finds_the_near_side_of_what_is_seen(scene: VolumeScene, side: str) -> None:
    show(scene, "gtv", (5, -3, 8), 10, SurfaceLook(RED))
    show(scene, "ptv", (5, -3, 8), 25, SurfaceLook(BLUE, 0.22, 3))
    show(scene, "body", (0, 0, 0), 70, SurfaceLook(GREEN, 0.07, 9))
    camera = VolumeCamera.from_side(side)

    def pick(point: np.ndarray) -> tuple[str, np.ndarray]:
        found = scene.pick(camera, *camera.to_screen(point, WIDTH, HEIGHT), WIDTH, HEIGHT)
        assert found is not None
        return found.name, found.point_mm

    name, point = pick(np.array([5.0, -3, 8]))
    assert name == "gtv"
    np.testing.assert_allclose(point, np.array([5, -3, 8]) + 10 * camera.axes[2], atol=0.5)
    name, point = pick(np.array([5.0, -3, 8]) + 20 * camera.axes[0])
    assert name == "ptv" and np.linalg.norm(point - (5, -3, 8)) == pytest.approx(25, abs=0.7)
    assert pick(np.array([5.0, -3, 8]) - 45 * camera.axes[0])[0] == "body"
    assert scene.pick(camera, 1, 1, WIDTH, HEIGHT) is None


def test_picking_respects_cuts_and_finds_cast_tissue(scene: VolumeScene) -> None:
    show(scene, "organ", (0, 0, 0), 20, SurfaceLook(RED))
    camera = VolumeCamera.from_side("A")
    scene.set_clips(clip_planes([Cut("coronal")], (0, 5, 0)))
    found = scene.pick(camera, WIDTH / 2, HEIGHT / 2, WIDTH, HEIGHT)
    np.testing.assert_allclose(found.point_mm, (0, 20, 0), atol=0.5)
    scene.set_image(cast_ball(35.0), preset_of("bone", (40, 400)))
    found = scene.pick(camera, WIDTH / 2 + 28, HEIGHT / 2, WIDTH, HEIGHT)
    assert found.name == "" and found.point_mm[1] == pytest.approx(5, abs=2)
    scene.set_clips(())
    scene.set_keeps_depth(True)
    found = scene.pick(camera, WIDTH / 2, HEIGHT / 2, WIDTH, HEIGHT)
    assert found.name == "" and found.point_mm[1] == pytest.approx(-35, abs=2)
