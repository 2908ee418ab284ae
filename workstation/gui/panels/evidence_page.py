"""The evidence that was found: ranked, shown over the images, grown on at a threshold, beside curves over time."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from workstation.enhancement.separability import SEPARATES
from workstation.gui.evidence_shown import BEFORE, curves_of, hover_course, map_shown
from workstation.gui.fields import SliderField, label
from workstation.gui.panels.difference_fields import DifferenceFields
from workstation.gui.panels.panel import heading, named
from workstation.gui.plot_library import runner_of, when_plots_are_there
from workstation.gui.separation_runs import PREFERRED
from workstation.gui.session import Session

if TYPE_CHECKING:
    from workstation.editing.separating import Found
    from workstation.enhancement.separation import Separation

EVIDENCE, D_PRIME, AUC = range(3)
HEADS = ("Evidence", "d′", "AUC")
MOST_ROWS = 7
HOVER_MS, VOLUMES_MS = 30, 300
PER_CENT = 100.0
UNLIKE = 0.2
"""By which part of its volume a proposal differs from that of the share of tumour, for it to be said."""
TABLE_TIP = (
    "Ranked by d′. What needs all phases comes after a map of two that is nearly as good; times and classes come last"
)
VOLUME_TIP = (
    "Counted in voxels of the MR. The structure's contours run between them on the planning image's slices, "
    "so that its volume differs by a few per cent"
)


class EvidencePage(QWidget):
    """The page; empty while nothing was found. drawn: a result and its plots are there."""

    drawn = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._separating = session.desk.separating
        self._runs = session.separation
        self._found: Found | None = None
        self._plots: dict[str, QWidget] = {}
        self._to_draw: list[Callable[[], object]] = []
        self._weighted = False
        self._volumes_soon = QTimer(self, singleShot=True)
        self._volumes_soon.timeout.connect(self._ask_for_volumes)
        self._next_plot = QTimer(self, singleShot=True, interval=0)
        self._next_plot.timeout.connect(self._draw_next)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        self._threshold_heading = heading("Threshold")
        column.addWidget(self._threshold_heading)
        self.volume = label("", wrap=True)
        self.volume.setToolTip(VOLUME_TIP)
        column.addWidget(self.volume)
        self.doubt = label("", "caution", wrap=True)
        column.addWidget(self.doubt)
        self._threshold_place, self._course_place, self._roc_place = QVBoxLayout(), QVBoxLayout(), QVBoxLayout()
        column.addLayout(self._threshold_place)
        self.below_threshold = QVBoxLayout()
        """Where a person accepts what is proposed: right below the threshold, above what explains it."""
        column.addLayout(self.below_threshold)
        column.addWidget(heading("Evidence"))
        self.table = _table()
        self.table.itemSelectionChanged.connect(self._chosen)
        column.addWidget(self.table)
        self.formula = label("", "muted", wrap=True)
        column.addWidget(self.formula)
        self.opacity = SliderField("%", 0, PER_CENT, "Opacity of the map")
        self.opacity.set_value(70)
        self.opacity.changed.connect(lambda _v: self._show_map())
        column.addLayout(named("Map", self.opacity, 84))
        self.before = _check("Without alignment", "The map as it would be if the phases had not been aligned")
        self.before.toggled.connect(lambda _on: self._show_map())
        column.addWidget(self.before)
        column.addWidget(heading("Subtract two phases"))
        self.difference = DifferenceFields()
        self.difference.asked.connect(self._subtract)
        column.addWidget(self.difference)
        column.addWidget(heading("Signal over time"))
        column.addLayout(self._course_place)
        column.addWidget(heading("How well it tells them apart"))
        column.addLayout(self._roc_place)
        self._hover = QTimer(self, singleShot=True, interval=HOVER_MS)
        self._hover.timeout.connect(self._show_hover)
        session.separation_found.connect(self.refresh)
        session.separation_grown.connect(self._show_threshold)
        session.separation_hovered.connect(lambda: None if self._hover.isActive() else self._hover.start())
        session.separating_changed.connect(self._show_courses)
        self.refresh()

    # ------------------------------------------------------------------ showing

    def refresh(self) -> None:
        """Another result, or none."""
        found = self._separating.found
        if found is self._found:
            return
        before, self._found = self._found, found
        self.before.setChecked(False)
        same = found is not None and _separation_of(found) is _separation_of(before)
        self._weighted = same
        self._fill(found, asked=same)
        self._weighted = False
        self._show_difference()
        if found is None:
            self._session.viewing.map_shown = None
            return
        if same:
            self._show_rocs()  # only a map came in
            return
        when_plots_are_there(runner_of(self._session), self._draw_plots)

    def _show_difference(self) -> None:
        """The phases that can be subtracted, with what was asked for last."""
        found, own = self._found, self._separating.difference
        if found is None:
            return
        stack = found.subtraction.stack
        names = stack.names
        if own is not None and {own.late, own.early} <= set(names):
            weight = 1.0 if own.weight is None else own.weight
            self.difference.show_phases(names, own.late, own.early, weight)
        else:
            self.difference.show_phases(names, names[-1], names[stack.after[0] if len(stack.after) > 1 else 0], 1.0)

    def _subtract(self, late: str, early: str, weight: object) -> None:
        from workstation.enhancement.weighting import Difference

        self._runs.subtract_phases(Difference(late, early, None if weight is None else float(str(weight))))

    def _fill(self, found: Found | None, asked: bool) -> None:
        """List the evidence. asked: somebody has asked for the map that is preferred now."""
        self.table.blockSignals(True)
        rows = self._rows(found)
        self.table.setRowCount(len(rows))
        for row, (name, d_prime, auc) in enumerate(rows):
            for column, text in enumerate((name, d_prime, auc)):
                item = QTableWidgetItem(text)
                item.setToolTip(found.maps[name].formula if found is not None and name in found.maps else name)
                if column != EVIDENCE:
                    item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                self.table.setItem(row, column, item)
        height = self.table.horizontalHeader().sizeHint().height() + 4
        self.table.setFixedHeight(height + 24 * max(1, min(len(rows), MOST_ROWS)))
        self.table.blockSignals(False)
        if found is not None and not found.separable and not asked:
            # No map is laid over the images by itself: it would look like a finding. They can be chosen.
            self.table.setCurrentCell(-1, -1)
            self.formula.setText("")
            self._session.viewing.map_shown = None
            self._separating.grow_on(None, 0.5)
            self._show_volumes()
            self._show_doubt()
        elif rows and found is not None:
            wanted = next((n for n, row in enumerate(rows) if row[0] in found.growers), 0)
            preferred = next((n for n, row in enumerate(rows) if row[0] == self._runs.preferred), wanted)
            self.table.selectRow(preferred)
            self._chosen()

    def _rows(self, found: Found | None) -> list[tuple[str, str, str]]:
        """Judged evidence first, best on top; then maps that nothing was judged on."""
        if found is None:
            return []
        judged = [(j.evidence, f"{j.d_prime:.1f}", f"{j.auc:.3f}") for j in found.judged if j.evidence in found.maps]
        names = {row[0] for row in judged}
        return judged + [(name, "", "") for name in found.maps if name not in names]

    @property
    def evidence(self) -> str:
        """Name of the chosen map, "" for none."""
        row = self.table.currentRow()
        item = self.table.item(row, EVIDENCE) if row >= 0 else None
        return item.text() if item is not None else ""

    def _chosen(self) -> None:
        found, name = self._found, self.evidence
        if found is None or name not in found.maps:
            return
        each = found.maps[name]
        self.formula.setText(f"{name} = {each.formula}" + (f"  [{each.unit}]" if each.unit else ""))
        self._show_map()
        grower, threshold = found.growers.get(name, (None, 0.5))
        self._separating.grow_on(grower, threshold)
        self._show_volumes()
        self._show_doubt()
        self.table.scrollToItem(self.table.item(self.table.currentRow(), EVIDENCE))

    def _show_map(self) -> None:
        found, name = self._found, self.evidence
        if found is None or name not in found.maps:
            return
        opacity = self.opacity.value() / PER_CENT
        if not self.before.isChecked():
            self._session.viewing.map_shown = map_shown(found, found.maps[name], opacity)
            return
        self._runs.without_alignment(
            name, lambda each: self._lay_unaligned(name, map_shown(found, each, opacity, BEFORE))
        )

    def _lay_unaligned(self, name: str, shown: object) -> None:
        if self.before.isChecked() and self.evidence == name:
            self._session.viewing.map_shown = shown  # type: ignore[assignment]

    # ------------------------------------------------------------------ plots

    def _draw_plots(self) -> None:
        """One after the other, so that the window answers in between: each takes some twenty milliseconds."""
        self._to_draw = [self._draw_threshold, self._draw_courses, self._draw_rocs, self.drawn.emit]
        self._next_plot.start()

    def _draw_next(self) -> None:
        self._to_draw.pop(0)()
        if self._to_draw:
            self._next_plot.start()

    def _draw_threshold(self) -> None:
        if "volumes" not in self._plots:
            from workstation.gui.threshold_plot import ThresholdPlot

            volumes = self._plots["volumes"] = ThresholdPlot()
            volumes.threshold_moved.connect(self._separating.set_threshold)
            self._threshold_place.addWidget(volumes)
        self._show_volumes()

    def _draw_courses(self) -> None:
        if "courses" not in self._plots:
            from workstation.gui.course_plot import CoursePlot

            courses = self._plots["courses"] = CoursePlot()
            courses.refused.connect(self._session.refused)
            self._course_place.addWidget(courses)
        self._show_courses()

    def _draw_rocs(self) -> None:
        if "roc" not in self._plots:
            from workstation.gui.roc_plot import RocPlot

            self._plots["roc"] = RocPlot()
            self._roc_place.addWidget(self._plots["roc"])
        self._show_rocs()

    def _show_courses(self) -> None:
        found = self._found
        if found is None or "courses" not in self._plots:
            return
        stack = found.subtraction.stack
        self._plots["courses"].show_courses(  # type: ignore[attr-defined]
            curves_of(found, self._separating.samples), list(stack.times_s), list(stack.names)
        )

    def _show_hover(self) -> None:
        found, point = self._found, self._separating.hover_mm
        if found is None or "courses" not in self._plots or not self.isVisible():
            return
        values: NDArray[np.float64] | None = None if point is None else hover_course(found, point)
        self._plots["courses"].show_hover(values)  # type: ignore[attr-defined]

    def _show_rocs(self) -> None:
        from workstation.gui.evidence_lines import RocLine

        found = self._found
        if found is None or "roc" not in self._plots:
            return
        aucs = {j.evidence: j.auc for j in found.judged}
        lines = [RocLine(name, *rates, aucs.get(name, 0.5)) for name, rates in list(found.rocs.items())[:4]]
        self._plots["roc"].show_rocs(lines)  # type: ignore[attr-defined]

    def _show_volumes(self) -> None:
        grower = self._separating.grower
        self._threshold_heading.setVisible(grower is not None)
        self.volume.setVisible(grower is not None)
        plot = self._plots.get("volumes")
        if plot is not None:
            plot.setVisible(grower is not None)
            if grower is not None:
                # While a weight is dragged one map follows another: the curve waits until it rests.
                self._volumes_soon.start(VOLUMES_MS if self._weighted else 0)
        self._show_threshold()

    def _ask_for_volumes(self) -> None:
        grower = self._separating.grower
        if grower is not None:
            self._runs.volumes_of(grower, self._draw_volumes)

    def _draw_volumes(self, grower: object, thresholds: NDArray[np.float64], volumes: NDArray[np.float64]) -> None:
        plot = self._plots.get("volumes")
        if plot is None or grower is not self._separating.grower:
            return
        words = self._separating.grower.evidence.unit if self._separating.grower is not None else ""
        name = self.evidence if not words else f"{self.evidence} [{words}]"
        plot.show_volumes(thresholds, volumes, name)  # type: ignore[attr-defined]
        plot.set_threshold(self._separating.threshold)  # type: ignore[attr-defined]

    def _show_threshold(self) -> None:
        grown, separating = self._separating.grown, self._separating
        if grown is None or separating.grower is None:
            return
        sign = "at least" if separating.grower.higher else "at most"
        self.volume.setText(f"{self.evidence} {sign} {separating.threshold:.3g}: {grown.volume_cc:.2f} cc, dashed")
        plot = self._plots.get("volumes")
        if plot is not None:
            plot.set_threshold(separating.threshold)  # type: ignore[attr-defined]

    def _show_doubt(self) -> None:
        """What should be known of the evidence that the proposal is grown on."""
        found, name = self._found, self.evidence
        words = ""
        if found is not None and found.separable and name in found.growers:
            told = next((each for each in found.judged if each.evidence == name), None)
            if told is not None and told.d_prime < SEPARATES:
                words = f"This evidence does not tell tumour from flow (d′ {told.d_prime:.1f})."
            elif name != PREFERRED and PREFERRED in found.growers:
                own, best = (grower.at(at).volume_cc for grower, at in (found.growers[name], found.growers[PREFERRED]))
                if abs(own - best) > UNLIKE * best:
                    words = f"By the {PREFERRED} it is {best:.1f} cc: look where the two differ."
        self.doubt.setText(words)
        self.doubt.setVisible(bool(words))


def _separation_of(found: Found | None) -> Separation | None:
    return found.subtraction.separation if found is not None else None


def _table() -> QTableWidget:
    made = QTableWidget(0, len(HEADS))
    made.setHorizontalHeaderLabels(HEADS)
    made.verticalHeader().hide()
    made.verticalHeader().setDefaultSectionSize(24)
    made.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    made.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
    made.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    made.setTextElideMode(Qt.TextElideMode.ElideRight)
    made.setAccessibleName("Evidence, ranked")
    made.horizontalHeader().setToolTip(TABLE_TIP)
    header = made.horizontalHeader()
    header.setSectionResizeMode(EVIDENCE, QHeaderView.ResizeMode.Stretch)
    for column in (D_PRIME, AUC):
        header.setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
    return made


def _check(words: str, tip: str) -> QCheckBox:
    made = QCheckBox(words)
    made.setToolTip(tip)
    return made
