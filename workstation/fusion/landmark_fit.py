"""The rigid map that brings numbered pairs of landmarks together, and what it is worth.

Least squares by singular value decomposition (Kabsch 1976; Umeyama 1991 without scale). How far the pairs themselves
end apart (FRE) says little about how well anything else is registered: what does is each pair predicted from the
others, and the error expected at a target after Fitzpatrick, West and Maurer (IEEE Trans Med Imaging 1998;17:694).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workstation.fusion.registration import RegistrationError
from workstation.geometry.deformation import SpatialMap
from workstation.geometry.transform import Transform

Float = NDArray[np.float64]

LEAST_PAIRS = 3
LINE, NEARLY_A_LINE, NEARLY_A_PLANE = 0.01, 0.15, 0.05
"""Spread across the longest axis (of a plane: across the second), as a share of the spread along it."""
MIRROR_GAIN, LEAST_MIRRORED_MM = 0.5, 2.0
"""A mirrored fit that leaves less than this share, of an FRE of at least so much, means that sides are swapped."""
OUTLYING, LEAST_OUTLYING_MM = 3.5, 1.0
"""A pair is an outlier this many times beyond where the others let it be expected (F test, about 1 % for six)."""
LARGE_TURN_DEG = 60.0


@dataclass(frozen=True, eq=False)
class LandmarkFit:
    """A rigid fit of n pairs.

    transform: takes fixed points to moving points, mm. fixed_mm, moving_mm: (n, 3) what was fitted, in their frames.
    warnings: what a person should know before trusting it, in whole sentences; "pair 3" is the third from 1, or the
    pair with that number where numbers were given.
    """

    transform: Transform
    fixed_mm: Float
    moving_mm: Float
    warnings: tuple[str, ...] = ()

    @cached_property
    def error_vectors_mm(self) -> Float:
        """(n, 3) from each moving landmark to where the fit takes its fixed one, in the moving frame."""
        return self.transform.apply(self.fixed_mm) - self.moving_mm

    @cached_property
    def errors_mm(self) -> Float:
        """(n,) how far each pair ends apart."""
        return _lengths(self.error_vectors_mm)

    @property
    def fre_mm(self) -> float:
        """Root mean square of the pairs' errors (fiducial registration error)."""
        return _rms(self.errors_mm)

    @property
    def fle_mm(self) -> float:
        """How accurately the landmarks were set, as the fit lets it be estimated; NaN for three pairs or fewer.

        Root mean square of the distance between where a landmark was set and where it should be, both images together.
        """
        n = len(self.errors_mm)
        return self.fre_mm / float(np.sqrt(1 - 2 / n)) if n > LEAST_PAIRS else float("nan")

    @cached_property
    def leave_one_out_mm(self) -> Float:
        """(n,) how far each pair ends apart when the others alone are fitted: an estimate of the TRE.

        It holds the error of setting that pair itself, so it is on the safe side. NaN where the others lie on a line;
        empty with three pairs.
        """
        return _left_out(self.fixed_mm, self.moving_mm)

    @property
    def leave_one_out_rms_mm(self) -> float:
        """Root mean square of `leave_one_out_mm`; NaN when there is none."""
        known = self.leave_one_out_mm[np.isfinite(self.leave_one_out_mm)]
        return _rms(known) if len(known) else float("nan")

    def expected_tre_mm(self, target_mm: ArrayLike) -> Float:
        """(...,) error to be expected at fixed points (..., 3), from `fle_mm` and how the landmarks lie around them."""
        return expected_tre_mm(self.fixed_mm, target_mm, self.fle_mm)


