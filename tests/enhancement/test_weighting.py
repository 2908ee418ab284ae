"""Weighted differences of two phases: their values, the weight at which a vein vanishes, their place in the ranks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.enhancement.scene import TUMOUR_MM, VEIN, phases, shares, stack, unmoved
from workstation.enhancement.errors import EnhancementError
from workstation.enhancement.separation import separate
from workstation.enhancement.subtraction import subtract
from workstation.enhancement.weighting import Difference, cancelling_weight

MADE = stack()


@given(weight=st.floats(0.01, 5.0), pair=st.permutations(range(3)))
def test_a_weighted_difference_is_what_its_formula_says(weight: float, pair: list[int]) -> None:
    late, early, weight = pair[0], pair[1], round(weight, 4)
    flat = replace(MADE, signals=np.stack([np.full((2, 2, 2), 100.0 * (n + 1), np.float32) for n in range(3)]))
    each = Difference(MADE.names[late], MADE.names[early], weight).of(flat)
    noise = np.hypot(MADE.noise[late], weight * MADE.noise[early])
    assert each.values == pytest.approx((100.0 * (late + 1) - weight * 100.0 * (early + 1)) / noise, rel=1e-5, abs=1e-4)
    assert each.weights[late] == 1.0 and each.weights[early] == -weight and sum(map(abs, each.weights)) == 1.0 + weight
    told = "" if weight == 1.0 else f" {weight:g} x "
    assert told in each.name and told in each.formula, "said as it was used"
    assert each.name.startswith(f"{MADE.names[late]} minus ") and each.unit == "noise"


def test_the_vein_vanishes_at_its_own_weight() -> None:
    vein = shares()[1] > 0.99
    weight = cancelling_weight(MADE, 2, 1, vein)
    assert weight == pytest.approx(VEIN[2] / VEIN[1], rel=0.02)
    each = Difference("delayed 1", "early").of(MADE)
    gone = Difference("delayed 1", "early", None).of(MADE, vein)
    told = f"{round(weight, 4):g}"
    assert f"{told} x S(early)" in gone.formula and gone.name == f"delayed 1 minus {told} x early"
    assert abs(float(np.median(gone.values[vein]))) < 0.05 < abs(float(np.median(each.values[vein])))
    tumour = shares()[0] > 0.99
    assert float(np.median(gone.values[tumour])) > 20, "the tumour stays"


def test_it_is_judged_beside_everything_else() -> None:
    found = separate(MADE, TUMOUR_MM, differences=[Difference("delayed 1", "early", 0.5)])
    names = [each.evidence for each in found.evidence]
    assert "delayed 1 minus 0.5 x early" in names and len(set(names)) == len(names)
    same = separate(MADE, TUMOUR_MM, differences=[Difference("delayed 1", "early")])
    assert [each.evidence for each in same.evidence].count("delayed 1 minus early") == 1, "it was there anyway"
    made = phases()
    wished = (Difference("delayed 1", "early", None),)
    whole = subtract(made, TUMOUR_MM, aligned=unmoved(made), differences=wished)
    maps = {each.name: each for each in whole.maps()}
    own = next(each for name, each in maps.items() if " x " in name)
    assert np.median(own.values[whole.separation.flows[0].where]) == pytest.approx(0.0, abs=0.1)
    assert any(each.evidence == own.name for each in whole.separation.evidence)


@pytest.mark.parametrize(
    ("wished", "words"),
    [
        (Difference("venous", "early"), "no phase called 'venous'"),
        (Difference("early", "early"), "minus itself"),
        (Difference("delayed 1", "early", -1.0), "from 0.01 to 5"),
        (Difference("delayed 1", "early", 0.0), "from 0.01 to 5"),
        (Difference("delayed 1", "early", float("nan")), "from 0.01 to 5"),
        (Difference("delayed 1", "early", None), "no vein"),
    ],
)
def test_what_can_t_be_is_refused(wished: Difference, words: str) -> None:
    with pytest.raises(EnhancementError, match=words):
        wished.of(MADE)


def test_a_vein_without_signal_can_t_be_cancelled() -> None:
    with pytest.raises(EnhancementError, match="no signal in 'early'"):
        cancelling_weight(MADE, 2, 1, np.zeros(MADE.grid.shape, bool))
