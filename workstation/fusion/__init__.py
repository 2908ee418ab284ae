"""Registration of one image onto another, and the picture composed from both."""
