"""Deformable registration: what may bend, how stiffly, and what a deformation is not for."""

from __future__ import annotations

from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QVBoxLayout, QWidget

from workstation.editing.placing import rigid_part
from workstation.gui.fields import NumberField, label
from workstation.gui.panels.automatic_page import checks_of
from workstation.gui.panels.panel import choice, fill_choice, named, plain, primary
from workstation.gui.registration_jobs import DeformableWish, deform_as_wished, drawn_on
from workstation.gui.session import Session

METRICS = (
    ("Whatever suits", "auto"),
    ("Squared differences", "squares"),
    ("Local correlation", "correlation"),
    ("Mutual information", "mutual-information"),
)
STIFFNESS = (("Soft", "0.3"), ("Usual", "1"), ("Stiff", "3"), ("Very stiff", "10"))
WARNING = (
    "For anatomy that was pushed or breathed, such as lungs, bladder or weight loss. Never carry a tumour that shrank "
    "or vanished through it: the old outline would be squeezed onto what is left. Contours that it brings over are "
    "proposals."
)


class DeformablePage(QWidget):
    """The page. It goes on from the rigid registration in use."""

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        self.metric = choice()
        self.metric.setAccessibleName("Measure of agreement")
        fill_choice(self.metric, list(METRICS), "auto")
        self.stiffness = choice()
        self.stiffness.setAccessibleName("Stiffness")
        fill_choice(self.stiffness, list(STIFFNESS), "1")
        self.own_spacing = QCheckBox("Control points every")
        self.spacing = NumberField("mm", 5.0, 60.0, 1.0, 0, "Distance of control points", 52)
        self.spacing.set_value(15.0)
        self.own_spacing.toggled.connect(self.spacing.setEnabled)
        self.spacing.setEnabled(False)
        self.inside = choice()
        self.inside.setAccessibleName("Where the anatomy may bend")
        self.diffeomorphic = QCheckBox("Keep it from folding")
        self.diffeomorphic.setChecked(True)
        self.diffeomorphic.setToolTip("Slower: kept from folding at every step, so that there is a way back")
        column.addLayout(named("Measure", self.metric))
        column.addLayout(named("Stiffness", self.stiffness))
        column.addLayout(named("Bends", self.inside))
        spaced = QHBoxLayout()
        spaced.setSpacing(8)
        spaced.addWidget(self.own_spacing)
        spaced.addWidget(self.spacing)
        spaced.addStretch(1)
        column.addLayout(spaced)
        column.addWidget(self.diffeomorphic)
        self.note = label(WARNING, "muted", wrap=True)
        column.addWidget(self.note)
        self.register = primary("Deform", self.run, "magic-wand")
        self.stop = plain("Stop", session.registering.cancel, "x")
        column.addWidget(self.register)
        column.addWidget(self.stop)
        for signal in (session.listing_changed, session.registering.changed):
            signal.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """What can be chosen now."""
        registering = self._session.registering
        fixed = registering.fixed
        here = drawn_on(tuple(self._session.case.structures.values()), fixed) if fixed is not None else ()
        entries = [("Everywhere", ""), *((f"Inside {s.name} only", s.identifier) for s in here)]
        chosen = self.inside.currentData() or ""
        fill_choice(self.inside, entries, chosen if chosen in {key for _, key in entries} else "")
        self.register.setVisible(not registering.running)
        self.stop.setVisible(registering.running)
        self.register.setEnabled(not registering.why_not())
        self.register.setToolTip(registering.why_not())

    def wish(self) -> DeformableWish:
        """The choices as they stand."""
        link = self._session.desk.placing.link()
        return DeformableWish(
            start=None if link is None else rigid_part(link),
            metric=str(self.metric.currentData() or "auto"),
            spacing_mm=self.spacing.value() if self.own_spacing.isChecked() else None,
            stiffness=float(self.stiffness.currentData() or "1"),
            inside=self._session.case.structures.get(str(self.inside.currentData() or "")),
            diffeomorphic=self.diffeomorphic.isChecked(),
        )

    def run(self) -> None:
        """Deform."""
        session = self._session
        moving = session.registering.moving
        name = session.image_name(moving.key) if moving is not None else ""
        session.registering.run(
            deform_as_wished, self.wish(), checks_of(session), title=f"Deforming {name}".strip()
        )
