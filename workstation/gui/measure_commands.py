"""What the actions of the menu Measure do, beside taking a tool in hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from PySide6.QtWidgets import QApplication, QFileDialog

from workstation.gui.case_commands import CaseCommands

if TYPE_CHECKING:
    from workstation.gui.panels.measurements import MeasurementsPanel

PANEL = "measurements"
"""Name of the panel around the views."""


class MeasureCommands(CaseCommands):
    """The handlers, bound to one window."""

    def show_structure_figures(self) -> None:
        """The panel, with what every shown image holds in the active structure."""
        assert self._window.workspace is not None
        cast("MeasurementsPanel", self._window.workspace.show_dock(PANEL)).show_structure()

    def delete_measurement(self) -> None:
        """Take away the measurement that was chosen last."""
        from workstation.case.measurement_commands import RemoveMeasurement

        chosen = self._session.desk.measuring.selected
        if chosen:
            self._session.do(RemoveMeasurement(chosen))
        else:
            self._session.refused.emit("No measurement is chosen: click one with a measuring tool, or in the list")

    def copy_measurements(self) -> None:
        """All measurements as a table with tabs, to the clipboard."""
        from workstation.gui.measurement_figures import all_rows
        from workstation.measurements.export import csv_text

        if self._there_are_some():
            QApplication.clipboard().setText(csv_text(all_rows(self._session), "\t"))

    def export_measurements(self) -> None:
        """Ask where, and write all measurements as CSV."""
        from workstation.gui.measurement_figures import all_rows, save_rows

        if not self._there_are_some():
            return
        start = f"{self._window.files.last_folder() or '.'}/measurements.csv"
        chosen, _ = QFileDialog.getSaveFileName(self._window, "Write measurements", start, "Tables (*.csv)")
        if chosen:
            save_rows(self._session, chosen, all_rows(self._session))

    def _there_are_some(self) -> bool:
        if self._session.case.measurements:
            return True
        self._session.refused.emit("Nothing was measured yet: take a tool of the menu Measure")
        return False
