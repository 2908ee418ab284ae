"""Work in the background, the newest wish for each thing only; late answers are dropped.

One thread: numba kernels and VTK filters let go of the interpreter while they work, so the window stays smooth.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, eq=False)
class Answer:
    """What came of a wish, or the error that stopped it."""

    key: Hashable
    generation: int
    value: Any = None
    error: Exception | None = None


class Background:
    """Makes what is wished for, one after the other, and hands each answer to `answered`, on the worker's thread."""

    def __init__(self, name: str, answered: Callable[[Answer], None]) -> None:
        self._name = name
        self._answered = answered
        self._wishes: dict[Hashable, tuple[int, int, Callable[[], Any]]] = {}
        self._generations: dict[Hashable, int] = {}
        self._changed = threading.Condition()
        self._stopping = False
        self._working = False
        self._thread: threading.Thread | None = None

    def ask(self, key: Hashable, make: Callable[[], Any], later: int = 0) -> None:
        """Wish for something; an older wish for the same key is forgotten, its answer too.

        later: wishes with a larger number wait for all with a smaller one.
        """
        with self._changed:
            # Taken out first: it queues up behind the wishes for other things.
            self._drop(key)
            self._wishes[key] = (later, self._generations[key], make)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                self._thread.start()
            self._changed.notify()

    def forget(self, key: Hashable) -> None:
        """No answer for this key is wanted any more."""
        with self._changed:
            self._drop(key)

    def current(self, answer: Answer) -> bool:
        """Whether nothing newer was asked for since."""
        with self._changed:
            return self._generations.get(answer.key) == answer.generation

    @property
    def busy(self) -> bool:
        """Whether something is wished for or being made."""
        with self._changed:
            return bool(self._wishes) or self._working

    def stop(self) -> None:
        """End the thread after what it is doing now."""
        with self._changed:
            self._stopping = True
            self._wishes.clear()
            self._changed.notify()

    def _drop(self, key: Hashable) -> None:
        self._wishes.pop(key, None)
        self._generations[key] = self._generations.get(key, 0) + 1

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._wishes and not self._stopping:
                    self._changed.wait()
                if self._stopping:
                    return
                key = min(self._wishes, key=lambda wish: self._wishes[wish][0])
                _, generation, make = self._wishes.pop(key)
                self._working = True
            answer = _answer(key, generation, make)
            if self.current(answer):
                self._answered(answer)
            with self._changed:
                self._working = False


def _answer(key: Hashable, generation: int, make: Callable[[], Any]) -> Answer:
    try:
        return Answer(key, generation, make())
    except Exception as error:  # noqa: BLE001  (carried to the window, which names it)
        return Answer(key, generation, None, error)
