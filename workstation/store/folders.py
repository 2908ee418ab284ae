"""Where the program keeps what belongs to this person and this computer: recovery files and the recent cases."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

from workstation.store.errors import StoreError

ENVIRONMENT_VARIABLE = "RT_WORKSTATION_DATA"
"""Names another folder, for tests and for computers where the usual one can't be written."""


def data_folder() -> Path:
    """The folder, made if it isn't there and closed to other people; raises StoreError when that can't be done."""
    chosen = os.environ.get(ENVIRONMENT_VARIABLE)
    folder = Path(chosen) if chosen else Path(platformdirs.user_data_dir("rt-workstation", appauthor=False))
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(
            f"The folder {folder} can't be made ({error.strerror}): set {ENVIRONMENT_VARIABLE} to one that can"
        ) from error
    return folder
