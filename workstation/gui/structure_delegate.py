"""Paints the rows of the structure list: colour, name, volume, state, eye and lock."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPen
from PySide6.QtWidgets import QLineEdit, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from workstation.gui.icons import icon
from workstation.gui.session import Session
from workstation.gui.structure_model import Column, StructureModel
from workstation.gui.theme import current_theme
from workstation.structures.structure import State, Structure
from workstation.view.contour_scene import style_of

ROW_HEIGHT_PX = 32
_STATE_ICONS = {
    State.CURRENT: ("check-circle", "good"),
    State.STALE: ("warning", "caution"),
    State.OVERRIDDEN: ("pencil-line", "caution"),
    State.PROPOSAL: ("question", "caution"),
}


class StructureDelegate(QStyledItemDelegate):
    """Paints one cell; needs to know which structure is active and which are hidden."""

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(parent)
        self._session = session

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(24, ROW_HEIGHT_PX)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        model = index.model()
        structure = model.structure(index) if isinstance(model, StructureModel) else None
        if structure is None:
            return
        painter.save()
        active = structure.identifier == self._session.desk.active
        if active:
            painter.fillRect(option.rect, QColor(current_theme().hover))
            if index.column() == Column.COLOUR:
                bar = QRect(option.rect.left(), option.rect.top(), 3, option.rect.height())
                painter.fillRect(bar, QColor(current_theme().accent))
        elif option.state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(option.rect, QColor(current_theme().raised))
        self._paint_cell(painter, option.rect, Column(index.column()), structure, index, active)
        painter.restore()

    def _paint_cell(
        self,
        painter: QPainter,
        rect: QRect,
        column: Column,
        structure: Structure,
        index: QModelIndex | QPersistentModelIndex,
        active: bool,
    ) -> None:
        visible = self._session.viewing.visible(structure.identifier)
        if column == Column.COLOUR:
            self._paint_swatch(painter, rect, structure, visible)
        elif column in (Column.NAME, Column.VOLUME):
            self._paint_text(painter, rect, index, active, visible)
        elif column == Column.STATE and structure.state in _STATE_ICONS:
            self._paint_icon(painter, rect, *_STATE_ICONS[structure.state])
        elif column == Column.EYE:
            self._paint_icon(painter, rect, *(("eye", "text") if visible else ("eye-slash", "disabled")))
        elif column == Column.LOCK:
            self._paint_icon(
                painter, rect, *(("lock-simple", "caution") if structure.locked else ("lock-simple-open", "disabled"))
            )

    def _paint_swatch(self, painter: QPainter, rect: QRect, structure: Structure, visible: bool) -> None:
        """A disc in the structure's colour, ringed as its contour is drawn: the line style tells the type too."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colour = QColor(*structure.color)
        line = style_of(structure)
        pen = QPen(colour, max(1.8, line.width))
        if line.pattern:
            pen.setDashPattern([min(length, 5.0) / 2.5 for length in line.pattern])
        painter.setPen(pen)
        inside = QColor(colour)
        inside.setAlpha(110 if visible else 0)
        painter.setBrush(inside)
        painter.drawEllipse(QPointF(rect.center().x() + 2.0, rect.center().y() + 0.5), 6.5, 6.5)

    def _paint_text(
        self, painter: QPainter, rect: QRect, index: QModelIndex | QPersistentModelIndex, active: bool, visible: bool
    ) -> None:
        theme = current_theme()
        name = index.column() == Column.NAME
        font = QFont(painter.font())
        font.setWeight(QFont.Weight.DemiBold if active and name else QFont.Weight.Normal)
        painter.setFont(font)
        painter.setPen(QColor(theme.text if visible else theme.disabled))
        side = Qt.AlignmentFlag.AlignLeft if name else Qt.AlignmentFlag.AlignRight
        inner = rect.adjusted(4, 0, -4, 0)
        text = painter.fontMetrics().elidedText(str(index.data()), Qt.TextElideMode.ElideRight, inner.width())
        painter.drawText(inner, side | Qt.AlignmentFlag.AlignVCenter, text)

    def _paint_icon(self, painter: QPainter, rect: QRect, name: str, colour: str) -> None:
        size = 18
        target = QRectF(rect.center().x() - size / 2 + 0.5, rect.center().y() - size / 2 + 0.5, size, size)
        icon(name, colour).paint(painter, target.toRect())

    def createEditor(
        self, parent: QWidget, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QWidget:
        line = QLineEdit(parent)
        line.setMaxLength(64)
        return line
