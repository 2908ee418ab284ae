"""A margin as one number, or as six in patient directions: R L A P S I."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QStackedWidget, QToolButton, QVBoxLayout, QWidget

from workstation.geometry.errors import GeometryError
from workstation.gui.fields import NumberField, label, restyle
from workstation.structures.recipe import LARGEST_MARGIN_MM, Margin

DIRECTIONS = ("Right", "Left", "Anterior", "Posterior", "Superior", "Inferior")


class MarginField(QWidget):
    """Editable margin. changed: a new valid margin was entered."""

    changed = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._margin = Margin.uniform(5.0)
        self.one = NumberField("mm", -LARGEST_MARGIN_MM, LARGEST_MARGIN_MM, 0.5, 1, "The margin")
        self.six = [
            NumberField("", -LARGEST_MARGIN_MM, LARGEST_MARGIN_MM, 0.5, 1, f"The margin to {name.lower()}", 52)
            for name in DIRECTIONS
        ]
        self.modes: list[QToolButton] = []
        self._pages = QStackedWidget()
        self._pages.addWidget(self._page_of_one())
        self._pages.addWidget(self._page_of_six())
        self.reason = label("", "reason", wrap=True)
        self.reason.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(self._mode_row())
        layout.addWidget(self._pages)
        layout.addWidget(self.reason)
        self.one.changed.connect(lambda _value: self._entered())
        for field in self.six:
            field.changed.connect(lambda _value: self._entered())
        self.set_margin(self._margin)

    def _mode_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(0)
        for number, (text, tip) in enumerate(
            (("One", "The same margin in all directions"), ("R L A P S I", "A margin for each patient direction"))
        ):
            button = QToolButton()
            button.setText(text)
            button.setToolTip(tip)
            button.setCheckable(True)
            restyle(button, kind="segment")
            button.clicked.connect(lambda _on, n=number: self._choose_mode(n))
            row.addWidget(button)
            self.modes.append(button)
        row.addStretch(1)
        return row

    def _page_of_one(self) -> QWidget:
        page = QWidget()
        layout = QVBoxLayout(page)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.one)
        return page

    def _page_of_six(self) -> QWidget:
        page = QWidget()
        layout = QGridLayout(page)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setHorizontalSpacing(6)
        layout.setVerticalSpacing(4)
        for number, (name, field) in enumerate(zip(DIRECTIONS, self.six, strict=True)):
            row, column = divmod(number, 2)
            letter = label(name[0])
            letter.setToolTip(f"To {name.lower()}, in mm")
            field.setToolTip(f"To {name.lower()}, in mm")
            layout.addWidget(letter, row, 2 * column)
            layout.addWidget(field, row, 2 * column + 1)
        layout.setColumnStretch(1, 1)
        layout.setColumnStretch(3, 1)
        return page

    def margin(self) -> Margin:
        """The last valid margin."""
        return self._margin

    def set_margin(self, margin: Margin) -> None:
        """Show a margin without telling anybody."""
        self._margin = margin
        self.one.set_value(margin.right)
        for field, value in zip(self.six, margin.values, strict=True):
            field.set_value(value)
        if not margin.is_uniform:
            self._show_mode(1)
        elif not any(button.isChecked() for button in self.modes):
            self._show_mode(0)
        self._refuse("")

    def begin_anew(self) -> None:
        """Drop what stands half entered; the next uniform margin is shown as one number."""
        for field in (self.one, *self.six):
            field.line.setModified(False)
        self._show_mode(0)

    def is_valid(self) -> bool:
        """Whether what stands in the fields is a margin."""
        fields = [self.one] if self._pages.currentIndex() == 0 else self.six
        return all(field.is_valid() for field in fields) and not self.reason.text()

    def _show_mode(self, mode: int) -> None:
        self._pages.setCurrentIndex(mode)
        for number, button in enumerate(self.modes):
            button.setChecked(number == mode)
        # a stacked widget is as high as its highest page: let it be as high as the page in front
        for number in range(self._pages.count()):
            page = self._pages.widget(number)
            policy = page.sizePolicy()
            policy.setVerticalPolicy(policy.Policy.Preferred if number == mode else policy.Policy.Ignored)
            page.setSizePolicy(policy)
        self._pages.adjustSize()

    def _choose_mode(self, mode: int) -> None:
        self._show_mode(mode)
        if mode == 1:
            for field in self.six:
                field.set_value(self.one.value())
        else:
            self.one.set_value(self.six[0].value())
        self._entered()

    def _entered(self) -> None:
        one = self._pages.currentIndex() == 0
        try:
            margin = Margin.uniform(self.one.value()) if one else Margin(*(field.value() for field in self.six))
        except GeometryError as error:
            self._refuse(str(error))
            return
        self._refuse("")
        if margin != self._margin:
            self._margin = margin
            self.changed.emit(margin)

    def _refuse(self, reason: str) -> None:
        self.reason.setText(reason)
        self.reason.setVisible(bool(reason))
        for field in self.six:
            restyle(field.line, invalid=bool(reason) or not field.is_valid())
