"""A structure that was found in phases knows when what it was found with has changed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.case.bodies import disc
from tests.editing.test_separating import CT_FRAME, SHIFT, TUMOUR_MM, case_of_phases
from workstation.case.case import Case
from workstation.case.commands import (
    AddRegistration,
    AddStructure,
    EditContours,
    RemoveImage,
    RemoveRegistration,
    RemoveStructure,
)
from workstation.case.evidence_state import edited_since, why_out_of_date
from workstation.case.new_structure import new_structure
from workstation.fusion.registration import Registration
from workstation.geometry.transform import Transform
from workstation.structures.evidence_recipe import EvidenceRecipe, PhaseUsed, fingerprint
from workstation.structures.structure import PlanarContours

SEED_MM = SHIFT.inverse().apply(TUMOUR_MM)


def drawn(case: Case, name: str) -> str:
    made = new_structure(case, name, "GTV")
    case.do(AddStructure(made))
    case.do(EditContours(made.identifier, (PlanarContours(float(case.slice_positions_mm[15]), disc(8.0)),), "Draw"))
    return made.identifier


@pytest.fixture
def case() -> Case:
    """A GTV that was accepted, with bone that stopped it."""
    made = case_of_phases(planned_on_ct=True)
    bone, gtv = drawn(made, "Bone"), drawn(made, "GTV")
    stack = made.structures[gtv].stack
    recipe = EvidenceRecipe(
        phases=tuple(PhaseUsed(f"p{n}", f"p{n}", None, tuple(np.eye(4).ravel()), 0.0) for n in range(3)),
        reference_key="p0", registrations=("r",), link=tuple(SHIFT.matrix.ravel()), evidence="share of tumour",
        formula="", threshold=0.5, higher=True, seed_mm=tuple(SEED_MM),
        inputs=((bone, fingerprint(made.structures[bone].stack)),), d_prime=5.0, auc=1.0, sentence="", warnings=(),
        drawn=fingerprint(stack), accepted_by="me", accepted_at="2026",
    )  # fmt: skip
    made.do(
        AddStructure(replace(made.structures[gtv], identifier="found", number=9, name="GTV_found", evidence=recipe))
    )
    return made


def why(case: Case) -> str:
    return why_out_of_date(case, case.structures["found"])


def test_while_nothing_changes_it_is_up_to_date(case: Case) -> None:
    assert why(case) == "" and not edited_since(case.structures["found"])
    assert why_out_of_date(case, next(iter(case.structures.values()))) == "", "what was drawn by hand is not asked"
    assert case.structures["found"].evidence.words() == "share of tumour at least 0.5, from p0, p1, p2"


def test_another_registration_makes_it_out_of_date_and_undo_takes_that_back(case: Case) -> None:
    case.do(AddRegistration(Registration("new", CT_FRAME, "1.2.3.20", Transform.from_rigid((6.5, 0, 0)), "rigid")))
    assert "2.5 mm elsewhere" in why(case)
    case.undo()
    assert why(case) == ""
    case.do(AddRegistration(Registration("same", CT_FRAME, "1.2.3.20", SHIFT, "rigid")))
    assert why(case) == "", "another registration that says the same changes nothing"
    case.do(RemoveRegistration("same"))
    case.do(RemoveRegistration("r"))
    assert "Nothing links" in why(case)


def test_phases_and_structures_that_go_or_change_are_named(case: Case) -> None:
    bone = next(s for s in case.structures.values() if s.name == "Bone").identifier
    case.do(EditContours(bone, (PlanarContours(float(case.slice_positions_mm[15]), disc(9.0)),), "Draw"))
    assert "Bone, which took part" in why(case)
    case.do(RemoveStructure(bone))
    assert "not there any more" in why(case)
    case.do(RemoveImage("p1"))
    assert "phase p1" in why(case)


def test_drawing_on_it_is_told_apart(case: Case) -> None:
    case.do(EditContours("found", (PlanarContours(float(case.slice_positions_mm[15]), disc(8.5)),), "Draw"))
    assert edited_since(case.structures["found"]) and why(case) == ""
    case.undo()
    assert not edited_since(case.structures["found"])
