"""What is known of an image without its files, in words."""

from __future__ import annotations

import numpy as np
import pytest

from tests.images.test_comparison import volume
from workstation.images.errors import ImageError
from workstation.images.facts import facts_of
from workstation.images.files import read_image_metadata, write_volume


def test_facts_are_grouped_and_what_is_not_known_is_left_out() -> None:
    facts = {(f.group, f.name): f.value for f in facts_of(volume("MR", turn_deg=(0, 0, 90), warnings=("uneven",)))}
    assert facts["Grid", "Spacing"] == "2 × 2 × 3 mm" and facts["Grid", "Size"].startswith("20 × 24 × 10 voxels")
    assert facts["Grid", "Slices are"] == "axial" and facts["Grid", "Rows run"] == "towards P (0, 1, 0)"
    assert facts["Patient", "Id"] == "CANARY-7" and facts["Acquisition", "AcquisitionTime"] == "101500"
    assert facts["Image", "Held as"] == "int16, 0.0 MB" and facts["Warnings", ""] == "uneven"
    assert ("Image", "Series UID") not in facts and not any(group == "Files" for group, _ in facts)


@pytest.mark.parametrize(("ending", "kind"), [(".nii.gz", "NIfTI"), (".nrrd", "NRRD"), (".mha", "MetaImage")])
def test_what_an_image_file_stores_is_read(tmp_path, ending: str, kind: str) -> None:
    write_volume(tmp_path / f"scan{ending}", volume())
    stored = read_image_metadata(tmp_path / f"scan{ending}")
    assert stored["Format"] == kind and "16-bit" in stored["Stored as"]
    assert all("\n" not in value and len(value) <= 500 for value in stored.values())
    (tmp_path / "letter.nii").write_bytes(np.zeros(100, np.uint8).tobytes())
    with pytest.raises(ImageError):
        read_image_metadata(tmp_path / "letter.nii")
