"""CTV and PTV are made in the panel and follow every stroke, in the panel and in the list."""

from __future__ import annotations

import numpy as np
import pytest

from tests.gui.hands import click, drag, let_live, listed, make_structure, move, press, release, slice_view, type_into
from tests.gui.small_patient import cylinder
from workstation.case.commands import AddStructure, ChangeStructure, RemoveStructure
from workstation.gui.main_window import MainWindow
from workstation.gui.panels.recipe_editor import RecipeEditor
from workstation.gui.panels.targets import TargetsPanel
from workstation.structures.recipe import Margin
from workstation.structures.structure import State

STROKE = [(x, 0.0, -1.5) for x in np.linspace(-10, 10, 12)]


@pytest.fixture
def panel(ct_window: MainWindow) -> TargetsPanel:
    """The panel, with a GTV drawn on nine slices."""
    assert ct_window.session is not None and ct_window.workspace is not None
    gtv = cylinder(ct_window.session.case, "GTV", 10.0)
    ct_window.session.do(AddStructure(gtv))
    ct_window.session.desk.active = gtv.identifier
    ct_window.action("step_targets").trigger()
    return ct_window.workspace.targets


def make_both(panel: TargetsPanel) -> RecipeEditor:
    """CTV by the button that begins, PTV by the one that goes on."""
    click(panel.first.button)
    click(panel.add_button)
    let_live()
    return panel.editor


def target(panel: TargetsPanel, name: str) -> object:
    """A structure of the case by name."""
    return next(s for s in panel.session.case.structures.values() if s.name == name)


def test_without_structures_the_panel_teaches_and_leads_to_drawing(ct_window: MainWindow) -> None:
    assert ct_window.workspace is not None
    ct_window.action("step_targets").trigger()
    panel = ct_window.workspace.targets
    assert panel.nothing.isVisible() and "GTV" in panel.nothing.sentence.text()
    click(panel.nothing.button)
    assert ct_window.workspace.step == "contour"


def test_ctv_and_ptv_take_two_clicks(ct_window: MainWindow, panel: TargetsPanel) -> None:
    assert panel.first.button.text() == "Make CTV = GTV + 5 mm"
    make_both(panel)
    assert [s.name for s in panel.session.case.structures.values()] == ["GTV", "CTV", "PTV"]
    recipes = [card.recipe.text() for card in panel.cards.values()]
    assert recipes == ["= GTV + 5 mm", "= CTV + 3 mm"]
    assert listed(ct_window, "GTV") < listed(ct_window, "CTV") < listed(ct_window, "PTV")
    assert ct_window.banner.chip("targets").text() == "targets current"


def test_the_next_target_is_offered_only_while_it_is_missing(panel: TargetsPanel) -> None:
    make_both(panel)
    assert not panel.add_button.isVisible() and panel.other_button.isVisible()


def test_a_margin_typed_in_the_editor_changes_the_target_at_once(ct_window: MainWindow, panel: TargetsPanel) -> None:
    make_both(panel)
    before = listed(ct_window, "PTV")
    type_into(panel.editor.margin.one.line, "8")
    let_live()
    assert target(panel, "PTV").recipe.margin == Margin.uniform(8)  # type: ignore[attr-defined]
    assert listed(ct_window, "PTV") > before
    assert panel.session.case.undo_label == "Derive PTV"


def test_six_directions_can_differ(panel: TargetsPanel) -> None:
    make_both(panel)
    click(panel.editor.margin.modes[1])
    type_into(panel.editor.margin.six[4].line, "9")
    assert target(panel, "PTV").recipe.margin == Margin(3, 3, 3, 3, 9, 3)  # type: ignore[attr-defined]
    assert "S 9" in list(panel.cards.values())[1].recipe.text()


def test_signs_that_disagree_are_refused_in_place(panel: TargetsPanel) -> None:
    make_both(panel)
    click(panel.editor.margin.modes[1])
    type_into(panel.editor.margin.six[0].line, "-2")
    assert "grows or shrinks" in panel.editor.margin.reason.text() and panel.editor.margin.reason.isVisible()
    assert target(panel, "PTV").recipe.margin == Margin.uniform(3)  # type: ignore[attr-defined]


