"""Making the whole glomus case and writing it as DICOM: from nothing to a study on disk.

There is no peer that makes such a case; the copy of its bytes in the same run says what the disk alone takes.
"""

from __future__ import annotations

import shutil
import time
from pathlib import Path

from workstation.dicom.write_phantom import write_glomus
from workstation.teaching.glomus import glomus_case
from workstation.teaching.shape_kernels import warm_up

LIMIT_S = 30.0


def test_the_glomus_case_is_made_and_written_within_30_seconds(tmp_path: Path) -> None:
    warm_up()
    start = time.perf_counter()
    case = glomus_case(0)
    made = time.perf_counter()
    write_glomus(case, tmp_path / "study")
    written = time.perf_counter()
    shutil.copytree(tmp_path / "study", tmp_path / "copy")
    copied = time.perf_counter()
    print("\n| step | s | ratio to copying the files |\n|---|---|---|")
    steps = (("making the case", made - start), ("writing it", written - made), ("copying it", copied - written))
    for name, seconds in steps:
        print(f"| {name} | {seconds:.2f} | {seconds / (copied - written):.1f} |")
    assert written - start <= LIMIT_S
