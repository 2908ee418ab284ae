"""The built-in case: images, truth and the relations between them."""

from __future__ import annotations

import re

import numpy as np
import pytest
from numpy.typing import NDArray

from workstation.geometry.transform import Transform
from workstation.images.volume import Volume
from workstation.jobs.progress import Cancelled
from workstation.structures.structure import Structure
from workstation.structures.volume import volume_cc
from workstation.teaching.glomus import GlomusCase, glomus_case

PHASES = ("pre", "early", "delayed1", "delayed2")

Float = NDArray[np.float64]


def values_at(volume: Volume, points_mm: Float) -> Float:
    """Nearest voxels' values at patient points inside the volume."""
    index = np.rint(volume.grid.to_index(points_mm)).astype(int)
    i, j, k = index[((index >= 0) & (index < volume.grid.size)).all(1)].T
    found: Float = volume.voxels[k, j, i].astype(np.float64)
    return found


def inner_points(structure: Structure, shrink_mm: float = 2.0) -> Float:
    """Points of the structure's slices that lie at least about `shrink_mm` from its rings."""
    found = []
    for s in structure.stack.slices:
        low_u, low_v, high_u, high_v = s.region.bounds()
        u, v = np.meshgrid(np.arange(low_u, high_u, 1.0), np.arange(low_v, high_v, 1.0))
        p = np.column_stack([u.ravel(), v.ravel()])
        rim = np.concatenate(s.region.rings)
        far = np.linalg.norm(p[:, None] - rim[None, ::2], axis=2).min(1) > shrink_mm
        p = p[far & s.region.contains(p)]
        found.append(np.column_stack([p, np.full(len(p), s.position_mm)]))
    return np.concatenate(found)


def in_phase(case: GlomusCase, phase: str, points_mm: Float) -> Float:
    return case.phase_motion[phase].after(case.registration.fixed_to_moving).apply(points_mm)


def test_the_same_seed_gives_the_same_voxels_and_contours(coarse_case: GlomusCase) -> None:
    again = glomus_case(0, resolution="coarse")
    assert np.array_equal(coarse_case.ct.voxels, again.ct.voxels)
    for phase in PHASES:
        assert np.array_equal(coarse_case.phases[phase].voxels, again.phases[phase].voxels)
    for one, other in zip(coarse_case.structures, again.structures, strict=True):
        for a, b in zip(one.stack.slices, other.stack.slices, strict=True):
            assert all(np.array_equal(r, s) for r, s in zip(a.region.rings, b.region.rings, strict=True))
    assert coarse_case.ct.series_uid == again.ct.series_uid


def test_another_seed_is_another_case_and_progress_speaks_and_never_goes_back(coarse_case: GlomusCase) -> None:
    heard: list[tuple[float, str]] = []
    other = glomus_case(1, resolution="coarse", progress=lambda f, s: heard.append((f, s)))
    fractions = [f for f, _ in heard]
    assert fractions == sorted(fractions) and fractions[-1] == 1.0
    assert all(sentence for _, sentence in heard)
    assert not np.array_equal(coarse_case.ct.voxels, other.ct.voxels)
    assert coarse_case.ct.series_uid != other.ct.series_uid
    assert coarse_case.ct.frame_of_reference_uid != other.ct.frame_of_reference_uid
    assert 7.0 <= volume_cc(other.structure("GTV").stack) <= 9.0


def test_ct_numbers_are_those_of_a_head(coarse_case: GlomusCase) -> None:
    ct = coarse_case.ct
    assert ct.voxels.dtype == np.int16
    assert np.median(ct.voxels[:, :10, :10]) == pytest.approx(-1000, abs=10)
    stem = values_at(ct, inner_points(coarse_case.structure("Brainstem"), 4.0))
    assert np.median(stem) == pytest.approx(31, abs=6)
    parotid = values_at(ct, inner_points(coarse_case.structure("Parotid_L"), 3.0))
    assert -40 < np.median(parotid) < 40
    assert 700 < np.percentile(ct.voxels[ct.voxels > 300], 95) < 2600


def test_every_structure_is_there_under_its_tg_263_name(coarse_case: GlomusCase) -> None:
    names = [s.name for s in coarse_case.structures]
    for name in ("GTV", "Brainstem", "SpinalCord", "Bone", "Bone_Mandible", "External"):
        assert name in names
    for name in ("Cochlea", "Parotid", "A_Carotid", "V_Jugular_Int"):
        assert f"{name}_L" in names and f"{name}_R" in names
    assert all(re.fullmatch(r"[A-Z][A-Za-z0-9_]{0,15}", name) for name in names)
    assert [s.number for s in coarse_case.structures] == list(range(1, len(names) + 1))
    assert coarse_case.structure("GTV").interpreted_type == "GTV"
    assert coarse_case.structure("External").interpreted_type == "EXTERNAL"


def test_contours_lie_on_the_ct_slices_with_smooth_rings(coarse_case: GlomusCase) -> None:
    positions = coarse_case.ct.slice_positions_mm
    for structure in coarse_case.structures:
        for s in structure.stack.slices:
            assert np.abs(positions - s.position_mm).min() < 1e-6
    for s in coarse_case.structure("Brainstem").stack.slices[3:-3]:
        ring = max(s.region.rings, key=len)
        edges = np.diff(np.vstack([ring, ring[:1]]), axis=0)
        edges = edges[np.linalg.norm(edges, axis=1) > 0.05]
        turn = np.degrees(np.arctan2(edges[:, 1], edges[:, 0]))
        steps = np.abs((np.diff(turn) + 180) % 360 - 180)
        assert np.percentile(steps, 95) < 25  # the outline of voxels would turn by 45 or 90 degrees