def fit_rigid(fixed_mm: ArrayLike, moving_mm: ArrayLike, numbers: Sequence[int] = ()) -> LandmarkFit:
    """The rigid map that takes fixed points closest to their moving ones, without scale or mirror.

    fixed_mm, moving_mm: (n, 3) patient points (x, y, z) in mm, n at least three. numbers: what the pairs are called
    in warnings; 1 to n by default. Raises RegistrationError, in one sentence, where no fit is possible.

    >>> square = [(0, 0, 0), (10, 0, 0), (0, 10, 0), (0, 0, 10)]
    >>> fit_rigid(square, [(x + 1, y - 2, z) for x, y, z in square]).transform.translation_mm().round(6).tolist()
    [1.0, -2.0, 0.0]
    """
    fixed, moving = _points(fixed_mm), _points(moving_mm)
    if len(fixed) != len(moving):
        raise RegistrationError(f"{len(fixed)} fixed and {len(moving)} moving landmarks are no pairs")
    if len(fixed) < LEAST_PAIRS:
        raise RegistrationError(f"A rigid fit needs at least three pairs of landmarks; there are {len(fixed)}")
    for points, side in ((fixed, "fixed"), (moving, "moving")):
        if _on_a_line(points):
            raise RegistrationError(f"The {side} landmarks lie on one line, so nothing says how to turn about it")
    transform = _least_squares(fixed, moving)
    fit = LandmarkFit(transform, fixed, moving)
    called = [int(n) for n in numbers] if len(numbers) else list(range(1, len(fixed) + 1))
    return LandmarkFit(transform, fixed, moving, tuple(_warnings(fit, called)))


def errors_under(spatial_map: SpatialMap, fixed_mm: ArrayLike, moving_mm: ArrayLike) -> Float:
    """(n,) mm between where a map takes fixed points (n, 3) and the moving points (n, 3): their TRE."""
    return _lengths(spatial_map.apply(_points(fixed_mm)) - _points(moving_mm))


def expected_tre_mm(landmarks_mm: ArrayLike, target_mm: ArrayLike, fle_mm: float) -> Float:
    """(...,) RMS error at targets (..., 3) of a rigid fit of landmarks (n, 3) that were set with an error of fle_mm.

    TRE² = FLE² / n (1 + 1/3 sum over the principal axes of d² / f²), with d and f the target's and the landmarks' RMS
    distances from each axis (Fitzpatrick 1998). Infinite where the landmarks leave a turn open.

    >>> six = [(50, 0, 0), (-50, 0, 0), (0, 50, 0), (0, -50, 0), (0, 0, 50), (0, 0, -50)]
    >>> expected_tre_mm(six, [(0, 0, 0), (60, 0, 0), (0, 60, 60)], 1.5).round(3).tolist()
    [0.612, 0.957, 1.206]
    """
    points = _points(landmarks_mm)
    centre = points.mean(axis=0)
    axes = np.linalg.svd(points - centre, full_matrices=True)[2]
    away = ((points - centre) @ axes.T) ** 2
    target = ((np.asarray(target_mm, dtype=np.float64) - centre) @ axes.T) ** 2
    f2 = away.sum(axis=1).mean() - away.mean(axis=0)
    d2 = target.sum(axis=-1, keepdims=True) - target
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = np.where(d2 <= 1e-18, 0.0, d2 / f2)
    found: Float = np.sqrt(fle_mm**2 / len(points) * (1 + shares.sum(axis=-1) / 3))
    return found


def expected_fre_mm(pairs: int, fle_mm: float) -> float:
    """RMS of what the fit of so many pairs leaves, when they were set with an error of fle_mm: FLE sqrt(1 - 2/n).

    >>> round(expected_fre_mm(6, 1.5), 3)
    1.225
    """
    return fle_mm * float(np.sqrt(1 - 2 / pairs))


def _points(points_mm: ArrayLike) -> Float:
    points = np.array(points_mm, dtype=np.float64).reshape(-1, 3) if np.size(points_mm) == 0 else np.array(points_mm)
    points = points.astype(np.float64)
    if points.ndim != 2 or points.shape[1] != 3 or not np.isfinite(points).all():
        raise RegistrationError("Landmarks are finite points (x, y, z) in mm")
    points.setflags(write=False)
    return points


def _least_squares(fixed: Float, moving: Float, *, mirrored: bool = False) -> Transform:
    """The best rotation (with a mirror where that fits better, when mirrored) and shift."""
    from_mm, to_mm = fixed.mean(axis=0), moving.mean(axis=0)
    u, _, vt = np.linalg.svd((fixed - from_mm).T @ (moving - to_mm))
    sign = 1.0 if mirrored else np.sign(np.linalg.det(vt.T @ u.T))
    matrix = np.eye(4)
    matrix[:3, :3] = vt.T @ np.diag([1.0, 1.0, sign]) @ u.T
    matrix[:3, 3] = to_mm - matrix[:3, :3] @ from_mm
    return Transform(matrix)


