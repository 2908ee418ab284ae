"""Loads the set-up scripts, which are no package: they have to run before anything is installed."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

SCRIPTS = Path(__file__).resolve().parents[2] / "packaging"


@pytest.fixture(scope="module")
def script() -> Iterator[Callable[[str], ModuleType]]:
    """Imports a module of packaging/ by its name: `run = script("run")`."""

    def load(name: str) -> ModuleType:
        if name in sys.modules and Path(str(sys.modules[name].__file__)).parent == SCRIPTS:
            return sys.modules[name]
        specification = importlib.util.spec_from_file_location(name, SCRIPTS / f"{name}.py")
        assert specification is not None
        assert specification.loader is not None
        module = importlib.util.module_from_spec(specification)
        sys.modules[name] = module
        specification.loader.exec_module(module)
        return module

    with pytest.MonkeyPatch.context() as patch:
        # They import each other by their bare names, as scripts of one folder do.
        patch.syspath_prepend(str(SCRIPTS))
        yield load
