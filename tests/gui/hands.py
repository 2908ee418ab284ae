"""Real mouse and key events on real widgets."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget

from workstation.gui.main_window import MainWindow
from workstation.gui.structure_model import Column
from workstation.gui.viewport.slice_view import SliceView

LEFT = Qt.MouseButton.LeftButton
NO_KEYS = Qt.KeyboardModifier.NoModifier


def slice_view(window: MainWindow, name: str = "axial") -> SliceView:
    """One of the slice views."""
    assert window.workspace is not None
    view = window.workspace.views.views[name]
    assert isinstance(view, SliceView)
    return view


def place(view: SliceView, point_mm: Sequence[float]) -> QPoint:
    """Where a patient point lies in a view."""
    frame = view.frame()
    assert frame is not None
    x, y = frame.to_pixels(frame.plane.to_plane(point_mm)[:2])
    return QPoint(round(float(x)), round(float(y)))


def press(view: SliceView, point_mm: Sequence[float]) -> None:
    """Left button down."""
    QTest.mousePress(view, LEFT, NO_KEYS, place(view, point_mm))


def move(view: SliceView, point_mm: Sequence[float]) -> None:
    """Pointer to a point; the event loop runs once, as it would between two events of a hand."""
    QTest.mouseMove(view, place(view, point_mm))
    QTest.qWait(5)


def release(view: SliceView, point_mm: Sequence[float]) -> None:
    """Left button up."""
    QTest.mouseRelease(view, LEFT, NO_KEYS, place(view, point_mm))
    QTest.qWait(5)


def drag(view: SliceView, points_mm: Iterable[Sequence[float]]) -> None:
    """A whole stroke."""
    points = list(points_mm)
    press(view, points[0])
    for point in points[1:]:
        move(view, point)
    release(view, points[-1])


def type_into(line: QLineEdit, text: str, end: Qt.Key | None = Qt.Key.Key_Return) -> None:
    """Replace what stands in a field by typing; `end` is pressed afterwards."""
    line.setFocus()
    line.selectAll()
    QTest.keyClick(line, Qt.Key.Key_Delete)
    QTest.keyClicks(line, text)
    if end is not None:
        QTest.keyClick(line, end)
    QApplication.processEvents()


def click(widget: QWidget) -> None:
    """Press a button that can be seen."""
    QApplication.processEvents()
    assert widget.isVisible(), f"{widget.objectName() or type(widget).__name__} can't be seen"
    assert widget.isEnabled(), f"{widget.objectName() or type(widget).__name__} is disabled"
    QTest.mouseClick(widget, LEFT)
    QApplication.processEvents()


def key(window: MainWindow, which: Qt.Key, keys: Qt.KeyboardModifier = NO_KEYS) -> None:
    """A key on whatever has the focus, through the window's shortcuts."""
    QTest.keyClick(QApplication.focusWidget() or window, which, keys)
    QApplication.processEvents()


def drop(window: MainWindow, paths: Iterable[str]) -> None:
    """Drag files over the window and let go."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(path) for path in paths])
    middle = window.rect().center()
    enter = QDragEnterEvent(middle, Qt.DropAction.CopyAction, data, LEFT, NO_KEYS)
    QApplication.sendEvent(window, enter)
    assert enter.isAccepted()
    QApplication.sendEvent(window, QDropEvent(QPointF(middle), Qt.DropAction.CopyAction, data, LEFT, NO_KEYS))


def make_structure(window: MainWindow, name: str) -> str:
    """Name a structure in the contour panel and press Create; its identifier."""
    assert window.workspace is not None and window.session is not None
    window.action("new_structure").trigger()
    panel = window.workspace.contour
    type_into(panel.name.line, name, end=None)
    click(panel.button)
    return window.session.desk.active


def listed(window: MainWindow, name: str) -> float:
    """The volume in cc that the structure list shows."""
    assert window.workspace is not None and window.session is not None
    model = window.workspace.structures.model
    identifier = next(k for k, s in window.session.case.structures.items() if s.name == name)
    text = str(model.index(model.row_of(identifier), Column.VOLUME).data())
    assert text.endswith(" cc"), text
    return float(text.removesuffix(" cc"))


def let_live(seconds: float = 0.2) -> None:
    """Let timers and queued events happen."""
    QTest.qWait(int(seconds * 1000))
