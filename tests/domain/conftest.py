"""Fixtures of the domain's tests."""

from __future__ import annotations

from pathlib import Path

import pytest
from fedserver.domain.kernel.context import Site

from tests.kit.people import site


@pytest.fixture
def here(tmp_path: Path) -> Site:
    """The site at https://alpha.test."""
    return site(tmp_path)
