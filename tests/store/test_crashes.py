"""A killed program loses at most the stroke in progress; a full disk loses nothing that was saved."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from tests.case.bodies import disc
from tests.store.painter import load_images
from tests.store.painters import Painters, kill, runs
from workstation.case.case import Case
from workstation.store.case_file import CaseFile
from workstation.structures.planar import area_mm2

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.skipif(os.name != "posix", reason="kills and limits as POSIX systems have them")


def run_and_kill(
    painters: Painters, path: Path, acknowledged: Path, seed: int, seconds: float
) -> list[tuple[int, float]]:
    """Let a painter work on a case, kill it with -9; what it had been told was safe: (line, radius) in order."""
    already = acknowledged.stat().st_size if acknowledged.exists() else 0
    painter = painters.start(path, acknowledged, seed)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and runs(painter):  # opening the case does not count
        if acknowledged.exists() and acknowledged.stat().st_size > already:
            break
        time.sleep(0.01)
    assert runs(painter), "the painter ended by itself"
    time.sleep(seconds)
    kill(painter)
    lines = acknowledged.read_text().splitlines()
    return [(int(number), float(radius)) for number, radius in (line.split() for line in lines)]


def assert_nothing_lost(path: Path, safe: list[tuple[int, float]]) -> Case:
    """Open what the kill left: every acknowledged line is there, and at most one more."""
    file, case = CaseFile.open(path, load_images)
    try:
        assert file.warnings == ()
        assert safe[-1][0] <= file.written_steps <= safe[-1][0] + 1
        if file.written_steps == safe[-1][0] and safe[-1][1] > 0:
            gtv = next(iter(case.structures))
            assert area_mm2(case.region_at(gtv, 0.0)) == pytest.approx(
                area_mm2(disc(safe[-1][1], points=400)), rel=1e-9
            )
        fresh = Case(case.contents, recompute=True)
        ctv = list(case.structures)[1]
        assert fresh.volume_cc(ctv) == case.volume_cc(ctv)
        case.undo()
        case.redo()
    finally:
        file.close(discard=True)
    return case


def kill_often(tmp_path: Path, times: int) -> int:
    """Kill a painter many times on the same case; lines of the journal at the end."""
    path, acknowledged = tmp_path / "a.rtcase", tmp_path / "acknowledged"
    chance = random.Random(5)
    safe: list[tuple[int, float]] = []
    with Painters() as painters:
        for seed in range(times):
            safe = run_and_kill(painters, path, acknowledged, seed, chance.uniform(0.0, 0.5))
            assert_nothing_lost(path, safe)
            # the test itself has written an undo and a redo
            with acknowledged.open("a") as file:
                file.write(f"{safe[-1][0]} -1\n")
    return safe[-1][0]


def test_five_kills_lose_no_acknowledged_step(tmp_path):
    assert kill_often(tmp_path, 5) > 10


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_many_kills_lose_no_acknowledged_step(tmp_path):
    assert kill_often(tmp_path, 25) > 120


FULL_DISK = textwrap.dedent("""
    import resource, sys
    from pathlib import Path
    from tests.case.bodies import case_with_gtv, disc
    from workstation.case.commands import EditContours
    from workstation.store.case_file import CaseFile
    from workstation.store.errors import StoreError
    from workstation.structures.structure import PlanarContours

    def edit(radius):
        case.do(EditContours(gtv, (PlanarContours(0.0, disc(radius, points=3000)),)))

    path, elsewhere = Path(sys.argv[1]), Path(sys.argv[2])
    case, gtv = case_with_gtv()
    file = CaseFile.create(path, case)
    sentences = []
    file.failed.connect(sentences.append)
    for step in range(5):
        edit(10 + step)
    file.flush()
    safe = file.written_steps
    largest = max(item.stat().st_size for item in path.parent.iterdir())
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest + 40_000, resource.RLIM_INFINITY))
    for step in range(20):
        edit(20 + step / 10)
    try:
        file.flush()
        raise SystemExit("the disk was not full")
    except StoreError as error:
        print(error)
    assert sentences and all(text == sentences[0] for text in sentences), sentences
    assert file.written_steps >= safe and not case.saved
    case.undo(); case.redo(); edit(23)  # the case stays usable
    try:
        file.close()
        raise SystemExit("closed although something was not written")
    except StoreError:
        pass
    if sys.argv[3] == "room":
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        edit(24)
        file.flush()
        assert case.saved
        file.close()
    elif sys.argv[3] == "elsewhere":
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        assert not file.everything_written
        file.save_as(elsewhere)
        assert file.everything_written and case.saved
        edit(24)
        file.close()
    else:
        import os
        os._exit(0)  # as if killed while the disk is full
""")


@pytest.mark.parametrize("after", ["room", "elsewhere", "crash"])
def test_a_full_disk_loses_nothing_and_says_so_in_one_sentence(tmp_path, after):
    (tmp_path / "full").mkdir()
    path, elsewhere = tmp_path / "full" / "a.rtcase", tmp_path / "b.rtcase"
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(path), str(elsewhere), after], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "a.rtcase can't be written" in done.stdout and "Nothing saved before is lost" in done.stdout
    assert done.stdout.count("\n") == 1
    file, case = CaseFile.open(elsewhere if after == "elsewhere" else path, load_images)
    radius = {"room": 24, "elsewhere": 24}.get(after)
    area = area_mm2(case.region_at(next(iter(case.structures)), 0.0))
    if radius:
        assert area == pytest.approx(area_mm2(disc(radius, points=3000)))
        gtv = next(iter(case.structures))
        for earlier in [23, *(20 + step / 10 for step in range(19, -1, -1)), 14, 13, 12, 11, 10]:
            case.undo()
            assert area_mm2(case.region_at(gtv, 0.0)) == pytest.approx(area_mm2(disc(earlier, points=3000)))
    else:
        assert area >= area_mm2(disc(14, points=3000))
    assert file.warnings == ()
    file.close()
