"""The stamp that makes a second set-up quick, and the signs by which an unfinished one is known."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).resolve().parents[2] / "packaging"


@pytest.fixture
def recipe(script, tmp_path):
    (tmp_path / "pyproject.toml").write_text("[project]\n", encoding="utf-8")
    lock = tmp_path / "requirements.lock"
    lock.write_text("numpy==2.0\n", encoding="utf-8")
    return script("environment").Recipe("runtime", lock, program=tmp_path)


@pytest.fixture
def environment(script, tmp_path):
    """A folder that looks like an environment."""
    made = script("environment").Environment(tmp_path / ".venv")
    made.python.parent.mkdir(parents=True)
    made.python.touch()
    (made.folder / "pyvenv.cfg").write_text("home = /usr/bin\nversion = 3.11.7\n", encoding="utf-8")
    return made


@pytest.fixture
def finished(environment, recipe):
    """An environment whose set-up has come to its end."""
    environment.note(recipes={recipe.name: recipe.fingerprint("3.11.7")})
    return environment


def test_a_finished_environment_is_recognised(finished, recipe):
    assert finished.holds(recipe)


def test_an_environment_without_a_stamp_is_not_trusted(environment, recipe):
    assert not environment.holds(recipe)


@pytest.mark.parametrize("file", ["requirements.lock", "pyproject.toml"])
def test_a_change_of_what_goes_in_is_noticed(finished, recipe, tmp_path, file):
    with (tmp_path / file).open("a", encoding="utf-8") as changed:
        changed.write("# changed\n")
    assert not finished.holds(recipe)


def test_another_python_is_noticed(finished, recipe):
    (finished.folder / "pyvenv.cfg").write_text("version = 3.12.1\n", encoding="utf-8")
    assert not finished.holds(recipe)


def test_a_python_that_went_away_is_noticed(finished, recipe):
    finished.python.unlink()
    assert not finished.holds(recipe)


def test_a_set_up_that_was_killed_is_noticed_and_begun_again(finished, recipe, capsys):
    finished.unfinished_mark.touch()
    assert not finished.holds(recipe)
    finished._clear_what_cannot_be_used()
    assert not finished.folder.exists()
    assert "interrupted" in capsys.readouterr().err


def test_a_halved_stamp_counts_as_none(finished, recipe):
    finished.stamp_file.write_text('{"recipes": {"runt', encoding="utf-8")
    assert not finished.holds(recipe)


def test_notes_are_added_to_earlier_ones(finished, recipe):
    finished.note(warm_up="abc")
    assert finished.holds(recipe)
    assert finished.stamp()["warm_up"] == "abc"
    assert not list(finished.folder.glob("*.partial"))


def test_tests_bring_what_the_program_needs(environment, script, recipe, monkeypatch):
    tests = script("environment").Recipe("tests", recipe.lock_file, recipe.program, includes=(recipe,))
    monkeypatch.setattr(environment, "_install", lambda recipe: None)
    environment.make(tests)
    assert environment.holds(tests)
    assert environment.holds(recipe)


def test_somebody_elses_folder_is_not_removed(script, tmp_path, recipe):
    folder = tmp_path / ".venv"
    folder.mkdir()
    (folder / "thesis.tex").touch()
    with pytest.raises(script("console").SetUpError, match="please remove it"):
        script("environment").Environment(folder).make(recipe)
    assert (folder / "thesis.tex").exists()


@pytest.mark.parametrize(
    ("output", "sentence"),
    [
        ("WARNING: Retrying ... NewConnectionError\nERROR: No matching distribution found for vtk==9.7.2", "network"),
        ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device", "disk is full"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.", "another package"),
        ("ERROR: No matching distribution found for vtk==9.7.2", "no ready-made package .* (vtk==9.7.2)"),
        ("ERROR: something new", "something new"),
        ("", "no reason given"),
    ],
)
def test_what_pip_says_is_put_into_words(script, output, sentence):
    explained = script("environment").explain(output)
    assert sentence in explained or all(part in explained for part in sentence.split(" .* "))
    assert "\n" not in explained


def test_packages_are_pinned_with_hashes_and_come_from_no_private_address():
    for name in ("requirements.lock", "requirements-test.lock", "requirements-rt-utils.lock"):
        text = (SCRIPTS / name).read_text(encoding="utf-8")
        requirements = [line for line in text.splitlines() if line and not line.startswith((" ", "#"))]
        assert requirements
        assert all("==" in line and line.endswith("\\") for line in requirements), name
        assert "://" not in text.replace("https://pypi.org/simple", "")


def test_the_lock_files_are_as_new_as_the_project(script):
    locked = (SCRIPTS / "requirements.lock").read_text(encoding="utf-8").lower()
    project = script("refresh_lock").ROOT / "pyproject.toml"
    import tomllib

    declared = tomllib.loads(project.read_text(encoding="utf-8"))["project"]["dependencies"]
    for requirement in declared:
        name = requirement.split(">=")[0].split("[")[0].strip().lower()
        assert f"\n{name}==" in locked, f"{name} is not locked: run packaging/refresh_lock.py"


def test_two_set_ups_at_once_take_turns(tmp_path):
    program = (
        "import sys, time; from pathlib import Path; from exclusive import exclusive\n"
        "with exclusive(Path(sys.argv[1])):\n"
        "    print('in', time.monotonic()); time.sleep(0.3); print('out', time.monotonic())\n"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "lock")]
    both = [subprocess.Popen(command, cwd=SCRIPTS, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    times = sorted(
        tuple(float(line.split()[1]) for line in process.communicate()[0].splitlines()) for process in both
    )
    assert times[0][1] <= times[1][0]
