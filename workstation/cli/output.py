"""What a command prints: one JSON object or a table on standard output, everything else on standard error."""

from __future__ import annotations

import io
import json
import os
import sys
import time
from collections.abc import Sequence
from typing import Any

from workstation.jobs.progress import Progress, silent

LARGEST_SEED = 2**32 - 1
"""The phantom's Study ID names its seed, in 16 characters."""


class UsageError(ValueError):
    """Something that a person typed can't be done; the message is the one line that they see."""


def checked_seed(seed: int) -> int:
    """The seed of a built-in case, or a UsageError."""
    if not 0 <= seed <= LARGEST_SEED:
        raise UsageError(f"--seed {seed}: the seed is a whole number from 0 to {LARGEST_SEED}")
    return seed


def prepare_streams() -> None:
    """Let no name be unprintable, and no closed stream end in a traceback or mix messages into the results."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115  (open as long as the program)
        elif isinstance(stream, io.TextIOWrapper) and stream.errors == "strict":
            stream.reconfigure(errors="backslashreplace")


def print_json(result: dict[str, Any]) -> None:
    """The one JSON object of a command, on standard output."""
    text = json.dumps(result, ensure_ascii=False, allow_nan=False)
    try:
        text.encode(getattr(sys.stdout, "encoding", None) or "utf-8")
    except UnicodeEncodeError:  # a terminal of another alphabet: JSON's own escapes mean the same
        text = json.dumps(result, allow_nan=False)
    sys.stdout.write(text + "\n")


def print_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Columns as wide as their widest cell; numbers (as text) to the right."""
    widths = [max(len(row[c]) for row in (header, *rows)) for c in range(len(header))]
    for row in (header, *rows):
        cells = [c.rjust(w) if _is_number(c) else c.ljust(w) for c, w in zip(row, widths, strict=True)]
        print("  ".join(cells).rstrip())


def _is_number(text: str) -> bool:
    return bool(text) and all(c in "0123456789.+-" for c in text)


def note(sentence: str) -> None:
    """A message for people that must not disturb the result on standard output."""
    print(sentence, file=sys.stderr, flush=True)


def progress_on_terminal() -> Progress:
    """Progress in words on standard error where somebody watches a terminal, else silence."""
    if not sys.stderr.isatty():
        return silent
    last = [0.0]

    def show(fraction: float, sentence: str) -> None:
        now = time.monotonic()
        if now - last[0] > 0.1 or fraction >= 1.0:
            last[0] = now
            end = "\n" if fraction >= 1.0 else ""
            sys.stderr.write(f"\r\x1b[K{fraction:4.0%}  {sentence}{end}")
            sys.stderr.flush()

    return show
