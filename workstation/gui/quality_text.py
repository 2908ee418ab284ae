"""What is known of a registration's quality, as rows of text for the window: figures, structures, six degrees."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from workstation.fusion.quality.couch import SHIFTS, TURNS
from workstation.fusion.quality.tolerance import Judgement, Tolerances, judge
from workstation.fusion.registration import Registration
from workstation.images.volume import Volume

HEADLINES = {"good": "Good", "doubtful": "Doubtful", "failed": "Failed"}
KINDS = {"good": "good", "doubtful": "caution", "failed": "reason"}
"""Kinds of the style sheet."""

AXES = {
    "patient": ("Left–right", "Front–back", "Head–feet"), "couch": ("Lateral (X)", "Longitudinal (Y)", "Vertical (Z)"),
}  # fmt: skip
TURN_NAMES = ("Pitch", "Roll", "Yaw")


@dataclass(frozen=True)
class Figure:
    """One row: what it is, its value in words, where it stands ("good", "doubtful", "failed", "" for not judged)."""

    name: str
    value: str
    verdict: str = ""
    hint: str = ""


def judged(registration: Registration, fixed: Volume, moving: Volume) -> Judgement:
    """The traffic light now: as stored by an assessment, else from what the registration brought along."""
    quality = registration.quality
    if "unmeasured" in quality:
        lists = ([str(s) for s in quality.get(key) or ()] for key in ("reasons", "passed", "unmeasured"))
        verdict = str(quality.get("verdict", "doubtful"))
        return Judgement(verdict if verdict in HEADLINES else "doubtful", *lists)
    return judge(quality, registration.kind, Tolerances.for_images(fixed, moving))


def figures_of(quality: dict[str, Any], limits: Tolerances) -> list[Figure]:
    """The figures that there are, those that judge first."""
    rows = [*_landmarks(quality.get("landmarks") or {}, limits), *_agreement(quality, limits)]
    jacobian = quality.get("jacobian")
    if jacobian:
        folded = 100 * float(jacobian["folded_fraction"])
        low, high = limits.stretch
        verdict = "failed" if folded > 0 or jacobian["min"] <= 0 else ""
        verdict = verdict or ("good" if low <= jacobian["min"] and jacobian["max"] <= high else "doubtful")
        value = f"{jacobian['min']:.2f} to {jacobian['max']:.2f}"
        rows.append(Figure("Change of volume (Jacobian)", value, verdict, "Least and largest factor, locally"))
        rows.append(Figure("Folded", f"{folded:.2g} %", "failed" if folded > 0 else "good"))
    bent = jacobian or quality.get("moved_mm")
    for key, name in (("displacement_mm", "Deformation" if bent else "Displacement"), ("moved_mm", "Displacement")):
        found = quality.get(key)
        if isinstance(found, dict) and "p95" in found:
            value = f"{found['mean']:.1f} mm ({found['min']:.1f} to {found['max']:.1f})"
            hint = f"Mean (least to largest) in the body; 95 % of it moves by less than {found['p95']:.1f} mm"
            rows.append(Figure(name, value, hint=hint))
            rows.append(Figure("of that, 95 % below", f"{found['p95']:.1f} mm", hint=hint))
    return [*rows, *_metric(quality)]


def _landmarks(found: dict[str, Any], limits: Tolerances) -> Iterator[Figure]:
    count = found.get("count", 0)
    if not count:
        return
    measured = found.get("tre_mm")
    if measured:
        told = "; each pair predicted from the others" if found.get("fitted") else ""
        verdict = _worse(limits.landmark_mean.verdict(measured["mean"]), limits.landmark_max.verdict(measured["max"]))
        name = f"Landmark error ({count} pairs)"
        hint = f"Mean and largest{told}; within {limits.landmark_mean.good:.1f} and {limits.landmark_max.good:.1f} mm"
        yield Figure(name, f"{measured['mean']:.1f} mm (max {measured['max']:.1f})", verdict, hint)
    if "expected_tre_mm" in found:
        hint = "What a fit of these pairs would be worth there, by how exactly they seem to be placed"
        yield Figure("Expected from landmarks", f"{found['expected_tre_mm']:.1f} mm", hint=hint)
    if "fre_mm" in found:
        hint = "How far the pairs end apart that were fitted: it says little about anything else"
        yield Figure("Landmarks fitted (FRE)", f"{found['fre_mm']:.1f} mm", hint=hint)


def _agreement(quality: dict[str, Any], limits: Tolerances) -> Iterator[Figure]:
    found = quality.get("inverse_consistency_mm")
    if found:
        verdict = limits.consistency.verdict(found["mean"])
        value = f"{found['mean']:.2f} mm (max {found['max']:.2f})"
        hint = f"There and back again, mean and largest in the body; within {limits.consistency.good:.1f} mm"
        yield Figure("Inverse consistency", value, verdict, hint)
    found = quality.get("stability_mm")
    if found:
        at = f" at {found['of']}" if found.get("of") else ""
        hint = (
            f"Largest distance between the answers of {found['repeats']} perturbed starts{at}; "
            f"within {limits.stability.good:.1f} mm"
        )
        yield Figure("Stability", f"{found['spread']:.2f} mm", limits.stability.verdict(found["spread"]), hint)
        if "offset" in found:
            verdict = limits.found_again.verdict(found["offset"])
            hint = f"How far the answers from perturbed starts lie away from this registration{at}"
            yield Figure("Images agree best", f"{found['offset']:.2f} mm away", verdict, hint)
    if quality.get("repeatability_mm") is not None:
        yield Figure("Second run apart", f"{quality['repeatability_mm']:.2f} mm")


def _metric(quality: dict[str, Any]) -> Iterator[Figure]:
    start, end = quality.get("metric_start"), quality.get("metric_end")
    if isinstance(start, (int, float)) and isinstance(end, (int, float)):
        hint = f"{quality.get('metric', 'Agreement')}, before → after; more is better"
        yield Figure("Agreement of the images", f"{start:.3g} → {end:.3g}", hint=hint)
    if isinstance(quality.get("overlap"), (int, float)):
        yield Figure("Overlap of the bodies", f"{100 * quality['overlap']:.0f} %")


def structure_rows(quality: dict[str, Any], limits: Tolerances) -> list[tuple[str, list[str], str, str]]:
    """(name, [Dice, mean mm, HD95 mm, shift mm], verdict, hint with the shift's components) of each structure."""
    rows = []
    for row in quality.get("structures") or ():
        shift = [float(v) for v in row["centroid_shift_mm"]]
        length = sum(v * v for v in shift) ** 0.5
        words = [f"{abs(v):.1f} mm {SHIFTS['patient'][axis][int(v < 0)]}" for axis, v in enumerate(shift)]
        cells = [f"{row['dice']:.2f}", f"{row['mean_distance_mm']:.1f}", f"{row['hd95_mm']:.1f}", f"{length:.1f}"]
        verdict = limits.surface.verdict(row["mean_distance_mm"])
        if row["dice"] < limits.dice and row["mean_distance_mm"] > limits.surface.good / 2:
            verdict = _worse(verdict, "doubtful")
        rows.append((str(row["name"]), cells, verdict, f"Centroid lies {', '.join(words)} on the moving image"))
    return rows


def degree_rows(six: dict[str, Any], terms: str) -> list[tuple[str, str, str]]:
    """(axis, value, direction in words) of the six degrees; six: one part of `six_degrees`. terms: patient or couch."""
    rows = []
    for axis, (name, value) in enumerate(zip(AXES[terms], six["translation_mm"], strict=True)):
        word = SHIFTS[terms][axis][int(value < 0)] if abs(value) >= 0.05 else ""  # type: ignore[index]
        rows.append((name, f"{abs(value):.1f} mm", word))
    for axis, (name, value) in enumerate(zip(TURN_NAMES, six["rotation_deg"], strict=True)):
        word = TURNS[terms][axis][int(value < 0)] if abs(value) >= 0.05 else ""  # type: ignore[index]
        rows.append((name, f"{abs(value):.1f}°", word))
    return rows


def _worse(one: str, other: str) -> str:
    return max(one, other, key=list(HEADLINES).index)
