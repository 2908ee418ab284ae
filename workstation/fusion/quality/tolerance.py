"""What the figures of a registration may be, and the traffic light that follows: good, doubtful or failed.

The values are those of AAPM's TG-132 (K. Brock and others, Med Phys 2017;44:e43) where it names one; a figure above
its tolerance is doubtful, one above its limit failed. Sources stand with each value; all can be replaced.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from math import inf
from typing import Any

from workstation.images.volume import Volume

SMALLEST_MM = 2.0
NO_LANDMARKS = "No landmarks are placed in both images, so no target registration error is known."
NO_STRUCTURES = "No structure of the same name is drawn on both images."
VERDICTS = ("good", "doubtful", "failed")
"""In rising order of doubt: green, amber, red."""


@dataclass(frozen=True)
class Limit:
    """A figure is good up to `good`, doubtful up to `failed`, failed beyond; source: in words."""

    good: float
    failed: float
    source: str

    def verdict(self, value: float) -> str:
        """Where a value lies."""
        return "good" if value <= self.good else "doubtful" if value <= self.failed else "failed"


@dataclass(frozen=True)
class Tolerances:
    """Millimetres but for `dice` (must be at least) and `folded` (a fraction); see `for_images`."""

    landmark_mean: Limit = Limit(3.0, 6.0, "TG-132: target registration error within the largest voxel side, 2-3 mm")
    landmark_max: Limit = Limit(5.0, 10.0, "TG-132 in use: 5 mm at most")
    surface: Limit = Limit(3.0, 6.0, "TG-132: mean distance within the contouring uncertainty, 2-3 mm")
    consistency: Limit = Limit(3.0, 6.0, "TG-132: within the largest voxel side")
    stability: Limit = Limit(1.5, 3.0, "half of the largest voxel side, as TG-132 asks of rigid phantoms")
    found_again: Limit = Limit(3.0, inf, "within the largest voxel side")
    dice: float = 0.80
    dice_source: str = "TG-132: 0.80 to 0.90"
    folded: float = 0.0
    stretch: tuple[float, float] = (0.3, 3.0)

    @staticmethod
    def for_images(fixed: Volume, moving: Volume) -> Tolerances:
        """By the largest side of a voxel of both, at least 2 mm."""
        side = max(SMALLEST_MM, float(max(*fixed.grid.spacing_mm, *moving.grid.spacing_mm)))
        worst, usual = max(5.0, 2 * side), Tolerances()
        return Tolerances(
            landmark_mean=Limit(side, worst, usual.landmark_mean.source),
            landmark_max=Limit(max(5.0, side), 2 * worst, usual.landmark_max.source),
            surface=Limit(side, worst, usual.surface.source),
            consistency=Limit(side, worst, usual.consistency.source),
            stability=Limit(side / 2, side, usual.stability.source),
            found_again=Limit(side, inf, usual.found_again.source),
        )


@dataclass
class Judgement:
    """verdict with its reasons; passed: what was measured and is well; unmeasured: what was not. Whole sentences."""

    verdict: str = "good"
    reasons: list[str] = field(default_factory=list)
    passed: list[str] = field(default_factory=list)
    unmeasured: list[str] = field(default_factory=list)

    def note(self, verdict: str, sentence: str) -> None:
        """Add one finding."""
        (self.passed if verdict == "good" else self.reasons).append(sentence)
        self.verdict = max(self.verdict, verdict, key=VERDICTS.index)


def judge(quality: dict[str, Any], kind: str, tolerances: Tolerances | None = None) -> Judgement:
    """The traffic light of a registration's figures (`Registration.quality`). kind: as `Registration.kind`.

    What the engine itself found (quality["engine"], else its verdict and reasons) counts with the rest.
    """
    limits, found = tolerances or Tolerances(), Judgement()
    own = {key: quality[key] for key in ("verdict", "reasons") if key in quality}
    engine = quality.get("engine", own)
    _engine(found, engine)
    _landmarks(found, quality.get("landmarks"), limits)
    _structures(found, quality.get("structures") or [], limits)
    _consistency(found, quality.get("inverse_consistency_mm"), limits)
    _stability(found, quality.get("stability_mm"), kind, limits)
    for attempt in quality.get("attempts") or ():
        found.note("doubtful", _sentence(str(attempt)))
    if kind == "deformable":
        _jacobian(found, quality.get("jacobian"), limits)
    if not (quality.get("landmarks") or quality.get("structures")):
        _without_anatomy(found, engine, quality)
    return found


def _engine(found: Judgement, engine: dict[str, Any]) -> None:
    verdict = engine.get("verdict")
    if verdict not in VERDICTS:
        return
    told = [_sentence(str(reason)) for reason in engine.get("reasons") or ()]
    if verdict == "good":
        found.note("good", "The images agree, as the registration itself judged.")
    else:
        for sentence in told or ["The registration judged itself, without a reason."]:
            found.note(verdict, sentence)


def _landmarks(found: Judgement, landmarks: dict[str, Any] | None, limits: Tolerances) -> None:
    if not landmarks or not landmarks.get("count"):
        found.unmeasured.append(NO_LANDMARKS)
        return
    measured = landmarks.get("tre_mm")
    if not measured:
        found.unmeasured.append("The landmarks were used for the fit, and too few are left to check it with.")
        return
    told = "landmark error predicted from the other pairs" if landmarks.get("fitted") else "landmark error"
    _against(found, f"mean {told}", measured["mean"], limits.landmark_mean)
    _against(found, f"largest {told}", measured["max"], limits.landmark_max)


def _structures(found: Judgement, structures: list[dict[str, Any]], limits: Tolerances) -> None:
    """By distance; the Dice counts only where surfaces lie apart, for small structures have a low one in any case."""
    if not structures:
        found.unmeasured.append(NO_STRUCTURES)
    for row in structures:
        _against(found, f"mean surface distance of {row['name']}", row["mean_distance_mm"], limits.surface)
        if row["dice"] < limits.dice and row["mean_distance_mm"] > limits.surface.good / 2:
            found.note("doubtful", f"The Dice of {row['name']}, {row['dice']:.2f}, is below {limits.dice:.2f}.")


def _consistency(found: Judgement, figures: dict[str, float] | None, limits: Tolerances) -> None:
    if figures is None:
        found.unmeasured.append("It was not registered backwards, so inverse consistency is not known.")
        return
    _against(found, "mean inverse consistency", figures["mean"], limits.consistency)


def _stability(found: Judgement, figures: dict[str, Any] | None, kind: str, limits: Tolerances) -> None:
    if figures is None:
        if kind != "deformable":
            found.unmeasured.append("It was not repeated from perturbed starts, so its stability is not known.")
        return
    _against(found, "spread from perturbed starts", figures["spread"], limits.stability)
    if figures.get("failed"):
        found.note("doubtful", f"{figures['failed']} of {figures['repeats']} perturbed starts led to no registration.")
    offset = figures.get("offset", 0.0)
    if limits.found_again.verdict(offset) != "good":
        found.note("doubtful", f"Repeated from perturbed starts, the images agree best {offset:.1f} mm from here.")


def _jacobian(found: Judgement, figures: dict[str, float] | None, limits: Tolerances) -> None:
    if figures is None:
        found.unmeasured.append("The Jacobian of the deformation is not known.")
        return
    if figures["folded_fraction"] > limits.folded or figures["min"] <= 0:
        share = 100 * figures["folded_fraction"]
        found.note("failed", f"The deformation folds in {share:.2g} % of the region: that is no anatomy.")
        return
    low, high = limits.stretch
    told = f"volumes change by factors of {figures['min']:.2f} to {figures['max']:.2f}"
    if figures["min"] < low or figures["max"] > high:
        found.note("doubtful", f"Locally, {told}, beyond {low:g} to {high:g}.")
    else:
        found.note("good", f"The deformation does not fold; {told}.")


def _without_anatomy(found: Judgement, engine: dict[str, Any], quality: dict[str, Any]) -> None:
    """Neither landmarks nor structures: say what the judgement hangs on."""
    known = list(_grounds(engine, quality))
    if known:
        told = " and ".join([", ".join(known[:-1]), known[-1]] if len(known) > 1 else known)
        others = [sentence for sentence in found.unmeasured if sentence not in (NO_LANDMARKS, NO_STRUCTURES)]
        found.unmeasured = [f"No landmarks, no structures in both images: judged by {told} only.", *others]
    else:
        found.note("doubtful", "Nothing about this registration has been measured.")


def _grounds(engine: dict[str, Any], quality: dict[str, Any]) -> Iterator[str]:
    if engine.get("verdict") in VERDICTS:
        yield "the agreement of the images"
    if quality.get("repeatability_mm") is not None or quality.get("stability_mm"):
        yield "repeatability"
    if quality.get("inverse_consistency_mm"):
        yield "inverse consistency"


def _against(found: Judgement, what: str, value: float, limit: Limit) -> None:
    verdict = limit.verdict(value)
    told, unit = f"The {what}, {value:.1f} mm,", f"{limit.good:.1f} mm"
    if verdict == "good":
        found.note(verdict, f"{told} is within {unit}.")
    elif verdict == "doubtful":
        found.note(verdict, f"{told} is above {unit}.")
    else:
        found.note(verdict, f"{told} is far above {unit} (above {limit.failed:.1f} mm).")


def _sentence(text: str) -> str:
    text = text.strip()
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")
