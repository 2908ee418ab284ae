"""Every kind of pair that registration is for, side by side: what came out, how long it took, how it was judged.

Known truth where there is some: the built-in case (its transform), the lung (51 pairs of landmarks). The others have
none; their scanners placed them in one frame of reference, and how far a registration leaves that is told.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from workstation.dicom.index import index_paths
from workstation.dicom.load import load_series
from workstation.fusion.deformable import register_deformable
from workstation.fusion.landmark_files import read_landmarks
from workstation.fusion.landmark_registration import landmark_errors
from workstation.fusion.registration import Registration
from workstation.fusion.rigid import register_rigid
from workstation.geometry.transform import Transform
from workstation.images.files import read_image_file
from workstation.images.volume import Volume
from workstation.measurements.registration_quality import assess
from workstation.teaching.glomus import glomus_case

Found = list[tuple[str, str, float, Registration, str]]
LUNG_RIGID_MM, GLOMUS_MM = 3.8, 0.15


def series(folder: Path, modality: str = "") -> list[Volume]:
    found = [entry for entry in index_paths([str(folder)]).series if modality in ("", entry.modality)]
    return [load_series(entry) for entry in found]


def run(found: Found, name: str, fixed: Volume, moving: Volume, note: Callable[[Registration], str]) -> None:
    """Rigid, then deformable from there."""
    began = time.perf_counter()
    rigid = register_rigid(fixed, moving)
    found.append((name, "rigid", time.perf_counter() - began, assess(rigid, fixed, moving), note(rigid)))
    assert isinstance(rigid.fixed_to_moving, Transform)
    began = time.perf_counter()
    bent = register_deformable(fixed, moving, start=rigid.fixed_to_moving)
    found.append((name, "deformable", time.perf_counter() - began, assess(bent, fixed, moving), note(bent)))


@pytest.mark.realdata
@pytest.mark.timeout(1800)
def test_every_kind_of_pair_is_registered_and_judged(data_dir: Path) -> None:
    found: Found = []
    case = glomus_case(11)
    inside = np.random.default_rng(1).uniform(-60, 60, (500, 3))

    def off_truth(made: Registration) -> str:
        there = made.fixed_to_moving.apply(inside) - case.registration.fixed_to_moving.apply(inside)
        return f"{np.linalg.norm(there, axis=1).mean():.3f} mm off the truth"

    run(found, "glomus CT, MR", case.ct, case.phases["pre"], off_truth)
    folder = data_dir / "dir_lung_elastix"
    lung = [read_image_file(folder / f"3DCT_lung_{name}.mha") for name in ("baseline", "followup")]
    frames = {"fixed_frame_uid": lung[0].frame_of_reference_uid, "moving_frame_uid": lung[1].frame_of_reference_uid}
    lists = [folder / f"CT_3D_lung_{side}_point_set_corrected.txt" for side in ("fixed", "moving")]
    pairs = read_landmarks(*lists, **frames)

    def at_landmarks(made: Registration) -> str:
        errors = landmark_errors(made, pairs).errors_mm
        return f"TRE {errors.mean():.2f} mm mean, {errors.max():.1f} worst"

    run(found, "lung follow-up", *lung, at_landmarks)
    breath = [series(data_dir / "4dct_popi_light" / phase)[0] for phase in ("00", "50")]
    run(found, "4D CT 00, 50", *breath, moved)
    for patient in ("STS_002", "STS_025"):
        ct, mr, pet = (series(data_dir / "ct_mr_pet_sts" / patient, kind)[0] for kind in ("CT", "MR", "PT"))
        run(found, f"{patient} CT, MR", ct, mr, moved)
        run(found, f"{patient} CT, PET", ct, pet, moved)
    phases = series(data_dir / "mr_dce_ucsf06")
    for number, phase in enumerate(phases[1:], start=2):
        run(found, f"DCE phase 1, {number}", phases[0], phase, moved)
    print(report(found))
    by_name = {(name, kind): made for name, kind, _, made, _ in found}
    truth = case.registration.fixed_to_moving.apply(inside)
    answer = by_name["glomus CT, MR", "rigid"].fixed_to_moving.apply(inside)
    assert np.linalg.norm(answer - truth, axis=1).mean() <= GLOMUS_MM
    errors = [landmark_errors(by_name["lung follow-up", kind], pairs).errors_mm for kind in ("rigid", "deformable")]
    assert errors[0].mean() <= LUNG_RIGID_MM and errors[1].mean() < 0.6 * errors[0].mean()
    folded = [made.quality["jacobian"]["folded_fraction"] for _, kind, _, made, _ in found if kind == "deformable"]
    assert max(folded) == 0.0


def moved(made: Registration) -> str:
    figures = made.quality.get("shift_mm")
    return "" if figures is None else "shift " + ", ".join(f"{value:+.1f}" for value in figures) + " mm"


def report(found: Found) -> str:
    head = "| pair | kind | s | verdict | displacement p95 mm | Jacobian | known |"
    lines = ["", head, "|---|---|---|---|---|---|---|"]
    for name, kind, seconds, made, note in found:
        quality = made.quality
        jacobian = quality.get("jacobian")
        words = f"{jacobian['min']:.2f} to {jacobian['max']:.2f}" if jacobian else ""
        far = quality["displacement_mm"]["p95"]
        lines.append(f"| {name} | {kind} | {seconds:.1f} | {quality['verdict']} | {far:.1f} | {words} | {note} |")
    return "\n".join(lines)
