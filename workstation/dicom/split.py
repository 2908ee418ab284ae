"""What splits one DICOM series into volumes: orientation, echo, phase, acquisition, or slices at the same place.

A series is often more than one volume, and an attribute that differs from slice to slice often means nothing: many
CTs count acquisitions inside one volume. So some attributes always split, and the others only where they explain
why several slices lie at one place, or why the whole is uneven while its parts are not.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from workstation.dicom.frame import Frame
from workstation.dicom.lattice import SAME_PLACE_MM, normal_of
from workstation.dicom.tags import Tag

WIDEST_GAP_MM = 50.0
WIDEST_GAP_STEPS = 10.0
ALWAYS = ("echo", "temporal position", "b-value", "component", "stack")
ON_DEMAND = (
    "image type", "echo time", "inversion time", "phase", "acquisition", "trigger time", "acquisition time",
    "frame time", "content time", *(f"dimension {n}" for n in range(1, 9)),
)  # fmt: skip


@dataclass(slots=True)
class Part:
    """Frames of one volume, sorted along their normal, and what makes it different from its siblings in words."""

    frames: list[Frame]
    label: str = ""
    warnings: list[str] = field(default_factory=list)


@dataclass(slots=True)
class SplitSeries:
    """The volumes of a series in order of acquisition, and the frames left out with the reason."""

    parts: list[Part]
    left_out: list[tuple[Frame, str]] = field(default_factory=list)


def split_series(frames: Sequence[Frame]) -> SplitSeries:
    """Split the frames of one series into volumes in which no two lie at the same place."""
    result = SplitSeries([])
    for group, label in _by_what_always_splits(list(frames)):
        result.parts += _by_what_explains(group, label, result)
    result.parts.sort(key=_when)
    for part in result.parts:
        part.frames = [part.frames[i] for i in np.argsort(along_normal(part.frames), kind="stable")]
    return result


def _when(part: Part) -> tuple[float, float, tuple[int, int]]:
    """Sorts parts as they were acquired: temporal position, clock, instance number."""
    first = min(part.frames, key=lambda f: f.order)
    temporal, clock = first.attributes.get("temporal position", 0.0), first.header.number(Tag.ACQUISITION_TIME) or 0.0
    return float(temporal), clock, first.order


def along_normal(frames: Sequence[Frame]) -> NDArray[np.float64]:
    """(n,) projections of the slices' positions on their normal."""
    return np.array([f.position_mm for f in frames]) @ normal_of(frames[0].orientation)


def places(frames: Sequence[Frame]) -> NDArray[np.int64]:
    """(n,) the same number for frames at the same place."""
    along = along_normal(frames)
    order = np.argsort(along, kind="stable")
    steps = np.concatenate([[False], np.diff(along[order]) > SAME_PLACE_MM])
    labels = np.empty(len(frames), np.int64)
    labels[order] = np.cumsum(steps)
    if len(set(labels.tolist())) == len(frames):
        return labels
    normal = normal_of(frames[0].orientation)
    sideways = np.round(np.array([f.position_mm for f in frames]) - np.outer(along, normal), 1)
    numbered: dict[Hashable, int] = {}
    keys = zip(labels.tolist(), map(tuple, sideways.tolist()), strict=True)
    return np.array([numbered.setdefault(key, len(numbered)) for key in keys], dtype=np.int64)


def _by_what_always_splits(frames: list[Frame]) -> list[tuple[list[Frame], str]]:
    groups: dict[Hashable, list[Frame]] = defaultdict(list)
    turned: list[tuple[float, ...]] = []
    sizes: list[tuple[float, ...]] = []
    for frame in frames:
        image_type = str(frame.attributes.get("image type", ""))
        shown_type = image_type if frame.header.text(Tag.MODALITY) == "MR" else "LOCALIZER" in image_type
        key = (
            _number_of(frame.orientation, turned, 2e-3), frame.pixel.rows, frame.pixel.columns,
            _number_of(frame.spacing_mm, sizes, 1e-3 * frame.spacing_mm[0]), shown_type,
            frame.header.text(Tag.SOP_CLASS_UID), frame.header.text(Tag.FRAME_OF_REFERENCE_UID),
            *(frame.attributes.get(name) for name in ALWAYS),
        )  # fmt: skip
        groups[key].append(frame)
    labels = _labels(list(groups))
    return list(zip(groups.values(), labels, strict=True))


def _number_of(values: tuple[float, ...], known: list[tuple[float, ...]], tolerance: float) -> int:
    """The number of the first of `known` values that are the same within a tolerance; new ones are added."""
    for number, other in enumerate(known):
        if other == values or max(abs(a - b) for a, b in zip(values, other, strict=True)) < tolerance:
            return number
    known.append(values)
    return len(known) - 1


_KEY_NAMES = ("orientation", "rows", "columns", "pixel size", "image type", "", "", *ALWAYS)


def _labels(keys: list[Hashable]) -> list[str]:
    """For each key, the named entries that are not the same in all keys."""
    labels = []
    for key in keys:
        assert isinstance(key, tuple)
        words = []
        for position, name in enumerate(_KEY_NAMES):
            values = {k[position] for k in keys if isinstance(k, tuple)}
            if len(values) > 1 and name:
                words.append(_in_words(name, key[position]))
        labels.append(", ".join(w for w in words if w))
    return labels