def test_the_gtv_has_8_cc_and_lies_on_the_tumours_side(coarse_case: GlomusCase) -> None:
    gtv = coarse_case.structure("GTV").stack
    assert 7.0 <= volume_cc(gtv) <= 9.0
    low, high = gtv.bounds_mm() or (np.zeros(3), np.zeros(3))
    assert np.sign((low + high)[0]) == (1 if coarse_case.tumour_side == "L" else -1)


def test_the_phases_tell_the_textbook_story(coarse_case: GlomusCase) -> None:
    vein = inner_points(coarse_case.structure(f"V_Jugular_Int_{coarse_case.tumour_side}"), 2.0)
    tumour = inner_points(coarse_case.structure("GTV"), 3.0)
    signal = {
        p: (
            np.median(values_at(coarse_case.phases[p], in_phase(coarse_case, p, vein))),
            np.median(values_at(coarse_case.phases[p], in_phase(coarse_case, p, tumour))),
        )
        for p in PHASES
    }
    assert signal["early"][0] > 2 * signal["pre"][0] and signal["early"][1] > 2 * signal["pre"][1]
    assert signal["delayed2"][0] < 0.6 * signal["early"][0]
    assert signal["delayed2"][1] > 0.75 * signal["early"][1]
    assert signal["delayed1"][0] > signal["delayed2"][0]


def test_the_registration_takes_the_ct_skin_to_the_mr_skin_in_every_phase(coarse_case: GlomusCase) -> None:
    inside, outside = [], []
    for s in coarse_case.structure("External").stack.slices[20:45]:
        ring = max(s.region.rings, key=len)[::8]
        outward = ring - ring.mean(0)
        outward /= np.linalg.norm(outward, axis=1)[:, None]
        z = np.full((len(ring), 1), s.position_mm)
        inside.append(np.hstack([ring - 6 * outward, z]))
        outside.append(np.hstack([ring + 6 * outward, z]))
    for phase in PHASES:
        volume = coarse_case.phases[phase]
        within = values_at(volume, in_phase(coarse_case, phase, np.concatenate(inside)))
        beyond = values_at(volume, in_phase(coarse_case, phase, np.concatenate(outside)))
        assert np.median(within) > 300
        assert np.percentile(beyond, 80) < 60


def test_the_mr_lies_obliquely_in_a_frame_of_its_own(coarse_case: GlomusCase) -> None:
    frames = {v.frame_of_reference_uid for v in coarse_case.phases.values()}
    assert len(frames) == 1 and coarse_case.ct.frame_of_reference_uid not in frames
    tilt = np.degrees(np.arccos(coarse_case.phases["pre"].grid.direction[2, 2]))
    assert 8 < tilt < 20
    assert coarse_case.registration.moving_frame_uid in frames
    moved = coarse_case.registration.fixed_to_moving.apply(np.zeros(3))
    assert 4 < np.linalg.norm(moved) < 16


def test_motion_between_phases_is_small_and_counts_from_the_first(coarse_case: GlomusCase) -> None:
    assert coarse_case.phase_motion["pre"].is_identity()
    for phase in PHASES[1:]:
        motion = coarse_case.phase_motion[phase]
        assert motion.is_rigid() and not motion.is_identity(1e-3)
        assert np.linalg.norm(motion.translation_mm()) <= 1.0
        assert np.abs(motion.rotation_deg()).max() <= 1.0


def test_mr_noise_is_rician_and_the_coil_shades(coarse_case: GlomusCase) -> None:
    corner = coarse_case.phases["pre"].voxels[:, :8, :8].astype(float)
    assert corner.mean() / corner.std() == pytest.approx(1.913, abs=0.25)  # Rayleigh where there is no signal
    assert (coarse_case.phases["pre"].voxels >= 0).all()


def test_full_and_coarse_cases_share_their_frames() -> None:
    """What is learned on the quick case holds for the full one."""
    from workstation.teaching import glomus

    full = glomus._centred_grid((0, 0, 3), np.eye(3), (0.8, 0.8, 1.5), (512, 512, 120), (4, 4, 2), "full")
    coarse = glomus._centred_grid((0, 0, 3), np.eye(3), (0.8, 0.8, 1.5), (512, 512, 120), (4, 4, 2), "coarse")
    np.testing.assert_allclose(full.corners_mm(), coarse.corners_mm(), atol=1e-6)


def test_cancelling_stops_the_work() -> None:
    def stop(fraction: float, sentence: str) -> None:
        if fraction > 0.1:
            raise Cancelled

    with pytest.raises(Cancelled):
        glomus_case(0, resolution="coarse", progress=stop)


def test_a_negative_seed_is_refused() -> None:
    with pytest.raises(ValueError, match="from 0"):
        glomus_case(-1)


def test_the_truth_is_a_rigid_map(coarse_case: GlomusCase) -> None:
    truth: Transform = coarse_case.registration.fixed_to_moving
    assert truth.is_rigid(1e-9)
