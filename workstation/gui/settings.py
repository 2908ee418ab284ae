"""What the window remembers between runs: theme, panels, keys, its place, what was open. No patient's data."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from PySide6.QtCore import QByteArray, QSettings
from PySide6.QtGui import QGuiApplication, Qt

log = logging.getLogger(__name__)

NAME = "rt-workstation"


class Settings:
    """Reads and writes one small INI file below the person's configuration folder."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or _configuration_folder()
        self._values = QSettings(str(self.folder / "window.ini"), QSettings.Format.IniFormat)

    @property
    def log_path(self) -> Path:
        """The log file."""
        return self.folder / "log.txt"

    def theme(self) -> str:
        """The theme chosen last; dark, or what the system asks for, before anybody chose."""
        chosen = str(self._values.value("theme", ""))
        if chosen in ("dark", "light"):
            return chosen
        hints = QGuiApplication.styleHints()
        light = hasattr(hints, "colorScheme") and hints.colorScheme() == Qt.ColorScheme.Light
        return "light" if light else "dark"

    def set_theme(self, name: str) -> None:
        """Remember a theme."""
        self._values.setValue("theme", name)

    def last_folder(self) -> str:
        """Where something was opened last."""
        return str(self._values.value("last_folder", ""))

    def set_last_folder(self, folder: str) -> None:
        """Remember where something was opened."""
        self._values.setValue("last_folder", folder)

    def docks(self) -> QByteArray | None:
        """Where the panels lay, None before anybody moved one."""
        return self._bytes("docks")

    def set_docks(self, state: QByteArray) -> None:
        """Remember where the panels lie."""
        self._values.setValue("docks", state)

    def shortcuts(self) -> tuple[str, dict[str, list[str]]]:
        """The preset of keys, and the keys that a person chose, by action."""
        text = str(self._values.value("shortcuts/changed", "{}"))
        try:
            found = json.loads(text)
        except json.JSONDecodeError:
            log.warning("the kept shortcuts can't be read: those of the preset are used")
            found = {}
        found = found if isinstance(found, dict) else {}
        own = {str(name): [str(key) for key in keys] for name, keys in found.items() if isinstance(keys, list)}
        return str(self._values.value("shortcuts/preset", "")), own

    def set_shortcuts(self, preset: str, changed: Mapping[str, Sequence[str]]) -> None:
        """Remember the keys."""
        self._values.setValue("shortcuts/preset", preset)
        self._values.setValue("shortcuts/changed", json.dumps({name: list(keys) for name, keys in changed.items()}))

    def used_actions(self) -> list[str]:
        """Names of the actions that were found by name last, newest first."""
        return [name for name in str(self._values.value("used_actions", "")).split(" ") if name]

    def set_used_actions(self, names: Sequence[str]) -> None:
        """Remember which actions were found by name."""
        self._values.setValue("used_actions", " ".join(names))

    def open_last(self) -> bool:
        """Whether the case that was open at the last end is opened again at the start."""
        return str(self._values.value("open_last", "true")).lower() == "true"

    def set_open_last(self, wanted: bool) -> None:
        """Remember whether to open the last case."""
        self._values.setValue("open_last", "true" if wanted else "false")

    def last_case(self) -> str:
        """The case file that was open when the program ended, "" for none."""
        return str(self._values.value("last_case", ""))

    def set_last_case(self, path: str) -> None:
        """Remember the case that is open at the end."""
        self._values.setValue("last_case", path)

    def geometry(self) -> QByteArray | None:
        """Size and place of the window, and whether it filled the screen."""
        return self._bytes("geometry")

    def set_geometry(self, geometry: QByteArray) -> None:
        """Remember size and place of the window."""
        self._values.setValue("geometry", geometry)

    def sync(self) -> None:
        """Write what is remembered to disk now."""
        self._values.sync()

    def _bytes(self, key: str) -> QByteArray | None:
        found = self._values.value(key)
        return found if isinstance(found, QByteArray) and not found.isEmpty() else None


def _configuration_folder() -> Path:
    chosen = os.environ.get("RT_WORKSTATION_DATA", "")
    if chosen:
        return Path(chosen)
    from platformdirs import user_config_path

    return user_config_path(NAME, appauthor=False)
