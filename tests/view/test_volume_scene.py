"""The 3D picture: the patient the right way round, shells around targets, detail on demand."""

from __future__ import annotations

import numpy as np
import pytest

from tests.view.bodies import ball
from workstation.view.errors import ViewError
from workstation.view.surface_mesh import SurfaceMesh, structure_mesh
from workstation.view.volume_camera import VolumeCamera
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
