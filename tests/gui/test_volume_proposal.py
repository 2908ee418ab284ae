"""The 3D view shows what is proposed, follows the threshold, and shows nothing where there is nothing to accept."""

from __future__ import annotations

import numpy as np

from tests.editing.test_separating import SHIFT, case_of_phases
from tests.enhancement.scene import TUMOUR_MM, TUMOUR_RADIUS_MM, VEIN_MM
from tests.gui.test_volume_view import open_volume, settled
from tests.gui.viewport_scene import pixels
from workstation.editing.separating import TUMOUR
from workstation.gui.separating_jobs import separate_as_wished, wish_of
from workstation.gui.viewport.volume_proposal import FLOW, mesh_of
from workstation.gui.viewport.volume_proposal import TUMOUR as PROPOSED
from workstation.gui.viewport.volume_view import VolumeView


def whitish(view: VolumeView) -> int:
    """Pixels of the proposed tumour."""
    image = pixels(view).astype(int)
    return int(((image[..., :3].min(-1) > 50) & (np.ptp(image[..., :3], axis=-1) < 40)).sum())


def bluish(view: VolumeView) -> int:
    """Pixels of the proposed flow."""
    image = pixels(view).astype(int)
    return int((np.abs(image[..., 2] - image[..., 0]) > 40).sum())


def test_the_proposal_is_shown_and_follows(qtbot) -> None:
    view, viewing = open_volume(qtbot, case_of_phases(planned_on_ct=True))
    separating = view.desk.separating
    assert view.proposal is not None and view.proposal.found is None
    bare = whitish(view)
    separating.add_sample(TUMOUR, SHIFT.inverse().apply(TUMOUR_MM))
    found = separate_as_wished(wish_of(view.case, separating))
    separating.take(found)
    separating.grow_on(*found.growers["share of tumour"])
    settled(qtbot, view)
    view.fit()
    settled(qtbot, view)
    assert view.proposal.found is found
    shown = whitish(view)
    assert shown > bare + 30 and bluish(view) > 30, "the tumour, and the flow beside it"
    assert view._is_provisional(), "nobody has accepted the registration that it lies by"
    viewing.hide_all = True
    settled(qtbot, view)
    assert whitish(view) <= bare and bluish(view) == 0
    viewing.hide_all = False
    settled(qtbot, view)
    grower = separating.grower
    before = view.proposal._asked[PROPOSED]
    separating.set_threshold(grower.lowest)
    separating.set_threshold(grower.highest)
    settled(qtbot, view)
    after = view.proposal._asked[PROPOSED]
    assert after is separating.grown and after is not before, "only the last of several steps is made"
    separating.take(None)
    settled(qtbot, view)
    assert view.proposal.found is None and whitish(view) <= bare and bluish(view) == 0


def test_what_does_not_separate_is_not_shown(qtbot) -> None:
    view, _ = open_volume(qtbot, case_of_phases())
    separating = view.desk.separating
    separating.add_sample(TUMOUR, VEIN_MM)
    separating.take(separate_as_wished(wish_of(view.case, separating)))
    settled(qtbot, view)
    assert view.proposal.found is None and not any(view.proposal._asked.values())


def test_the_surface_lies_where_the_tumour_lies() -> None:
    case = case_of_phases(planned_on_ct=True)
    from workstation.editing.desk import Desk

    separating = Desk(case).separating
    here = SHIFT.inverse().apply(TUMOUR_MM)
    separating.add_sample(TUMOUR, here)
    found = separate_as_wished(wish_of(case, separating))
    grower, threshold = found.growers["share of tumour"]
    low, high = mesh_of(grower.at(threshold), found.link).bounds_mm()
    assert np.allclose((low + high) / 2, here, atol=0.5)
    assert np.allclose((high - low) / 2, TUMOUR_RADIUS_MM, atol=0.7)
    assert FLOW and found.flow is not None and mesh_of(found.flow, found.link).triangle_count > 100
