"""Rigid registration by the images themselves: where it begins, what is compared, and by which measure."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QVBoxLayout, QWidget

from workstation.case.errors import CaseError
from workstation.editing.placing import rigid_part
from workstation.gui.fields import label
from workstation.gui.panels.panel import choice, fill_choice, named, plain, primary
from workstation.gui.registration_jobs import (
    AROUND,
    AUTO,
    BODY,
    BONE,
    BOX,
    BOX_MM,
    CENTRE,
    FRAME,
    PRESENT,
    SEARCH,
    STRUCTURE,
    Checks,
    RigidWish,
    drawn_on,
    register_as_wished,
)
from workstation.gui.session import Session
from workstation.images.phases import phases_of

STARTS = (
    ("As the images suggest", AUTO),
    ("As the scanner placed them", FRAME),
    ("Middle on middle", CENTRE),
    ("Search every position", SEARCH),
    ("From where it lies now", PRESENT),
)
METRICS = (
    ("Whatever suits", "auto"),
    ("Mutual information", "mutual-information"),
    ("Correlation", "correlation"),
    ("Local correlation", "local-correlation"),
)
TEACH = {
    AUTO: "Begins at the images' own positions where they agree, and searches where they do not.",
    FRAME: "Only the nearest agreement to the images' own coordinates is sought.",
    CENTRE: "Begins with the middles of the two bodies on each other.",
    SEARCH: "Tries turns and shifts of every size, feet first as well.",
    PRESENT: "Refines the registration that is in use, or what was placed by hand.",
}


class AutomaticPage(QWidget):
    """The page. It registers the fused image onto the planning image in the background."""

    def __init__(self, session: Session, register_phases: Callable[[], object]) -> None:
        super().__init__()
        self._session = session
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        self.start = choice()
        self.start.setAccessibleName("Where the registration begins")
        fill_choice(self.start, list(STARTS), AUTO)
        self.start.currentIndexChanged.connect(lambda _n: self._teach())
        self.region = choice()
        self.region.setAccessibleName("What is compared")
        self.metric = choice()
        self.metric.setAccessibleName("Measure of agreement")
        fill_choice(self.metric, list(METRICS), "auto")
        column.addLayout(named("Start", self.start))
        column.addLayout(named("Compare", self.region))
        column.addLayout(named("Measure", self.metric))
        self.note = label("", "muted", wrap=True)
        column.addWidget(self.note)
        self.register = primary("Register", self.run, "magic-wand")
        self.stop = plain("Stop", session.registering.cancel, "x")
        column.addWidget(self.register)
        column.addWidget(self.stop)
        self.phases = plain("Register all phases onto it", register_phases, "stack")
        self.phases.setToolTip("Every other phase of the examination, so that they lie on the planning image, too")
        column.addWidget(self.phases)
        for signal in (session.listing_changed, session.active_changed, session.registering.changed):
            signal.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """What can be chosen now."""
        registering = self._session.registering
        chosen = self.region.currentData() or BODY
        entries = self._regions()
        fill_choice(self.region, entries, chosen if chosen in {key for _, key in entries} else BODY)
        self.register.setVisible(not registering.running)
        self.stop.setVisible(registering.running)
        self.register.setEnabled(not registering.why_not())
        self.register.setToolTip(registering.why_not())
        moving = registering.moving
        together = phases_of(self._session.case.images, moving.key) if moving is not None else []
        self.phases.setVisible(len(together) > 1 and not registering.running)
        self._teach()

    def _teach(self) -> None:
        self.note.setText(TEACH[self.start.currentData() or AUTO])

    def _regions(self) -> list[tuple[str, str]]:
        fixed, active = self._session.registering.fixed, self._session.active
        entries = [("The whole body", BODY)]
        if fixed is not None and fixed.modality == "CT":
            entries.append(("Bone of the CT", BONE))
        entries.append((f"A box of {BOX_MM:g} mm at the crosshair", BOX))
        here = drawn_on(tuple(self._session.case.structures.values()), fixed) if fixed is not None else ()
        if active is not None and any(s.identifier == active.identifier for s in here):
            entries.append((f"Around {active.name}", AROUND))
        entries += [(f"Inside {s.name}", f"{STRUCTURE}:{s.identifier}") for s in here]
        return entries

    def wish(self) -> RigidWish:
        """The choices as they stand. CaseError where there is nothing to go on from."""
        session = self._session
        key, _, identifier = str(self.region.currentData() or BODY).partition(":")
        structure = session.case.structures.get(identifier) if key == STRUCTURE else session.active
        present = None
        if self.start.currentData() == PRESENT:
            link = session.desk.placing.shown
            present = session.desk.placing.begun() if link is None else rigid_part(link)
        return RigidWish(
            start=str(self.start.currentData() or AUTO), present=present, region=key, structure=structure,
            point_mm=session.viewing.crosshair_mm, metric=str(self.metric.currentData() or "auto"),
        )  # fmt: skip

    def run(self) -> None:
        """Register; from another start than the chosen one never."""
        try:
            wish = self.wish()
        except CaseError as error:
            self._session.refused.emit(str(error))
            return
        self._session.registering.run(register_as_wished, wish, checks_of(self._session))

    def refine(self) -> None:
        """Go on from where the image lies now."""
        self.start.setCurrentIndex(self.start.findData(PRESENT))
        self.run()


def checks_of(session: Session) -> Checks:
    """What the case holds to measure a registration by: pairs of landmarks, and structures of both images."""
    registering = session.registering
    fixed, moving = registering.fixed, registering.moving
    if fixed is None or moving is None:
        return Checks()
    structures = tuple(session.case.structures.values())
    return Checks(tuple(session.case.landmarks.values()), drawn_on(structures, fixed), drawn_on(structures, moving))
