"""The exception family of contoured structures."""


class StructureError(ValueError):
    """Contours, a surface model or a plane that can't be computed with; the message says what and why."""
