"""Pictures as files that any program can read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from workstation.images.errors import ImageError
from workstation.images.picture_file import write_png


def test_a_picture_is_read_back_to_the_last_bit_by_another_reader(tmp_path: Path) -> None:
    words = np.random.default_rng(0).integers(0, 1 << 32, (37, 53), dtype=np.uint32)
    write_png(tmp_path / "a.png", words)
    with Image.open(tmp_path / "a.png") as image:
        assert (image.format, image.mode, image.size) == ("PNG", "RGB", (53, 37))
        rgb = np.asarray(image)
    np.testing.assert_array_equal(rgb, np.stack([words >> 16 & 255, words >> 8 & 255, words & 255], -1))


def test_one_pixel_is_a_picture(tmp_path: Path) -> None:
    write_png(tmp_path / "a.PNG", np.array([[0xFF102030]], np.uint32))
    with Image.open(tmp_path / "a.PNG") as image:
        assert image.getpixel((0, 0)) == (16, 32, 48)


def test_other_endings_and_places_that_cannot_be_written_are_refused_in_words(tmp_path: Path) -> None:
    one = np.zeros((1, 1), np.uint32)
    with pytest.raises(ImageError, match=r"must end in \.png"):
        write_png(tmp_path / "a.jpg", one)
    with pytest.raises(ImageError, match="was not written"):
        write_png(tmp_path / "nowhere" / "a.png", one)
    assert list(tmp_path.iterdir()) == []
