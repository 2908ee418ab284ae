"""Surfaces made in the background, the newest wish for each structure only; late answers are dropped.

One thread: numba kernels and VTK filters let go of the interpreter while they work, so the window stays smooth.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from workstation.view.surface_mesh import SurfaceMesh

Make = Callable[[], SurfaceMesh | None]
_Key = tuple[str, bool]


@dataclass(frozen=True, eq=False)
class MeshAnswer:
    """What came of a wish: a mesh, None when there is nothing to show, or the error that stopped it."""

    identifier: str
    fine: bool
    generation: int
    mesh: SurfaceMesh | None
    error: Exception | None = None


class MeshMaker:
    """Runs wishes one after the other and hands each answer to `answered`, on the worker's thread."""

    def __init__(self, answered: Callable[[MeshAnswer], None]) -> None:
        self._answered = answered
        self._wishes: dict[_Key, tuple[int, Make]] = {}
        self._generations: dict[_Key, int] = {}
        self._changed = threading.Condition()
        self._stopping = False
        self._thread: threading.Thread | None = None

    def ask(self, identifier: str, fine: bool, make: Make) -> None:
        """Wish for a mesh; an older wish for the same one is forgotten, its answer too.

        A wish for a coarse mesh says that the structure has changed: a fine one under way is out of date.
        """
        with self._changed:
            if not fine:
                self._drop((identifier, True))
            key = identifier, fine
            # Taken out first: it queues up behind the wishes of others.
            self._drop(key)
            self._wishes[key] = (self._generations[key], make)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="surfaces", daemon=True)
                self._thread.start()
            self._changed.notify()

    def forget(self, identifier: str) -> None:
        """No answer for this identifier is wanted any more."""
        with self._changed:
            self._drop((identifier, False))
            self._drop((identifier, True))

    def current(self, answer: MeshAnswer) -> bool:
        """Whether nothing newer was asked for since."""
        with self._changed:
            return self._generations.get((answer.identifier, answer.fine)) == answer.generation

    def _drop(self, key: _Key) -> None:
        self._wishes.pop(key, None)
        self._generations[key] = self._generations.get(key, 0) + 1

    def stop(self) -> None:
        """End the thread after what it is doing now."""
        with self._changed:
            self._stopping = True
            self._wishes.clear()
            self._changed.notify()

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._wishes and not self._stopping:
                    self._changed.wait()
                if self._stopping:
                    return
                # Coarse ones first: something to see beats something to admire.
                key = min(self._wishes, key=lambda wish: wish[1])
                generation, make = self._wishes.pop(key)
            answer = _answer(key, generation, make)
            if self.current(answer):
                self._answered(answer)


def _answer(key: _Key, generation: int, make: Make) -> MeshAnswer:
    try:
        return MeshAnswer(*key, generation, make())
    except Exception as error:  # noqa: BLE001  (carried to the window, which names it)
        return MeshAnswer(*key, generation, None, error)
