"""Margins around a structure, in millimetres and in three dimensions, contours in and contours out."""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workstation.geometry.plane import Plane
from workstation.jobs.progress import Progress, silent
from workstation.structures.recipe import Margin
from workstation.structures.section import section
from workstation.structures.structure import ContourStack, PlanarContours
from workstation.structures.surface_model import DEFAULT_SURFACE_MODEL, StackSource, typical_step_mm
from workstation.targets.errors import TargetError
from workstation.targets.growth import growth_on
from workstation.targets.margin_slice import MarginBody

Float = NDArray[np.float64]


def expand(
    stack: ContourStack,
    margin: Margin,
    positions_mm: ArrayLike | None = None,
    surface_model: str = DEFAULT_SURFACE_MODEL,
    progress: Progress = silent,
) -> ContourStack:
    """The structure grown (or shrunk, when negative) by a margin, as rings on planes of the same frame.

    margin: distances in the six patient directions; quarter-ellipsoids join unequal ones. Directions are mapped to the
        stack's own axes where these are aligned with the patient's within 2 degrees; otherwise unequal margins are
        made on planes aligned with the patient and cut back.
    positions_mm: the planes (in the stack's own frame) of the result; None continues the stack's own step beyond both
        ends and through gaps.

    A plane without anything left is absent from the result. Raises TargetError where nothing is drawn, StructureError
    for an unknown surface model.
    """
    source = StackSource(stack)
    if not any(source.shape(i) is not None for i in range(len(stack.slices))):
        raise TargetError("A margin needs a structure with something drawn: this one has no closed contours")
    if max(map(abs, margin.values)) == 0:
        positions = stack.positions_mm if positions_mm is None else np.sort(np.asarray(positions_mm, dtype=np.float64))
        return _sections(stack, stack, positions, surface_model, progress)
    positions = (
        own_positions_mm(stack, margin) if positions_mm is None else np.sort(np.asarray(positions_mm, dtype=np.float64))
    )
    growth = growth_on(stack.plane, margin)
    if growth is None:
        return _sections(_expanded_upright(stack, margin, surface_model, progress), stack, positions, surface_model)
    body = MarginBody(source, growth, surface_model)
    slices = []
    for n, z in enumerate(positions):
        progress(n / len(positions), "Growing the structure")
        region = body.region(float(z))
        if region:
            slices.append(PlanarContours(float(z), region))
    return ContourStack(stack.plane, stack.slice_spacing_mm, tuple(slices))


def own_positions_mm(stack: ContourStack, margin: Margin) -> Float:
    """The drawn positions, continued by the stack's own step through gaps and beyond both ends as the margin needs."""
    drawn = stack.positions_mm
    step = typical_step_mm(drawn, stack.slice_spacing_mm)
    positions = [drawn[:1]]
    for a, b in itertools.pairwise(drawn):
        parts = max(round((b - a) / step), 1)
        positions.append(a + (b - a) * np.arange(1, parts + 1) / parts)
    inner = np.concatenate(positions)
    if margin.shrinks:
        return inner
    count = int(np.ceil(max(margin.values) / step)) + 1
    beyond = step * np.arange(1, count + 1)
    return np.concatenate([inner[0] - beyond[::-1], inner, inner[-1] + beyond])


def _sections(
    body: ContourStack, like: ContourStack, positions_mm: Float, surface_model: str, progress: Progress = silent
) -> ContourStack:
    """Sections of a body on planes of another stack's frame."""
    slices = []
    for n, z in enumerate(positions_mm):
        progress(n / len(positions_mm), "Cutting the structure")
        region = section(body, like.plane.moved(float(z)), surface_model)
        if region:
            slices.append(PlanarContours(float(z), region))
    return ContourStack(like.plane, like.slice_spacing_mm, tuple(slices))


def _expanded_upright(
    stack: ContourStack, margin: Margin, surface_model: str, progress: Progress
) -> ContourStack:
    """An oblique structure grown on axial planes of the patient."""
    bounds = stack.bounds_mm()
    if bounds is None:
        raise TargetError("A margin needs a structure with something drawn: this one has no closed contours")
    low, high = bounds
    corners = np.array([[u, v, w] for u in (low[0], high[0]) for v in (low[1], high[1]) for w in (low[2], high[2])])
    heights = stack.plane.to_patient(corners[:, :2])[:, 2] + corners[:, 2] * stack.plane.normal[2]
    step = min(stack.slice_spacing_mm, 2.0)
    spread = 2 * stack.slice_spacing_mm
    first, last = np.floor((heights.min() - spread) / step), np.ceil((heights.max() + spread) / step)
    positions = np.arange(first, last + 1) * step
    upright = _sections(stack, ContourStack(Plane.axial(), step), positions, surface_model, progress)
    return expand(upright, margin, None, surface_model, progress)
