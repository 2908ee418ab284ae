"""The exception family of the open case."""


class CaseError(ValueError):
    """A command that can't be done on this case; the message says which structure or image, why, and what to do."""
