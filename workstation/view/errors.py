"""The exception family of the view layer."""


class ViewError(RuntimeError):
    """Something that can't be shown; the message says why, in one sentence for people."""
