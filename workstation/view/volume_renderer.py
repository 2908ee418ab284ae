"""A scene on the thread of OpenGL, told what to show from another thread; the newest wish for a picture wins."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workstation.structures.structure import Color
from workstation.view.volume_camera import VolumeCamera
from workstation.view.volume_picking import Pick
from workstation.view.volume_scene import FULL, Detail, VolumeScene
from workstation.view.volume_thread import VOLUME_THREAD, VolumeThread, ending

# What a picture may take while something moves, and the steps by which it gets coarser to keep to it:
# edge of a pixel, and edge of the square of those that shares a ray.
BUDGET_S = 0.017
PLENTY_S = 0.007
COARSENESS = ((1.0, 1.0), (1.0, 1.6), (1.5, 1.6), (2.0, 1.8), (2.5, 1.8), (3.0, 1.8), (4.0, 1.8))
MOVING_RAY_STEP = 1.6
FIRST_LEVEL = 2
PATIENCE = 8
"""So many pictures in a row must be made in plenty of time before they get finer again."""


@dataclass(frozen=True)
class Wish:
    """A picture that is wanted: camera, size in pixels, in motion or at rest, the colour behind it."""

    camera: VolumeCamera
    width: int
    height: int
    moving: bool = False
    ground: Color | None = (0, 0, 0)


@dataclass(frozen=True, eq=False)
class Frame:
    """A picture that was made.

    number: of the wish it answers. pixels: (h, w, 4) uint8 RGBA; while moving it may have fewer than were wished for.
    seconds: what making it took.
    """

    number: int
    wish: Wish
    pixels: NDArray[np.uint8]
    seconds: float


class Pace:
    """How coarse pictures are while something moves: as fine as keeps to the budget."""

    def __init__(self) -> None:
        self.level = FIRST_LEVEL
        self._quick = 0

    def note(self, seconds: float) -> None:
        """A moving picture took so long."""
        if seconds > BUDGET_S:
            self.level = min(self.level + (2 if seconds > 2 * BUDGET_S else 1), len(COARSENESS) - 1)
            self._quick = 0
        elif seconds < PLENTY_S:
            self._quick += 1
            if self._quick >= PATIENCE and self.level > 0:
                self.level, self._quick = self.level - 1, 0
        else:
            self._quick = 0


class VolumeRenderer:
    """Changes are made in order; of the pictures wished for only the newest is made; late ones are dropped.

    delivered: called on OpenGL's thread with each `Frame`, or with the Exception that no picture came of.
    Every method returns at once.
    """

    def __init__(
        self,
        delivered: Callable[[Frame | Exception], None],
        make_scene: Callable[[], VolumeScene] | None = None,
        thread: VolumeThread = VOLUME_THREAD,
    ) -> None:
        self._delivered, self._make_scene, self._thread = delivered, make_scene or VolumeScene, thread
        self._lock = threading.Lock()
        self._changes: list[tuple[str, Callable[[VolumeScene], None]]] = []
        self._wish: Wish | None = None
        self._number = 0
        self._queued = False
        self._closed = False
        self._broken = False
        self._scene: VolumeScene | None = None
        self._in_work: Wish | None = None
        self._pace = Pace()
        ending.append(self.close)

    def change(self, edit: Callable[[VolumeScene], None], instead_of: str = "") -> None:
        """Change the scene before the next picture.

        instead_of: a name; an older change of that name that was not made yet need not be made any more.
        """
        with self._lock:
            if self._closed or self._broken:
                return
            if instead_of:
                self._changes = [each for each in self._changes if each[0] != instead_of]
            self._changes.append((instead_of, edit))
            self._wake()

    def ask(self, wish: Wish) -> int:
        """Wish for a picture; returns its number. An unfinished one is given up, unless it would be done soon."""
        with self._lock:
            self._number += 1
            self._wish = wish
            # A moving picture is nearly done at any time; giving it up would only make the view stand still.
            if self._in_work is not None and not self._in_work.moving and self._scene is not None:
                self._scene.abort()
            self._wake()
            return self._number

    def pick(self, wish: Wish, x: float, y: float, found: Callable[[Pick | None], None]) -> None:
        """Look what lies under a pixel of a picture; `found` is called on OpenGL's thread."""
        self.change(lambda scene: found(scene.pick(wish.camera, x, y, wish.width, wish.height)))

    def picture(self, wish: Wish, made: Callable[[NDArray[np.uint8]], None]) -> None:
        """Make one picture at full quality beside those that are shown; `made` is called on OpenGL's thread."""
        self.change(lambda scene: made(scene.picture(wish.camera, wish.width, wish.height, FULL, wish.ground)))

    @property
    def busy(self) -> bool:
        """Whether something is still to be changed or made."""
        with self._lock:
            return self._queued or self._in_work is not None

    def close(self) -> None:
        """Let the scene go, on its own thread, when the picture in work has ended; nothing is delivered after this."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            self._changes.clear()
            self._wish = None
            if self._in_work is not None and self._scene is not None:
                self._scene.abort()
        ending.remove(self.close)
        self._thread.do(self._take_down)

    # ------------------------------------------------------------------------------------- on OpenGL's thread

    def _wake(self) -> None:
        if not self._queued and not self._closed and not self._broken:
            self._queued = True
            self._thread.do(self._turn)

    def _turn(self) -> None:
        with self._lock:
            if self._closed:
                return
            self._queued = False
            changes, self._changes = self._changes, []
            wish, self._wish, number = self._wish, None, self._number
            self._in_work = wish
        try:
            if self._scene is None:
                self._scene = self._make_scene()
            for _, edit in changes:
                edit(self._scene)
            if wish is not None:
                self._make(self._scene, wish, number)
        except Exception as error:  # noqa: BLE001  (carried to the window, which says it)
            self._broken = self._scene is None
            self._tell(error)
        finally:
            with self._lock:
                self._in_work = None

    def _make(self, scene: VolumeScene, wish: Wish, number: int) -> None:
        with self._lock:
            if self._wish is not None and not wish.moving:
                return  # an abort that came before the picture was begun would be lost
        began = time.perf_counter()
        pixels = self._render(scene, wish)
        seconds = time.perf_counter() - began
        with self._lock:
            late = self._wish is not None and not wish.moving
        if wish.moving:
            self._pace.note(seconds)
        if not late:
            self._tell(Frame(number, wish, pixels, seconds))

    def _render(self, scene: VolumeScene, wish: Wish) -> NDArray[np.uint8]:
        if not wish.moving:
            return scene.picture(wish.camera, wish.width, wish.height, FULL, wish.ground)
        edge, ray_pixels = COARSENESS[self._pace.level]
        camera = VolumeCamera(wish.camera.axes, wish.camera.focus_mm, wish.camera.pixel_mm * edge)
        width, height = max(1, round(wish.width / edge)), max(1, round(wish.height / edge))
        return scene.picture(camera, width, height, Detail(False, MOVING_RAY_STEP, ray_pixels), wish.ground)

    def _tell(self, what: Frame | Exception) -> None:
        if not self._closed:
            self._delivered(what)

    def _take_down(self) -> None:
        if self._scene is not None:
            self._scene.close()
            self._scene = None
