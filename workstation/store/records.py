"""Contents and changes of a case as JSON and arrays, and back, without loss of a bit.

An `Encoder` collects the arrays of one record; the JSON refers to them by number. An image is written as its key
only: `workstation.store.image_reference` says where it comes from.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workstation.case.changes import Change, ContoursReplaced, EntryReplaced, SettingReplaced
from workstation.case.contents import Contents
from workstation.fusion.landmarks import LandmarkPair
from workstation.fusion.registration import Registration
from workstation.geometry.deformation import Deformation, DisplacementField, FieldStep, SpatialMap
from workstation.geometry.grid import Grid
from workstation.geometry.plane import Plane
from workstation.geometry.region import Region
from workstation.geometry.transform import Transform
from workstation.images.own_frame import is_separated_frame
from workstation.images.volume import Volume
from workstation.measurements.measurement import Measurement
from workstation.store.errors import StoreError
from workstation.store.packing import Values
from workstation.structures.evidence_recipe import EvidenceRecipe, PhaseUsed
from workstation.structures.recipe import Limit, Margin, Recipe
from workstation.structures.structure import (
    ContourStack,
    ImageReference,
    ImportedRing,
    PlanarContours,
    State,
    Structure,
)

Record = dict[str, Any]
Arrays = list[Values]
Images = Callable[[str], Volume]
"""Finds an image by its key; raises CaseError when it is not to be had."""

MALFORMED = (KeyError, TypeError, ValueError, IndexError, AttributeError)


class Encoder:
    """Turns values into JSON; `arrays` holds what the JSON refers to by number."""

    def __init__(self) -> None:
        self.arrays: Arrays = []

    def contents(self, contents: Contents) -> Record:
        """Everything in a case; images by key."""
        return {
            "images": list(contents.images),
            "image_frames": {key: image.frame_of_reference_uid for key, image in contents.images.items()},
            "structures": [self.structure(item) for item in contents.structures.values()],
            "registrations": [self.registration(item) for item in contents.registrations.values()],
            "planning_key": contents.planning_key,
            "surface_model": contents.surface_model,
            "measurements": [self.measurement(item) for item in contents.measurements.values()],
            "landmarks": [self.landmark(item) for item in contents.landmarks.values()],
        }

    def change(self, change: Change) -> Record:
        """One change of a step."""
        if isinstance(change, ContoursReplaced):
            before, after = self._slices(change.before), self._slices(change.after)
            return {"change": "contours", "identifier": change.identifier, "before": before, "after": after}
        if isinstance(change, SettingReplaced):
            return {"change": "setting", "name": change.name, "before": change.before, "after": change.after}
        return {
            "change": "entry",
            "table": change.table,
            "key": change.key,
            "position": change.position,
            "keeps_contours": change.keeps_contours,
            "before": self._entry(change.before, change.keeps_contours),
            "after": self._entry(change.after, change.keeps_contours),
        }

    def structure(self, structure: Structure, with_contours: bool = True) -> Record:
        """A structure; without its contours where a change leaves them alone."""
        return {
            "identifier": structure.identifier,
            "number": structure.number,
            "name": structure.name,
            "stack": self._stack(structure.stack, with_contours),
            "color": list(structure.color),
            "interpreted_type": structure.interpreted_type,
            "frame_of_reference_uid": structure.frame_of_reference_uid,
            "recipe": asdict(structure.recipe) if structure.recipe else None,
            "state": structure.state.value,
            "locked": structure.locked,
            "loose": [asdict(ring) for ring in structure.loose],
            "generation_algorithm": structure.generation_algorithm,
            "warnings": list(structure.warnings),
            "evidence": asdict(structure.evidence) if structure.evidence else None,
        }

    def registration(self, registration: Registration) -> Record:
        """A registration with its matrix."""
        return {
            "identifier": registration.identifier,
            "fixed_frame_uid": registration.fixed_frame_uid,
            "moving_frame_uid": registration.moving_frame_uid,
            "fixed_to_moving": self._map(registration.fixed_to_moving),
            "method": registration.method,
            "quality": registration.quality,
            "accepted_by": registration.accepted_by,
            "accepted_at": registration.accepted_at,
        }

    def measurement(self, measurement: Measurement) -> Record:
        """A measurement with its points and its plane."""
        return {
            "identifier": measurement.identifier,
            "number": measurement.number,
            "name": measurement.name,
            "kind": measurement.kind,
            "points": self._put(measurement.points_mm),
            "plane": self._plane(measurement.plane),
            "frame_of_reference_uid": measurement.frame_of_reference_uid,
            "color": list(measurement.color),
            "images": list(measurement.image_keys),
        }

    def landmark(self, pair: LandmarkPair) -> Record:
        """A pair of landmarks; a side that is not placed yet is null."""
        sides = [None if point is None else self._put(point) for point in (pair.fixed_mm, pair.moving_mm)]
        return {
            "identifier": pair.identifier,
            "number": pair.number,
            "name": pair.name,
            "fixed_frame_uid": pair.fixed_frame_uid,
            "moving_frame_uid": pair.moving_frame_uid,
            "points": sides,
        }

    def _entry(self, entry: Any, keeps_contours: bool) -> Record | None:
        if entry is None:
            return None
        if isinstance(entry, Structure):
            return self.structure(entry, with_contours=not keeps_contours)
        if isinstance(entry, Registration):
            return self.registration(entry)
        if isinstance(entry, Measurement):
            return self.measurement(entry)
        if isinstance(entry, LandmarkPair):
            return self.landmark(entry)
        if isinstance(entry, Volume):
            return {"image": entry.key, "frame": entry.frame_of_reference_uid}
        raise StoreError(f"A case file has no place for a {type(entry).__name__}")

    def _stack(self, stack: ContourStack, with_contours: bool) -> Record:
        return {
            "plane": self._plane(stack.plane),
            "slice_spacing_mm": stack.slice_spacing_mm,
            "slices": self._slices(stack.slices) if with_contours else [],
        }

    def _plane(self, plane: Plane) -> int:
        return self._put(np.stack([plane.origin_mm, plane.u, plane.v, plane.normal]))

    def _slices(self, slices: tuple[PlanarContours, ...]) -> list[Record]:
        return [
            {
                "position_mm": float(drawn.position_mm),
                "rings": [self._put(ring) for ring in drawn.region.rings],
                "imported": [asdict(ring) for ring in drawn.imported],
            }
            for drawn in slices
        ]

    def _map(self, spatial_map: SpatialMap) -> int | list[Record]:
        """The number of a matrix, or one record for each step of a chain that bends."""
        if isinstance(spatial_map, Transform):
            return self._put(spatial_map.matrix)
        return [self._step(step) for step in spatial_map.steps]

    def _step(self, step: Transform | FieldStep) -> Record:
        if isinstance(step, Transform):
            return {"matrix": self._put(step.matrix)}
        field = step.field
        return {
            "grid": self._put(np.vstack([field.grid.origin_mm, field.grid.spacing_mm, field.grid.direction])),
            "size": list(field.grid.size),
            "displacement": self._put(field.displacement_mm.reshape(-1, 3)),
            "inverted": step.inverted,
        }

    def _put(self, array: Values) -> int:
        self.arrays.append(array)
        return len(self.arrays) - 1


class Decoder:
    """Turns JSON and its arrays back into values; raises StoreError for what is malformed."""

    def __init__(self, arrays: Arrays, images: Images) -> None:
        self._arrays = arrays
        self._images = images

    def contents(self, record: Record, images: Mapping[str, Volume]) -> Contents:
        """Everything in a case, with those of its images that are given."""
        try:
            structures = [self.structure(item) for item in record["structures"]]
            registrations = [self.registration(item) for item in record["registrations"]]
            # files from before there were measurements have none, and the same for landmarks
            measurements = [self.measurement(item) for item in record.get("measurements", [])]
            landmarks = [self.landmark(item) for item in record.get("landmarks", [])]
            frames = dict(record.get("image_frames", {}))
            return Contents(
                images=MappingProxyType(
                    {key: _placed(images[key], frames.get(key)) for key in record["images"] if key in images}
                ),
                structures=MappingProxyType({item.identifier: item for item in structures}),
                registrations=MappingProxyType({item.identifier: item for item in registrations}),
                planning_key=str(record["planning_key"]),
                surface_model=str(record["surface_model"]),
                measurements=MappingProxyType({item.identifier: item for item in measurements}),
                landmarks=MappingProxyType({item.identifier: item for item in landmarks}),
            )
        except MALFORMED as error:
            raise StoreError(f"A snapshot of the case can't be read: {error!r}") from error

    def change(self, record: Record) -> Change:
        """One change of a step."""
        kind = record["change"]
        if kind == "contours":
            before, after = self._slices(record["before"]), self._slices(record["after"])
            return ContoursReplaced(str(record["identifier"]), before, after)
        if kind == "setting":
            return SettingReplaced(str(record["name"]), record["before"], record["after"])
        if kind == "entry":
            table, key = str(record["table"]), str(record["key"])
            before, after = self._entry(table, record["before"]), self._entry(table, record["after"])
            return EntryReplaced(table, key, before, after, record["position"], bool(record["keeps_contours"]))
        raise StoreError(f"A step of the case contains an unknown change {kind!r}")

    def structure(self, record: Record) -> Structure:
        """A structure."""
        red, green, blue = (int(part) for part in record["color"])
        return Structure(
            identifier=str(record["identifier"]),
            number=int(record["number"]),
            name=str(record["name"]),
            stack=self._stack(record["stack"]),
            color=(red, green, blue),
            interpreted_type=str(record["interpreted_type"]),
            frame_of_reference_uid=str(record["frame_of_reference_uid"]),
            recipe=_recipe(record["recipe"]) if record["recipe"] else None,
            state=State(record["state"]),
            locked=bool(record["locked"]),
            loose=tuple(_imported(ring) for ring in record["loose"]),
            generation_algorithm=str(record["generation_algorithm"]),
            warnings=tuple(str(text) for text in record["warnings"]),
            evidence=_evidence(record["evidence"]) if record.get("evidence") else None,
        )

    def registration(self, record: Record) -> Registration:
        """A registration."""
        return Registration(
            identifier=str(record["identifier"]),
            fixed_frame_uid=str(record["fixed_frame_uid"]),
            moving_frame_uid=str(record["moving_frame_uid"]),
            fixed_to_moving=self._map(record["fixed_to_moving"]),
            method=str(record["method"]),
            quality=dict(record["quality"]),
            accepted_by=str(record["accepted_by"]),
            accepted_at=str(record.get("accepted_at", "")),
        )

    def measurement(self, record: Record) -> Measurement:
        """A measurement."""
        red, green, blue = (int(part) for part in record["color"])
        return Measurement(
            identifier=str(record["identifier"]),
            number=int(record["number"]),
            name=str(record["name"]),
            kind=str(record["kind"]),
            points_mm=self._array(record["points"]),
            plane=_exact_plane(self._array(record["plane"])),
            frame_of_reference_uid=str(record["frame_of_reference_uid"]),
            color=(red, green, blue),
            image_keys=tuple(str(key) for key in record["images"]),
        )

    def landmark(self, record: Record) -> LandmarkPair:
        """A pair of landmarks."""
        fixed_mm, moving_mm = (None if number is None else self._array(number) for number in record["points"])
        return LandmarkPair(
            identifier=str(record["identifier"]),
            number=int(record["number"]),
            name=str(record["name"]),
            fixed_frame_uid=str(record["fixed_frame_uid"]),
            moving_frame_uid=str(record["moving_frame_uid"]),
            fixed_mm=fixed_mm,
            moving_mm=moving_mm,
        )

    def _entry(self, table: str, record: Record | None) -> Any:
        if record is None:
            return None
        if table == "structures":
            return self.structure(record)
        if table == "registrations":
            return self.registration(record)
        if table == "measurements":
            return self.measurement(record)
        if table == "landmarks":
            return self.landmark(record)
        if table == "images":
            return _in_frame(self._images(str(record["image"])), record.get("frame"))
        raise StoreError(f"A case has no table {table!r}")

    def _stack(self, record: Record) -> ContourStack:
        spacing_mm = float(record["slice_spacing_mm"])
        return ContourStack(_exact_plane(self._array(record["plane"])), spacing_mm, self._slices(record["slices"]))

    def _slices(self, records: list[Record]) -> tuple[PlanarContours, ...]:
        return tuple(
            PlanarContours(
                float(record["position_mm"]),
                Region([self._array(number) for number in record["rings"]]),
                tuple(_imported(ring) for ring in record["imported"]),
            )
            for record in records
        )

    def _map(self, record: Any) -> SpatialMap:
        if isinstance(record, int):
            return Transform(self._array(record))
        return Deformation(self._step(step) for step in record)

    def _step(self, record: Record) -> Transform | FieldStep:
        if "matrix" in record:
            return Transform(self._array(record["matrix"]))
        rows = self._array(record["grid"])
        grid = Grid(rows[0], rows[1], rows[2:], record["size"])
        values = self._found(record["displacement"]).reshape(*grid.shape, 3)
        return FieldStep(DisplacementField(grid, values), bool(record["inverted"]))

    def _array(self, number: Any) -> NDArray[np.float64]:
        found = self._found(number)
        if found.dtype != np.float64:
            raise StoreError("A record of the case holds a field where it needs points")
        return np.asarray(found, dtype=np.float64)

    def _found(self, number: Any) -> Values:
        if not isinstance(number, int) or not 0 <= number < len(self._arrays):
            raise StoreError("A record of the case refers to contours that it doesn't contain")
        return self._arrays[number]


def _placed(image: Volume, frame_uid: object) -> Volume:
    return _in_frame(image, frame_uid) or image


def _in_frame(image: Volume | None, frame_uid: object) -> Volume | None:
    """An image in the frame of reference that it has in the case: it may have been given one of its own.

    What else a file may say of an image's frame now counts: the case was written when it said something else.
    """
    if image is None or not isinstance(frame_uid, str) or frame_uid == image.frame_of_reference_uid:
        return image
    given = is_separated_frame(frame_uid) or is_separated_frame(image.frame_of_reference_uid)
    return replace(image, frame_of_reference_uid=frame_uid) if given else image


def _exact_plane(rows: NDArray[np.float64]) -> Plane:
    """The plane with exactly these axes: making them orthonormal once more could change their last bits."""
    checked = Plane(rows[0], rows[1], rows[2])
    if rows.shape != (4, 3) or not np.allclose(checked.axes, rows[1:], atol=1e-9):
        raise StoreError("A record of the case has a plane whose axes are not orthonormal")
    for name, row in zip(("origin_mm", "u", "v", "normal"), rows, strict=True):
        exact = row.copy()
        exact.setflags(write=False)
        object.__setattr__(checked, name, exact)
    checked.__dict__.pop("axes", None)  # made of the axes as they were
    return checked


def _recipe(record: Record) -> Recipe:
    return Recipe(
        source_identifier=str(record["source_identifier"]),
        margin=Margin(**{str(side): float(value) for side, value in record["margin"].items()}),
        crop_to=tuple(Limit(str(x["structure_identifier"]), float(x["margin_mm"])) for x in record["crop_to"]),
        avoid=tuple(Limit(str(x["structure_identifier"]), float(x["margin_mm"])) for x in record["avoid"]),
    )


def _evidence(record: Record) -> EvidenceRecipe:
    phases = tuple(
        PhaseUsed(
            str(phase["image_key"]), str(phase["name"]), None if phase["time_s"] is None else float(phase["time_s"]),
            _numbers(phase["to_phase"]), float(phase["residual_mm"]),
        )
        for phase in record["phases"]
    )  # fmt: skip
    return EvidenceRecipe(
        phases=phases,
        reference_key=str(record["reference_key"]),
        registrations=tuple(str(each) for each in record["registrations"]),
        link=_numbers(record["link"]),
        evidence=str(record["evidence"]),
        formula=str(record["formula"]),
        threshold=float(record["threshold"]),
        higher=bool(record["higher"]),
        seed_mm=_numbers(record["seed_mm"]),
        inputs=tuple((str(identifier), str(told)) for identifier, told in record["inputs"]),
        d_prime=float(record["d_prime"]),
        auc=float(record["auc"]),
        sentence=str(record["sentence"]),
        warnings=tuple(str(text) for text in record["warnings"]),
        drawn=str(record["drawn"]),
        accepted_by=str(record["accepted_by"]),
        accepted_at=str(record["accepted_at"]),
        weights=_numbers(record.get("weights", ())),
    )


def _numbers(values: Any) -> tuple[float, ...]:
    return tuple(float(value) for value in values)


def _imported(record: Record) -> ImportedRing:
    return ImportedRing(
        contour_data=str(record["contour_data"]),
        geometric_type=str(record["geometric_type"]),
        images=tuple(ImageReference(**image) for image in record["images"]),
        number=record["number"],
        attached=tuple(int(n) for n in record["attached"]),
    )
