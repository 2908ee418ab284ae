"""How a derived structure comes from others: target = source + margin, cropped.

Only data; `workstation.targets` computes. Definitions of CTV and PTV: ICRU reports 50, 62 and 83.
"""

from __future__ import annotations

from dataclasses import dataclass

from workstation.geometry.errors import GeometryError

LARGEST_MARGIN_MM = 200.0
SMALLEST_MARGIN_MM = 0.1
"""Nothing smaller can be drawn or measured; zero is exact, and means the structure itself."""


@dataclass(frozen=True)
class Margin:
    """Distances in mm in the six patient directions: right, left, anterior, posterior, superior, inferior.

    All positive grow, all negative shrink; a mixture of signs is refused because its result would depend on
    the order in which it is done. Zero is allowed with either.
    """

    right: float
    left: float
    anterior: float
    posterior: float
    superior: float
    inferior: float

    def __post_init__(self) -> None:
        values = self.values
        if any(not abs(v) <= LARGEST_MARGIN_MM for v in values):  # also refuses NaN
            raise GeometryError(f"A margin must lie between -{LARGEST_MARGIN_MM:g} and {LARGEST_MARGIN_MM:g} mm")
        if any(0 < abs(v) < SMALLEST_MARGIN_MM for v in values):
            raise GeometryError(f"A margin is 0 or at least {SMALLEST_MARGIN_MM:g} mm: less can't be drawn or measured")
        if min(values) < 0 < max(values):
            raise GeometryError("A margin grows or shrinks in all directions; it can't do both at once")

    @staticmethod
    def uniform(margin_mm: float) -> Margin:
        """The same distance in every direction."""
        return Margin(*(float(margin_mm),) * 6)

    @property
    def values(self) -> tuple[float, float, float, float, float, float]:
        """(right, left, anterior, posterior, superior, inferior) in mm."""
        return self.right, self.left, self.anterior, self.posterior, self.superior, self.inferior

    @property
    def is_uniform(self) -> bool:
        """Whether all six are equal."""
        return min(self.values) == max(self.values)

    @property
    def shrinks(self) -> bool:
        """Whether any direction is negative."""
        return min(self.values) < 0

    def text(self) -> str:
        """As written on the command line and in the window: "5 mm" or "R 7 L 5 A 4 P 8 S 10 I 6 mm"."""
        if self.is_uniform:
            return f"{self.right:g} mm"
        return " ".join(f"{k} {v:g}" for k, v in zip("RLAPSI", self.values, strict=True)) + " mm"

    @staticmethod
    def parse(text: str) -> Margin:
        """Read "5", "5 mm", "R=7,L=5,A=4,P=8,S=10,I=6" or the form of `text`; raises GeometryError."""
        plain = text.strip().removesuffix("mm").strip()
        try:
            return Margin.uniform(float(plain))
        except ValueError as error:
            if isinstance(error, GeometryError):
                raise
        words = plain.replace("=", " ").replace(",", " ").split()
        try:
            given = {k.upper(): float(v) for k, v in zip(words[::2], words[1::2], strict=True)}
            if sorted(given) != sorted("RLAPSI") or len(words) != 12:
                raise ValueError
        except ValueError:
            raise GeometryError(
                f"The margin {text!r} can't be read: write one number in mm, or R=7,L=5,A=4,P=8,S=10,I=6"
            ) from None
        return Margin(*(given[k] for k in "RLAPSI"))


@dataclass(frozen=True)
class Limit:
    """A structure that bounds a derived one, itself grown (+) or shrunk (-) by `margin_mm` first.

    For a crop (keep inside) "-3" stays 3 mm inside it; for an avoidance (keep out) "2" stays 2 mm clear of it.
    """

    structure_identifier: str
    margin_mm: float = 0.0


@dataclass(frozen=True)
class Recipe:
    """target = source + margin, kept inside every `crop_to`, kept out of every `avoid`."""

    source_identifier: str
    margin: Margin
    crop_to: tuple[Limit, ...] = ()
    avoid: tuple[Limit, ...] = ()

    @property
    def inputs(self) -> tuple[str, ...]:
        """Identifiers of every structure that the result depends on."""
        return self.source_identifier, *(item.structure_identifier for item in (*self.crop_to, *self.avoid))
