"""Three phases of a breast in one series without an index: from the files to maps and curves."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from workstation.cli.phase_study import phases_in
from workstation.enhancement.alignment import AlignedPhase
from workstation.enhancement.flow import course_in
from workstation.enhancement.maps import evidence_maps
from workstation.enhancement.phase_stack import stack_phases
from workstation.enhancement.subtraction import subtract
from workstation.geometry.transform import Transform
from workstation.images.phase_times import Phase

TUMOUR_KJI = (7, 135, 90)
AROUND = tuple(slice(c - r, c + r + 1) for c, r in zip(TUMOUR_KJI, (3, 10, 10), strict=True))


@pytest.fixture(scope="module")
def phases(data_dir: Path) -> tuple[Phase, ...]:
    return phases_in(str(data_dir / "mr_dce_ucsf06"))


@pytest.mark.realdata
def test_signals_before_normalisation_are_the_scanner_s(phases: tuple[Phase, ...]) -> None:
    volume = phases[0].volume
    unmoved = [AlignedPhase(phase, Transform.identity()) for phase in phases]
    made = stack_phases(unmoved, volume.grid, volume.frame_of_reference_uid)
    raw = [float(phase.volume.voxels[AROUND].mean()) for phase in phases]
    region = np.zeros(volume.grid.shape, bool)
    region[AROUND] = True
    means = made.signals[:, region].mean(axis=1) * made.gains
    assert means == pytest.approx(raw, rel=1e-4)
    assert raw[1] > 1.4 * raw[0] and raw[2] > 1.4 * raw[0]
    course = course_in(made, "tumour", region)
    assert course.enhancement(made.before)[1:].min() > 20 * made.noise.max() / 10


@pytest.mark.realdata
def test_one_click_leads_to_maps_and_curves(phases: tuple[Phase, ...]) -> None:
    point = phases[0].volume.grid.to_patient(np.array(TUMOUR_KJI[::-1], dtype=float))
    found = subtract(phases, point)
    assert [a.phase.name for a in found.aligned] == ["pre", "early", "delayed 1"]
    assert all(np.linalg.norm(a.to_phase.translation_mm(point)) < 3 for a in found.aligned)
    maps = {each.name: each for each in evidence_maps(found.stack)}
    assert {"enhancement, early", "delayed 1 minus early", "signal enhancement ratio", "wash-in"} <= set(maps)
    place = tuple(np.rint(found.stack.grid.to_index(point)).astype(int)[::-1])
    around = tuple(slice(c - 2, c + 3) for c in place)
    assert 0.5 < np.nanmedian(maps["enhancement, early"].values[around]) < 3.0
    assert found.separation.sentence and found.separation.warnings
    if not found.separation.separable:
        assert not found.tumour.slices and "separates" in found.separation.sentence
