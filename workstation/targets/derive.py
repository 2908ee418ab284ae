"""Targets by recipe: a margin around a source, kept inside some structures and clear of others (ICRU 50, 62, 83)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workstation.geometry.plane import Plane
from workstation.geometry.region import Region
from workstation.jobs.progress import Progress, part, silent
from workstation.structures.planar import difference, intersection
from workstation.structures.recipe import Limit, Margin, Recipe
from workstation.structures.section import section
from workstation.structures.structure import ContourStack, PlanarContours
from workstation.structures.surface_model import DEFAULT_SURFACE_MODEL
from workstation.targets.errors import TargetError
from workstation.targets.margin import expand

Float = NDArray[np.float64]


def derive(
    recipe: Recipe,
    stacks: Mapping[str, ContourStack],
    positions_mm: ArrayLike,
    surface_model: str = DEFAULT_SURFACE_MODEL,
    progress: Progress = silent,
) -> ContourStack:
    """What a recipe makes of its inputs, on the given planes of the source's frame.

    stacks: the inputs by structure identifier. Limits are grown or shrunk by their own margin first, and cut on the
    source's planes where they were drawn on others; edges of a crop are exact. Raises TargetError where an input is
    absent or the source is empty.
    """
    missing = [name for name in recipe.inputs if name not in stacks]
    if missing:
        raise TargetError("The recipe needs a structure that is not there (any more); choose another one")
    positions = np.sort(np.asarray(positions_mm, dtype=np.float64))
    grown = expand(stacks[recipe.source_identifier], recipe.margin, positions, surface_model, part(progress, 0, 0.5))
    limits = [*((limit, True) for limit in recipe.crop_to), *((limit, False) for limit in recipe.avoid)]
    heights = grown.positions_mm
    bodies = [(_grown_limit(limit, stacks, grown.plane, heights, surface_model), keep) for limit, keep in limits]
    slices = []
    for n, drawn in enumerate(grown.slices):
        progress(0.5 + 0.5 * n / len(grown.slices), "Cropping the target")
        region = drawn.region
        for body, keep_inside in bodies:
            other = section(body, grown.plane.moved(drawn.position_mm), surface_model)
            region = cropped(region, other, keep_inside)
        if region:
            slices.append(PlanarContours(drawn.position_mm, region))
    return ContourStack(grown.plane, grown.slice_spacing_mm, tuple(slices))


def cropped(region: Region, limit: Region, keep_inside: bool) -> Region:
    """The part of a region inside a limit, or outside of it; the region itself where the limit doesn't touch it."""
    if not region or (not limit and not keep_inside):
        return region
    if not limit:
        return Region()
    if keep_inside:
        return intersection(region, limit)
    a, b = region.bounds(), limit.bounds()
    if a[2] < b[0] or b[2] < a[0] or a[3] < b[1] or b[3] < a[1]:
        return region
    return difference(region, limit)


def _grown_limit(
    limit: Limit, stacks: Mapping[str, ContourStack], plane: Plane, heights_mm: Float, surface_model: str
) -> ContourStack:
    """A limit with its own margin: on the target's planes only, where its own ones lie in the same frame."""
    stack = stacks[limit.structure_identifier]
    if limit.margin_mm == 0 or not stack.slices:
        return stack
    offset = stack.plane.to_plane(plane.origin_mm)
    same_frame = np.allclose(stack.plane.axes, plane.axes, atol=1e-9) and np.abs(offset).max() <= 1e-6
    return expand(stack, Margin.uniform(limit.margin_mm), heights_mm if same_frame else None, surface_model)
