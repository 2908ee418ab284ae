"""Measurements in the case file: to the last bit, undone after opening, absent in old files, refused when malformed."""

from __future__ import annotations

import pytest

from tests.case.bodies import as_values, case_with_gtv, differences, measurement
from tests.store.test_case_file import load_images, reopened
from workstation.case.measurement_commands import AddMeasurement, ChangeMeasurement, RemoveMeasurement
from workstation.geometry.plane import Plane
from workstation.measurements.measurement import KINDS
from workstation.store.case_file import CaseFile
from workstation.store.errors import StoreError
from workstation.store.packing import pack, unpack
from workstation.store.records import Decoder, Encoder
from workstation.store.steps import pack_contents

OBLIQUE = Plane((3, -4, 5), (1, 0.3, 0.1), (0, 1, 0.4))


def measured_case():
    case, _ = case_with_gtv()
    for kind in KINDS:
        case.do(AddMeasurement(measurement(case, kind, 7.3, OBLIQUE)))
    return case


@pytest.mark.parametrize("closes", [True, False])
def test_measurements_come_back_to_the_last_bit_and_can_be_undone(tmp_path, closes):
    case = measured_case()
    file = CaseFile.create(tmp_path / "a.rtcase", case)
    first = next(iter(case.measurements))
    case.do(ChangeMeasurement(first, name="Länge", points_mm=case.measurements[first].points_mm + OBLIQUE.u))
    case.do(RemoveMeasurement(list(case.measurements)[3]))
    file.flush()
    file.close() if closes else file.close(discard=True)
    file, again = reopened(tmp_path / "a.rtcase")
    assert differences(case.contents, again.contents) == [] and len(again.measurements) == 5
    assert again.undo_label.startswith("Delete ")
    again.undo()
    case.undo()
    assert list(again.measurements) == list(case.measurements)
    assert differences(case.contents, again.contents) == []
    file.close()


def test_a_file_from_before_there_were_measurements_opens():
    contents = measured_case().contents
    header, arrays = unpack(pack_contents(contents))
    del header["measurements"]
    old = Decoder(arrays, load_images).contents(header, contents.images)
    assert dict(old.measurements) == {} and list(old.structures) == list(contents.structures)


@pytest.mark.parametrize("change", [
    {"kind": "circle"}, {"points": 99}, {"points": "none"}, {"plane": 0}, {"color": [1, 2]}, {"number": "one"},
    {"images": None},
])  # fmt: skip
def test_a_malformed_measurement_is_a_store_error(change):
    case = measured_case()
    encoder = Encoder()
    record = encoder.contents(case.contents)
    record["measurements"][0].update(change)
    header, arrays = unpack(pack(record, encoder.arrays))
    with pytest.raises(StoreError):
        Decoder(arrays, load_images).contents(header, case.images)


def test_a_measurement_of_another_identifier_is_equal_only_to_itself():
    case = measured_case()
    values = [as_values(m) for m in case.measurements.values()]
    assert len(set(values)) == len(KINDS)
