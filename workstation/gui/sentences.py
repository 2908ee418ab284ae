"""What a person is told when something went wrong: one sentence, never a traceback, never a patient's name."""

from __future__ import annotations

import zipfile


def sentence_of(error: BaseException, doing: str = "") -> str:
    """The message of the project's own errors as it is; for others what was being done, and where to look."""
    before = f"{doing}: " if doing else ""
    if is_expected(error):
        return before + " ".join(str(error).split())
    if isinstance(error, MemoryError):
        return before + "there is not enough memory for this; close other programs or open fewer images"
    if isinstance(error, OSError) and error.strerror:
        place = f" ({error.filename})" if error.filename else ""
        return f"{before}{error.strerror}{place}"
    if isinstance(error, zipfile.BadZipFile):
        return before + "the archive is damaged"
    return f"{before}the program met something it did not expect ({type(error).__name__}); Help ▸ Show the log has more"


def is_expected(error: BaseException) -> bool:
    """Whether the error is one of the project's own families, whose messages are written for people."""
    return any(kind.__module__.startswith("workstation.") for kind in type(error).__mro__)
