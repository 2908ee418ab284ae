"""What the actions of the table do: one method for each handler name."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QUrl
from PySide6.QtGui import QAction, QDesktopServices
from PySide6.QtWidgets import QApplication, QFileDialog

from workstation.gui.theme import apply_theme

if TYPE_CHECKING:
    from workstation.gui.exporting import ExportPlan
    from workstation.gui.main_window import MainWindow
    from workstation.gui.workspace import Workspace


class Commands:
    """The handlers, bound to one window. Whatever needs a case is only enabled while there is one."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self._presets_of: tuple[object, ...] = ()

    # ------------------------------------------------------------------ file

    def open_folder(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self._window, "Open a folder of images", self._last_folder())
        if chosen:
            self.open_paths([chosen])

    def open_files(self) -> None:
        chosen, _ = QFileDialog.getOpenFileNames(
            self._window, "Open files, an archive, or a saved case", self._last_folder(), "All files (*)"
        )
        if chosen:
            self.open_paths(chosen)

    def open_paths(self, paths: Sequence[str]) -> None:
        """Open folders, files, archives or a saved case; used by the menu, by drag and drop and at start."""
        self._window.files.open_paths(list(paths))

    def open_example(self) -> None:
        self._window.files.open_example()

    def save(self) -> None:
        self._window.files.save()

    def save_as(self) -> None:
        self._window.files.save_as()

    def close_case(self) -> None:
        self._window.files.close_case()

    def quit(self) -> None:
        self._window.close()

    def export(self) -> None:
        """Export begins with a look at what will be written."""
        self.choose_step("review")

    def export_plan(self, plan: ExportPlan) -> None:
        """Write what the review panel asked for."""
        from workstation.gui.exporting import export

        window, review = self._window, self._workspace.review

        def fail(error: Exception) -> None:
            review.exported([])
            window.runner.failed.emit("Export", error)

        window.runner.start("Export", export, plan, then=review.exported, failed=fail)

    def _last_folder(self) -> str:
        return self._window.files.last_folder()

    # ------------------------------------------------------------------ edit

    @property
    def _workspace(self) -> Workspace:
        workspace = self._window.workspace
        if workspace is None:
            raise RuntimeError("an action that needs a case ran without one")
        return workspace

    def undo(self) -> None:
        case = self._workspace.session.case
        self._workspace.session.attempt(case.undo)

    def redo(self) -> None:
        case = self._workspace.session.case
        self._workspace.session.attempt(case.redo)

    def new_structure(self) -> None:
        self.choose_step("contour")
        self._workspace.contour.begin_new()

    def rename_structure(self) -> None:
        self._workspace.structures.rename(self._workspace.session.desk.active)

    def lock_structure(self) -> None:
        from workstation.case.commands import ChangeStructure

        active = self._workspace.session.active
        if active is not None:
            self._workspace.session.do(ChangeStructure(active.identifier, locked=not active.locked))

    def delete_structure(self) -> None:
        from workstation.case.commands import RemoveStructure

        active = self._workspace.session.active
        if active is not None:
            self._workspace.session.do(RemoveStructure(active.identifier))

    def copy_from_above(self) -> None:
        self._on_slice("copy_neighbour", 1)

    def copy_from_below(self) -> None:
        self._on_slice("copy_neighbour", -1)

    def clear_slice(self) -> None:
        self._on_slice("clear_slice")

    def fill_holes(self) -> None:
        self._on_slice("fill_holes")

    def _on_slice(self, operation: str, *arguments: Any) -> None:
        from workstation.editing import slices

        plane = self._workspace.drawing_plane()
        if plane is not None:
            function = {
                "copy_neighbour": slices.copy_neighbour,
                "clear_slice": slices.clear_slice,
                "fill_holes": slices.fill_holes,
            }
            function[operation](self._workspace.session.desk, plane, *arguments)

    # ------------------------------------------------------------------ tools

    def choose_tool(self, key: str) -> None:
        self._workspace.take_tool(key)

    def choose_rule(self, rule: str) -> None:
        self._workspace.session.desk.rule = rule

    def toggle_ball(self) -> None:
        desk = self._workspace.session.desk
        desk.ball = not desk.ball

    def change_brush(self, steps: float) -> None:
        self._workspace.session.desk.step_brush(int(steps))

    # ------------------------------------------------------------------ view

    def choose_step(self, name: str) -> None:
        if self._window.workspace is not None:
            self._window.workspace.show_step(name)
            self._window.actions_by_name.check(f"step_{name}")

    def toggle_overlay(self) -> None:
        viewing = self._workspace.session.viewing
        viewing.overlay_shown = not viewing.overlay_shown

    def next_drawn(self, direction: float) -> None:
        """Move the crosshair to the next plane on which the active structure is drawn."""
        from workstation.editing.slices import next_drawn_position

        session = self._workspace.session
        structure = session.active
        if structure is None:
            return
        plane = structure.stack.plane
        u, v, w = plane.to_plane(session.viewing.crosshair_mm)
        found = next_drawn_position(session.case, structure.identifier, float(w), int(direction))
        if found is None:
            side = "above" if direction > 0 else "below"
            session.refused.emit(f"{structure.name} has no contour {side} this slice")
        else:
            session.viewing.crosshair_mm = plane.to_patient((u, v), found)

    def step_structure(self, direction: float) -> None:
        """Make the next or previous structure of the list active."""
        session = self._workspace.session
        keys = list(session.case.structures)
        if keys:
            active = session.desk.active
            row = keys.index(active) + int(direction) if active in keys else 0
            session.desk.active = keys[max(0, min(len(keys) - 1, row))]

    def centre_on_structure(self) -> None:
        self._workspace.look_at(self._workspace.session.desk.active)

    def toggle_maximised(self) -> None:
        """The view that the pointer or the focus is in, else the axial one."""
        views = self._workspace.views
        shown = [name for name in (*views.under_cursor(), *views.shown()) if name in views.shown()]
        views.maximise(views.maximised or shown[0])

    def choose_preset(self, name: str) -> None:
        """A window preset of the planning image by name."""
        from workstation.images.windows import presets_for

        session = self._workspace.session
        planning = session.case.planning
        for preset in presets_for(planning) if planning else ():
            if preset.name == name and planning is not None:
                session.viewing.set_window(planning.key, preset.centre, preset.width)

    def choose_theme(self, name: str) -> None:
        application = QApplication.instance()
        if isinstance(application, QApplication):
            apply_theme(application, name)
            self._window.files.settings.set_theme(name)
            self._window.refresh()

    def toggle_full_screen(self) -> None:
        if self._window.isFullScreen():
            self._window.showNormal()
        else:
            self._window.showFullScreen()

    # ------------------------------------------------------------------ help

    def show_log(self) -> None:
        path = self._window.files.settings.log_path
        if path.exists():
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(path)))
        else:
            self._window.messages.say("Nothing has been logged yet.")

    def show_about(self) -> None:
        from workstation.gui.about import About

        About(self._window).show()

    # ------------------------------------------------------------------ fusion

    def register(self, key: str) -> None:
        """Register an image onto the planning image in the background, then fuse it."""
        from workstation.gui.registration_commands import register_pair

        register_pair(self._workspace.session, key)

    def load_registration(self) -> None:
        """Read a registration file that a person chooses."""
        chosen, _ = QFileDialog.getOpenFileName(self._window, "Open a registration (REG)", self._last_folder())
        if chosen:
            self.open_paths([chosen])

    # ------------------------------------------------------------------ for the window

    def connect_workspace(self, workspace: Workspace) -> None:
        """Wire what the panels ask for, as each of them is made."""
        workspace.panel_made.connect(lambda name: self._connect_panel(workspace, name))
        for handler in self._window.handlers:
            if hasattr(handler, "follow"):
                handler.follow(workspace.session)

    def _connect_panel(self, workspace: Workspace, name: str) -> None:
        if name == "images":
            workspace.images.load_wanted.connect(self._window.files.load_entry)
        elif name == "fuse":
            workspace.fuse.open_wanted.connect(self.open_folder)
        elif name == "targets":
            workspace.targets.contour_wanted.connect(self.new_structure)
        elif name == "review":
            workspace.review.contour_wanted.connect(self.new_structure)
            workspace.review.export_wanted.connect(self.export_plan)

    def refresh_menus(self) -> None:
        """The submenu of window presets follows the planning image."""
        menu = self._window.actions_by_name.submenus["presets"]
        session = self._window.session
        planning = session.case.planning if session else None
        if (id(planning), planning is None) == self._presets_of:
            return
        self._presets_of = (id(planning), planning is None)
        for action in menu.actions():
            self._window.removeAction(action)
        menu.clear()
        menu.setEnabled(planning is not None)
        if planning is None:
            return
        from workstation.images.windows import presets_for

        for number, preset in enumerate(presets_for(planning)[:9], start=1):
            action = QAction(f"{preset.name}   {preset.centre:.0f} / {preset.width:.0f}", menu)
            action.setShortcut(str(number))
            action.triggered.connect(lambda _checked=False, name=preset.name: self.choose_preset(name))
            menu.addAction(action)
            self._window.addAction(action)

    def case_name(self) -> str:
        """What the title bar calls the open case."""
        return self._window.files.case_name()

    def saved_words(self) -> str:
        """Whether everything is on disk, in words."""
        return self._window.files.saved_words()

    def may_close(self) -> bool:
        """Whether the window can close without losing anything that a person has not agreed to lose."""
        return self._window.files.may_close()

    def release_file(self) -> None:
        """Let go of the case file."""
        self._window.files.release()

    def recent_case(self, path: Path) -> None:
        """Open a case of the list."""
        self.open_paths([str(path)])
