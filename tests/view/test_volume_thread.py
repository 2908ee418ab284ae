"""One thread for OpenGL: the newest wish wins, late pictures are dropped, errors and closing are survived."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from workstation.view.volume_camera import VolumeCamera
from workstation.view.volume_renderer import BUDGET_S, COARSENESS, Frame, Pace, VolumeRenderer, Wish
from workstation.view.volume_thread import VolumeThread


class SlowScene:
    """Takes its time for every picture, unless told to abort as VTK's can be."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.seconds = seconds
        self.made: list[float] = []
        self.threads: set[int] = set()
        self.aborted = threading.Event()
        self.closed = False

    def picture(self, camera: VolumeCamera, width: int, height: int, *_rest: Any) -> np.ndarray:
        self.threads.add(threading.get_ident())
        self.aborted.clear()
        self.aborted.wait(self.seconds)
        self.made.append(camera.pixel_mm)
        return np.zeros((height, width, 4), np.uint8)

    def abort(self) -> None:
        self.aborted.set()

    def close(self) -> None:
        self.threads.add(threading.get_ident())
        self.closed = True


def wish(number: float, moving: bool = False) -> Wish:
    return Wish(VolumeCamera.from_side("A", pixel_mm=number), 8, 6, moving)


def wait_for(what: Callable[[], bool]) -> None:
    until = time.monotonic() + 5
    while not what():
        assert time.monotonic() < until, "it never happened"
        time.sleep(0.005)


@pytest.fixture
def thread():
    made = VolumeThread()
    yield made
    made.end()


def start(thread: VolumeThread, scene: SlowScene) -> tuple[VolumeRenderer, list[Any]]:
    told: list[Any] = []
    return VolumeRenderer(told.append, lambda: scene, thread), told


def test_of_many_wishes_only_the_newest_is_made(thread: VolumeThread) -> None:
    scene = SlowScene()
    renderer, told = start(thread, scene)
    held = threading.Event()
    thread.do(lambda: held.wait(5))
    for number in range(1, 20):
        renderer.ask(wish(number))
    held.set()
    wait_for(lambda: not renderer.busy)
    assert scene.made == [19.0] and [frame.number for frame in told] == [19]


def test_a_resting_picture_is_given_up_for_a_newer_wish_and_dropped(thread: VolumeThread) -> None:
    scene = SlowScene(3.0)
    renderer, told = start(thread, scene)
    renderer.ask(wish(1))
    wait_for(lambda: renderer._in_work is not None and not scene.aborted.is_set())
    time.sleep(0.05)
    scene.seconds = 0.0
    began = time.monotonic()
    renderer.ask(wish(2, moving=True))
    wait_for(lambda: bool(told))
    assert time.monotonic() - began < 1.0
    assert [frame.number for frame in told] == [2] and told[0].wish.moving


def test_a_moving_picture_is_finished_and_shown(thread: VolumeThread) -> None:
    scene = SlowScene(0.1)
    renderer, told = start(thread, scene)
    renderer.ask(wish(1, moving=True))
    wait_for(lambda: renderer._in_work is not None)
    renderer.ask(wish(2, moving=True))
    wait_for(lambda: len(told) == 2)
    assert [frame.number for frame in told] == [1, 2] and not scene.aborted.is_set()


def test_changes_are_made_in_order_and_named_ones_replace_each_other(thread: VolumeThread) -> None:
    renderer, told = start(thread, SlowScene())
    done: list[str] = []
    held = threading.Event()
    thread.do(lambda: held.wait(5))
    renderer.change(lambda scene: done.append("mesh"))
    for number in range(5):
        renderer.change(lambda scene, number=number: done.append(f"clip {number}"), "clips")
    renderer.ask(wish(1))
    held.set()
    wait_for(lambda: bool(told))
    assert done == ["mesh", "clip 4"]


def test_an_error_is_told_and_the_next_picture_made(thread: VolumeThread) -> None:
    renderer, told = start(thread, SlowScene())
    renderer.change(lambda scene: 1 / 0)
    wait_for(lambda: bool(told))
    renderer.ask(wish(1))
    wait_for(lambda: len(told) == 2)
    assert isinstance(told[0], ZeroDivisionError) and isinstance(told[1], Frame)


def test_no_graphics_is_told_once(thread: VolumeThread) -> None:
    told: list[Any] = []

    def refuse() -> Any:
        raise OSError("no driver")

    renderer = VolumeRenderer(told.append, refuse, thread)
    renderer.ask(wish(1))
    wait_for(lambda: bool(told))
    renderer.ask(wish(2))
    thread.call(lambda: None)
    assert [str(error) for error in told] == ["no driver"] and not renderer.busy


def test_closing_while_a_picture_is_made_gives_it_up_and_takes_the_scene_down_there(thread: VolumeThread) -> None:
    scene = SlowScene(3.0)
    renderer, told = start(thread, scene)
    renderer.ask(wish(1))
    wait_for(lambda: renderer._in_work is not None)
    time.sleep(0.05)
    began = time.monotonic()
    renderer.close()
    assert time.monotonic() - began < 0.05
    wait_for(lambda: scene.closed)
    renderer.ask(wish(2))
    renderer.close()
    thread.call(lambda: None)
    assert told == [] and len(scene.made) == 1 and scene.threads == {thread._thread.ident}


def test_calling_waits_and_raises_what_went_wrong(thread: VolumeThread) -> None:
    assert thread.call(lambda: 7) == 7
    with pytest.raises(ValueError, match="wrong"):
        thread.call(lambda: (_ for _ in ()).throw(ValueError("wrong")))
    assert thread.call(lambda: thread.call(lambda: 8)) == 8


def test_work_that_fails_does_not_stop_the_thread(thread: VolumeThread, caplog: pytest.LogCaptureFixture) -> None:
    thread.do(lambda: 1 / 0)
    assert thread.call(lambda: 1) == 1
    assert "work for the 3D view failed" in caplog.text


def test_pictures_get_coarser_until_they_keep_to_the_budget_and_finer_again() -> None:
    pace = Pace()
    for _ in range(10):
        pace.note(3 * BUDGET_S)
    assert pace.level == len(COARSENESS) - 1
    pace.note(0.7 * BUDGET_S)
    assert pace.level == len(COARSENESS) - 1
    for _ in range(100):
        pace.note(0.001)
    assert pace.level == 0


def test_a_process_ends_cleanly_with_a_scene_open_and_a_picture_in_work() -> None:
    script = """
import numpy as np
from workstation.view.errors import ViewError
from workstation.view.volume_camera import VolumeCamera
from workstation.view.volume_presets import preset_of
from workstation.view.volume_reduction import ReducedVolume
from workstation.view.volume_renderer import VolumeRenderer, Wish
renderer = VolumeRenderer(lambda what: None)
levels = np.random.default_rng(0).integers(0, 3000, (150, 150, 150)).astype(np.int16)
image = ReducedVolume(levels, np.eye(4), -1024.0, 1.0, -400.0)
renderer.change(lambda scene: scene.set_image(image, preset_of("vessels", (40, 400))))
renderer.ask(Wish(VolumeCamera.from_side("A", (75, 75, 75)), 600, 600))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr and "Fatal" not in done.stderr
