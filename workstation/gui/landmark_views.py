"""Views follow landmarks: both sides of a pair come to the middle, each in the views that show its image."""

from __future__ import annotations

from functools import partial

from shiboken6 import isValid

from workstation.fusion.landmarks import LandmarkPair
from workstation.gui.session import Session
from workstation.gui.viewport.view_grid import ViewGrid


def connect_landmarks(session: Session, views: ViewGrid) -> None:
    """Let the views of a case go to the pairs that are looked at."""
    session.desk.landmarking.looked_at.connect(partial(look_at, session, views))


def look_at(session: Session, views: ViewGrid, pair: LandmarkPair) -> None:
    """Bring a pair to the middle: its fixed side, or where its moving one is laid; unlinked views to their own side."""
    if not isValid(views):
        return
    landmarking = session.desk.landmarking
    point = pair.fixed_mm if pair.fixed_mm is not None else landmarking.on_fixed(pair)
    if point is not None:
        views.centre_on(point)
    for view in views.slices.values():
        if not view.linked and view.image_key == session.desk.placing.moving_key and pair.moving_mm is not None:
            view.point_at(pair.moving_mm)
            view.centre_on(pair.moving_mm)
