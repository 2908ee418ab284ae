"""What images are called in lists: as their description says, and where that does not tell them apart, by more."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from workstation.geometry.grid import Grid
from workstation.geometry.orientation import plane_name
from workstation.images.acquisition_time import acquired_at
from workstation.images.volume import Volume


def image_title(
    modality: str,
    description: str,
    acquisition: Mapping[str, str],
    study: Mapping[str, str],
    grid: Grid | None = None,
) -> str:
    """Modality and description; a description that begins with the modality does not repeat it.

    Where nobody described the series: modality, orientation, series number and time of acquisition.

    >>> image_title("CT", "", {"SeriesNumber": "3"}, {"StudyDate": "20260128"})
    'CT, series 3, 2026-01-28'
    """
    modality, part = modality.strip(), acquisition.get("Part", "")
    label = f"({part})" if part else ""
    described = description.strip().removesuffix(label).strip()
    if not described:
        plane = "" if grid is None else plane_name(grid.normal)
        moment = acquired_at(acquisition, study)
        head = f"{modality or 'Image'} {plane}".strip()
        told = ", ".join(text for text in (head, _series(acquisition), moment.text() if moment else "") if text)
        return f"{told} {label}".strip()
    whole = description.strip()
    return whole if whole.upper().startswith(modality.upper()) else f"{modality} {whole}"


def name_of_volume(volume: Volume) -> str:
    """`image_title` of a volume."""
    return image_title(volume.modality, volume.description, volume.acquisition, volume.study, volume.grid)


def distinct_names(images: Mapping[str, Volume]) -> dict[str, str]:
    """A name for each image by its key, no two alike. Names that are unique by themselves stay as they are.

    Others get what tells them apart, as few facts as possible: series number, time, phase, orientation, spacing; where
    nothing does, they are numbered.
    """
    names = {key: name_of_volume(volume) for key, volume in images.items()}
    for name in set(names.values()):
        alike = [key for key, other in names.items() if other == name]
        if len(alike) > 1:
            names.update(_told_apart(name, {key: images[key] for key in alike}))
    taken: set[str] = set()
    for key, name in names.items():
        number, free = 2, name
        while free in taken:
            number, free = number + 1, f"{name} ({number})"
        taken.add(free)
        names[key] = free
    return names


def _told_apart(name: str, images: Mapping[str, Volume]) -> dict[str, str]:
    kept: list[list[str]] = []
    for fact in _FACTS:
        told = [fact(volume) for volume in images.values()]
        if len(set(told)) > 1 and not any(text and text in name for text in told):
            kept.append(told)
        if len(set(zip(*kept, strict=True))) == len(images):
            break
    facts = [", ".join(t for t in telling if t) for telling in zip(*kept, strict=True)] or [""] * len(images)
    if len(set(facts)) < len(images):
        facts = [f"{fact}, {n}".removeprefix(", ") for n, fact in enumerate(facts, start=1)]
    return {key: f"{name} ({fact})" if fact else name for key, fact in zip(images, facts, strict=True)}


def _series(acquisition: Mapping[str, str]) -> str:
    number = acquisition.get("SeriesNumber", "").strip()
    return f"series {number}" if number else ""


def _time(volume: Volume) -> str:
    moment = acquired_at(volume.acquisition, volume.study)
    return moment.text() if moment else ""


def _phase(volume: Volume) -> str:
    number = volume.acquisition.get("TemporalPositionIdentifier", "").strip()
    return f"phase {number}" if number else volume.acquisition.get("Part", "")


def _spacing(volume: Volume) -> str:
    return " × ".join(f"{float(s):.3g}" for s in np.asarray(volume.grid.spacing_mm)) + " mm"


_FACTS: tuple[Callable[[Volume], str], ...] = (
    lambda volume: _series(volume.acquisition), _time, _phase, lambda volume: plane_name(volume.grid.normal), _spacing,
)  # fmt: skip
