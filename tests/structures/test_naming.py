"""Advice on names follows TG-263's worksheet, and is only given where there is something to say."""

from __future__ import annotations

import pytest

from workstation.structures.naming import name_advice


@pytest.mark.parametrize(
    "name", ["GTVp", "PTVp2_7000x35-03", "OpticNrv_PRV03_L", "SpinalCord_PRV05", "OpticChiasm_PRV3", "GTVp_CT1^preIC",
             "CTV_High", "PTVn1_5400", "zPTV_Low", "Parotid_L", "Bone_Mandible", "External"],
)  # fmt: skip
def test_names_after_the_report_need_no_advice(name: str) -> None:
    assert name_advice(name) == ()


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("iGTV", "capitals: IGTV"), ("gtv", "capitals: GTV"), ("PTV 70", "no spaces"), ("Left_Parotid", "side last"),
        ("L_Parotid", "side last"), ("OpticChiasm_PRV03", "cut it off"), ("Cord_PRV", "_PRV05"), ("GTV-1", "grammar"),
        ("x" * 65, "can't be exported"), ("a\\b", "backslash"), ("", "needs a name"), ("   ", "needs a name"),
    ],
)  # fmt: skip
def test_others_get_a_sentence(name: str, told: str) -> None:
    assert any(told in sentence for sentence in name_advice(name))


def test_sixteen_characters_are_fine_and_seventeen_are_not() -> None:
    assert name_advice("A" * 16) == ()
    assert len(name_advice("A" * 17)) == 1
