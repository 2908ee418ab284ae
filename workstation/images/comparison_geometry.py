"""How two images lie to each other: frames of reference, spacing, gaps, orientation, and what they both cover."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from workstation.geometry.deformation import SpatialMap, affine_near
from workstation.geometry.grid import Grid
from workstation.geometry.orientation import plane_name
from workstation.images.comparison_origin import Kind, Line, names_for
from workstation.images.own_frame import is_own_frame
from workstation.images.volume import Volume

SAME_SPACING_MM = 0.005
SAME_ANGLE_DEG = 0.5
SMALLEST_GAP_MM = 0.05
THICK_SLICES_MM = 4.0
"""A target of a few millimetres can hide between slices that lie further apart."""
WHOLE_SHARE, SMALL_SHARE = 0.98, 0.5
SAMPLES = 24
"""Points along each axis at which coverage is looked up."""


def geometry_differences(first: Volume, second: Volume, relation: SpatialMap | None, shared: bool) -> Iterator[Line]:
    """relation: from the first frame of reference to the second, None when unknown. shared: they are one frame."""
    yield _frame(first, second, relation, shared)
    yield _position(first, second)
    yield _orientation(first, second, relation)
    yield _pixels(first, second)
    yield _slice_distance(first, second)
    yield _thickness(first, second)
    yield _evenness(first, second)
    yield _size(first, second)
    yield _coverage(first, second, relation)


# ------------------------------------------------------------------------------------------------ frames and planes


def _frame(first: Volume, second: Volume, relation: SpatialMap | None, shared: bool) -> Line:
    ends = (_end(first.frame_of_reference_uid), _end(second.frame_of_reference_uid))
    if shared:
        return "frame of reference", *ends, "same", "One frame of reference: they lie on each other as they are."
    if relation is None:
        which = "Two frames of reference" if all(ends) else "No frame of reference is stored in both"
        return "frame of reference", *ends, "stop", f"{which}, and no registration links them: register them first."
    if not relation.is_rigid():
        return "frame of reference", *ends, "caution", "They are linked by a map that scales, shears or mirrors."
    return "frame of reference", *ends, "note", "Two frames of reference, linked by a registration."


def _end(uid: str) -> str:
    """The end of a UID, which is where UIDs differ; of an image file's own frame nothing, for none is stored."""
    if is_own_frame(uid):
        return ""
    return uid if len(uid) <= 14 else "…" + uid[-12:]


def _position(first: Volume, second: Volume) -> Line:
    a, b = first.patient_position, second.patient_position
    if a == b:
        return "patient position", a, b, "same", "The same position on the couch." if a else "Not stored in either."
    if not a or not b:
        return "patient position", a, b, "note", "How the patient lay is stored in one of the two only."
    return "patient position", a, b, "caution", (
        f"The patient lay differently ({a} and {b}): soft parts shift, and sides should be checked."
    )  # fmt: skip


def _orientation(first: Volume, second: Volume, relation: SpatialMap | None) -> Line:
    names = (plane_name(first.grid.normal), plane_name(second.grid.normal))
    tilt, turn = angles_between(first.grid, second.grid, relation)
    unknown = "" if relation is not None else ", each in its own frame of reference"
    if tilt <= SAME_ANGLE_DEG and turn <= SAME_ANGLE_DEG:
        return "orientation", *names, "same", f"Their slices are parallel{unknown}."
    if tilt > SAME_ANGLE_DEG:
        return "orientation", *names, "note", f"Their slices lie at {tilt:.1f}° to each other{unknown}."
    return "orientation", *names, "note", f"Their slices are parallel, their rows turned by {turn:.1f}°{unknown}."


def angles_between(first: Grid, second: Grid, relation: SpatialMap | None = None) -> tuple[float, float]:
    """(angle between the slices' normals, angle between the rows within the slices) in degrees.

    The first is 0 to 90, the second 0 to 45: rows and columns are not told apart, nor are their directions.
    """
    linear = np.eye(3) if relation is None else affine_near(relation, first.centre_mm).matrix[:3, :3]
    normal, row = linear @ first.normal, linear @ first.direction[:, 0]
    tilt = _angle_deg(normal, second.normal)
    across = np.cross(second.normal, second.direction[:, 0])
    in_plane = np.degrees(np.arctan2(row @ across, row @ second.direction[:, 0]))
    turn = abs((float(in_plane) + 45.0) % 90.0 - 45.0)
    return tilt, turn


def _angle_deg(a: np.ndarray, b: np.ndarray) -> float:
    cosine = abs(float(a @ b)) / (float(np.linalg.norm(a)) * float(np.linalg.norm(b)))
    return float(np.degrees(np.arccos(min(1.0, cosine))))


# ---------------------------------------------------------------------------------------------------------- spacing


def _pixels(first: Volume, second: Volume) -> Line:
    a, b = first.grid.spacing_mm[:2], second.grid.spacing_mm[:2]
    texts = (_millimetres(a), _millimetres(b))
    if np.abs(a - b).max() <= SAME_SPACING_MM:
        return "pixel spacing", *texts, "same", "The same pixel spacing."
    coarse = names_for(first, second)[int(b.max() > a.max())]
    ratio = max(a.max(), b.max()) / min(a.max(), b.max())
    return "pixel spacing", *texts, "note", f"Pixels of {coarse} are {ratio:.1f} times as large."


