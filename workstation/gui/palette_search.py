"""How well something fits what was typed: words in any order, the first letters of words, letters with gaps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from workstation.gui.palette_entries import Entry

EXACT, WHOLE_WORD, WORD_START, INSIDE, INITIALS, ELSEWHERE, LETTERS = 100.0, 10.0, 8.0, 5.0, 4.0, 2.0, 1.0
"""How much each kind of fit counts, for every word that was typed."""

Scored = TypeVar("Scored", bound=Entry)


def found(entries: Sequence[Scored], typed: str, used: Sequence[str] = ()) -> list[Scored]:
    """The entries that fit, best first; those used last, and those that can be run, before others that fit as well.

    used: names of entries, the newest first.
    """
    rank = {name: place for place, name in enumerate(used)}
    scored = []
    for order, entry in enumerate(entries):
        points = score(entry, typed)
        if points is not None:
            recent = rank.get(entry.name, len(rank)) if entry.name else len(rank)
            scored.append(((-points, recent, bool(entry.reason), order), entry))
    scored.sort(key=lambda pair: pair[0])
    return [entry for _, entry in scored]


def score(entry: Entry, typed: str) -> float | None:
    """Points for an entry, None where a word that was typed does not fit at all. Nothing typed fits everything."""
    words = typed.casefold().split()
    if not words:
        return 0.0
    title = entry.title.casefold()
    points = EXACT if " ".join(words) == title else 0.0
    for word in words:
        best = _fit(word, title, f"{entry.place} {entry.more}".casefold())
        if best is None:
            return None
        points += best
    return points


def _fit(word: str, title: str, elsewhere: str) -> float | None:
    parts = title.replace("(", " ").split()
    if word in parts:
        return WHOLE_WORD
    if any(part.startswith(word) for part in parts):
        return WORD_START
    if word in title:
        return INSIDE
    if "".join(part[0] for part in parts).startswith(word):
        return INITIALS
    if word in elsewhere:
        return ELSEWHERE
    return LETTERS if len(word) > 1 and _in_order(word, title) else None


def _in_order(letters: str, text: str) -> bool:
    """Whether the letters occur in the text one after the other, with anything between them."""
    rest = iter(text)
    return all(letter in rest for letter in letters)
