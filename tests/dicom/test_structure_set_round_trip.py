"""Ten times out and in again: planes that nobody edited keep their text, edited ones do not drift."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.dicom import make_structure_sets as make
from workstation.dicom.structure_set import StructureSet, read_structure_set, write_structure_set
from workstation.geometry.region import Region
from workstation.structures import planar
from workstation.structures.structure import PlanarContours, Structure
from workstation.structures.volume import volume_cc

TIMES = 10

centres = st.tuples(st.floats(-40, 40), st.floats(-40, 40))
rings = st.builds(
    lambda radius, corners, centre, shrink: [
        make.circle(radius, corners, centre),
        *([make.circle(radius * shrink, corners, centre)] if shrink else []),
    ],
    radius=st.floats(0.5, 30), corners=st.integers(3, 40), centre=centres, shrink=st.sampled_from([0, 0.3, 0.7]),
)  # fmt: skip
planes = st.dictionaries(st.integers(0, 9).map(lambda k: k * 2.5), st.lists(rings, min_size=1, max_size=3), max_size=5)


def texts(structure: Structure) -> list[tuple[float, list[tuple[str, str]]]]:
    """Position, Contour Data and type of every imported ring."""
    return [
        (s.position_mm, [(ring.contour_data, ring.geometric_type) for ring in s.imported])
        for s in structure.stack.slices
    ]


def around(path: Path, found: StructureSet, times: int = TIMES) -> StructureSet:
    for _ in range(times):
        write_structure_set(path, found.structures, base=found)
        found = read_structure_set(path)
    return found


@settings(max_examples=20)
@given(drawn=st.lists(planes, min_size=1, max_size=3))
def test_unedited_planes_keep_their_text(tmp_path_factory: pytest.TempPathFactory, drawn: list[dict]) -> None:
    path = tmp_path_factory.mktemp("round") / "rs.dcm"
    structures = [
        make.structure(f"S{n}", {z: [r for group in groups for r in group] for z, groups in found.items()}, n + 1)
        for n, found in enumerate(drawn)
    ]
    write_structure_set(path, structures, make.ct(10, 2.5))
    first = read_structure_set(path)
    last = around(path, first)
    for before, after in zip(first.structures, last.structures, strict=True):
        assert texts(before) == texts(after)
        for a, b in zip(before.stack.slices, after.stack.slices, strict=True):
            for ring, again in zip(a.region.rings, b.region.rings, strict=True):
                np.testing.assert_array_equal(ring, again)


@settings(max_examples=10)
@given(groups=st.lists(rings, min_size=1, max_size=3), direction=st.floats(0, 6.28))
def test_editing_one_plane_every_time_moves_nothing_else(
    tmp_path_factory: pytest.TempPathFactory, groups: list[list[np.ndarray]], direction: float
) -> None:
    path = tmp_path_factory.mktemp("edited") / "rs.dcm"
    drawn = {z: [r for group in groups for r in group] for z in (0.0, 2.5, 5.0, 7.5)}
    write_structure_set(path, [make.structure("A", drawn)], make.ct(10, 2.5))
    found = read_structure_set(path)
    kept = [t for t in texts(found.structures[0]) if t[0] != 5.0]
    area = planar.area_mm2(found.structures[0].stack.region_at(5.0))
    shift = np.array([np.cos(direction), np.sin(direction)]) / 3
    for _ in range(TIMES):
        (structure,) = found.structures
        region = structure.stack.region_at(5.0)
        moved = Region([ring + shift for ring in region.rings])
        change = [PlanarContours(5.0, moved)]
        write_structure_set(path, [structure.with_stack(structure.stack.replaced(change))], base=found)
        found = read_structure_set(path)
    (structure,) = found.structures
    assert [t for t in texts(structure) if t[0] != 5.0] == kept
    assert planar.area_mm2(structure.stack.region_at(5.0)) == pytest.approx(area, rel=1e-3)


def test_a_structure_drawn_anew_each_time_keeps_its_volume(tmp_path: Path) -> None:
    z = np.arange(-12.5, 13.0, 2.5)
    drawn = {float(p): [make.circle(float(np.sqrt(15**2 - p**2)), 90)] for p in z}
    structure = make.structure("Sphere", drawn, spacing_mm=2.5)
    volume = volume_cc(structure.stack)
    for _ in range(TIMES):
        write_structure_set(tmp_path / "rs.dcm", [structure], make.ct(12, 2.5))
        (back,) = read_structure_set(tmp_path / "rs.dcm").structures
        unmarked = [PlanarContours(s.position_mm, s.region) for s in back.stack.slices]
        structure = back.with_stack(back.stack.replaced(unmarked))
    assert volume_cc(structure.stack) == pytest.approx(volume, rel=1e-4)


REAL = (
    "ct_lung1_aria/mask_rtstruct/*.dcm", "rt_eclipse_rando/RS*.dcm", "rt_mim_phantom/sample/rt.dcm",
    "rt_monaco/monaco_srs_phantom_rtstruct_nopreamble.dcm", "odd_pydicom/test_files/rtstruct.dcm",
    "odd_rtutils/rtstruct_for_mismatch.dcm", "odd_rtutils/empty/dummy_rt.dcm", "ct_mr_pet_sts/STS_0*/*/mask/RS.dcm",
)  # fmt: skip


@pytest.mark.realdata
@pytest.mark.parametrize("pattern", REAL)
def test_vendors_sets_keep_their_text(data_dir: Path, tmp_path: Path, pattern: str) -> None:
    paths = sorted(data_dir.glob(pattern))
    assert paths
    for path in paths:
        first = read_structure_set(path)
        last = around(tmp_path / "rs.dcm", first, TIMES if len(paths) == 1 else 2)
        for before, after in zip(first.structures, last.structures, strict=True):
            assert texts(before) == texts(after)
            assert before.loose == after.loose
            assert [s.imported for s in before.stack.slices] == [s.imported for s in after.stack.slices]
            named = [(s.name, s.number, s.color, s.interpreted_type, s.generation_algorithm) for s in (before, after)]
            assert named[0] == named[1]