@pytest.mark.parametrize("text", ["five", "", "1000"])
def test_a_margin_that_is_no_distance_turns_red_with_the_reason(panel: TargetsPanel, text: str) -> None:
    make_both(panel)
    type_into(panel.editor.margin.one.line, text)
    assert panel.editor.margin.one.line.property("invalid") is True
    assert panel.editor.margin.one.reason.text().startswith("The margin must")
    assert target(panel, "PTV").recipe.margin == Margin.uniform(3)  # type: ignore[attr-defined]


def test_targets_follow_the_brush_while_it_moves(ct_window: MainWindow, panel: TargetsPanel) -> None:
    make_both(panel)
    session = panel.session
    session.desk.active = next(iter(session.case.structures))
    ct_window.action("tool_brush").trigger()
    view = slice_view(ct_window)
    before = [listed(ct_window, name) for name in ("GTV", "CTV", "PTV")]
    start = (9.0, 0.0, -1.5)
    press(view, start)
    for x in np.linspace(9, 25, 12):
        move(view, (float(x), 0.0, -1.5))
    let_live(0.6)
    during = [listed(ct_window, name) for name in ("GTV", "CTV", "PTV")]
    assert session.viewing.drawing, "the button is still down"
    assert all(now > then for now, then in zip(during, before, strict=True))
    release(view, (25.0, 0.0, -1.5))
    let_live(0.6)
    after = [listed(ct_window, name) for name in ("GTV", "CTV", "PTV")]
    assert after == during
    session.case.undo()
    let_live(0.6)
    assert [listed(ct_window, name) for name in ("GTV", "CTV", "PTV")] == before


def test_a_target_can_be_cropped_and_kept_clear(ct_window: MainWindow, panel: TargetsPanel) -> None:
    session = panel.session
    session.do(AddStructure(cylinder(session.case, "Body", 13.0)))
    make_both(panel)
    whole = listed(ct_window, "PTV")
    click(panel.editor.crop.add_button)
    box, distance = panel.editor.crop.rows[0]
    box.setCurrentIndex(box.findText("Body"))
    box.activated.emit(box.currentIndex())
    let_live()
    cropped = listed(ct_window, "PTV")
    assert cropped < whole
    _, distance = panel.editor.crop.rows[0]
    type_into(distance.line, "-2")
    let_live()
    assert listed(ct_window, "PTV") < cropped
    assert "inside Body −2 mm" in list(panel.cards.values())[1].recipe.text()


def test_a_limit_cuts_nothing_before_its_structure_is_chosen(ct_window: MainWindow, panel: TargetsPanel) -> None:
    session = panel.session
    session.do(AddStructure(cylinder(session.case, "Body", 13.0)))
    make_both(panel)
    whole, steps = listed(ct_window, "PTV"), session.case.undo_label
    click(panel.editor.avoid.add_button)
    box, _ = panel.editor.avoid.rows[0]
    let_live()
    assert box.currentIndex() == -1 and box.placeholderText()
    assert listed(ct_window, "PTV") == whole and session.case.undo_label == steps
    panel.choose(target(panel, "CTV").identifier)  # type: ignore[attr-defined]
    assert not panel.editor.avoid.rows


def test_the_panel_is_never_wider_than_its_place(ct_window: MainWindow, panel: TargetsPanel) -> None:
    make_both(panel)
    click(panel.editor.crop.add_button)
    click(panel.editor.avoid.add_button)
    panel.editor.rederive_button.show()
    let_live()
    assert panel.widget().minimumSizeHint().width() <= panel.viewport().width()
    assert panel.horizontalScrollBar().maximum() == 0


def test_names_as_long_as_dicom_allows_make_no_panel_wider(ct_window: MainWindow, panel: TargetsPanel) -> None:
    session = panel.session
    names = [s.identifier for s in session.case.structures.values()]
    session.do(ChangeStructure(names[0], name="GTV_of_the_left_glomus_jugulotympanicum_with_quite_a_long_name"))
    let_live()
    assert panel.widget().minimumSizeHint().width() <= panel.viewport().width()
    click(panel.first.button)
    ctv = next(s for s in session.case.structures.values() if s.recipe is not None)
    session.do(ChangeStructure(ctv.identifier, name="CTV_of_the_left_glomus_jugulotympanicum_with_quite_a_long_name"))
    let_live()
    assert panel.widget().minimumSizeHint().width() <= panel.viewport().width()
    ct_window.action("step_contour").trigger()
    let_live()
    assert ct_window.workspace is not None
    contour = ct_window.workspace.contour
    assert contour.widget().minimumSizeHint().width() <= contour.viewport().width()


