"""Advice on the names of structures: what other systems cut off, and the grammar of AAPM's Report 263 (2018).

Advice only: a name is never changed without a person, and laterality is read from the suffix alone.
"""

from __future__ import annotations

import re

LONGEST_NAME = 64
"""ROI Name (3006,0026) is a long string: 64 characters."""

LONGEST_NAME_EVERYWHERE = 16
"""Several planning systems cut names here."""

_TARGET_WORDS = re.compile(r"^[_z]?(i|I)?(gtv|ctv|ptv|itv)", re.IGNORECASE)
_TARGET = re.compile(
    r"""^[z_]?(PTV!|GTV|CTV|ITV|IGTV|ICTV|PTV)
    (?P<classifier>p|n|sb|par|v|vas)?(?P<digit>\d+)?
    (?P<image>(_(CT|MR|PT|SP)\d+)*)
    (?P<structure>_[A-Z][A-Za-z~]*(_[A-Z][A-Za-z]*)*)?
    (?P<dose>_(High|Mid(\d\d)?|Low|\d{4,5}|\d+(p\d+)?Gy))?
    (?P<fractions>x\d+)?
    (?P<crop>-\d\d)?
    (?P<free>\^.+)?$""",
    re.VERBOSE,
)
_SIDE_FIRST = re.compile(r"^(left|right|lt|rt|l|r)[ _]", re.IGNORECASE)
_SIDE_LAST = re.compile(r"[ _](left|right|lt|rt)$", re.IGNORECASE)
_PLANNING_RISK = re.compile(r"_PRV(\d*)")


def name_advice(name: str) -> tuple[str, ...]:
    """Sentences about a structure's name, the most serious first; none when there is nothing to say.

    >>> name_advice("PTVp2_7000x35-03")
    ()
    """
    advice = []
    if not name.strip():
        return ("A structure needs a name.",)
    if len(name) > LONGEST_NAME:
        advice.append(f"Longer than {LONGEST_NAME} characters: it can't be exported to DICOM.")
    elif len(name) > LONGEST_NAME_EVERYWHERE:
        advice.append(f"Longer than {LONGEST_NAME_EVERYWHERE} characters: some systems cut it off.")
    if "\\" in name or any(not c.isprintable() for c in name):
        advice.append("A backslash or control character can't be exported to DICOM.")
    if " " in name:
        advice.append("TG-263 names have no spaces; use an underscore.")
    if _TARGET_WORDS.match(name):
        advice += _target_advice(name)
    else:
        advice += _organ_advice(name)
    return tuple(advice)


def _target_advice(name: str) -> list[str]:
    if _TARGET.match(name) or " " in name:
        return []
    upper = re.sub(r"^[z_]?(iGTV|iCTV|itv|gtv|ctv|ptv)", lambda m: m.group(0).upper(), name, flags=re.IGNORECASE)
    if upper != name and _TARGET.match(upper):
        return [f"TG-263 writes target types in capitals: {upper}."]
    return ["Not in TG-263's grammar of targets: type, classifier, number, _image, _structure, _dose, xN, -NN, ^text."]


def _organ_advice(name: str) -> list[str]:
    advice = []
    if _SIDE_FIRST.match(name) or _SIDE_LAST.search(name):
        advice.append("TG-263 names the side last: _L or _R.")
    risk = _PLANNING_RISK.search(name)
    if risk and len(risk.group(1)) not in (1, 2):
        advice.append("TG-263 writes the margin of a planning risk volume in millimetres: _PRV05.")
    return advice
