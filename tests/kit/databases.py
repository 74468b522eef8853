"""Real databases for tests: SQLite from a template file, PostgreSQL from a template database.

PostgreSQL is used when `FEDSERVER_TEST_POSTGRES` names a server (`postgresql://user@host/db`) or one
answers on 127.0.0.1; `FEDSERVER_REQUIRE_POSTGRES=1` makes its absence a failure instead of a skip.
"""

from __future__ import annotations

import asyncio
import atexit
import os
import shutil
import threading
from collections.abc import Coroutine
from functools import cache
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from storage.upgrade import upgrade
from tests.kit import folders

POSTGRES = os.environ.get("FEDSERVER_TEST_POSTGRES", "postgresql://root@127.0.0.1/test")
TEMPLATE = f"fedserver_template_{os.getpid()}"


@cache
def sqlite_template() -> Path:
    """Return a file with the schema in it; made once a run, in a thread with its own event loop."""
    path = folders.create_folder("fedserver-tests-") / "template.sqlite3"
    _run_in_thread(upgrade(f"sqlite:{path}"))
    return path


def new_sqlite(folder: Path, name: str = "node.sqlite3") -> str:
    """Return the URL of a fresh SQLite database in `folder`."""
    target = folder / name
    shutil.copyfile(sqlite_template(), target)
    return f"sqlite:{target}"


@cache
def describe_missing_postgres() -> str:
    """Return why PostgreSQL cannot be used, '' if it can."""
    try:
        _run_in_thread(_execute_as_admin("SELECT 1"))
    except (OSError, asyncpg.PostgresError) as error:
        return f"no PostgreSQL at {POSTGRES}: {error}"
    return ""


def require_postgres() -> None:
    """Skip the test, or fail it where PostgreSQL is demanded."""
    missing = describe_missing_postgres()
    if missing and os.environ.get("FEDSERVER_REQUIRE_POSTGRES"):
        pytest.fail(missing)
    if missing:
        pytest.skip(missing)


_created_names: list[str] = []
_free_names: list[str] = []
_cleaners: dict[str, asyncpg.Connection[asyncpg.Record]] = {}
# Emptying a database takes a tenth of the time of making one; in a session that has planned it, a hundredth.
PREPARE_CLEANUP = """DO $$ DECLARE statements text; BEGIN
SELECT string_agg(format('DELETE FROM public.%I;', relname), ' ') INTO statements FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname != 'alembic_version';
EXECUTE format('CREATE FUNCTION pg_temp.empty() RETURNS void LANGUAGE plpgsql AS %L',
'BEGIN ' || statements || ' END'); END $$;
SET session_replication_role = replica"""


@cache
def _create_postgres_template() -> str:
    _run_in_thread(_execute_as_admin(f"DROP DATABASE IF EXISTS {TEMPLATE}", f"CREATE DATABASE {TEMPLATE}"))
    _run_in_thread(upgrade(_database_url(TEMPLATE)))
    atexit.register(_drop_all)
    return TEMPLATE


def new_postgres() -> str:
    """Return the URL of an empty PostgreSQL database; all are dropped at the end of the run."""
    if _free_names:
        return _database_url(_free_names.pop())
    name = f"fedserver_{os.getpid()}_{len(_created_names)}"
    template = _create_postgres_template()
    _run_in_thread(
        _execute_as_admin(
            f"DROP DATABASE IF EXISTS {name}",
            f"CREATE DATABASE {name} TEMPLATE {template}",
            # Nobody pulls the plug here: what waits for the disk need not be waited for.
            f"ALTER DATABASE {name} SET synchronous_commit TO off",
        )
    )
    _created_names.append(name)
    return _database_url(name)


def new_bare_postgres() -> str:
    """Return the URL of a PostgreSQL database without a schema; dropped at the end of the run."""
    require_postgres()
    name = f"fedserver_{os.getpid()}_{len(_created_names)}"
    _run_in_thread(_execute_as_admin(f"DROP DATABASE IF EXISTS {name}", f"CREATE DATABASE {name}"))
    _created_names.append(name)
    _create_postgres_template()
    return _database_url(name)


def release(url: str) -> None:
    """Release a database that `new_postgres` made: it is emptied for the next test."""
    _run_in_thread(_empty_database(url))
    _free_names.append(url.rpartition("/")[2])


async def _empty_database(url: str) -> None:
    cleaner = _cleaners.get(url)
    if cleaner is None or cleaner.is_closed():
        cleaner = _cleaners[url] = await asyncpg.connect(url, timeout=5)
        await cleaner.execute(PREPARE_CLEANUP)
    await cleaner.execute("SELECT pg_temp.empty()")


def terminate_connections(url: str) -> None:
    """End all connections of a PostgreSQL database, as its restart does. The loop sees it only afterwards."""
    others = "datname = current_database() AND pid != pg_backend_pid()"
    _run_in_thread(
        _execute(url, f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE {others}")
    )


def _drop_all() -> None:
    _run_in_thread(
        _execute_as_admin(
            *[f"DROP DATABASE IF EXISTS {name} WITH (FORCE)" for name in [*_created_names, TEMPLATE]]
        )
    )


def _database_url(name: str) -> str:
    return POSTGRES.rpartition("/")[0] + "/" + name


async def _execute_as_admin(*statements: str) -> None:
    await _execute(POSTGRES, *statements)


async def _execute(url: str, *statements: str) -> None:
    connection = await asyncpg.connect(url, timeout=5)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


@cache
def _start_loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, daemon=True).start()
    return loop


def _run_in_thread(coroutine: Coroutine[Any, Any, None]) -> None:
    """Run on a loop of its own, in a thread: fixtures may be inside one already."""
    asyncio.run_coroutine_threadsafe(coroutine, _start_loop()).result()
