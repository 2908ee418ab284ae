"""Other engines' rigid registration as it is usually set up: SimpleITK, itk-elastix and plastimatch.

itk-elastix takes 1.6 GB and lives in an environment of its own, made once by hand (it is no part of set-up):
    python3 -m venv .venv-elastix && .venv-elastix/bin/pip install itk-elastix
WORKSTATION_ELASTIX_PYTHON names another one. It is asked in its own process; only its registration is timed, after
one that is not, because its first call loads for half a minute.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import SimpleITK as sitk  # noqa: N813

from workstation.fusion.itk_images import image_on, transform_of
from workstation.geometry.transform import Transform
from workstation.images.volume import Volume

Peer = Callable[[Volume, Volume], tuple[Transform, float]]
"""Fixed and moving to the map found, and the seconds it took."""

ROOT = Path(__file__).resolve().parents[2]

ELASTIX = """
import json, sys, time
import itk

def register(fixed, moving):
    parameters = itk.ParameterObject.New()
    rigid = parameters.GetDefaultParameterMap("rigid", 4)
    rigid["WriteResultImage"] = ["false"]
    parameters.AddParameterMap(rigid)
    method = itk.ElastixRegistrationMethod[type(fixed), type(moving)].New()
    method.SetFixedImage(fixed)
    method.SetMovingImage(moving)
    method.SetParameterObject(parameters)
    method.SetLogToConsole(False)
    method.SetNumberOfThreads(2)
    start = time.perf_counter()
    method.UpdateLargestPossibleRegion()
    seconds = time.perf_counter() - start
    found = method.GetTransformParameterObject().GetParameterMap(0)
    values, centre = ([float(v) for v in found[name]] for name in ("TransformParameters", "CenterOfRotationPoint"))
    return {"seconds": seconds, "parameters": values, "centre": centre}

warm = False
for line in sys.stdin:
    fixed, moving = (itk.imread(path, itk.F) for path in line.split())
    try:
        if not warm:
            register(fixed, moving)
            warm = True
        answer = register(fixed, moving)
    except RuntimeError as error:
        answer = {"error": str(error)}
    print(json.dumps(answer), flush=True)
"""

STAGE = (
    "[STAGE]\nxform=rigid\noptim=versor\nimpl=itk\nmetric=mi\nmi_histogram_bins=32\nmax_its={its}\n"
    "convergence_tol=0.0001\nmin_step={step}\nmax_step={most}\nres={res} {res} {res}\nnum_samples={samples}\n"
)


def by_simpleitk(fixed: Volume, moving: Volume) -> tuple[Transform, float]:
    """Mattes mutual information on 10 % random samples, two levels, regular steps, from identity."""
    images = [image_on(v.grid, v.voxels.astype(np.float32)) for v in (fixed, moving)]
    start = time.perf_counter()
    method = sitk.ImageRegistrationMethod()
    method.SetMetricAsMattesMutualInformation(50)
    method.SetMetricSamplingStrategy(method.RANDOM)
    method.SetMetricSamplingPercentage(0.10, 42)
    method.SetInterpolator(sitk.sitkLinear)
    method.SetOptimizerAsRegularStepGradientDescent(1.0, 1e-4, 200, 0.6, 1e-8)
    method.SetOptimizerScalesFromPhysicalShift()
    method.SetShrinkFactorsPerLevel([4, 2])
    method.SetSmoothingSigmasPerLevel([2, 1])
    method.SmoothingSigmasAreSpecifiedInPhysicalUnitsOn()
    method.SetInitialTransform(sitk.Euler3DTransform(), False)
    found = transform_of(method.Execute(*images))
    return found, time.perf_counter() - start


def elastix_python() -> Path | None:
    """The Python that has itk-elastix; None where nobody has made one."""
    python = Path(os.environ.get("WORKSTATION_ELASTIX_PYTHON", ROOT / ".venv-elastix" / "bin" / "python"))
    return python if python.is_file() else None


class Elastix:
    """itk-elastix with its default rigid parameters, in a process that stays."""

    def __init__(self, python: Path, folder: Path) -> None:
        self._folder = folder
        self._process = subprocess.Popen(
            [str(python), "-c", ELASTIX], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __call__(self, fixed: Volume, moving: Volume) -> tuple[Transform, float]:
        """Register; identity and no time where it gives up with an error of its own."""
        paths = _written(fixed, moving, self._folder)
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(" ".join(map(str, paths)) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline() or "{}")
        if "parameters" not in answer:
            return Transform.identity(), float("nan")
        euler = sitk.Euler3DTransform()
        euler.SetCenter(answer["centre"])
        euler.SetRotation(*answer["parameters"][:3])
        euler.SetTranslation(answer["parameters"][3:])
        return transform_of(euler), float(answer["seconds"])

    def close(self) -> None:
        """End the process."""
        self._process.communicate()


def by_plastimatch(folder: Path) -> Peer:
    """plastimatch's three stages, as a process; reading the images is part of its time."""

    def run(fixed: Volume, moving: Volume) -> tuple[Transform, float]:
        one, other = _written(fixed, moving, folder)
        stages = [(4, 100, 30000, 0.1), (2, 100, 60000, 0.05), (1, 60, 100000, 0.02)]
        text = f"[GLOBAL]\nfixed={one}\nmoving={other}\nxform_out={folder}/x.txt\n" + "".join(
            STAGE.format(res=r, its=i, samples=n, step=s, most=20 * s) for r, i, n, s in stages
        )
        (folder / "c.txt").write_text(text)
        start = time.perf_counter()
        subprocess.run(["plastimatch", "register", str(folder / "c.txt")], check=True, capture_output=True)
        return transform_of(sitk.ReadTransform(str(folder / "x.txt"))), time.perf_counter() - start

    return run


def _written(fixed: Volume, moving: Volume, folder: Path) -> list[Path]:
    paths = [folder / "fixed.mha", folder / "moving.mha"]
    for path, v in zip(paths, (fixed, moving), strict=True):
        sitk.WriteImage(image_on(v.grid, v.voxels.astype(np.float32)), str(path))
    return paths
