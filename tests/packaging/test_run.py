"""What run.py hands to the program, and how failures of set-up look."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def test_arguments_go_to_the_program_as_they_are(script, tmp_path):
    given = ["expand", "--margin", "R=7,L=5", "--out", "a b.dcm"]
    assert script("run").program_arguments(given, False, tmp_path) == (given, None)


def test_without_arguments_the_window_opens_on_the_glomus_case(script, tmp_path):
    assert script("run").program_arguments([], True, tmp_path) == (["demo", "glomus"], None)


def test_without_a_display_the_glomus_case_runs_headless_into_an_absolute_folder(script, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    arguments, results = script("run").program_arguments([], False, ".")
    assert results == tmp_path.resolve() / "out"
    assert arguments == ["demo", "glomus", "--headless", str(results)]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux runs without a display server")
def test_a_display_is_an_x_server_or_a_wayland_compositor(script, monkeypatch):
    set_up = script("set_up")
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    assert not set_up.has_display()
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    assert set_up.has_display()


@pytest.mark.skipif(sys.platform == "win32", reason="the program takes the process over on POSIX systems only")
def test_the_programs_exit_code_is_the_exit_code_of_run(tmp_path):
    program = tmp_path / "python"
    program.write_text("#!/bin/sh\nprintf '%s|' \"$@\"\nexit 7\n", encoding="utf-8")
    program.chmod(0o755)
    code = f"import run; run.start({str(program)!r}, ['open', 'a folder'])"
    finished = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT / "packaging", capture_output=True, text=True, check=False
    )
    assert finished.returncode == 7
    assert finished.stdout == "-P|-m|workstation|open|a folder|"


@pytest.mark.parametrize(
    ("failure", "sentence"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "the disk is full"),
        (PermissionError(errno.EACCES, "Permission denied", "/somewhere/.venv.lock"), "/somewhere/.venv.lock"),
    ],
)
def test_a_failure_of_set_up_is_one_sentence(script, capsys, failure, sentence):
    def main():
        raise failure

    assert script("set_up").in_one_sentence(main) == 1
    said = capsys.readouterr().err
    assert said.startswith("set-up: ")
    assert sentence in said
    assert said.count("\n") == 1


def test_interrupting_ends_without_a_traceback(script, capsys):
    def main():
        raise KeyboardInterrupt

    assert script("set_up").in_one_sentence(main) == 130
    assert capsys.readouterr().err.count("\n") == 1


def test_an_old_python_is_told_which_one_is_needed():
    # Only what stands above the version check may run on an old Python; compile it for one, run it as one.
    source = (ROOT / "packaging" / "run.py").read_text(encoding="utf-8")
    code = f"import sys; sys.version_info = (3, 8, 10); exec(compile({source!r}, 'run.py', 'exec'))"
    finished = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert finished.returncode == 1
    assert "Python 3.11 or newer is needed, this is 3.8" in finished.stderr
    assert "Traceback" not in finished.stderr


def test_a_second_run_with_nothing_to_do_takes_no_lock_and_installs_nothing(script, monkeypatch):
    set_up = script("set_up")
    monkeypatch.setattr(set_up, "is_complete", lambda recipe: True)
    monkeypatch.setattr(set_up, "exclusive", lambda path: pytest.fail("took the lock"))
    set_up.set_up(set_up.RUNTIME, window_wanted=False)


def test_a_failing_warm_up_does_not_fail_the_set_up(script, monkeypatch, tmp_path, capsys):
    set_up = script("set_up")
    environment = script("environment").Environment(tmp_path)
    python = environment.python
    python.parent.mkdir(parents=True)
    monkeypatch.setattr(set_up, "ENVIRONMENT", environment)
    monkeypatch.setattr(type(environment), "python", property(lambda self: Path(sys.executable)))
    monkeypatch.setattr(
        set_up.subprocess, "run",
        lambda *_, **__: subprocess.CompletedProcess([], 2, stdout="workstation: no such command\n"),
    )  # fmt: skip
    set_up.warm_up()
    assert "no such command" in capsys.readouterr().err
    monkeypatch.setattr(set_up.subprocess, "run", lambda *_, **__: pytest.fail("warmed up again"))
    set_up.warm_up()


def test_the_warm_up_is_done_again_when_a_kernel_changes(script, tmp_path):
    fingerprint = script("set_up").kernel_fingerprint
    kernel = tmp_path / "kernel.py"
    kernel.write_text("from numba import njit\n", encoding="utf-8")
    (tmp_path / "other.py").write_text("x = 1\n", encoding="utf-8")
    before = fingerprint(tmp_path)
    (tmp_path / "other.py").write_text("x = 2\n", encoding="utf-8")
    assert fingerprint(tmp_path) == before
    kernel.write_text("from numba import njit, prange\n", encoding="utf-8")
    changed = fingerprint(tmp_path)
    assert changed != before
    os.utime(kernel, (1, 1))
    assert fingerprint(tmp_path) != changed
