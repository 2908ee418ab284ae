"""UIDs of phantoms: derived from the seed, so that the same case carries the same UIDs everywhere.

DICOM PS3.5 B.2: a UUID written as a decimal number under 2.25; here a name-based one (RFC 9562, version 5).
"""

from __future__ import annotations

from uuid import UUID, uuid5

PHANTOM_NAMESPACE = UUID("5f6e2c0e-3f2b-5d0a-9a53-6d1c8f1e7b42")


def phantom_uid(*names: object) -> str:
    """The UID of the thing that `names` lead to, such as ("glomus", 0, "CT", 17)."""
    return f"2.25.{uuid5(PHANTOM_NAMESPACE, '/'.join(str(n) for n in names)).int}"
