"""Whose two images are, and when and how they were made: the lines of a comparison that need no geometry."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from workstation.images.acquisition_time import acquired_at, apart, days_between
from workstation.images.volume import Volume

Kind = Literal["same", "note", "caution", "stop"]
Line = tuple[str, str, str, Kind, str]
"""what, first, second, kind and sentence of a `Difference`."""

_NAMES = {"PT": "PET"}

MANY_DAYS = 14
"""From here on anatomy and tumour may have changed enough to matter (weight loss, growth, response)."""


def origin_differences(first: Volume, second: Volume) -> Iterator[Line]:
    """Patient, study, modality, time, unit, and how the scanner was set."""
    yield from _patient(first, second)
    yield _study(first, second)
    yield _modality(first, second)
    yield _time(first, second)
    yield _unit(first, second)
    yield from _settings(first, second)


def names_for(first: Volume, second: Volume) -> tuple[str, str]:
    """What sentences call the two: by modality where that tells them apart."""
    a, b = (_NAMES.get(v.modality, v.modality) for v in (first, second))
    if a and b and a != b:
        return f"the {a}", f"the {b}"
    return "the first image", "the second image"


# ------------------------------------------------------------------------------------------------------- patient


def _patient(first: Volume, second: Volume) -> Iterator[Line]:
    a, b = first.patient, second.patient
    same_id = bool(a.identifier) and _plain(a.identifier) == _plain(b.identifier)
    same_birth = bool(a.birth_date) and a.birth_date == b.birth_date
    yield _compared(
        "patient id", a.identifier, b.identifier, "stop",
        "The patient ids differ: these may be images of two people.",
    )  # fmt: skip
    yield _compared(
        "patient name", _shown_name(a.name), _shown_name(b.name), "caution" if same_id and same_birth else "stop",
        "The patient names differ"
        + (", though id and birth date agree." if same_id and same_birth else ": these may be images of two people."),
    )  # fmt: skip
    yield _compared(
        "birth date", a.birth_date, b.birth_date, "stop",
        "The birth dates differ: these may be images of two people.",
    )  # fmt: skip
    yield _compared("sex", a.sex, b.sex, "caution", "The patient's sex is stored differently.")


def _shown_name(name: str) -> str:
    return re.sub(r"[\^=\s]+", " ", name).strip()


def _plain(text: str) -> str:
    return re.sub(r"[\^=\s,]+", " ", text).strip().casefold()


def _compared(what: str, first: str, second: str, kind: Kind, sentence: str) -> Line:
    """Same, different (`kind` and `sentence`), or known for one of the two only (a note)."""
    if _plain(first) == _plain(second):
        return what, first, second, "same", f"The same {what}." if first else f"No {what} is stored in either."
    if not first.strip() or not second.strip():
        which = "first" if second.strip() else "second"
        return what, first, second, "note", f"The {which} image stores no {what}: it can't be compared."
    return what, first, second, kind, sentence


# ----------------------------------------------------------------------------------------------------- how and when


def _study(first: Volume, second: Volume) -> Line:
    shown = [v.study.get("StudyDescription", "") or v.study.get("StudyID", "") or v.study_uid[-12:]
             for v in (first, second)]  # fmt: skip
    if first.study_uid and first.study_uid == second.study_uid:
        return "study", shown[0], shown[1], "same", "Both belong to one study."
    if not first.study_uid or not second.study_uid:
        return "study", shown[0], shown[1], "note", "It is not stored which study they belong to."
    return "study", shown[0], shown[1], "note", "They belong to two studies."


def _modality(first: Volume, second: Volume) -> Line:
    a, b = (_NAMES.get(v.modality, v.modality) for v in (first, second))
    if a == b:
        return "modality", a, b, "same", "The same modality."
    return "modality", a, b, "note", f"{a or 'An unknown modality'} and {b or 'an unknown modality'}."


def _time(first: Volume, second: Volume) -> Line:
    a, b = acquired_at(first.acquisition, first.study), acquired_at(second.acquisition, second.study)
    texts = (a.text() if a else "", b.text() if b else "")
    if a is None or b is None:
        return "acquired", *texts, "note", "It is not stored when both were acquired."
    words = apart(a, b)
    sentence = f"Acquired {words}."
    days = days_between(a, b)
    if days >= MANY_DAYS:
        return "acquired", *texts, "caution", f"{sentence[:-1]}: anatomy and tumour may have changed."
    return "acquired", *texts, "note" if days or words != "at the same time" else "same", sentence


def _unit(first: Volume, second: Volume) -> Line:
    a, b = first.unit, second.unit
    if a == b:
        return "unit", a, b, "same", f"Both in {a}." if a else "No unit is stored in either."
    if first.modality == second.modality:
        return "unit", a, b, "caution", "Their values are in different units: a difference of the two means nothing."
    return "unit", a, b, "note", f"Values in {a or 'no unit'} and in {b or 'no unit'}."


_SETTINGS: tuple[tuple[str, str, str, Kind, str], ...] = (
    ("contrast agent", "ContrastBolusAgent", "", "note", "Only one may have contrast agent: vessels look different."),
    ("tube voltage", "KVP", "CT", "note", "Different tube voltages: Hounsfield units of bone and contrast shift."),
    ("echo time", "EchoTime", "MR", "note", "Different echo times: tissues have other contrast."),
    ("repetition time", "RepetitionTime", "MR", "note", "Different repetition times: tissues have other contrast."),
    ("inversion time", "InversionTime", "MR", "note", "Different inversion times: tissues have other contrast."),
    ("flip angle", "FlipAngle", "MR", "note", "Different flip angles: tissues have other contrast."),
    ("b-value", "DiffusionBValue", "MR", "note", "Different diffusion weighting."),
    ("body part", "BodyPartExamined", "", "caution", "They are said to show different parts of the body."),
    ("laterality", "Laterality", "", "caution", "They are said to show different sides of the body."),
)
"""what, DICOM keyword, the modality that both must have ("" for any), and what a difference means."""


def _settings(first: Volume, second: Volume) -> Iterator[Line]:
    """How the scanner was set; lines only where it is stored in one of the two."""
    for what, keyword, modality, kind, sentence in _SETTINGS:
        a, b = _number_or_text(first, keyword), _number_or_text(second, keyword)
        if (a or b) and (not modality or first.modality == second.modality == modality):
            yield _compared(what, a, b, kind, sentence)


def _number_or_text(volume: Volume, keyword: str) -> str:
    text = volume.acquisition.get(keyword, "")
    try:
        return f"{float(text):g}"
    except ValueError:
        return text
