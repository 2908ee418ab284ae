"""Slice and volume scenes drawn off screen with VTK, free of Qt."""
