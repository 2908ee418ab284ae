"""Which images are phases of one examination: the same anatomy on the same grid, acquired one after the other."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from workstation.images.own_frame import is_own_frame, is_separated_frame
from workstation.images.volume import Volume

_SAME_MM = 0.05
SAME_TIMING = 0.2
"""Share by which scanners change echo and repetition time from phase to phase of one sequence, at the most."""
_ORDER = ("TemporalPositionIdentifier", "AcquisitionDate", "AcquisitionTime", "ContentTime", "SeriesTime")


def phases_of(images: Mapping[str, Volume], key: str) -> list[Volume]:
    """All phases of the examination that an image belongs to, in the order of time; the image alone where it has none.

    Phases share modality, patient, frame of reference, grid (to 0.05 mm) and, of an MR, echo and repetition times.
    """
    image = images.get(key)
    if image is None:
        return []
    found = [other for other in images.values() if other is image or _same_examination(image, other)]
    return sorted(found, key=_when)


def multiphase(images: Mapping[str, Volume]) -> list[list[Volume]]:
    """Every examination of at least two phases, in the order of the images."""
    groups: list[list[Volume]] = []
    for key, image in images.items():
        if not any(image is phase for group in groups for phase in group):
            phases = phases_of(images, key)
            if len(phases) > 1:
                groups.append(phases)
    return groups


def _same_examination(first: Volume, second: Volume) -> bool:
    if first.modality != second.modality or first.grid.size != second.grid.size:
        return False
    # A phase that was given a frame of its own, to be registered, is a phase all the same.
    if is_derived(first) != is_derived(second) or not _same_sequence(first, second):
        return False  # a map made of phases is none of them, nor is a T2 that was planned on the same slices
    both = first.frame_of_reference_uid, second.frame_of_reference_uid
    frames = {uid for uid in both if not is_separated_frame(uid)}
    if (len(frames) > 1 and not all(map(is_own_frame, frames))) or first.patient != second.patient:
        return False  # files that name no frame of reference have one each, which says nothing about another
    corners = first.grid.corners_mm(), second.grid.corners_mm()
    return bool(np.abs(corners[0] - corners[1]).max() < _SAME_MM)


def is_derived(volume: Volume) -> bool:
    """Whether it was made from other images: a map, a subtraction, an image that was resampled."""
    return volume.acquisition.get("ImageType", "").upper().startswith("DERIVED\\SECONDARY")


def _same_sequence(first: Volume, second: Volume) -> bool:
    """Whether echo and repetition times are the same, as far as both tell them."""
    for name in ("EchoTime", "RepetitionTime"):
        one, other = (_number(volume.acquisition.get(name, "")) for volume in (first, second))
        if one > 0 and other > 0 and abs(one - other) > SAME_TIMING * max(one, other):
            return False
    return True


def _when(volume: Volume) -> tuple[object, ...]:
    """What orders phases: their own times where there are any, else series and temporal numbers, else their keys."""
    values = {**volume.study, **volume.acquisition}
    times = [_number(values.get(name, "")) for name in _ORDER]
    return (*times, _number(values.get("SeriesNumber", "")), _natural(volume.key))


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return -1.0


def _natural(key: str) -> tuple[str, float]:
    """Keys of a split series end in "#<n>"."""
    head, _, tail = key.rpartition("#")
    return (head, _number(tail)) if head else (tail, -1.0)


