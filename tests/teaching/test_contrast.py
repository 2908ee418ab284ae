"""The three stories of the teaching case, told by its signals."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from workstation.teaching.contrast import Phase, mr_table, protocol
from workstation.teaching.glomus import GlomusSettings, glomus_case
from workstation.teaching.tissues import APPEARANCE, Tissue

DELAYS_S = (60.0, 300.0, 900.0)


def signals(variant: str, tissue: Tissue, arterial_frame_s: float = 6.0) -> NDArray[np.float64]:
    """Mean signal in each phase, in the order of time."""
    timing = protocol(variant, DELAYS_S, arterial_frame_s)
    return np.array([mr_table(variant, phase, 0.1)[tissue, 0] for phase in timing])


def test_before_contrast_tissues_have_their_own_signal() -> None:
    table = mr_table("retaining", Phase("pre", -150, -90, ""), 0.1)
    assert np.allclose(table[:, 0], [APPEARANCE[tissue].signal for tissue in Tissue])


def test_retaining_the_vein_washes_out_and_the_tumour_holds() -> None:
    vein, tumour = signals("retaining", Tissue.VEIN), signals("retaining", Tissue.TUMOUR)
    assert vein[1] > 3 * vein[0] and vein[3] < 0.6 * vein[1]
    assert tumour[1] > 2.5 * tumour[0] and tumour[3] > 0.95 * tumour[1]
    assert tumour[3] > 1.2 * vein[3]


def test_washout_only_the_arterial_seconds_tell_them_apart() -> None:
    vein, tumour = signals("washout", Tissue.VEIN), signals("washout", Tissue.TUMOUR)
    assert tumour[1] > 1.5 * vein[1], "the first arterial frame"
    assert vein[2] > 1.3 * tumour[2], "the vein has filled"
    assert abs(tumour[4] / vein[4] - 1) < 0.1
    vein, tumour = signals("washout", Tissue.VEIN, 15.0), signals("washout", Tissue.TUMOUR, 15.0)
    assert tumour[1] < 1.2 * vein[1], "a frame of 15 s comes too late"


def test_inseparable_no_phase_tells_them_apart() -> None:
    vein, tumour = signals("inseparable", Tissue.VEIN), signals("inseparable", Tissue.TUMOUR)
    assert np.allclose(tumour / vein, tumour[0] / vein[0], rtol=1e-9)


def test_phases_are_named_and_timed() -> None:
    timing = protocol("washout", DELAYS_S, 6.0)
    assert [phase.name for phase in timing] == ["pre", "arterial1", "arterial2", "early", "delayed1", "delayed2"]
    assert [phase.middle_s for phase in timing] == [-120, 11, 17, 60, 300, 900]
    assert [phase.enhanced for phase in timing] == [False, True, True, True, True, True]


def test_settings_change_the_case_and_its_identity() -> None:
    small = GlomusSettings(variant="washout", size_cc=3.0, snr=10.0, motion_mm=2.0)
    case, plain = glomus_case(4, settings=small, resolution="coarse"), glomus_case(4, resolution="coarse")
    assert list(case.phases) == ["pre", "arterial1", "arterial2", "early", "delayed1", "delayed2"]
    assert case.ct.series_uid != plain.ct.series_uid and case.ct.patient != plain.ct.patient
    from workstation.structures.volume import volume_cc

    assert volume_cc(case.structure("GTV").stack) == pytest.approx(3.0, rel=0.1)


@pytest.mark.parametrize(("wrong", "words"), [
    ({"variant": "magic"}, "no variant 'magic'"), ({"size_cc": 30.0}, "between 1 and 20 cc, not 30"),
    ({"snr": 2.0}, "between 10 and 40, not 2"), ({"delays_s": ()}, "at least one time"),
    ({"delays_s": (60.0, 60.0)}, "each of them once"), ({"delays_s": (10.0,)}, "between 40 and 5000 s, not 10"),
])  # fmt: skip
def test_impossible_settings_are_refused_in_words(wrong: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        GlomusSettings(**wrong)  # type: ignore[arg-type]
