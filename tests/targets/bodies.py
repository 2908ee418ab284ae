"""Bodies whose grown and shrunk surfaces are known exactly, and the contours that a person would draw of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import contourpy
import numpy as np

from workstation.geometry.plane import Plane
from workstation.geometry.region import Region
from workstation.structures.structure import ContourStack, PlanarContours

SignedDistance = Callable[[np.ndarray], np.ndarray]


def directions(count: int = 3000) -> np.ndarray:
    """(n, 3) unit vectors, evenly spread (Fibonacci)."""
    i = np.arange(count) + 0.5
    polar, azimuth = np.arccos(1 - 2 * i / count), np.pi * (1 + 5**0.5) * i
    return np.c_[np.cos(azimuth) * np.sin(polar), np.sin(azimuth) * np.sin(polar), np.cos(polar)]


def ellipsoid_contours(semi_axes, centre, spacing_mm: float, vertex_step_mm: float = 0.8) -> ContourStack:
    """Exact ellipses on the axial planes z = k * spacing, with vertices about `vertex_step_mm` apart."""
    a, b, c = semi_axes
    slices = []
    for k in range(int(np.floor((centre[2] - c) / spacing_mm)), int(np.ceil((centre[2] + c) / spacing_mm)) + 1):
        z = k * spacing_mm
        q2 = 1 - ((z - centre[2]) / c) ** 2
        if q2 > 1e-3:
            q = np.sqrt(q2)
            t = np.linspace(0, 2 * np.pi, max(24, int(2 * np.pi * max(a, b) * q / vertex_step_mm)), endpoint=False)
            ring = np.c_[centre[0] + a * q * np.cos(t), centre[1] + b * q * np.sin(t)]
            slices.append(PlanarContours(z, Region([ring])))
    return ContourStack(Plane.axial(), spacing_mm, tuple(slices))


def ellipsoid_support(semi_axes, along: np.ndarray) -> np.ndarray:
    """Support function of an ellipsoid about its centre."""
    return np.sqrt(((along * np.asarray(semi_axes)) ** 2).sum(1))


def margin_support(margin, along: np.ndarray) -> np.ndarray:
    """Support function of the union of quarter-ellipsoids that a margin of six directions is (always positive)."""
    right, left, anterior, posterior, superior, inferior = (abs(v) for v in margin.values)
    axes = np.c_[
        np.where(along[:, 0] > 0, left, right),
        np.where(along[:, 1] > 0, posterior, anterior),
        np.where(along[:, 2] > 0, superior, inferior),
    ]
    return ellipsoid_support(axes, along)


def convex_errors(stack: ContourStack, centre, along, support, spacing_mm: float) -> tuple[float, float]:
    """Mean signed distance of ring points from a convex body's surface, and the largest one either way.

    A plane inside the body on which nothing was drawn counts with its depth. Distances are exact for convex bodies:
    the largest of p . n - h(n) over all directions n.
    """
    means, largest = [], 0.0
    for drawn in stack.slices:
        points = np.vstack(drawn.region.rings)
        points = points[:: len(points) // 50 + 1]
        placed = np.c_[points, np.full(len(points), drawn.position_mm)] - np.asarray(centre)
        errors = (placed @ along.T - support).max(1)
        means.append(errors.mean())
        largest = max(largest, float(np.abs(errors).max()))
    top, bottom = support[np.argmax(along[:, 2])], -support[np.argmin(along[:, 2])]
    drawn_at = stack.positions_mm
    for k in range(int((centre[2] + bottom) / spacing_mm) - 1, int((centre[2] + top) / spacing_mm) + 2):
        depth = min(top - (k * spacing_mm - centre[2]), (k * spacing_mm - centre[2]) - bottom)
        if depth > 0 and np.abs(drawn_at - k * spacing_mm).min() > 1e-6:
            largest = max(largest, float(depth))
    return float(np.mean(means)), largest


def contours_of(body: SignedDistance, extent_mm: float, positions: Iterable[float], spacing_mm: float) -> ContourStack:
    """Rings of an implicit body on axial planes, within +-extent_mm, at a quarter of a millimetre."""
    axis = np.arange(-extent_mm, extent_mm + 0.1, 0.25)
    u, v = np.meshgrid(axis, axis)
    slices = []
    for z in positions:
        values = body(np.stack([u, v, np.full_like(u, z)], -1))
        rings = contourpy.contour_generator(axis, axis, values).lines(0.0)
        if rings:
            slices.append(PlanarContours(float(z), Region([ring[:-1] for ring in rings if len(ring) > 4])))
    return ContourStack(Plane.axial(), spacing_mm, tuple(s for s in slices if s.region))


def surface_errors(stack: ContourStack, body: SignedDistance, grown_mm: float) -> np.ndarray:
    """Signed distance of every ring point from the surface of the body grown by `grown_mm`."""
    points = [
        np.c_[ring, np.full(len(ring), drawn.position_mm)] for drawn in stack.slices for ring in drawn.region.rings
    ]
    return body(np.vstack(points)) - grown_mm


def ball(radius: float, centre=(0.0, 0.0, 0.0)) -> SignedDistance:
    """A ball."""
    return lambda p: np.linalg.norm(p - np.asarray(centre), axis=-1) - radius


def torus(ring_radius: float, tube_radius: float, axis: int) -> SignedDistance:
    """A torus about a coordinate axis."""

    def distance(p: np.ndarray) -> np.ndarray:
        others = np.delete(p, axis, axis=-1)
        return np.hypot(np.linalg.norm(others, axis=-1) - ring_radius, p[..., axis]) - tube_radius

    return distance


def box(half) -> SignedDistance:
    """A box about the origin."""

    def distance(p: np.ndarray) -> np.ndarray:
        q = np.abs(p) - np.asarray(half)
        return np.linalg.norm(np.maximum(q, 0), axis=-1) + np.minimum(q.max(-1), 0)

    return distance


def union(*bodies: SignedDistance) -> SignedDistance:
    """Several bodies; the distance is exact outside."""
    return lambda p: np.min([body(p) for body in bodies], axis=0)


def shell(outer: float, inner: float) -> SignedDistance:
    """A hollow ball."""
    return lambda p: np.maximum(np.linalg.norm(p, axis=-1) - outer, inner - np.linalg.norm(p, axis=-1))
