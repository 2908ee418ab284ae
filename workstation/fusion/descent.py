# mypy: disable-error-code="no-untyped-call"
"""One run of SimpleITK's gradient descent on Mattes mutual information that can be watched and stopped.

D. Mattes et al., "PET-CT image registration in the chest using free-form deformations", IEEE TMI 22:120 (2003).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk  # noqa: N813  (its own name for itself)

from workstation.fusion.itk_images import euler_of, transform_of
from workstation.fusion.preparation import Prepared, cropped_to, resampled
from workstation.fusion.registration import RegistrationError
from workstation.geometry.transform import Transform
from workstation.jobs.progress import Progress, silent

HISTOGRAM_BINS = 40
RELAXATION = 0.6


@dataclass(frozen=True)
class Level:
    """A step of the pyramid. samples: points compared; steps shrink from `first_step_mm` to `last_step_mm`."""

    spacing_mm: float
    samples: int
    iterations: int
    first_step_mm: float
    last_step_mm: float


@dataclass(frozen=True, eq=False)
class Pair:
    """Two images on one level of the pyramid. region: where the fixed image is compared."""

    level: Level
    fixed: sitk.Image
    region: sitk.Image
    moving: sitk.Image
    sampled_share: float

    @staticmethod
    def of(fixed: Prepared, moving: Prepared, region: sitk.Image, level: Level) -> Pair:
        """Both images cropped and coarsened to a level."""
        image, mask = cropped_to(resampled(fixed.image, level.spacing_mm), region)
        inside = max(1, int(np.count_nonzero(sitk.GetArrayViewFromImage(mask))))
        share = min(1.0, level.samples / inside)
        return Pair(level, image, mask, resampled(moving.image, level.spacing_mm), share)


@dataclass(frozen=True, eq=False)
class Result:
    """Where a descent ended. information: mutual information in nats, larger is better."""

    transform: Transform
    information: float
    iterations: int


def information_at(pair: Pair, transform: Transform, seed: int) -> float:
    """Mutual information (nats) of the images under a map; RegistrationError where they do not overlap."""
    method = _method(pair, seed)
    method.SetInitialTransform(euler_of(transform, _centre(pair)), True)
    try:
        return -float(method.MetricEvaluate(pair.fixed, pair.moving))
    except RuntimeError as error:
        raise RegistrationError("The two images do not overlap enough to be compared") from error


def descend(pair: Pair, start: Transform, seed: int, progress: Progress = silent, words: str = "") -> Result:
    """Climb to the nearest best agreement from `start`.

    progress: may raise to stop; what it raised comes out of here with its own type.
    """
    method = _method(pair, seed)
    level = pair.level
    method.SetOptimizerAsRegularStepGradientDescent(
        level.first_step_mm, level.last_step_mm, level.iterations, RELAXATION, gradientMagnitudeTolerance=1e-8
    )
    method.SetOptimizerScalesFromPhysicalShift()
    euler = euler_of(start, _centre(pair))
    method.SetInitialTransform(euler, True)
    stopped: list[BaseException] = []

    def watch() -> None:
        if stopped:
            return
        step = method.GetOptimizerIteration()
        sentence = f"{words}, step {step}: mutual information {-method.GetMetricValue():.3f}"
        try:
            progress(min(1.0, step / level.iterations), sentence)
        except BaseException as error:  # noqa: BLE001  (ITK would turn it into a RuntimeError: it is raised below)
            stopped.append(error)
            method.StopRegistration()

    method.AddCommand(sitk.sitkIterationEvent, watch)
    try:
        method.Execute(pair.fixed, pair.moving)
    except RuntimeError as error:
        if not stopped:
            raise RegistrationError("The two images do not overlap enough to be registered") from error
    if stopped:
        raise stopped[0]
    return Result(transform_of(euler), -float(method.GetMetricValue()), int(method.GetOptimizerIteration()))


def _method(pair: Pair, seed: int) -> sitk.ImageRegistrationMethod:
    method = sitk.ImageRegistrationMethod()
    method.SetMetricAsMattesMutualInformation(HISTOGRAM_BINS)
    method.SetMetricFixedMask(pair.region)
    method.SetMetricSamplingStrategy(method.RANDOM)
    method.SetMetricSamplingPercentage(pair.sampled_share, seed)
    method.SetInterpolator(sitk.sitkLinear)
    return method


def _centre(pair: Pair) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    middle = [(n - 1) / 2 for n in pair.fixed.GetSize()]
    return np.array(pair.fixed.TransformContinuousIndexToPhysicalPoint(middle))
