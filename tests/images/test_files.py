"""NIfTI, NRRD and MetaImage files keep values and places, and hostile ones are one sentence."""

from __future__ import annotations

import gzip
from pathlib import Path

import nibabel
import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813
from hypothesis import given
from hypothesis import strategies as st

from workstation.geometry.grid import Grid
from workstation.geometry.mask import Mask
from workstation.images.errors import ImageError
from workstation.images.files import image_of, read_image_file, read_image_information, write_mask, write_volume
from workstation.images.volume import Volume

ENDINGS = (".nii", ".nii.gz", ".nrrd", ".mha")


def oblique(size: tuple[int, int, int] = (5, 4, 3)) -> Grid:
    a, b = np.radians(20), np.radians(-35)
    about_x = np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]])
    about_z = np.array([[np.cos(b), -np.sin(b), 0], [np.sin(b), np.cos(b), 0], [0, 0, 1]])
    return Grid((-12.5, 40, 7), (0.8, 0.9, 2.5), about_z @ about_x, size)


def volume(grid: Grid | None = None, dtype: type = np.int16) -> Volume:
    grid = grid or oblique()
    return Volume(key="v", voxels=np.arange(np.prod(grid.shape)).reshape(grid.shape).astype(dtype), grid=grid)


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("dtype", [np.int16, np.float32])
def test_what_is_written_is_read_back(tmp_path: Path, ending: str, dtype: type) -> None:
    path = tmp_path / f"image{ending}"
    write_volume(path, volume(dtype=dtype))
    back = read_image_file(path)
    assert back.voxels.dtype == dtype and (back.voxels == volume().voxels).all()
    assert back.grid.same_as(oblique(), 1e-3) and back.key == str(path)
    information = read_image_information(path)
    assert information.size == (5, 4, 3) and information.spacing_mm == pytest.approx((0.8, 0.9, 2.5))


def test_places_are_those_of_an_independent_reader(tmp_path: Path) -> None:
    """nibabel counts in RAS: x and y change sign."""
    write_volume(tmp_path / "x.nii.gz", volume())
    other = nibabel.load(tmp_path / "x.nii.gz")
    for index in ((0, 0, 0), (4, 3, 2), (1, 2, 0)):
        place = other.affine @ [*index, 1]
        assert np.allclose(oblique().to_patient(index), (-place[0], -place[1], place[2]), atol=1e-4)
    assert (np.asarray(other.dataobj).transpose(2, 1, 0) == volume().voxels).all()


def test_masks_are_bytes_on_their_whole_grid(tmp_path: Path) -> None:
    mask = Mask(oblique(), (1, 1, 0), np.ones((2, 2, 3), bool))
    write_mask(tmp_path / "m.nii.gz", mask)
    image = sitk.ReadImage(str(tmp_path / "m.nii.gz"))
    assert image.GetPixelID() == sitk.sitkUInt8
    assert (sitk.GetArrayFromImage(image).astype(bool) == mask.full()).all()


def test_the_kind_is_seen_not_believed_from_the_name(tmp_path: Path) -> None:
    write_volume(tmp_path / "x.nrrd", volume())
    (tmp_path / "x.nrrd").rename(tmp_path / "x.dat")
    assert read_image_file(tmp_path / "x.dat").grid.same_as(oblique(), 1e-3)


def test_a_tilted_grid_is_not_written_wrongly(tmp_path: Path) -> None:
    direction = np.array([[1, 0, 0], [0, 1, 0.3], [0, 0, np.sqrt(1 - 0.09)]])
    with pytest.raises(ImageError, match="sheared"):
        write_volume(tmp_path / "x.nii", volume(Grid((0, 0, 0), (1, 1, 1), direction, (3, 3, 3))))


@pytest.mark.parametrize("where", ["no/such/folder/x.nii", "x.unknown"])
def test_what_cant_be_written_is_one_sentence(tmp_path: Path, where: str) -> None:
    with pytest.raises(ImageError, match=r"can't be written|was not written"):
        write_volume(tmp_path / where, volume())


