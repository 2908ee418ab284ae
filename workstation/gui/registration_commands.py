"""What the actions of registration do."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

from PySide6.QtWidgets import QApplication, QFileDialog

from workstation.gui.case_commands import CaseCommands

if TYPE_CHECKING:
    from workstation.fusion.registration import Registration
    from workstation.gui.panels.registration import RegistrationPanel
    from workstation.gui.registering import Registering
    from workstation.gui.session import Session
    from workstation.images.volume import Volume

PANEL, BEFORE = "registration", "registration_before"
"""Name of the panel around the views."""


class RegistrationCommands(CaseCommands):
    """The handlers, bound to one window."""

    @property
    def _registering(self) -> Registering:
        return self._session.registering

    def checks(self) -> dict[str, bool]:
        """Which of the actions are chosen now."""
        session = self._window.session
        return {} if session is None else {BEFORE: session.desk.placing.before}

    # ------------------------------------------------------------------ running

    def show_registration(self, page: str) -> None:
        """The panel, with one of its four ways in front."""
        assert self._window.workspace is not None
        panel = cast("RegistrationPanel", self._window.workspace.show_dock(PANEL))
        panel.go_to(page)

    def register_now(self) -> None:
        """Register the fused image onto the planning image, as the images themselves suggest."""
        moving = self._registering.moving
        register_pair(self._session, moving.key if moving is not None else "")

    def register_phases(self) -> None:
        """Register all other phases of the fused image's examination onto it."""
        from workstation.gui.registration_jobs import register_phases
        from workstation.images.phases import phases_of

        session, reference = self._session, self._registering.moving
        others = [] if reference is None else phases_of(session.case.images, reference.key)
        others = [phase for phase in others if phase is not reference and phase is not self._registering.fixed]
        if reference is None or not others:
            session.refused.emit("The fused image has no other phases: fuse a phase of a multiphase examination first")
            return
        self._window.runner.start(
            f"Registering {len(others)} phases onto {session.image_name(reference.key)}", register_phases, reference,
            others, then=lambda found: self._phases_came(reference, found), lane="registration",
        )  # fmt: skip

    def _phases_came(self, reference: Volume, found: list[tuple[Volume, Registration]]) -> None:
        """Those that agree are put to use, as one step; the others stay where the scanner placed them."""
        from workstation.case.commands import AddRegistration, Command, Together
        from workstation.case.registration_commands import SeparateImage
        from workstation.images.own_frame import is_separated_frame

        session = self._window.session
        if session is None or session.case.images.get(reference.key) is not reference:
            return
        commands: list[Command] = []
        failed = []
        for phase, made in found:
            if session.case.images.get(phase.key) is not phase:
                continue
            if made.quality.get("verdict") == "failed":
                failed.append(session.image_name(phase.key))
            elif not is_separated_frame(phase.frame_of_reference_uid):
                commands.append(SeparateImage(phase.key, made))
            else:
                commands.append(AddRegistration(made))
        if commands and session.do(Together("Register phases", tuple(commands))):
            return
        counted = "1 phase is" if len(commands) == 1 else f"{len(commands)} phases are"
        words = f"{counted} registered onto {session.image_name(reference.key)}."
        if failed:
            words += f" {', '.join(failed)} could not be: left where the scanner placed it."
        self._window.messages.say(words, "caution" if failed else "good", key="register")

    def refine_registration(self) -> None:
        """Go on automatically from where the fused image lies now."""
        self.show_registration("automatic")
        assert self._window.workspace is not None
        cast("RegistrationPanel", self._window.workspace.show_dock(PANEL)).automatic.refine()

    # ------------------------------------------------------------------ judging

    def toggle_before(self) -> None:
        """Show the images as they lay before the registration that counts, or as they lie with it."""
        placing = self._session.desk.placing
        if placing.registration is None:
            self._session.refused.emit("There is no registration of the fused image to look behind")
            self._show_before()  # the button went down by itself
            return
        placing.before = not placing.before

    def accept_registration(self) -> None:
        """Accept what the fused image's place hangs on, in the name of the person who is logged in."""
        from workstation.gui.panels.registration import known_person

        if self._registering.waiting:
            self._registering.accept(known_person())
        elif self._registering.chain:
            self._session.refused.emit("The registration is accepted already")
        else:
            self._session.refused.emit("The fused image has no registration: register it first")

    def _found(self) -> Registration | None:
        found = self._registering.registration
        if found is None:
            self._session.refused.emit("The fused image has no registration of its own: register it first")
        return found

    # ------------------------------------------------------------------ handing over

    def copy_matrix(self) -> None:
        """The 4 x 4 matrix from the planning image's frame to the fused image's, row by row, to the clipboard."""
        from workstation.editing.placing import rigid_part
        from workstation.geometry.deformation import is_affine

        link = self._session.desk.placing.link()
        if link is None:
            self._session.refused.emit("The fused image is not registered: there is no matrix to copy")
            return
        rows = ["\t".join(f"{value:.10g}" for value in row) for row in rigid_part(link).matrix.tolist()]
        QApplication.clipboard().setText("\n".join(rows) + "\n")
        which = "matrix" if is_affine(link) else "rigid part of the deformation, as a matrix"
        words = f"The {which} from the planning image's frame to the fused one's (mm, LPS) is on the clipboard."
        self._window.messages.say(words, key="copied")

    def export_registration(self) -> None:
        """Ask where, and write the registration that counts as a DICOM object."""
        from workstation.gui.exporting import planned_registrations

        found = self._found()
        if found is None:
            return
        planned = planned_registrations(self._session.case)
        item = next((p for p in planned if p.registration.identifier == found.identifier), None)
        if item is None:
            self._session.refused.emit("One of the two images is not open: the registration can't name it")
            return
        start = f"{self._window.files.last_folder() or '.'}/registration.dcm"
        chosen, _ = QFileDialog.getSaveFileName(self._window, "Write the registration", start, "DICOM (*.dcm)")
        if chosen:
            said = f"The registration is in {chosen}."
            self._window.runner.start(
                "Writing the registration", _write_registration, Path(chosen), found, item.fixed, item.moving,
                then=lambda _uid: self._window.messages.say(said, "good", key="exported"),
            )  # fmt: skip

    def export_resampled(self) -> None:
        """Ask where, and write the fused image as it lies on the planning image as a derived DICOM series."""
        registering = self._registering
        fixed, moving = registering.fixed, registering.moving
        if fixed is None or moving is None or self._session.desk.placing.link() is None:
            self._session.refused.emit("The fused image is not registered: nothing says where to resample it to")
            return
        chosen = QFileDialog.getExistingDirectory(
            self._window, "Choose an empty folder for the resampled series", self._window.files.last_folder()
        )
        if not chosen:
            return
        if any(Path(chosen).iterdir()):
            self._session.refused.emit("That folder is not empty: choose another one, so that nothing is mixed up")
            return
        chain = self._session.case.chain(fixed.frame_of_reference_uid, moving.frame_of_reference_uid)
        self._window.runner.start(
            "Resampling and writing", write_resampled, Path(chosen), fixed, moving, chain,
            then=lambda count: self._window.messages.say(
                f"{count} resampled slices are in {chosen}.", "good", key="exported"
            ),
        )  # fmt: skip

    # ------------------------------------------------------------------ for the window

    def follow(self, session: Session) -> None:
        """Say above the views how registrations end."""
        session.registering.said.connect(self._say)
        session.registrations_changed.connect(self._forget)
        session.placing_changed.connect(self._show_before)

    def _show_before(self) -> None:
        """A drag, another image or another registration ends looking behind, and the button comes up."""
        session = self._window.session
        self._window.actions_by_name.check(BEFORE, session is not None and session.desk.placing.before)

    def _forget(self) -> None:
        """What was said about a registration that is accepted, replaced or taken back is said no longer."""
        self._window.messages.clear("register")

    def _say(self, sentence: str, kind: str) -> None:
        self._window.messages.clear("register")
        answers = [("Go to Registration", lambda: self.show_registration("automatic"))]
        self._window.messages.say(sentence, kind, answers, key="register")


