"""Registrations in the case file: rigid or bent, to the last bit, undone after opening, refused when malformed."""

from __future__ import annotations

import numpy as np
import pytest

from tests.case.bodies import FRAME, case_with_gtv
from tests.store.test_case_file import load_images, reopened
from workstation.case.commands import AddRegistration
from workstation.case.registration_commands import AcceptRegistration, PutLandmark, SeparateImage
from workstation.fusion.landmarks import LandmarkPair
from workstation.fusion.registration import Registration
from workstation.geometry.deformation import Deformation, DisplacementField, FieldStep
from workstation.geometry.grid import Grid
from workstation.geometry.transform import Transform
from workstation.store.case_file import CaseFile
from workstation.store.errors import StoreError
from workstation.store.packing import pack, unpack
from workstation.store.records import Decoder, Encoder

TURN = Transform.from_rigid((1, 2, 3), (4, 5, 6))
GRID = Grid((-10, -20, -30), (3, 4, 5), TURN.matrix[:3, :3], (5, 4, 3))


def bent(seed: int = 1) -> Deformation:
    values = np.random.default_rng(seed).normal(0, 3, (*GRID.shape, 3))
    return Deformation((FieldStep(DisplacementField(GRID, values)), TURN))


def case_with_registrations():
    case, _ = case_with_gtv()
    case.do(AddRegistration(Registration("rigid", FRAME, "5.6", TURN, "by hand", {"verdict": "good"})))
    case.do(AddRegistration(Registration("bent", FRAME, "5.6", bent(), "B-spline")))
    case.do(AddRegistration(Registration("back", "5.6", FRAME, bent(2).inverse(), "B-spline")))
    case.do(PutLandmark(LandmarkPair("l", 1, FRAME, "5.6", np.array([1.0, 2.0, 3.1]), None, "Clivus")))
    case.do(AcceptRegistration("bent", "A. Physicist", "2026-11-25T12:00:00+01:00"))
    return case


def test_everything_comes_back_to_the_last_bit_and_can_be_undone(tmp_path):
    case = case_with_registrations()
    file = CaseFile.create(tmp_path / "a.rtcase", case)
    case.do(PutLandmark(LandmarkPair("l", 1, FRAME, "5.6", np.array([1.0, 2.0, 3.1]), np.ones(3), "Clivus")))
    file.flush()
    file.close(discard=True)
    file, again = reopened(tmp_path / "a.rtcase")
    assert list(again.registrations) == ["rigid", "bent", "back"]
    assert np.array_equal(again.registrations["rigid"].fixed_to_moving.matrix, TURN.matrix)
    for name in ("bent", "back"):
        before, after = case.registrations[name], again.registrations[name]
        assert after.fixed_to_moving.fingerprint == before.fixed_to_moving.fingerprint
        assert (after.accepted_by, after.accepted_at) == (before.accepted_by, before.accepted_at)
    assert again.landmarks["l"].complete and again.landmarks["l"].name == "Clivus"
    again.undo()
    assert again.landmarks["l"].moving_mm is None
    assert np.array_equal(again.landmarks["l"].fixed_mm, case.landmarks["l"].fixed_mm)
    file.close()


@pytest.mark.parametrize("change", [
    {"size": [5, 4, 4]}, {"displacement": 99}, {"grid": None}, {"inverted": "no", "size": "x"},
])  # fmt: skip
def test_a_malformed_field_is_a_store_error(change):
    case = case_with_registrations()
    encoder = Encoder()
    record = encoder.contents(case.contents)
    record["registrations"][1]["fixed_to_moving"][0].update(change)
    header, arrays = unpack(pack(record, encoder.arrays))
    with pytest.raises(StoreError):
        Decoder(arrays, load_images).contents(header, case.images)


def test_points_are_never_read_from_a_field():
    case = case_with_registrations()
    encoder = Encoder()
    record = encoder.contents(case.contents)
    record["registrations"][0]["fixed_to_moving"] = record["registrations"][1]["fixed_to_moving"][0]["displacement"]
    header, arrays = unpack(pack(record, encoder.arrays))
    with pytest.raises(StoreError):
        Decoder(arrays, load_images).contents(header, case.images)


def test_an_image_that_was_given_a_frame_of_its_own_has_it_after_opening(tmp_path):
    case = case_with_registrations()
    file = CaseFile.create(tmp_path / "a.rtcase", case)
    case.do(SeparateImage("ct"))
    own = case.images["ct"].frame_of_reference_uid
    file.flush()
    file.close(discard=True)
    file, again = reopened(tmp_path / "a.rtcase")
    assert again.images["ct"].frame_of_reference_uid == own and again.transform(FRAME, own) is not None
    again.undo()
    assert again.images["ct"].frame_of_reference_uid == FRAME
    file.close()
    file, again = reopened(tmp_path / "a.rtcase")
    again.redo()
    file.close()
    file, again = reopened(tmp_path / "a.rtcase")
    assert again.images["ct"].frame_of_reference_uid == own, "from the snapshot as well"
    file.close()
