"""How long the window stands still while the glomus case is opened in it: what its own thread computes at a time.

The processor time of the window's thread between two turns of the event loop is what the program can answer for;
the time on the clock, which is printed beside it, grows with everything else that a machine is doing, and with a
renderer that has no graphics card.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.benchmark

RUNS = 3
FIRST_DRAW_MS = 150.0
LATER_MS = 100.0

CODE = """
import json, sys, time
from PySide6.QtCore import QTimer
from workstation.gui.application import create_window, settle
from workstation.gui.jobs.runner import live
window = create_window(theme='dark')
settle(window, 100)
live(200)
stood = []
last = [time.perf_counter(), time.thread_time()]
def tick():
    now = [time.perf_counter(), time.thread_time()]
    stood.append((1000 * (now[1] - last[1]), 1000 * (now[0] - last[0]), window.session is not None))
    last[:] = now
timer = QTimer(interval=4)
timer.timeout.connect(tick)
timer.start()
window.commands.open_paths([sys.argv[1]])
settle(window, 100)
live(2500)
longest = sorted(stood, reverse=True)
print(json.dumps({'first_ms': longest[0][0], 'second_ms': longest[1][0], 'clock_ms': max(s[1] for s in stood)}))
window.files.leave_without_asking()
window.close()
"""


@pytest.mark.timeout(600)
def test_opening_a_case_holds_the_window_up_no_longer_than_a_first_draw(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from workstation.gui.example import example_folder

    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "RT_WORKSTATION_DATA": str(tmp_path)}
    monkeypatch.setenv("RT_WORKSTATION_DATA", str(tmp_path))
    folder = example_folder(0)
    runs = []
    for _ in range(RUNS + 1):
        answer = subprocess.run(
            [sys.executable, "-c", CODE, str(folder)],
            cwd=Path(__file__).resolve().parents[2],
            env=environment,
            capture_output=True,
            text=True,
            timeout=200,
            check=True,
        )
        runs.append(json.loads(answer.stdout.splitlines()[-1]))
    median = {key: statistics.median(run[key] for run in runs[1:]) for key in runs[0]}
    print(f"\n{'opening the glomus case, median of ' + str(RUNS):<62}{'ours':>8}{'goal':>8}")
    for words, key, goal in (
        ("longest turn of the window (views are made and drawn), ms", "first_ms", FIRST_DRAW_MS),
        ("second longest turn, ms", "second_ms", LATER_MS),
    ):
        print(f"{words:<62}{median[key]:>8.0f}{goal:>8.0f}")
    print(f"{'longest turn on the clock of this machine, ms':<62}{median['clock_ms']:>8.0f}")
    assert median["first_ms"] <= FIRST_DRAW_MS
    assert median["second_ms"] <= LATER_MS
