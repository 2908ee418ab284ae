"""The exception family of the images layer."""


class ImageError(ValueError):
    """An image file that can't be read or written, or images that can't be resampled; the message says why."""
