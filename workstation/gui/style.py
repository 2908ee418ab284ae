"""The style sheet, filled in with a theme's colours. Object names and the property `kind` select what is styled."""

from __future__ import annotations

from string import Template
from typing import TYPE_CHECKING

from workstation.gui.resources import resource

if TYPE_CHECKING:
    from workstation.gui.theme import Theme


def style_sheet(theme: Theme, scale: float = 1.0) -> str:
    """The application's style sheet in the colours of a theme. scale: of letters, and of what holds them."""
    values = {key: str(value) for key, value in vars(theme).items()}
    values["caret"] = resource("icons", f"caret-down-{theme.name}.svg").as_posix()
    values["caret_right"] = resource("icons", f"caret-right-{theme.name}.svg").as_posix()
    values["check"] = resource("icons", "check.svg").as_posix()
    values |= {name: f"{round(size * scale)}px" for name, size in _SIZES_PX.items()}
    return Template(_SHEET).substitute(values)


_SIZES_PX = {"title_size": 15, "product_size": 28, "small_size": 11, "view_title_height": 24}
"""What is given in pixels for letters of the usual size."""

_SHEET = """
QWidget { color: $text; }
QMainWindow, QDialog { background: $surface; }
QToolTip { background: $raised; color: $text; border: 1px solid $border; padding: 4px 6px; }
QSplitter::handle { background: $sunken; }
QSplitter::handle:hover { background: $accent; }

/* the top line: menus and the patient banner */
#topLine { background: $raised; border-bottom: 1px solid $sunken; }
QMenuBar { background: transparent; padding: 1px 4px; }
QMenuBar::item { padding: 4px 8px; border-radius: 4px; background: transparent; }
QMenuBar::item:selected { background: $hover; }
QMenu { background: $raised; border: 1px solid $border; padding: 4px; }
QMenu::item { padding: 6px 28px 6px 12px; border-radius: 4px; }
QMenu::item:selected { background: $accent; color: $on_accent; }
QMenu::item:disabled { color: $disabled; background: transparent; }
QMenu::separator { height: 1px; background: $border; margin: 4px 8px; }
QMenu::icon { padding-left: 8px; }

/* text */
QLabel { background: transparent; }
QLabel[kind="title"] { font-weight: 600; font-size: $title_size; }
QLabel[kind="heading"] { font-weight: 600; }
QLabel[kind="muted"] { color: $muted; }
QLabel[kind="reason"] { color: $danger; }
QLabel[kind="caution"] { color: $caution; }
QLabel[kind="good"] { color: $good; }
QLabel[kind="product"] { font-size: $product_size; font-weight: 600; }
QLabel#patientName { font-weight: 600; font-size: $title_size; }

/* buttons */
QPushButton { background: $raised; border: 1px solid $border; border-radius: 4px; padding: 6px 12px; min-height: 18px; }
QPushButton:hover { background: $hover; }
QPushButton:pressed { background: $sunken; }
QPushButton:focus { border: 1px solid $accent; }
QPushButton:disabled { color: $disabled; background: transparent; }
QPushButton[kind="primary"] { background: $accent; color: $on_accent; border: 1px solid $accent; font-weight: 600; }
QPushButton[kind="primary"]:disabled { background: $raised; color: $disabled; border: 1px solid $border; }
QPushButton[kind="primary"]:focus { border: 2px solid $text; padding: 5px 11px; }
QPushButton[kind="link"] { background: transparent; border: none; color: $accent; padding: 4px; text-align: left; }
QPushButton[kind="link"]:hover, QPushButton[kind="link"]:focus { text-decoration: underline; }
QPushButton[kind="link"]:disabled { color: $disabled; }
QToolButton { background: transparent; border: 1px solid transparent; border-radius: 4px; padding: 4px; }
QToolButton:hover { background: $hover; }
QToolButton:focus { border: 1px solid $accent; }
QToolButton:checked { background: $accent; color: $on_accent; }
QToolButton:disabled { color: $disabled; }
QToolButton[kind="segment"] { background: $field; border: 1px solid $border; border-radius: 0; padding: 4px 10px; }
QToolButton[kind="segment"]:checked { background: $accent; color: $on_accent; border: 1px solid $accent; }
QToolButton[kind="segment"]:hover:!checked { background: $hover; }
QToolButton::menu-indicator { image: none; }

/* fields */
QLineEdit, QComboBox, QPlainTextEdit {
    background: $field; border: 1px solid $border; border-radius: 4px; padding: 4px 6px; min-height: 20px;
    selection-background-color: $accent; selection-color: $on_accent; }
QLineEdit:focus, QComboBox:focus, QPlainTextEdit:focus { border: 1px solid $accent; }
QLineEdit:disabled, QComboBox:disabled { color: $disabled; background: $surface; }
QLineEdit[invalid="true"], QComboBox[invalid="true"] { border: 2px solid $danger; padding: 3px 5px; }
QComboBox { padding-right: 20px; }
QComboBox::drop-down { border: none; width: 20px; }
QComboBox::down-arrow { image: url($caret); width: 12px; height: 12px; }
QComboBox QAbstractItemView { background: $raised; border: 1px solid $border; selection-background-color: $accent;
    selection-color: $on_accent; outline: none; padding: 2px; }
QCheckBox { spacing: 8px; }
QCheckBox::indicator { width: 16px; height: 16px; border: 1px solid $muted; border-radius: 3px; background: $field; }
QCheckBox::indicator:checked { background: $accent; border: 1px solid $accent; image: url($check); }
QCheckBox::indicator:focus { border: 2px solid $accent; }
QCheckBox::indicator:disabled { border: 1px solid $disabled; }
QSlider::groove:horizontal { height: 4px; background: $border; border-radius: 2px; }
QSlider::sub-page:horizontal { background: $accent; border-radius: 2px; }
QSlider::sub-page:horizontal:disabled { background: $border; }
QSlider::handle:horizontal { width: 14px; height: 14px; margin: -5px 0; border-radius: 7px; background: $text; }
QSlider::handle:horizontal:disabled { background: $disabled; }
QSlider::handle:horizontal:focus { border: 2px solid $accent; width: 12px; height: 12px; }
QProgressBar { background: $sunken; border: 1px solid $border; border-radius: 4px; height: 10px; text-align: center; }
QProgressBar::chunk { background: $accent; border-radius: 3px; }

/* lists */
QListView, QTreeView, QTableView { background: $surface; border: none; outline: none;
    selection-background-color: $hover; selection-color: $text; }
QTableView::item { border: none; padding: 0 2px; }
QListView::item { padding: 6px; border-radius: 4px; }
QListView::item:selected, QListView::item:hover { background: $hover; color: $text; }
#shortcuts::item { padding: 3px 0; }
QScrollArea { background: transparent; border: none; }
QScrollBar:vertical { background: transparent; width: 8px; margin: 0; }
QScrollBar:horizontal { background: transparent; height: 8px; margin: 0; }
QScrollBar::handle { background: $border; border-radius: 3px; min-height: 24px; min-width: 24px; margin: 1px; }
QScrollBar::handle:hover { background: $disabled; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }

/* parts of the window */
QToolBar { background: $surface; border: none; border-bottom: 1px solid $sunken; spacing: 2px; padding: 1px 6px; }
QToolBar::separator { background: $border; width: 1px; margin: 6px 6px; }
QToolBarExtension, #qt_toolbar_ext_button { background: $hover; border-radius: 4px;
    image: url($caret); padding: 0; min-width: 16px; }
#stepBar { background: $surface; border-right: 1px solid $sunken; }
#stepBar QToolButton { border-radius: 6px; padding: 6px 0; font-size: $small_size; color: $muted; }
#stepBar QToolButton:hover { background: $hover; color: $text; }
#stepBar QToolButton:checked { background: $raised; color: $accent; }
#stepBar QToolButton:focus { border: 1px solid $accent; }
QMainWindow::separator { background: $sunken; width: 3px; height: 3px; }
QMainWindow::separator:hover { background: $accent; }
QDockWidget { background: $surface; }
#dockContent { background: $surface; }
QDockWidget[floating="true"] #dockContent { border: 1px solid $border; border-top: none; }
#dockTitle { background: $raised; border-bottom: 1px solid $sunken; }
#dockTitle QToolButton { padding: 2px; }
QLabel[kind="dock"] { color: $muted; font-weight: 600; }
QTabBar { background: $sunken; }
QTabBar::tab { background: $sunken; color: $muted; border: none; padding: 5px 12px; }
QTabBar::tab:hover { background: $hover; color: $text; }
QTabBar::tab:selected { background: $raised; color: $text; border-bottom: 2px solid $accent; }
QTabBar::tab:focus { color: $accent; }
#card { background: $raised; border: 1px solid $border; border-radius: 6px; }
#card[selected="true"] { border: 1px solid $accent; }
#viewArea { background: #000000; }
#viewArea QSplitter::handle { background: $border; }
#view_title { background: #101214; min-height: $view_title_height; max-height: $view_title_height; }
#view_title QLabel { color: #c9ced4; font-weight: 600; }
#view_title QToolButton { color: #c9ced4; padding: 0 6px; }
#view_title QToolButton:hover { background: #2a2e33; }
#view_title QComboBox {
    background: #1b1e21; color: #c9ced4; border: none; border-radius: 3px; padding: 0 4px;
    min-height: 18px; max-height: 20px;
}
QToolButton[kind="mode"] { background: $field; border: 1px solid $border; border-radius: 0; padding: 4px 2px; }
QToolButton[kind="mode"]:checked { background: $accent; color: $on_accent; border: 1px solid $accent; }
QToolButton[kind="mode"]:hover:!checked { background: $hover; }
QStatusBar { background: $raised; border-top: 1px solid $sunken; }
QStatusBar::item { border: none; }
QStatusBar QToolButton { padding: 0; }
QStatusBar #moreJobs { padding: 0 6px; color: $accent; }
#jobList { background: $raised; border: 1px solid $border; border-radius: 6px; }
#line { background: $border; max-height: 1px; min-height: 1px; border: none; }
#message { background: $raised; border: 1px solid $border; border-left: 4px solid $accent; border-radius: 4px; }
#message[kind="danger"] { border-left: 4px solid $danger; }
#message[kind="caution"] { border-left: 4px solid $caution; }
#message[kind="good"] { border-left: 4px solid $good; }
#chip { background: $surface; border: 1px solid $border; border-radius: 11px; padding: 1px 10px 1px 6px;
    min-height: 18px; }
#chip:hover { background: $hover; }
#chip:focus { border: 1px solid $accent; }
#chip[kind="good"] { color: $good; }
#chip[kind="caution"] { color: $caution; }
#chip[kind="danger"] { color: $danger; }
#chip[kind="quiet"] { color: $muted; }
#palette { background: $raised; border: 1px solid $border; border-radius: 8px; }
#palette QListView { background: $raised; }
#palette QListView::item { padding: 0; }
#startPage { background: $surface; }
#dropZone { border: 2px dashed $border; border-radius: 8px; }
#dropZone[active="true"] { border: 2px dashed $accent; background: $raised; }
"""
