"""What `workstation register` was asked for, as arguments of the engine that does it."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from workstation.cli.output import UsageError
from workstation.cli.references import existing_path, find_structure
from workstation.jobs.progress import Progress, part

if TYPE_CHECKING:
    from workstation.fusion.landmarks import LandmarkPair
    from workstation.fusion.registration import Registration
    from workstation.geometry.grid import Grid
    from workstation.geometry.mask import Mask
    from workstation.images.volume import Volume
    from workstation.structures.structure import Structure

Float = NDArray[np.float64]

METHODS = ("rigid", "deformable", "landmarks")
STARTS = ("frame", "centre", "search")
METRICS = {
    "rigid": ("mutual-information", "correlation", "local-correlation"),
    "deformable": ("mutual-information", "correlation", "squares"),
}


class Request:
    """The options of one registration, checked against each other before anything is loaded."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        method = options.method
        only = {
            "--inside": ("deformable", options.inside),
            "--diffeomorphic": ("deformable", options.diffeomorphic), "--start": ("rigid", options.start),
            "--region": ("rigid", options.region), "--bone": ("rigid", options.bone),
        }  # fmt: skip
        for option, (wanted, given) in only.items():
            if given not in (None, False) and method != wanted and not (wanted == "rigid" and method == "deformable"):
                raise UsageError(f"{option} belongs to --method {wanted}, not to {method}")
        if method == "landmarks" and not options.landmarks:
            raise UsageError("--method landmarks needs --landmarks CSV: the pairs of points")
        if options.metric and method == "landmarks":
            raise UsageError("--metric compares images; landmarks need none")
        if options.metric and options.metric not in METRICS[method]:
            raise UsageError(f"--metric {options.metric}: a {method} registration knows {', '.join(METRICS[method])}")
        self.box_mm = box_of(options.region) if options.region else None
        named = [text for text in (options.inside, options.region if self.box_mm is None else None) if text]
        if named and not options.structures:
            raise UsageError(f"{named[0]!r} is the name of a structure: give the file that holds it with --structures")
        if options.target and method != "rigid":
            raise UsageError(
                "--target repeats a rigid registration from beside its answer; it belongs to --method rigid"
            )
        self.target_mm = point_of(options.target) if options.target else None
        self._pairs: tuple[LandmarkPair, ...] = ()
        self._structures: tuple[Structure, ...] = ()
        self._moving_structures: tuple[Structure, ...] = ()

    def register(self, fixed: Volume, moving: Volume, progress: Progress) -> Registration:
        """Do it."""
        engines: dict[str, Callable[[Volume, Volume, Progress], Registration]] = {
            "rigid": self._rigid, "deformable": self._deformable, "landmarks": self._landmarks,
        }  # fmt: skip
        self._pairs = self._read_pairs(fixed, moving)
        self._structures = _structures_of(self.options.structures, fixed, self.options.fixed)
        self._moving_structures = _structures_of(self.options.moving_structures, moving, self.options.moving)
        made = engines[self.options.method](fixed, moving, part(progress, 0.0, 0.85))
        return self._assessed(made, fixed, moving, part(progress, 0.85, 1.0))

    def _assessed(self, made: Registration, fixed: Volume, moving: Volume, progress: Progress) -> Registration:
        """With everything that can be measured of it, and the verdict by TG-132's tolerances."""
        from workstation.measurements.registration_quality import assess

        return assess(
            made, fixed, moving, landmarks=self._pairs, structures_fixed=self._structures,
            structures_moving=self._moving_structures, target_mm=self.target_mm, progress=progress,
        )  # fmt: skip

    # ------------------------------------------------------------------------------------------------ engines

    def _rigid(self, fixed: Volume, moving: Volume, progress: Progress) -> Registration:
        from workstation.fusion.rigid import register_rigid

        return register_rigid(fixed, moving, progress=progress, **self._rigid_arguments(fixed))

    def _rigid_arguments(self, fixed: Volume) -> dict[str, Any]:
        found: dict[str, Any] = {"bone": self.options.bone}
        if self.options.start:
            found["start_method"] = self.options.start
        if self.box_mm is not None:
            found["box_mm"] = self.box_mm
        elif self.options.region:
            found["region"] = self._mask(self.options.region, fixed.grid)
        if self.options.metric and self.options.method == "rigid":
            found["metric"] = self.options.metric
        return found

    def _deformable(self, fixed: Volume, moving: Volume, progress: Progress) -> Registration:
        from workstation.fusion.deformable import register_deformable
        from workstation.fusion.map_figures import affine_part

        options, begin = self.options, 0.0
        found: dict[str, Any] = {}
        apart = fixed.frame_of_reference_uid != moving.frame_of_reference_uid
        if apart or options.start or options.region or options.bone:
            begin = 0.25
            found["start"] = affine_part(self._rigid(fixed, moving, part(progress, 0.0, begin)).fixed_to_moving)
        if options.diffeomorphic is not None:
            found["diffeomorphic"] = options.diffeomorphic
        if options.inside:
            found["inside"] = self._mask(options.inside, fixed.grid)
        if options.metric:
            found["metric"] = options.metric
        return register_deformable(fixed, moving, progress=part(progress, begin, 1.0), **found)

    def _landmarks(self, fixed: Volume, moving: Volume, progress: Progress) -> Registration:
        from workstation.fusion.landmark_registration import register_landmarks

        return register_landmarks(self._pairs, fixed, moving)

    def _read_pairs(self, fixed: Volume, moving: Volume) -> tuple[LandmarkPair, ...]:
        """The landmarks given, none without --landmarks."""
        from workstation.fusion.landmark_files import read_landmarks

        paths = [str(existing_path(path)) for path in self.options.landmarks or ()]
        if not paths:
            return ()
        if len(paths) > 2:
            raise UsageError("--landmarks: one table, or two lists of points (fixed, then moving)")
        return read_landmarks(
            *paths, fixed_frame_uid=fixed.frame_of_reference_uid, moving_frame_uid=moving.frame_of_reference_uid,
            fixed_grid=fixed.grid, moving_grid=moving.grid,
        )  # fmt: skip

    # ------------------------------------------------------------------------------------------------ regions

    def _mask(self, name: str, grid: Grid) -> Mask:
        from workstation.structures.rasterise import mask_of

        return mask_of(find_structure(self._structures, name).stack, grid)


