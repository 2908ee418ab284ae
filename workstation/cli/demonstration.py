"""The whole job on the built-in case without a display: open, fuse, draw, derive, export, in the real window.

The drawing is simulated: a hand that is not quite steady follows the true outline with the real tools, by mouse
events on the real widgets. What it makes is compared with the truth, and every figure lies in `summary.json`.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from workstation.jobs.progress import Progress, part, silent

if TYPE_CHECKING:
    from workstation.case.case import Case
    from workstation.gui.simulated_hand import SimulatedHand
    from workstation.structures.structure import Structure
    from workstation.teaching.glomus import GlomusCase

Float = NDArray[np.float64]

HAND_ERROR_MM = 0.35
"""Spread of the simulated hand about the true outline: about what careful observers show on one slice."""

CORNER_STEP_MM = 2.0
DRAWING_PIXEL_MM = 0.2
CTV_MARGIN_MM = 5.0
PTV_MARGIN_MM = 3.0
CASE_NAME = "glomus.rtcase"


class Stopwatch:
    """Seconds of each named step."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Time what happens inside."""
        start = time.perf_counter()
        yield
        self.seconds[name] = round(time.perf_counter() - start, 2)


def demonstrate(folder: Path, seed: int = 0, theme: str = "dark", progress: Progress = silent) -> dict[str, Any]:
    """Do the whole job; writes rtstruct.dcm, registration.dcm, overview.png, summary.json and the case file.

    All into `folder`; the images that were drawn on go to `folder`/dicom. Returns the summary: volumes in cc,
    registration error in mm against the truth, DSC of the drawn GTV against the truth, seconds of each step.
    """
    from workstation.dicom.write_phantom import write_glomus
    from workstation.teaching.glomus import glomus_case

    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    folder.mkdir(parents=True, exist_ok=True)
    watch = Stopwatch()
    with watch.step("make the case"):
        truth = glomus_case(seed, progress=part(progress, 0.0, 0.25))
    study = folder / "dicom"
    with watch.step("write it as DICOM"):
        write_glomus(truth, study, part(progress, 0.25, 0.35))
    return _work(folder, study, truth, theme, watch, part(progress, 0.35, 1.0))


def _work(
    folder: Path, study: Path, truth: GlomusCase, theme: str, watch: Stopwatch, progress: Progress
) -> dict[str, Any]:
    from workstation.gui.application import create_window
    from workstation.gui.simulated_hand import SimulatedHand

    window = create_window(theme=theme)
    hand = SimulatedHand(window)
    try:
        with watch.step("open"):
            progress(0.0, "Opening the study in the window")
            window.commands.open_paths([str(p) for p in sorted(study.iterdir()) if p.is_dir()])
            hand.wait_until(lambda: _images_of(hand) == 1 + len(truth.phases), 120, "opening the study")
            hand.wait_for_work()
        case = hand.workspace.session.case
        with watch.step("register CT and MR"):
            progress(0.2, "Registering MR onto CT")
            _register(hand, truth)
        with watch.step("draw the GTV"):
            _add_organs(case, truth)
            _draw(hand, truth.structure("GTV"), part(progress, 0.4, 0.8))
        with watch.step("derive CTV and PTV"):
            progress(0.8, "Deriving CTV and PTV")
            _derive(case)
            hand.wait_for_work()
        with watch.step("export"):
            progress(0.9, "Writing DICOM")
            _export(case, folder)
        with watch.step("save the case"):
            (folder / CASE_NAME).unlink(missing_ok=True)
            hand.window.files.save_as(str(folder / CASE_NAME))
            hand.wait_for_work()
        _picture(hand, folder / "overview.png")
        summary = _summary(case, truth, watch)
    finally:
        hand.window.close()
    (folder / "summary.json").write_text(json.dumps(summary, indent=2) + "\n", encoding="utf-8")
    progress(1.0, "Done")
    return summary


def _images_of(hand: SimulatedHand) -> int:
    return 0 if hand.window.session is None else len(hand.window.session.case.images)


def _register(hand: SimulatedHand, truth: GlomusCase) -> None:
    """Through the window's own action, as a person would press it."""
    session = hand.workspace.session
    by_description = {volume.description: key for key, volume in session.case.images.items()}
    hand.window.commands.register(by_description[truth.phases["pre"].description])
    hand.wait_until(lambda: bool(session.case.registrations), 120, "registering CT and MR")
    session.viewing.overlay_key = by_description[truth.phases["early"].description]
    session.viewing.opacity = 0.4


def _add_organs(case: Case, truth: GlomusCase) -> None:
    """Everything true but the tumour, so that targets can keep clear of bone and the picture shows the neighbours."""
    from workstation.case.commands import AddStructure, Together

    organs = [s for s in truth.structures if s.name != "GTV"]
    case.do(Together("Import organs at risk", tuple(AddStructure(s) for s in organs)))


def _draw(hand: SimulatedHand, target: Structure, progress: Progress) -> None:
    """Polygons on the odd slices, brush strokes on the even ones, along the true outline with a human unsteadiness."""
    from workstation.case.commands import AddStructure
    from workstation.case.new_structure import new_structure

    session = hand.workspace.session
    gtv = new_structure(session.case, "GTV", "GTV")
    session.case.do(AddStructure(gtv))
    session.desk.active = gtv.identifier
    hand.take("polygon")
    random = np.random.default_rng(7)
    plane, slices = target.stack.plane, target.stack.slices
    for n, drawn in enumerate(slices):
        progress(n / len(slices), f"Drawing the GTV, slice {n + 1} of {len(slices)}")
        for ring in drawn.region.rings:
            corners = unsteady(ring, random)
            points = plane.to_patient(corners, drawn.position_mm)
            hand.look_at(points.mean(0), DRAWING_PIXEL_MM)
            view = hand.view("axial")
            for point in points:
                hand.click(view, point)
            hand.close_polygon(view)
    hand.take("crosshair")


