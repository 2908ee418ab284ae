"""One coarse glomus case for all tests of this folder: the same anatomy and frames on larger voxels."""

from __future__ import annotations

import pytest

from workstation.teaching.glomus import GlomusCase, glomus_case


@pytest.fixture(scope="session")
def coarse_case() -> GlomusCase:
    """Seed 0, coarse."""
    return glomus_case(0, resolution="coarse")
