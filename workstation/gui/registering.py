"""What is being registered in the window: the pair of images, the job that runs, its curve and what came of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal

from workstation.case.commands import AddRegistration, Command, Together
from workstation.case.registration_commands import AcceptRegistration, SeparateImage
from workstation.fusion.registration import Registration
from workstation.fusion.watching import Step
from workstation.gui.jobs.runner import Job, JobRunner
from workstation.gui.plot_library import runner_of
from workstation.gui.sentences import is_expected, sentence_of

if TYPE_CHECKING:
    from workstation.editing.placing import Placing
    from workstation.geometry.deformation import SpatialMap
    from workstation.gui.session import Session
    from workstation.images.volume import Volume

FUSION_OPACITY = 0.4
LANE = "registration"
CURVE_MS = 100
RUNNING, DONE, FAILED, STOPPED = "running", "done", "failed", "stopped"


class Registering(QObject):
    """The registration of the fused image onto the planning image, in one open case.

    changed: the pair, its registrations or the state of a job is another one. stepped: the curve has grown.
    told: the job says something else about what it does.
    said: a sentence about how a registration ended, and whether it is "good", "caution" or "danger".
    steps: what the running or last job has told, in order. state: "", "running", "done", "failed" or "stopped";
    outcome: how it ended, in words.
    """

    changed = Signal()
    stepped = Signal()
    told = Signal()
    said = Signal(str, str)

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self.steps: list[Step] = []
        self.state = ""
        self.outcome = ""
        self.doubtful = False
        """Whether what came of it is doubtful."""
        self._job: Job | None = None
        self._arriving: list[Step] = []
        self._curve = QTimer(self, interval=CURVE_MS)
        self._curve.timeout.connect(self._take_steps)
        self._heard: JobRunner | None = None
        self._heard_last = ""
        for signal in (session.placing_changed, session.registrations_changed, session.images_changed):
            signal.connect(self.changed)

    # ------------------------------------------------------------------ the pair

    @property
    def placing(self) -> Placing:
        """Which image is laid on the planning image, and by which registrations."""
        return self._session.desk.placing

    @property
    def fixed(self) -> Volume | None:
        """The planning image."""
        return self.placing.fixed

    @property
    def moving(self) -> Volume | None:
        """The image that is registered onto it: the fused one, else the first other one."""
        found = self.placing.moving
        if found is not None:
            return found
        return next((v for v in self._session.case.images.values() if v is not self.fixed), None)

    @property
    def registration(self) -> Registration | None:
        """The registration between the two that counts."""
        return self.placing.registration

    @property
    def others(self) -> list[Registration]:
        """Older registrations of the pair, the newest first."""
        return self.placing.registrations[:-1][::-1]

    @property
    def chain(self) -> tuple[Registration, ...]:
        """All that the link between the two hangs on, from the planning image on; several where it is no direct one."""
        fixed, moving = self.fixed, self.moving
        if fixed is None or moving is None:
            return ()
        return self._session.case.chain(fixed.frame_of_reference_uid, moving.frame_of_reference_uid)

    @property
    def waiting(self) -> tuple[Registration, ...]:
        """Those of the chain that nobody has accepted."""
        return tuple(each for each in self.chain if each.provisional)

    def accept(self, name: str) -> bool:
        """Accept all that is waiting in a person's name, as one step; False where nothing is, or the case refuses."""
        waiting = self.waiting
        if not waiting:
            return False
        commands = tuple(AcceptRegistration(each.identifier, name) for each in waiting)
        words = "Accept registration" if len(commands) == 1 else f"Accept {len(commands)} registrations"
        return not self._session.do(Together(words, commands))

    @property
    def draft(self) -> SpatialMap | None:
        """What views show instead of the case's link."""
        trial = self.placing.trial
        return None if trial is None else trial.map

    # ------------------------------------------------------------------ running

    @property
    def running(self) -> bool:
        """Whether a registration is under way."""
        return self._job is not None

    @property
    def job(self) -> Job | None:
        """The job under way."""
        return self._job

    def run(self, function: Callable[..., Registration], *arguments: Any, title: str = "", **named: Any) -> bool:
        """Register in the background: `function(fixed, moving, *arguments, watch=…, progress=…)`.

        False, with the reason said, when there is no pair that can be registered.
        """
        fixed, moving = self.fixed, self.moving
        reason = self.why_not()
        if reason or fixed is None or moving is None:
            self._session.refused.emit(reason)
            return False
        self.placing.moving_key = moving.key
        self.steps, self._arriving = [], []
        arriving = self._arriving
        self._job = None  # one that still runs is replaced by this one, and ends without a word
        self.state, self.outcome = RUNNING, ""
        runner = runner_of(self._session)
        self._listen(runner)
        name = self._session.image_name(moving.key)
        self._job = runner.start(
            title or f"Registering {name}", function, fixed, moving, *arguments, watch=arriving.append,
            then=lambda made: self._came(made, fixed, moving), failed=self._failed, lane=LANE, **named,
        )  # fmt: skip
        self._curve.start()
        self.changed.emit()
        return True

    def cancel(self) -> None:
        """Stop the job; everything stays as it was."""
        if self._job is not None:
            runner_of(self._session).cancel(self._job)

    def why_not(self) -> str:
        """Why nothing can be registered, in words; "" when it can."""
        fixed, moving = self.fixed, self.moving
        if fixed is None:
            return "There is no planning image to register onto: open one first"
        if moving is None:
            return "There is only one image: open a second image of the patient to register it"
        for volume in (fixed, moving):
            if not volume.frame_of_reference_uid:
                name = self._session.image_name(volume.key)
                return f"{name} names no frame of reference, so a registration can't refer to it"
        return ""

    def _listen(self, runner: JobRunner) -> None:
        if self._heard is not runner:
            self._heard = runner
            runner.changed.connect(self._jobs_changed)

    def _jobs_changed(self) -> None:
        """A job that a person stopped, or that another one replaced, ends without a word."""
        runner = self._heard
        if self._job is not None and runner is not None and self._job not in runner.jobs and self.state == RUNNING:
            self._end(STOPPED, "Stopped: nothing was changed")
        elif self._job is not None and self._job.sentence != self._heard_last:
            self._heard_last = self._job.sentence
            self.told.emit()

    def _take_steps(self) -> None:
        known = len(self.steps)
        self.steps = list(self._arriving)
        if len(self.steps) != known:
            self.stepped.emit()

    def _came(self, made: Registration, fixed: Volume, moving: Volume) -> None:
        """A result: put to use, unless it says itself that it failed."""
        session = self._session
        name = session.image_name(moving.key)
        if moving.key not in session.case.images or fixed.key not in session.case.images:
            self._end(STOPPED, "The image was closed meanwhile")
            return
        reasons = [str(reason).rstrip(".") for reason in made.quality.get("reasons", ())]
        verdict = made.quality.get("verdict", "")
        if verdict == "failed":
            kept = " The one in use stays." if self.registration is not None else ""
            sentence = f"{name} could not be registered: {'; '.join(reasons) or 'the images do not agree'}.{kept}"
            self._end(FAILED, sentence)
            self.said.emit(sentence, "danger")
            return
        if session.do(self._command(made, moving)):
            self._end(FAILED, "The result could not be added to the case")
            return
        if not session.viewing.overlay_key:
            session.viewing.opacity = FUSION_OPACITY
        # The image that was registered may have become the planning image meanwhile: then the other one lies on it.
        session.viewing.overlay_key = (moving if moving is not self.fixed else fixed).key
        doubt = f" It is doubtful: {'; '.join(reasons)}." if verdict == "doubtful" else ""
        sentence = f"{name} is registered.{doubt} Check it by eye, then accept it."
        self._end(DONE, sentence, bool(doubt))
        self.said.emit(sentence, "caution" if doubt else "good")

    def _command(self, made: Registration, moving: Volume) -> Command:
        """Puts a result to use; an image that shares the planning image's frame is given one of its own by it."""
        if made.fixed_frame_uid != made.moving_frame_uid:
            return AddRegistration(made)
        return Together("Add registration", (SeparateImage(moving.key, made),))

    def _failed(self, error: Exception) -> None:
        if not is_expected(error):
            self._end(FAILED, "The registration ended in an error; the log says more")
            runner_of(self._session).failed.emit("Registration", error)
            return
        sentence = sentence_of(error)
        self._end(FAILED, sentence)
        self.said.emit(sentence, "danger")

    def _end(self, state: str, outcome: str, doubtful: bool = False) -> None:
        self._job = None
        self._curve.stop()
        self._take_steps()
        self.state, self.outcome, self.doubtful = state, outcome, doubtful
        self.changed.emit()
