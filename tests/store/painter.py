"""A child process that works on a case until it is killed, and says after each step that it is acknowledged.

Usage: painter.py CASE ACKNOWLEDGED SEED. The acknowledgement of step n, with the drawn radius, is written after the
case file has said that the step is on disk.
"""

from __future__ import annotations

import os
import random
import sys
from pathlib import Path

from tests.case.bodies import add_derived, case_with_gtv, disc, image
from workstation.case.commands import EditContours
from workstation.store.case_file import CaseFile
from workstation.structures.structure import PlanarContours


def load_images(references, progress):
    """The one image that these cases have."""
    return {reference.key: image(reference.key) for reference in references}


def main(path: Path, acknowledged: Path, seed: int) -> None:
    """Open or make the case, then edit for ever."""
    if path.exists():
        file, case = CaseFile.open(path, load_images)
        gtv = next(iter(case.structures))
    else:
        case, gtv = case_with_gtv()
        add_derived(case, "CTV", gtv, 3)
        file = CaseFile.create(path, case)
    out = os.open(acknowledged, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    chance = random.Random(seed)
    while True:
        radius_mm = round(chance.uniform(3, 20), 6)
        if chance.random() < 0.2 and case.undo_label.startswith("Edit"):
            case.undo()
            radius_mm = -1.0
        else:
            case.do(EditContours(gtv, (PlanarContours(0.0, disc(radius_mm, points=400)),)))
        file.flush()
        os.write(out, f"{file.written_steps} {radius_mm}\n".encode())


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
