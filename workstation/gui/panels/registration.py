"""Registration: the pair of images, four ways to register them, how good the result is, and who has accepted it."""

from __future__ import annotations

import getpass
from collections.abc import Callable, Sequence

from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QButtonGroup, QGridLayout, QHBoxLayout, QLineEdit, QToolButton, QVBoxLayout, QWidget

from workstation.case.commands import RemoveRegistration
from workstation.case.registration_commands import UseRegistration, WithdrawAcceptance
from workstation.fusion.registration import Registration
from workstation.gui.fields import label, restyle
from workstation.gui.panels.automatic_page import AutomaticPage
from workstation.gui.panels.by_hand_page import ByHandPage
from workstation.gui.panels.deformable_page import DeformablePage
from workstation.gui.panels.landmark_page import LandmarkPage
from workstation.gui.panels.panel import DockedPanel, EmptyState, choice, fill_choice, heading, named, plain, primary
from workstation.gui.panels.quality_card import QualityCard
from workstation.gui.plot_library import runner_of, when_plots_are_there
from workstation.gui.registering import DONE, FAILED, RUNNING
from workstation.gui.registration_list import RegistrationList, frame_name
from workstation.gui.session import Session

AUTOMATIC, BY_HAND, LANDMARKS, DEFORMABLE = "automatic", "by hand", "landmarks", "deformable"
PAGES = (("Automatic", AUTOMATIC), ("By hand", BY_HAND), ("Landmarks", LANDMARKS), ("Deform", DEFORMABLE))
MORE = ("export_registration", "export_resampled", "copy_matrix", "load_registration", "test_known_transforms")
GAP_PX = 8
CHECKS = ("fusion_checkerboard", "fusion_curtain", "fusion_difference", "fusion_edges")


