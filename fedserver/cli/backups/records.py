"""Notes in the database about backups, which the console shows. A backup is whole without them."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import Any

import click

from fedserver.cli.settings import build_secret_box, run_async
from fedserver.config import Config
from fedserver.domain.metrics import backups
from storage.clock import system_clock
from storage.engine import Tx
from storage.opening import open_database


def record_made(config: Config, path: Path) -> bool:
    """Record a backup that was written; return False if the database cannot be written now."""
    return _record(config, partial(backups.record_made, path=str(path.absolute()), size=path.stat().st_size))


def record_verified(config: Config, path: Path) -> bool:
    """Record a backup that was read and is whole; return False if the database cannot be written now."""
    return _record(config, partial(backups.record_verified, path=str(path.absolute())))


def _record(config: Config, write: Callable[[Tx], Coroutine[Any, Any, None]]) -> bool:
    url = config.database.url
    if url.startswith("sqlite:") and not Path(url.removeprefix("sqlite:")).exists():
        return False
    try:
        run_async(_write(config, write))
    except click.ClickException:
        return False
    return True


async def _write(config: Config, write: Callable[[Tx], Coroutine[Any, Any, None]]) -> None:
    """Write the note. The schema stays as it is: a backup is made before an upgrade, too."""
    box = build_secret_box(config)
    database = await open_database(config.database.url, system_clock, box, config.database.direct_url)
    try:
        async with database.write() as tx:
            await write(tx)
    finally:
        await database.close()
