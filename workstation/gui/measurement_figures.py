"""The figures that the panel of measurements shows and writes, for every shown image."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from workstation.editing.measuring import PROVISIONAL_MARK, link_key
from workstation.fusion.registration import transform_between
from workstation.geometry.deformation import SpatialMap
from workstation.geometry.transform import Transform
from workstation.gui.jobs.runner import Job, JobRunner
from workstation.gui.session import Session
from workstation.gui.viewport.readout import image_labels
from workstation.images.volume import Volume
from workstation.images.whole_file import reason
from workstation.jobs.progress import Progress, part
from workstation.measurements.export import Row, measurement_rows, write_csv
from workstation.measurements.measurement import Measurement
from workstation.measurements.profile import Profile, line_profile
from workstation.measurements.statistics import Statistics, structure_statistics
from workstation.measurements.words import computed_words, value_words, volume_words
from workstation.structures.structure import ContourStack

Figures = dict[str, Statistics | None]
"""By image key; None where nothing links an image to what was measured."""


def shown_images(session: Session) -> list[Volume]:
    """The images on screen."""
    images = session.case.images
    return [images[key] for key in session.desk.measuring.shown_images() if key in images]


def names_of(session: Session, images: list[Volume], frame_uid: str) -> dict[str, str]:
    """A short name of each image by its key, with a mark where its figures are provisional.

    frame_uid: frame of reference of what is measured.
    """
    keys = [image.key for image in images]
    marks = [PROVISIONAL_MARK if session.desk.measuring.comes_provisionally(frame_uid, key) else "" for key in keys]
    return {key: name + mark for key, name, mark in zip(keys, image_labels(images), marks, strict=True)}


def region_figures(session: Session, measurement: Measurement) -> Figures:
    """Of a region in every shown image."""
    return {image.key: session.desk.measuring.statistics(measurement, image.key) for image in shown_images(session)}


def profile_of(session: Session, measurement: Measurement) -> Profile | None:
    """The values of every shown image along a profile; None where its ends lie on each other."""
    if measurement.length_mm <= 0:
        return None
    images, links = {}, {}
    for image in shown_images(session):
        link = session.desk.measuring.link_to(measurement, image.key)
        if link is not None:
            images[image.key], links[image.key] = image, link
    return line_profile(*measurement.points_mm, images, links)


def all_rows(session: Session) -> list[Row]:
    """The table of all measurements; regions with the figures of every image that is shown, or was when it was made."""
    measured, provisional = [], set()
    for measurement in session.case.measurements.values():
        keys = dict.fromkeys((*session.desk.measuring.shown_images(), *measurement.image_keys))
        found = {}
        for key in keys if measurement.is_region else ():
            figures = session.desk.measuring.statistics(measurement, key)
            if figures is not None:
                name = _unique(session.image_name(key) or key, found)
                found[name] = figures
                if session.desk.measuring.is_provisional(measurement, key):
                    provisional.add((measurement.identifier, name))
        measured.append((measurement, found))
    return measurement_rows(measured, lambda measurement, name: (measurement.identifier, name) in provisional)


def _unique(name: str, taken: dict[str, Statistics]) -> str:
    number = 2
    wanted = name
    while wanted in taken:
        wanted, number = f"{name} ({number})", number + 1
    return wanted


def save_rows(session: Session, path: str, rows: list[list[str]]) -> bool:
    """Write a table; when that fails, the session's `refused` says why."""
    target = Path(path) if Path(path).suffix else Path(path).with_suffix(".csv")
    try:
        write_csv(target, rows)
    except OSError as error:
        session.refused.emit(f"{target.name} can't be written: {reason(error)}")
        return False
    return True


ROWS: tuple[tuple[str, Callable[[Statistics], str]], ...] = (
    ("Mean", lambda f: computed_words(f.mean, f.unit)),
    ("SD", lambda f: computed_words(f.sd, f.unit)),
    ("Minimum", lambda f: value_words(f.minimum, f.unit)),
    ("Maximum", lambda f: value_words(f.maximum, f.unit)),
    ("Median", lambda f: value_words(f.median, f.unit)),
    ("5 %", lambda f: value_words(f.p5, f.unit)),
    ("95 %", lambda f: value_words(f.p95, f.unit)),
    ("Pixels", lambda f: f"{f.count:.1f}" if f.count != round(f.count) else f"{f.count:.0f}"),
    ("In image", lambda f: f"{100 * f.covered:.0f} %"),
)
"""What a table of figures says, line by line."""

