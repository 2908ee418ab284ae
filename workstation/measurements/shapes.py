"""How a measurement looks on its plane: its line or ring, the points that it is held by, and where they may go."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workstation.geometry.region import Region
from workstation.measurements.measurement import ELLIPSE, FREEHAND, RECTANGLE, Measurement

Float = NDArray[np.float64]

ELLIPSE_CORNERS = 72
BEND_SHARE = 0.15
"""A freehand ring that is pulled at one point gives way over this share of its length to both sides."""


def corners_uv(measurement: Measurement) -> Float:
    """(n, 2) its points in (u, v) mm of its plane."""
    return np.asarray(measurement.plane.to_plane(measurement.points_mm)[:, :2])


def line_uv(measurement: Measurement) -> Float:
    """(n, 2) the line that is drawn, in (u, v) mm of its plane; a region's ring is not repeated at the end."""
    return line_through(measurement.kind, corners_uv(measurement))


def line_through(kind: str, corners: Float) -> Float:
    """As `line_uv`, of a kind's points (n, 2)."""
    if kind == RECTANGLE:
        (u0, v0), (u1, v1) = corners
        return np.array([(u0, v0), (u1, v0), (u1, v1), (u0, v1)])
    if kind == ELLIPSE:
        return _ellipse(corners)
    return corners


def _ellipse(corners: Float) -> Float:
    """A polygon of exactly the ellipse's area, so that whatever is summed over it has the right size."""
    middle, half = corners.mean(axis=0), np.abs(corners[1] - corners[0]) / 2
    step = 2 * np.pi / ELLIPSE_CORNERS
    angle = step * np.arange(ELLIPSE_CORNERS)
    unit = np.column_stack([np.cos(angle), np.sin(angle)]) * np.sqrt(step / np.sin(step))
    return np.asarray(middle + unit * half)


def region_of_measurement(measurement: Measurement) -> Region:
    """What a region encloses, in (u, v) mm of its plane; empty for kinds that enclose nothing."""
    return Region([line_uv(measurement)]) if measurement.is_region else Region()


def handles_uv(measurement: Measurement) -> Float:
    """(n, 2) the points that it is held by, in (u, v) mm of its plane; the last one of a region moves it as a whole.

    Ends and corners of lines; four corners of a rectangle; four ends of an ellipse's axes; of a freehand ring, which
    is bent wherever it is taken, only its middle.
    """
    return handles_of(measurement.kind, corners_uv(measurement))


def handles_of(kind: str, corners: Float) -> Float:
    """As `handles_uv`, of a kind's points (n, 2)."""
    if kind == FREEHAND:
        return _middle(kind, corners)[None]
    if kind == RECTANGLE:
        return np.vstack([line_through(kind, corners), _middle(kind, corners)])
    if kind == ELLIPSE:
        (u0, v0), (u1, v1) = corners
        u, v = corners.mean(axis=0)
        return np.array([(u0, v), (u1, v), (u, v0), (u, v1), (u, v)])
    return corners


def _middle(kind: str, corners: Float) -> Float:
    return np.asarray((corners.min(axis=0) + corners.max(axis=0)) / 2 if kind == FREEHAND else corners.mean(axis=0))


def with_handle_at(kind: str, corners: Float, handle: int, place: ArrayLike) -> Float:
    """A kind's points (n, 2) after one of its handles was moved to a place (2,)."""
    u, v = np.asarray(place, dtype=np.float64)
    moved = np.array(corners, dtype=np.float64)
    if kind in (RECTANGLE, ELLIPSE, FREEHAND) and handle == len(handles_of(kind, corners)) - 1:
        return np.asarray(moved + (np.array([u, v]) - handles_of(kind, corners)[handle]))
    if kind == RECTANGLE:
        moved[1 if handle in (1, 2) else 0, 0] = u
        moved[1 if handle in (2, 3) else 0, 1] = v
    elif kind == ELLIPSE:
        axis = 0 if handle < 2 else 1
        moved[handle % 2, axis] = (u, v)[axis]
    else:
        moved[handle] = u, v
    return moved


def bent(ring: Float, number: int, shift: ArrayLike) -> Float:
    """A ring (n, 2) pulled at one of its points by (du, dv): its neighbours follow, less the further they are."""
    steps = np.hypot(*np.diff(np.vstack([ring, ring[:1]]), axis=0).T)
    along = np.concatenate([[0.0], np.cumsum(steps)])
    whole = along[-1]
    away = np.abs(along[:-1] - along[number])
    away = np.minimum(away, whole - away)
    reach = max(BEND_SHARE * whole, 1e-9)
    follow = np.where(away < reach, 0.5 + 0.5 * np.cos(np.pi * away / reach), 0.0)
    return np.asarray(ring + follow[:, None] * np.asarray(shift, dtype=np.float64))


def is_line_of(kind: str) -> bool:
    """Whether a kind is drawn as an open line."""
    return kind not in (RECTANGLE, ELLIPSE, FREEHAND)


def arc_uv(corners: Float, radius: float) -> Float:
    """(n, 2) the small arc that marks an angle between its arms, around the middle one of its points (3, 2)."""
    first, second = corners[0] - corners[1], corners[2] - corners[1]
    radius = min(radius, 0.6 * float(np.hypot(*first)), 0.6 * float(np.hypot(*second)))
    start, end = np.arctan2(first[1], first[0]), np.arctan2(second[1], second[0])
    turn = (end - start + np.pi) % (2 * np.pi) - np.pi
    angle = start + turn * np.linspace(0.0, 1.0, 24)
    return np.asarray(corners[1] + radius * np.column_stack([np.cos(angle), np.sin(angle)]))
