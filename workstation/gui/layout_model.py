"""How the views are laid out: which arrangement, what it compares, who is large, and how the place is shared.

A small model without a toolkit, kept with the case like everything else about how it is looked at.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from psygnal import Signal

from workstation.view.slice_planes import ORIENTATIONS

FOUR, LARGE, ROW, COMPARE, PHASES = "four", "large", "row", "compare", "phases"
LAYOUTS = (FOUR, LARGE, ROW, COMPARE, PHASES)
"""Two by two; one large and three small; three in a row; two series side by side; all phases of an examination."""

VOLUME = "volume"
PLANES_AND_VOLUME = (*ORIENTATIONS, VOLUME)

Shares = list[list[int]]
"""Sizes of the places of each splitter of a layout, from the outermost to the innermost."""


class ViewLayout:
    """The layout of a case's views.

    main: the view that is large in `LARGE`. compared: keys of the two images in `COMPARE`, "" for the fused picture.
    orientation: of the views in `COMPARE` and `PHASES`. phases_of: key of one phase of the examination shown in
    `PHASES`. maximised: the view that has the whole place, "" for none.
    """

    changed = Signal()
    """The arrangement, or what it compares, is another one; not emitted when only borders were moved."""

    def __init__(self) -> None:
        self._name = FOUR
        self._main = ORIENTATIONS[0]
        self._compared: tuple[str, str] = ("", "")
        self._orientation = ORIENTATIONS[0]
        self._phases_of = ""
        self._suggested = True
        self.maximised = ""
        self.shares: dict[str, Shares] = {}

    @property
    def name(self) -> str:
        """One of `LAYOUTS`."""
        return self._name

    @property
    def main(self) -> str:
        """The large view of `LARGE`."""
        return self._main

    @property
    def compared(self) -> tuple[str, str]:
        """Keys of the images at the left and at the right of `COMPARE`; "" is the fused picture."""
        return self._compared

    @property
    def orientation(self) -> str:
        """Of the views in `COMPARE` and `PHASES`."""
        return self._orientation

    @property
    def phases_of(self) -> str:
        """Key of one phase of the examination in `PHASES`, "" for the first there is."""
        return self._phases_of

    def choose(
        self,
        name: str | None = None,
        *,
        main: str | None = None,
        compared: tuple[str, str] | None = None,
        orientation: str | None = None,
        phases_of: str | None = None,
    ) -> None:
        """Change some of it; None leaves a part as it is. Raises ValueError for what there is not."""
        _refuse_unknown("layout", name, LAYOUTS)
        _refuse_unknown("view", main, PLANES_AND_VOLUME)
        _refuse_unknown("orientation", orientation, ORIENTATIONS)
        wanted = {
            "_name": name,
            "_main": main,
            "_compared": compared,
            "_orientation": orientation,
            "_phases_of": phases_of,
        }
        self._suggested = self._suggested and main is None and orientation is None
        new = {key: value for key, value in wanted.items() if value is not None and value != getattr(self, key)}
        if not new:
            return
        if name is not None and "_name" in new:
            self.maximised = ""
        for key, value in new.items():
            setattr(self, key, value)
        self.changed.emit()

    def suggest(self, orientation: str) -> None:
        """Begin with a row of planes, those that the images were acquired in; not after a person has chosen others."""
        _refuse_unknown("orientation", orientation, ORIENTATIONS)
        if self._suggested and (self._main, self._orientation) != (orientation, orientation):
            self._main = self._orientation = orientation
            self.changed.emit()

    def state(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "name": self._name,
            "main": self._main,
            "compared": list(self._compared),
            "orientation": self._orientation,
            "phases_of": self._phases_of,
            "maximised": self.maximised,
            "shares": self.shares,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take up what `state` gave; what is missing or unknown stays as it is."""
        self._suggested = self._suggested and "orientation" not in state
        self._name = _known(state.get("name"), LAYOUTS, self._name)
        self._main = _known(state.get("main"), PLANES_AND_VOLUME, self._main)
        self._orientation = _known(state.get("orientation"), ORIENTATIONS, self._orientation)
        compared = state.get("compared")
        if isinstance(compared, (list, tuple)) and len(compared) == 2:
            self._compared = str(compared[0]), str(compared[1])
        self._phases_of = str(state.get("phases_of", self._phases_of))
        self.maximised = str(state.get("maximised", ""))
        shares = state.get("shares")
        if isinstance(shares, Mapping):
            self.shares = {str(k): v for k, v in shares.items() if k in LAYOUTS and _are_shares(v)}
        self.changed.emit()


def _refuse_unknown(what: str, value: str | None, known: tuple[str, ...]) -> None:
    if value is not None and value not in known:
        raise ValueError(f"There is no {what} called {value!r}; choose one of {', '.join(known)}")


def _known(value: object, known: tuple[str, ...], otherwise: str) -> str:
    return value if isinstance(value, str) and value in known else otherwise


def _are_shares(value: object) -> bool:
    return isinstance(value, list) and all(
        isinstance(each, list) and all(isinstance(n, int) and n >= 0 for n in each) for each in value
    )
