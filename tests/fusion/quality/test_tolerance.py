"""The traffic light and its words."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from workstation.fusion.quality.tolerance import NO_LANDMARKS, NO_STRUCTURES, Limit, Tolerances, judge
from workstation.geometry.grid import Grid
from workstation.images.volume import Volume

ENGINE = {"verdict": "good", "reasons": [], "repeatability_mm": 0.1}
STABLE = {"stability_mm": {"spread": 0.2, "offset": 0.1, "repeats": 4, "failed": 0}}


def landmarks(mean: float, largest: float) -> dict:
    return {"landmarks": {"count": 5, "tre_mm": {"mean": mean, "max": largest}}}


def structure(dice: float, distance: float) -> dict:
    return {"structures": [{"name": "Brain", "dice": dice, "mean_distance_mm": distance, "hd95_mm": 2 * distance}]}


def test_what_was_not_measured_is_said() -> None:
    found = judge(ENGINE, "rigid")
    assert found.verdict == "good" and not found.reasons
    assert found.unmeasured[0] == (
        "No landmarks, no structures in both images: judged by the agreement of the images and repeatability only."
    )
    assert len(found.unmeasured) == 3 and any("backwards" in s for s in found.unmeasured)
    assert NO_LANDMARKS in judge({**ENGINE, **structure(0.9, 0.5)}, "rigid").unmeasured
    assert NO_STRUCTURES in judge({**ENGINE, **landmarks(1, 2)}, "rigid").unmeasured
    back = {"inverse_consistency_mm": {"mean": 0.1, "max": 0.2}}
    told = judge({**ENGINE, **back}, "rigid").unmeasured[0]
    assert told.endswith("judged by the agreement of the images, repeatability and inverse consistency only.")


def test_nothing_measured_at_all_is_doubtful() -> None:
    found = judge({}, "rigid")
    assert found.verdict == "doubtful" and found.reasons == ["Nothing about this registration has been measured."]


@pytest.mark.parametrize(
    ("mean", "largest", "verdict"),
    [(3.0, 5.0, "good"), (4.1, 4.9, "doubtful"), (2.0, 5.1, "doubtful"), (6.1, 9.0, "failed"), (1.0, 10.1, "failed")],
)
def test_landmarks_decide(mean: float, largest: float, verdict: str) -> None:
    found = judge({**ENGINE, **landmarks(mean, largest)}, "rigid")
    assert found.verdict == verdict
    if mean == 4.1:
        assert found.reasons == ["The mean landmark error, 4.1 mm, is above 3.0 mm."]
        assert "The largest landmark error, 4.9 mm, is within 5.0 mm." in found.passed


def test_a_small_structure_is_judged_by_its_distance() -> None:
    assert judge({**ENGINE, **structure(0.7, 1.0)}, "rigid").verdict == "good"
    found = judge({**ENGINE, **structure(0.7, 2.0)}, "rigid")
    assert found.verdict == "doubtful" and found.reasons == ["The Dice of Brain, 0.70, is below 0.80."]
    assert judge({**ENGINE, **structure(0.9, 7.0)}, "rigid").verdict == "failed"


def test_folding_fails() -> None:
    jacobian = {"min": -0.1, "mean": 1.0, "max": 1.4, "folded_fraction": 0.002}
    found = judge({**ENGINE, "jacobian": jacobian}, "deformable")
    assert found.verdict == "failed" and "folds in 0.2 %" in found.reasons[0]
    unfolded = {**jacobian, "min": 0.2, "folded_fraction": 0.0}
    assert judge({**ENGINE, "jacobian": unfolded}, "deformable").verdict == "doubtful"
    assert judge({**ENGINE, "jacobian": {**unfolded, "min": 0.7}}, "deformable").verdict == "good"


def test_stability_and_consistency() -> None:
    assert judge({**ENGINE, **STABLE}, "rigid").verdict == "good"
    far = {"stability_mm": {"spread": 0.2, "offset": 4.0, "repeats": 4, "failed": 1}}
    found = judge({**ENGINE, **far}, "rigid")
    assert found.verdict == "doubtful" and "agree best 4.0 mm from here" in " ".join(found.reasons)
    assert any("1 of 4 perturbed starts" in s for s in found.reasons)
    back = {"inverse_consistency_mm": {"mean": 6.5, "max": 8.0}}
    assert judge({**ENGINE, **back}, "rigid").verdict == "failed"


def test_the_engine_s_own_doubts_stay_and_are_not_judged_twice() -> None:
    engine = {"engine": {"verdict": "doubtful", "reasons": ["the bodies overlap little"]}}
    found = judge({**engine, "verdict": "failed", "reasons": ["old"], **landmarks(1, 2)}, "rigid")
    assert found.verdict == "doubtful" and found.reasons == ["The bodies overlap little."]
    assert judge({"engine": {}, "verdict": "good", "reasons": []}, "rigid").verdict == "doubtful"  # by hand, measured


def test_pairs_that_were_fitted_are_called_so() -> None:
    fitted = {"landmarks": {"count": 3, "fre_mm": 0.2, "fitted": True}}
    assert any("too few are left" in s for s in judge({**ENGINE, **fitted}, "rigid").unmeasured)


def test_tolerances_follow_the_voxels_and_can_be_replaced() -> None:
    def image(spacing: float) -> Volume:
        return Volume("k", np.zeros((4, 4, 4), np.int16), Grid((0, 0, 0), (1, 1, spacing), np.eye(3), (4, 4, 4)))

    assert Tolerances.for_images(image(1.0), image(1.5)).landmark_mean.good == 2.0
    assert Tolerances.for_images(image(1.0), image(3.0)).landmark_mean.good == 3.0
    strict = replace(Tolerances(), landmark_mean=Limit(0.5, 1.0, "local"))
    assert judge({**ENGINE, **landmarks(1.2, 1.5)}, "rigid", strict).verdict == "failed"


def test_attempts_that_led_nowhere_are_doubts() -> None:
    found = judge({**ENGINE, "attempts": ["Repeated it leads nowhere: the bodies overlap too little."]}, "rigid")
    assert found.verdict == "doubtful" and found.reasons[0].startswith("Repeated it leads nowhere")
