"""Makes the pictures of README.md from the program itself: `python3 packaging/run.py` once, then this script.

It runs the built-in demonstration headless, opens the case file that it leaves in both themes, and photographs the
real window. Run it with the project's own Python: `.venv/bin/python packaging/pictures.py`.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "resources" / "pictures"
STEPS = {"dark": ("fuse", "contour", "targets"), "light": ("targets", "review")}

sys.path.insert(0, str(ROOT))
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")


def photograph(case_file: Path, theme: str, steps: tuple[str, ...]) -> list[Path]:
    """Open a saved case in the real window and save one picture for each step."""
    from workstation.cli.demonstration import look_at_targets
    from workstation.gui.application import create_window
    from workstation.gui.simulated_hand import SimulatedHand

    window = create_window(theme=theme)
    hand = SimulatedHand(window)
    made = []
    try:
        window.commands.open_paths([str(case_file)])
        hand.wait_until(lambda: window.session is not None, 120, "opening the case")
        hand.wait_for_work()
        look_at_targets(hand)
        for step in steps:
            window.commands.choose_step(step)
            hand.take("brush" if step == "contour" else "crosshair")
            window.messages.clear()
            hand.wait_for_work()
            path = PICTURES / f"{step}-{theme}.png"
            window.grab().save(str(path))
            made.append(path)
    finally:
        window.close()
    return made


def photograph_start_page(theme: str) -> Path:
    """The window before anything is open."""
    from workstation.gui.application import create_window
    from workstation.gui.simulated_hand import SimulatedHand

    window = create_window(theme=theme)
    try:
        SimulatedHand(window).wait_for_work()
        window.messages.clear()
        path = PICTURES / f"start-{theme}.png"
        window.grab().save(str(path))
    finally:
        window.close()
    return path


def main() -> int:
    """Make all pictures; prints what was written."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--case", type=Path, help="a folder left by 'workstation demo --headless', to save making it")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="workstation-pictures-") as scratch:
        # nobody's recent cases belong in a picture
        for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"):
            os.environ[name] = str(Path(scratch) / name.lower())
        from workstation.cli.demonstration import CASE_NAME, demonstrate

        folder = options.case or Path(scratch) / "demonstration"
        if options.case is None:
            demonstrate(folder)
        PICTURES.mkdir(parents=True, exist_ok=True)
        print(photograph_start_page("dark"))  # before there are recent cases
        for theme in ("dark", "light"):
            # What is done in the window goes into the case file at once: a picture leaves the given one alone.
            copy = Path(shutil.copy(folder / CASE_NAME, Path(scratch) / f"{theme}.rtcase"))
            for path in photograph(copy, theme, STEPS[theme]):
                print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
