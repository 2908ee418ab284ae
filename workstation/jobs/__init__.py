"""Long work as plain functions with a `progress`, run off the window's thread."""
