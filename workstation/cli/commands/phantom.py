"""`workstation phantom glomus DIR`: writes the built-in case with known truth as DICOM."""

from __future__ import annotations

import argparse
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workstation.cli.output import UsageError, checked_seed, note, print_json, progress_on_terminal

if TYPE_CHECKING:
    from workstation.teaching.glomus import GlomusSettings


def add_to(subparsers: Any) -> None:
    """Declare the command's arguments."""
    parser = subparsers.add_parser("phantom", help="write a built-in case with known truth as DICOM")
    parser.add_argument("name", choices=("glomus",), help="which case: a glomus tumour beside the jugular vein")
    parser.add_argument("folder", metavar="DIR", help="where to write; made if it is not there")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="same seed, same bytes apart from dates")
    parser.add_argument(
        "--variant", choices=("retaining", "washout", "inseparable"), default="retaining",
        help="retaining: the vein washes out and the tumour holds its contrast; washout: both wash out, and arterial"
        " frames tell them apart; inseparable: nothing does",
    )  # fmt: skip
    parser.add_argument("--size-cc", type=float, metavar="CC", help="volume of the tumour, 1 to 20 (default 8)")
    parser.add_argument("--snr", type=float, metavar="R", help="muscle over noise, 10 to 40 (default 20)")
    parser.add_argument(
        "--arterial-frame-s", type=float, metavar="S", help="length of an arterial frame of washout (default 6)"
    )
    parser.add_argument("--motion-mm", type=float, metavar="MM", help="most motion between phases (default 1)")
    parser.add_argument("--motion-deg", type=float, metavar="DEG", help="most turn between phases (default 1)")
    parser.add_argument("--shading", type=float, metavar="SHARE", help="how far the coil varies (default 0.17)")
    parser.add_argument(
        "--delays-s", metavar="S,S,…", help="middles of the phases after contrast, in seconds (default 60,300,900)"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    parser.set_defaults(run=run)


@contextmanager
def nothing_half_written(folder: Path) -> Iterator[None]:
    """Take away what was written into an empty or absent folder when that fails or is interrupted."""
    was_there = folder.exists()
    try:
        yield
    except BaseException:
        for item in folder.iterdir() if folder.exists() else ():
            if item.is_dir():
                shutil.rmtree(item)
            else:
                item.unlink()
        if folder.exists() and not was_there:
            folder.rmdir()
        raise


def _settings(options: argparse.Namespace) -> GlomusSettings:
    from workstation.teaching.glomus import GlomusSettings

    names = ("variant", "size_cc", "snr", "arterial_frame_s", "motion_mm", "motion_deg", "shading")
    given: dict[str, Any] = {n: getattr(options, n) for n in names if getattr(options, n) is not None}
    try:
        if options.delays_s:
            given["delays_s"] = tuple(float(text) for text in options.delays_s.split(","))
    except ValueError as error:
        raise UsageError(f"--delays-s takes seconds with commas between them, not {options.delays_s!r}") from error
    try:
        return GlomusSettings(**given)
    except ValueError as error:
        raise UsageError(str(error)) from error


def run(options: argparse.Namespace) -> int:
    """Make the case, write it, print what was written."""
    from workstation.dicom.write_phantom import write_glomus
    from workstation.jobs.progress import part
    from workstation.structures.volume import volume_cc
    from workstation.teaching.glomus import glomus_case

    checked_seed(options.seed)
    settings = _settings(options)
    folder = Path(options.folder)
    if not options.folder:
        raise UsageError("an empty path was given; the name of a folder is needed")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder}: is not an empty folder; nothing in it was changed, choose another one")
    start = time.perf_counter()
    progress = progress_on_terminal()
    case = glomus_case(options.seed, settings=settings, progress=part(progress, 0.0, 0.6))
    with nothing_half_written(folder):
        written = write_glomus(case, folder, progress=part(progress, 0.6, 1.0))
    result = {
        "folder": str(folder.resolve()),
        "seed": options.seed,
        "variant": settings.variant,
        "phases": [{"name": phase.name, "time_s": phase.middle_s} for phase in case.protocol],
        **{key: value for key, value in written.items() if key != "folder"},
        "structures": [{"name": s.name, "volume_cc": round(volume_cc(s.stack), 3)} for s in case.structures],
        "seconds": round(time.perf_counter() - start, 2),
    }
    if options.json:
        print_json(result)
    else:
        note(f"made in {result['seconds']} s")
        print(f"The glomus case lies in {result['folder']}: open it with 'workstation open {options.folder}'")
    return 0
