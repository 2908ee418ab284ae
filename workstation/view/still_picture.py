"""Pictures of slices and of the patient in 3D without a window, by the same code as the window's.

From Python and from the command line.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workstation.fusion.registration import Registration, RegistrationError, chain_between, transform_between
from workstation.geometry.deformation import SpatialMap
from workstation.geometry.plane import Plane
from workstation.geometry.transform import Transform
from workstation.images.naming import name_of_volume
from workstation.images.volume import Volume
from workstation.images.windows import automatic_window
from workstation.jobs.progress import Progress, silent
from workstation.structures.carried import carried
from workstation.structures.section import section
from workstation.structures.structure import Structure
from workstation.structures.surface_model import DEFAULT_SURFACE_MODEL
from workstation.view.contour_scene import PLAIN, TARGETS, Contour, ContourLook, ContourPainter, kind_of, style_of
from workstation.view.errors import ViewError
from workstation.view.fusion_look import FusionLook
from workstation.view.picture_frame import PictureFrame
from workstation.view.side_letters import paint_provisional, paint_side_letters
from workstation.view.slab import Slab
from workstation.view.slice_planes import ORIENTATIONS, content_extent_mm, slice_planes
from workstation.view.slice_scene import THIN, Layer, SliceScene

Picture = NDArray[np.uint32]

MOST_PIXELS = 1 << 26
FIT_MARGIN = 1.04
PROVISIONAL_WARNING = "Brought over by a registration that nobody has accepted: provisional"
_PLAIN_FUSION = FusionLook()
_USUAL_SIZE = (800, 800)


def picture(
    base: Volume,
    overlay: Volume | None = None,
    *,
    registrations: Iterable[Registration] = (),
    plane: str | Plane = "axial",
    at_mm: ArrayLike | None = None,
    size: tuple[int, int] = _USUAL_SIZE,
    pixel_mm: float | None = None,
    window: tuple[float, float] | None = None,
    overlay_window: tuple[float, float] | None = None,
    look: FusionLook = _PLAIN_FUSION,
    slab: Slab = THIN,
    structures: Iterable[Structure] = (),
    contour_look: ContourLook = PLAIN,
    surface_model: str = DEFAULT_SURFACE_MODEL,
) -> Picture:
    """One slice of an image, with another laid over it and structures on it, as (height, width) uint32 0xFFRRGGBB.

    registrations: what links the two images' frames of reference where they differ. plane, at_mm, size, pixel_mm: as
    `frame_through` takes them. window, overlay_window: centre and width in the images' units; automatic when left out.
    Raises RegistrationError where nothing links an image or a structure to the base, ViewError for a point outside.
    """
    links = tuple(registrations)
    frame = frame_through(base, plane, at_mm, size, pixel_mm)
    below = layer_of(base, window)
    above = None
    if overlay is not None:
        provisional = is_provisional(base, overlay.frame_of_reference_uid, links)
        above = layer_of(overlay, overlay_window, link_of(base, overlay, links), provisional)
    drawn = [in_frame_of(base, structure, links) for structure in structures]
    return still_picture(frame, below, above, look, slab, drawn, contour_look, surface_model)


def frame_through(
    volume: Volume,
    plane: str | Plane = "axial",
    at_mm: ArrayLike | None = None,
    size: tuple[int, int] = _USUAL_SIZE,
    pixel_mm: float | None = None,
) -> PictureFrame:
    """The rectangle to show.

    plane: "axial", "sagittal" or "coronal" for the image's slice nearest to a point, or any plane as it is.
    at_mm: (3,) a point in the image's frame of reference; its middle when left out. With `pixel_mm` the point is in the
        middle of the picture; without, all of the patient fits into it.
    size: width and height in pixels.
    """
    width, height = size
    if width < 1 or height < 1 or width * height > MOST_PIXELS:
        raise ViewError(f"A picture of {width} x {height} pixels can't be made: 1 to {MOST_PIXELS} pixels in all")
    point = volume.grid.centre_mm if at_mm is None else np.asarray(at_mm, dtype=np.float64)
    if not isinstance(plane, Plane) and not volume.grid.contains(point):
        low, high = volume.grid.corners_mm().min(0), volume.grid.corners_mm().max(0)
        reach = ", ".join(f"{name} {a:.1f} to {b:.1f}" for name, a, b in zip("xyz", low, high, strict=True))
        raise ViewError(f"The point {_words(point)} mm lies outside of the image, which reaches over {reach} mm")
    if isinstance(plane, Plane):
        shown, extent = plane, _extent(volume, plane)
    elif plane in ORIENTATIONS:
        planes = slice_planes(volume, plane)
        shown, extent = planes.through(point), content_extent_mm(volume, planes)
    else:
        raise ViewError(f"There is no plane called {plane!r}; choose one of {', '.join(ORIENTATIONS)}")
    if pixel_mm is not None:
        u, v, _ = shown.to_plane(point)
        return PictureFrame(shown, (float(u), float(v)), pixel_mm, width, height)
    u0, v0, u1, v1 = extent
    fitting = FIT_MARGIN * max((u1 - u0) / width, (v1 - v0) / height)
    return PictureFrame(shown, ((u0 + u1) / 2, (v0 + v1) / 2), fitting, width, height)


def still_picture(
    frame: PictureFrame,
    base: Layer | None,
    overlay: Layer | None = None,
    look: FusionLook = _PLAIN_FUSION,
    slab: Slab = THIN,
    structures: Iterable[Structure] = (),
    contour_look: ContourLook = PLAIN,
    surface_model: str = DEFAULT_SURFACE_MODEL,
) -> Picture:
    """The picture (height, width) uint32 0xFFRRGGBB of a frame: images, structures, and the letters at its sides.

    What lies where a registration puts it that nobody has accepted is marked as provisional.
    structures: in the frame of reference that the frame is given in; targets are drawn over organs.
    """
    drawn = sorted(structures, key=lambda s: kind_of(s) in TARGETS)
    scene = SliceScene()
    scene.base, scene.overlay, scene.look, scene.slab = base, overlay, look, slab
    made = scene.picture(frame).copy()
    painter = ContourPainter()
    for structure in drawn:
        contour = Contour.of(section(structure.stack, frame.plane, surface_model))
        painter.paint(made, frame, contour, structure.color, style_of(structure, look=contour_look))
    paint_side_letters(made, frame.plane)
    if (overlay is not None and overlay.provisional) or _any_provisional(drawn):
        paint_provisional(made)
    return made


def volume_picture(
    image: Volume,
    structures: Iterable[Structure] = (),
    *,
    side: str = "A",
    context: str = "bone_surface",
    cuts: Iterable[str] = (),
    at_mm: ArrayLike | None = None,
    size: tuple[int, int] = _USUAL_SIZE,
    window: tuple[float, float] | None = None,
    progress: Progress = silent,
) -> Picture:
    """The patient in 3D with letters at the sides, as (height, width) uint32 0xFFRRGGBB.

    cuts: planes through a point (at_mm) that open the patient towards the viewer. The rest is as
    `volume_picture.render_volume_picture` takes it; structures lie in the image's frame of reference.
    """
    # VTK is slow to import, and slices do without.
    from workstation.view.volume_camera import SIDES, VolumeCamera
    from workstation.view.volume_clip import facing
    from workstation.view.volume_picture import render_volume_picture

    axes = VolumeCamera.from_side(side if side in SIDES else SIDES[0]).axes
    drawn = list(structures)
    rgba = render_volume_picture(
        image, drawn, side=side, context=context, clip={cut: facing(cut, axes[2]).flipped for cut in cuts},
        crosshair_mm=at_mm, window=window, width=size[0], height=size[1], progress=progress,
    ).astype(np.uint32)  # fmt: skip
    made: Picture = np.uint32(0xFF000000) | rgba[..., 0] << np.uint32(16) | rgba[..., 1] << np.uint32(8) | rgba[..., 2]
    paint_side_letters(made, Plane((0, 0, 0), axes[0], -axes[1]))
    if _any_provisional(drawn):
        paint_provisional(made)
    return made


def _any_provisional(structures: Iterable[Structure]) -> bool:
    return any(PROVISIONAL_WARNING in structure.warnings for structure in structures)


def layer_of(
    volume: Volume,
    window: tuple[float, float] | None = None,
    to_image: SpatialMap | None = None,
    provisional: bool = False,
) -> Layer:
    """A volume as it is shown: with the window that is asked for or an automatic one.

    provisional: whether `to_image` hangs on a registration that nobody has accepted.
    """
    if window is None:
        automatic = automatic_window(volume)
        window = automatic.centre, automatic.width
    return Layer(volume, Transform.identity() if to_image is None else to_image, window, provisional=provisional)


def link_of(base: Volume, overlay: Volume, registrations: Iterable[Registration]) -> SpatialMap:
    """Takes points of the base's frame of reference to the overlay's; RegistrationError where nothing links them."""
    here, there = base.frame_of_reference_uid, overlay.frame_of_reference_uid
    link = transform_between(registrations, here, there) if here and there else None
    if link is None:
        raise RegistrationError(
            f"{name_of_volume(overlay)} can't be laid over {name_of_volume(base)}: they share no frame of reference "
            "and no registration links them; register them first"
        )
    return link


def is_provisional(base: Volume, frame_uid: str, registrations: Iterable[Registration]) -> bool:
    """Whether what links a frame of reference to the base's hangs on a registration that nobody has accepted."""
    here = base.frame_of_reference_uid
    chain = chain_between(registrations, here, frame_uid) if here and frame_uid and here != frame_uid else None
    return any(link.registration.provisional for link in chain or ())


