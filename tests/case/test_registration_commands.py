"""Registrations are accepted, chosen and taken back as steps of the history, and whoever listens is told."""

from __future__ import annotations

import numpy as np
import pytest

from tests.case.bodies import FRAME, case_with_gtv, image
from workstation.case.case import Case
from workstation.case.commands import AddImage, AddRegistration, RemoveRegistration
from workstation.case.errors import CaseError
from workstation.case.registration_commands import (
    AcceptRegistration,
    PutLandmark,
    RemoveLandmark,
    SeparateImage,
    UseRegistration,
    WithdrawAcceptance,
)
from workstation.fusion.landmarks import LandmarkPair
from workstation.fusion.registration import Registration
from workstation.geometry.transform import Transform
from workstation.images.own_frame import is_separated_frame

OTHER = "1.2.3.5"


def registration(identifier: str, shift_mm: float) -> Registration:
    return Registration(identifier, FRAME, OTHER, Transform.from_rigid((shift_mm, 0, 0)), "by hand")


@pytest.fixture
def told() -> tuple[Case, list[str]]:
    case, _ = case_with_gtv()
    heard: list[str] = []
    case.registration_changed.connect(heard.append)
    for identifier, shift_mm in (("old", 1.0), ("new", 2.0)):
        case.do(AddRegistration(registration(identifier, shift_mm)))
    heard.clear()
    return case, heard


def shift_of(case: Case) -> float:
    link = case.transform(FRAME, OTHER)
    assert link is not None
    return float(link.apply(np.zeros(3))[0])


def test_the_newest_counts_and_another_can_be_put_in_its_place(told: tuple[Case, list[str]]) -> None:
    case, heard = told
    assert shift_of(case) == 2.0
    case.do(UseRegistration("old"))
    assert shift_of(case) == 1.0 and heard == ["old"] and list(case.registrations) == ["new", "old"]
    case.undo()
    assert shift_of(case) == 2.0 and heard == ["old", "new"] and list(case.registrations) == ["old", "new"]
    case.redo()
    assert shift_of(case) == 1.0
    case.do(UseRegistration("old"))
    assert len(heard) == 3, "it is in use already: no step"


def test_what_hangs_on_a_registration_is_provisional_until_it_is_accepted(told: tuple[Case, list[str]]) -> None:
    case, heard = told
    assert case.is_provisional(FRAME, OTHER) and not case.is_provisional(FRAME, FRAME)
    assert [r.identifier for r in case.chain(OTHER, FRAME)] == ["new"]
    case.do(AcceptRegistration("new", " A. Physicist "))
    accepted = case.registrations["new"]
    assert accepted.accepted_by == "A. Physicist" and accepted.accepted_at[:2] == "20"
    assert not case.is_provisional(FRAME, OTHER) and heard == ["new"]
    case.do(WithdrawAcceptance("new"))
    assert case.is_provisional(FRAME, OTHER) and case.registrations["new"].accepted_at == ""
    case.undo()
    assert not case.is_provisional(FRAME, OTHER)
    case.do(UseRegistration("old"))
    assert case.is_provisional(FRAME, OTHER), "nobody has accepted that one"


def test_what_cannot_be_is_refused(told: tuple[Case, list[str]]) -> None:
    case, _ = told
    with pytest.raises(CaseError, match="say who"):
        case.do(AcceptRegistration("new", "  "))
    case.do(RemoveRegistration("new"))
    for command in (AcceptRegistration("new", "A"), WithdrawAcceptance("new"), UseRegistration("new")):
        with pytest.raises(CaseError, match="not part of this case"):
            case.do(command)
    with pytest.raises(CaseError, match="not part of this case"):
        case.do(RemoveLandmark("none"))


def test_landmarks_are_added_moved_and_removed_where_they_stood(told: tuple[Case, list[str]]) -> None:
    case, _ = told
    heard: list[str] = []
    case.landmark_changed.connect(heard.append)
    pairs = [LandmarkPair.new(n, FRAME, OTHER, np.full(3, float(n))) for n in (1, 2, 3)]
    for pair in pairs:
        case.do(PutLandmark(pair))
    assert case.undo_label == "Add landmark 3"
    second = pairs[1]
    moved = LandmarkPair(second.identifier, 2, FRAME, OTHER, second.fixed_mm, np.ones(3), "Clivus")
    case.do(PutLandmark(moved))
    assert case.undo_label == "Move landmark 2" and case.landmarks[second.identifier].complete
    case.do(RemoveLandmark(second.identifier))
    assert [pair.number for pair in case.landmarks.values()] == [1, 3]
    case.undo()
    assert [pair.number for pair in case.landmarks.values()] == [1, 2, 3]
    case.undo()
    assert not case.landmarks[second.identifier].complete
    assert heard[-4:] == [second.identifier] * 4


def test_an_image_is_taken_out_of_a_shared_frame_and_lies_where_it_lay(told: tuple[Case, list[str]]) -> None:
    case, _ = told
    case.do(AddImage(image("second")))
    case.do(SeparateImage("second"))
    own = case.images["second"].frame_of_reference_uid
    assert is_separated_frame(own) and case.images["ct"].frame_of_reference_uid == FRAME
    link = case.transform(FRAME, own)
    assert link is not None and link.is_identity() and case.is_provisional(FRAME, own)
    with pytest.raises(CaseError, match="already"):
        case.do(SeparateImage("second"))
    case.undo()
    assert case.images["second"].frame_of_reference_uid == FRAME and case.transform(FRAME, own) is None


def test_what_was_found_within_one_frame_counts_from_then_on(told: tuple[Case, list[str]]) -> None:
    case, _ = told
    case.do(AddImage(image("second")))
    found = Registration("found", FRAME, FRAME, Transform.from_rigid((0, 3, 0)), "rigid")
    case.do(SeparateImage("second", found))
    own = case.images["second"].frame_of_reference_uid
    assert case.transform(FRAME, own).apply(np.zeros(3)).tolist() == [0, 3, 0]  # type: ignore[union-attr]
    assert case.transform(OTHER, own) is not None, "and through what links the shared frame to others"