def _structures_of(path: str | None, image: Volume, folder: str) -> tuple[Structure, ...]:
    """The structures of a file that were drawn on an image; none without a file."""
    from workstation.cli.commands.expand import require_same_frame
    from workstation.dicom.structure_set import read_structure_set

    if not path:
        return ()
    found = read_structure_set(existing_path(path), image)
    require_same_frame(found, image, folder)
    return found.structures


def point_of(text: str) -> Float:
    """(3,) of "x,y,z" in LPS mm."""
    try:
        point = np.array([float(cell) for cell in text.split(",")])
    except ValueError as error:
        raise UsageError(f"--target {text!r}: a point is three numbers, x,y,z in mm") from error
    if point.shape != (3,) or not np.isfinite(point).all():
        raise UsageError(f"--target {text!r}: a point is three numbers, x,y,z in mm")
    return point


def box_of(text: str) -> Float | None:
    """(2, 3) opposite corners of "box x0,y0,z0,x1,y1,z1" (LPS mm of the fixed frame); None for a structure's name."""
    cells = text.removeprefix("box").strip(" :=").split(",")
    if len(cells) != 6:
        if text.startswith("box ") or len(cells) > 3:
            raise UsageError(f'--region {text!r}: a box is six numbers, "box x0,y0,z0,x1,y1,z1" in mm')
        return None
    try:
        corners = np.array([float(cell) for cell in cells]).reshape(2, 3)
    except ValueError as error:
        raise UsageError(f"--region {text!r}: a box is six numbers in mm") from error
    if not np.isfinite(corners).all() or (corners[0] == corners[1]).any():
        raise UsageError(f"--region {text!r}: this box is flat or has no end")
    return corners
