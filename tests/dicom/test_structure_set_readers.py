"""Independent programs accept what we write and see the same structures in it: dciodvfy, plastimatch, rt-utils."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import SimpleITK
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.dicom import make_structure_sets as make
from workstation.dicom.index import index_paths
from workstation.dicom.load import load_series
from workstation.dicom.structure_set import read_structure_set, write_structure_set
from workstation.dicom.write_series import write_series
from workstation.geometry.grid import Grid
from workstation.geometry.plane import Plane
from workstation.geometry.region import Region
from workstation.geometry.transform import Transform
from workstation.images.volume import Volume
from workstation.structures.rasterise import mask_of
from workstation.structures.structure import ContourStack, PlanarContours, Structure

SPACING_MM = 3.0

READ_WITH_RT_UTILS = """
import sys
import numpy as np
from rt_utils import RTStructBuilder
found = RTStructBuilder.create_from(dicom_series_path=sys.argv[1], rt_struct_path=sys.argv[2])
names = found.get_roi_names()
np.savez(sys.argv[3], names=np.array(names), masks=np.array([found.get_roi_mask_by_name(n) for n in names]))
"""


def dice(a: np.ndarray, b: np.ndarray) -> float:
    return float(2 * np.count_nonzero(a & b) / (np.count_nonzero(a) + np.count_nonzero(b)))


def blob(radius_mm: float, centre: tuple[float, float], seed: int, count: int = 140) -> np.ndarray:
    angle = np.arange(count) * 2 * np.pi / count
    waves = np.random.default_rng(seed).normal(0, 0.05, 5)
    radius = radius_mm * (1 + sum(w * np.cos((n + 1) * angle + seed) for n, w in enumerate(waves)))
    return np.column_stack([radius * np.cos(angle), radius * np.sin(angle)]) + centre


def drawn(holes: bool) -> list[Structure]:
    """A tumour, two islands under one name, and a shell with a hole if wanted."""
    z = [k * SPACING_MM for k in range(3, 17)]
    tumour = {p: [blob(25 + 5 * np.sin(p / 9), (5, -7), 3)] for p in z}
    islands = {p: [blob(14, (-30, 20), 5), blob(11, (34, 28), 8)] for p in z[2:9]}
    structures = [
        make.structure("GTVp", tumour, 1, interpreted_type="GTV"),
        make.structure("Islands", islands, 2),
    ]
    if holes:
        shell = {p: [blob(40, (0, 0), 9), blob(26, (0, 0), 9)] for p in z[1:6]}
        structures.append(make.structure("Shell", shell, 3))
    return structures


def write_case(
    folder: Path, structures: list[Structure], holes: str = "nested", size: int = 128
) -> tuple[Volume, Path]:
    """A CT series of 115 mm on disk as this program reads it, and the structures drawn on it."""
    write_series(folder / "ct", make.ct(slices=20, spacing_mm=SPACING_MM, size=size, pixel_mm=115.2 / size))
    (entry,) = index_paths([folder / "ct"]).series
    image = load_series(entry)
    write_structure_set(folder / "rs.dcm", structures, image, label="test", holes=holes)
    return image, folder / "rs.dcm"


# -------------------------------------------------------------------------------------------- conformance


@pytest.fixture(scope="session")
def errors_of(debian_tool: Callable[..., str]) -> Callable[[Path], list[str]]:
    """What dciodvfy calls an error in a file."""
    dciodvfy = debian_tool("dciodvfy", package="dicom3tools")

    def check(path: Path) -> list[str]:
        said = subprocess.run([dciodvfy, str(path)], capture_output=True, text=True, errors="replace", check=False)
        lines = (said.stderr + said.stdout).splitlines()
        assert "RTStructureSet" in lines, lines[:5]
        return [line for line in lines if line.startswith("Error")]

    return check


@pytest.mark.parametrize("holes", ["nested", "keyhole"])
def test_a_new_set_has_no_error(tmp_path: Path, errors_of: Callable[[Path], list[str]], holes: str) -> None:
    _, path = write_case(tmp_path, drawn(holes=True), holes)
    assert errors_of(path) == []


def test_sets_without_image_without_contours_and_with_points_have_no_error(
    tmp_path: Path, errors_of: Callable[[Path], list[str]]
) -> None:
    structures = [make.structure("Größe", {0.0: [make.circle(5.0)]}), make.structure("B", {}, 2)]
    write_structure_set(tmp_path / "a.dcm", structures)
    assert errors_of(tmp_path / "a.dcm") == []
    contours = [make.contour("1\\2\\3", "POINT"), make.contour("1\\2\\3\\4\\5\\6", "OPEN_PLANAR")]
    ds = make.structure_set([make.roi(1, "A", contours)], RTROIObservationsSequence=None)
    base = read_structure_set(make.write(tmp_path / "b.dcm", ds))
    write_structure_set(tmp_path / "c.dcm", base.structures, base=base)
    assert errors_of(tmp_path / "c.dcm") == []


@settings(max_examples=12)
@given(
    radii=st.lists(st.floats(0.2, 30), min_size=1, max_size=3), corners=st.integers(3, 3000),
    name=st.text(st.characters(categories=["L", "Nd", "Pd"]), min_size=1, max_size=40),
)  # fmt: skip
def test_whatever_is_drawn_and_called_has_no_error(
    tmp_path_factory: pytest.TempPathFactory, errors_of: Callable[[Path], list[str]], radii: list[float], corners: int,
    name: str,
) -> None:  # fmt: skip
    path = tmp_path_factory.mktemp("conformance") / "rs.dcm"
    rings = [make.circle(r, corners, (40.0 * n, 0.0)) for n, r in enumerate(radii)]
    write_structure_set(path, [make.structure(name, {0.0: rings, 3.0: rings[:1]})], make.ct())
    assert errors_of(path) == []


VENDORS = (
    "ct_lung1_aria/mask_rtstruct/*.dcm", "rt_eclipse_rando/RS*.dcm", "rt_mim_phantom/sample/rt.dcm",
    "rt_monaco/monaco_srs_phantom_rtstruct_nopreamble.dcm", "odd_pydicom/test_files/rtstruct.dcm",
    "odd_rtutils/rtstruct_for_mismatch.dcm", "odd_rtutils/empty/dummy_rt.dcm", "ct_mr_pet_sts/STS_0*/*/mask/RS.dcm",
)  # fmt: skip


@pytest.mark.realdata
@pytest.mark.parametrize("pattern", VENDORS)
def test_vendors_sets_have_no_error_after_an_edit(
    data_dir: Path, tmp_path: Path, errors_of: Callable[[Path], list[str]], pattern: str
) -> None:
    for path in data_dir.glob(pattern):
        base = read_structure_set(path)
        first = base.structures[0]
        moved = PlanarContours(0.0, Region([make.circle(9.0)]))
        structures = [first.with_stack(first.stack.replaced([moved])), *base.structures[1:], *drawn(holes=False)[:1]]
        write_structure_set(tmp_path / "out.dcm", structures, base=base)
        assert errors_of(tmp_path / "out.dcm") == [], path.name


# ---------------------------------------------------------------------------------------- the same masks


@pytest.mark.parametrize("holes", ["nested", "keyhole"])
def test_plastimatch_sees_the_same(tmp_path: Path, debian_tool: Callable[..., str], holes: str) -> None:
    plastimatch = debian_tool("plastimatch", package="plastimatch")
    with_holes = holes == "keyhole"  # plastimatch fills nested rings
    image, path = write_case(tmp_path, drawn(with_holes), holes)
    command = [plastimatch, "convert", "--input", path, "--referenced-ct", tmp_path / "ct", "--output-prefix",
               tmp_path / "masks", "--prefix-format", "nrrd"]  # fmt: skip
    subprocess.run([str(part) for part in command], capture_output=True, check=True, timeout=100)
    for structure in read_structure_set(path, image).structures:
        theirs = SimpleITK.GetArrayFromImage(SimpleITK.ReadImage(tmp_path / "masks" / f"{structure.name}.nrrd")) > 0
        assert dice(theirs, mask_of(structure.stack, image.grid).full()) >= 0.995, structure.name


def test_rt_utils_sees_the_same(tmp_path: Path, rt_utils_python: Path) -> None:
    image, path = write_case(tmp_path, drawn(holes=True), size=320)  # it paints outlines: one pixel more all around
    script, answer = tmp_path / "read.py", tmp_path / "masks.npz"
    script.write_text(READ_WITH_RT_UTILS)
    command = [rt_utils_python, script, tmp_path / "ct", path, answer]
    subprocess.run([str(part) for part in command], capture_output=True, check=True, timeout=100)
    with np.load(answer) as found:
        theirs = dict(zip(found["names"].tolist(), found["masks"], strict=True))
    for structure in read_structure_set(path, image).structures:
        mask = mask_of(structure.stack, image.grid).full().transpose(1, 2, 0)  # theirs is [row, column, slice]
        assert dice(theirs[structure.name], mask) >= 0.98, structure.name


def test_oblique_slices_come_back_as_they_were(tmp_path: Path) -> None:
    direction = Transform.from_rigid(rotation_deg=(15, -25, 8)).matrix[:3, :3]
    grid = Grid((-40.0, -30.0, 20.0), (0.9, 0.9, 2.5), direction, (96, 96, 12))
    image = make.ct(grid=grid)
    plane = Plane((0, 0, 0), direction[:, 0], direction[:, 1])
    u, v, _ = plane.to_plane(grid.centre_mm)
    slices = [PlanarContours(float(w), Region([blob(22, (u, v), 4), blob(9, (u, v), 4)]))
              for w in image.slice_positions_mm[3:9]]  # fmt: skip
    stack = ContourStack(plane, 2.5, tuple(slices))
    write_structure_set(tmp_path / "rs.dcm", [Structure("s", 1, "A", stack)], image)
    (back,) = read_structure_set(tmp_path / "rs.dcm", image).structures
    assert dice(mask_of(back.stack, grid).full(), mask_of(stack, grid).full()) >= 0.999
    named = [s.imported[0].images[0].sop_instance_uid for s in back.stack.slices]
    assert named == [make.slice_uid(k) for k in range(3, 9)]
