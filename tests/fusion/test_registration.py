"""What links two frames of reference, and what does not."""

from __future__ import annotations

import numpy as np

from workstation.fusion.registration import Registration, transform_between
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
