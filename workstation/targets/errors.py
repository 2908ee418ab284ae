"""The exception family of derived targets."""


class TargetError(ValueError):
    """A margin or recipe that can't be computed; the message says why and what to do."""
