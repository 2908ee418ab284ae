"""What the actions of the 3D view do."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QFileDialog

if TYPE_CHECKING:
    from workstation.gui.main_window import MainWindow
    from workstation.gui.viewport.volume_looks import VolumeLook
    from workstation.gui.viewport.volume_view import VolumeView

NO_PICTURE = "There is no 3D picture to take: the 3D view shows nothing"


class VolumeCommands:
    """The handlers, bound to one window; all of them need a case."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window

    def begin(self) -> None:
        """Follow the look of every case that is shown."""
        self._window.case_shown.connect(self._follow)

    def checks(self) -> dict[str, bool]:
        """Which of the actions are chosen now."""
        if self._window.session is None:
            return {}
        from workstation.view.volume_clip import CUTS
        from workstation.view.volume_presets import CONTEXTS

        look = self._look
        return {
            **{f"volume_context_{name}": look.context == name for name in CONTEXTS},
            **{f"volume_cut_{plane}": look.cut(plane) is not None for plane in CUTS},
            "volume_through": look.shines_through,
            "volume_targets_whole": look.targets_whole,
            "volume_clear_ground": look.clear_ground,
        }

    def look_from_side(self, side: str) -> None:
        self._view.look_from(side)

    def fit_volume(self) -> None:
        self._view.fit()

    def choose_volume_context(self, name: str) -> None:
        """Show another context; where no open image can give it, that is said and the context stays."""
        from workstation.gui.viewport.volume_images import offered
        from workstation.view.volume_presets import CONTEXTS

        assert self._window.session is not None
        if offered(self._window.session.case, self._window.session.viewing)[name]:
            self._look.context = name
            return
        needed = "an MR image that is planned on or fused" if name == "mr" else "a CT that is planned on or fused"
        self._say(f"{CONTEXTS[name]} can't be shown in 3D: it needs {needed}")
        self._window.refresh()

    def toggle_shines_through(self) -> None:
        self._look.shines_through = not self._look.shines_through

    def toggle_volume_cut(self, plane: str) -> None:
        self._view.toggle_cut(plane)

    def flip_volume_cut(self, plane: str) -> None:
        """Keep the other side of a cut; a plane that does not cut yet cuts then."""
        if self._look.cut(plane) is None:
            self._view.toggle_cut(plane)
        else:
            self._look.flip(plane)

    def toggle_targets_whole(self) -> None:
        self._look.targets_whole = not self._look.targets_whole

    def toggle_clear_ground(self) -> None:
        self._look.clear_ground = not self._look.clear_ground

    def copy_volume_picture(self) -> None:
        def copy(image: QImage) -> None:
            QGuiApplication.clipboard().setImage(image)
            self._say(f"The 3D picture, {image.width()} x {image.height()}, is on the clipboard", "info")

        if not self._view.take_picture(copy):
            self._say(NO_PICTURE)

    def save_volume_picture(self) -> None:
        start = str(Path(self._window.files.last_folder()) / "3D.png")
        chosen, _ = QFileDialog.getSaveFileName(self._window, "Save the 3D picture", start, "PNG pictures (*.png)")
        if not chosen:
            return
        path = Path(chosen) if Path(chosen).suffix.lower() == ".png" else Path(chosen + ".png")

        def save(image: QImage) -> None:
            if image.save(str(path), "PNG"):
                self._say(f"The 3D picture is in {path}", "info")
            else:
                self._say(f"The 3D picture could not be written to {path}: choose a folder that can be written to")

        if not self._view.take_picture(save):
            self._say(NO_PICTURE)

    # ------------------------------------------------------------------------------------------------ privately

    @property
    def _view(self) -> VolumeView:
        assert self._window.workspace is not None
        view: VolumeView = self._window.workspace.views.views["volume"]
        return view

    @property
    def _look(self) -> VolumeLook:
        assert self._window.session is not None
        return self._window.session.viewing.volume_look

    def _say(self, sentence: str, kind: str = "caution") -> None:
        self._window.messages.say(sentence, kind, key="refused")  # said over the views, whose size shall stay

    def _follow(self) -> None:
        """Another case, another look: its choices are shown in the menu."""
        if self._window.session is not None:
            self._look.changed.connect(self._window.refresh)
            self._window.refresh()
