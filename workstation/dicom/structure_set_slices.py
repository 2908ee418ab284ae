"""Which image a ring was drawn on: the slice in whose slab it lies (PS3.3 C.8.8.6, Contour Image Sequence)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workstation.geometry.plane import Plane
from workstation.images.volume import Volume
from workstation.structures.structure import ImageReference, Structure

Float = NDArray[np.float64]

_LEAST_COSINE = float(np.cos(np.radians(1.0)))
_SLACK_MM = 1e-3


@dataclass(frozen=True, eq=False)
class Slices:
    """Parallel slices and what refers to them: positions are projections on `normal`, ascending, in patient mm."""

    normal: Float
    positions_mm: Float
    spacing_mm: float
    references: tuple[ImageReference, ...]

    @staticmethod
    def of_image(image: Volume) -> Slices:
        """The acquired slices of an image; none where it did not come from DICOM."""
        positions = image.slice_positions_mm if image.slices else np.empty(0)
        references = tuple(ImageReference(s.sop_class_uid, s.sop_instance_uid, s.frame_number) for s in image.slices)
        spacing = float(np.median(np.diff(positions))) if len(positions) > 1 else float(image.grid.spacing_mm[2])
        return Slices(image.grid.normal, positions, spacing, references)

    @staticmethod
    def of_structures(structures: Iterable[Structure]) -> Slices:
        """The slices that imported rings name, where each names one and their planes are parallel."""
        found: dict[ImageReference, float] = {}
        normal, spacing = np.array([0.0, 0.0, 1.0]), np.inf
        for structure in structures:
            plane = structure.stack.plane
            if not found:
                normal = plane.normal
            if not structure.stack.slices or abs(float(plane.normal @ normal)) < _LEAST_COSINE:
                continue
            spacing = min(spacing, structure.stack.slice_spacing_mm)
            for drawn in structure.stack.slices:
                place = float(plane.to_patient((0.0, 0.0), drawn.position_mm) @ normal)
                found.update({ring.images[0]: place for ring in drawn.imported if len(ring.images) == 1})
        ordered = sorted(found.items(), key=lambda item: item[1])
        return Slices(normal, np.array([p for _, p in ordered]), spacing, tuple(r for r, _ in ordered))

    def at(self, plane: Plane, position_mm: float) -> tuple[ImageReference, ...]:
        """The slice that holds a plane's position; none where it lies outside of all, or is not parallel."""
        if not self.references or abs(float(plane.normal @ self.normal)) < _LEAST_COSINE:
            return ()
        place = float(plane.to_patient((0.0, 0.0), position_mm) @ self.normal)
        nearest = int(np.argmin(np.abs(self.positions_mm - place)))
        if abs(self.positions_mm[nearest] - place) > self._half_slab(nearest):
            return ()
        return (self.references[nearest],)

    def _half_slab(self, index: int) -> float:
        steps = np.diff(self.positions_mm[max(index - 1, 0) : index + 2])
        widest = max([self.spacing_mm, *(s for s in steps if s <= 1.5 * self.spacing_mm)])
        return float(widest) / 2 + _SLACK_MM
