"""How well evidence tells tumour from flow on this patient: d', ROC, and the best linear combination of phases.

d' is the distance of the two means in units of the mean standard deviation; the area under the ROC curve is the chance
that a voxel of tumour has more of the evidence than one of flow. The combination (linear discriminant with a
shrunken covariance: O. Ledoit, M. Wolf, J Multivar Anal 88:365, 2004) is judged on regions that it was not made from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]

SEPARATES = 2.0
"""d' from which evidence separates: 84 % of the voxels of each kind lie on their own side."""
MOST_D_PRIME = 50.0
COMBINATION = "combination of all phases"


@dataclass(frozen=True, eq=False)
class Judged:
    """A piece of evidence. d_prime: without sign. auc: 0.5 to 1. higher_in_tumour: the sign."""

    evidence: str
    d_prime: float
    auc: float
    higher_in_tumour: bool

    def as_dict(self) -> dict[str, object]:
        """As JSON values."""
        return {"evidence": self.evidence, "d_prime": round(self.d_prime, 3), "auc": round(self.auc, 4)}


def d_prime(tumour: Float, flow: Float) -> float:
    """(mean tumour - mean flow) / root of the mean variance; with its sign, 50 at most. Values (n,), (m,)."""
    spread = float(np.sqrt((np.var(tumour, ddof=1) + np.var(flow, ddof=1)) / 2))
    gap = float(np.mean(tumour) - np.mean(flow))
    # Maps of a few values, such as the time to peak, may not vary at all within a tissue.
    return gap / max(spread, abs(gap) / MOST_D_PRIME, 1e-12)


def auc(tumour: Float, flow: Float) -> float:
    """The chance that a value of the tumour is larger than one of flow; ties count half (Mann and Whitney)."""
    both = np.concatenate([tumour, flow])
    order = np.argsort(both, kind="stable")
    ordered = both[order]
    ranks = np.empty(len(both))
    _, first, counts = np.unique(ordered, return_index=True, return_counts=True)
    ranks[order] = np.repeat(first + (counts + 1) / 2.0, counts)
    n, m = len(tumour), len(flow)
    return float((ranks[:n].sum() - n * (n + 1) / 2) / (n * m))


def roc(tumour: Float, flow: Float) -> tuple[Float, Float]:
    """The ROC curve of values (n,), (m,): false and true positive rates (q,) as the threshold falls, from 0 to 1."""
    both = np.concatenate([tumour, flow])
    if not len(tumour) or not len(flow):
        return np.array([0.0, 1.0]), np.array([0.0, 1.0])
    order = np.argsort(-both, kind="stable")
    is_tumour = np.arange(len(both)) < len(tumour)
    hits, alarms = np.cumsum(is_tumour[order]), np.cumsum(~is_tumour[order])
    last_of_equals = np.append(np.diff(both[order]) != 0, True)
    true, false = hits[last_of_equals] / len(tumour), alarms[last_of_equals] / len(flow)
    return np.concatenate([[0.0], false]), np.concatenate([[0.0], true])


def judged(evidence: str, tumour: Float, flow: Float) -> Judged:
    """One piece of evidence on samples of both kinds; those without a value don't count."""
    one, other = tumour[np.isfinite(tumour)], flow[np.isfinite(flow)]
    if len(one) < 2 or len(other) < 2:
        return Judged(evidence, 0.0, 0.5, True)
    d, area = d_prime(one, other), auc(one, other)
    return Judged(evidence, abs(d), max(area, 1 - area), area >= 0.5)


def discriminant(tumour: Float, flow: Float) -> Float:
    """(p,) weights of the linear discriminant of samples (n, p), (m, p); its covariance is shrunken to a sphere."""
    centred = np.vstack([tumour - tumour.mean(0), flow - flow.mean(0)])
    count, size = centred.shape
    scale = np.maximum(centred.std(0), 1e-9)
    normed = centred / scale
    covariance = normed.T @ normed / count
    target = np.eye(size) * np.trace(covariance) / size
    apart = float(((covariance - target) ** 2).sum())
    errors = sum(float(((np.outer(row, row) - covariance) ** 2).sum()) for row in normed[:: max(1, count // 2000)])
    errors /= len(normed[:: max(1, count // 2000)]) * count
    share = float(np.clip(errors / max(apart, 1e-12), 0.0, 1.0))
    shrunk = (1 - share) * covariance + share * target + 1e-9 * np.eye(size)
    return np.asarray(np.linalg.solve(shrunk, (tumour.mean(0) - flow.mean(0)) / scale) / scale)


def combination(tumour: Sequence[Float], flow: Sequence[Float]) -> tuple[Float, Judged]:
    """The discriminant of all samples, and how well it does on regions that it was not made from.

    tumour, flow: samples (n, p) of each region. With one region of a kind, its halves stand in for regions.
    """
    ones, others = _parts(tumour), _parts(flow)
    scores: tuple[list[Float], list[Float]] = ([], [])
    for n, held in enumerate(ones):
        left = other_than(others, n % len(others)) if len(others) > 1 else np.vstack(others)
        weights = discriminant(other_than(ones, n), left)
        scores[0].append(held @ weights / max(float(np.linalg.norm(weights)), 1e-12))
        out = others[n % len(others)]
        scores[1].append(out @ weights / max(float(np.linalg.norm(weights)), 1e-12))
    whole = discriminant(np.vstack(ones), np.vstack(others))
    each = [judged(COMBINATION, one, other) for one, other in zip(*scores, strict=True)]
    d, area = min(j.d_prime for j in each), min(j.auc for j in each)
    return whole, Judged(COMBINATION, d, area, True)


def other_than(parts: Sequence[Float], number: int) -> Float:
    """All samples but those of one part."""
    return np.vstack([part for n, part in enumerate(parts) if n != number])


def _parts(regions: Sequence[Float]) -> list[Float]:
    if len(regions) > 1:
        return list(regions)
    whole = regions[0]
    half = len(whole) // 2
    return [whole[:half], whole[half:]]
