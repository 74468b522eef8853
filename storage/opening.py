"""Opening the database that a URL names."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from storage.engine import Database
from storage.errors import DatabaseUnavailableError
from storage.sqlite import open_sqlite


async def open_database(url: str, clock: Callable[[], int]) -> Database:
    """Open `sqlite:PATH` or `postgresql://…`; the schema must be there (`storage.upgrade`).

    Raises DatabaseUnavailableError if it cannot be used, with what to do about it.
    """
    if url.startswith("sqlite:"):
        return await open_sqlite(Path(url.removeprefix("sqlite:")), clock)
    opened: Database = await _postgresql().open_postgresql(url, clock)
    return opened


def _postgresql() -> Any:
    # By name, because asyncpg is an extra that an SQLite node does not need.
    try:
        return importlib.import_module("storage.postgresql")
    except ModuleNotFoundError as error:
        raise DatabaseUnavailableError(
            "PostgreSQL needs the extra: pip install 'fedserver[postgres]'"
        ) from error
