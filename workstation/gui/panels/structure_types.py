"""The RT ROI Interpreted Types (DICOM PS3.3 C.8.8.8.1) that this program offers, and names people often want."""

from __future__ import annotations

TYPES: tuple[tuple[str, str], ...] = (
    ("No type", ""),
    ("GTV", "GTV"),
    ("CTV", "CTV"),
    ("PTV", "PTV"),
    ("Organ", "ORGAN"),
    ("Avoidance", "AVOIDANCE"),
    ("External", "EXTERNAL"),
    ("Cavity", "CAVITY"),
    ("Support", "SUPPORT"),
    ("Control", "CONTROL"),
)

COMMON_NAMES: tuple[str, ...] = (
    "GTV", "CTV", "PTV", "ITV", "Brainstem", "SpinalCord", "Brain", "Eye_L", "Eye_R", "Lens_L", "Lens_R", "OpticNrv_L",
    "OpticNrv_R", "OpticChiasm", "Cochlea_L", "Cochlea_R", "Parotid_L", "Parotid_R", "Mandible", "Larynx", "Esophagus",
    "Thyroid", "Lung_L", "Lung_R", "Heart", "Liver", "Kidney_L", "Kidney_R", "Bowel", "Bladder", "Rectum", "External",
)  # fmt: skip
"""After AAPM TG-263."""

LONGEST_NAME = 64
"""ROI Name (3006,0026) is LO."""

COMFORTABLE_NAME = 16
"""Longer names are cut off by some planning systems (TG-263 advises 16 characters)."""


def guessed_type(name: str) -> str:
    """The type that a name suggests: targets by their first letters, the outline, otherwise an organ.

    >>> guessed_type("GTV_1"), guessed_type("External"), guessed_type("Parotid_L"), guessed_type("")
    ('GTV', 'EXTERNAL', 'ORGAN', '')
    """
    upper = name.strip().upper()
    if upper[:3] in ("GTV", "CTV", "PTV"):
        return upper[:3]
    if upper in ("EXTERNAL", "BODY", "SKIN"):
        return "EXTERNAL"
    if upper.startswith(("PRV", "Z_")) or upper.endswith("PRV"):
        return "AVOIDANCE"
    return "ORGAN" if upper else ""