def _slice_distance(first: Volume, second: Volume) -> Line:
    a, b = _step_mm(first), _step_mm(second)
    texts = (_millimetres([a]), _millimetres([b]))
    thick = max(a, b) > THICK_SLICES_MM
    coarse = names_for(first, second)[int(b > a)]
    if thick:
        return "slice distance", *texts, "caution", (
            f"Slices of {coarse} lie {max(a, b):.1f} mm apart: something small can hide between them."
        )  # fmt: skip
    if abs(a - b) <= SAME_SPACING_MM:
        return "slice distance", *texts, "same", "The same distance between slices."
    return "slice distance", *texts, "note", f"Slices {a:.2f} and {b:.2f} mm apart."


def _step_mm(volume: Volume) -> float:
    steps = np.diff(volume.slice_positions_mm)
    return float(np.median(steps)) if len(steps) else float(volume.grid.spacing_mm[2])


def _millimetres(values: object) -> str:
    return " × ".join(f"{float(v):.3g}" for v in np.atleast_1d(np.asarray(values))) + " mm"


def _thickness(first: Volume, second: Volume) -> Line:
    thick = (_thickness_mm(first), _thickness_mm(second))
    texts = tuple("" if t is None else _millimetres([t]) for t in thick)
    sentences = []
    for volume, thickness, called in zip((first, second), thick, names_for(first, second), strict=True):
        gap = None if thickness is None else _step_mm(volume) - thickness
        if gap is not None and gap > SMALLEST_GAP_MM:
            sentences.append(f"{called[:1].upper()}{called[1:]} leaves gaps of {gap:.1f} mm between its slices.")
    if sentences:
        return "slice thickness", texts[0], texts[1], "caution", " ".join(sentences)
    if thick[0] is None or thick[1] is None:
        return "slice thickness", texts[0], texts[1], "note", "The thickness of slices is not stored in both."
    if abs(thick[0] - thick[1]) <= SAME_SPACING_MM:
        return "slice thickness", texts[0], texts[1], "same", "Slices of the same thickness, without gaps."
    return "slice thickness", texts[0], texts[1], "note", "Slices of different thickness, without gaps."


def _thickness_mm(volume: Volume) -> float | None:
    try:
        value = float(volume.acquisition.get("SliceThickness", ""))
    except ValueError:
        return None
    return value if np.isfinite(value) and value > 0 else None


def _evenness(first: Volume, second: Volume) -> Line:
    uneven = tuple(_unevenness_mm(v) for v in (first, second))
    texts = tuple("even" if u <= SMALLEST_GAP_MM else f"uneven by {u:.1f} mm" for u in uneven)
    if max(uneven) <= SMALLEST_GAP_MM:
        return "even slices", texts[0], texts[1], "same", "Slices lie evenly in both."
    which = [name for name, u in zip(names_for(first, second), uneven, strict=True) if u > SMALLEST_GAP_MM]
    return "even slices", texts[0], texts[1], "caution", (
        f"Slices of {' and '.join(which)} are unevenly spaced or missing: between them the picture is interpolated."
    )  # fmt: skip


def _unevenness_mm(volume: Volume) -> float:
    steps = np.diff(volume.slice_positions_mm)
    return float(steps.max() - steps.min()) if len(steps) else 0.0


# --------------------------------------------------------------------------------------------------------- coverage


def _size(first: Volume, second: Volume) -> Line:
    texts = tuple(" × ".join(str(n) for n in v.grid.size) for v in (first, second))
    if texts[0] == texts[1]:
        return "size", texts[0], texts[1], "same", "The same number of voxels."
    return "size", texts[0], texts[1], "note", "Other matrix sizes."


def _coverage(first: Volume, second: Volume, relation: SpatialMap | None) -> Line:
    if relation is None:
        return "field of view", _extent(first), _extent(second), "note", (
            "How far they overlap is not known before they are registered."
        )  # fmt: skip
    inside = share_inside(first.grid, second.grid, relation)
    other = share_inside(second.grid, first.grid, relation.inverse())
    a, b = names_for(first, second)
    texts = (f"{inside:.0%} in {b}", f"{other:.0%} in {a}")
    sentence = f"{inside:.0%} of {a} lies in {b}, {other:.0%} of {b} in {a}."
    best = max(inside, other)
    if best == 0:
        return "field of view", *texts, "stop", "They do not overlap anywhere: nothing can be fused."
    kind: Kind = "caution" if best < SMALL_SHARE else "same" if min(inside, other) >= WHOLE_SHARE else "note"
    return "field of view", *texts, kind, sentence


def _extent(volume: Volume) -> str:
    return _millimetres(np.round(volume.grid.spacing_mm * volume.grid.size))


def share_inside(inner: Grid, outer: Grid, to_outer: SpatialMap) -> float:
    """The share (0 to 1) of one lattice's volume that lies within another; `to_outer` maps points of the first."""
    ticks = [(np.arange(SAMPLES) + 0.5) / SAMPLES * n - 0.5 for n in inner.size]
    index = np.stack(np.meshgrid(*ticks, indexing="ij"), axis=-1).reshape(-1, 3)
    return float(outer.contains(to_outer.apply(inner.to_patient(index))).mean())
