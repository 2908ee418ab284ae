"""The phases of an examination along an axis of seconds since the contrast, or in equal steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFontMetricsF,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
    QResizeEvent,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from workstation.gui.flags import Flag, flags
from workstation.gui.theme import Theme, current_theme, follow_theme, text_scale
from workstation.gui.time_scale import numbers_between, place_of, places, time_words

NOTHING = "No phases yet: open a multiphase MR."
SIDE_PX, MARK_PX, REACH_PX = 12.0, 5.0, 12.0
NUMBER_GAP_PX = 30.0
SMALL_PX = 11
LONGEST_NAME = 0.4
"""Share of the width that a name may take."""


@dataclass(frozen=True)
class PhaseMark:
    """A phase as it is shown. time_s: seconds since the contrast, None where unknown. used: not left out.

    reference: whether the others are aligned to it. warning: what a person should know of it, or "".
    """

    name: str
    time_s: float | None
    used: bool
    reference: bool
    warning: str = ""


class PhaseAxis(QWidget):
    """A slim axis with a mark and a name for each phase. chosen: the number of a phase that was clicked.

    The arrow keys go from phase to phase, Enter or the space bar chooses.
    """

    chosen = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self._marks: tuple[PhaseMark, ...] = ()
        self._x: list[float] = []
        self._timed = False
        self._flags: list[Flag] = []
        self._texts: list[str] = []
        self._current = 0
        font = self.font()
        font.setPixelSize(round(SMALL_PX * text_scale()))
        self.setFont(font)
        self.setAccessibleName("Phases over time")
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.show_phases([])
        follow_theme(self, lambda _theme: self.update())

    def show_phases(self, marks: Sequence[PhaseMark]) -> None:
        """Show other phases, in any order."""
        self._marks = tuple(marks)
        self._current = min(self._current, max(len(self._marks) - 1, 0))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus if self._marks else Qt.FocusPolicy.NoFocus)
        self.setAccessibleDescription("; ".join(map(words_of, self._marks)) or NOTHING)
        self._lay_out()

    def show_current(self, number: int) -> None:
        """Which phase is looked at, without telling anybody."""
        if number != self._current and number < len(self._marks):
            self._current = number
            self.update()

    def mark_place(self, number: int) -> QPointF:
        """Where the mark of a phase is painted."""
        return QPointF(self._x[number], self._line_y())

    def name_places(self) -> dict[int, QRectF]:
        """Where the names of the phases are painted, by their number."""
        return {flag.mark: self._flag_box(flag) for flag in self._flags}

    # ------------------------------------------------------------------ places

    def _lay_out(self) -> None:
        """Work out where everything goes. Names are given their times, too, where that takes no further row."""
        room = max(self.width() - 2 * SIDE_PX, 60.0)
        where, self._timed = places([mark.time_s for mark in self._marks])
        first, last = (float(where.min()), float(where.max())) if len(where) else (0.0, 0.0)
        if self._timed and len(where):
            first, last = min(first, 0.0), max(last, 0.0)
        self._span = (first, last if last > first else first + 1.0)
        self._x = [self._x_of(float(place)) for place in where]
        self._texts, self._flags = [], []
        if self._marks:
            short = [self._text(mark, False, room) for mark in self._marks]
            long = [self._text(mark, True, room) for mark in self._marks]
            plain, timed = self._placed(short), self._placed(long)
            if len(timed) == len(plain) and _rows(timed) <= max(_rows(plain), 2):
                self._texts, self._flags = long, timed
            else:
                self._texts, self._flags = short, plain
        self.setFixedHeight(self.sizeHint().height())
        self.update()

    def _text(self, mark: PhaseMark, timed: bool, room: float) -> str:
        before = "▲ " if mark.warning else ""
        name = self.fontMetrics().elidedText(mark.name, Qt.TextElideMode.ElideRight, int(LONGEST_NAME * room))
        after = f" {time_words(mark.time_s)}" if timed and self._timed and mark.time_s is not None else ""
        return before + name + after

    def _placed(self, texts: Sequence[str]) -> list[Flag]:
        order = sorted(range(len(texts)), key=lambda n: self._x[n])
        widths = [self._metrics(self._marks[n]).horizontalAdvance(texts[n]) + 4.0 for n in order]
        found = flags([self._x[n] for n in order], widths, float(max(self.width(), 60)))
        return [Flag(order[each.mark], each.left_px, each.right_px, each.row) for each in found]

    def _metrics(self, mark: PhaseMark) -> QFontMetricsF:
        font = self.font()
        font.setBold(mark.reference)
        return QFontMetricsF(font)

    def _x_of(self, place: float) -> float:
        first, last = self._span
        return SIDE_PX + (place - first) / (last - first) * max(self.width() - 2 * SIDE_PX, 60.0)

    def _row_px(self) -> float:
        return float(self.fontMetrics().height()) + 1.0

    def _line_y(self) -> float:
        return 2.0 + (_rows(self._flags)) * self._row_px() + 2 * MARK_PX

    def _flag_box(self, flag: Flag) -> QRectF:
        top = 2.0 + (_rows(self._flags) - 1 - flag.row) * self._row_px()
        return QRectF(flag.left_px, top, flag.right_px - flag.left_px, self._row_px())

    def sizeHint(self) -> QSize:
        return QSize(290, round(self._line_y() + 2 * MARK_PX + self._row_px()))

    def minimumSizeHint(self) -> QSize:
        return QSize(160, self.sizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._lay_out()

    # ------------------------------------------------------------------ painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, theme = QPainter(self), current_theme()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if not self._marks:
            painter.setPen(QColor(theme.muted))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, NOTHING)
            return
        self._paint_line(painter, theme)
        for flag in self._flags:
            self._paint_flag(painter, theme, flag)
        for number, mark in enumerate(self._marks):
            self._paint_mark(painter, theme, mark, self.mark_place(number))
        if self.hasFocus():
            painter.setPen(QPen(QColor(theme.accent), 1.5))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(self.mark_place(self._current), MARK_PX + 4, MARK_PX + 4)

    def _paint_line(self, painter: QPainter, theme: Theme) -> None:
        y = self._line_y()
        painter.setPen(QPen(QColor(theme.border), 1.5))
        painter.drawLine(QPointF(2, y), QPointF(self.width() - 2, y))
        below = QRectF(0, y + 2 * MARK_PX - 1, self.width(), self._row_px())
        painter.setPen(QColor(theme.muted))
        if not self._timed:
            painter.drawText(below, Qt.AlignmentFlag.AlignCenter, "order only, times unknown")
            return
        for time_s, box, text in self._numbers(below):
            x = self._x_of(float(place_of(time_s)))
            painter.setPen(QPen(QColor(theme.text if time_s == 0 else theme.muted), 1.5 if time_s == 0 else 1.0))
            painter.drawLine(QPointF(x, y - (6 if time_s == 0 else 0)), QPointF(x, y + (8 if time_s == 0 else 5)))
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)

    def _numbers(self, below: QRectF) -> list[tuple[float, QRectF, str]]:
        """The numbers of the axis; the last one has the unit, where there is room for it."""
        times = [mark.time_s for mark in self._marks if mark.time_s is not None]
        first, last = self._span
        gap = NUMBER_GAP_PX * text_scale() * (last - first) / max(self.width() - 2 * SIDE_PX, 60.0)
        shown = numbers_between(min(*times, 0.0), max(*times, 0.0), gap)
        found: list[tuple[float, QRectF, str]] = []
        for time_s in shown:
            text = f"{time_s:.0f}".replace("-", "−")
            box = self._number_box(time_s, text, below)
            if time_s == shown[-1]:
                wide = self._number_box(time_s, f"{text} s", below)
                if not found or found[-1][1].right() < wide.left():
                    text, box = f"{text} s", wide
            found.append((time_s, box, text))
        return found

    def _number_box(self, time_s: float, text: str, below: QRectF) -> QRectF:
        width = self.fontMetrics().horizontalAdvance(text) + 2.0
        left = min(max(self._x_of(float(place_of(time_s))) - width / 2, 0.0), self.width() - width)
        return QRectF(left, below.top(), width, below.height())

    def _paint_flag(self, painter: QPainter, theme: Theme, flag: Flag) -> None:
        mark, box = self._marks[flag.mark], self._flag_box(flag)
        painter.setPen(QPen(QColor(theme.border), 1))
        painter.drawLine(QPointF(self._x[flag.mark], box.top() + 2), self.mark_place(flag.mark))
        font = self.font()
        font.setBold(mark.reference)
        painter.setFont(font)
        painter.setPen(QColor(theme.caution if mark.warning else theme.text if mark.used else theme.muted))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, self._texts[flag.mark])
        painter.setFont(self.font())

    def _paint_mark(self, painter: QPainter, theme: Theme, mark: PhaseMark, at: QPointF) -> None:
        colour = QColor(theme.caution if mark.warning else theme.accent if mark.used else theme.muted)
        painter.setPen(QPen(colour, 1.5))
        painter.setBrush(colour if mark.used else QColor(theme.surface))
        if mark.reference:
            painter.drawPolygon(_diamond(at, MARK_PX + 2.5))
        else:
            painter.drawEllipse(at, MARK_PX - 0.5, MARK_PX - 0.5)

    # ------------------------------------------------------------------ the hand

    def phase_at(self, at: QPointF) -> int | None:
        """The phase whose mark or name is there."""
        for flag in self._flags:
            if self._flag_box(flag).contains(at):
                return flag.mark
        if not self._x or abs(at.y() - self._line_y()) > REACH_PX:
            return None
        nearest = min(range(len(self._x)), key=lambda n: abs(self._x[n] - at.x()))
        return nearest if abs(self._x[nearest] - at.x()) <= REACH_PX else None

    def mousePressEvent(self, event: QMouseEvent) -> None:
        found = self.phase_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and found is not None:
            self._choose(found)
        else:
            super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        hand = Qt.CursorShape.PointingHandCursor
        self.setCursor(hand if self.phase_at(event.position()) is not None else Qt.CursorShape.ArrowCursor)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        order = sorted(range(len(self._x)), key=lambda n: self._x[n])
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Home: -len(order), Qt.Key.Key_End: len(order)}
        if order and event.key() in steps:
            at = order.index(self._current) + steps[Qt.Key(event.key())]
            self._current = order[min(max(at, 0), len(order) - 1)]
            self.update()
        elif order and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self._choose(self._current)
        else:
            super().keyPressEvent(event)

    def _choose(self, number: int) -> None:
        self._current = number
        self.update()
        self.chosen.emit(number)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            found = self.phase_at(QPointF(event.pos()))
            QToolTip.showText(event.globalPos(), "" if found is None else words_of(self._marks[found]), self)
            return True
        return super().event(event)


def words_of(mark: PhaseMark) -> str:
    """Everything about a phase.

    >>> words_of(PhaseMark("early", 60.0, True, True))
    'early, 60 s after contrast, reference'
    """
    words = [mark.name]
    if mark.time_s is None:
        words.append("time unknown")
    else:
        words.append(f"{time_words(abs(mark.time_s))} {'before' if mark.time_s < 0 else 'after'} contrast")
    words += ["reference"] if mark.reference else []
    words += [] if mark.used else ["left out"]
    words += [mark.warning] if mark.warning else []
    return ", ".join(words)


def _rows(placed: Sequence[Flag]) -> int:
    return 1 + max((flag.row for flag in placed), default=0)


def _diamond(at: QPointF, reach: float) -> QPolygonF:
    sides = ((0.0, -reach), (reach, 0.0), (0.0, reach), (-reach, 0.0))
    return QPolygonF([QPointF(at.x() + x, at.y() + y) for x, y in sides])
