"""What the actions of separation do."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

from PySide6.QtWidgets import QFileDialog

from workstation.gui.case_commands import CaseCommands

if TYPE_CHECKING:
    from workstation.gui.panels.separation import SeparationPanel

PANEL = "separation"
"""Name of the panel around the views."""


class SeparationCommands(CaseCommands):
    """The handlers, bound to one window."""

    def _panel(self) -> SeparationPanel:
        assert self._window.workspace is not None
        return cast("SeparationPanel", self._window.workspace.show_dock(PANEL))

    def separate_now(self) -> None:
        """Separate what was clicked; where nothing was, the tool is taken in hand for it."""
        self._panel()
        separating = self._session.desk.separating
        if separating.examination and separating.seed_mm is None:
            assert self._window.workspace is not None
            self._window.workspace.take_tool("separate")
        self._session.separation.separate()

    def align_phases(self) -> None:
        """Lay the phases onto the reference phase."""
        self._panel()
        self._session.separation.align()

    def play_phases(self) -> None:
        """One phase after the other, or no more."""
        self._session.cine.toggle()

    def hide_map(self) -> None:
        """The images alone again."""
        self._session.viewing.map_shown = None

    def accept_candidate(self) -> None:
        """As the panel's button."""
        panel = self._panel()
        self._session.separation.accept_gtv(panel.gtv_name.text(), panel.person.text())

    def export_maps(self) -> None:
        """Ask where, and write every map."""
        found = self._session.desk.separating.found
        if found is None:
            self._session.refused.emit("There are no maps yet: separate tumour from vein first")
            return
        chosen = QFileDialog.getExistingDirectory(
            self._window, "Choose an empty folder for the maps", self._window.files.last_folder()
        )
        if not chosen:
            return
        if any(Path(chosen).iterdir()):
            self._session.refused.emit("That folder is not empty: choose another one, so that nothing is mixed up")
            return
        from workstation.dicom.write_maps import write_maps

        said = f"The maps are in {chosen}."
        self._window.runner.start(
            "Writing the maps", write_maps, Path(chosen), found.subtraction,
            then=lambda _n: self._window.messages.say(said, "good", key="exported"),
        )  # fmt: skip
