"""The built-in glomus case on disk: made once for each seed, then opened like any other folder (Qt-free)."""

from __future__ import annotations

import shutil
import uuid
from pathlib import Path

from workstation.dicom.write_phantom import write_glomus
from workstation.jobs.progress import Progress, part, silent
from workstation.store.folders import data_folder
from workstation.teaching.glomus import glomus_case


def example_folder(seed: int = 0, progress: Progress = silent) -> Path:
    """The folder with the case of a seed as DICOM; it is made when it is not there yet (some 20 seconds)."""
    folder = data_folder() / "examples" / f"glomus_{seed}"
    if folder.is_dir():
        return folder
    fresh = folder.with_name(f"{folder.name}.{uuid.uuid4().hex[:8]}.new")
    try:
        case = glomus_case(seed, progress=part(progress, 0.0, 0.8))
        write_glomus(case, fresh, part(progress, 0.8, 1.0))
        fresh.rename(folder)  # only a complete case gets the name that is looked for
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return folder
