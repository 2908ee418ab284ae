"""What is written for people is true: examples in docstrings run, and what the README names exists."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
import re
import tomllib

import pytest

import workstation
from tests.conftest import ROOT
from workstation.cli.main import COMMANDS, build_parser

README = (ROOT / "README.md").read_text(encoding="utf-8")
QUIET_PACKAGES = ("geometry", "images", "structures", "targets", "fusion", "jobs", "case", "editing", "measurements")


def modules_with_examples() -> list[str]:
    found = pkgutil.walk_packages(workstation.__path__, "workstation.")
    return [m.name for m in found if m.name.split(".")[1] in QUIET_PACKAGES and not m.ispkg]


@pytest.mark.parametrize("name", ["workstation", *modules_with_examples()])
def test_examples_in_docstrings_run(name):
    result = doctest.testmod(importlib.import_module(name))
    assert result.failed == 0


@pytest.mark.parametrize("name", workstation.__all__)
def test_every_public_name_can_be_imported_and_explains_itself(name):
    value = getattr(workstation, name)
    assert name == "__version__" or (value.__doc__ or "").strip()


def test_the_version_is_the_same_everywhere():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert project["project"]["version"] == workstation.__version__
    assert f"## {workstation.__version__} " in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_pictures_and_files_that_the_readme_shows_are_there():
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert (ROOT / target).exists(), target
    for script in re.findall(r"python3? (packaging/\w+\.py)", README):
        assert (ROOT / script).exists(), script


def test_every_command_of_the_readme_is_one_and_every_command_is_in_the_readme():
    parser = build_parser()
    known = set(parser._subparsers._group_actions[0].choices)
    named = set(re.findall(r"`workstation ([a-z-]+)", README))
    assert named <= known
    assert known - named <= {"warm-up"}, "a command that the README does not mention"
    assert len(known) == len(COMMANDS)


def test_python_examples_of_the_readme_use_public_names():
    for block in re.findall(r"```python\n(.*?)```", README, re.DOTALL):
        for names in re.findall(r"from workstation import (.+)", block):
            for name in names.split(","):
                assert name.strip() in workstation.__all__
        compile(block, "README.md", "exec")
