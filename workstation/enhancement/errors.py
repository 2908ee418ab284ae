"""What goes wrong while phases are compared."""

from __future__ import annotations


class EnhancementError(ValueError):
    """Phases, points or structures that nothing can be told from; the message says why."""
