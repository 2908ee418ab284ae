"""What is under way and what comes of it while a tumour is told from flow: runs, proposals, acceptance."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QObject, Signal

from workstation.case.commands import AddStructure
from workstation.case.errors import CaseError
from workstation.case.new_structure import new_structure
from workstation.editing.separating import TUMOUR, VEIN
from workstation.gui.jobs.runner import Job, JobRunner
from workstation.gui.plot_library import runner_of, when_plots_are_there
from workstation.gui.sentences import is_expected, sentence_of
from workstation.structures.evidence_recipe import EvidenceRecipe, PhaseUsed, fingerprint

if TYPE_CHECKING:
    from workstation.editing.separating import Found, Separating
    from workstation.enhancement.growing import Grower
    from workstation.enhancement.maps import EvidenceMap
    from workstation.enhancement.weighting import Difference
    from workstation.gui.session import Session
    from workstation.images.phase_times import Phase
    from workstation.structures.structure import ContourStack, Structure

VEIN_COLOR = (64, 156, 255)
LANE, LOOK_LANE, PLOT_LANE = "separation", "separation map", "separation volumes"
PREFERRED = "share of tumour"


class SeparationRuns(QObject):
    """The work of one open case.

    changed: something is under way, or has ended. made: a structure of this name was accepted.
    outcome: why the last run ended without a result, "" otherwise. preferred: the evidence that is shown first.
    """

    changed = Signal()
    made = Signal(str)

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self.outcome = ""
        self.preferred = PREFERRED
        self._recalled: EvidenceRecipe | None = None
        """Of the structure that is gone back to: its evidence and threshold are wanted of the run that is under way."""
        self._asked: Difference | None = None
        self._subtracting: Job | None = None
        self._job: Job | None = None
        self._heard: JobRunner | None = None
        session.desk.separating.clicked.connect(self._clicked)

    @property
    def separating(self) -> Separating:
        """What was recognised, clicked and found."""
        return self._session.desk.separating

    @property
    def running(self) -> bool:
        """Whether phases are aligned or separated at this moment."""
        return self._job is not None

    @property
    def sentence(self) -> str:
        """What is being done, in words."""
        if self._job is None:
            return ""
        return f"{self._job.sentence or 'Preparing the phases'} …"

    def doubt_of(self, phase: Phase) -> str:
        """Why a phase's alignment is not to be trusted, "" when it is."""
        return next((a.doubt for a in self.separating.aligned if a.phase.volume is phase.volume), "")

    # ------------------------------------------------------------------ running

    def align(self) -> None:
        """Lay all phases that count onto the reference, in the background."""
        from workstation.gui.separating_jobs import align_as_wished

        phases, reference = self.separating.used_phases, self.separating.reference
        if reference is None or len(phases) < 2:
            self._session.refused.emit("At least two phases must count")
            return
        self._start("Aligning the phases", align_as_wished, phases, reference, then=self._aligned)

    def separate(self) -> None:
        """Separate what was clicked, in the background; what is missing is said."""
        from workstation.gui.separating_jobs import separate_as_wished, wish_of

        try:
            wish = wish_of(self._session.case, self.separating)
        except CaseError as error:
            self._session.refused.emit(str(error))
            return
        self._start("Separating tumour from vein", separate_as_wished, wish, then=self._came)
        # They are wanted with the result; importing them while it is drawn would hold the window up.
        when_plots_are_there(runner_of(self._session), lambda: None)

    def cancel(self) -> None:
        """Stop what is under way; everything stays as it was."""
        self.outcome, self._recalled = "", None
        job, self._job = self._job, None
        if job is not None:
            runner_of(self._session).cancel(job)
        self.changed.emit()

    def _start(self, title: str, function: Callable[..., Any], *arguments: Any, then: Callable[[Any], None]) -> None:
        runner = runner_of(self._session)
        self.outcome = ""
        self._job = runner.start(title, function, *arguments, then=then, failed=self._failed, lane=LANE)
        if self._heard is not runner:
            self._heard = runner
            runner.changed.connect(self._jobs_changed)
        self.changed.emit()

    def _jobs_changed(self) -> None:
        """Progress; or a person stopped the job in the list of jobs, which ends it without a word."""
        if self._job is not None and self._heard is not None and self._job not in self._heard.jobs:
            self._job = None
        self.changed.emit()

    def _aligned(self, aligned: Any) -> None:
        self._job = None
        self.separating.aligned = aligned
        self.separating.changed.emit()
        self.changed.emit()

    def _came(self, found: Found) -> None:
        self._job = None
        volumes = self.separating.examination
        if any(a.phase.volume not in volumes for a in found.subtraction.aligned):
            self.outcome = "A phase was closed meanwhile."
        else:
            self.separating.take(found)
            self.separating.keep()
            recipe, self._recalled = self._recalled, None
            if recipe is not None:
                self._recall(recipe, found)
        self.changed.emit()

    def _recall(self, recipe: EvidenceRecipe, found: Found) -> None:
        """The threshold that was accepted, on its evidence; where that is not there, it is said."""
        wanted = found.growers.get(recipe.evidence)
        if wanted is not None:
            if self.separating.grower is not wanted[0]:
                self.separating.grow_on(*wanted)
            self.separating.set_threshold(recipe.threshold)
        elif found.separable:
            words = f"{recipe.evidence!r}, which it was grown on, is not among the evidence any more"
            self._session.refused.emit(words)

    def _failed(self, error: Exception) -> None:
        self._job = self._recalled = None
        if is_expected(error):
            self.outcome = sentence_of(error)
            self._session.refused.emit(self.outcome)
        else:
            self.outcome = "It ended in an error; the log says more."
            runner_of(self._session).failed.emit("Separating tumour from vein", error)
        self.changed.emit()

    def _clicked(self, kind: str) -> None:
        """A click in the tumour is enough: it begins at once, and without what was wanted of another click."""
        self._recalled, self.preferred = None, PREFERRED
        if kind in (TUMOUR, VEIN) and not self.separating.why_not():
            self.separate()

    # ------------------------------------------------------------------ looking

    def without_alignment(self, name: str, then: Callable[[EvidenceMap], None]) -> None:
        """Work out a map as it would be without the alignment, in the background."""
        from workstation.gui.separating_jobs import map_before_alignment

        found = self.separating.found
        if found is not None:
            runner_of(self._session).start(
                "Looking behind the alignment", map_before_alignment, found, name, then=then, lane=LOOK_LANE
            )

    def subtract_phases(self, own: Difference) -> None:
        """Show a weighted difference of two phases, in the background; what is asked for meanwhile comes after it."""
        self._asked = own
        # A job that a person has stopped in the list of jobs ends without a word.
        if self._subtracting not in runner_of(self._session).jobs:
            self._subtract_next()

    def _subtract_next(self) -> None:
        from workstation.gui.separating_jobs import with_difference

        found, own, self._asked, self._subtracting = self.separating.found, self._asked, None, None
        if found is None or own is None:
            return

        def came(made: Found) -> None:
            if self.separating.found is found:
                (mine,) = made.subtraction.differences
                self.preferred = mine.name
                self.separating.lay(made, mine)
                self.separating.keep()
            self._subtract_next()

        def failed(error: Exception) -> None:
            if is_expected(error):
                self._session.refused.emit(sentence_of(error))
            else:
                runner_of(self._session).failed.emit("Subtracting the phases", error)
            self._subtract_next()

        self._subtracting = runner_of(self._session).start(
            "Subtracting the phases", with_difference, found, own, then=came, failed=failed
        )

    def volumes_of(self, grower: Grower, then: Callable[[Grower, Any, Any], None]) -> None:
        """Work out how the volume follows the threshold, in the background."""
        runner_of(self._session).start(
            "Growing at every threshold", _volumes, grower, then=lambda made: then(grower, *made), lane=PLOT_LANE
        )

    # ------------------------------------------------------------------ accepting

    def accept_gtv(self, name: str, person: str) -> bool:
        """Make a GTV of what is proposed, in a person's name; whether that has begun."""
        if not person.strip():
            self._session.refused.emit("Write your name first: a GTV is accepted by a person")
            return False
        return self._draw(name, "GTV", person.strip(), tumour=True)

    def keep_vein(self, name: str, person: str) -> None:
        """Make a structure of the vein beside the tumour."""
        self._draw(name, "ORGAN", person.strip(), tumour=False)

    def _draw(self, name: str, kind: str, person: str, tumour: bool) -> bool:
        from workstation.gui.separating_jobs import contours_as_wished

        separating, case = self.separating, self._session.case
        found, grown, planning = separating.found, separating.grown, case.planning
        if found is None or grown is None or planning is None or separating.stale:
            self._session.refused.emit("There is nothing to accept: separate first")
            return False
        recipe = self._recipe(found, person)
        runner_of(self._session).start(
            f"Drawing {name}", contours_as_wished, grown, found, planning,
            then=lambda made: self._add(made[0] if tumour else made[1], name, kind, recipe if tumour else None),
        )  # fmt: skip
        return True

    def _add(self, stack: ContourStack, name: str, kind: str, recipe: EvidenceRecipe | None) -> None:
        session = self._session
        if not stack.slices:
            session.refused.emit("The proposal reaches no slice of the planning image")
            return
        try:
            empty = new_structure(session.case, name, kind)
        except CaseError as error:
            session.refused.emit(str(error))
            return
        kept = replace(recipe, drawn=fingerprint(stack)) if recipe is not None else None
        color = empty.color if recipe is not None else VEIN_COLOR
        made = replace(empty, stack=stack, color=color, generation_algorithm="SEMIAUTOMATIC", evidence=kept)
        if not session.do(AddStructure(made)):
            session.desk.active = made.identifier
            self.made.emit(name)

    def _recipe(self, found: Found, person: str) -> EvidenceRecipe:
        separating = self.separating
        grower = separating.grower
        assert grower is not None
        name = grower.evidence.name
        judged = next((j for j in found.judged if j.evidence == name), None)
        separation = found.subtraction.separation
        matrix = getattr(found.link, "matrix", None)
        # Of the phases that were looked at; those left out for their motion count nothing.
        counts = dict(zip(found.subtraction.stack.names, grower.evidence.weights, strict=False))
        return EvidenceRecipe(
            phases=tuple(
                PhaseUsed(a.phase.volume.key, a.phase.name, a.phase.time_s, _numbers(a.to_phase.matrix), a.residual_mm)
                for a in found.subtraction.aligned
            ),
            reference_key=found.reference.key,
            registrations=found.chain,
            link=() if matrix is None else _numbers(matrix),
            evidence=name,
            formula=grower.evidence.formula,
            threshold=float(separating.threshold),
            higher=grower.higher,
            seed_mm=_numbers(found.seed_mm),
            inputs=found.inputs,
            d_prime=judged.d_prime if judged is not None else 0.0,
            auc=judged.auc if judged is not None else 0.0,
            sentence=separation.sentence,
            warnings=separation.warnings,
            drawn="",
            accepted_by=person,
            accepted_at=datetime.now(UTC).astimezone().isoformat(timespec="seconds"),
            weights=tuple(counts.get(a.phase.name, 0.0) for a in found.subtraction.aligned) if counts else (),
        )

    def go_back_to(self, structure: Structure) -> None:
        """Click again where a structure was grown from, with its evidence and threshold."""
        recipe = structure.evidence
        if recipe is None:
            return
        separating = self.separating
        self._restore_phases(recipe)
        separating.choose_reference(recipe.reference_key)
        own = _difference_in(recipe)
        if own is not None:
            separating.difference = own
        separating.samples = ()
        separating.add_sample(TUMOUR, np.array(recipe.seed_mm))
        reason = separating.why_not()
        if reason:
            self._session.refused.emit(reason)
        else:
            # The click has begun a run.
            self.preferred, self._recalled = recipe.evidence, recipe

    def _restore_phases(self, recipe: EvidenceRecipe) -> None:
        """The phases that counted, with the names and times that they had: evidence is called by them."""
        separating = self.separating
        wanted = {phase.image_key: phase for phase in recipe.phases}
        for phase in separating.phases:
            key = phase.volume.key
            told = wanted.get(key)
            separating.edit_phase(key, used=told is not None)
            if told is not None and told.time_s != phase.time_s:
                separating.edit_phase(key, time_s=told.time_s)
        for phase in separating.phases:
            told = wanted.get(phase.volume.key)
            if told is not None and told.name != phase.name:
                separating.edit_phase(phase.volume.key, name=told.name)


def _difference_in(recipe: EvidenceRecipe) -> Difference | None:
    """The weighted difference that a structure was grown on; None where it was grown on something else."""
    from workstation.enhancement.weighting import Difference

    counting = [(w, phase.name) for w, phase in zip(recipe.weights, recipe.phases, strict=False) if w]
    later = [name for w, name in counting if w == 1.0]
    earlier = [(-w, name) for w, name in counting if w < 0]
    if len(counting) != 2 or len(later) != 1 or len(earlier) != 1:
        return None
    found = Difference(later[0], earlier[0][1], earlier[0][0])
    return found if found.name == recipe.evidence else None


def _volumes(grower: Grower, progress: Any) -> tuple[Any, Any]:
    progress(0.0, "Growing at every threshold")
    return grower.volumes()


def _numbers(values: Any) -> tuple[float, ...]:
    return tuple(float(value) for value in np.asarray(values).ravel())
