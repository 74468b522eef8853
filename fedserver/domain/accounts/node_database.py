"""The database as a node and its commands open it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fedserver.config import Config
from fedserver.domain.accounts import node_identity
from storage.clock import system_clock
from storage.engine import Database
from storage.opening import prepare_database
from storage.sealing.box import SecretBox


def build_secret_box(config: Config) -> SecretBox:
    """Return the box with the seal key of the node."""
    return SecretBox(Path(config.node.data_dir) / "seal.key")


@asynccontextmanager
async def connect_database(config: Config) -> AsyncIterator[Database]:
    """Upgrade and open the database, as a node does; close it after the block.

    Raises OtherNodeError if it is that of another node.
    """
    database = await prepare_database(
        config.database.url, system_clock, build_secret_box(config), config.database.direct_url
    )
    try:
        is_known = await node_identity.ensure_same(database, config.node)
        yield database
        if not is_known:  # it may have been given its first account
            await node_identity.ensure_same(database, config.node)
    finally:
        await database.close()
