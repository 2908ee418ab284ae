"""How an image is ray-cast: which values are seen, in which colours; presets as they are common in radiology.

Opacities are those of one millimetre of tissue. Values are Hounsfield units for CT; an MR follows its window.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from workstation.images.volume import Volume
from workstation.images.windows import is_ct

NONE, BONE_SURFACE, BONE, SKIN, VESSELS, MR = "none", "bone_surface", "bone", "skin", "vessels", "mr"
CONTEXTS: dict[str, str] = {
    NONE: "None",
    BONE_SURFACE: "Bone surface",
    BONE: "Bone",
    SKIN: "Skin",
    VESSELS: "Vessels",
    MR: "MR",
}
"""What may lie around the structures in the 3D view -> what people call it."""

RENDERED = (BONE, SKIN, VESSELS, MR)
"""The contexts that are ray-cast from an image."""

Stop = tuple[float, float]
ColorStop = tuple[float, float, float, float]


@dataclass(frozen=True)
class VolumePreset:
    """opacity: (value, opacity of one mm); colors: (value, r, g, b), all 0 to 1; both ascending.

    gradient: (change of the value per mm, factor) where edges shall be seen and even tissue not; () for no such rule.
    """

    opacity: tuple[Stop, ...]
    colors: tuple[ColorStop, ...]
    gradient: tuple[Stop, ...] = ()
    ambient: float = 0.15
    diffuse: float = 0.85
    specular: float = 0.2
    shininess: float = 18.0


_BONE = VolumePreset(
    opacity=((-1024, 0), (140, 0), (220, 0.10), (320, 0.45), (600, 0.75), (3071, 0.9)),
    colors=(
        (-1024, 0.45, 0.22, 0.16),
        (160, 0.58, 0.33, 0.24),
        (260, 0.80, 0.63, 0.47),
        (420, 0.93, 0.84, 0.70),
        (900, 0.99, 0.96, 0.90),
        (3071, 1.0, 1.0, 1.0),
    ),
)
# The skin is where air ends: opaque half way up, before the noise of what lies below can shade it. What a cut lays
# open shows fat yellow, muscle red and bone ivory.
_SKIN = VolumePreset(
    opacity=((-1024, 0), (-800, 0), (-650, 0.12), (-450, 0.6), (-250, 0.95), (3071, 0.98)),
    colors=(
        (-1024, 0.87, 0.64, 0.52),
        (-180, 0.90, 0.68, 0.55),
        (-100, 0.92, 0.75, 0.55),
        (-30, 0.82, 0.50, 0.40),
        (60, 0.68, 0.30, 0.25),
        (180, 0.76, 0.42, 0.33),
        (320, 0.93, 0.85, 0.72),
        (3071, 1.0, 1.0, 0.98),
    ),
    ambient=0.34,
    diffuse=0.70,
    specular=0.08,
    shininess=10.0,
)
# Contrast lies where spongy bone does. So thin that the rim of a bone hardly shows, yet a vessel some millimetres thick
# does; denser than any vessel is bone.
_VESSELS = VolumePreset(
    opacity=((-1024, 0), (140, 0), (190, 0.04), (260, 0.16), (340, 0.30), (450, 0.40), (800, 0.6), (3071, 0.8)),
    colors=(
        (-1024, 0.55, 0.05, 0.05),
        (180, 0.70, 0.10, 0.08),
        (280, 0.88, 0.18, 0.13),
        (350, 0.92, 0.45, 0.32),
        (430, 0.90, 0.80, 0.66),
        (3071, 1.0, 0.98, 0.94),
    ),
    specular=0.35,
    shininess=25.0,
)


def _mr(low: float, high: float) -> VolumePreset:
    """What the window shows bright; its dark half, noise and air with it, stays clear."""

    def at(share: float) -> float:
        return low + share * (high - low)

    return VolumePreset(
        opacity=((at(0.0), 0), (at(0.35), 0), (at(0.55), 0.03), (at(0.8), 0.16), (at(1.0), 0.5)),
        colors=(
            (at(0.0), 0.25, 0.25, 0.28),
            (at(0.45), 0.45, 0.44, 0.46),
            (at(0.75), 0.74, 0.71, 0.68),
            (at(1.0), 1.0, 0.97, 0.92),
        ),
        gradient=((0, 0.35), (0.03 * (high - low), 1.0)),
        specular=0.1,
    )


_OF_CT: dict[str, VolumePreset] = {BONE: _BONE, SKIN: _SKIN, VESSELS: _VESSELS}


def preset_of(context: str, window: tuple[float, float]) -> VolumePreset:
    """The preset of one of `RENDERED`; window: (centre, width) of the image, which an MR follows."""
    if context == MR:
        centre, width = window
        return _mr(centre - width / 2, centre + width / 2)
    return _OF_CT[context]


def voxel_mm_of(context: str) -> float:
    """How coarse an image may be for a context: skin is smooth, and what is cut open would otherwise show noise."""
    return 3.2 if context == SKIN else 2.2


def suits(context: str, volume: Volume) -> bool:
    """Whether an image can give a context: bone, skin and vessels a CT, "mr" an MR; "none" needs nothing."""
    rules: dict[str, Callable[[Volume], bool]] = {NONE: lambda _: True, MR: lambda v: v.modality == "MR"}
    return rules.get(context, is_ct)(volume)