class RegistrationPanel(DockedPanel):
    """The panel."""

    title = "Registration"

    def __init__(self, session: Session, actions: dict[str, QAction]) -> None:
        words = "Registration lays a second image of the patient onto the planning image and says how well it fits."
        super().__init__(session, EmptyState("intersect", words, "Open images…", actions["open_folder"].trigger))
        self._followed = session.registering.state
        self._actions = actions
        content = self.body
        self._add_pair(content)
        self._add_result(content)
        self._add_pages(content)
        self._add_quality(content)
        session.registering.changed.connect(self.refresh)
        session.registering.stepped.connect(self._show_curve)
        session.registering.told.connect(self._show_outcome)
        session.display_changed.connect(self.refresh)
        self.show_page(AUTOMATIC)
        self.refresh()

    def _add_pair(self, content: QVBoxLayout) -> None:
        self.moving = choice()
        self.moving.setAccessibleName("Image to register")
        self.moving.activated.connect(self._choose_moving)
        self.fixed = label("", wrap=True)
        content.addLayout(named("Onto", self.fixed))
        content.addLayout(named("Register", self.moving))
        self.direction = label("", "muted", wrap=True)
        content.addWidget(self.direction)

    def _add_pages(self, content: QVBoxLayout) -> None:
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        group = QButtonGroup(self)
        group.setExclusive(True)
        self.tabs: dict[str, QToolButton] = {}
        for words, name in PAGES:
            tab = QToolButton()
            tab.setText(words)
            tab.setCheckable(True)
            restyle(tab, kind="segment")
            tab.clicked.connect(lambda _checked=False, name=name: self.go_to(name))
            group.addButton(tab)
            row.addWidget(tab, 1)
            self.tabs[name] = tab
        row.addStretch(0)
        content.addLayout(row)
        self.automatic = AutomaticPage(self.session, self._actions["register_phases"].trigger)
        self.by_hand = ByHandPage(self.session, self._actions, self._refine)
        self.landmarks = LandmarkPage(self.session, self._actions)
        self.deformable = DeformablePage(self.session)
        self.pages: dict[str, QWidget] = {
            AUTOMATIC: self.automatic, BY_HAND: self.by_hand, LANDMARKS: self.landmarks, DEFORMABLE: self.deformable,
        }  # fmt: skip
        for page in self.pages.values():
            page.hide()
            content.addWidget(page)
        self.outcome = label("", wrap=True)
        content.addWidget(self.outcome)
        self.curve: QWidget | None = None
        self._curve_comes = False
        self._curve_place = QVBoxLayout()
        content.addLayout(self._curve_place)

    def _add_result(self, content: QVBoxLayout) -> None:
        self.result_heading = heading("In use")
        content.addWidget(self.result_heading)
        self._checks = QWidget()
        checks = QHBoxLayout(self._checks)
        checks.setContentsMargins(0, 0, 0, 0)
        checks.setSpacing(4)
        self.check_buttons = []
        for name in CHECKS:
            button = QToolButton()
            button.setDefaultAction(self._actions[name])
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
            checks.addWidget(button)
            self.check_buttons.append(button)
        self.before = QToolButton()
        self.before.setDefaultAction(self._actions["registration_before"])
        self.before.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        checks.addWidget(self.before)
        checks.addStretch(1)
        content.addWidget(self._checks)
        self.list = RegistrationList(self.session, self._do)
        content.addWidget(self.list)
        self.name = QLineEdit(known_person())
        self.name.setAccessibleName("Accepted by")
        self.name.setPlaceholderText("Your name")
        self.name_row = QWidget()
        row = named("Accepted by", self.name, 84)
        row.setContentsMargins(0, 0, 0, 0)
        self.name_row.setLayout(row)
        content.addWidget(self.name_row)
        self.accept = primary("Accept after checking", self._accept, "check-circle")
        content.addWidget(self.accept)

    def _add_quality(self, content: QVBoxLayout) -> None:
        self.quality = QualityCard(self.session)
        content.addWidget(self.quality)
        more = QGridLayout()
        more.setSpacing(6)
        for number, name in enumerate(MORE):
            button = plain(self._actions[name].iconText(), self._actions[name].trigger)
            button.setToolTip(self._actions[name].toolTip())
            alone = number == len(MORE) - 1 and number % 2 == 0
            more.addWidget(button, number // 2, number % 2, 1, 2 if alone else 1)
        for column in (0, 1):
            more.setColumnStretch(column, 1)
        content.addLayout(more)

    # ------------------------------------------------------------------ showing

    def show_page(self, name: str) -> None:
        """Bring one of the four ways to the front."""
        self.tabs[name].setChecked(True)
        for other, page in self.pages.items():
            page.setVisible(other == name)

    def go_to(self, name: str) -> None:
        """Bring one of the four ways to the front, and as much of it into sight as there is room for."""
        self.show_page(name)
        self._reveal(self.tabs[name], self.pages[name])

    def _reveal(self, first: QWidget, last: QWidget) -> None:
        """Scroll down until `last` ends in sight, though never so far that `first` is out of it."""

        def scroll() -> None:
            inside = self.widget()
            inside.layout().activate()
            top = first.mapTo(inside, QPoint(0, -GAP_PX)).y()
            end = last.mapTo(inside, QPoint(0, last.height() + GAP_PX)).y()
            bar = self.verticalScrollBar()
            bar.setValue(min(top, max(bar.value(), end - self.viewport().height())))

        QTimer.singleShot(0, self, scroll)  # after the new page has found its size

    def refresh(self) -> None:
        """Show the pair and its registrations as they are now."""
        session, registering = self.session, self.session.registering
        fixed, moving = registering.fixed, registering.moving
        there = fixed is not None and moving is not None
        self.empty.setVisible(not there)
        self.content.setVisible(there)
        if fixed is None or moving is None:
            return
        self.fixed.setText(session.image_name(fixed.key))
        others = [(session.image_name(key), key) for key in session.case.images if key != fixed.key]
        fill_choice(self.moving, others, moving.key)
        if session.desk.placing.moving is None:
            session.desk.placing.moving_key = moving.key
        self.direction.setText(self._direction_words())
        self._show_outcome()
        self.result_heading.setVisible(bool(registering.chain))
        self._checks.setVisible(bool(registering.chain))
        self.before.setVisible(registering.registration is not None)
        self.list.refresh()
        waiting = len(registering.waiting)
        self.name_row.setVisible(waiting > 0)
        self.accept.setVisible(waiting > 0)
        self.accept.setText("Accept after checking" if waiting < 2 else f"Accept all {waiting} after checking")
        self._follow(registering.state)

    def _follow(self, state: str) -> None:
        """What a run is doing comes into sight, and then what came of it."""
        if state == self._followed:
            return
        self._followed = state
        if state == RUNNING:
            self._reveal(self._shown_tab(), self.outcome)
        elif state == DONE:
            self.verticalScrollBar().setValue(0)

    def _shown_tab(self) -> QWidget:
        return next(tab for tab in self.tabs.values() if tab.isChecked())

    def _direction_words(self) -> str:
        """Which way the map runs, and through which other images where it is no single registration."""
        session, registering = self.session, self.session.registering
        fixed, moving = registering.fixed, registering.moving
        assert fixed is not None and moving is not None
        reason = registering.why_not()
        if reason:
            return reason + "."
        if session.desk.placing.shared_frame:
            return (
                f"{session.image_name(moving.key)} shares this image's frame of reference: it lies where the scanner "
                "says. A registration gives it a frame of its own; undo takes that back."
            )
        chain = session.case.chain(fixed.frame_of_reference_uid, moving.frame_of_reference_uid)
        one, other = session.image_name(fixed.key), session.image_name(moving.key)
        if not chain:
            return f"Not registered yet: {other} can't be shown on {one}."
        if len(chain) > 1:
            between = ", then ".join(frame_name(session, uid) for uid in stops(chain, fixed.frame_of_reference_uid))
            return f"Takes points of {one} to {other} through {between}; the image is looked up once."
        return f"Takes points of {one} to {other}."

    def _show_outcome(self) -> None:
        registering = self.session.registering
        kinds = {DONE: "good", FAILED: "reason", RUNNING: "muted"}
        words = registering.outcome
        if registering.running and registering.job is not None:
            words = registering.job.sentence or "Preparing the images"
        self.outcome.setText(words)
        self.outcome.setVisible(bool(words))
        doubtful = registering.state == DONE and registering.doubtful
        restyle(self.outcome, kind="caution" if doubtful else kinds.get(registering.state, "muted"))
        if self.curve is not None:
            self.curve.setVisible(bool(registering.steps))

    def _show_curve(self) -> None:
        if not self._curve_comes:  # steps arrive ten times a second, also while plots are prepared
            self._curve_comes = True
            when_plots_are_there(runner_of(self.session), self._draw_curve)
        self._show_outcome()

    def _draw_curve(self) -> None:
        self._curve_comes = False
        if self.curve is None:
            from workstation.gui.metric_curve import MetricCurve

            self.curve = MetricCurve()
            self._curve_place.addWidget(self.curve)
            self._reveal(self._shown_tab(), self.curve)
        self.curve.setVisible(True)
        self.curve.show_steps(self.session.registering.steps)  # type: ignore[attr-defined]

    # ------------------------------------------------------------------ doing

    def _choose_moving(self, _index: int) -> None:
        key = str(self.moving.currentData() or "")
        self.session.desk.placing.moving_key = key
        if self.session.viewing.overlay_key:
            self.session.viewing.overlay_key = key

    def _refine(self) -> None:
        self.go_to(AUTOMATIC)
        self.automatic.refine()

    def _do(self, what: str, registration: Registration) -> None:
        commands: dict[str, Callable[[str], object]] = {
            "use": UseRegistration, "withdraw": WithdrawAcceptance, "remove": RemoveRegistration,
        }  # fmt: skip
        self.session.do(commands[what](registration.identifier))  # type: ignore[arg-type]

    def _accept(self) -> None:
        self.session.registering.accept(self.name.text())


def stops(chain: Sequence[Registration], frame_uid: str) -> list[str]:
    """Frames of reference between the first and the last of a chain that begins in a frame."""
    found = []
    for each in chain[:-1]:
        frame_uid = each.moving_frame_uid if each.fixed_frame_uid == frame_uid else each.fixed_frame_uid
        found.append(frame_uid)
    return found


def known_person() -> str:
    """The name that the system knows the person by."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return ""