def _left_out(fixed: Float, moving: Float) -> Float:
    n = len(fixed)
    if n <= LEAST_PAIRS:
        return np.empty(0)
    found = np.full(n, np.nan)
    for i in range(n):
        others = np.arange(n) != i
        if not (_on_a_line(fixed[others]) or _on_a_line(moving[others])):
            fit = _least_squares(fixed[others], moving[others])
            found[i] = np.linalg.norm(fit.apply(fixed[i]) - moving[i])
    return found


def _spread(points: Float) -> Float:
    """(3,) RMS extent along the principal axes, the longest first."""
    values: Float = np.linalg.svd(points - points.mean(axis=0), compute_uv=False) / np.sqrt(len(points))
    return values


def _on_a_line(points: Float) -> bool:
    longest, second, _ = _spread(points)
    return bool(second <= LINE * longest or longest < 1e-9)


def _warnings(fit: LandmarkFit, numbers: list[int]) -> Iterable[str]:
    """What is wrong, or may be, the gravest first."""
    n = len(numbers)
    longest, second, third = np.minimum(_spread(fit.fixed_mm), _spread(fit.moving_mm))
    mirror = _rms(errors_under(_least_squares(fit.fixed_mm, fit.moving_mm, mirrored=True), fit.fixed_mm, fit.moving_mm))
    if fit.fre_mm > LEAST_MIRRORED_MM and mirror < MIRROR_GAIN * fit.fre_mm:
        yield (
            f"A mirrored fit would leave {mirror:.1f} mm instead of {fit.fre_mm:.1f} mm: "
            "left and right are swapped in one of the images"
        )
    elif (outlier := _outlier(fit)) is not None:
        away_mm = fit.leave_one_out_mm[outlier]
        yield f"Pair {numbers[outlier]} lies {away_mm:.1f} mm from where the other pairs expect it: check it"
    turn = _turn_deg(fit.transform)
    if turn > LARGE_TURN_DEG:
        yield f"The fit turns the patient by {turn:.0f} degrees: check that both sides use the same axes (LPS)"
    if second < NEARLY_A_LINE * longest:
        yield "The landmarks lie nearly on one line: how the images are turned about it is uncertain"
    elif n > LEAST_PAIRS and third < NEARLY_A_PLANE * second:
        yield "The landmarks lie nearly in one plane: swapped sides could not be noticed"
    if n == LEAST_PAIRS:
        yield "Three pairs leave nothing to check the fit with: set a fourth or more"
    elif not np.isfinite(fit.leave_one_out_mm).all():
        lone = ", ".join(str(number) for number in np.array(numbers)[np.isnan(fit.leave_one_out_mm)])
        yield f"Without pair {lone} the others lie on one line, so nothing checks it"


def _outlier(fit: LandmarkFit) -> int | None:
    """The pair that is far beyond what the others let expect, or None; there is none to be found among four."""
    n, left_out = len(fit.errors_mm), fit.leave_one_out_mm
    if n < 5 or not np.isfinite(left_out).any():
        return None
    worst = int(np.nanargmax(left_out))
    others = np.arange(n) != worst
    rest = LandmarkFit(_least_squares(fit.fixed_mm[others], fit.moving_mm[others]), *_both(fit, others))
    expected = np.hypot(rest.fle_mm, float(rest.expected_tre_mm(fit.fixed_mm[worst])))
    return worst if left_out[worst] > max(OUTLYING * expected, LEAST_OUTLYING_MM) else None


def _both(fit: LandmarkFit, which: NDArray[np.bool_]) -> tuple[Float, Float]:
    return fit.fixed_mm[which], fit.moving_mm[which]


def _turn_deg(transform: Transform) -> float:
    """The angle of a rotation about its own axis."""
    return float(np.degrees(np.arccos(np.clip((np.trace(transform.matrix[:3, :3]) - 1) / 2, -1, 1))))


def _lengths(vectors: Float) -> Float:
    lengths: Float = np.linalg.norm(vectors, axis=1)
    return lengths


def _rms(values: Float) -> float:
    return float(np.sqrt(np.mean(np.square(values)))) if len(values) else float("nan")
