"""The exception family of the geometry layer."""


class GeometryError(ValueError):
    """A shape, axis or transform that can't mean anything in patient space; the message says which and why."""
