"""What measuring needs to know of the views: which images they show, what is switched on, and where to look."""

from __future__ import annotations

from workstation.gui.session import Session
from workstation.gui.viewport.view_grid import ViewGrid


def connect_measuring(session: Session, views: ViewGrid) -> None:
    """Let a case's measurements follow what its views show."""
    measuring = session.desk.measuring
    measuring.shown_images = lambda: shown_images(views)
    measuring.is_shown = session.viewing.visible
    measuring.looked_at.connect(views.centre_on)


def shown_images(views: ViewGrid) -> tuple[str, ...]:
    """Keys of all images that the slice views of the layout show, in the order of the views.

    A view shows one image alone, or the base with the overlay that is switched on.
    """
    case, viewing = views.case, views.viewing
    fused = [viewing.base_key, viewing.overlay_key if viewing.overlay_shown else ""]
    keys: list[str] = []
    for name in views.shown():
        view = views.slices.get(name)
        if view is not None:
            keys += [view.image_key] if view.image_key else fused
    return tuple(key for key in dict.fromkeys(keys) if key in case.images)
