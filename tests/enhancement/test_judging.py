"""Evidence is ranked on known tumour and known flow, against plain computations."""

from __future__ import annotations

import numpy as np
import pytest

from tests.enhancement.scene import shares, stack
from workstation.enhancement.judging import WORTH_COMBINING, judge_regions, samples_of
from workstation.enhancement.maps import evidence_maps
from workstation.enhancement.separability import COMBINATION, auc, combination, d_prime, discriminant, judged, roc


def regions() -> tuple[np.ndarray, np.ndarray]:
    one, other = shares()
    return one > 0.99, other > 0.99


def test_d_prime_and_auc_agree_with_their_definitions() -> None:
    random = np.random.default_rng(5)
    tumour, flow = random.normal(3, 1, 300), random.normal(1, 2, 200)
    flow[:20] = tumour[:20]  # ties count half
    wanted = (tumour.mean() - flow.mean()) / np.sqrt((tumour.var(ddof=1) + flow.var(ddof=1)) / 2)
    assert d_prime(tumour, flow) == pytest.approx(wanted, rel=1e-9)
    pairs = np.sign(tumour[:, None] - flow[None, :])
    assert auc(tumour, flow) == pytest.approx((pairs > 0).mean() + 0.5 * (pairs == 0).mean(), rel=1e-9)


def test_the_area_below_the_roc_curve_is_the_auc() -> None:
    random = np.random.default_rng(6)
    tumour, flow = np.round(random.normal(2, 1, 400), 1), np.round(random.normal(1, 1, 300), 1)
    false, true = roc(tumour, flow)
    assert (false[0], true[0]) == (0, 0) and (false[-1], true[-1]) == (1, 1)
    assert (np.diff(false) >= 0).all() and (np.diff(true) >= 0).all()
    assert float(np.trapezoid(true, false)) == pytest.approx(auc(tumour, flow), abs=1e-9)
    level = 1.5
    at = np.searchsorted(-np.unique(np.concatenate([tumour, flow]))[::-1], -level, side="right")
    assert true[at] == pytest.approx((tumour >= level).mean()) and false[at] == pytest.approx((flow >= level).mean())
    assert roc(np.array([]), flow)[0].tolist() == [0.0, 1.0]


def test_all_maps_and_the_combination_are_ranked() -> None:
    made = stack()
    tumour, flow = regions()
    found = judge_regions(made, [tumour], [flow])
    stepped = [each.name for each in evidence_maps(made) if each.stepped]
    simple = [j.d_prime for j in found if j.evidence not in (COMBINATION, *stepped)]
    assert simple == sorted(simple, reverse=True)
    assert {j.evidence for j in found} == {COMBINATION, *(each.name for each in evidence_maps(made))}
    assert found[0].d_prime > 4 and found[0].auc > 0.99
    late = next(j for j in found if j.evidence == "delayed 1 minus early")
    values = made.signals[2] - made.signals[1]
    assert late.d_prime == pytest.approx(abs(d_prime(values[tumour], values[flow])), rel=1e-5)
    assert late.higher_in_tumour


def test_simple_maps_go_before_what_is_no_better_and_times_of_phases_come_last() -> None:
    tumour, flow = regions()
    found = judge_regions(stack(), [tumour], [flow])
    first = next(n for n, j in enumerate(found) if j.evidence not in (COMBINATION, "arrival", "time to peak"))
    combined = next(n for n, j in enumerate(found) if j.evidence == COMBINATION)
    assert (combined < first) == (found[combined].d_prime / WORTH_COMBINING > found[first].d_prime)
    names = [j.evidence for j in found]
    separating = [j.evidence for j in found if j.d_prime >= 2 and j.evidence not in ("arrival", "time to peak")]
    assert names[: len(separating)] == separating


def test_regions_that_are_too_small_say_nothing() -> None:
    made = stack()
    tumour, _ = regions()
    speck = np.zeros_like(tumour)
    speck[5, 5, 5] = True
    assert judge_regions(made, [tumour], [speck]) == () and judge_regions(made, [], [tumour]) == ()


def test_the_combination_is_judged_on_what_it_was_not_made_from() -> None:
    """Two tissues that do not differ: a discriminant that flattered itself would tell them apart."""
    random = np.random.default_rng(7)
    ones = [random.normal(0, 1, (12, 6)) for _ in range(4)]
    others = [random.normal(0, 1, (12, 6)) for _ in range(4)]
    weights, honest = combination(ones, others)
    flattered = judged("itself", np.vstack(ones) @ weights, np.vstack(others) @ weights)
    assert flattered.d_prime > 0.4
    assert honest.d_prime < 0.75 * flattered.d_prime


def test_the_discriminant_points_where_fisher_s_does() -> None:
    random = np.random.default_rng(8)
    spread = np.array([[2.0, 0.6, 0.0], [0.6, 1.0, 0.2], [0.0, 0.2, 0.5]])
    tumour = random.multivariate_normal([1, 0, 2], spread, 4000)
    flow = random.multivariate_normal([0, 1, 0], spread, 4000)
    found = discriminant(tumour, flow)
    wanted = np.linalg.solve(spread, [1, -1, 2])
    cosine = found @ wanted / np.linalg.norm(found) / np.linalg.norm(wanted)
    assert cosine > 0.995


def test_values_that_are_missing_do_not_count() -> None:
    tumour, flow = np.array([3.0, np.nan, 4.0, 5.0]), np.array([1.0, 2.0, np.nan, 1.5])
    found = judged("x", tumour, flow)
    assert found.auc == 1.0 and found.higher_in_tumour
    assert judged("x", np.array([np.nan]), flow).d_prime == 0.0


def test_samples_have_a_row_for_each_voxel() -> None:
    made = stack()
    tumour, _ = regions()
    rows = samples_of(made, tumour)
    assert rows.shape == (np.count_nonzero(tumour), 3) and rows[0] == pytest.approx(made.signals[:, tumour][:, 0])
