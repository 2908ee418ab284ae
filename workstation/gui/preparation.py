"""Loads what is heavy behind the start page: the numerical libraries, then the compiled kernels.

The window needs Qt alone. Everything else is imported by a thread that often lets the window's thread run.
"""

from __future__ import annotations

import ctypes
import gc
import importlib
import importlib.util
import logging
import os
import pkgutil
import sys
import threading
import time
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from workstation.jobs.progress import Cancelled, Progress

log = logging.getLogger(__name__)

SWITCH_INTERVAL_S = 0.001
"""How long a thread may keep Python to itself; the default of 5 ms makes the window stutter beside long work."""

MODULES = (
    "numpy",
    "psygnal",
    "numba",
    "shapely",
    "workstation.case.case",
    "workstation.editing.desk",
    "pydicom",
    "workstation.dicom.index",
    "workstation.dicom.load",
    "vtkmodules.vtkRenderingOpenGL2",
    "SimpleITK",
    "workstation.gui.viewport.view_grid",
    "workstation.gui.workspace",
    "workstation.gui.opening",
    "workstation.gui.preview",
    "workstation.gui.loading",
    "workstation.view.volume_scene",
    "workstation.view.volume_renderer",
    "workstation.gui.viewport.volume_proposal",
    "workstation.gui.viewport.volume_surfaces",
    "workstation.gui.viewport.volume_context",
    "workstation.view.structure_sources",
    "workstation.store.recovery",
    "workstation.store.recent",
)
"""In this order. Everything that a first case needs."""


LIBRARIES = (
    ("llvmlite", "binding/libllvmlite.*"),
    ("vtkmodules", "vtkRenderingCore.*"),
    ("vtkmodules", "vtkRenderingOpenGL2.*"),
    ("SimpleITK", "_SimpleITK.*"),
)
"""Package and file of the large libraries: the system's loader takes 50 to 200 ms for each."""


class Preparation(QObject):
    """Imports in the background. ready: a case can be opened. finished: kernels are compiled too."""

    ready = Signal()
    finished = Signal()
    failed = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.imported = threading.Event()
        self.warm = threading.Event()
        self.error: Exception | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name="preparation", daemon=True)

    def start(self) -> None:
        """Begin."""
        sys.setswitchinterval(SWITCH_INTERVAL_S)
        self._thread.start()

    def stop(self, wait_s: float = 30.0) -> None:
        """End after the module or kernel in work, because the window closes."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(wait_s)

    def wait_warm(self, progress: Progress) -> None:
        """Block a job (never the window) until kernels are compiled, so that nobody draws against a compiler."""
        began = time.monotonic()
        while not self.warm.wait(0.05):
            if self.error is not None or self._stop.is_set():
                raise Cancelled
            progress(
                0.0, "Preparing the numerical kernels" + (" (first start only)" if time.monotonic() - began > 2 else "")
            )

    def _work(self) -> None:
        try:
            load_libraries()
            for name in MODULES:
                if self._stop.is_set():
                    return
                importlib.import_module(name)
            # Half a million objects of libraries that stay: walking them all again held the window up for 100 ms.
            gc.freeze()
            self.imported.set()
            self._tell(self.ready)
            for name in kernel_modules():
                if self._stop.is_set():
                    return
                importlib.import_module(name).warm_up()
            gc.freeze()
            self.warm.set()
            self._tell(self.finished)
        except Exception as error:
            log.exception("the program could not be prepared")
            self.error = error
            self._tell(self.failed, error)

    def _tell(self, signal: object, *values: object) -> None:
        try:
            signal.emit(*values)  # type: ignore[attr-defined]
        except RuntimeError:
            log.debug("the window closed while it was prepared")


def load_libraries() -> None:
    """Have the large libraries loaded while the window goes on.

    `import` keeps Python to itself while the system loads a library; a foreign call does not. The later import then
    finds it loaded. Only an advantage: what can't be loaded here is left to the import, which says why.
    """
    if os.name != "posix":
        return
    load = ctypes.CDLL(None).dlopen
    load.restype, load.argtypes = ctypes.c_void_p, [ctypes.c_char_p, ctypes.c_int]
    for package, pattern in LIBRARIES:
        spec = importlib.util.find_spec(package)
        for folder in (spec.submodule_search_locations or []) if spec else []:
            for path in sorted(Path(folder).glob(pattern)):
                load(os.fsencode(path), os.RTLD_NOW)


def kernel_modules() -> list[str]:
    """Names of the modules that hold compiled kernels for an open case: they end in `_kernels`.

    Those of `teaching` are left out: the job that makes an example compiles them itself.
    """
    import workstation

    skipped = ("workstation.cli", "workstation.gui", "workstation.teaching")
    found = pkgutil.walk_packages(workstation.__path__, "workstation.")
    return [m.name for m in found if m.name.endswith("_kernels") and not m.name.startswith(skipped)]
