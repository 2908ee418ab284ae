"""What a command prints: one JSON object or a table on standard output, everything else on standard error."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from typing import Any

from workstation.jobs.progress import Progress, silent


class UsageError(ValueError):
    """Something that a person typed can't be done; the message is the one line that they see."""


def print_json(result: dict[str, Any]) -> None:
    """The one JSON object of a command, on standard output."""
    json.dump(result, sys.stdout, ensure_ascii=False, allow_nan=False)
    sys.stdout.write("\n")


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