RULES = {
    "acquired voxels": "Voxels as acquired, each by its share inside.",
    "interpolated": "Interpolated on the region's plane, each pixel by its share inside.",
    "voxel centres": "Every voxel whose centre lies inside.",
}


@dataclass(frozen=True)
class _Asked:
    """What figures of a structure depend on."""

    stack: ContourStack
    image: Volume
    link: bytes
    surface_model: str

    def same_as(self, other: _Asked) -> bool:
        return (
            self.stack is other.stack
            and self.image is other.image
            and (self.link, self.surface_model) == (other.link, other.surface_model)
        )


class StructureFigures:
    """Figures of whole structures, worked out in the background and kept until something changes."""

    def __init__(self, session: Session, runner: JobRunner, arrived: Callable[[], None]) -> None:
        self._session, self._runner, self._arrived = session, runner, arrived
        self._known: dict[tuple[str, str], tuple[_Asked, Statistics]] = {}
        self._wanted: list[tuple[tuple[str, str], _Asked, SpatialMap]] = []
        self._job: Job | None = None

    @property
    def busy(self) -> bool:
        """Whether figures are being worked out: not when a person has stopped that, or it failed."""
        return self._job in self._runner.jobs

    def ask_again(self) -> None:
        """Begin anew what was stopped."""
        if not self.busy:
            self._wanted = []

    def of(self, identifier: str) -> tuple[Figures, bool]:
        """What is known of a structure in every shown image, and whether there is more to come or that was stopped."""
        found: Figures = {}
        missing: list[tuple[tuple[str, str], _Asked, SpatialMap]] = []
        structure = self._session.case.structures[identifier]
        for image in shown_images(self._session):
            link = self._link(structure.frame_of_reference_uid, image)
            found[image.key] = None
            if link is None:
                continue
            asked = _Asked(structure.stack, image, link_key(link), self._session.case.surface_model)
            known = self._known.get((identifier, image.key))
            if known is not None and known[0].same_as(asked):
                found[image.key] = known[1]
            else:
                missing.append(((identifier, image.key), asked, link))
        self._ask(structure.name, missing)
        return found, bool(missing)

    def words(self, identifier: str) -> str:
        """Volume and surface model of a structure."""
        case = self._session.case
        return f"{volume_words(case.volume_cc(identifier))} ({case.surface_model})"

    def _link(self, frame_uid: str, image: Volume) -> SpatialMap | None:
        there = image.frame_of_reference_uid
        if frame_uid == there and (frame_uid or image.key == self._session.case.planning_key):
            return Transform.identity()
        if not frame_uid or not there:
            return None
        return transform_between(self._session.case.registrations.values(), frame_uid, there)

    def _ask(self, name: str, missing: list[tuple[tuple[str, str], _Asked, SpatialMap]]) -> None:
        """Begin, unless that is what is being worked out already."""
        same = len(missing) == len(self._wanted) and all(
            a[0] == b[0] and a[1].same_as(b[1]) for a, b in zip(missing, self._wanted, strict=True)
        )
        if not missing or same:
            return
        self._wanted = missing
        self._job = self._runner.start(
            f"Figures of {name}", _work_out, list(missing), then=self._take, failed=self._give_up, lane="figures"
        )

    def _take(self, found: list[tuple[tuple[str, str], _Asked, Statistics]]) -> None:
        self._wanted = []
        for place, asked, figures in found:
            self._known[place] = asked, figures
        self._arrived()

    def _give_up(self, error: Exception) -> None:
        self._runner.failed.emit("Figures of the structure", error)


def _work_out(
    asked: list[tuple[tuple[str, str], _Asked, SpatialMap]], progress: Progress
) -> list[tuple[tuple[str, str], _Asked, Statistics]]:
    """The figures of a structure in several images."""
    found = []
    for number, (place, what, link) in enumerate(asked):
        step = part(progress, number / len(asked), (number + 1) / len(asked))
        to_image = None if link.is_identity() else link
        figures = structure_statistics(
            what.stack, what.image, to_image, surface_model=what.surface_model, progress=step
        )
        found.append((place, what, figures))
    return found
