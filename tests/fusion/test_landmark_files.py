"""Pairs of landmarks come back from every kind of file to the last bit, and broken files are named with their line."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workstation.fusion.landmark_files import COLUMNS, read_landmarks, side_of, write_landmarks
from workstation.fusion.landmarks import LandmarkPair
from workstation.fusion.point_files import NamedPoint, read_points, write_points
from workstation.fusion.registration import RegistrationError
from workstation.geometry.grid import Grid

number = st.floats(-1e6, 1e6)
point = st.tuples(number, number, number).map(np.array)
text = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20)
rows = st.lists(st.tuples(st.none() | point, st.none() | point, text), max_size=8)
quick = settings(max_examples=40, deadline=None)


def pairs_of(listed) -> list[LandmarkPair]:
    return [
        LandmarkPair.new(2 * n + 1, "1.2", "3.4", fixed, moving, name)
        for n, (fixed, moving, name) in enumerate(listed)
    ]


def plain(pairs) -> list[tuple]:
    return [
        (p.number, p.name, *(None if side is None else side.tolist() for side in (p.fixed_mm, p.moving_mm)))
        for p in pairs
    ]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("landmarks")


@quick
@given(listed=rows)
def test_a_table_comes_back_to_the_last_bit(folder, listed):
    pairs = pairs_of(listed)
    write_landmarks(folder / "a.csv", pairs)
    again = read_landmarks(folder / "a.csv", fixed_frame_uid="1.2", moving_frame_uid="3.4")
    assert plain(again) == plain(pairs)
    assert all((p.fixed_frame_uid, p.moving_frame_uid) == ("1.2", "3.4") for p in again)


@pytest.mark.parametrize("ending", [".fcsv", ".mrk.json"])
@quick
@given(listed=rows)
def test_slicers_files_come_back_to_the_last_bit(folder, ending, listed):
    pairs = [p for p in pairs_of(listed) if not (p.fixed_mm is None and p.moving_mm is None)]
    files = folder / f"fixed{ending}", folder / f"moving{ending}"
    write_landmarks(files[0], pairs, files[1])
    either = any(p.fixed_mm is not None for p in pairs), any(p.moving_mm is not None for p in pairs)
    common = any(p.complete for p in pairs)
    if not common and either != (False, False) and sum(len(read_points(f)) for f in files):
        return  # nothing says what belongs together: see below
    again = read_landmarks(*files)
    named = [(n, name if name != str(n) else "", *sides) for n, name, *sides in plain(pairs)]
    assert sorted(plain(again), key=lambda row: row[0]) == named


@quick
@given(listed=rows)
def test_elastix_files_keep_complete_pairs_in_their_order(folder, listed):
    pairs = pairs_of(listed)
    write_landmarks(folder / "fixed.txt", pairs, folder / "moving.txt")
    again = read_landmarks(folder / "fixed.txt", folder / "moving.txt")
    assert [row[2:] for row in plain(again)] == [row[2:] for row in plain(p for p in pairs if p.complete)]
    assert [p.number for p in again] == list(range(1, len(again) + 1))


def written(folder: Path, name: str, words: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(words if isinstance(words, bytes) else words.encode())
    return path


OLD_FCSV = """# Markups fiducial file version = 4.5
# CoordinateSystem = {system}
# columns = id,x,y,z,ow,ox,oy,oz,vis,sel,lock,label,desc,associatedNodeID
vtkMRMLMarkupsFiducialNode_0,-2.5,8.25,78.75,0,0,0,1,1,1,0,F-1,,vtkMRMLModelNode5

