"""Opening the database that a URL names."""

from __future__ import annotations

import importlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from storage.access import FileLock
from storage.engine import Database
from storage.errors import DatabaseUnavailableError
from storage.private_files import create_folder
from storage.sealing.box import SecretBox
from storage.sealing.columns import ensure_sealed
from storage.sqlite import SqliteDatabase, open_sqlite
from storage.upgrade import upgrade


async def open_database(
    url: str, clock: Callable[[], int], secret_box: SecretBox | None = None, direct_url: str = ""
) -> Database:
    """Open `sqlite:PATH` or `postgresql://…`; the schema must be there (`storage.upgrade`).

    `secret_box` encrypts the columns with secrets; `direct_url` is the address of PostgreSQL itself if `url`
    is that of a pooler. Raises DatabaseUnavailableError if it cannot be used, with what to do about it.
    """
    if url.startswith("sqlite:"):
        return await open_sqlite(Path(url.removeprefix("sqlite:")), clock, secret_box)
    opened: Database = await _postgresql().open_postgresql(url, clock, secret_box, direct_url)
    return opened


async def prepare_database(
    url: str, clock: Callable[[], int], secret_box: SecretBox, direct_url: str = ""
) -> Database:
    """Upgrade and open a database, and seal what an earlier version left in clear.

    Raises what `storage.upgrade.upgrade` raises, and SealKeyError.
    """
    async with _share(direct_url or url):
        await upgrade(direct_url or url)
        database = await open_database(url, clock, secret_box, direct_url)
    try:
        if isinstance(database, SqliteDatabase):
            with database.overwrite_deleted():
                await ensure_sealed(database, secret_box)
        else:
            await ensure_sealed(database, secret_box)
    except BaseException:
        await database.close()
        raise
    return database


async def upgrade_database(url: str, direct_url: str = "") -> None:
    """Upgrade a database that nothing replaces meanwhile. Raises what `storage.upgrade.upgrade` raises."""
    async with _share(direct_url or url):
        await upgrade(direct_url or url)


@asynccontextmanager
async def _share(url: str) -> AsyncIterator[None]:
    """Keep a database from being replaced between its upgrade and its opening, which keeps it itself."""
    if not url.startswith("sqlite:"):
        async with _postgresql().share_database(url):
            yield
        return
    path = Path(url.removeprefix("sqlite:"))
    try:
        create_folder(path.parent)
        lock = FileLock(path, is_exclusive=False)
    except OSError as error:
        raise DatabaseUnavailableError(f"cannot open SQLite database {path}: {error}") from error
    try:
        yield
    finally:
        lock.release()


def _postgresql() -> Any:
    # By name, because asyncpg is an extra that an SQLite node does not need.
    try:
        return importlib.import_module("storage.postgresql")
    except ModuleNotFoundError as error:
        raise DatabaseUnavailableError(
            "PostgreSQL needs the extra: pip install 'fedserver[postgres]'"
        ) from error
