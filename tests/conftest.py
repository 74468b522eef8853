"""Fixtures for all tests. `database` runs a test on SQLite and again on PostgreSQL."""

from __future__ import annotations

import gc
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from zlib import crc32

import pytest
import structlog
from hypothesis import settings

from storage.engine import Database
from storage.opening import open_database
from tests.kit import databases, nodes, tls
from tests.kit.clock import Clock

# An example takes as long as the machine lets it: how fast it is, is nothing to test here.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
MEMORY_DIR = Path("/dev/shm")
SURFACE_TESTS = ("tests/console/", "tests/journeys/", "tests/oauth/", "tests/pages/")


def pytest_configure(config: pytest.Config) -> None:
    """Keep the files of tests in memory where there is room: waiting for a disk is most of a commit."""
    if (
        MEMORY_DIR.is_dir()
        and os.access(MEMORY_DIR, os.W_OK)
        and shutil.disk_usage(MEMORY_DIR).free > 1 << 30
    ):
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY_DIR))
    # Tracebacks with frames and colours take a second each.
    plain = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[*structlog.get_config()["processors"][:-1], plain])


def pytest_collection_finish() -> None:
    """Let no search for garbage go through what stays until the end: modules, and all tests."""
    gc.collect()
    gc.freeze()


def pytest_xdist_auto_num_workers() -> int:
    """Return one more than processors: a third of a test's time is waiting for the database or a program."""
    return (os.cpu_count() or 1) + 1


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--every-case", action="store_true", help="run each case of each test on both databases")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Run each test on both databases; if it has four cases or more they take turns between the two.

    So do the tests of SURFACES and those marked `surface`: they are slow, and about what is on the other side
    of HTTP, which cannot see the database; half of them begin with either. A test that wants one database
    only runs all its cases on that, and without PostgreSQL all run on SQLite.
    """
    if config.getoption("--every-case") or databases.describe_missing_postgres():
        return
    cases: dict[str, list[str]] = {}
    kinds: dict[str, set[bool]] = {}
    for item in items:
        if (case := _parse_case(item)) is not None:
            kinds.setdefault(case[0], set()).add(case[2])
            if case[1] not in (known := cases.setdefault(case[0], [])):
                known.append(case[1])
    both = {test: known for test, known in cases.items() if len(kinds[test]) == 2}
    spare = {item for item in items if _is_spare(item, both)}
    if spare:
        config.hook.pytest_deselected(items=[*spare])
        items[:] = [item for item in items if item not in spare]


def _parse_case(item: pytest.Item) -> tuple[str, str, bool] | None:
    """Return the test, its case and its database, None if it needs no database."""
    spec = getattr(item, "callspec", None)
    kind = next((name for name in ("database_url", "start") if spec and name in spec.params), "")
    if spec is None or not kind:
        return None
    test, _, name = item.nodeid.partition("[")
    return test, name.replace(spec.params[kind], "", 1), spec.params[kind] == "postgresql"


def _is_spare(item: pytest.Item, cases: dict[str, list[str]]) -> bool:
    case = _parse_case(item)
    if case is None or case[0] not in cases:
        return False
    surface = item.nodeid.startswith(SURFACE_TESTS) or item.get_closest_marker("surface") is not None
    if len(cases[case[0]]) < 4 and not surface:
        return False
    first = crc32(case[0].encode()) if surface else 0
    return (cases[case[0]].index(case[1]) + first + case[2]) % 2 == 1


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Provide a fresh, empty database with the schema in it."""
    if request.param == "sqlite":
        yield databases.new_sqlite(tmp_path)
        return
    databases.require_postgres()
    url = databases.new_postgres()
    yield url
    databases.release(url)


@pytest.fixture
async def database(database_url: str, clock: Clock) -> AsyncIterator[Database]:
    opened = await open_database(database_url, clock)
    yield opened
    await opened.close()


@pytest.fixture
def names() -> tls.LoopbackResolver:
    return tls.LoopbackResolver()


@pytest.fixture(params=["sqlite", "postgresql"])
async def start(
    request: pytest.FixtureRequest, tmp_path: Path, names: tls.LoopbackResolver, clock: Clock
) -> AsyncIterator[nodes.Start]:
    """Start nodes: `alpha = await start("alpha.test")`; all are stopped at the end."""
    async with nodes.run_nodes(request.param, tmp_path, names, clock) as begin:
        yield begin
