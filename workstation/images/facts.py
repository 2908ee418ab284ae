"""What is known of an image without its files, as lines for people: how it lies, whose it is, how it was acquired."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from workstation.geometry.orientation import direction_letters, plane_name
from workstation.images.volume import Volume


@dataclass(frozen=True, slots=True)
class Fact:
    """One line. group: what it is about, such as "Grid". name, value: in words, units in the value."""

    group: str
    name: str
    value: str


def facts_of(volume: Volume) -> list[Fact]:
    """Everything that a volume holds of itself, group by group; what is not known is left out."""
    lines = (
        *_image(volume),
        *_grid(volume),
        *_patient(volume),
        *(Fact("Acquisition", name, value) for name, value in volume.acquisition.items()),
        *(Fact("Study", name, value) for name, value in volume.study.items()),
        *_files(volume),
        *(Fact("Warnings", "", warning) for warning in volume.warnings),
    )
    return [fact for fact in lines if fact.value.strip()]


def _image(volume: Volume) -> Iterator[Fact]:
    yield Fact("Image", "Modality", volume.modality)
    yield Fact("Image", "Description", volume.description)
    yield Fact("Image", "Unit", volume.unit)
    yield Fact("Image", "Held as", f"{volume.voxels.dtype}, {volume.voxels.nbytes / 1e6:.1f} MB")
    yield Fact("Image", "Series UID", volume.series_uid)
    yield Fact("Image", "Study UID", volume.study_uid)
    yield Fact("Image", "Frame of reference UID", volume.frame_of_reference_uid)


def _grid(volume: Volume) -> Iterator[Fact]:
    grid = volume.grid
    yield Fact("Grid", "Size", " × ".join(str(n) for n in grid.size) + " voxels (columns × rows × slices)")
    yield Fact("Grid", "Spacing", _numbers(grid.spacing_mm, " × ", 5) + " mm")
    yield Fact("Grid", "Extent", _numbers(grid.spacing_mm * grid.size, " × ", 1) + " mm")
    yield Fact("Grid", "Centre of the first voxel", _numbers(grid.origin_mm, ", ", 4) + " mm (x, y, z)")
    yield Fact("Grid", "Slices are", plane_name(grid.normal))
    for axis, name in enumerate(("Rows run", "Columns run", "Slices follow")):
        direction = grid.direction[:, axis]
        yield Fact("Grid", name, f"towards {direction_letters(direction)} ({_numbers(direction, ', ', 6)})")
    positions = volume.slice_positions_mm
    if len(volume.slices):
        yield Fact("Grid", "Acquired slices", f"{len(positions)}, from {positions[0]:.2f} to {positions[-1]:.2f} mm")


def _patient(volume: Volume) -> Iterator[Fact]:
    who = volume.patient
    yield Fact("Patient", "Name", who.name)
    yield Fact("Patient", "Id", who.identifier)
    yield Fact("Patient", "Birth date", who.birth_date)
    yield Fact("Patient", "Sex", who.sex)
    yield Fact("Patient", "Position", volume.patient_position)


def _files(volume: Volume) -> Iterator[Fact]:
    files = list(dict.fromkeys(volume.files))
    if not files:
        return
    yield Fact("Files", "Read from", files[0])
    if len(files) > 1:
        yield Fact("Files", "and", f"{len(files) - 1} more")


def _numbers(values: object, between: str, decimals: int) -> str:
    return between.join(f"{round(float(v), decimals) + 0.0:g}" for v in values)  # type: ignore[attr-defined]
