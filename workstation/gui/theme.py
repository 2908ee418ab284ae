"""The two themes: quiet greys around a black image, and colours that mean something."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QColor, QFont, QFontInfo, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication, QWidget

from workstation.gui.style import style_sheet

GRID_PX = 8
"""Every distance in the window is a multiple (or the half) of this."""

SMALLEST_FONT_PT = 10.0
"""A system font below this cannot be read from the back of a lecture hall."""

USUAL_FONT_PX = 13
"""Height of ten points on a screen that is not scaled."""


@dataclass(frozen=True)
class Theme:
    """Named colours, each as "#rrggbb"."""

    name: str
    surface: str
    raised: str
    sunken: str
    field: str
    hover: str
    border: str
    text: str
    muted: str
    disabled: str
    accent: str
    on_accent: str
    good: str
    caution: str
    danger: str


DARK = Theme(
    name="dark",
    surface="#1f2226",
    raised="#2a2e33",
    sunken="#181a1d",
    field="#181a1d",
    hover="#353a41",
    border="#3c4249",
    text="#e6e8ea",
    muted="#a2aab3",
    disabled="#6b737c",
    accent="#4aa3ff",
    on_accent="#0b1622",
    good="#3ecf7a",
    caution="#ffc04a",
    danger="#ff6b61",
)
LIGHT = Theme(
    name="light",
    surface="#eef0f2",
    raised="#ffffff",
    sunken="#e3e6e9",
    field="#ffffff",
    hover="#dde3ea",
    border="#c3c9d0",
    text="#1b1f24",
    muted="#56606b",
    disabled="#98a1ab",
    accent="#0b67c8",
    on_accent="#ffffff",
    good="#0b7537",
    caution="#8f5b00",
    danger="#c22a20",
)
THEMES = {theme.name: theme for theme in (DARK, LIGHT)}


def current_theme() -> Theme:
    """The theme that the application shows now."""
    application = QApplication.instance()
    name = application.property("theme") if application else None
    return THEMES.get(str(name), DARK)


def apply_theme(application: QApplication, name: str) -> Theme:
    """Give the whole application a theme by name ("dark" or "light"); icons follow by themselves."""
    theme = THEMES[name]
    application.setProperty("theme", theme.name)
    if application.style().objectName().lower() != "fusion":
        application.setStyle("Fusion")
    scheme = Qt.ColorScheme.Dark if theme is DARK else Qt.ColorScheme.Light
    if hasattr(QGuiApplication.styleHints(), "setColorScheme"):  # title bars follow, from Qt 6.8 on
        QGuiApplication.styleHints().setColorScheme(scheme)
    palette = _palette(theme)
    if application.palette() != palette:
        application.setPalette(palette)
    _enlarge_font(application)
    sheet = style_sheet(theme, text_scale())
    # Qt styles every widget anew, which takes half a second, also when nothing has changed.
    if application.styleSheet() != sheet:
        application.setStyleSheet(sheet)
    return theme


def text_scale() -> float:
    """How much larger the system's letters are than those that sizes in pixels are given for; at least 1."""
    return max(1.0, QFontInfo(QApplication.font()).pixelSize() / USUAL_FONT_PX)


def follow_theme(widget: QWidget, show: Callable[[Theme], None]) -> None:
    """Call `show` with the present theme now, and again whenever another one is chosen while the widget lives.

    For what no style sheet reaches: plots, and pictures that were painted once.
    """
    show(current_theme())
    widget.installEventFilter(_Follower(widget, show))


class _Follower(QObject):
    """Sees that a widget was given another style, and tells of it when the theme is another one, too."""

    def __init__(self, widget: QWidget, show: Callable[[Theme], None]) -> None:
        super().__init__(widget)
        self._show, self._shown = show, current_theme()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.StyleChange and current_theme() is not self._shown:
            self._shown = current_theme()
            self._show(self._shown)
        return False


def _enlarge_font(application: QApplication) -> None:
    font = QFont(application.font())
    if 0 < font.pointSizeF() < SMALLEST_FONT_PT:
        font.setPointSizeF(SMALLEST_FONT_PT)
        application.setFont(font)


def _palette(theme: Theme) -> QPalette:
    palette = QPalette()
    role = QPalette.ColorRole
    pairs = {
        role.Window: theme.surface,
        role.WindowText: theme.text,
        role.Base: theme.field,
        role.AlternateBase: theme.raised,
        role.Text: theme.text,
        role.Button: theme.raised,
        role.ButtonText: theme.text,
        role.BrightText: theme.danger,
        role.ToolTipBase: theme.raised,
        role.ToolTipText: theme.text,
        role.PlaceholderText: theme.disabled,
        role.Highlight: theme.accent,
        role.HighlightedText: theme.on_accent,
        role.Link: theme.accent,
        role.LinkVisited: theme.accent,
        role.Light: theme.hover,
        role.Midlight: theme.hover,
        role.Mid: theme.border,
        role.Dark: theme.sunken,
        role.Shadow: "#000000",
    }
    for which, colour in pairs.items():
        palette.setColor(which, QColor(colour))
    for which in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, which, QColor(theme.disabled))
    return palette
