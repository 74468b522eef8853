"""What commands share: the configuration, the database, and one line for an error."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from functools import wraps
from pathlib import Path
from typing import Any

import click

from fedserver.cli.configuration import config_option, read_config
from fedserver.config import Config
from fedserver.domain.accounts import node_identity
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.errors import DomainError
from fedserver.domain.settings import node_settings
from fedserver.links import Links
from storage.clock import system_clock
from storage.engine import Database, ReadTx
from storage.errors import StorageError
from storage.opening import prepare_database
from storage.sealing.box import SecretBox

__all__ = ["async_command", "config_option", "connect_database", "load_context", "read_config"]
Command = Callable[..., Coroutine[Any, Any, None]]


async def load_context(tx: ReadTx, config: Config) -> NodeContext:
    """Return the context of the node for functions of the domain, with the settings in the database."""
    links = Links(config.node.base_url.rstrip("/"), config.node.domain, config.media.proxy)
    state = await node_settings.load(tx, config)
    return NodeContext(state.config, links, state.revision, state.legal_kinds)


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


async def load_settings(config: Config) -> Config:
    """Return the configuration with the settings in the database; as it is where there is no database yet."""
    if not _has_database(config.database.url):
        return config
    try:
        async with connect_database(config) as database, database.read() as tx:
            return (await load_context(tx, config)).config
    except (DomainError, StorageError, OSError):
        return config  # what is wrong with the database is not the business of who asks for settings


def _has_database(url: str) -> bool:
    return not url.startswith("sqlite:") or Path(url.removeprefix("sqlite:")).exists()


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Return the factory of uvloop if it is installed (the extra `fast`): it takes less CPU per request."""
    try:
        factory: Callable[[], asyncio.AbstractEventLoop] = importlib.import_module("uvloop").new_event_loop
    except ModuleNotFoundError:
        return None
    return factory


def async_command(command: Command) -> Callable[..., None]:
    """Make a coroutine function a command; an expected error becomes one line and exit status 1."""

    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> None:
        try:
            with asyncio.Runner(loop_factory=_loop_factory()) as runner:
                runner.run(command(*args, **kwargs))
        except DomainError as error:
            raise click.ClickException(error.message) from error
        except BrokenPipeError:
            raise  # the reader of our output has left, which is no error
        except (StorageError, OSError) as error:
            raise click.ClickException(str(error)) from error

    return run
