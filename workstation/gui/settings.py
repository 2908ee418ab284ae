"""What the window remembers between runs: theme, panels, last folder, and where its log lies. No patient's data."""

from __future__ import annotations

import os
from pathlib import Path

from PySide6.QtCore import QByteArray, QSettings
from PySide6.QtGui import QGuiApplication, Qt

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

    def _bytes(self, key: str) -> QByteArray | None:
        found = self._values.value(key)
        return found if isinstance(found, QByteArray) and not found.isEmpty() else None


def _configuration_folder() -> Path:
    chosen = os.environ.get("RT_WORKSTATION_DATA", "")
    if chosen:
        return Path(chosen)
    from platformdirs import user_config_path

    return user_config_path(NAME, appauthor=False)
