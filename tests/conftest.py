"""Fixtures for all tests. `database` runs a test on SQLite and again on PostgreSQL."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from storage import Database
from storage.opening import open_database
from tests.kit import databases, nodes, tls
from tests.kit.clock import Clock

MEMORY = Path("/dev/shm")


def pytest_configure(config: pytest.Config) -> None:
    """Keep the files of tests in memory where there is room: waiting for a disk is most of a commit."""
    if MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > 1 << 30:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A fresh, empty database with the schema in it."""
    if request.param == "sqlite":
        yield databases.new_sqlite(tmp_path)
        return
    databases.require_postgres()
    url = databases.new_postgres()
    yield url
    databases.drop(url)


@pytest.fixture
async def database(database_url: str, clock: Clock) -> AsyncIterator[Database]:
    opened = await open_database(database_url, clock)
    yield opened
    await opened.close()


@pytest.fixture
def names() -> tls.Names:
    return tls.Names()


@pytest.fixture(params=["sqlite", "postgresql"])
async def start(
    request: pytest.FixtureRequest, tmp_path: Path, names: tls.Names, clock: Clock
) -> AsyncIterator[nodes.Start]:
    """Starts nodes: `alpha = await start("alpha.test")`; all are stopped at the end."""
    started: list[nodes.TestNode] = []
    urls: list[str] = []

    async def begin(domain: str, **federation: Any) -> nodes.TestNode:
        folder = tmp_path / f"{len(started)}-{domain}"
        url = nodes.new_database(request.param, folder, domain)
        urls.append(url)
        node = await nodes.start_node(domain, folder, names, clock, url, **federation)
        started.append(node)
        return node

    yield begin
    for node in started:
        await node.close()
    for url in urls:
        if url.startswith("postgresql:"):
            databases.drop(url)
