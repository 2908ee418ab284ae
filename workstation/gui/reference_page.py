"""The quick reference on paper: every key and gesture on one A4 page, as large as it fits."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QMarginsF, QRectF, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QPagedPaintDevice, QPageLayout, QPageSize, QPainter, QPdfWriter, QPen

Section = tuple[str, Sequence[tuple[str, str]]]
"""A title, and (what, keys) for each of its rows."""

MARGIN_MM = 12.0
COLUMNS = 2
LARGEST_PT, SMALLEST_PT, STEP_PT = 11.0, 3.0, 0.25
GAP = 0.06
"""Between two columns, as a share of the width."""
TITLE = "Workstation: keys and gestures"


def page_layout() -> QPageLayout:
    """A4, upright."""
    margins = QMarginsF(MARGIN_MM, MARGIN_MM, MARGIN_MM, MARGIN_MM)
    return QPageLayout(
        QPageSize(QPageSize.PageSizeId.A4), QPageLayout.Orientation.Portrait, margins, QPageLayout.Unit.Millimeter
    )


def write_pdf(path: Path, sections: Sequence[Section]) -> None:
    """Write the reference to a PDF file of one page; OSError where that can't be."""
    with path.open("wb"):
        pass  # QPdfWriter would say nothing about a place that can't be written
    writer = QPdfWriter(str(path))
    writer.setPageLayout(page_layout())
    writer.setTitle(TITLE)
    writer.setResolution(300)
    if not paint(writer, sections):
        raise OSError(f"{path.name} can't be written: the printer driver of the system refused the page")


def paint(device: QPagedPaintDevice, sections: Sequence[Section]) -> bool:
    """Paint the reference on the one page of a printer or a PDF; whether it could be begun."""
    painter = QPainter()
    if not painter.begin(device):
        return False
    room = QRectF(painter.viewport())
    _Page(painter, room, sections).draw()
    painter.end()
    return True


class _Page:
    """Lays the rows out in columns, with the largest letters that fit."""

    def __init__(self, painter: QPainter, room: QRectF, sections: Sequence[Section]) -> None:
        self._painter, self._room, self._sections = painter, room, sections
        self._points = LARGEST_PT
        self._bottom = room.bottom()
        while self._points > SMALLEST_PT and not self._fits():
            self._points -= STEP_PT
        while self._fits():
            self._bottom -= self._line  # columns of about one height
        self._bottom = min(self._bottom + self._line, room.bottom())

    def draw(self) -> None:
        """Title, columns, sections in order."""
        painter, metrics = self._painter, self._metrics(bold=True)
        self._text(QRectF(self._room.left(), self._room.top(), self._room.width(), 1.6 * metrics.height()), TITLE, True)
        column, y = 0, self._top
        for title, rows in self._sections:
            column, y = self._next(column, y, 3)
            self._text(self._place(column, y), title, bold=True)
            y += self._line
            painter.setPen(QPen(Qt.GlobalColor.gray, self._line * 0.03))
            left = self._place(column, y).left()
            painter.drawLine(left, y - 0.1 * self._line, left + self._width, y - 0.1 * self._line)
            for what, keys in rows:
                column, y = self._next(column, y, 1)
                self._row(self._place(column, y), what, keys)
                y += self._line
            y += 0.6 * self._line

    def _row(self, place: QRectF, what: str, keys: str) -> None:
        metrics = self._metrics()
        taken = min(metrics.horizontalAdvance(keys), 0.62 * place.width())
        self._text(place, metrics.elidedText(keys, Qt.TextElideMode.ElideRight, taken + 1), to_right=True)
        place.setRight(place.right() - taken - 0.5 * self._line)
        self._text(place, metrics.elidedText(what, Qt.TextElideMode.ElideRight, place.width()))

    def _text(self, place: QRectF, text: str, bold: bool = False, to_right: bool = False) -> None:
        side = Qt.AlignmentFlag.AlignRight if to_right else Qt.AlignmentFlag.AlignLeft
        self._painter.setFont(self._font(bold))
        self._painter.setPen(Qt.GlobalColor.black)
        self._painter.drawText(place, int(side | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine), text)

    # ------------------------------------------------------------------ measuring

    @property
    def _top(self) -> float:
        return self._room.top() + 2 * self._metrics(bold=True).height()

    @property
    def _line(self) -> float:
        return 1.25 * self._metrics().height()

    @property
    def _width(self) -> float:
        return self._room.width() * (1 - GAP * (COLUMNS - 1)) / COLUMNS

    def _place(self, column: int, y: float) -> QRectF:
        left = self._room.left() + column * self._room.width() * (1 + GAP / COLUMNS) / COLUMNS
        return QRectF(left, y, self._width, self._line)

    def _next(self, column: int, y: float, lines: int) -> tuple[int, float]:
        """Where so many lines go: here, or at the top of the next column."""
        if y + lines * self._line <= self._bottom:
            return column, y
        return column + 1, self._top

    def _fits(self) -> bool:
        column, y = 0, self._top
        metrics = self._metrics()
        for _title, rows in self._sections:
            column, y = self._next(column, y, 3)
            y += self._line
            for what, keys in rows:
                if metrics.horizontalAdvance(what) + metrics.horizontalAdvance(keys) + self._line > self._width:
                    return False
                column, y = self._next(column, y, 1)
                y += self._line
            y += 0.6 * self._line
        return column < COLUMNS

    def _font(self, bold: bool = False) -> QFont:
        font = QFont(self._painter.font())
        font.setPointSizeF(self._points)
        font.setBold(bold)
        return font

    def _metrics(self, bold: bool = False) -> QFontMetricsF:
        return QFontMetricsF(self._font(bold), self._painter.device())
