"""`workstation warm-up`: compiles every numerical kernel once, so that nobody waits with the brush in hand.

Compiling takes more than a minute on one core: it is done in several processes, which all fill the same cache on disk.
"""

from __future__ import annotations

import argparse
import importlib
import multiprocessing
import os
import pkgutil
import time
from typing import Any

from workstation.cli.output import print_json

MOST_PROCESSES = 4


def add_to(subparsers: Any) -> None:
    """Declare the command's arguments."""
    parser = subparsers.add_parser("warm-up", help="compile the numerical kernels ahead of time (set-up does it)")
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    parser.set_defaults(run=run)


def kernel_modules() -> list[str]:
    """Names of all modules that hold compiled kernels: they end in `_kernels`."""
    import workstation

    found = pkgutil.walk_packages(workstation.__path__, "workstation.")
    return [m.name for m in found if m.name.endswith("_kernels")]


def compile_kernels(name: str) -> None:
    """Fill numba's cache with the kernels of a module."""
    importlib.import_module(name).warm_up()


def run(options: argparse.Namespace) -> int:
    """Call each module's `warm_up`, which fills numba's cache on disk."""
    start = time.perf_counter()
    names = kernel_modules()
    # Fresh processes: a copy of this one would share its threads' locks.
    with multiprocessing.get_context("spawn").Pool(min(MOST_PROCESSES, os.cpu_count() or 1)) as pool:
        pool.map(compile_kernels, names, chunksize=1)
    result = {"modules": names, "seconds": round(time.perf_counter() - start, 2)}
    if options.json:
        print_json(result)
    else:
        print(f"{len(names)} kernel modules ready in {result['seconds']} s")
    return 0