def test_a_detached_header_opens_only_its_neighbour(tmp_path: Path) -> None:
    sitk.WriteImage(image_of(volume().voxels, oblique()), str(tmp_path / "x.mhd"))
    assert read_image_file(tmp_path / "x.mhd").grid.same_as(oblique(), 1e-3)
    header = (tmp_path / "x.mhd").read_text()
    raw = header.split("ElementDataFile = ")[1].strip()
    for evil in ("/etc/passwd", f"../{tmp_path.name}/{raw}", "LIST", "slice%03d.raw 1 3 1", "gone.raw"):
        (tmp_path / "y.mhd").write_text(header.replace(raw, evil))
        with pytest.raises(ImageError, match=r"y\.mhd keeps its voxels in"):
            read_image_file(tmp_path / "y.mhd")


def test_a_detached_nrrd_that_points_elsewhere_is_refused(tmp_path: Path) -> None:
    header = "NRRD0004\ntype: uchar\ndimension: 3\nsizes: 4 4 4\nencoding: raw\ndata file: /etc/passwd\n\n"
    (tmp_path / "x.nhdr").write_text(header)
    with pytest.raises(ImageError, match="elsewhere"):
        read_image_file(tmp_path / "x.nhdr")


def nifti_bytes(**changes: object) -> bytearray:
    header = nibabel.Nifti1Header()
    header.set_data_dtype(np.int16)
    header.set_data_shape((4, 4, 4))
    header["magic"], header["vox_offset"] = b"n+1", 352
    for name, value in changes.items():
        header[name] = value
    return bytearray(header.binaryblock + b"\0" * 4 + np.zeros(64, np.int16).tobytes())


def test_more_voxels_than_the_file_can_hold_are_refused(tmp_path: Path) -> None:
    (tmp_path / "x.nii").write_bytes(nifti_bytes(dim=[3, 2000, 2000, 2000, 1, 1, 1, 1]))
    with pytest.raises(ImageError, match="can't hold"):
        read_image_file(tmp_path / "x.nii")


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("share", [0.5, 0.98])
@pytest.mark.parametrize("ending", [".nii", ".nrrd", ".mha", ".nii.gz"])
def test_a_file_that_is_cut_short_is_refused(tmp_path: Path, ending: str, share: float, packed: bool) -> None:
    grid = oblique((40, 40, 20))
    noise = np.random.default_rng(0).integers(-1000, 1000, grid.shape, dtype=np.int16)
    image = sitk.GetImageFromArray(noise)
    sitk.WriteImage(image, str(tmp_path / f"x{ending}"), useCompression=packed)
    whole = (tmp_path / f"x{ending}").read_bytes()
    (tmp_path / f"x{ending}").write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(ImageError, match=r"x\."):
        read_image_file(tmp_path / f"x{ending}")


def test_several_volumes_flat_pictures_and_colours_are_refused(tmp_path: Path) -> None:
    phases = sitk.GetImageFromArray(np.zeros((2, 3, 4, 5), np.int16), isVector=False)
    sitk.WriteImage(phases, str(tmp_path / "four.nii"))
    sitk.WriteImage(sitk.GetImageFromArray(np.zeros((4, 5), np.int16)), str(tmp_path / "flat.nrrd"))
    colours = sitk.GetImageFromArray(np.zeros((3, 4, 5, 3), np.uint8), isVector=True)
    sitk.WriteImage(colours, str(tmp_path / "colours.nrrd"))
    for name, reason in (("four.nii", "2 volumes"), ("flat.nrrd", "flat picture"), ("colours.nrrd", "3 values")):
        with pytest.raises(ImageError, match=f"{name} holds .*{reason}"):
            read_image_file(tmp_path / name)


def test_integers_that_do_not_fit_become_float(tmp_path: Path) -> None:
    sitk.WriteImage(sitk.GetImageFromArray(np.full((2, 3, 4), 40000, np.uint16)), str(tmp_path / "x.nrrd"))
    assert read_image_file(tmp_path / "x.nrrd").voxels.dtype == np.float32
    sitk.WriteImage(sitk.GetImageFromArray(np.full((2, 3, 4), 30000, np.uint32)), str(tmp_path / "y.nrrd"))
    assert read_image_file(tmp_path / "y.nrrd").voxels.dtype == np.int16