def test_a_uniform_margin_is_one_number_after_another_target_had_six(panel: TargetsPanel) -> None:
    make_both(panel)
    click(panel.editor.margin.modes[1])
    type_into(panel.editor.margin.six[0].line, "7")
    panel.choose(target(panel, "CTV").identifier)  # type: ignore[attr-defined]
    assert panel.editor.margin.one.isVisible()
    panel.choose(target(panel, "PTV").identifier)  # type: ignore[attr-defined]
    assert panel.editor.margin.six[0].isVisible() and panel.editor.margin.six[0].value() == 7.0


def test_a_target_says_when_what_it_came_from_is_gone(panel: TargetsPanel) -> None:
    make_both(panel)
    session = panel.session
    gtv = next(k for k, s in session.case.structures.items() if s.name == "GTV")
    session.do(RemoveStructure(gtv))
    let_live()
    assert "a deleted structure" in next(iter(panel.cards.values())).recipe.text()


def test_a_target_cannot_be_made_from_what_hangs_below_it(panel: TargetsPanel) -> None:
    make_both(panel)
    panel.choose(target(panel, "CTV").identifier)  # type: ignore[attr-defined]
    offered = [panel.editor.source.itemText(i) for i in range(panel.editor.source.count())]
    assert offered == ["GTV"]


def test_renaming_a_target_changes_its_type_with_it(panel: TargetsPanel) -> None:
    make_both(panel)
    type_into(panel.editor.name.line, "CTV_high")
    names = {s.name: s.interpreted_type for s in panel.session.case.structures.values()}
    assert names["CTV_high"] == "CTV"


def test_a_target_edited_by_hand_says_so_and_can_be_derived_again(ct_window: MainWindow, panel: TargetsPanel) -> None:
    make_both(panel)
    session = panel.session
    session.desk.active = target(panel, "PTV").identifier  # type: ignore[attr-defined]
    ct_window.action("tool_brush").trigger()
    drag(slice_view(ct_window), [(x, 0.0, -1.5) for x in np.linspace(15, 30, 8)])
    let_live()
    assert target(panel, "PTV").state is State.OVERRIDDEN  # type: ignore[attr-defined]
    assert ct_window.banner.chip("targets").text() == "targets overridden"
    click(panel.editor.rederive_button)
    assert target(panel, "PTV").state is State.CURRENT  # type: ignore[attr-defined]


def test_a_recipe_of_ones_own_begins_as_a_draft_that_can_be_dropped(panel: TargetsPanel) -> None:
    make_both(panel)
    click(panel.other_button)
    assert panel.editor.create_button.isVisible() and not panel.editor.delete_button.isVisible()
    click(panel.editor.cancel_button)
    assert len(panel.session.case.structures) == 3
    click(panel.other_button)
    type_into(panel.editor.name.line, "Ring", end=None)
    click(panel.editor.create_button)
    assert [s.name for s in panel.targets()] == ["CTV", "PTV", "Ring"] or "Ring" in [s.name for s in panel.targets()]
    assert panel.editor.identifier == target(panel, "Ring").identifier  # type: ignore[attr-defined]


def test_the_list_shows_a_new_gtv_painted_into_nothing(ct_window: MainWindow) -> None:
    make_structure(ct_window, "GTV")
    assert ct_window.workspace is not None
    ct_window.action("step_targets").trigger()
    click(ct_window.workspace.targets.first.button)
    let_live()
    assert listed(ct_window, "CTV") == 0.0
    assert ct_window.session is not None
    ct_window.session.desk.active = next(iter(ct_window.session.case.structures))
    drag(slice_view(ct_window), STROKE)
    let_live(0.4)
    assert listed(ct_window, "CTV") > listed(ct_window, "GTV") > 0