def _in_words(name: str, value: object) -> str:
    if value is None:
        return f"no {name}"
    if isinstance(value, bool):
        return "localizer" if value else ""
    if name in ("orientation", "pixel size") and isinstance(value, int):
        return f"{name} {value + 1}"
    if isinstance(value, float):
        return f"{name} {value:g}"
    return f"{name} {value}"


def _by_what_explains(frames: list[Frame], label: str, result: SplitSeries) -> list[Part]:
    labels = places(frames)
    most = int(np.bincount(labels).max())
    if most == 1:
        return _by_what_evens(frames, label)
    if len(set(labels.tolist())) == 1:
        reason = f"is one of {len(frames)} images at one and the same place, which form no volume"
        result.left_out += [(f, reason) for f in frames]
        return []
    for name in ON_DEMAND:
        groups = _grouped(frames, partial(_attribute, name=name))
        if 1 < len(groups) <= 2 * most and _cover_alike(list(groups.values())):
            return [
                Part(group, _joined(label, _in_words(name, value))) for value, group in groups.items()
            ]
    return _by_order(frames, labels, label, result)


def _attribute(frame: Frame, name: str) -> Hashable:
    return frame.attributes.get(name)


def _grouped(frames: list[Frame], key: Callable[[Frame], Hashable]) -> dict[Hashable, list[Frame]]:
    groups: dict[Hashable, list[Frame]] = defaultdict(list)
    for frame in frames:
        groups[key(frame)].append(frame)
    return dict(groups)


def _cover_alike(groups: list[list[Frame]]) -> bool:
    """Whether no group has two frames at one place, and none is much smaller than the largest."""
    sizes = [len(g) for g in groups]
    alike = min(sizes) > 1 and 2 * min(sizes) >= max(sizes)
    return alike and all(len(set(places(g).tolist())) == len(g) for g in groups)


def _by_what_evens(frames: list[Frame], label: str) -> list[Part]:
    """One part, or the acquisitions of which each is even where their mixture is not."""
    groups = list(_grouped(frames, partial(_attribute, name="acquisition")).items())
    several = 1 < len(groups) <= 8 and min(len(g) for _, g in groups) > 2
    if several and not _even(frames) and all(_even(g) for _, g in groups) and _overlap([g for _, g in groups]):
        return [Part(g, _joined(label, _in_words("acquisition", value))) for value, g in groups]
    return _by_gaps(frames, label)


def _by_gaps(frames: list[Frame], label: str) -> list[Part]:
    """The stacks of a series that jumps: neck and pelvis in one series are two volumes, not one with a hole."""
    along = along_normal(frames)
    order = np.argsort(along, kind="stable")
    gaps = np.diff(along[order])
    if not len(gaps) or gaps.max() <= max(WIDEST_GAP_MM, WIDEST_GAP_STEPS * float(np.median(gaps))):
        return [Part(frames, label)]
    limit = max(WIDEST_GAP_MM, WIDEST_GAP_STEPS * float(np.median(gaps)))
    stacks = np.split(order, np.flatnonzero(gaps > limit) + 1)
    return [Part([frames[i] for i in stack], _joined(label, _span(along[stack]))) for stack in stacks]


def _span(along: NDArray[np.float64]) -> str:
    first, last = f"{along[0]:.0f}", f"{along[-1]:.0f}"
    return f"at {first} mm" if first == last else f"from {first} to {last} mm"


def _even(frames: list[Frame]) -> bool:
    gaps = np.diff(np.sort(along_normal(frames)))
    return bool(gaps.max() - gaps.min() <= max(0.055, 0.04 * float(gaps.min())))


def _overlap(groups: list[list[Frame]]) -> bool:
    """Whether some slices of one group lie between those of another."""
    spans = sorted((float(a.min()), float(a.max())) for a in map(along_normal, groups))
    return any(second[0] < first[1] for first, second in pairwise(spans))


def _by_order(frames: list[Frame], labels: NDArray[np.int64], label: str, result: SplitSeries) -> list[Part]:
    """Volumes by how often a place came before, in order of instance numbers; a few repeats are only reported."""
    order = sorted(range(len(frames)), key=lambda i: frames[i].order)
    counts = np.bincount(labels)
    seen: dict[int, int] = defaultdict(int)
    volumes: list[list[Frame]] = [[] for _ in range(int(counts.max()))]
    for i in order:
        place = int(labels[i])
        volumes[seen[place]].append(frames[i])
        seen[place] += 1
    if (counts > 1).mean() <= 0.5:
        reason = "repeats the place of another slice of its series; the one with the lower instance number is used"
        result.left_out += [(f, reason) for volume in volumes[1:] for f in volume]
        extra = int((counts - 1).sum())
        return [Part(volumes[0], label, [f"{extra} repeated slice{'s' if extra > 1 else ''} left out"])]
    total = len(volumes)
    return [Part(v, _joined(label, f"volume {n + 1} of {total}")) for n, v in enumerate(volumes)]


def _joined(first: str, second: str) -> str:
    return ", ".join(w for w in (first, second) if w)
