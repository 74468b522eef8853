"""Fixtures of the tests of federation."""

from __future__ import annotations

from pathlib import Path

import pytest

from fedserver.domain.kernel.context import NodeContext
from tests.kit.people import make_context


@pytest.fixture
def here(tmp_path: Path) -> NodeContext:
    """Return the context of a node at https://alpha.test."""
    return make_context(tmp_path)
