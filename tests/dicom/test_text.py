"""Text is read in its own alphabet, and what names a patient goes nowhere else."""

from __future__ import annotations

import logging
import warnings
from pathlib import Path

import numpy as np
import pytest

from tests.dicom.make_images import enhanced, image, write
from workstation.dicom.errors import DicomError
from workstation.dicom.header import read_header
from workstation.dicom.index import index_paths
from workstation.dicom.load import load_series
from workstation.dicom.source import Source
from workstation.dicom.tags import Tag
from workstation.dicom.text import text_of


def name_in(path: Path) -> str:
    with Source(str(path)).opened() as opened:
        return text_of(read_header(opened), Tag.PATIENT_NAME)


@pytest.mark.parametrize(
    ("character_set", "name"),
    [
        ("ISO_IR 100", "Müller^Jürgen"), ("ISO_IR 192", "Ζωή^李小龍"), ("ISO_IR 144", "Толстой^Лев"),
        ("", "Smith^John"),
    ],
)  # fmt: skip
def test_names_survive_in_their_character_set(tmp_path: Path, character_set: str, name: str) -> None:
    path = write(tmp_path / "x", image(0, SpecificCharacterSet=character_set, PatientName=name))
    assert name_in(path) == name


def test_bytes_that_do_not_fit_their_character_set_are_shown_somehow(tmp_path: Path) -> None:
    path = write(tmp_path / "x", image(0, SpecificCharacterSet="ISO_IR 100", PatientName="Müller"))
    path.write_bytes(path.read_bytes().replace(b"ISO_IR 100", b"ISO_IR 999"))
    assert "ller" in name_in(path)


def test_control_characters_do_not_reach_a_terminal(tmp_path: Path) -> None:
    path = write(tmp_path / "x", image(0, SeriesDescription="neck"))
    path.write_bytes(path.read_bytes().replace(b"neck", b"\x1b[2J"))
    assert index_paths([path]).series[0].description == "[2J"


def test_no_log_line_and_no_warning_quotes_a_patient(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """A canary name sits in every tag that pydicom likes to quote when it complains."""
    canary = "CANARY" * 20
    bad = {
        "PatientID": canary, "PatientBirthDate": "CANARY", "StudyID": canary, "StudyTime": "CANARY",
        "AccessionNumber": canary, "PatientName": canary, "SpecificCharacterSet": "CANARY",
    }  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pictures = np.zeros((2, 6, 8), np.uint16)
        multi = enhanced([{"position": [0, 0, 2 * k]} for k in range(2)], pictures)
        objects = [image(0, **bad), multi]
        for keyword, value in bad.items():
            setattr(multi, keyword, value)
        structure_set = image(1, SOPClassUID="1.2.840.10008.5.1.4.1.1.481.3", PixelData=None, **bad)
        paths = [write(tmp_path / str(n), ds) for n, ds in enumerate([*objects, structure_set])]
    caplog.set_level(logging.DEBUG)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        index = index_paths(paths)
        for entry in index.series:
            try:
                load_series(entry)
            except DicomError as error:
                assert "CANARY" not in str(error)
    said = [str(w.message) for w in caught] + [r.getMessage() for r in caplog.records]
    said += [s.reason for s in index.skipped]
    assert not any("CANARY" in text for text in said), said
    assert "CANARY" not in "".join(capfd.readouterr())