vtkMRMLMarkupsFiducialNode_1,-7,13,74,0,0,0,1,1,1,0,"Clivus, left",,
"""


@pytest.mark.parametrize(("system", "first"), [
    ("0", (2.5, -8.25, 78.75)), ("RAS", (2.5, -8.25, 78.75)), ("1", (-2.5, 8.25, 78.75)), ("LPS", (-2.5, 8.25, 78.75)),
])  # fmt: skip
def test_points_of_slicer_are_brought_to_lps_whatever_its_version(tmp_path, system, first):
    points = read_points(written(tmp_path, "a.fcsv", OLD_FCSV.format(system=system)))
    assert points[0].position_mm.tolist() == list(first) and [p.name for p in points] == ["F-1", "Clivus, left"]
    markups = {"markups": [{"type": "Fiducial", "coordinateSystem": system, "controlPoints": [
        {"label": "F-1", "position": [-2.5, 8.25, 78.75]},
        {"label": "to do", "positionStatus": "undefined", "position": [0, 0, 0]},
    ]}]}  # fmt: skip
    points = read_points(written(tmp_path, "a.mrk.json", json.dumps(markups)))
    assert points[0].position_mm.tolist() == list(first) and points[1].position_mm is None


def test_what_a_file_does_not_say_about_its_axes_is_taken_as_its_program_means_it(tmp_path):
    old = "\n".join(line for line in OLD_FCSV.splitlines() if "Coordinate" not in line)
    assert read_points(written(tmp_path, "a.fcsv", old))[0].position_mm.tolist() == [2.5, -8.25, 78.75]
    shortest = '{"markups": [{"type": "Fiducial", "controlPoints": [{"position": [1, 2, 3]}]}]}'
    assert read_points(written(tmp_path, "a.mrk.json", shortest))[0].position_mm.tolist() == [1, 2, 3]


def named(*names: str, first: float = 0.0) -> list[NamedPoint]:
    return [NamedPoint(np.full(3, first + n), name) for n, name in enumerate(names)]


def test_points_of_two_files_belong_together_by_label_else_by_order(tmp_path):
    files = tmp_path / "fixed.mrk.json", tmp_path / "moving.fcsv"
    write_points(files[0], named("Clivus", "Canal", "Globe"))
    write_points(files[1], named("Globe", "Clivus", "Other"))
    found = {p.name: (p.fixed_mm, p.moving_mm) for p in read_landmarks(*files)}
    assert list(found) == ["Clivus", "Canal", "Globe", "Other"]
    assert found["Clivus"][0][0] == 0 and found["Clivus"][1][0] == 1 and found["Canal"][1] is None
    write_points(files[0], named("CT-1", "CT-2"))
    write_points(files[1], named("MR-1", "MR-2", first=7))
    assert [(p.number, p.fixed_mm[0], p.moving_mm[0]) for p in read_landmarks(*files)] == [(1, 0, 7), (2, 1, 8)]
    alone = read_landmarks(files[0])
    assert [p.moving_mm for p in alone] == [None, None]
    write_points(files[1], named("MR-1"))
    with pytest.raises(RegistrationError, match=r"holds 2 points, .* 1, and no labels say which belong together"):
        read_landmarks(*files)


def test_elastix_points_may_count_voxels_of_their_image(tmp_path):
    path = written(tmp_path, "a.txt", "index\n2\n 0 0 0\n 2 3 1\n")
    grid = Grid((10, 20, 30), (1, 2, 3), np.eye(3), (5, 5, 5))
    assert [p.position_mm.tolist() for p in read_points(path, grid)] == [[10, 20, 30], [12, 26, 33]]
    with pytest.raises(RegistrationError, match="count voxels"):
        read_points(path)


def test_whose_points_a_list_holds_is_told_by_its_name_else_by_where_they_lie(tmp_path):
    here, there = (Grid((x, 0, 0), (1, 1, 1), np.eye(3), (10, 10, 10)) for x in (0, 100))
    for name, shift, side in (
        ("a_Fixed.fcsv", 102.0, "fixed"), ("a.fcsv", 102.0, "moving"), ("a.fcsv", 2.0, "fixed"),
        ("moving.fcsv", 2.0, "moving"), ("a.fcsv", 500.0, "fixed"), ("fixed to moving.fcsv", 102.0, "moving"),
    ):  # fmt: skip
        write_points(tmp_path / name, [NamedPoint(np.array([shift + n, n, n]), str(n)) for n in range(3)])
        assert side_of(tmp_path / name, here, there) == side
    voxels = written(tmp_path, "a.txt", "index\n1\n1 1 1\n")
    assert side_of(voxels, here, there) == "fixed"


def test_spreadsheets_may_write_semicolons_and_decimal_commas(tmp_path):
    head = ";".join(column.upper() for column in COLUMNS)
    path = written(tmp_path, "a.csv", f"\ufeff{head}\r\n7;Clivus;1,5;2;-3,25;;;\r\n")
    assert plain(read_landmarks(path)) == [(7, "Clivus", [1.5, 2.0, -3.25], None)]


HEAD = ",".join(COLUMNS) + "\n"
MARKUP = '{{"markups": [{{"type": "Fiducial", "controlPoints": [{{"position": {}}}]}}]}}'


@pytest.mark.parametrize(("name", "words", "said"), [
    ("a.csv", "", "it is empty; the first line names the columns number, name"),
    ("a.csv", "number,name\n1,a\n", "line 1: the columns fixed_x_mm, .* are missing"),
    ("a.csv", HEAD + "1,a,1,2,3\n", "line 2: it has 5 columns of 8"),
    ("a.csv", HEAD + "1,a,1,2,3,4,5,6\nx,a,1,2,3,4,5,6\n", "line 3: 'x' is no number of a landmark"),
    ("a.csv", HEAD + "0,a,1,2,3,4,5,6\n", "line 2: '0' is no number of a landmark"),
    ("a.csv", HEAD + "1,a,1,2,x,4,5,6\n", "line 2, fixed point: 'x' is no number"),
    ("a.csv", HEAD + "1,a,1,2,3,4,inf,6\n", "line 2, moving point: 'inf' is no number"),
    ("a.csv", HEAD + "1,a,1,2,3,4,,6\n", "line 2, moving point: it has 2 of three coordinates"),
    ("a.csv", HEAD + "4,a,1,2,3,4,5,6\n\n4,b,1,2,3,4,5,6\n", "line 4: there are two landmarks with the number 4"),
    ("a.csv", HEAD.encode() + b"1,\xff,1,2,3,4,5,6\n", "line 2: it is no text"),
    ("a.csv", HEAD + "1," + "a" * 200_000 + ",1,2,3,4,5,6\n", "line 2: it is no table"),
    ("a.fcsv", "# CoordinateSystem = IJK\n", "line 1: the coordinate system 'IJK' is not known"),
    ("a.fcsv", "# CoordinateSystem = LPS\n0,1,2\n", "line 2: it has no z"),
    ("a.fcsv", "0,1,2,nan\n", "line 1: 'nan' is no number"),
    ("a.mrk.json", "{\n\n oh }", "line 3: it is no JSON"),
    ("a.mrk.json", "[" * 100_000, "it is no JSON"),
    ("a.mrk.json", "[]", "it holds 0 lists of points"),
    ("a.mrk.json", '{"markups": [{"type": "Line"}]}', "it holds 0 lists of points"),
    ("a.mrk.json", MARKUP.format("[1, 2]"), "point 1: its position is not three numbers"),
    ("a.mrk.json", MARKUP.format("[1, 2, NaN]"), "point 1: 'nan' is no number"),
    ("a.mrk.json", MARKUP.format('[1, 2, "3"]'), "point 1: its position is not three numbers"),
    ("a.mrk.json", MARKUP.format("[1, 2, 1" + "0" * 400 + "]"), "point 1: .* is no number"),
    ("a.mrk.json", '{"markups": [{"type": "Fiducial", "coordinateUnits": "cm"}]}', "its points are not in mm"),
    ("a.txt", "", 'line 1: it must say "point" or "index"'),
    ("a.txt", "1 2 3\n", 'line 1: it must say "point" or "index"'),
    ("a.txt", "point\n", "line 2: it must say how many points follow"),
    ("a.txt", "point\n-2\n", "line 2: it must say how many points follow"),
    ("a.txt", "point\n2\n1 2 3\n", "line 2: it announces 2 points, and 1 follow"),
    ("a.txt", "point\n2\n1 2 3\n\n1 2\n", "line 5: a point has three numbers, not 2"),
    ("a.txt", "point\n1\n1 2 three\n", "line 3: 'three' is no number"),
    ("a.vtk", "", "points are read from"),
])  # fmt: skip
def test_a_broken_file_is_refused_in_a_sentence_with_its_line(tmp_path, name, words, said):
    path = written(tmp_path, name, words)
    with pytest.raises(RegistrationError, match=said) as refused:
        read_landmarks(path)
    assert str(path) in str(refused.value) and "\n" not in str(refused.value)


def test_a_file_that_is_not_there_or_has_no_pair_is_refused(tmp_path):
    with pytest.raises(RegistrationError, match="can't be opened: No such file"):
        read_landmarks(tmp_path / "none.csv")
    with pytest.raises(RegistrationError, match="need two files"):
        write_landmarks(tmp_path / "a.fcsv", [])
    with pytest.raises(RegistrationError, match="written as"):
        write_landmarks(tmp_path / "a.xlsx", [], tmp_path / "b.xlsx")
    for call in (lambda: read_landmarks("a.csv", "b.csv"), lambda: write_landmarks("a.csv", [], "b.csv")):
        with pytest.raises(RegistrationError, match="a table holds both sides"):
            call()
    assert not list(tmp_path.iterdir())


@pytest.mark.realdata
def test_the_landmarks_of_the_lung_pair_are_read(data_dir):
    names = ("CT_3D_lung_fixed_point_set_corrected.txt", "CT_3D_lung_moving_point_set_corrected.txt")
    pairs = read_landmarks(*(data_dir / "dir_lung_elastix" / name for name in names))
    assert len(pairs) == 51 and pairs[50].number == 51
    assert pairs[0].fixed_mm.tolist() == [-36.351, -36.974, -1204.5]
    assert np.mean([np.linalg.norm(p.fixed_mm - p.moving_mm) for p in pairs]) == pytest.approx(35.3, abs=0.1)