def register_pair(session: Session, key: str) -> None:
    """Register an image onto the planning image, as the images themselves suggest."""
    from workstation.gui.panels.automatic_page import checks_of
    from workstation.gui.registration_jobs import RigidWish, register_as_wished

    if key in session.case.images:
        session.desk.placing.moving_key = key
    session.registering.run(register_as_wished, RigidWish(), checks_of(session))


def _write_registration(path: Path, registration: Registration, fixed: Volume, moving: Volume, progress: object) -> str:
    from workstation.dicom.registration_write import write_registration

    return write_registration(path, registration, fixed, moving)


def write_resampled(
    folder: Path, fixed: Volume, moving: Volume, chain: tuple[Registration, ...], progress: object
) -> int:
    """Look the moving image up on the fixed one's grid, once, and write it; how many files were written."""
    from workstation.dicom.derived_series import write_derived_series
    from workstation.fusion.registration import transform_between
    from workstation.images.resample import resample
    from workstation.jobs.progress import Progress, part

    report = cast("Progress", progress)
    link = transform_between(chain, fixed.frame_of_reference_uid, moving.frame_of_reference_uid)
    made = resample(
        moving, fixed.grid, link, frame_of_reference_uid=fixed.frame_of_reference_uid, progress=part(report, 0.0, 0.5)
    )
    return len(write_derived_series(folder, made, moving, fixed, chain, progress=part(report, 0.5, 1.0)))
