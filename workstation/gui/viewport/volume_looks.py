"""What the 3D view shows beside the structures, and how it is cut open; kept with the case."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from psygnal import Signal

from workstation.gui.kept_values import word_in
from workstation.view.volume_clip import CUTS, Cut, cuts_of
from workstation.view.volume_presets import BONE_SURFACE, CONTEXTS


class VolumeLook:
    """How the 3D view looks. Nothing in here can be undone; `state` and `restore` carry it into the case file."""

    changed = Signal()
    """Something is to be shown otherwise."""

    def __init__(self) -> None:
        self._context = BONE_SURFACE
        self._flipped: dict[str, bool] = {}
        self._targets_whole = True
        self._shines_through = True
        self._clear_ground = False

    @property
    def context(self) -> str:
        """What lies around the structures: one of `workstation.view.volume_presets.CONTEXTS`."""
        return self._context

    @context.setter
    def context(self, name: str) -> None:
        if name not in CONTEXTS:
            raise ValueError(f"The 3D view can't show {name!r}; choose one of {', '.join(CONTEXTS)}")
        self._change("_context", name)

    @property
    def cuts(self) -> tuple[Cut, ...]:
        """The planes through the crosshair that cut the picture open."""
        return cuts_of(self._flipped)

    def cut(self, plane: str) -> Cut | None:
        """The cut by a plane of `workstation.view.volume_clip.CUTS`, None where it does not cut."""
        return next((cut for cut in self.cuts if cut.plane == plane), None)

    def set_cut(self, cut: Cut) -> None:
        """Cut by a plane, or keep the other side of it."""
        self._change("_flipped", {**self._flipped, cut.plane: cut.flipped})

    def drop_cut(self, plane: str) -> None:
        """No longer cut by a plane."""
        self._change("_flipped", {name: flipped for name, flipped in self._flipped.items() if name != plane})

    def flip(self, plane: str) -> None:
        """Keep the other side of a plane; nothing happens when it does not cut."""
        if plane in self._flipped:
            self.set_cut(Cut(plane, not self._flipped[plane]))

    @property
    def targets_whole(self) -> bool:
        """Whether cuts leave GTV, CTV and PTV alone: one looks into the open patient at the whole target."""
        return self._targets_whole

    @targets_whole.setter
    def targets_whole(self, whole: bool) -> None:
        self._change("_targets_whole", bool(whole))

    @property
    def shines_through(self) -> bool:
        """Whether structures are seen through bone and skin in front of them."""
        return self._shines_through

    @shines_through.setter
    def shines_through(self, shines: bool) -> None:
        self._change("_shines_through", bool(shines))

    @property
    def clear_ground(self) -> bool:
        """Whether pictures that leave the program have a clear ground instead of a black one."""
        return self._clear_ground

    @clear_ground.setter
    def clear_ground(self, clear: bool) -> None:
        self._change("_clear_ground", bool(clear))

    # ----------------------------------------------------------------------------------------- keeping it all

    def state(self) -> dict[str, Any]:
        """Everything worth keeping, as JSON values."""
        return {
            "context": self._context,
            "cuts": dict(self._flipped),
            "targets_whole": self._targets_whole,
            "shines_through": self._shines_through,
            "clear_ground": self._clear_ground,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take up what `state` gave; what is missing or unknown stays as it is."""
        self._context = word_in(state, "context", CONTEXTS, self._context)
        cuts = state.get("cuts")
        if isinstance(cuts, Mapping):
            self._flipped = {plane: bool(cuts[plane]) for plane in CUTS if plane in cuts}
        for name in ("targets_whole", "shines_through", "clear_ground"):
            setattr(self, f"_{name}", bool(state.get(name, getattr(self, f"_{name}"))))
        self.changed.emit()

    def _change(self, name: str, value: Any) -> None:
        if getattr(self, name) != value:
            setattr(self, name, value)
            self.changed.emit()
