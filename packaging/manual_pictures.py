"""Makes the pictures of the manual: every layout, fusion mode, panel and window, dark and light.

`.venv/bin/python packaging/manual_pictures.py` runs the built-in demonstration headless, opens the case that it leaves
and photographs the real window; `--case FOLDER` takes a folder left by `workstation demo --headless FOLDER`,
`--only NAME` makes some of them. They lie in resources/pictures/manual as WebP.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "resources" / "pictures" / "manual"
SIZE = (1280, 860)
QUALITY = 82

sys.path.insert(0, str(ROOT))
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

Scene = Callable[[Any], Any]
"""Does something in the window; returns the window beside it that is to be photographed instead, or None."""

LANDMARKS = (("Left ear", (-58, 8, 12)), ("Right ear", (60, 6, 10)), ("Clivus", (2, -6, -18)), ("Vertex", (0, 4, 46)))
"""Names and places from the middle of the views, in mm."""


def layout(name: str) -> Scene:
    """All views laid out in one way."""
    return lambda hand: hand.window.action(f"layout_{name}").trigger()


def fusion(name: str) -> Scene:
    """One fusion mode, in the panel of fusion."""

    def scene(hand: Any) -> None:
        hand.window.commands.choose_step("fuse")
        hand.window.action(f"fusion_{name}").trigger()
        if name == "spyglass":
            hover(hand, "axial")

    return scene


def hover(hand: Any, name: str) -> None:
    """The cursor on the crosshair of a view."""
    from PySide6.QtCore import QPoint
    from PySide6.QtTest import QTest

    view = hand.workspace.views.views[name]
    crosshair = view.crosshair()
    QTest.mouseMove(view, QPoint(round(crosshair.x) + 4, round(crosshair.y) + 3))


def green_and_magenta(hand: Any) -> None:
    """The classic check of a registration."""
    hand.window.commands.choose_step("fuse")
    hand.window.action("colours_green_magenta").trigger()
    hand.workspace.session.viewing.opacity = 0.5


def slab(hand: Any) -> None:
    """A maximum intensity projection of 20 mm."""
    hand.window.action("slab_20").trigger()
    hand.window.action("slab_maximum").trigger()


def turned(hand: Any) -> None:
    """Planes turned about the crosshair, its handles in sight."""
    viewing, views = hand.workspace.session.viewing, hand.workspace.views
    viewing.turn_planes("axial", views.views["axial"].plane().normal, 28.0)
    hover(hand, "axial")


def legend(hand: Any) -> None:
    """Structures filled, and the legend."""
    hand.window.action("contours_legend").trigger()
    hand.window.action("contours_filled").trigger()
    hand.window.action("layout_large").trigger()


def context(name: str) -> Scene:
    """The 3D view large, with the CT cast in one way."""

    def scene(hand: Any) -> None:
        hand.window.action("layout_four").trigger()
        hand.workspace.views.maximise("volume")
        hand.workspace.session.viewing.volume_look.context = name

    return scene


def dock(name: str) -> Scene:
    """One of the panels around the views."""

    def scene(hand: Any) -> None:
        hand.workspace.show_dock(name)

    return scene


def measured(hand: Any) -> None:
    """A distance, an ellipse and a profile in the axial view, with their panel."""
    from PySide6.QtCore import QPoint, Qt
    from PySide6.QtTest import QTest

    hand.workspace.show_dock("measurements")
    view = hand.workspace.views.views["axial"]
    crosshair = view.crosshair()
    middle, left = QPoint(round(crosshair.x), round(crosshair.y)), Qt.MouseButton.LeftButton
    for tool, start, end in (
        ("distance", (-70, -60), (60, -40)),
        ("ellipse", (-150, 30), (-95, 75)),
        ("profile", (-60, 70), (80, 20)),
    ):
        hand.window.action(f"tool_{tool}").trigger()
        QTest.mousePress(view, left, pos=middle + QPoint(*start))
        QTest.mouseMove(view, middle + QPoint((start[0] + end[0]) // 2, (start[1] + end[1]) // 2))
        QTest.qWait(20)
        QTest.mouseMove(view, middle + QPoint(*end))
        QTest.qWait(20)
        QTest.mouseRelease(view, left, pos=middle + QPoint(*end))


def registration(hand: Any, page: str = "automatic") -> Any:
    """The panel of registration, at one of its pages, with the phase that was registered; returns the panel."""
    panel, session = hand.workspace.show_dock("registration"), hand.workspace.session
    images = session.case.images.items()
    session.viewing.overlay_key = next(key for key, volume in images if "before contrast" in volume.description)
    session.viewing.opacity = 0.5
    panel.name.setText("A. Physicist")
    panel.go_to(page)
    hand.wait_for_work()
    return panel


def bring_up(panel: Any, widget: Any) -> None:
    """Scroll a panel until a widget stands at its top."""
    from PySide6.QtCore import QPoint
    from PySide6.QtTest import QTest

    QTest.qWait(50)
    panel.verticalScrollBar().setValue(widget.mapTo(panel.widget(), QPoint(0, -8)).y())


def registered(hand: Any) -> None:
    """Registered automatically: the curve, and what came of it."""
    panel = registration(hand)
    hand.window.action("register_now").trigger()
    hand.wait_for_work()
    bring_up(panel, panel.automatic.note)


def by_hand(hand: Any) -> None:
    """The fused image held by its ring, in mid-drag."""
    from PySide6.QtCore import QPoint, Qt
    from PySide6.QtTest import QTest

    panel = registration(hand, "by hand")
    hand.window.action("tool_place").trigger()
    view = hand.workspace.views.views["axial"]
    crosshair, left = view.crosshair(), Qt.MouseButton.LeftButton
    start = QPoint(round(crosshair.x) + 30, round(crosshair.y) - 40)
    QTest.mousePress(view, left, pos=start)
    for step in range(1, 7):
        QTest.mouseMove(view, start + QPoint(7, -4) * step)
        QTest.qWait(20)
    bring_up(panel, panel.tabs["by hand"])


def landmarks(hand: Any) -> None:
    """Four pairs of landmarks on both images side by side, with their errors."""
    from dataclasses import replace

    import numpy as np

    from workstation.case.registration_commands import PutLandmark

    session = hand.workspace.session
    panel = registration(hand, "landmarks")
    hand.window.action("layout_compare").trigger()
    hand.window.action("tool_landmark").trigger()
    link, rng = session.desk.placing.link(), np.random.default_rng(3)
    for _, place in LANDMARKS:
        point = session.viewing.crosshair_mm + place
        session.desk.landmarking.place("fixed", point)
        session.desk.landmarking.place("moving", link.apply(point) + rng.normal(0.0, 0.7, 3))
    for pair, (name, _) in zip(session.desk.landmarking.pairs, LANDMARKS, strict=True):
        session.do(PutLandmark(replace(pair, name=name)))
    session.viewing.crosshair_mm = session.desk.landmarking.pairs[2].fixed_mm
    bring_up(panel, panel.tabs["landmarks"])


def deformable(hand: Any) -> None:
    """What may bend."""
    panel = registration(hand, "deformable")
    bring_up(panel, panel.tabs["deformable"])


def quality(hand: Any) -> None:
    """How good the registration is, in figures."""
    panel = registration(hand)
    hand.window.action("measure_registration").trigger()
    hand.wait_for_work()
    bring_up(panel, panel.quality)


def known_transforms(hand: Any) -> Any:
    """What the registration recovers of known displacements."""
    from workstation.gui.known_transform_window import KnownTransformWindow

    registration(hand)
    hand.window.action("test_known_transforms").trigger()
    window = hand.window.findChild(KnownTransformWindow)
    window.start()
    hand.wait_for_work()
    return window


def edges(hand: Any) -> None:
    """Edges of the MR on the CT, and what there is to accept."""
    panel = registration(hand)
    hand.window.action("fusion_edges").trigger()
    bring_up(panel, panel.widget())


def deep_inside(session: Any, name: str) -> Any:
    """A point of a structure far from its edge, in mm."""
    import numpy as np

    from workstation.enhancement.regions import shrunk
    from workstation.structures.rasterise import mask_of

    grid = session.case.planning.grid
    stack = next(s.stack for s in session.case.structures.values() if s.name == name)
    mask = mask_of(stack, grid).full()
    depth_mm = next(d for d in (5.0, 4.0, 3.0, 2.0, 0.0) if shrunk(mask, d, grid.spacing_mm).any())
    deep = np.argwhere(shrunk(mask, depth_mm, grid.spacing_mm))
    return grid.to_patient(deep[len(deep) // 2][::-1].astype(float))


def separation(hand: Any) -> Any:
    """The panel of separation with the phases, the last one fused, the drawn structures out of sight; its panel."""
    panel, session = hand.workspace.show_dock("separation"), hand.workspace.session
    for structure in session.case.structures.values():
        session.viewing.set_visible(structure.identifier, False)
    session.viewing.overlay_key = session.desk.separating.examination[-1].key
    session.viewing.opacity = 1.0
    panel.person.setText("A. Oncologist")
    session.viewing.crosshair_mm = deep_inside(session, "GTV")
    hand.window.action("tool_separate").trigger()
    hover(hand, "axial")
    return panel


def phases_and_click(hand: Any) -> None:
    """Before the click: the phases on their axis, and what to click."""
    panel = separation(hand)
    bring_up(panel, panel.widget())


def separated(hand: Any) -> Any:
    """One click in the tumour, and what comes of it; returns the panel."""
    from PySide6.QtCore import QPoint, Qt
    from PySide6.QtTest import QTest

    panel = separation(hand)
    view = hand.workspace.views.views["axial"]
    crosshair = view.crosshair()
    QTest.mouseClick(view, Qt.MouseButton.LeftButton, pos=QPoint(round(crosshair.x), round(crosshair.y)))
    hand.wait_until(lambda: hand.workspace.session.desk.separating.grown is not None, 120, "separating")
    hand.wait_for_work()
    return panel


def proposal(hand: Any) -> None:
    """The dashed proposal with the map that it was grown on, its threshold, and where it is accepted."""
    panel = separated(hand)
    bring_up(panel, panel.verdict)


def evidence(hand: Any) -> None:
    """The evidence, ranked, and the difference of two phases at the weight that makes the vein vanish."""
    panel = separated(hand)
    panel.evidence.difference.cancel.click()
    hand.wait_for_work()
    bring_up(panel, panel.evidence.table)


def accepted(hand: Any) -> None:
    """A GTV that a person has accepted, and the vein beside it."""
    panel = separated(hand)
    panel.gtv_name.setText("GTV_separated")
    panel.accept.click()
    panel.keep_vein.click()
    hand.wait_for_work()
    bring_up(panel, panel.origin_heading)


SCENES: dict[str, Scene] = {
    **{f"layout-{name}": layout(name) for name in ("four", "large", "row", "compare", "phases")},
    **{
        f"fusion-{name}": fusion(name)
        for name in ("blend", "colour", "checkerboard", "curtain", "spyglass", "flicker", "difference")
    },
    "fusion-green-magenta": green_and_magenta,
    "slab-maximum": slab,
    "planes-turned": turned,
    "contours-legend": legend,
    **{f"volume-{name.replace('_', '-')}": context(name) for name in ("bone_surface", "bone", "skin", "vessels")},
    "window-and-level": dock("window"),
    "measurements": measured,
    "registration-automatic": registered,
    "registration-by-hand": by_hand,
    "registration-landmarks": landmarks,
    "registration-deformable": deformable,
    "registration-quality": quality,
    "registration-known-transforms": known_transforms,
    "registration-edges": edges,
    "separation-phases": phases_and_click,
    "separation-proposal": proposal,
    "separation-evidence": evidence,
    "separation-accepted": accepted,
}


def photograph(case_file: Path, theme: str, wanted: list[str], copy: Path) -> None:
    """Open the case anew for each scene, so that none depends on another."""
    from PySide6.QtTest import QTest

    from workstation.cli.demonstration import look_at_targets
    from workstation.gui.application import create_window
    from workstation.gui.simulated_hand import SimulatedHand

    window = create_window(theme=theme, size=SIZE)
    hand = SimulatedHand(window)
    try:
        for name in wanted:
            window.commands.release_file()
            window.close_workspace()
            # Whatever a scene does goes into the case file at once: each has one of its own.
            shutil.copyfile(case_file, copy)
            window.commands.open_paths([str(copy)])
            hand.wait_until(lambda: window.session is not None, 120, "opening the case")
            hand.wait_for_work()
            window.action("reset_docks").trigger()
            window.commands.choose_step("fuse")
            look_at_targets(hand)
            beside = SCENES[name](hand)
            window.messages.clear()
            QTest.qWait(400)
            hand.wait_for_work()
            path = PICTURES / f"{name}-{theme}.webp"
            if not (beside or window).grab().save(str(path), "WEBP", QUALITY):
                raise SystemExit(f"manual-pictures: {path} can't be written")
            print(path.relative_to(ROOT), flush=True)
            if beside is not None:
                beside.close()
    finally:
        window.files.leave_without_asking()
        window.close()


def main() -> int:
    """Make the pictures; prints what was written."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--case", type=Path, help="a folder left by 'workstation demo --headless', to save making it")
    parser.add_argument("--only", nargs="+", choices=sorted(SCENES), default=list(SCENES), metavar="NAME")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="workstation-pictures-") as scratch:
        # nobody's recent cases belong in a picture
        os.environ["RT_WORKSTATION_DATA"] = scratch
        from workstation.cli.demonstration import CASE_NAME, demonstrate

        folder = options.case or Path(scratch) / "demonstration"
        if options.case is None:
            demonstrate(folder)
        PICTURES.mkdir(parents=True, exist_ok=True)
        for theme in ("dark", "light"):
            photograph(folder / CASE_NAME, theme, options.only, Path(scratch) / CASE_NAME)
    return 0


if __name__ == "__main__":
    sys.exit(main())
