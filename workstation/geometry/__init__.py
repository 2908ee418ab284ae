"""Grids, planes, planar regions, masks, transforms and deformations in patient space: numpy, and numba for fields."""
