"""The case that looking at images is measured on: a fused CT (512 x 512 x 200) and an oblique MR, 20 structures."""

from __future__ import annotations

from typing import Any

import numpy as np


def build_case() -> tuple[Any, list[tuple[np.ndarray, float]]]:
    """The case with its images and 20 bodies, and (centre, radius) of the bodies."""
    from tests.view.bodies import ball
    from tests.view.scenes import centred_grid, rotation
    from workstation.case.case import Case
    from workstation.case.commands import AddImage, AddRegistration, AddStructure
    from workstation.case.new_structure import new_structure
    from workstation.fusion.registration import Registration
    from workstation.geometry.transform import Transform
    from workstation.images.volume import Volume

    rng = np.random.default_rng(0)
    noise = rng.normal(0, 20, (512, 512))
    y, x = (np.arange(512) - 255.5)[:, None], (np.arange(512) - 255.5)[None, :]
    voxels = np.empty((200, 512, 512), np.int16)
    for k in range(200):
        inside = (x / 200) ** 2 + (y / 160) ** 2 + ((k - 100) / 130) ** 2 < 1
        voxels[k] = np.where(inside, 40 + 60 * np.sin(x / 9), -1000) + np.roll(noise, 37 * k, 1)
    ct = Volume(
        "ct",
        voxels,
        centred_grid(np.eye(3), (0.98, 0.98, 1.5), (512, 512, 200)),
        "CT",
        "HU",
        "bench",
        frame_of_reference_uid="A",
    )
    mr = Volume(
        "mr",
        rng.integers(0, 900, (160, 256, 256), np.int16),
        centred_grid(rotation(7, -5, 9), (0.9, 0.9, 1.2), (256, 256, 160)),
        "MR",
        "",
        "bench",
        frame_of_reference_uid="B",
    )
    case = Case()
    case.do(AddImage(ct))
    case.do(AddImage(mr))
    case.do(AddRegistration(Registration("r", "A", "B", Transform.from_rigid((3, 4, 5)), "by hand")))
    bodies = []
    for number in range(20):
        radius = (120.0, 80.0)[number] if number < 2 else float(rng.uniform(12, 38))
        centre = np.zeros(3) if number < 2 else rng.uniform(-1, 1, 3) * (70, 60, 25)
        structure = new_structure(case, f"Body {number}")
        drawn = ball(tuple(centre), radius, 1.5).slices
        kept = [s for s in drawn if abs(s.position_mm) < 149]
        on_slices = tuple(type(s)(case.nearest_slice_mm((0, 0, s.position_mm)), s.region) for s in kept)
        case.do(AddStructure(structure.with_stack(structure.stack.replaced(on_slices))))
        bodies.append((centre, radius))
    return case, bodies
