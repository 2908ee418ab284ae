"""Margins are read the way people write them and refused when they make no sense."""

import pytest

from workstation.geometry.errors import GeometryError
from workstation.structures.recipe import Margin


def test_one_number_is_uniform():
    assert Margin.parse("5") == Margin.parse("5 mm") == Margin.uniform(5)
    assert Margin.uniform(5).text() == "5 mm"


def test_six_numbers_in_any_order():
    margin = Margin.parse("S=10,I=6,R=7,L=5,A=4,P=8")
    assert margin.values == (7, 5, 4, 8, 10, 6)
    assert Margin.parse(margin.text()) == margin


@pytest.mark.parametrize(
    "text",
    ["", "five", "R=1,L=2", "R=1,R=1,L=1,A=1,P=1,S=1,I=1", "nan", "1e9", "0.01", "-0.05", "R=1,L=-1,A=1,P=1,S=1,I=1"],
)
def test_nonsense_is_refused_with_a_sentence(text):
    with pytest.raises(GeometryError):
        Margin.parse(text)
