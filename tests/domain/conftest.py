"""Fixtures of the domain's tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from fedserver.domain.kernel.context import NodeContext
from tests.kit.people import make_context


@pytest.fixture
def here(tmp_path: Path) -> NodeContext:
    """Return the node at https://alpha.test."""
    return make_context(tmp_path)
