"""Grids, planes, planar regions, masks and transforms in patient space: numpy only."""
