"""What two images disagree about is found, weighed and said."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workstation.dicom.index import index_paths
from workstation.dicom.load import load_series
from workstation.geometry.grid import Grid
from workstation.geometry.transform import Transform
from workstation.images.comparison import (
    KINDS,
    Difference,
    compare_volumes,
    summary_of,
    that_matter,
    worst_kind,
)
from workstation.images.comparison_geometry import angles_between, share_inside
from workstation.images.volume import PatientIdentity, SliceSource, Volume

WHO = PatientIdentity("Canary^Anna", "CANARY-7", "19500101", "F")


def volume(modality: str = "CT", turn_deg: tuple[float, float, float] = (0, 0, 0), **changes: Any) -> Volume:
    """20 x 24 x 10 voxels of 2 x 2 x 3 mm about the origin."""
    spacing = changes.pop("spacing", (2.0, 2.0, 3.0))
    size = changes.pop("size", (20, 24, 10))
    direction = Transform.from_rigid(rotation_deg=turn_deg).matrix[:3, :3]
    grid = Grid(-direction @ (np.array(size) - 1) / 2 @ np.diag(spacing), spacing, direction, size)
    made = Volume(
        key=modality, voxels=np.zeros(grid.shape, np.int16), grid=grid, modality=modality,
        unit="HU" if modality == "CT" else "MR signal", study_uid="2.25.1", frame_of_reference_uid="2.25.2",
        patient=WHO, patient_position="HFS",
        acquisition={"SliceThickness": str(spacing[2]), "AcquisitionDate": "20260112", "AcquisitionTime": "101500"},
    )  # fmt: skip
    return replace(made, **changes)


def of(differences: list[Difference], what: str) -> Difference:
    return next(d for d in differences if d.what == what)


def test_an_image_agrees_with_itself_in_everything() -> None:
    found = compare_volumes(volume(), volume())
    assert {d.kind for d in found} == {"same"} and that_matter(found) == []
    assert summary_of(found) == "Nothing speaks against fusing these images: they agree."
    assert all(d.sentence.endswith(".") for d in found)
    assert len({d.what for d in found}) == len(found)


@pytest.mark.parametrize(
    ("who", "what", "kind"),
    [
        (replace(WHO, identifier="OTHER"), "patient id", "stop"),
        (replace(WHO, name="Other^Person", identifier=""), "patient name", "stop"),
        (replace(WHO, name="Canary-Smith^Anna"), "patient name", "caution"),
        (replace(WHO, name="CANARY Anna"), "patient name", "same"),
        (replace(WHO, birth_date="19500102"), "birth date", "stop"),
        (replace(WHO, sex="M"), "sex", "caution"),
        (replace(WHO, sex=""), "sex", "note"),
        (PatientIdentity(), "patient id", "note"),
    ],
)
def test_whose_images_they_are(who: PatientIdentity, what: str, kind: str) -> None:
    assert of(compare_volumes(volume(), volume(patient=who)), what).kind == kind


def test_frames_of_reference_that_nothing_links_forbid_fusing() -> None:
    other = volume("MR", frame_of_reference_uid="2.25.3")
    found = compare_volumes(volume(), other)
    assert of(found, "frame of reference").kind == "stop" == worst_kind(found)
    assert summary_of(found).startswith("Do not fuse") and "register them first" in summary_of(found)
    linked = compare_volumes(volume(), other, Transform.from_rigid((1, 2, 3), (4, 5, 6)))
    assert of(linked, "frame of reference").kind == "note"
    nowhere = compare_volumes(volume(frame_of_reference_uid=""), volume(frame_of_reference_uid=""))
    assert of(nowhere, "frame of reference").kind == "stop"
    mirrored = compare_volumes(volume(), other, Transform(np.diag([-1, 1, 1, 1])))
    assert of(mirrored, "frame of reference").kind == "caution"


@pytest.mark.parametrize(("days", "kind"), [("20260112", "same"), ("20260124", "note"), ("20260301", "caution")])
def test_days_between_the_two_are_said_in_words(days: str, kind: str) -> None:
    acquired = {**volume().acquisition, "AcquisitionDate": days}
    line = of(compare_volumes(volume(), volume(acquisition=acquired)), "acquired")
    assert line.kind == kind
    assert "12 days apart" in line.sentence or days != "20260124"


def test_gaps_thick_and_uneven_slices_are_warned_about() -> None:
    gaps = volume("MR", acquisition={"SliceThickness": "2.4"})
    line = of(compare_volumes(volume(), gaps), "slice thickness")
    assert line.kind == "caution" and "The MR leaves gaps of 0.6 mm" in line.sentence
    assert of(compare_volumes(volume(), volume("PT", spacing=(4, 4, 5))), "slice distance").kind == "caution"
    assert "the PET" in of(compare_volumes(volume(), volume("PT", spacing=(4, 4, 5))), "slice distance").sentence
    places = tuple(SliceSource("", "", z) for z in (0.0, 3.0, 6.0, 12.0))
    line = of(compare_volumes(volume(), volume("MR", slices=places)), "even slices")
    assert line.kind == "caution" and line.second == "uneven by 3.0 mm" and "the MR" in line.sentence


def test_positions_units_and_settings() -> None:
    found = compare_volumes(
        volume("MR", acquisition={"EchoTime": "90", "FlipAngle": "20", "Laterality": "R"}),
        volume("MR", acquisition={"EchoTime": "120.0", "FlipAngle": "20.0", "Laterality": "L"}, patient_position="FFS"),
    )
    assert of(found, "patient position").kind == "caution" == of(found, "laterality").kind
    assert of(found, "echo time").kind == "note" and of(found, "flip angle").kind == "same"
    assert "tube voltage" not in {d.what for d in found}
    assert of(compare_volumes(volume(), volume(unit="stored")), "unit").kind == "caution"


@given(st.floats(-40, 40), st.floats(-40, 40), st.floats(-40, 40))
def test_the_angle_between_slices_is_that_of_their_normals(x: float, y: float, z: float) -> None:
    turned = volume(turn_deg=(x, y, z)).grid
    wanted = np.degrees(np.arccos(np.cos(np.radians(x)) * np.cos(np.radians(y))))
    tilt, _ = angles_between(volume().grid, turned)
    assert tilt == pytest.approx(float(wanted), abs=1e-4)
    # A registration that undoes the turn leaves nothing of it.
    back = Transform.from_rigid(rotation_deg=(x, y, z))
    assert angles_between(volume().grid, turned, back) == pytest.approx((0, 0), abs=1e-4)


def test_rows_turned_within_the_slice_are_told_from_tilted_slices() -> None:
    assert angles_between(volume().grid, volume(turn_deg=(0, 0, 12)).grid) == pytest.approx((0, 12))
    assert angles_between(volume().grid, volume(turn_deg=(0, 0, 90)).grid) == pytest.approx((0, 0))
    line = of(compare_volumes(volume(), volume("MR", turn_deg=(14.2, 0, 0))), "orientation")
    assert line.kind == "note" and "14.2°" in line.sentence and line.second == "oblique axial"
    assert "rows turned by 12.0°" in of(compare_volumes(volume(), volume(turn_deg=(0, 0, 12))), "orientation").sentence


@given(st.floats(0, 39.9), st.integers(1, 4))
def test_shares_of_shifted_boxes_are_their_overlap(shift_mm: float, halves: int) -> None:
    shares = share_inside(volume().grid, volume().grid, Transform.from_rigid((shift_mm, 0, 0)))
    assert shares == pytest.approx(max(0, 1 - shift_mm / 40), abs=0.05)


def test_images_that_show_different_places_are_not_fused() -> None:
    far = compare_volumes(volume(), volume(), Transform.from_rigid((500, 0, 0)))
    assert of(far, "field of view").kind == "stop"
    half = compare_volumes(volume(), volume(), Transform.from_rigid((25, 0, 0)))
    assert of(half, "field of view").kind == "caution"


def test_the_most_serious_comes_first_and_nothing_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    found = compare_volumes(volume(), volume("MR", patient=replace(WHO, identifier="OTHER"), patient_position="FFS"))
    kinds = [KINDS.index(d.kind) for d in that_matter(found)]
    assert kinds == sorted(kinds, reverse=True) and kinds[0] == 3
    assert "CANARY" not in caplog.text and "CANARY" not in summary_of(found)


@pytest.mark.realdata
def test_real_images_of_one_and_of_two_people(data_dir: Path) -> None:
    def load(name: str) -> Volume:
        return load_series(index_paths([data_dir / "ct_mr_pet_sts" / name]).series[0])

    ct, mr, pet, stranger = load("STS_002/CT"), load("STS_002/MR_T1"), load("STS_002/PET"), load("STS_025/CT")
    own = compare_volumes(ct, mr)
    assert worst_kind(own) == "caution" and "25 days apart" in of(own, "acquired").sentence
    assert of(own, "field of view").sentence == "33% of the CT lies in the MR, 100% of the MR in the CT."
    assert worst_kind(compare_volumes(ct, pet)) == "note"
    assert of(compare_volumes(ct, stranger), "patient id").kind == "stop"


@pytest.mark.realdata
def test_phases_of_one_examination_differ_in_nothing_that_matters(data_dir: Path) -> None:
    phases = [load_series(e) for e in index_paths([data_dir / "mr_dce_ucsf06"]).series]
    assert worst_kind(compare_volumes(phases[0], phases[2])) == "same"
