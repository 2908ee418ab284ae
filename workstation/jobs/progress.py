"""How long work reports itself: a fraction and a sentence, and an answer whether to go on."""

from __future__ import annotations

from typing import Protocol


class Cancelled(Exception):  # noqa: N818  (it is no error: a person asked for it)
    """Raised inside a long function after somebody asked it to stop."""


class Progress(Protocol):
    """Called as ``progress(fraction, sentence)`` with 0 <= fraction <= 1; raises `Cancelled` to stop the work."""

    def __call__(self, fraction: float, sentence: str) -> None: ...


def silent(fraction: float, sentence: str) -> None:
    """Progress that nobody looks at."""


def part(progress: Progress, start: float, end: float) -> Progress:
    """The same progress, with 0..1 of a step mapped to start..end of the whole."""

    def inner(fraction: float, sentence: str) -> None:
        progress(start + (end - start) * fraction, sentence)

    return inner
