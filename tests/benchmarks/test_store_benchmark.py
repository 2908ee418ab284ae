"""What journalling costs: a command on the calling thread, a command until it is safe, opening a long day's work.

Peers in the same run, interleaved: the same command without a case file, and the floor of any journal, which is
appending the same bytes to a file and asking the disk to keep them (write and fdatasync).
"""

from __future__ import annotations

import os
import statistics
import time
from pathlib import Path

import pytest

from tests.case.bodies import case_with_gtv, disc, image
from workstation.case.case import Case
from workstation.case.commands import EditContours
from workstation.store.case_file import CaseFile
from workstation.structures.structure import PlanarContours

pytestmark = pytest.mark.benchmark

ROUNDS = 300
STROKES = 2000


def edit(case: Case, gtv: str, step: int) -> None:
    """A stroke's worth of contours: 3 slices of 300 points."""
    slices = [PlanarContours(3.0 * k, disc(10 + step % 50 / 10, points=300)) for k in (-1, 0, 1)]
    case.do(EditContours(gtv, tuple(slices), "Paint"))


def milliseconds(function) -> float:
    start = time.perf_counter()
    function()
    return (time.perf_counter() - start) * 1e3


def line(name: str, times: list[float], peer: float | None = None) -> None:
    ordered = sorted(times)
    ratio = f"  {statistics.median(times) / peer:5.2f} x" if peer else ""
    print(f"{name:58s} {statistics.median(times):8.3f} {ordered[int(0.95 * len(ordered))]:8.3f}{ratio}")


def test_a_command_is_safe_on_disk_within_milliseconds(tmp_path: Path) -> None:
    plain, plain_gtv = case_with_gtv()
    case, gtv = case_with_gtv()
    file = CaseFile.create(tmp_path / "a.rtcase", case)
    floor = os.open(tmp_path / "floor", os.O_WRONLY | os.O_CREAT)
    body = os.urandom(30_000)
    without, asked, safe, appended = [], [], [], []
    for step in range(ROUNDS):
        without.append(milliseconds(lambda step=step: edit(plain, plain_gtv, step)))
        start = time.perf_counter()
        edit(case, gtv, step)
        asked.append((time.perf_counter() - start) * 1e3)
        file.flush()
        safe.append((time.perf_counter() - start) * 1e3)
        appended.append(milliseconds(lambda: (os.write(floor, body), os.fdatasync(floor))))
    os.close(floor)
    file.close()
    print(f"\n{'command of 3 planes, 900 points':58s} {'median':>8s} {'p95':>8s}  ms")
    line("without a case file", without)
    line("with one, until the hand is free again", asked, statistics.median(without))
    line("append and fdatasync of the same bytes (floor)", appended)
    line("with one, until it is safe on disk", safe, statistics.median(appended))
    assert statistics.median(asked) < statistics.median(without) + 2.0


def test_a_long_day_opens_quickly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    times: dict[str, list[float]] = {}
    for name, lines in (("with snapshots", 200), ("by replaying everything", 10**9)):
        monkeypatch.setattr("workstation.store.case_file.LINES_PER_SNAPSHOT", lines)
        monkeypatch.setattr("workstation.store.case_file.BYTES_PER_SNAPSHOT", 8_000_000 if lines < 1000 else 10**12)
        case, gtv = case_with_gtv()
        path, crashed = tmp_path / f"{lines}.rtcase", tmp_path / f"{lines}c.rtcase"
        file = CaseFile.create(path, case)
        for step in range(STROKES):
            edit(case, gtv, step)
        file.flush()
        for suffix in ("", "-wal"):
            crashed.with_name(crashed.name + suffix).write_bytes(path.with_name(path.name + suffix).read_bytes())
        file.close()
        times[name] = []
        for _ in range(3):
            start = time.perf_counter()
            opened, _ = CaseFile.open(crashed, lambda refs, progress: {ref.key: image(ref.key) for ref in refs})
            times[name].append((time.perf_counter() - start) * 1e3)
            opened.close(discard=True)
    size = (tmp_path / "200.rtcase").stat().st_size / 1e6
    print(f"\n{f'opening {STROKES} strokes after a crash ({size:.0f} MB)':58s} {'median':>8s} {'p95':>8s}  ms")
    line("by replaying everything", times["by replaying everything"])
    line("with snapshots", times["with snapshots"], statistics.median(times["by replaying everything"]))
    assert statistics.median(times["with snapshots"]) < 2000
