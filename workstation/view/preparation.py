"""Everything in this layer that is slow the first time, done before anybody waits for it."""

from __future__ import annotations

from workstation.view import (
    bent_kernels,
    compose_kernels,
    contour_kernels,
    edge_kernels,
    sampling_kernels,
    slab_kernels,
)


def warm_up() -> None:
    """Compile (or load from the cache) every kernel of the slice views."""
    sampling_kernels.warm_up()
    slab_kernels.warm_up()
    compose_kernels.warm_up()
    contour_kernels.warm_up()
    bent_kernels.warm_up()
    edge_kernels.warm_up()


def import_volume_view() -> None:
    """Import what the 3D view needs, VTK above all; meant for a background thread while the window starts."""
    from workstation.view import surface_mesh, volume_renderer, volume_scene  # noqa: F401
