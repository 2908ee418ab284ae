"""Assessing a registration completes its figures and judges them."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from tests.cli.test_register import TRUTH, head
from tests.structures.test_agreement import ball
from workstation.fusion.landmarks import LandmarkPair
from workstation.fusion.registration import Registration, RegistrationError
from workstation.geometry.deformation import Deformation, DisplacementField, FieldStep
from workstation.geometry.mask import Mask
from workstation.geometry.plane import Plane
from workstation.geometry.transform import Transform
from workstation.images.volume import Volume
from workstation.measurements.registration_quality import assess, same_structures
from workstation.structures.structure import Structure


class Small:
    """A head on CT and MR, which lies by TRUTH elsewhere, with a ball drawn on the CT."""

    def __init__(self) -> None:
        self.ct = head("CT", "2.25.501", Transform.identity())
        self.mr = head("MR", "2.25.502", TRUTH.inverse())
        frames = self.ct.frame_of_reference_uid, self.mr.frame_of_reference_uid
        self.registration = Registration("truth", *frames, TRUTH, "known truth")
        self.gtv = Structure("gtv", 1, "GTV", ball(12.0, (20.0, -10.0, 5.0)), frame_of_reference_uid=frames[0])


@pytest.fixture(scope="module")
def case() -> Small:
    return Small()


@pytest.fixture(scope="module")
def mr(case: Small) -> Volume:
    return case.mr


def moved(structure: Structure, move: Transform, frame: str) -> Structure:
    """A structure in another frame: its plane is carried, its rings stay."""
    plane, turn = structure.stack.plane, move.matrix[:3, :3]
    there = Plane(move.apply(plane.origin_mm), turn @ plane.u, turn @ plane.v)
    return replace(structure, stack=replace(structure.stack, plane=there), frame_of_reference_uid=frame)


def pairs(case: Small, mr: Volume, off: Transform) -> list[LandmarkPair]:
    truth = case.registration.fixed_to_moving
    frames = case.ct.frame_of_reference_uid, mr.frame_of_reference_uid
    points = case.ct.grid.centre_mm + 50 * np.concatenate([np.eye(3), -np.eye(3)])
    return [LandmarkPair.new(n + 1, *frames, p, off.apply(truth.apply(p))) for n, p in enumerate(points)]


def test_everything_is_measured_and_judged(case: Small, mr: Volume) -> None:
    registration, truth = case.registration, case.registration.fixed_to_moving
    gtv = case.gtv
    theirs = moved(gtv, Transform.from_rigid((1.0, 0, 0)).after(truth), mr.frame_of_reference_uid)
    reverse = Registration("b", registration.moving_frame_uid, registration.fixed_frame_uid, truth.inverse(), "")
    heard: list[float] = []
    found = assess(
        registration, case.ct, mr, landmarks=pairs(case, mr, Transform.from_rigid((0.6, 0.8, 0))), reverse=reverse,
        structures_fixed=[gtv], structures_moving=[replace(theirs, name="gtv ")],
        stability={"spread": 0.1, "offset": 0.1, "at_mm": [0, 0, 0], "repeats": 4, "failed": 0},
        progress=lambda f, s: heard.append(f),
    )  # fmt: skip
    quality = found.quality
    assert quality["verdict"] == "good" and quality["reasons"] == [] and quality["unmeasured"] == []
    assert quality["landmarks"]["tre_mm"] == {"mean": pytest.approx(1.0), "max": pytest.approx(1.0)}
    assert quality["structures"][0]["name"] == "GTV"
    assert quality["structures"][0]["mean_distance_mm"] == pytest.approx(0.5, abs=0.1)
    assert np.linalg.norm(quality["structures"][0]["centroid_shift_mm"]) == pytest.approx(1.0, abs=0.05)
    assert quality["inverse_consistency_mm"]["max"] < 1e-6
    assert quality["displacement_mm"]["max"] > quality["displacement_mm"]["min"] >= 0
    six = quality["six_degrees"]
    assert six["patient"]["translation_mm"] == pytest.approx(truth.translation_mm(case.ct.grid.centre_mm), abs=1e-3)
    assert six["couch"] is not None and len(six["patient"]["words"]) >= 2
    assert heard == sorted(heard) and heard[-1] == 1.0
    assert json.loads(json.dumps(quality, allow_nan=False)) == quality
    assert found.identifier == registration.identifier and registration.quality is not quality
    again = assess(found, case.ct, mr)
    assert again.quality["verdict"] == "good" and again.quality["landmarks"] == quality["landmarks"]


def test_landmarks_above_tolerance_make_it_doubtful(case: Small, mr: Volume) -> None:
    found = assess(case.registration, case.ct, mr, landmarks=pairs(case, mr, Transform.from_rigid((0, 0, 4.5))))
    assert found.quality["verdict"] == "doubtful"
    side = max(*case.ct.grid.spacing_mm, *mr.grid.spacing_mm)
    assert f"The mean landmark error, 4.5 mm, is above {side:.1f} mm." in found.quality["reasons"]
    assert found.quality["landmarks"]["fle_mm"] == pytest.approx(0.0, abs=1e-6)


def test_pairs_that_were_fitted_do_not_judge_the_fit(case: Small, mr: Volume) -> None:
    all_pairs = pairs(case, mr, Transform.from_rigid((0, 0, 1.0)))
    fitted = {"count": 5, "fitted": True, "fre_mm": 0.1, "pairs": [{"number": n} for n in range(1, 6)]}
    registration = replace(case.registration, quality={"landmarks": fitted, "verdict": "good", "reasons": []})
    same = assess(registration, case.ct, mr, landmarks=all_pairs[:5])
    assert same.quality["landmarks"] == fitted and any("too few" in s for s in same.quality["unmeasured"])
    checked = assess(registration, case.ct, mr, landmarks=all_pairs)
    assert checked.quality["landmarks"]["checked_by"] == 1
    assert checked.quality["landmarks"]["tre_mm"]["mean"] == pytest.approx(1.0)


def test_a_deformable_registration_has_bending_and_a_jacobian(case: Small, mr: Volume) -> None:
    grid = case.ct.grid
    coarse = type(grid)(grid.origin_mm, grid.spacing_mm * 8, grid.direction, [n // 8 + 2 for n in grid.size])
    field = np.zeros((*coarse.shape, 3), np.float32)
    field[::2, ::2, ::2, 0] = 3.0
    whole = Deformation([FieldStep(DisplacementField(coarse, field)), case.registration.fixed_to_moving])
    found = assess(replace(case.registration, fixed_to_moving=whole), case.ct, mr, target_mm=grid.centre_mm).quality
    assert 0 < found["displacement_mm"]["max"] <= 3.0 and found["moved_mm"]["max"] > 5
    assert 0 < found["jacobian"]["min"] < 1 < found["jacobian"]["max"] and found["jacobian"]["folded_fraction"] == 0
    assert "stability_mm" not in found
    folded = Deformation([FieldStep(DisplacementField(coarse, field * 40)), case.registration.fixed_to_moving])
    worse = assess(replace(case.registration, fixed_to_moving=folded), case.ct, mr).quality
    assert worse["verdict"] == "failed" and any("folds" in s for s in worse["reasons"])


def test_a_region_restricts_the_displacements(case: Small, mr: Volume) -> None:
    turn = Transform.from_rigid((0, 0, 0), (0, 0, 10), case.ct.grid.centre_mm)
    registration = replace(case.registration, fixed_to_moving=turn)
    middle = [n // 2 for n in case.ct.grid.size]
    near = Mask(case.ct.grid, (middle[0], middle[1], middle[2]), np.ones((2, 2, 2), bool))
    found = assess(registration, case.ct, mr, region=near)
    assert found.quality["displacement_mm"]["max"] < 2
    assert assess(registration, case.ct, mr).quality["displacement_mm"]["max"] > 5
    with pytest.raises(RegistrationError, match="empty region"):
        assess(registration, case.ct, mr, region=Mask(case.ct.grid, (0, 0, 0), np.zeros((2, 2, 2), bool)))


def test_images_of_other_frames_are_refused(case: Small, mr: Volume) -> None:
    with pytest.raises(RegistrationError, match="moving image lies in another frame"):
        assess(case.registration, case.ct, case.ct)


def test_it_is_registered_backwards_and_repeated_on_request(
    case: Small, mr: Volume, monkeypatch: pytest.MonkeyPatch
) -> None:
    truth = case.registration.fixed_to_moving
    asked: list[str] = []

    def engine(fixed, moving, *, progress):
        asked.append(fixed.modality)
        return Registration("b", fixed.frame_of_reference_uid, moving.frame_of_reference_uid, truth.inverse(), "")

    def repeated(fixed, moving, registration, at_mm, *, progress):
        asked.append("repeated")
        raise RegistrationError("Of 6 perturbed starts 0 led to a registration")

    monkeypatch.setattr("workstation.measurements.registration_quality.register_rigid", engine)
    monkeypatch.setattr("workstation.measurements.registration_quality.repeated", repeated)
    found = assess(case.registration, case.ct, mr, backwards=True, target_mm=case.ct.grid.centre_mm).quality
    assert asked == ["MR", "repeated"]
    assert found["inverse_consistency_mm"]["max"] < 1e-6 and "stability_mm" not in found
    assert found["attempts"] == ["Repeated it leads nowhere: Of 6 perturbed starts 0 led to a registration."]
    assert found["verdict"] == "doubtful"


def test_structures_of_two_images_are_matched_by_name(case: Small) -> None:
    def called(*names: str) -> list[Structure]:
        return [replace(case.gtv, identifier=f"{names} {name}", name=name) for name in names]

    def pairs(of_fixed: list[Structure], of_moving: list[Structure]) -> list[tuple[str, str]]:
        return [(one.name, other.name) for one, other in same_structures(of_fixed, of_moving)]

    assert pairs(called("GTV", "Brain"), called("brain_2", "GTV_MR")) == [("GTV", "GTV_MR"), ("Brain", "brain_2")]
    assert pairs(called("GTV", "GTV_2"), called("GTV_2")) == [("GTV_2", "GTV_2")]
    assert pairs(called("Node_1"), called("Node_2")) == []
    assert pairs(called("Cord"), called("Chord")) == []
    both = called("GTV")
    assert pairs(both, both) == []
