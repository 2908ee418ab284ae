"""Views begin where the work is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.gui.small_patient import SmallPatient, case_of, cylinder
from workstation.case.case import Case
from workstation.case.commands import AddStructure
from workstation.case.new_structure import new_structure
from workstation.dicom.structure_set_write import write_structure_set
from workstation.geometry.region import Region
from workstation.gui.application import settle
from workstation.gui.landmarks import first_target, middle_of
from workstation.gui.main_window import MainWindow
from workstation.structures.structure import PlanarContours, Structure


@pytest.fixture
def case(patient: SmallPatient) -> Case:
    """A case with the CT and nothing drawn."""
    return case_of(patient.ct)


def shifted(case: Case, name: str, kind: str, shift_mm: float, number: int) -> Structure:
    """A cylinder beside the middle of the image."""
    made = replace(cylinder(case, name, 6.0), interpreted_type=kind, number=number)
    planes = [
        PlanarContours(s.position_mm, Region([ring + np.array([shift_mm, 0.0]) for ring in s.region.rings]))
        for s in made.stack.slices
    ]
    return made.with_stack(replace(made.stack, slices=tuple(planes)))


def test_the_middle_of_a_horseshoe_lies_inside_it(case: Case) -> None:
    structure = new_structure(case, "Arch")
    ring = np.array([(0, 0), (20, 0), (20, 20), (16, 20), (16, 4), (4, 4), (4, 20), (0, 20)], dtype=float)
    z = float(case.slice_positions_mm[5])
    arch = structure.with_stack(structure.stack.replaced([PlanarContours(z, Region([ring]))]))
    point = middle_of(arch)
    assert point is not None
    u, v, w = arch.stack.plane.to_plane(point)
    assert w == pytest.approx(z) and Region([ring]).contains([(u, v)])[0]


def test_an_empty_structure_has_no_middle(case: Case) -> None:
    assert middle_of(new_structure(case, "GTV")) is None


def test_a_gtv_comes_before_a_ptv_and_organs(case: Case) -> None:
    for number, (name, kind) in enumerate((("Cord", "ORGAN"), ("PTV", "PTV"), ("GTV", "GTV")), start=1):
        case.do(AddStructure(shifted(case, name, kind, 0.0, number)))
    assert case.structures[first_target(case)].name == "GTV"


def write_set(patient: SmallPatient, path: Path) -> list[str]:
    """An organ and a GTV 15 mm beside the middle."""
    case = case_of(patient.ct)
    made = [shifted(case, "Cord", "ORGAN", 0.0, 1), shifted(case, "GTV", "GTV", 15.0, 2)]
    write_structure_set(path, made, patient.ct)
    return [str(patient.ct_folder), str(path)]


def test_an_opened_case_begins_at_its_gtv(window: MainWindow, patient: SmallPatient, tmp_path: Path) -> None:
    window.commands.open_paths(write_set(patient, tmp_path / "rs.dcm"))
    assert settle(window, 30)
    assert window.session is not None and window.session.active is not None
    assert window.session.active.name == "GTV"
    assert window.session.viewing.crosshair_mm[:2] == pytest.approx([15.0, 0.0], abs=1e-6)


def test_where_a_person_looks_already_stays(ct_window: MainWindow, patient: SmallPatient, tmp_path: Path) -> None:
    assert ct_window.session is not None
    ct_window.session.viewing.crosshair_mm = [1.0, 2.0, 3.0]
    ct_window.commands.open_paths(write_set(patient, tmp_path / "rs.dcm")[1:])
    assert settle(ct_window, 30)
    assert ct_window.session.viewing.crosshair_mm.tolist() == [1.0, 2.0, 3.0]
