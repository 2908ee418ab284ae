"""The views: three slices and the surfaces, and how hands act on them."""
