"""How good a registration is: measured, and tested on known transforms."""

# ruff: noqa: E501  (one row for each action reads best as a table)
from __future__ import annotations

from workstation.gui.action_tables.spec import ActionSpec, Row

REGISTRATION_QUALITY: tuple[Row, ...] = (
    "F&usion-",
    ActionSpec("measure_registration", "F&usion", "Measure the reg&istration", "measure_registration", (), "ruler", "Landmarks, structures, inverse consistency and stability of the registration shown", "case"),
    ActionSpec("test_known_transforms", "F&usion", "Test on &known transforms…", "test_known_transforms", (), "flask", "Displace the fused image by known transforms and see what the registration recovers", "case"),
)  # fmt: skip