def in_frame_of(base: Volume, structure: Structure, registrations: Iterable[Registration]) -> Structure:
    """A structure with its contours in the base's frame of reference; RegistrationError where nothing links the two.

    Where the link hangs on a registration that nobody has accepted, the structure's warnings say so.
    """
    here, there = base.frame_of_reference_uid, structure.frame_of_reference_uid
    if not here or not there or here == there:
        return structure
    registrations = tuple(registrations)
    link = transform_between(registrations, there, here)
    if link is None:
        raise RegistrationError(
            f"{structure.name} was drawn in another frame of reference than {name_of_volume(base)} has, "
            "and no registration links them"
        )
    if is_provisional(base, there, registrations):
        structure = replace(structure, warnings=(*structure.warnings, PROVISIONAL_WARNING))
    if not isinstance(link, Transform):
        return carried(structure, link.inverse(), base)
    own = structure.stack.plane
    origin, u, v = link.apply([own.origin_mm, own.origin_mm + own.u, own.origin_mm + own.v])
    return replace(structure, stack=replace(structure.stack, plane=Plane(origin, u - origin, v - origin)))


def _extent(volume: Volume, plane: Plane) -> tuple[float, float, float, float]:
    corners = plane.to_plane(volume.grid.corners_mm())
    low, high = corners.min(0), corners.max(0)
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])


def _words(point: NDArray[np.float64]) -> str:
    return ", ".join(f"{x:.1f}" for x in point)
