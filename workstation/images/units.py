"""Units as they are written behind a value."""

from __future__ import annotations

# PS3.3 C.8.9.1 (Units of PET): grams per millilitre is a standardised uptake value.
_WRITTEN = {"GML": "g/ml", "BQML": "Bq/ml", "CNTS": "counts"}
_NOT_WORTH_SAYING = ("us", "unspecified", "a.u.")


def bare_unit(unit: str) -> str:
    """An image's unit as it is written behind a value: signal has none, relative units aren't worth saying.

    >>> bare_unit("HU"), bare_unit("MR signal"), bare_unit("US"), bare_unit("GML")
    ('HU', '', '', 'g/ml')
    """
    if unit.lower() in _NOT_WORTH_SAYING or "signal" in unit.lower():
        return ""
    return _WRITTEN.get(unit, unit)
