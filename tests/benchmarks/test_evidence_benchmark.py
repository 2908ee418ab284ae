"""From evidence to GTV in the real window, 1400 x 1000: thresholds dragged, other evidence chosen, phases subtracted.

The teaching case (four MR phases of 256 x 256 x 120 on an oblique grid, CT of 0.6 x 0.6 x 1.25 mm with its true
structures), separated by one click. A step is timed from a real mouse event until the three slices and the plot are
repainted; the longest event of the window's thread is told for everything, from the click on.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.benchmarks.test_viewport_benchmark import Stalls, watched_application

STEPS, ROUNDS = 25, 4
THRESHOLD_MS, LARGEST_STALL_MS = 30.0, 50.0
SEED, FROM_EDGE_MM = 7200, 3.0


def clicked(window: Any) -> Any:
    """Where a person would click: in the tumour, away from its edge."""
    from workstation.enhancement.regions import shrunk
    from workstation.structures.rasterise import mask_of

    case = window.session.case
    grid = case.planning.grid
    gtv = next(s for s in case.structures.values() if s.name == "GTV")
    core = np.argwhere(shrunk(mask_of(gtv.stack, grid).full(), FROM_EDGE_MM, grid.spacing_mm))
    return grid.to_patient(core[len(core) // 2][::-1].astype(float))


def measure(folder: str) -> dict[str, Any]:
    """Milliseconds of every step by what is done, and the longest events."""
    from PySide6.QtCore import QEvent, QPointF, Qt

    stalls = Stalls()
    application = watched_application(stalls)
    from tests.gui.viewport_scene import mouse, press, release
    from workstation.gui.application import create_window, settle
    from workstation.gui.jobs.runner import live
    from workstation.view.preparation import warm_up

    warm_up()
    window = create_window(theme="dark", size=(1400, 1000))
    settle(window, 120)
    window.commands.open_paths([folder])
    settle(window, 120)
    session = window.session
    point = clicked(window)
    session.viewing.crosshair_mm = point
    panel = window.workspace.show_dock("separation")
    live(3000)
    stalls.watching, stalls.doing = True, "from the click to the result"
    begun = time.perf_counter()
    session.desk.separating.add_sample("tumour", point)
    settle(window, 120)
    live(1500)
    found: dict[str, Any] = {"separated_s": time.perf_counter() - begun, "steps": {}}
    stalls.watching = False

    def drag(name: str) -> None:
        plot = panel.evidence._plots["volumes"]
        area, port = plot.area, plot.area.viewport()
        panel.ensureWidgetVisible(plot)
        live(500)
        height = port.height() / 2
        low, high = (area.place_of(float(value)) for value in plot._thresholds[[0, -1]])
        for number in range(ROUNDS):
            # Somewhere between two of the places that were looked at before, so that every step is grown anew.
            places = np.linspace(low + 5 + number / ROUNDS, high - 5 - number / ROUNDS, STEPS)
            press(port, QPointF(places[0], height))
            application.processEvents()
            for place in places[1:]:
                stalls.watching, stalls.doing = True, name
                started = time.perf_counter()
                mouse(port, QEvent.Type.MouseMove, QPointF(place, height), held=Qt.MouseButton.LeftButton)
                application.processEvents()
                found["steps"].setdefault(name, []).append((time.perf_counter() - started) * 1e3)
                stalls.watching = False
            release(port, QPointF(places[-1], height))
            application.processEvents()
        live(300)

    drag("share of tumour")
    table = panel.evidence.table
    for row in range(min(5, table.rowCount())):
        stalls.watching, stalls.doing = True, "other evidence"
        started = time.perf_counter()
        table.selectRow(row)
        application.processEvents()
        found["steps"].setdefault("other evidence", []).append((time.perf_counter() - started) * 1e3)
        live(800)
        stalls.watching = False
        if session.desk.separating.grower is not None:
            drag("maps")
    slider = panel.evidence.difference.weight.slider
    for value in range(60, 100, 2):
        shown = session.viewing.map_shown
        stalls.watching, stalls.doing = True, "weight of a difference"
        started = time.perf_counter()
        slider.setValue(value)
        while session.viewing.map_shown is shown and time.perf_counter() - started < 5.0:
            application.processEvents()
        application.processEvents()
        found["steps"].setdefault(stalls.doing, []).append((time.perf_counter() - started) * 1e3)
        stalls.watching = False
    found["stalls"] = stalls.longest_ms
    return found


@pytest.mark.benchmark
@pytest.mark.timeout(600)
def test_the_proposal_follows_the_threshold(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    import subprocess

    from workstation.dicom.write_phantom import write_glomus
    from workstation.teaching.glomus import glomus_case

    write_glomus(glomus_case(SEED), tmp_path / "case")
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "RT_WORKSTATION_DATA": str(tmp_path / "data")}
    command = [sys.executable, "-m", "tests.benchmarks.test_evidence_benchmark", str(tmp_path / "case")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=580, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout.splitlines()[-1])
    with capsys.disabled():
        print(f"\nclick to result and plots: {found['separated_s']:.1f} s")
        print(f"{'event to picture, three slices':34} {'median':>9} {'p95':>9}")
        for name, times in found["steps"].items():
            median, p95 = np.percentile(times, [50, 95])
            print(f"{name:34} {median:6.1f} ms {p95:6.1f} ms")
        for name, longest in found["stalls"].items():
            print(f"longest event, {name}: {longest:.1f} ms")
    for name in ("share of tumour", "maps"):
        assert np.median(found["steps"][name]) <= THRESHOLD_MS, name
    for name, longest in found["stalls"].items():
        assert longest <= LARGEST_STALL_MS, name


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1])), flush=True)
    # Qt and VTK taken down by the interpreter in any order is not what is measured here.
    os._exit(0)
