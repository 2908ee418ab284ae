"""Lines as thick as they say they are, dashed, filled, where they belong, kept until something changes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workstation.geometry.plane import Plane
from workstation.geometry.region import Region
from workstation.structures.structure import ContourStack, State, Structure
from workstation.view import contour_kernels
from workstation.view.contour_scene import Contour, ContourLook, ContourPainter, LineStyle, kind_of, style_of
from workstation.view.picture_frame import PictureFrame

FRAME = PictureFrame(Plane.axial(), (0.0, 0.0), 1.0, 200, 160)
RED = (255, 0, 0)


def circle(radius: float, centre: tuple[float, float] = (0.0, 0.0), points: int = 360) -> np.ndarray:
    t = np.linspace(0, 2 * np.pi, points, endpoint=False)
    return np.c_[centre[0] + radius * np.cos(t), centre[1] + radius * np.sin(t)]


def painted(region: Region, style: LineStyle, frame: PictureFrame = FRAME, ratio: float = 1.0) -> np.ndarray:
    """Red of the picture, 0 to 1."""
    picture = np.full((frame.height, frame.width), 0xFF000000, np.uint32)
    ContourPainter().paint(picture, frame, Contour.of(region), RED, style, ratio)
    assert (picture >> 24 == 255).all()
    return (picture >> 16 & 255) / 255.0


def distances(radius: float) -> np.ndarray:
    rows, columns = np.mgrid[0:160, 0:200]
    return np.hypot(columns + 0.5 - 100, rows + 0.5 - 80) - radius


@pytest.mark.parametrize("width", [1.0, 2.0, 2.6, 5.0])
def test_a_circle_is_painted_with_its_exact_width(width: float) -> None:
    red = painted(Region([circle(50)]), LineStyle(width))
    expected = np.clip(width / 2 + 0.5 - np.abs(distances(50)), 0, 1)
    assert np.abs(red - expected).max() < 0.02
    assert red.sum() == pytest.approx(2 * np.pi * 50 * width, rel=0.02)


def test_many_short_segments_paint_the_same_as_few() -> None:
    coarse, fine = (
        painted(Region([circle(50, points=300)]), LineStyle(3)),
        painted(Region([circle(50, points=6000)]), LineStyle(3)),
    )
    assert np.abs(coarse - fine).max() < 0.03


@pytest.mark.parametrize(("dash", "gap"), [(7.0, 4.0), (14.0, 6.0), (2.0, 3.0)])
def test_a_dashed_line_has_gaps_and_dashes_with_round_ends(dash: float, gap: float) -> None:
    solid, dashed = (painted(Region([circle(60)]), LineStyle(2, p)) for p in ((), (dash, gap)))
    # A round end of a line two pixels wide adds about 0.4 pixels of its length.
    assert dashed.sum() / solid.sum() == pytest.approx((dash + 0.8) / (dash + gap), abs=0.03)
    assert (dashed <= solid + 1e-9).all()


def test_line_lengths_follow_the_screens_pixel_ratio() -> None:
    once, twice = painted(Region([circle(50)]), LineStyle(2)), painted(Region([circle(50)]), LineStyle(2), ratio=2.0)
    assert twice.sum() / once.sum() == pytest.approx(2.0, abs=0.03)


def test_a_fill_leaves_holes_open() -> None:
    red = painted(Region([circle(60), circle(30)]), LineStyle(1.0, fill=0.5))
    ring = (np.abs(distances(45)) < 12) & True
    assert red[ring] == pytest.approx(0.5, abs=0.01)
    assert (red[distances(30) < -2] == 0).all() and (red[distances(60) > 2] == 0).all()


@given(st.integers(3, 9), st.integers(0, 10_000))
def test_the_fill_is_even_odd_for_any_polygon(corners: int, seed: int) -> None:
    ring = np.random.default_rng(seed).uniform(-90, 90, (corners, 2))
    coverage = np.zeros((160, 200), np.uint8)
    pixels = FRAME.to_pixels(ring)
    contour_kernels.fill_rings(pixels, np.array([0, corners]), coverage)
    rows, columns = np.mgrid[0:160, 0:200]
    centres = np.stack([columns + 0.5, rows + 0.5], -1).reshape(-1, 2)
    expected = Region([pixels]).contains(centres).reshape(160, 200)
    np.testing.assert_array_equal(coverage > 0, expected)


def test_what_lies_outside_the_picture_costs_and_paints_nothing() -> None:
    assert painted(Region([circle(50, (5000, 0))]), LineStyle(3)).sum() == 0
    assert painted(Region([circle(5000)]), LineStyle(3, fill=1.0)).mean() == 1.0


def test_a_line_across_the_border_is_cut_there() -> None:
    red = painted(Region([circle(50, (100, 0))]), LineStyle(2))
    assert red[80, 150] > 0.9 and red.sum() == pytest.approx(np.pi * 50 * 2, rel=0.03)


def test_scratch_coverage_is_clean_after_painting() -> None:
    painter, picture = ContourPainter(), np.zeros((160, 200), np.uint32)
    painter.paint(picture, FRAME, Contour.of(Region([circle(50), circle(95)])), RED, LineStyle(3, fill=0.3))
    assert not painter._coverage.any()


def structure(kind: str, name: str = "X", state: State = State.DRAWN) -> Structure:
    return Structure("i", 1, name, ContourStack(Plane.axial(), 1.0), interpreted_type=kind, state=state)


def test_line_styles_tell_the_types_apart() -> None:
    gtv, ctv, ptv = (style_of(structure(kind)) for kind in ("GTV", "CTV", "PTV"))
    assert gtv.width > ctv.width and not gtv.pattern and not ctv.pattern and ptv.pattern
    assert style_of(structure("AVOIDANCE", "PRV Cord")).pattern[0] < ptv.pattern[0]
    assert style_of(structure("GTV", state=State.PROPOSAL)).pattern == (8.0, 3.0, 2.0, 3.0)
    stale = style_of(structure("CTV", state=State.STALE))
    assert stale.pattern and stale.opacity < 1
    assert style_of(structure("GTV"), active=True).width > gtv.width


def test_a_look_widens_and_fills_every_line_and_keeps_its_gaps_open() -> None:
    for kind in ("GTV", "CTV", "PTV", "ORGAN"):
        plain = style_of(structure(kind))
        assert replace(plain, fill=0.22) == style_of(structure(kind), look=ContourLook(fill=0.22))
        wide = style_of(structure(kind), look=ContourLook(3.0))
        assert wide.width == 3 * plain.width and wide.pattern == tuple(3 * length for length in plain.pattern)
        thin = style_of(structure(kind), look=ContourLook(0.5))
        assert thin.width == 0.5 * plain.width and thin.pattern == plain.pattern


@pytest.mark.parametrize(
    ("fields", "words"), [({"width": 0.0}, "times as wide"), ({"width": 9.0}, "at most 5"), ({"fill": 1.5}, "not 1.5")]
)
def test_a_look_that_cannot_be_is_refused_in_words(fields: dict[str, float], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        ContourLook(**fields)


def gaps(red: np.ndarray, radius: float, at: float = 0.25) -> list[int]:
    """Lengths of the runs of degrees without line around a circle, the one across 0 put together."""
    angle = np.radians(np.arange(360))
    x, y = 100 + radius * np.cos(angle), 80 + radius * np.sin(angle)
    dark = red[np.floor(y).astype(int), np.floor(x).astype(int)] < at
    assert dark.any() and not dark.all()
    runs = np.diff(np.flatnonzero(np.diff(np.roll(dark, -int(np.argmin(dark))).astype(int), prepend=0, append=0)))
    return [int(n) for n in runs[::2]]


@pytest.mark.parametrize("radius", [2.5, 3.0, 4.0, 6.0, 9.0, 17.0, 40.0])
@pytest.mark.parametrize("active", [False, True])
def test_a_ptv_stays_dashed_however_small_its_ring_is(radius: float, active: bool) -> None:
    style = style_of(structure("PTV"), active=active)
    red = painted(Region([circle(radius, points=max(12, round(4 * radius)))]), style)
    assert len(gaps(red, radius, at=0.6)) == max(2, round(2 * np.pi * radius / sum(style.pattern)))


def test_dashes_close_without_a_seam() -> None:
    found = gaps(painted(Region([circle(41.3)]), LineStyle(2, (7.0, 4.0))), 41.3)
    assert max(found) - min(found) <= 4




def test_targets_exported_as_organs_are_known_by_name() -> None:
    assert kind_of(structure("ORGAN", "GTV-1")) == "GTV"
    assert [kind_of(structure("ORGAN", name)) for name in ("zPTV!_High", "iGTVp", "ptv 60")] == ["PTV", "GTV", "PTV"]
    assert kind_of(structure("ORGAN", "Lung")) == "ORGAN"
    assert kind_of(structure("PTV", "GTV plus margin")) == "PTV"


def test_an_empty_region_is_no_contour() -> None:
    assert not Contour.of(Region())
    assert painted(Region(), LineStyle()).sum() == 0