@given(st.lists(st.tuples(st.integers(0, 351), st.integers(0, 255)), min_size=1, max_size=8), st.booleans())
def test_damaged_nifti_headers_are_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[int, int]], zipped: bool
) -> None:
    data = nifti_bytes()
    for position, value in changes:
        data[position] = value
    path = tmp_path_factory.mktemp("f") / ("x.nii.gz" if zipped else "x.nii")
    path.write_bytes(gzip.compress(bytes(data)) if zipped else bytes(data))
    try:
        read_image_file(path)
    except ImageError as error:
        assert str(path) in str(error)


@given(st.binary(max_size=300))
def test_damaged_text_headers_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, noise: bytes) -> None:
    for start, ending in ((b"NRRD0004\n", ".nrrd"), (b"ObjectType = Image\nNDims = 3\nDimSize = ", ".mha")):
        path = tmp_path_factory.mktemp("f") / f"x{ending}"
        path.write_bytes(start + noise)
        with pytest.raises(ImageError, match="x"):
            read_image_file(path)


def test_values_that_the_header_scales_are_scaled(tmp_path: Path) -> None:
    data = nifti_bytes(scl_slope=0.5, scl_inter=3)
    data[352:] = np.arange(64, dtype=np.int16).tobytes()
    (tmp_path / "x.nii").write_bytes(data)
    assert read_image_file(tmp_path / "x.nii").voxels.ravel()[:3].tolist() == [3, 3.5, 4]


def test_half_of_a_pair_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.hdr").write_bytes(nifti_bytes(magic=b"ni1")[:348])
    with pytest.raises(ImageError, match="half of a NIfTI pair"):
        read_image_file(tmp_path / "x.hdr")


def test_real_metaimages_match_simpleitk(data_dir: Path) -> None:
    for path in sorted((data_dir / "dir_lung_elastix").glob("*.mha")):
        image, ours = sitk.ReadImage(str(path)), read_image_file(path)
        assert (sitk.GetArrayFromImage(image) == ours.voxels).all()
        for index in ((0, 0, 0), (10, 20, 30)):
            assert np.allclose(image.TransformIndexToPhysicalPoint(index), ours.grid.to_patient(index))


def test_what_the_disk_did_not_take_is_told_and_the_old_file_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ITK's writer of NIfTI returns as if all were well when the disk is full."""
    path = tmp_path / "m.nii.gz"
    write_mask(path, Mask(oblique(), (1, 1, 0), np.ones((2, 2, 3), bool)))
    before = path.read_bytes()
    monkeypatch.setattr(sitk, "WriteImage", lambda image, name, **_: Path(name).write_bytes(before[:40]))
    with pytest.raises(ImageError, match=r"m\.nii\.gz was not written.*full"):
        write_mask(path, Mask(oblique(), (0, 0, 0), np.ones((3, 4, 5), bool)))
    assert path.read_bytes() == before and list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name", ["m.dcm", "m.png", "m.txt", "m", "m.hdr", "m.gz"])
def test_only_volumes_of_one_file_are_written(tmp_path: Path, name: str) -> None:
    with pytest.raises(ImageError, match="must end in"):
        write_volume(tmp_path / name, volume())
    assert not list(tmp_path.iterdir())


def test_an_ending_in_capitals_is_the_same_ending(tmp_path: Path) -> None:
    write_volume(tmp_path / "X.NII.GZ", volume())
    assert (read_image_file(tmp_path / "X.NII.GZ").voxels == volume().voxels).all()


def test_an_absent_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="folder does not exist"):
        write_volume(tmp_path / "no" / "x.nii", volume())


def test_a_name_that_is_no_text_is_refused_instead_of_ending_the_process(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="not valid text"):
        read_image_file("m\udcff.nii")
    with pytest.raises(ImageError, match="not valid text"):
        read_image_information("m\udcff.nii")
