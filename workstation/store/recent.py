"""The list of recent cases on the start page: paths, times, and the names that the person gave; no patient's data."""

from __future__ import annotations

import json
import logging
import os
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from workstation.store.errors import StoreError
from workstation.store.folders import data_folder

log = logging.getLogger(__name__)

MOST = 20


@dataclass(frozen=True)
class RecentCase:
    """One entry. opened_at: ISO 8601 in UTC."""

    path: str
    label: str
    opened_at: str

    @property
    def exists(self) -> bool:
        """Whether the file is still there."""
        return Path(self.path).is_file()


def recent_cases() -> list[RecentCase]:
    """The list, the newest first. A list that can't be read counts as empty: nothing but convenience is lost."""
    try:
        text = _file().read_text(encoding="utf-8")
        return [
            RecentCase(str(item["path"]), str(item["label"]), str(item["opened_at"])) for item in json.loads(text)
        ][:MOST]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, KeyError, TypeError) as error:
        log.warning("The list of recent cases can't be read: %s", type(error).__name__)
        return []


def remember(path: str | Path, label: str = "") -> None:
    """Put a case at the top of the list; raises StoreError when the list can't be written."""
    absolute = str(Path(path).absolute())
    now = datetime.now(UTC).isoformat(timespec="seconds")
    entry = RecentCase(absolute, label or Path(path).stem, now)
    _write([entry, *(item for item in recent_cases() if item.path != absolute)])


def forget(path: str | Path) -> None:
    """Take a case off the list; its file stays."""
    absolute = str(Path(path).absolute())
    _write([item for item in recent_cases() if item.path != absolute])


def _write(items: list[RecentCase]) -> None:
    file = _file()
    fresh = file.with_name(f"{file.name}.{os.getpid()}.new")
    try:
        fresh.write_text(json.dumps([asdict(item) for item in items[:MOST]], indent=1), encoding="utf-8")
        os.replace(fresh, file)
    except OSError as error:
        fresh.unlink(missing_ok=True)
        raise StoreError(f"The list of recent cases can't be written: {error.strerror}") from error


def _file() -> Path:
    return data_folder() / "recent.json"
