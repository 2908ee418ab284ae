"""How the set-up speaks: one line at a time on standard error, so that a program's standard output stays its own."""

from __future__ import annotations

import sys


class SetUpError(Exception):
    """Set-up cannot go on; the message is one sentence that says what is wrong and what to do."""


def say(sentence: str) -> None:
    """Prints one line about what set-up is doing."""
    print(f"set-up: {sentence}", file=sys.stderr, flush=True)


class Progress:
    """One line that changes in place while a long step runs; silent where nobody watches a terminal."""

    def __init__(self) -> None:
        self._shown = sys.stderr.isatty()

    def show(self, text: str) -> None:
        """Replaces the line."""
        if self._shown:
            print(f"\r\x1b[2Kset-up:   {text[:90]}", end="", file=sys.stderr, flush=True)

    def clear(self) -> None:
        """Takes the line away."""
        if self._shown:
            print("\r\x1b[2K", end="", file=sys.stderr, flush=True)
