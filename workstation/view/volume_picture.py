"""A picture of a patient in 3D without a window: structures and context, cut open if wished, as an array of pixels."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workstation.case.case import Case
from workstation.geometry.deformation import Deformation
from workstation.geometry.transform import Transform
from workstation.images.volume import Volume
from workstation.images.windows import automatic_window
from workstation.jobs.progress import Progress, part, silent
from workstation.structures.structure import Color, Structure
from workstation.structures.surface_model import DEFAULT_SURFACE_MODEL
from workstation.view.errors import ViewError
from workstation.view.surface_mesh import SurfaceMesh, bone_mesh, step_for, structure_mesh
from workstation.view.volume_camera import SIDES, VolumeCamera
from workstation.view.volume_clip import CUTS, clip_planes, cuts_of
from workstation.view.volume_couch import reduced_for_casting
from workstation.view.volume_presets import BONE_SURFACE, CONTEXTS, NONE, preset_of, suits
from workstation.view.volume_reduction import ReducedVolume
from workstation.view.volume_scene import FULL, SurfaceLook, VolumeScene
from workstation.view.volume_surface_looks import BONE_LOOK, is_body, look_of
from workstation.view.volume_thread import VOLUME_THREAD

Float = NDArray[np.float64]
Surfaces = list[tuple[str, SurfaceMesh, SurfaceLook]]

SMALLEST_EXTENT_MM = 140.0
BONE = "bone"


def render_volume_picture(
    source: Case | Volume,
    structures: Iterable[Structure] | None = None,
    *,
    side: str = "A",
    turn_deg: tuple[float, float] = (0.0, 0.0),
    context: str = BONE_SURFACE,
    clip: Iterable[str] | Mapping[str, bool] = (),
    crosshair_mm: ArrayLike | None = None,
    targets_whole: bool = True,
    shines_through: bool = True,
    window: tuple[float, float] | None = None,
    width: int = 800,
    height: int = 600,
    ground: Color | None = (0, 0, 0),
    progress: Progress = silent,
) -> NDArray[np.uint8]:
    """Render (height, width, 4) uint8 RGBA, first row on top; waits until it is done.

    source: a case, or an image alone. structures: which to show; None for all of a case.
    side: one of A P L R S I to look from; turn_deg: then turned to the right and down by so much.
    context: one of `workstation.view.volume_presets.CONTEXTS`, from the (planning) image.
    clip: planes of `CUTS` through `crosshair_mm` (patient point, the image's middle by default) that take away the
        superior, left or anterior part; as a mapping plane -> True where the other part shall go.
    window: (centre, width) that an MR follows; an automatic one by default. ground: None for a clear one.

    Raises ViewError where something is asked for that there is not, or without OpenGL.
    """
    case = source if isinstance(source, Case) else None
    image = case.planning if case is not None else source
    _check(side, context, clip, image if isinstance(image, Volume) else None, width, height)
    assert image is None or isinstance(image, Volume)
    wanted = list(case.structures.values() if structures is None and case is not None else structures or ())
    made = _surfaces(case, wanted, targets_whole, part(progress, 0.0, 0.6))
    around = None if image is None or context == NONE else _context(image, context)
    progress(0.8, "Rendering")
    camera = _camera(made, wanted, around, image, side, turn_deg, width, height)
    point = crosshair_mm if crosshair_mm is not None else image.grid.centre_mm if image else camera.focus_mm
    cuts = cuts_of(clip if isinstance(clip, Mapping) else dict.fromkeys(clip, False))
    automatic = automatic_window(image) if image is not None else None
    shown = window or ((automatic.centre, automatic.width) if automatic is not None else (0.0, 1.0))

    def dress(scene: VolumeScene) -> None:
        for name, mesh, look in made:
            scene.set_look(name, look)
            scene.set_mesh(name, mesh)
        if isinstance(around, SurfaceMesh):
            scene.set_look(BONE, BONE_LOOK)
            scene.set_mesh(BONE, around)
        elif around is not None:
            scene.set_image(around, preset_of(context, shown))
        scene.set_clips(clip_planes(cuts, point))
        scene.set_keeps_depth(not shines_through)

    picture = VOLUME_THREAD.call(lambda: _rendered(dress, camera, width, height, ground))
    return picture if ground is not None else straight_alpha(picture)


def _rendered(
    dress: Callable[[VolumeScene], None], camera: VolumeCamera, width: int, height: int, ground: Color | None
) -> NDArray[np.uint8]:
    """The picture of a scene of its own, on OpenGL's thread; `dress` puts into it what is to be seen."""
    scene = VolumeScene()
    try:
        dress(scene)
        return scene.picture(camera, width, height, FULL, ground)
    finally:
        scene.close()


def straight_alpha(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Pixels (h, w, 4) whose colours are no longer multiplied by their alpha, as PNG files hold them."""
    alpha = picture[..., 3:].astype(np.float32)
    colors = picture[..., :3] * (255.0 / np.maximum(alpha, 1.0))
    return np.concatenate([np.clip(np.rint(colors), 0, 255).astype(np.uint8), picture[..., 3:]], axis=2)


def _check(
    side: str, context: str, clip: Iterable[str] | Mapping[str, bool], image: Volume | None, width: int, height: int
) -> None:
    if side not in SIDES:
        raise ViewError(f"One can't look from {side!r}: choose one of {', '.join(SIDES)}")
    if context not in CONTEXTS:
        raise ViewError(f"The 3D view can't show {context!r}: choose one of {', '.join(CONTEXTS)}")
    unknown = [plane for plane in clip if plane not in CUTS]
    if unknown:
        raise ViewError(f"Nothing can be cut at {unknown[0]!r}: choose among {', '.join(CUTS)}")
    if context != NONE and (image is None or not suits(context, image)):
        raise ViewError(f"{CONTEXTS[context]} can't be shown: it needs {'an MR' if context == 'mr' else 'a CT'}")
    if not (1 <= width <= 16384 and 1 <= height <= 16384):
        raise ViewError(f"A picture of {width} x {height} pixels can't be made: choose 1 to 16384 each way")


def _surfaces(case: Case | None, wanted: list[Structure], targets_whole: bool, progress: Progress) -> Surfaces:
    made = []
    model = case.surface_model if case is not None else DEFAULT_SURFACE_MODEL
    for number, structure in enumerate(wanted):
        progress(number / len(wanted), f"Surface of {structure.name}")
        stack = case.stack(structure.identifier) if case is not None else structure.stack
        placed = _to_planning(case, structure)
        if placed is None or not stack.slices:
            continue
        mesh = structure_mesh(stack, step_for(stack, True, len(wanted)), model, placed)
        if mesh is not None and mesh.triangle_count:
            made.append((structure.identifier, mesh, look_of(structure, targets_whole)))
    return made


def _to_planning(case: Case | None, structure: Structure) -> Float | Deformation | None:
    """To the planning image's frame of reference, None where nothing links them."""
    here = case.planning.frame_of_reference_uid if case is not None and case.planning is not None else ""
    there = structure.frame_of_reference_uid
    if case is None or not here or not there or here == there:
        return np.eye(4)
    link = case.transform(there, here)
    return link.matrix if isinstance(link, Transform) else link


def _context(image: Volume, context: str) -> SurfaceMesh | ReducedVolume:
    return bone_mesh(image) if context == BONE_SURFACE else reduced_for_casting(image, context)


def _camera(
    made: Surfaces,
    wanted: list[Structure],
    around: SurfaceMesh | ReducedVolume | None,
    image: Volume | None,
    side: str,
    turn_deg: tuple[float, float],
    width: int,
    height: int,
) -> VolumeCamera:
    """Looking at all of it: structures but for the body's outline, and the patient where he is ray-cast."""
    bodies = {structure.identifier for structure in wanted if is_body(structure)}
    boxes = [mesh.bounds_mm() for name, mesh, _ in made if name not in bodies]
    boxes = boxes or [mesh.bounds_mm() for _, mesh, _ in made]
    if isinstance(around, ReducedVolume):
        boxes.append(around.tissue_box_mm())
    elif around is not None and not boxes and around.triangle_count:
        boxes.append(around.bounds_mm())
    if not boxes and image is not None:
        corners = image.grid.corners_mm()
        boxes.append((corners.min(0), corners.max(0)))
    if not boxes:
        raise ViewError("There is nothing to show in 3D: neither an image nor a structure with contours")
    low = np.min([box[0] for box in boxes], axis=0)
    high = np.max([box[1] for box in boxes], axis=0)
    camera = VolumeCamera.from_side(side).rotated(np.radians(turn_deg[0]), np.radians(turn_deg[1]))
    return camera.fitted(low, high, width, height, SMALLEST_EXTENT_MM)
