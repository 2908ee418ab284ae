"""Phases of an examination are found and put in the order of time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from workstation.geometry.grid import Grid
from workstation.images.phases import multiphase, phases_of
from workstation.images.volume import Volume

GRID = Grid((0, 0, 0), (1, 1, 3), np.eye(3), (6, 5, 4))


def phase(key: str, time: str = "", modality: str = "MR", grid: Grid = GRID, frame: str = "F") -> Volume:
    acquisition = {"AcquisitionTime": time} if time else {}
    voxels = np.zeros(grid.shape, np.int16)
    return Volume(key, voxels, grid, modality, frame_of_reference_uid=frame, acquisition=acquisition)


def table(*volumes: Volume) -> dict[str, Volume]:
    return {volume.key: volume for volume in volumes}


def test_phases_share_their_grid_and_come_in_the_order_of_time() -> None:
    late, early, before = phase("late", "101500"), phase("early", "100100.5"), phase("pre", "095900")
    images = table(late, phase("ct", modality="CT"), early, before)
    assert [v.key for v in phases_of(images, "late")] == ["pre", "early", "late"]
    assert [[v.key for v in group] for group in multiphase(images)] == [["pre", "early", "late"]]


def test_parts_of_one_series_without_times_keep_their_numbers() -> None:
    images = table(phase("1.2#10"), phase("1.2#2"), phase("1.2#1"))
    assert [v.key for v in phases_of(images, "1.2#10")] == ["1.2#1", "1.2#2", "1.2#10"]


def test_what_lies_elsewhere_is_another_examination() -> None:
    moved = Grid((0, 0, 0.2), (1, 1, 3), np.eye(3), (6, 5, 4))
    others = (phase("moved", grid=moved), phase("framed", frame="G"), phase("pet", modality="PT"))
    images = table(phase("mr"), *others)
    assert [v.key for v in phases_of(images, "mr")] == ["mr"]
    assert multiphase(images) == []


def test_another_patient_is_another_examination() -> None:
    mine = phase("mine")
    other = replace(phase("other"), patient=replace(mine.patient, identifier="2"))
    assert [v.key for v in phases_of(table(mine, other), "mine")] == ["mine"]


def test_another_sequence_on_the_same_slices_is_no_phase() -> None:
    told = {"EchoTime": "1.5", "RepetitionTime": "4"}
    one, two, t2, made = (replace(phase(k), acquisition=told) for k in ("one", "two", "t2", "map"))
    t2 = replace(t2, acquisition={"EchoTime": "90", "RepetitionTime": "4000"})
    two = replace(two, acquisition=told | {"RepetitionTime": "4.3"})
    made = replace(made, acquisition=told | {"ImageType": "DERIVED\\SECONDARY\\OTHER"})
    assert [v.key for v in phases_of(table(one, two, t2, made), "one")] == ["one", "two"]


def test_an_image_that_is_not_there_has_no_phases() -> None:
    assert phases_of(table(phase("mr")), "gone") == []
