"""Voxels are the right numbers at the right places, whatever the file stores them as."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.uid import (
    ExplicitVRBigEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLSLossless,
    RLELossless,
)

from tests.dicom.make_images import CT, MR, PT, enhanced, image, picture, write, write_all
from workstation.dicom.errors import DicomError
from workstation.dicom.index import index_paths
from workstation.dicom.load import load_series
from workstation.images.volume import Volume
from workstation.jobs.progress import Cancelled


def loaded(folder: Path, *datasets: Any, **how: Any) -> Volume:
    index = index_paths([write_all(folder, datasets, **how)])
    assert len(index.series) == 1, index.skipped
    return load_series(index.series[0])


def test_ct_values_are_hounsfield_units(tmp_path: Path) -> None:
    volume = loaded(tmp_path, *(image(k) for k in range(4)))
    assert volume.unit == "HU" and volume.voxels.dtype == np.int16
    assert (volume.voxels == np.stack([picture(k).astype(int) - 1024 for k in range(4)])).all()
    assert [s.position_mm for s in volume.slices] == [5, 7, 9, 11]
    assert len({s.sop_instance_uid for s in volume.slices}) == 4 and volume.slices[0].sop_class_uid == CT


@given(
    bits=st.sampled_from([8, 16, 32]), unused=st.integers(0, 4), signed=st.booleans(),
    slope=st.sampled_from([1, 2, -1]), intercept=st.integers(-2000, 2000), little=st.booleans(), data=st.data(),
)  # fmt: skip
def test_any_stored_format_gives_the_rescaled_value(
    tmp_path_factory: pytest.TempPathFactory, bits: int, unused: int, signed: bool, slope: int, intercept: int,
    little: bool, data: st.DataObject,
) -> None:  # fmt: skip
    stored_bits = bits - unused
    low, high = (-(1 << stored_bits - 1), (1 << stored_bits - 1) - 1) if signed else (0, (1 << stored_bits) - 1)
    values = np.array(data.draw(st.lists(st.integers(low, high), min_size=6, max_size=6))).reshape(2, 3)
    dtype = np.dtype(f"{'<' if little else '>'}{'i' if signed else 'u'}{bits // 8}")
    ds = image(
        0, np.zeros((2, 3), dtype), PixelData=values.astype(dtype).tobytes(), BitsStored=stored_bits,
        HighBit=stored_bits - 1, RescaleSlope=str(slope), RescaleIntercept=str(intercept),
    )  # fmt: skip
    ds["PixelData"].VR = "OW" if bits > 8 else "OB"
    folder = tmp_path_factory.mktemp("v")
    volume = loaded(folder, ds, syntax=ImplicitVRLittleEndian if little else ExplicitVRBigEndian)
    expected = values * float(slope) + intercept
    fits = expected.min() >= -32768 and expected.max() <= 32767
    assert volume.voxels.dtype == (np.int16 if fits else np.float32)
    assert (volume.voxels[0] == expected.astype(volume.voxels.dtype)).all()


def test_overlays_in_unused_bits_do_not_become_values(tmp_path: Path) -> None:
    values = picture(0) | 0xC000
    volume = loaded(tmp_path, image(0, values, BitsStored=12, HighBit=11))
    assert (volume.voxels[0] == picture(0).astype(int) - 1024).all()


def test_bits_stored_high_up_are_shifted_down(tmp_path: Path) -> None:
    volume = loaded(tmp_path, image(0, (picture(0) << 4).astype(np.uint16), BitsStored=12, HighBit=15))
    assert (volume.voxels[0] == picture(0).astype(int) - 1024).all()


def test_each_pet_slice_keeps_its_own_slope(tmp_path: Path) -> None:
    slices = [
        image(k, sop_class=PT, RescaleSlope=str(0.25 * (k + 1)), RescaleIntercept="0", Units="BQML") for k in range(3)
    ]
    volume = loaded(tmp_path, *slices)
    assert volume.voxels.dtype == np.float32 and volume.unit == "BQML"
    for k in range(3):
        assert np.allclose(volume.voxels[k], picture(k) * 0.25 * (k + 1))


def test_one_value_too_large_for_int16_makes_the_volume_float(tmp_path: Path) -> None:
    big = picture(1).astype(np.uint16)
    big[3, 3] = 65535
    volume = loaded(tmp_path, image(0), image(1, big), image(2))
    assert volume.voxels.dtype == np.float32
    assert volume.voxels[1, 3, 3] == 65535 - 1024
    assert volume.voxels[0, 0, 0] == 1000 - 1024 and volume.voxels[2, 5, 7] == 1257 - 1024


def test_unsigned_16_bits_that_fit_after_the_rescale_stay_int16(tmp_path: Path) -> None:
    high = np.full((6, 8), 33000, np.uint16)
    volume = loaded(tmp_path, image(0, high), image(1, high))
    assert volume.voxels.dtype == np.int16 and (volume.voxels == 33000 - 1024).all()


def test_monochrome1_keeps_its_values_and_says_so(tmp_path: Path) -> None:
    volume = loaded(tmp_path, image(0, PhotometricInterpretation="MONOCHROME1"))
    assert volume.voxels[0, 0, 0] == 1000 - 1024 and any("MONOCHROME1" in w for w in volume.warnings)


def test_mr_values_are_signal(tmp_path: Path) -> None:
    assert loaded(tmp_path, image(0, sop_class=MR)).unit == "MR signal"


@pytest.mark.parametrize("syntax", [RLELossless, JPEG2000Lossless, JPEGLSLossless])
@pytest.mark.parametrize("signed", [False, True])
def test_compressed_slices_are_the_same_numbers(tmp_path: Path, syntax: Any, signed: bool) -> None:
    dtype = np.int16 if signed else np.uint16
    pictures = [picture(k, 64, 48).astype(dtype) - (3000 if signed else 0) for k in range(5)]
    for k, values in enumerate(pictures):
        ds = image(k, values, RescaleIntercept="0")
        write(tmp_path / f"{k}", ds)
        ds.compress(syntax, generate_instance_uid=False)
        ds.save_as(tmp_path / f"{k}")
    volume = load_series(index_paths([tmp_path]).series[0])
    assert (volume.voxels == np.stack(pictures)).all()


def test_a_damaged_codestream_is_one_sentence_that_names_the_file(tmp_path: Path) -> None:
    ds = image(0, picture(0, 64, 64))
    write(tmp_path / "broken", ds)
    ds.compress(JPEG2000Lossless, generate_instance_uid=False)
    ds.save_as(tmp_path / "broken")
    data = bytearray((tmp_path / "broken").read_bytes())
    start = data.index(b"\xff\x4f\xff\x51")
    data[start + 8 : start + 48] = b"\x5a" * 40
    (tmp_path / "broken").write_bytes(data)
    with pytest.raises(DicomError, match=r"broken can't be decompressed"):
        load_series(index_paths([tmp_path]).series[0])


def test_a_file_cut_after_it_was_indexed_is_named(tmp_path: Path) -> None:
    entry = index_paths([write_all(tmp_path, [image(k) for k in range(3)])]).series[0]
    for path in tmp_path.iterdir():
        path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(DicomError, match="ends inside its pixel data"):
        load_series(entry)


def test_missing_slices_are_interpolated_and_named(tmp_path: Path) -> None:
    volume = loaded(tmp_path, *(image(k) for k in (0, 1, 4, 5)))
    assert volume.grid.size == (8, 6, 6) and len(volume.slices) == 4
    assert [s.position_mm for s in volume.slices] == [5, 7, 13, 15]
    assert "2 slices missing at 9.00, 11.00 mm" in volume.warnings[0]
    assert volume.voxels[:, 0, 0].tolist() == [1000 + n - 1024 for n in (0, 100, 200, 300, 400, 500)]


def test_uneven_slices_keep_their_true_planes(tmp_path: Path) -> None:
    heights = [0.0, 1.0, 2.3, 4.0, 6.7]
    slices = [
        image(k, (1024 + 100 * h * np.ones((6, 8))).astype(np.uint16), ImagePositionPatient=[-10, 20, h])
        for k, h in enumerate(heights)
    ]
    volume = loaded(tmp_path, *slices)
    assert [s.position_mm for s in volume.slices] == heights
    assert volume.grid.spacing_mm[2] == 1.0 and volume.grid.size[2] == 8
    assert np.allclose(volume.voxels[:7, 0, 0], 100 * np.arange(7), atol=1) and volume.voxels[7, 0, 0] == 670
    assert "unevenly spaced (1.00 to 2.70 mm)" in volume.warnings[0]


def test_a_tilted_gantry_is_a_sheared_grid_of_the_acquired_slices(tmp_path: Path) -> None:
    tilt = np.radians(14)
    orientation = [1, 0, 0, 0, round(float(np.cos(tilt)), 10), round(float(-np.sin(tilt)), 10)]
    slices = [image(k, ImageOrientationPatient=orientation) for k in range(4)]
    volume = loaded(tmp_path, *slices)
    assert np.allclose(volume.grid.to_patient((0, 0, 3)), (-10, 20, 11))
    assert abs(volume.grid.direction[:, 1] @ volume.grid.direction[:, 2]) > 0.2
    assert np.allclose(np.diff([s.position_mm for s in volume.slices]), 2 * np.cos(tilt))
    assert "tilted by 14.0°" in volume.warnings[0]
    assert (volume.voxels == np.stack([picture(k).astype(int) - 1024 for k in range(4)])).all()


def test_the_middle_slice_is_there_first(tmp_path: Path) -> None:
    entry = index_paths([write_all(tmp_path, [image(k) for k in range(5)])]).series[0]
    seen: list[tuple[int, np.ndarray]] = []
    volume = load_series(entry, on_first=lambda k, values: seen.append((k, values.copy())))
    assert [k for k, _ in seen] == [2]
    assert (seen[0][1] == volume.voxels[2]).all()


def test_loading_reports_and_can_be_cancelled(tmp_path: Path) -> None:
    entry = index_paths([write_all(tmp_path, [image(k) for k in range(9)])]).series[0]
    said: list[tuple[float, str]] = []
    load_series(entry, lambda fraction, sentence: said.append((fraction, sentence)))
    fractions = [f for f, _ in said]
    assert fractions == sorted(fractions) and said[-1] == (1.0, "9 slices read")

    def stop(fraction: float, sentence: str) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        load_series(entry, stop)


@pytest.mark.parametrize("syntax", [ExplicitVRBigEndian, ImplicitVRLittleEndian])
def test_padding_is_told_in_rescaled_values(tmp_path: Path, syntax: Any) -> None:
    volume = loaded(tmp_path, image(0, picture(0).astype(np.int16), PixelPaddingValue=-2000), syntax=syntax)
    assert volume.acquisition["PaddingValue"] == "-3024"


def test_a_ct_whose_values_are_no_hounsfield_units_says_so(tmp_path: Path) -> None:
    volume = loaded(tmp_path, image(0, RescaleIntercept="0"), image(1, RescaleIntercept="0"))
    assert any("may not be Hounsfield units" in w for w in volume.warnings)


ENHANCED = [[-10, 20, 5 + 2 * k] for k in range(3)]


def test_an_enhanced_image_is_sorted_by_place_with_its_frame_numbers(tmp_path: Path) -> None:
    order = (2, 0, 1)
    pictures = np.stack([picture(k) for k in order])
    frames = [{"position": ENHANCED[k], "slope": k + 1, "intercept": 0} for k in order]
    volume = load_series(index_paths([write(tmp_path / "e", enhanced(frames, pictures))]).series[0])
    assert [s.frame_number for s in volume.slices] == [2, 3, 1]
    assert len({s.sop_instance_uid for s in volume.slices}) == 1
    for k in range(3):
        assert (volume.voxels[k] == picture(k).astype(int) * (k + 1)).all()


@pytest.mark.parametrize("what", ["temporal", "stack", "echo"])
def test_an_enhanced_image_is_split_by_what_its_frames_differ_in(tmp_path: Path, what: str) -> None:
    frames = [{"position": ENHANCED[k], what: n + 1} for k in range(3) for n in range(2)]
    pictures = np.stack([np.full((6, 8), 10 * n + k, np.uint16) for k in range(3) for n in range(2)])
    series = index_paths([write(tmp_path / "e", enhanced(frames, pictures))]).series
    assert [load_series(e).voxels[:, 0, 0].tolist() for e in series] == [[0, 1, 2], [10, 11, 12]]


def test_an_enhanced_image_is_split_by_an_unknown_dimension(tmp_path: Path) -> None:
    frames = [{"position": ENHANCED[k], "indices": [k + 1, n + 1]} for k in range(3) for n in range(2)]
    pictures = np.stack([np.full((6, 8), 10 * n + k, np.uint16) for k in range(3) for n in range(2)])
    ds = enhanced(frames, pictures, dimensions=(0x00200032, 0x00189074))
    series = index_paths([write(tmp_path / "e", ds)]).series
    assert [load_series(e).voxels[:, 0, 0].tolist() for e in series] == [[0, 1, 2], [10, 11, 12]]


def test_a_compressed_enhanced_image_is_read(tmp_path: Path) -> None:
    pictures = np.stack([picture(k, 32, 32) for k in range(3)])
    ds = enhanced([{"position": p} for p in ENHANCED], pictures)
    write(tmp_path / "e", ds)
    ds.compress(RLELossless, generate_instance_uid=False)
    ds.save_as(tmp_path / "e")
    volume = load_series(index_paths([tmp_path]).series[0])
    assert (volume.voxels == pictures).all()


def test_an_enhanced_image_whose_frames_are_not_described_is_refused(tmp_path: Path) -> None:
    ds = enhanced([{"position": p} for p in ENHANCED], np.stack([picture(k) for k in range(3)]))
    ds.PerFrameFunctionalGroupsSequence = ds.PerFrameFunctionalGroupsSequence[:2]
    index = index_paths([write(tmp_path / "e", ds)])
    assert "announces 3 frames, but describes 2" in index.skipped[0].reason
