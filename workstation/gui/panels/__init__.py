"""The panels at the right of the window, one for each step of the work."""
