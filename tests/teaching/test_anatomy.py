"""The schematic head, whatever its seed."""

from __future__ import annotations

import numpy as np
import pytest

from workstation.geometry.grid import Grid
from workstation.geometry.transform import Transform
from workstation.teaching.anatomy import Head, head
from workstation.teaching.model_sampling import field
from workstation.teaching.tissues import APPEARANCE, Tissue

SEEDS = (0, 1, 2, 3, 4, 5)


@pytest.fixture(scope="module", params=SEEDS)
def body(request: pytest.FixtureRequest) -> Head:
    return head(np.random.default_rng(np.random.SeedSequence(request.param).spawn(1)[0]))


def _box(body: Head) -> Grid:
    x = 32.0 if body.tumour_side == "L" else -32.0
    return Grid((x - 30, -30, -50), (0.7, 0.7, 0.7), np.eye(3), (86, 86, 90))


def _vessels(body: Head) -> tuple[str, ...]:
    return tuple(f"{name} {body.tumour_side}" for name in ("carotid", "jugular", "sigmoid"))


def test_the_tumour_has_about_8_cc_beside_the_vessels(body: Head) -> None:
    values = field(body.model, _box(body), Transform.identity(), ("tumour",), _vessels(body))
    volume_cc = float((values < 0).sum()) * 0.7**3 / 1000
    assert volume_cc == pytest.approx(8.0, abs=1.0)
    assert volume_cc == pytest.approx(body.tumour_volume_cc, rel=0.02)


def test_the_tumour_touches_the_vein_and_wraps_it_partly(body: Head) -> None:
    grid = _box(body)
    vein = field(body.model, grid, Transform.identity(), (f"jugular {body.tumour_side}",), ())
    tumour = field(body.model, grid, Transform.identity(), ("tumour",), ())
    index = np.argwhere(np.ones(grid.shape))[:, ::-1]
    z = grid.to_patient(index)[:, 2].reshape(grid.shape)
    wall = (np.abs(vein) < 0.4) & (z > -18) & (z < -5)
    covered = float((tumour[wall] < 0).mean())
    assert 0.25 < covered < 0.9


def test_the_tumour_leaves_the_other_side_alone(body: Head) -> None:
    other = -30.0 if body.tumour_side == "L" else 30.0
    assert (body.field("tumour", [(other, 5, z) for z in range(-40, 10)]) > 5).all()


def test_the_same_state_gives_the_same_head_and_another_one_another() -> None:
    first, again, other = (head(np.random.default_rng(s)) for s in (3, 3, 4))
    assert np.array_equal(first.model.parts, again.model.parts)
    assert np.array_equal(first.model.noise, again.model.noise)
    assert not np.array_equal(first.model.noise, other.model.noise)


def test_paired_organs_are_on_their_sides() -> None:
    body = head(np.random.default_rng(0))
    for name, y, z in (("cochlea", -5, 2), ("parotid", -2, -28), ("carotid", 2, -60), ("jugular", 9, -11)):
        for letter, sign in (("L", 1), ("R", -1)):
            x = {"cochlea": 39, "parotid": 59, "carotid": 27, "jugular": 27}[name] * sign
            assert body.field(f"{name} {letter}", [(x, y, z)])[0] < 0
            assert body.field(f"{name} {letter}", [(-x, y, z)])[0] > 5


def test_every_tissue_has_an_appearance() -> None:
    assert set(APPEARANCE) == set(Tissue)
