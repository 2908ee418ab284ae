"""The command line. Exit codes: 0 done, 1 the program itself failed, 2 bad input with one line that says what.

Commands import what they need when they run, so that `workstation --help` answers at once.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from workstation import __version__
from workstation.cli.commands import (
    apply,
    compare,
    demo,
    expand,
    header,
    inspect,
    mask,
    measure,
    open_window,
    phantom,
    phases,
    picture,
    register,
    subtract,
    test_registration,
    volumes,
    warm_up,
)
from workstation.cli.output import UsageError, prepare_streams

COMMANDS = (
    open_window,
    inspect,
    header,
    compare,
    volumes,
    measure,
    expand,
    mask,
    picture,
    register,
    test_registration,
    apply,
    phases,
    subtract,
    phantom,
    demo,
    warm_up,
)

DESCRIPTION = (
    "Contouring and image fusion for radiotherapy. Without a command it opens the window. "
    "Research and teaching software: not a medical device."
)


class _Parser(argparse.ArgumentParser):
    """Argument errors are bad input like any other: one line, exit code 2."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message} (see '{self.prog} --help')")


def build_parser() -> argparse.ArgumentParser:
    """The parser with every command."""
    parser = _Parser(prog="workstation", description=DESCRIPTION)
    parser.add_argument("--version", action="version", version=f"workstation {__version__}")
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=_Parser)
    for command in COMMANDS:
        command.add_to(subparsers)
    return parser


def bad_input_errors() -> tuple[type[Exception], ...]:
    """The exception families whose message is a sentence for people."""
    from workstation.case.errors import CaseError
    from workstation.dicom.errors import DicomError
    from workstation.enhancement.errors import EnhancementError
    from workstation.fusion.registration import RegistrationError
    from workstation.geometry.errors import GeometryError
    from workstation.images.errors import ImageError
    from workstation.store.errors import StoreError
    from workstation.structures.errors import StructureError
    from workstation.targets.errors import TargetError
    from workstation.view.errors import ViewError

    families = (CaseError, DicomError, EnhancementError, GeometryError, ImageError, RegistrationError, StoreError)
    return (*families, StructureError, TargetError, UsageError, ViewError, OSError)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    prepare_streams()
    try:
        _refuse_double_dashes(sys.argv[1:] if arguments is None else arguments)
        options = build_parser().parse_args(arguments)
        if options.command is None:
            return open_window.run(argparse.Namespace(paths=[], theme=None))
        code: int = options.run(options)
    except UsageError as error:
        return _refuse(str(error))
    except KeyboardInterrupt:
        print("workstation: stopped", file=sys.stderr)
        return 130
    except MemoryError:
        return _refuse("this needs more memory than the computer has left")
    except BrokenPipeError:
        # whoever read our output has gone (such as `| head`); Python must not complain at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        # a sentence for bad input; anything else is our own fault and keeps its traceback
        if isinstance(error, bad_input_errors()):
            return _refuse(_sentence(error))
        raise
    return code


def _refuse_double_dashes(arguments: Sequence[str]) -> None:
    """argparse takes `--name=--` for no value at all and hands on an empty list."""
    for argument in arguments:
        if argument.startswith("--") and argument.endswith("=--"):
            raise UsageError(f"{argument}: '--' can't be a value")


def _sentence(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}: {error.filename}" if error.filename else error.strerror
    return str(error)


def _refuse(sentence: str) -> int:
    print("workstation: " + " ".join(sentence.split()), file=sys.stderr)
    return 2
