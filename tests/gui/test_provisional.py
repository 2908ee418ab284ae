"""What lies where a registration puts it that nobody has accepted says so, until somebody does."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QApplication

from tests.gui.viewport_scene import add_cylinder, case_with, ct, fused_case, mr, open_view, pixels
from workstation.case.case import Case
from workstation.case.commands import AddRegistration, AddStructure
from workstation.case.measurement_commands import AddMeasurement
from workstation.case.registration_commands import AcceptRegistration, WithdrawAcceptance
from workstation.fusion.registration import Registration
from workstation.geometry.plane import Plane
from workstation.geometry.transform import Transform
from workstation.gui.measurement_figures import all_rows, names_of
from workstation.gui.session import Session
from workstation.gui.structure_model import is_provisional
from workstation.gui.viewport.annotations import CAUTION, PROVISIONAL, annotations_of
from workstation.gui.viewport.slice_view import SliceView
from workstation.measurements.measurement import new_measurement

ACCEPTED = AcceptRegistration("r", "A. Physicist")


def words_on(view: SliceView) -> list[str]:
    QApplication.processEvents()
    view.grab()
    frame = view.frame()
    assert frame is not None
    return [name for name, _ in annotations_of(view.scene, frame, "").lines]


def amber(view: SliceView) -> int:
    """Pixels in the colour of the warning, in the lower left quarter."""
    return amber_in(view.grab().toImage())


def amber_in(picture: QImage) -> int:
    found = 0
    for y in range(picture.height() // 2, picture.height()):
        for x in range(picture.width() // 2):
            color = QColor(picture.pixel(x, y))
            found += abs(color.red() - CAUTION.red()) + abs(color.blue() - CAUTION.blue()) < 30
    return found


def test_the_fused_image_says_so_on_the_slice_until_it_is_accepted(qtbot) -> None:
    case = fused_case()
    view, viewing, _ = open_view(qtbot, case)
    viewing.overlay_key = "mr"
    assert words_on(view)[-1] == PROVISIONAL and words_on(view)[1].startswith("+ MR")
    assert amber(view) > 30
    case.do(ACCEPTED)
    assert PROVISIONAL not in words_on(view) and amber(view) == 0
    case.undo()
    assert words_on(view)[-1] == PROVISIONAL


def test_an_accepted_link_that_is_moved_by_hand_is_provisional_while_it_is_tried(qtbot) -> None:
    case = fused_case()
    case.do(ACCEPTED)
    view, viewing, desk = open_view(qtbot, case)
    viewing.overlay_key = "mr"
    viewing.follow(desk.placing)
    assert PROVISIONAL not in words_on(view)
    layer = view.layer("mr")
    assert layer is not None and not layer.provisional
    desk.placing.moving_key = "mr"
    start = desk.placing.begun()
    desk.placing.show(desk.placing.moved(start, (3.0, 0.0, 0.0)))
    assert PROVISIONAL in words_on(view)


def test_a_structure_that_comes_over_provisionally_says_so_in_the_legend(qtbot) -> None:
    case = fused_case()
    name = add_cylinder(case, "GTV", 20.0)
    foreign = replace(case.structures[name], identifier="far", number=7, name="MR GTV", frame_of_reference_uid="F-MR")
    case.do(AddStructure(foreign))
    view, _, _ = open_view(qtbot, case)
    far, own = view.structures.entry("far"), view.structures.entry(name)
    assert far is not None and own is not None
    assert far.name == "MR GTV (provisional)" and own.name == "GTV"
    assert is_provisional(case, case.structures["far"])
    case.do(ACCEPTED)
    far = view.structures.entry("far")
    assert far is not None and far.name == "MR GTV"


def region(case: Case) -> None:
    made = new_measurement("rectangle", [(-5, -5, 0), (5, 5, 0)], Plane.axial(), "F", (), ("ct", "mr"))
    case.do(AddMeasurement(made))


def test_figures_through_it_are_marked_in_words_and_tables(qapp: object) -> None:
    session = Session(fused_case())
    case = session.case
    region(case)
    session.desk.measuring.shown_images = lambda: ("ct", "mr")
    (measured,) = case.measurements.values()
    said = session.desk.measuring.words(measured)
    assert said[1].endswith("HU") and said[2].endswith("· provisional")
    head, *rows = all_rows(session)
    assert head[-1] == "provisional" and [row[-1] for row in rows] == ["no", "yes"]
    names = names_of(session, list(case.images.values()), "F")
    assert names == {"ct": "CT", "mr": "MR · provisional"}
    case.do(ACCEPTED)
    assert [row[-1] for row in all_rows(session)[1:]] == ["no", "no"]
    assert not any("provisional" in line for line in session.desk.measuring.words(measured))
    case.do(WithdrawAcceptance("r"))
    assert session.desk.measuring.is_provisional(measured, "mr")


def test_the_3d_view_has_a_caption(qtbot) -> None:
    from tests.gui.test_volume_view import open_volume, settled

    case = case_with(ct(), mr())
    case.do(AddRegistration(Registration("r", "F", "F-MR", Transform.identity(), "by hand")))
    name = add_cylinder(case, "GTV", 20.0)
    foreign = replace(case.structures[name], identifier="far", number=7, name="MR GTV", frame_of_reference_uid="F-MR")
    case.do(AddStructure(foreign))
    view, viewing = open_volume(qtbot, case)
    settled(qtbot, view)
    with_caption = pixels(view)
    assert view._is_provisional()
    taken: list[QImage] = []
    assert view.take_picture(taken.append)
    qtbot.waitUntil(lambda: bool(taken), timeout=20000)
    assert amber_in(taken[0]) > 30
    viewing.set_visible("far", False)
    assert not view._is_provisional()
    viewing.set_visible("far", True)
    case.do(ACCEPTED)
    settled(qtbot, view)
    assert not view._is_provisional() and (pixels(view) != with_caption).any()
