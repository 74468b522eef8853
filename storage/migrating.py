"""Runs the migrations, under a lock, so that several processes may start at once. See `storage.upgrade`."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, NullPool, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

from storage.errors import DatabaseUnavailableError, SchemaTooNewError

ADVISORY_LOCK = 0x66656473  # "feds"
MIGRATIONS = Path(__file__).parent / "migrations"


def alembic_config() -> Config:
    """Alembic's settings; nothing outside the package is needed."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    return config


def current(connection: Connection) -> str | None:
    """The revision of a database, None if it is empty."""
    return MigrationContext.configure(connection).get_current_revision()


async def migrate(url: str) -> None:
    """Upgrade the database at `url` (`sqlite:PATH` or `postgresql://…`) to the newest revision.

    Raises SchemaTooNew if a newer program wrote it, Unavailable if it cannot be reached.
    """
    if url.startswith("sqlite:"):
        path = Path(url.removeprefix("sqlite:"))
        path.parent.mkdir(parents=True, exist_ok=True)
        with _file_lock(path.with_name(path.name + ".lock")):
            await _run(f"sqlite+aiosqlite:///{path}", "")
    else:
        await _run(
            "postgresql+asyncpg://" + url.partition("://")[2], f"SELECT pg_advisory_lock({ADVISORY_LOCK})"
        )


async def _run(url: str, lock: str) -> None:
    engine = create_async_engine(url, poolclass=NullPool)
    try:
        async with engine.connect() as connection:
            if lock:
                await connection.execute(text(lock))
                await connection.commit()
            await connection.run_sync(_to_head)
            await connection.commit()
    except (DBAPIError, OSError) as error:
        cause = getattr(error, "orig", None) or error
        raise DatabaseUnavailableError(f"cannot open the database: {cause}") from error
    finally:
        await engine.dispose()


def _to_head(connection: Connection) -> None:
    script = ScriptDirectory.from_config(alembic_config())
    known = {revision.revision for revision in script.walk_revisions()}
    found = current(connection)
    if found is not None and found not in known:
        raise SchemaTooNewError(
            f"the database is at revision {found}, which this version does not know: "
            "run the newer fedserver that upgraded it, or restore a backup"
        )
    connection.rollback()
    if found != script.get_current_head():
        config = alembic_config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


@contextmanager
def _file_lock(path: Path) -> Iterator[None]:
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(handle, fcntl.LOCK_UN)
