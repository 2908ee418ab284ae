"""Elements, sequences and items are found as pydicom finds them, and written as it would write them."""

from __future__ import annotations

import io
import struct

import pytest
from pydicom.dataset import Dataset
from pydicom.filereader import read_dataset

from tests.dicom import make_structure_sets as make
from workstation.dicom.errors import DicomError
from workstation.dicom.structure_set_bytes import Element, Walk, elements, encode_element, encode_sequence
from workstation.dicom.structure_set_file import write_dataset


@pytest.mark.parametrize("explicit", [False, True])
def test_the_walk_finds_what_pydicom_finds(explicit: bool) -> None:
    ds = make.structure_set([make.roi(1, "A", [make.contour(make.at(make.circle(4.0), 0.0), images=("2.25.1",))])])
    data = write_dataset(ds, explicit)
    walk = Walk(data, explicit)
    found = list(walk.elements(0, len(data)))
    assert [e.tag for e in found] == [int(e.tag) for e in ds]
    assert found[-1].end == len(data)
    rois = next(e for e in found if e.tag == 0x30060039)
    (span,) = walk.items(rois)
    assert [e.tag for e in walk.elements(*span)] == [int(e.tag) for e in ds.ROIContourSequence[0]]


@pytest.mark.parametrize("explicit", [False, True])
def test_what_is_encoded_is_what_pydicom_reads(explicit: bool) -> None:
    inner = encode_element(0x00081150, "UI", b"1.2.3", explicit) + encode_element(0x00081160, "IS", b"7", explicit)
    data = encode_element(0x00080060, "CS", b"RTSTRUCT", explicit)
    data += encode_sequence(0x30060016, [inner, inner], explicit)
    ds = read_dataset(io.BytesIO(data), not explicit, True, bytelength=len(data))
    assert ds.Modality == "RTSTRUCT"
    assert [(i.ReferencedSOPClassUID, i.ReferencedFrameNumber) for i in ds.ContourImageSequence] == [("1.2.3", 7)] * 2
    assert write_dataset(ds, explicit) == data


def test_a_value_that_does_not_fit_an_explicit_length_is_refused() -> None:
    value = b"1" * 65535
    assert len(encode_element(0x30060050, "DS", value, explicit=False)) == 8 + 65536
    with pytest.raises(DicomError, match="65536 bytes"):
        encode_element(0x30060050, "DS", value, explicit=True)


def test_an_element_beyond_its_end_is_refused() -> None:
    data = encode_element(0x00080060, "CS", b"RTSTRUCT", explicit=True)
    with pytest.raises(DicomError, match=r"\(0008,0060\) announces 8 bytes; 4 are left"):
        list(elements(data[:-4], explicit=True))


def test_something_else_than_an_item_is_refused() -> None:
    data = struct.pack("<HHI", 0x0008, 0x0060, 0)
    with pytest.raises(DicomError, match="other than an item"):
        list(Walk(data, True).items(Element(0x30060039, b"SQ", 0, 0, len(data), len(data))))


def test_implicit_elements_in_an_explicit_file_are_walked_over() -> None:
    private = struct.pack("<HHI", 0x3773, 0x1001, 4) + b"abcd"
    data = encode_element(0x00080060, "CS", b"RTSTRUCT", explicit=True) + private
    assert [e.tag for e in elements(data, explicit=True)] == [0x00080060, 0x37731001]


def test_an_empty_data_set_has_no_elements() -> None:
    assert list(elements(write_dataset(Dataset(), True), True)) == []
