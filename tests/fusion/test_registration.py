"""What links two frames of reference, and what does not."""

from __future__ import annotations

import numpy as np

from workstation.fusion.registration import Registration, chain_between, transform_between
from workstation.geometry.deformation import Deformation, DisplacementField, FieldStep
from workstation.geometry.grid import Grid
from workstation.geometry.transform import Transform

THERE = Transform.from_rigid((3, -4, 5), (10, 0, 20))
ON = Transform.from_rigid((0, 7, 0), (0, 30, 0))
LINKS = [Registration("1", "A", "B", THERE, "by hand"), Registration("2", "C", "B", ON, "by hand")]


def test_one_frame_of_reference_is_where_it_is() -> None:
    found = transform_between([], "A", "A")
    assert found is not None and np.array_equal(found.matrix, np.eye(4))


def test_registrations_are_followed_one_after_the_other_and_backwards() -> None:
    found = transform_between(LINKS, "A", "C")
    assert found is not None
    np.testing.assert_allclose(found.matrix, ON.inverse().matrix @ THERE.matrix, atol=1e-12)


def test_what_nothing_links_has_no_transform() -> None:
    assert transform_between(LINKS, "A", "D") is None


def test_images_without_a_frame_of_reference_are_linked_with_nothing_not_even_with_each_other() -> None:
    assert transform_between([], "", "") is None
    assert transform_between([Registration("1", "", "B", THERE, "by hand")], "", "B") is None


def test_of_several_between_two_frames_the_newest_counts_in_either_direction() -> None:
    newer = Registration("3", "A", "B", Transform.from_rigid((1, 0, 0)), "by hand")
    turned_round = Registration("4", "B", "A", Transform.from_rigid((-2, 0, 0)), "by hand")
    found = transform_between([LINKS[0], newer], "A", "B")
    assert found is not None and found.apply([0, 0, 0]).tolist() == [1, 0, 0]
    found = transform_between([LINKS[0], newer, turned_round], "A", "B")
    assert found is not None and found.apply([0, 0, 0]).tolist() == [2, 0, 0]


def test_a_chain_names_the_registrations_it_hangs_on() -> None:
    chain = chain_between(LINKS, "A", "C")
    assert chain is not None
    assert [(link.registration.identifier, link.backwards) for link in chain] == [("1", False), ("2", True)]
    assert chain_between(LINKS, "A", "A") == () and chain_between(LINKS, "A", "D") is None


def test_a_chain_through_a_deformation_bends_and_leads_back() -> None:
    grid = Grid((-50, -50, -50), (20, 20, 20), np.eye(3), (6, 6, 6))
    values = np.random.default_rng(1).uniform(-2, 2, (6, 6, 6, 3))
    bent = Registration("3", "B", "D", Deformation((FieldStep(DisplacementField(grid, values)), ON)), "B-spline")
    points = np.random.default_rng(2).uniform(-40, 40, (50, 3))
    there = transform_between([*LINKS, bent], "A", "D")
    back = transform_between([*LINKS, bent], "D", "A")
    assert there is not None and back is not None
    np.testing.assert_allclose(there.apply(points), bent.fixed_to_moving.apply(THERE.apply(points)), atol=1e-9)
    np.testing.assert_allclose(back.apply(there.apply(points)), points, atol=1e-3)


def test_the_kind_is_read_from_the_map() -> None:
    grid = Grid((0, 0, 0), (1, 1, 1), np.eye(3), (2, 2, 2))
    bent = Deformation((FieldStep(DisplacementField(grid, np.ones((2, 2, 2, 3)))),))
    kinds = [Registration("1", "A", "B", each, "").kind for each in (THERE, Transform(np.diag([1, 1, 2, 1])), bent)]
    assert kinds == ["rigid", "affine", "deformable"]


def test_it_is_provisional_until_somebody_accepts_it() -> None:
    assert LINKS[0].provisional
    assert not Registration("1", "A", "B", THERE, "by hand", accepted_by="A. Physicist").provisional
