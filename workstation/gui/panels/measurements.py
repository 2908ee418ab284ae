"""What was measured: a list, and below it the figures or the profile of the chosen one, or of the active structure."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPoint, Qt, QTimer
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import (
    QApplication,
    QBoxLayout,
    QFileDialog,
    QHBoxLayout,
    QMenu,
    QVBoxLayout,
    QWidget,
)
from shiboken6 import isValid

from workstation.case.measurement_commands import RemoveMeasurement
from workstation.editing.measuring import link_key
from workstation.gui.fields import label
from workstation.gui.icons import icon
from workstation.gui.measurement_figures import (
    RULES,
    Figures,
    StructureFigures,
    names_of,
    profile_of,
    region_figures,
    save_rows,
    shown_images,
)
from workstation.gui.measurement_model import Column
from workstation.gui.measurement_tables import ROW_PX, FigureTable, MeasurementTable
from workstation.gui.panels.panel import EmptyState, Panel, choice, fill_choice, small
from workstation.gui.plot_library import plots_are_there, runner_of, when_plots_are_there
from workstation.gui.session import Session
from workstation.measurements.export import csv_text, profile_rows
from workstation.measurements.measurement import PROFILE, WORDS, Measurement
from workstation.measurements.profile import Profile
from workstation.measurements.words import sides_words, size_words

CHOSEN, STRUCTURE = "chosen", "structure"
MOST_ROWS_SEEN = 6
WIDE_PX = 640


class MeasurementsPanel(Panel):
    """The panel."""

    title = "Measurements"

    def __init__(self, session: Session, actions: dict[str, QAction]) -> None:
        super().__init__(session)
        self.heading.hide()  # the title bar says it
        self._runner = runner_of(session)
        self._figures = StructureFigures(session, self._runner, self._refresh_soon)
        self._profile: Profile | None = None
        self._profile_frame_uid = ""
        self._drawn: tuple[object, ...] = ()
        self.plot: QWidget | None = None
        self.empty = EmptyState(
            "ruler",
            "Distances, angles, regions and line profiles are listed here, with what every shown image holds in them. "
            "D, A, E, R, F and G take the tools in hand.",
            "Measure a distance",
            actions["tool_distance"].trigger,
        )
        self.table = MeasurementTable(session)
        self.model = self.table.rows
        self.about = choice()
        self.about.setAccessibleName("Whose figures are shown")
        self.about.setToolTip("Figures of the chosen measurement, or of the active structure")
        self.about.activated.connect(lambda _n: self.refresh())
        self.summary = label("", wrap=True)
        self.figures = FigureTable()
        self.note = label("", "muted", wrap=True)
        self._lay_out(actions)
        self._soon = QTimer(self, singleShot=True, interval=30)
        self._soon.timeout.connect(self.refresh)
        self._listen()
        self.refresh()

    def _lay_out(self, actions: dict[str, QAction]) -> None:
        self.column.setContentsMargins(12, 8, 12, 8)
        self._sides = QBoxLayout(QBoxLayout.Direction.TopToBottom)
        self._sides.setSpacing(8)
        self.column.addLayout(self._sides, 1)
        listed = QVBoxLayout()
        listed.addWidget(self.empty)
        listed.addWidget(self.table)
        listed.addStretch(0)
        self._sides.addLayout(listed)
        column = QVBoxLayout()
        column.setSpacing(6)
        self._sides.addLayout(column, 1)
        row = QHBoxLayout()
        row.setSpacing(4)
        row.addWidget(self.about, 1)
        self.copy_button = small("copy", "Copy what is shown here, for a spreadsheet", self.copy_shown)
        self.save_button = small("floppy-disk", "Write what is shown here as CSV…", self.save_shown)
        all_button = small("file-text", "Write all measurements as CSV…", actions["export_measurements"].trigger)
        for button in (self.copy_button, self.save_button, all_button):
            row.addWidget(button)
        self.all_button = all_button
        column.addLayout(row)
        column.addWidget(self.summary)
        column.addWidget(self.figures)
        self._plot_place = QVBoxLayout()
        column.addLayout(self._plot_place, 1)
        column.addWidget(self.note)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The list above the figures, or beside them where the panel is wide."""
        super().resizeEvent(event)
        direction = QBoxLayout.Direction.LeftToRight if self.width() >= WIDE_PX else QBoxLayout.Direction.TopToBottom
        if direction != self._sides.direction():
            self._sides.setDirection(direction)

    def _listen(self) -> None:
        session = self.session
        for signal in (
            session.history_changed, session.images_changed, session.registrations_changed, session.listing_changed,
            session.display_changed, session.visibility_changed, session.active_changed,
        ):  # fmt: skip
            signal.connect(self._refresh_soon)
        session.desk.measuring.changed.connect(self._refresh_soon)
        session.viewing.layout.changed.connect(self._refresh_soon)
        self.table.selectionModel().currentChanged.connect(lambda index, _old: self._choose(index))
        self.table.customContextMenuRequested.connect(self._show_menu)
        self._runner.changed.connect(self._jobs_changed)

    def _refresh_soon(self, *_: object) -> None:
        """At the next moment, unless nobody sees it: then when it is shown."""
        if isValid(self) and self.isVisible() and not self._soon.isActive():
            self._soon.start()

    def _jobs_changed(self) -> None:
        """Work that a person stopped is said to be stopped."""
        if self.about.currentData() == STRUCTURE:
            self._refresh_soon()

    # ------------------------------------------------------------------ showing

    def refresh(self) -> None:
        """Look at the case and at what is shown again."""
        self.model.refresh()
        measuring, listed = self.session.desk.measuring, self.model.rowCount()
        self.empty.setVisible(not listed)
        self.table.setVisible(bool(listed))
        self.table.setFixedHeight(ROW_PX * min(max(listed, 1), MOST_ROWS_SEEN) + 2)
        row = self.model.row_of(measuring.selected)
        if row != self.table.currentIndex().row():
            self.table.setCurrentIndex(self.model.index(row, Column.NAME) if row >= 0 else QModelIndex())
        measurement = measuring.current(measuring.selected)
        self._offer(measurement)
        self.all_button.setEnabled(bool(listed))
        if self.about.currentData() == STRUCTURE:
            self._show_structure()
        else:
            self._show_measurement(measurement)

    def _offer(self, measurement: Measurement | None) -> None:
        structure = self.session.active
        chosen = self.about.currentData()
        name = measurement.name if measurement is not None else "Nothing measured"
        entries = [(name, CHOSEN), *([(f"{structure.name} (structure)", STRUCTURE)] if structure is not None else [])]
        fill_choice(self.about, entries, chosen if chosen == STRUCTURE and structure is not None else CHOSEN)

    def show_structure(self) -> None:
        """The figures of the active structure."""
        self._offer(self.session.desk.measuring.current(self.session.desk.measuring.selected))
        self.about.setCurrentIndex(max(self.about.findData(STRUCTURE), 0))
        self._figures.ask_again()
        self.refresh()

    def _show_measurement(self, measurement: Measurement | None) -> None:
        region = measurement is not None and measurement.is_region
        profile = measurement is not None and measurement.kind == PROFILE
        if measurement is None:
            self.summary.setText("" if not self.model.rowCount() else "Choose one in the list.")
        else:
            words = (WORDS[measurement.kind], size_words(measurement), sides_words(measurement))
            self.summary.setText(" · ".join(word for word in words if word))
        if region:
            frame_uid = measurement.frame_of_reference_uid
            self._show_figures(region_figures(self.session, measurement), "not registered", frame_uid)
        else:
            self._show_figures(None, "", "")
        self._show_profile(measurement if profile else None)
        self.copy_button.setEnabled(region or profile)
        self.save_button.setEnabled(region or profile)

    def _show_structure(self) -> None:
        self._show_profile(None)
        structure = self.session.active
        if structure is None:
            return
        if not self.isVisible():
            return  # nobody waits for it
        figures, waiting = self._figures.of(structure.identifier)
        self.summary.setText(f"{structure.name} · {self._figures.words(structure.identifier)}")
        unknown = ("working…" if self._figures.busy else "stopped") if waiting else "not registered"
        self._show_figures(figures, unknown, structure.frame_of_reference_uid)
        self.copy_button.setEnabled(not waiting)
        self.save_button.setEnabled(not waiting)

    def _show_figures(self, figures: Figures | None, waiting: str, frame_uid: str) -> None:
        self.figures.setVisible(figures is not None)
        self._say(figures or {}, frame_uid)
        if figures is None:
            return
        images = shown_images(self.session)
        self.figures.show_figures(figures, images, names_of(self.session, images, frame_uid), waiting)

    def _say(self, figures: Figures, frame_uid: str) -> None:
        """How figures came about, and what to know about them."""
        known = [found for found in figures.values() if found is not None and found.mean is not None]
        words = [RULES[rule] for rule in RULES if rule in {found.rule for found in known}]
        if any(found.covered < 0.9995 for found in known):
            words.append("▲ Part of it lies outside of an image: figures are of the part inside.")
        measuring = self.session.desk.measuring
        if any(measuring.comes_provisionally(frame_uid, key) for key, found in figures.items() if found is not None):
            words.append("▲ Provisional: nobody has accepted the registration that brings the image over.")
        if self.session.viewing.slab.thickness_mm > 0 and self.about.currentData() == CHOSEN:
            words.append("▲ Values are those of the slice itself, not of the thick slice that is shown.")
        self.note.setText(" ".join(words))
        self.note.setVisible(bool(words))

    def showEvent(self, event: object) -> None:
        super().showEvent(event)
        self._refresh_soon()

    # ------------------------------------------------------------------ the profile

    def _show_profile(self, measurement: Measurement | None) -> None:
        if measurement is None:
            self._profile, self._drawn = None, ()
            if self.plot is not None:
                self.plot.hide()
            return
        links = [self.session.desk.measuring.link_to(measurement, image.key) for image in shown_images(self.session)]
        names = names_of(self.session, shown_images(self.session), measurement.frame_of_reference_uid)
        named = " ".join(names.values()).encode()
        wanted = (measurement, named, *shown_images(self.session), *(None if x is None else link_key(x) for x in links))
        if self._profile is None or len(wanted) != len(self._drawn) or any(
            a is not b and not (isinstance(a, bytes) and a == b) for a, b in zip(wanted, self._drawn, strict=True)
        ):
            self._profile, self._drawn = profile_of(self.session, measurement), wanted
            self._profile_frame_uid = measurement.frame_of_reference_uid
            self._draw()
        elif self.plot is not None:
            self.plot.show()

    def _draw(self) -> None:
        """The plot, once its library is there: importing that takes a third of a second, in the background."""
        if not isValid(self) or self._profile is None:
            return
        if not plots_are_there():
            when_plots_are_there(self._runner, self._draw)
            return
        if self.plot is None:
            from workstation.gui.profile_plot import ProfilePlot

            self.plot = ProfilePlot()
            self.plot.pointed.connect(self._mark)
            self._plot_place.addWidget(self.plot, 1)
        images = [self.session.case.images[key] for key in self._profile.values if key in self.session.case.images]
        self.plot.show_profile(self._profile, names_of(self.session, images, self._profile_frame_uid))
        self.plot.show()

    def _mark(self, point: object) -> None:
        self.session.desk.measuring.marked_mm = point

    # ------------------------------------------------------------------ doing

    def _choose(self, index: QModelIndex) -> None:
        identifier = self.model.identifier(index.row())
        if identifier and identifier != self.session.desk.measuring.selected:
            self.session.desk.measuring.selected = identifier
            self.about.setCurrentIndex(max(self.about.findData(CHOSEN), 0))

    def _show_menu(self, place: QPoint) -> None:
        identifier = self.model.identifier(self.table.indexAt(place).row())
        if identifier:
            self.menu_for(identifier).popup(self.table.viewport().mapToGlobal(place))

    def menu_for(self, identifier: str) -> QMenu:
        """What can be done with a measurement."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(icon("corners-in"), "Centre the views", lambda: self.table.look_at(identifier))
        menu.addAction(icon("pencil-simple"), "Rename", lambda: self.table.rename(identifier))
        menu.addAction(icon("trash"), "Delete", lambda: self.session.do(RemoveMeasurement(identifier)))
        return menu

    def shown_rows(self) -> list[list[str]]:
        """What the lower half shows, as a table: a profile's values, or figures with the images as columns."""
        if self._profile is not None:
            images = [self.session.case.images[key] for key in self._profile.values if key in self.session.case.images]
            return profile_rows(self._profile, names_of(self.session, images, self._profile_frame_uid))
        rows = self.figures.rows()
        return [[self.summary.text(), *rows[0][1:]], *rows[1:]]

    def copy_shown(self) -> None:
        """To the clipboard, with tabs."""
        QApplication.clipboard().setText(csv_text(self.shown_rows(), "\t"))

    def save_shown(self) -> None:
        """Ask where, and write CSV."""
        kind = "profile" if self._profile is not None else "figures"
        chosen, _ = QFileDialog.getSaveFileName(self, "Write as CSV", f"{kind}.csv", "Tables (*.csv)")
        if chosen:
            save_rows(self.session, chosen, self.shown_rows())
