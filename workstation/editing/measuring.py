"""What the measuring tools and the views share: which measurement is chosen, which is in hand, what each one says.

Nothing here is part of the case; figures are kept as long as neither the measurement nor the image has changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray
from psygnal import Signal

from workstation.case.case import Case
from workstation.editing.footprint import thickness_mm
from workstation.geometry.deformation import SpatialMap
from workstation.geometry.plane import Plane
from workstation.geometry.transform import Transform
from workstation.images.volume import Volume
from workstation.measurements.export import middle_mm
from workstation.measurements.measurement import Measurement
from workstation.measurements.statistics import Statistics, measurement_statistics
from workstation.measurements.words import sides_words, size_words, spread_words

Float = NDArray[np.float64]

MOST_IMAGES = 4
"""A measurement names no more images than this on a slice."""

DEFAULT_REACH_MM = 1.5
PROVISIONAL_MARK = " · provisional"
"""Behind figures of an image that lies where a registration puts it that nobody has accepted."""

_SAME = Transform.identity()


def link_key(link: SpatialMap) -> bytes:
    """The same for the same map: by which figures that went through it are known again."""
    return link.matrix.tobytes() if isinstance(link, Transform) else link.fingerprint.encode()


class Measuring:
    """State of measuring on one case.

    shown_images: gives the keys of the images on screen. is_shown: whether a measurement is switched on.
    """

    changed = Signal()
    """A measurement came, went, moved (in mid-drag too) or was chosen: what shows them repaints."""
    selected_changed = Signal(str)
    looked_at = Signal(object)
    """Bring a patient point (3,) of the shown frame to the middle of the views."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self._selected = ""
        self._in_hand: Measurement | None = None
        self._marked_mm: Float | None = None
        self._known: dict[tuple[str, str], tuple[Measurement, Volume, bytes, Statistics]] = {}
        self.shown_images: Callable[[], tuple[str, ...]] = lambda: (case.planning_key,) if case.planning_key else ()
        self.is_shown: Callable[[str], bool] = lambda _identifier: True
        case.measurement_added.connect(self._added)
        case.measurement_changed.connect(self._changed)
        case.measurement_removed.connect(self._removed)

    # ------------------------------------------------------------------ chosen and in hand

    @property
    def selected(self) -> str:
        """Identifier of the measurement that was chosen last, "" for none."""
        return self._selected

    @selected.setter
    def selected(self, identifier: str) -> None:
        if identifier not in self._case.measurements:
            identifier = ""
        if identifier != self._selected:
            self._selected = identifier
            self.selected_changed.emit(identifier)
            self.changed.emit()

    @property
    def in_hand(self) -> Measurement | None:
        """The measurement that is being dragged, as it is at this moment; the case has it as it was before."""
        return self._in_hand

    @in_hand.setter
    def in_hand(self, measurement: Measurement | None) -> None:
        if measurement is not self._in_hand:
            self._in_hand = measurement
            self.changed.emit()

    @property
    def marked_mm(self) -> Float | None:
        """(3,) the point of a profile that is pointed at in its plot, in the profile's frame of reference."""
        return self._marked_mm

    @marked_mm.setter
    def marked_mm(self, point: Float | None) -> None:
        if point is not self._marked_mm:
            self._marked_mm = point
            self.changed.emit()

    def current(self, identifier: str) -> Measurement | None:
        """A measurement as it is now, in mid-drag too."""
        if self._in_hand is not None and self._in_hand.identifier == identifier:
            return self._in_hand
        return self._case.measurements.get(identifier)

    def shown(self) -> Iterator[Measurement]:
        """Every measurement that is switched on, as it is now; the chosen one last, on top."""
        keys = [key for key in self._case.measurements if self.is_shown(key)]
        for key in sorted(keys, key=lambda key: key == self._selected):
            measurement = self.current(key)
            if measurement is not None:
                yield measurement

    # ------------------------------------------------------------------ where they lie

    @property
    def frame_of_reference_uid(self) -> str:
        """The frame that shown planes are given in: the planning image's."""
        planning = self._case.planning
        return planning.frame_of_reference_uid if planning else ""

    def is_native(self, measurement: Measurement) -> bool:
        """Whether a measurement is given in the frame that planes are shown in."""
        return measurement.frame_of_reference_uid == self.frame_of_reference_uid

    def to_shown(self, measurement: Measurement) -> SpatialMap | None:
        """The map from a measurement's frame to the shown planes'; None when nothing links them."""
        if self.is_native(measurement):
            return _SAME
        return self._case.transform(measurement.frame_of_reference_uid, self.frame_of_reference_uid)

    def points_on(self, measurement: Measurement, plane: Plane, points_mm: Float) -> Float | None:
        """(n, 3) points of a measurement's frame as (u, v, w) of a shown plane; None when nothing links the two."""
        if self.is_native(measurement):
            return plane.to_plane(points_mm)
        link = self.to_shown(measurement)
        return None if link is None else plane.to_plane(link.apply(points_mm))

    def reach_mm(self, plane: Plane) -> float:
        """Half the thickness of the planning image's slices that a plane shows: how near counts as on it."""
        planning = self._case.planning
        below, above = thickness_mm(plane, planning.grid if planning else None, 2 * DEFAULT_REACH_MM)
        return max(above - below, 1e-3) / 2

    def look_at(self, identifier: str) -> bool:
        """Bring a measurement to the middle of the views; False when nothing says where it lies in them."""
        measurement = self.current(identifier)
        link = self.to_shown(measurement) if measurement is not None else None
        if measurement is None or link is None:
            return False
        self.looked_at.emit(link.apply(middle_mm(measurement)))
        return True

    # ------------------------------------------------------------------ what they say

    def link_to(self, measurement: Measurement, key: str) -> SpatialMap | None:
        """The map from a measurement's frame to an image's; None when the image is gone or nothing links them."""
        image = self._case.images.get(key)
        if image is None:
            return None
        here, there = measurement.frame_of_reference_uid, image.frame_of_reference_uid
        if here == there and (here or key == self._case.planning_key):
            return _SAME
        return self._case.transform(here, there) if here and there else None

    def statistics(self, measurement: Measurement, key: str) -> Statistics | None:
        """The figures of an image in a region; None when the image is gone or nothing links it to the region."""
        link, image = self.link_to(measurement, key), self._case.images.get(key)
        if link is None or image is None:
            return None
        place = (measurement.identifier, key)
        matrix = link_key(link)
        known = self._known.get(place)
        if known is None or known[0] is not measurement or known[1] is not image or known[2] != matrix:
            known = measurement, image, matrix, measurement_statistics(measurement, image, link)
            self._known[place] = known
        return known[3]

    def is_provisional(self, measurement: Measurement, key: str) -> bool:
        """Whether the figures of an image in a measurement hang on a registration that nobody has accepted."""
        return self.comes_provisionally(measurement.frame_of_reference_uid, key)

    def comes_provisionally(self, frame_uid: str, key: str) -> bool:
        """As `is_provisional`, for what lies in a frame of reference."""
        image = self._case.images.get(key)
        there = image.frame_of_reference_uid if image is not None else ""
        return bool(frame_uid and there) and frame_uid != there and self._case.is_provisional(frame_uid, there)

    def words(self, measurement: Measurement, *, short: bool = False, first: str = "") -> list[str]:
        """What a measurement says on a slice, one line each: its own name, its size, what regions hold.

        short: only the area of a region, and what the first image holds. first: key of the image that comes first.
        """
        lines = [measurement.name] if measurement.identifier and measurement.is_named else []
        if not measurement.is_region:
            return [*lines, size_words(measurement)]
        sides = "" if short else sides_words(measurement)
        lines.append(" · ".join(word for word in (size_words(measurement), sides) if word))
        keys = sorted(self.shown_images(), key=lambda key: key != first)
        for key in keys[: 1 if short else MOST_IMAGES]:
            found = self.statistics(measurement, key)
            if found is not None and found.mean is not None:
                image = self._case.images[key]
                mark = PROVISIONAL_MARK if self.is_provisional(measurement, key) else ""
                lines.append(f"{image.modality or 'Image'} {spread_words(found.mean, found.sd, found.unit)}{mark}")
        return lines

    # ------------------------------------------------------------------ following

    def _added(self, identifier: str) -> None:
        self._selected = identifier
        self.selected_changed.emit(identifier)
        self.changed.emit()

    def _changed(self, _identifier: str) -> None:
        self.changed.emit()

    def _removed(self, identifier: str) -> None:
        for place in [place for place in self._known if place[0] == identifier]:
            del self._known[place]
        if self._in_hand is not None and self._in_hand.identifier == identifier:
            self._in_hand = None
        if identifier == self._selected:
            self._selected = ""
            self.selected_changed.emit("")
        self.changed.emit()