def unsteady(ring: Float, random: np.random.Generator) -> Float:
    """Corners (m, 2) about every 2 mm along a ring (n, 2), moved across it by a hand's error in mm."""
    closed = np.vstack([ring, ring[:1]])
    along = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(closed, axis=0), axis=1))])
    count = max(6, round(along[-1] / CORNER_STEP_MM))
    at = np.linspace(0.0, along[-1], count, endpoint=False)
    corners = np.stack([np.interp(at, along, closed[:, axis]) for axis in (0, 1)], axis=1)
    tangent = np.roll(corners, -1, axis=0) - np.roll(corners, 1, axis=0)
    length = np.maximum(np.linalg.norm(tangent, axis=1, keepdims=True), 1e-9)
    normal = np.stack([tangent[:, 1], -tangent[:, 0]], axis=1) / length
    moved: Float = corners + normal * random.normal(0.0, HAND_ERROR_MM, (count, 1))
    return moved


def _derive(case: Case) -> None:
    from workstation.case.commands import AddStructure
    from workstation.case.new_structure import derived_structure
    from workstation.structures.recipe import Limit, Margin, Recipe

    named = {s.name: key for key, s in case.structures.items()}
    keep_clear = (Limit(named["Bone"]),) if "Bone" in named else ()
    ctv = derived_structure(case, "CTV", "CTV", Recipe(named["GTV"], Margin.uniform(CTV_MARGIN_MM), avoid=keep_clear))
    case.do(AddStructure(ctv))
    case.do(AddStructure(derived_structure(case, "PTV", "PTV", Recipe(ctv.identifier, Margin.uniform(PTV_MARGIN_MM)))))


def _export(case: Case, folder: Path) -> None:
    from workstation.dicom.registration import write_registration
    from workstation.dicom.structure_set import write_structure_set
    from workstation.gui.exporting import planned_registrations

    write_structure_set(folder / "rtstruct.dcm", tuple(case.structures.values()), case.planning, label="Demonstration")
    for item in planned_registrations(case)[:1]:
        write_registration(folder / "registration.dcm", item.registration, item.fixed, item.moving)


def look_at_targets(hand: SimulatedHand) -> None:
    """Point every view at the GTV, with what would hide it in 3D switched off."""
    session = hand.workspace.session
    gtv = next(s for s in session.case.structures.values() if s.name == "GTV")
    low, high = gtv.stack.bounds_mm() or (np.zeros(3), np.zeros(3))
    middle = (low + high) / 2
    hand.look_at(gtv.stack.plane.to_patient(middle[:2], float(middle[2])), 0.3)
    for structure in session.case.structures.values():
        if structure.interpreted_type == "EXTERNAL" or structure.name == "Bone":
            session.viewing.set_visible(structure.identifier, False)
    session.desk.active = gtv.identifier


def _picture(hand: SimulatedHand, path: Path) -> None:
    """The real window, looking at the tumour, with the targets panel in front."""
    look_at_targets(hand)
    hand.window.commands.choose_step("targets")
    hand.wait_for_work()
    hand.window.messages.clear()
    hand.wait_for_work()
    hand.window.grab().save(str(path))


def _summary(case: Case, truth: GlomusCase, watch: Stopwatch) -> dict[str, Any]:
    from workstation.structures.rasterise import mask_of

    by_name = {s.name: s for s in case.structures.values()}
    drawn = mask_of(case.stack(by_name["GTV"].identifier), truth.ct.grid).full()
    true = mask_of(truth.structure("GTV").stack, truth.ct.grid).full()
    dsc = 2.0 * np.count_nonzero(drawn & true) / (np.count_nonzero(drawn) + np.count_nonzero(true))
    registration = next(iter(case.registrations.values()))
    error = registration_error_mm(registration.fixed_to_moving, truth)
    return {
        "case": {"name": "glomus", "seed": truth.seed},
        "volumes_cc": {n: round(case.volume_cc(by_name[n].identifier), 3) for n in ("GTV", "CTV", "PTV")},
        "true_gtv_cc": round(_true_volume(truth), 3),
        "surface_model": case.surface_model,
        "registration_error_mm": error,
        "gtv_dsc": round(float(dsc), 4),
        "seconds": watch.seconds,
    }


def _true_volume(truth: GlomusCase) -> float:
    from workstation.structures.volume import volume_cc

    return volume_cc(truth.structure("GTV").stack)


def registration_error_mm(found: Any, truth: GlomusCase) -> dict[str, float]:
    """Distance between where the found and the true registration put the tumour and its neighbours, in mm."""
    points = []
    for name in ("GTV", "Cochlea_L", "Cochlea_R", "Brainstem"):
        stack = truth.structure(name).stack
        points += [stack.plane.to_patient(r, s.position_mm) for s in stack.slices for r in s.region.rings]
    everywhere = np.concatenate(points)
    difference = found.apply(everywhere) - truth.registration.fixed_to_moving.apply(everywhere)
    distance = np.linalg.norm(difference, axis=1)
    return {"mean": round(float(distance.mean()), 4), "max": round(float(distance.max()), 4)}
