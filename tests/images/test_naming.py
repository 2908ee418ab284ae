"""Images are called as their description says; where that does not tell them apart, by what does."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.images.test_windows import volume
from workstation.dicom.index import index_paths
from workstation.images.naming import distinct_names, image_title, name_of_volume
from workstation.images.volume import Volume


def image(modality: str = "CT", description: str = "", **acquisition: str) -> Volume:
    return volume(np.zeros((2, 2, 2), np.int16), modality, description=description, acquisition=acquisition)


@pytest.mark.parametrize(
    ("modality", "description", "name"),
    [("CT", "Planning", "CT Planning"), ("CT", "CT head", "CT head"), ("", "scan.nii.gz", "scan.nii.gz"),
     ("MR", " T1 ", "MR T1")],
)  # fmt: skip
def test_descriptions_stay_as_they_are(modality: str, description: str, name: str) -> None:
    assert name_of_volume(image(modality, description)) == name


def test_images_without_description_are_called_by_what_is_known_of_them() -> None:
    known = image("MR", SeriesNumber="4", AcquisitionDate="20260128", AcquisitionTime="145510")
    assert name_of_volume(known) == "MR axial, series 4, 2026-01-28 14:55"
    assert image_title("", "", {}, {}) == "Image"
    split = image("MR", " (orientation 2)", Part="orientation 2", SeriesNumber="5")
    assert name_of_volume(split) == "MR axial, series 5 (orientation 2)"


def test_only_names_that_are_alike_get_more() -> None:
    names = distinct_names(
        {
            "a": image("MR", "T1", SeriesNumber="4"),
            "b": image("MR", "T1", SeriesNumber="7"),
            "c": image("MR", "T2", SeriesNumber="4"),
        }
    )
    assert names == {"a": "MR T1 (series 4)", "b": "MR T1 (series 7)", "c": "MR T2"}


def test_times_phases_orientations_and_at_last_numbers_tell_images_apart() -> None:
    times = {t: image("CT", "x", AcquisitionDate="20260128", AcquisitionTime=t) for t in ("100000", "110000")}
    assert list(distinct_names(times).values()) == ["CT x (2026-01-28 10:00)", "CT x (2026-01-28 11:00)"]
    phases = {k: image("MR", "x", SeriesNumber="4", TemporalPositionIdentifier=k) for k in "12"}
    assert list(distinct_names(phases).values()) == ["MR x (phase 1)", "MR x (phase 2)"]
    same = {k: image("CT", "x") for k in "ab"}
    assert list(distinct_names(same).values()) == ["CT x (1)", "CT x (2)"]


@given(st.lists(st.tuples(st.sampled_from(["", "T1", "T1 (1)"]), st.sampled_from(["", "1", "2"]),
                          st.sampled_from(["", "100000", "110000"])), max_size=6))  # fmt: skip
def test_no_two_names_are_alike(images: list[tuple[str, str, str]]) -> None:
    made = {
        str(n): image("MR", d, SeriesNumber=s, AcquisitionDate="20260101", AcquisitionTime=t)
        for n, (d, s, t) in enumerate(images)
    }
    names = distinct_names(made)
    assert list(names) == list(made) and len(set(names.values())) == len(names)


@pytest.mark.realdata
def test_real_series_without_description_are_told_apart(data_dir: Path) -> None:
    entries = index_paths([data_dir / "odd_series_failing"]).series
    names = [
        image_title(e.modality, e.description, e.acquisition, e.study, e.arrangement.grid) for e in entries
        if e.arrangement
    ]  # fmt: skip
    assert len(set(names)) == len(names) >= 4
    assert any(name.startswith("CT axial, series 2, 2016-07-22 14:56") for name in names), names
