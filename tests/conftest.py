"""What every test may ask for: real patient data, Debian's DICOM tools, the independent reader's Python."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from workstation.teaching.glomus import GlomusCase

# Windows are drawn into memory: no test needs a screen. Set before anything imports Qt.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

ROOT = Path(__file__).resolve().parent.parent
BENCHMARKS = ROOT / "tests" / "benchmarks"

# The same examples on every run, so that a red test means that the code has changed.
# HYPOTHESIS_PROFILE=thorough looks for new ones.
settings.register_profile(
    "workstation",
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=50,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("thorough", deadline=None, max_examples=2000, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "workstation"))


def real_data_folder() -> Path | None:
    """Where the real data lie: $WORKSTATION_DATA, else ../shared/data beside the checkout."""
    named = os.environ.get("WORKSTATION_DATA")
    folder = Path(named).expanduser() if named else ROOT.parent / "shared" / "data"
    return folder.resolve() if folder.is_dir() else None


NO_REAL_DATA = "real data are absent: neither $WORKSTATION_DATA nor ../shared/data beside the checkout is a folder"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Measurements run only when somebody asks for them."""
    parser.addoption("--benchmarks", action="store_true", help="run what lies in tests/benchmarks, too")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Marks tests by what they use, leaves benchmarks out, and skips real-data tests where there are no data."""
    deselected: list[pytest.Item] = []
    for item in items:
        if BENCHMARKS in item.path.parents:
            item.add_marker("benchmark")
        if "data_dir" in getattr(item, "fixturenames", ()):
            item.add_marker("realdata")
        if item.get_closest_marker("realdata") and real_data_folder() is None:
            item.add_marker(pytest.mark.skip(reason=NO_REAL_DATA))
        if item.get_closest_marker("benchmark") and not config.getoption("--benchmarks"):
            deselected.append(item)
    if deselected:
        config.hook.pytest_deselected(items=deselected)
        items[:] = [item for item in items if item not in set(deselected)]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Repeats which of the checks that packaging/test.py ran before pytest have failed."""
    failed = os.environ.get("WORKSTATION_FAILED_CHECKS")
    if failed:
        terminalreporter.section("checks that failed before the tests", red=True)
        terminalreporter.write_line(f"{failed} (see their output above)")


@pytest.fixture(scope="session", autouse=True)
def own_settings_folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keeps settings, recent files and recovery data of the person who runs the tests out of the tests' reach."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"):
            patch.setenv(name, str(tmp_path_factory.mktemp(name.lower())))
        yield


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder with real patient data; a test that uses it is skipped where there is none."""
    folder = real_data_folder()
    if folder is None:
        pytest.skip(NO_REAL_DATA)
    return folder


@pytest.fixture(scope="session")
def debian_tool() -> Callable[..., str]:
    """Finds a command of a Debian package, or skips: `dciodvfy = debian_tool("dciodvfy", package="dicom3tools")`."""

    def find(command: str, *, package: str) -> str:
        path = shutil.which(command)
        if path is None:
            pytest.skip(f"{command} is absent (Debian: apt-get install {package})")
        return path

    return find


@pytest.fixture(scope="session")
def rt_utils_python() -> Path:
    """The Python of an environment that holds rt-utils, an independent reader and writer of RTSTRUCT."""
    folder = ROOT / ".venv-rtutils"
    python = folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    # The stamp is written last: a folder without it was never finished.
    if not (folder / "set-up.json").exists() or not python.exists():
        pytest.skip("the environment of rt-utils is absent (python3 packaging/test.py makes it; needs the network)")
    return python


@pytest.fixture(scope="session")
def coarse_case() -> GlomusCase:
    """The built-in case of seed 0 on large voxels, made once for all tests: nobody changes it."""
    from workstation.teaching.glomus import glomus_case

    return glomus_case(0, resolution="coarse")
