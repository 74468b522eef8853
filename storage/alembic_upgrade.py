"""Upgrade of the schema by Alembic, in one transaction and under a lock: several processes may start at once.

Only `storage.upgrade` loads this module.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, NullPool, event, inspect, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from storage.errors import DatabaseUnavailableError, SchemaTooNewError, UnsupportedSchemaError
from storage.private_files import create_file, create_folder
from storage.revisions import LAST_DEVELOPMENT_REVISION
from storage.schema import metadata

ADVISORY_LOCK = 0x66656473  # "feds"
MIGRATIONS = Path(__file__).parent / "migrations"
FIRST_REVISION = "schema_0001"
# Before the first release there were 25 revisions, 0001 to 0026 (0017 was never used). FIRST_REVISION creates
# what the last of them did; the migrations between them are no longer here.
DEVELOPMENT_REVISIONS = frozenset(f"{number:04}" for number in range(1, 27) if number != 17)
LAST_DEVELOPMENT_COMMIT = "8303e8b"


def make_alembic_config() -> Config:
    """Return Alembic's settings; nothing outside the package is needed."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    return config


async def upgrade_schema(url: str) -> None:
    """Upgrade the database at `url` (`sqlite:PATH` or `postgresql://…`) to the newest revision.

    Nothing is changed if it fails. Raises what `storage.upgrade.upgrade` raises.
    """
    if url.startswith("sqlite:"):
        path = Path(url.removeprefix("sqlite:"))
        # SQLite would create it with the rights that the umask leaves to others.
        create_folder(path.parent)
        create_file(path)
        with _lock_file(path.with_name(path.name + ".lock")):
            await _run(_open_sqlite(path), "")
    else:
        engine = create_async_engine("postgresql+asyncpg://" + url.partition("://")[2], poolclass=NullPool)
        await _run(engine, f"SELECT pg_advisory_lock({ADVISORY_LOCK})")


def _open_sqlite(path: Path) -> AsyncEngine:
    engine = create_async_engine(f"sqlite+aiosqlite:///{path}", poolclass=NullPool)

    # The driver begins no transaction before DDL: a migration that fails would leave half of its work.
    @event.listens_for(engine.sync_engine, "connect")
    def leave_transactions_to_us(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


async def _run(engine: AsyncEngine, lock: str) -> None:
    try:
        async with engine.connect() as connection:
            if lock:
                await connection.execute(text(lock))
                await connection.commit()
            await connection.run_sync(_upgrade_connection)
            await connection.commit()
    except (DBAPIError, OSError) as error:
        cause = getattr(error, "orig", None) or error
        raise DatabaseUnavailableError(f"cannot open the database: {cause}") from error
    finally:
        await engine.dispose()


def _upgrade_connection(connection: Connection) -> None:
    # Alembic joins the transaction that reading the revision begins; the caller commits it.
    script = ScriptDirectory.from_config(make_alembic_config())
    revision = MigrationContext.configure(connection).get_current_revision()
    where = connection.engine.url.render_as_string(hide_password=True).partition("://")[2]
    if revision is None:
        _require_empty(connection, where)
    elif revision == LAST_DEVELOPMENT_REVISION:
        connection.execute(text("UPDATE alembic_version SET version_num = :first"), {"first": FIRST_REVISION})
    elif revision in DEVELOPMENT_REVISIONS:
        raise UnsupportedSchemaError(
            f"the database {where} is at revision {revision} of the development line, which this version "
            f"cannot upgrade: start fedserver at commit {LAST_DEVELOPMENT_COMMIT} once, which brings it to "
            f"{LAST_DEVELOPMENT_REVISION}, and then this version. Nothing was changed"
        )
    elif revision not in {known.revision for known in script.walk_revisions()}:
        raise SchemaTooNewError(
            f"the database {where} is at revision {revision}, which this version does not know: "
            "run the newer fedserver that upgraded it, or restore a backup"
        )
    config = make_alembic_config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _require_empty(connection: Connection, where: str) -> None:
    """Raise UnsupportedSchemaError if tables of ours are there although no revision is."""
    existing = sorted(metadata.tables.keys() & set(inspect(connection).get_table_names()))
    if existing:
        raise UnsupportedSchemaError(
            f"the database {where} holds tables of fedserver ({', '.join(existing[:3])} …) but no revision: "
            "it is incomplete. Restore a backup, or name an empty database. Nothing was changed"
        )


@contextmanager
def _lock_file(path: Path) -> Iterator[None]:
    create_file(path)
    handle = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
