"""The layers hold, and the contracts that say so notice when they do not."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = ROOT / "workstation"

# Where each library may be imported.
HOMES = {
    "PySide6": {"gui"},
    "shiboken6": {"gui"},
    "qtawesome": {"gui"},
    "vtk": {"view"},
    "vtkmodules": {"view"},
    "pydicom": {"dicom"},
    "SimpleITK": {"images", "fusion"},
}

# Names that say nothing about what is inside.
EMPTY_NAMES = {"utils", "util", "helpers", "helper", "common", "misc", "manager"}


@dataclass(frozen=True)
class Breach:
    """A line that must not be there, and the contract that has to notice it."""

    contract: str
    file: str
    line: str


BREACHES = [
    Breach("Imports point down only", "geometry/__init__.py", "import workstation.gui"),
    Breach("Imports point down only", "case/__init__.py", "from workstation import dicom"),
    Breach("Imports point down only", "dicom/__init__.py", "import workstation.store"),
    Breach("Imports point down only", "structures/__init__.py", "import workstation.targets"),
    Breach("Imports point down only", "fusion/__init__.py", "import workstation.structures"),
    Breach("Imports point down only", "view/__init__.py", "def later():\n    import workstation.gui"),
    Breach("Imports point down only", "forgotten_package/__init__.py", ""),
    Breach("Qt lives in gui only", "editing/__init__.py", "from PySide6.QtCore import Qt"),
    Breach("Qt lives in gui only", "cli/__init__.py", "import qtawesome"),
    Breach("VTK lives in view only", "gui/__init__.py", "from vtkmodules.vtkRenderingCore import vtkRenderer"),
    Breach("pydicom lives in dicom only", "store/__init__.py", "import pydicom"),
    Breach("SimpleITK lives in images and fusion only", "structures/__init__.py", "import SimpleITK as sitk"),
]


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    """Checks the contracts of the project against the package that lies in the folder."""
    # The folder comes first on the path, before the checkout that is installed in this environment.
    program = "import sys; sys.path.insert(0, '.'); from importlinter import cli; cli.lint_imports_command()"
    variables = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    variables["PYTHONUTF8"] = "1"
    return subprocess.run(
        [sys.executable, "-c", program, "--config", str(ROOT / "pyproject.toml"), "--no-cache"],
        cwd=folder, env=variables, capture_output=True, encoding="utf-8", check=False,
    )  # fmt: skip


def modules() -> list[Path]:
    """Every source file of the program."""
    return sorted(path for path in PROGRAM.rglob("*.py") if "__pycache__" not in path.parts)


def parsed() -> Iterator[tuple[Path, ast.Module]]:
    """Every source file of the program with its syntax tree."""
    for path in modules():
        yield path, ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def imported_roots(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """The top-level package of every absolute import, wherever it stands, with its line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name.partition(".")[0], node.lineno
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module.partition(".")[0], node.lineno


def contract_names() -> set[str]:
    """The contracts that pyproject.toml declares."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return {contract["name"] for contract in settings["tool"]["importlinter"]["contracts"]}


def test_imports_point_down_only() -> None:
    checked = lint_imports(ROOT)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_every_contract_is_seen_to_fail() -> None:
    assert {breach.contract for breach in BREACHES} == contract_names()


@pytest.fixture(scope="module")
def copied_program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the program that a test may break."""
    folder = tmp_path_factory.mktemp("broken")
    shutil.copytree(PROGRAM, folder / "workstation", ignore=shutil.ignore_patterns("__pycache__"))
    return folder


@pytest.mark.parametrize("breach", BREACHES, ids=lambda breach: f"{breach.contract}: {breach.file}")
def test_a_forbidden_import_is_noticed(breach: Breach, copied_program: Path) -> None:
    file = copied_program / "workstation" / breach.file
    before = file.read_text(encoding="utf-8") if file.exists() else None
    file.parent.mkdir(exist_ok=True)
    file.write_text(f"{before or ''}\n{breach.line}\n", encoding="utf-8")
    try:
        checked = lint_imports(copied_program)
    finally:
        if before is None:
            shutil.rmtree(file.parent)
        else:
            file.write_text(before, encoding="utf-8")
    assert checked.returncode == 1, checked.stdout + checked.stderr
    assert f"{breach.contract} BROKEN" in checked.stdout


def test_libraries_are_imported_only_in_their_homes() -> None:
    strays = [
        f"{path.relative_to(ROOT)}:{line} imports {root}"
        for path, tree in parsed()
        for root, line in imported_roots(tree)
        if root in HOMES and path.relative_to(PROGRAM).parts[0] not in HOMES[root]
    ]
    assert not strays


def test_no_exception_handler_catches_everything_unnamed() -> None:
    bare = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path, tree in parsed()
        for node in ast.walk(tree)
        if isinstance(node, ast.ExceptHandler) and node.type is None
    ]
    assert not bare


def test_nobody_keeps_the_window_alive_by_processing_events() -> None:
    calls = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path, tree in parsed()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr == "processEvents"
    ]
    assert not calls


def test_modules_are_named_after_things() -> None:
    assert not [path.relative_to(ROOT) for path in modules() if EMPTY_NAMES & {path.stem, path.parent.name}]


def test_every_package_says_what_it_is() -> None:
    silent = [path.relative_to(ROOT) for path, tree in parsed() if not ast.get_docstring(tree)]
    assert not silent
