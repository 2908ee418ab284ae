"""What a slice view is aimed at: which image's planes, which of them, and which part of it at what scale."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workstation.geometry.deformation import SpatialMap
from workstation.geometry.plane import Plane
from workstation.geometry.transform import Transform
from workstation.gui.viewing import Viewing
from workstation.images.volume import Volume
from workstation.view.oblique_planes import ObliquePlanes, is_straight, oblique_planes
from workstation.view.picture_frame import PictureFrame
from workstation.view.slice_planes import ORIENTATIONS, SlicePlanes, content_extent_mm, slice_planes

if TYPE_CHECKING:
    from workstation.case.case import Case

Float = NDArray[np.float64]
Directions = tuple[tuple[float, float], ...]

SMALLEST_PIXEL_MM = 0.02
LARGEST_PIXEL_MM = 20.0
FIT_MARGIN = 1.04
_SMALLEST_CUT = 1e-3


class SliceAim:
    """The aim of one view. Sizes are in logical pixels, places on screen (x, y) with y down.

    image_key: the image that is shown alone, "" for the fused picture. An image that nothing links to the planning
    image is looked at on planes of its own, with a crosshair of its own.
    planes: None without an image. centre_mm: (u, v) in the middle of the view. pixel_mm: side of a logical pixel.
    fitted: whether the whole patient is to be shown. directions: unit (u, v) of the lines of the other two rows.
    """

    def __init__(self, case: Case, viewing: Viewing, orientation: str, image_key: str = "") -> None:
        self._case, self._viewing = case, viewing
        self.orientation, self.image_key = orientation, image_key
        self.planes: SlicePlanes | ObliquePlanes | None = None
        self.centre_mm = (0.0, 0.0)
        self.pixel_mm = 1.0
        self.fitted = True
        self.directions: Directions = ((1.0, 0.0), (0.0, 1.0))
        self._content_of: tuple[object, ...] = ()
        self._content_mm = (0.0, 0.0, 1.0, 1.0)
        self._own_mm: Float | None = None
        self._shown: tuple[object, object, Plane | None] = (None, None, None)

    # ------------------------------------------------------------------------------------------ the image

    @property
    def linked(self) -> bool:
        """Whether the view shares the crosshair: not while its image is not registered to the planning image."""
        planning, own = self._case.planning, self._case.images.get(self.image_key)
        if planning is None or own is None or own is planning:
            return True
        return self._viewing.transform(planning.frame_of_reference_uid, own.frame_of_reference_uid) is not None

    def reference(self) -> Volume | None:
        """The image whose planes are shown and whose frame the crosshair is given in."""
        if not self.linked:
            return self._case.images[self.image_key]
        return self._case.planning or self._case.images.get(self._viewing.base_key)

    def to_image(self, volume: Volume) -> SpatialMap | None:
        """From what is shown to an image's frame of reference; None where nothing links them."""
        reference = self.reference()
        if reference is None or volume is reference:
            return Transform.identity()
        return self._viewing.transform(reference.frame_of_reference_uid, volume.frame_of_reference_uid)

    def is_provisional(self, volume: Volume) -> bool:
        """Whether an image lies where a registration puts it that nobody has accepted, or where a hand tries it."""
        reference = self.reference()
        if reference is None or volume is reference:
            return False
        here, there = reference.frame_of_reference_uid, volume.frame_of_reference_uid
        tried = self._viewing.transform(here, there) is not self._case.transform(here, there)
        return tried or self._case.is_provisional(here, there)

    # ------------------------------------------------------------------------------------------ the plane

    @property
    def point_mm(self) -> Float:
        """(3,) the crosshair: the shared one, or the view's own where nothing links its image."""
        return self._viewing.crosshair_mm if self.linked or self._own_mm is None else self._own_mm

    def point_at(self, point_mm: ArrayLike) -> None:
        """Move the crosshair."""
        if self.linked:
            self._viewing.crosshair_mm = point_mm
        else:
            self._own_mm = np.array(point_mm, dtype=np.float64)

    def plane(self) -> Plane | None:
        """The plane that is shown, its origin on the slice."""
        if self.planes is None:
            return None
        # Asked for many times a frame; crosshairs are replaced, never changed.
        point, (planes, known, plane) = self.point_mm, self._shown
        if planes is not self.planes or known is not point or plane is None:
            plane = self.planes.through(point)
            self._shown = self.planes, point, plane
        return plane

    def title(self) -> str:
        """Name and position of the plane, such as "axial  z +41.5 mm"; the name alone without an image."""
        return self.orientation if self.planes is None else self.planes.title(self.point_mm)

    def renew(self) -> None:
        """Take the planes anew: the image, its link or the row is another one."""
        reference = self.reference()
        self.planes = None
        if reference is None:
            return
        if not self.linked and self._own_mm is None:
            self._own_mm = reference.grid.centre_mm
        self._take_planes(reference)
        if self._content_of != (reference.key, id(reference), self.orientation):
            self._content_of = reference.key, id(reference), self.orientation
            self._content_mm = content_extent_mm(reference, slice_planes(reference, self.orientation))

    def show(self, image_key: str, orientation: str) -> None:
        """Aim at another image or row of planes."""
        self.image_key, self.orientation = image_key, orientation
        self._own_mm = None
        self.renew()

    def turn(self) -> None:
        """The planes were turned: the crosshair stays at its place on screen."""
        reference = self.reference()
        if reference is None or self.planes is None:
            return
        before = self.planes.plane.to_plane(self.point_mm)[:2] - self.centre_mm
        self._take_planes(reference)
        u, v = self.planes.plane.to_plane(self.point_mm)[:2] - before
        self.centre_mm = (float(u), float(v))

    def _take_planes(self, reference: Volume) -> None:
        """The row of planes, turned where it was turned, and the lines that the other rows leave on it."""
        straight = {name: slice_planes(reference, name) for name in ORIENTATIONS}
        turns = self._viewing.turns if self.linked else {name: np.eye(3) for name in ORIENTATIONS}
        own = turns[self.orientation]
        row: SlicePlanes | ObliquePlanes = straight[self.orientation]
        self.planes = row if is_straight(own) else oblique_planes(reference, self.orientation, own)
        others = [turns[name] @ straight[name].plane.normal for name in ORIENTATIONS if name != self.orientation]
        self.directions = line_directions(self.planes.plane, others)

    # ------------------------------------------------------------------------------------------ the part of it

    def frame(self, width: int, height: int) -> PictureFrame | None:
        """The rectangle that a view of that size shows, or None without an image."""
        plane = self.plane()
        if plane is None or width < 1 or height < 1:
            return None
        return PictureFrame(plane, self.centre_mm, self.pixel_mm, width, height)

    def fit(self, width: int, height: int) -> bool:
        """Aim at the whole patient: the image without the air around. False where there is no place for it."""
        if self.planes is None or width < 2 or height < 2:
            return False
        u0, v0, u1, v1 = self._content_mm
        self.centre_mm = ((u0 + u1) / 2, (v0 + v1) / 2)
        self.pixel_mm = FIT_MARGIN * max((u1 - u0) / width, (v1 - v0) / height)
        self.fitted = True
        return True

    def zoom(self, factor: float, place: tuple[float, float], width: int, height: int) -> bool:
        """Enlarge `factor` times; the patient under a place stays where it is. False without an image."""
        frame = self.frame(width, height)
        if frame is None:
            return False
        held = frame.to_plane(place)
        self.pixel_mm = min(max(self.pixel_mm / factor, SMALLEST_PIXEL_MM), LARGEST_PIXEL_MM)
        offset = (np.array(place) - (width / 2, height / 2)) * self.pixel_mm
        self.centre_mm = (float(held[0] - offset[0]), float(held[1] - offset[1]))
        self.fitted = False
        return True

    def pan(self, dx: float, dy: float) -> None:
        """Move the picture by pixels."""
        self.centre_mm = (self.centre_mm[0] - dx * self.pixel_mm, self.centre_mm[1] - dy * self.pixel_mm)
        self.fitted = False

    def centre_on(self, point_mm: ArrayLike) -> bool:
        """Bring a patient point to the middle, at the same scale. False without an image."""
        if self.planes is None:
            return False
        u, v, _ = self.planes.plane.to_plane(point_mm)
        self.centre_mm = (float(u), float(v))
        self.fitted = False
        return True

    def take(self, other: SliceAim) -> bool:
        """Aim at the same part as another view; whether that changed anything."""
        wanted = other.centre_mm, other.pixel_mm, other.fitted
        if wanted == (self.centre_mm, self.pixel_mm, self.fitted):
            return False
        self.centre_mm, self.pixel_mm, self.fitted = wanted
        return True


def line_directions(plane: Plane, normals: ArrayLike) -> Directions:
    """Unit directions (u, v) in which other planes, given by normals (n, 3), cut a plane."""
    found = []
    for normal in np.asarray(normals, dtype=np.float64):
        along = np.cross(plane.normal, normal)
        direction = np.array([along @ plane.u, along @ plane.v])
        length = float(np.linalg.norm(direction))
        if length > _SMALLEST_CUT:
            found.append((float(direction[0] / length), float(direction[1] / length)))
    return tuple(found)
