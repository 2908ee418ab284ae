"""Maps as the views show them, and the curves of what was sampled."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from workstation.editing.separating_tool import COLORS
from workstation.gui.evidence_window import centred
from workstation.gui.theme import current_theme
from workstation.gui.viewing import MapShown
from workstation.view.color_maps import DARK_DIVERGING, INFERNO

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workstation.editing.separating import Found, Sample
    from workstation.enhancement.maps import EvidenceMap
    from workstation.gui.evidence_lines import CourseLine

Float = NDArray[np.float64]

BEFORE = "without alignment"


def map_shown(found: Found, each: EvidenceMap, opacity: float, words: str = "") -> MapShown:
    """A map over the images, in the colours that suit it. words: said behind its name."""
    stack = found.subtraction.stack
    name = f"{each.name}, {words}" if words else each.name
    volume = replace(
        found.reference, key=f"map {name}", voxels=np.ascontiguousarray(each.values, dtype=np.float32), grid=stack.grid,
        description=name, slices=(), files=(), series_uid="", unit=each.unit,
    )  # fmt: skip
    colors = DARK_DIVERGING if centred(each) else INFERNO
    return MapShown(volume, found.windows[each.name], colors, each.ends, opacity)


def curves_of(found: Found, samples: Sequence[Sample]) -> list[CourseLine]:
    """The courses that were compared, and those of what somebody sampled beside them."""
    from workstation.gui.evidence_lines import CourseLine
    from workstation.gui.separating_jobs import sampled

    separation = found.subtraction.separation
    stack = separation.stack
    courses = [("tumour", separation.tumour.signal, _color("tumour"), False)]
    courses += [
        (flow.name if n else "vein", flow.signal, _color("vein"), n > 0) for n, flow in enumerate(separation.flows)
    ]
    made = [CourseLine(name, values, stack.noise, color, dashed) for name, values, color, dashed in courses]
    for sample in samples:
        mask = sampled(stack, found.link, sample)
        if mask.any():
            values = np.median(stack.signals[:, mask], axis=1).astype(np.float64)
            made.append(CourseLine(sample.name, values, stack.noise, _color(sample.kind), False, True))
    return made


def _color(kind: str) -> tuple[int, int, int]:
    """As in the views, darker where the plot's ground is light."""
    red, green, blue = COLORS[kind]
    if current_theme().name == "dark":
        return red, green, blue
    return round(0.6 * red), round(0.6 * green), round(0.6 * blue)


def hover_course(found: Found, point_mm: Float) -> Float | None:
    """(n,) signals at a point of the planning image's frame, trilinear; None outside of the phases."""
    from workstation.images.lookup_kernels import values_at_index

    stack = found.subtraction.stack
    index = np.ascontiguousarray(stack.grid.to_index(found.link.apply(point_mm)).reshape(1, 3))
    out = np.empty(1, np.float32)
    values = np.empty(len(stack.signals))
    for n, signal in enumerate(stack.signals):
        values_at_index(signal, index, False, np.nan, out)
        values[n] = out[0]
    return values if np.isfinite(values).all() else None
