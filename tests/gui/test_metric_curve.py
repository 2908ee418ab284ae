"""The curve of a registration: one line for each level, named below in its colour and in the order of the levels."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from workstation.fusion.watching import Step
from workstation.gui.metric_curve import MetricCurve, curves_of
from workstation.gui.profile_plot import CURVES
from workstation.gui.theme import apply_theme


def steps(*stages: str) -> list[Step]:
    """Three steps of each stage."""
    return [Step(stage, n, 0.1 * number + 0.01 * n) for number, stage in enumerate(stages) for n in (1, 2, 3)]


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_levels_are_named_in_the_colours_of_their_lines(qtbot: QtBot, qapp: QApplication, theme: str) -> None:
    apply_theme(qapp, theme)
    curve = MetricCurve()
    qtbot.addWidget(curve)
    curve.show_steps(steps("4 mm", "2 mm", "<1 mm>"))
    words = curve.stages.text()
    places = [words.index(name) for name in ("4&nbsp;mm", "2&nbsp;mm", "&lt;1&nbsp;mm&gt;")]
    assert places == sorted(places) and [words.index(color) for color in CURVES[theme][:3]] < places
    items = curve.plot.listDataItems()
    assert [item.opts["pen"].color().name() for item in items] == list(CURVES[theme][:3])
    assert list(items[1].getData()[0]) == [4, 5, 6], "steps are counted through"
    assert "step 3: agreement 0.230" in curve.words.text()
    apply_theme(qapp, "dark")


def test_another_run_begins_anew(qtbot: QtBot) -> None:
    curve = MetricCurve()
    qtbot.addWidget(curve)
    curve.show_steps(steps("4 mm", "2 mm"))
    curve.show_steps(steps("1 mm"))
    assert len(curve.plot.listDataItems()) == 1 and "4&nbsp;mm" not in curve.stages.text()
    assert curves_of(steps("a", "b"))["b"][0] == [4, 5, 6]
