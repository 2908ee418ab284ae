"""The exception family of the case file."""


class StoreError(Exception):
    """A case that can't be written or read; the message says which file, why, and what to do."""
