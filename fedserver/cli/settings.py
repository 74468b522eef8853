"""What commands share: the configuration, the database, and one line for an error."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Callable, Coroutine
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import click

from fedserver.cli.configuration import config_option, read_config
from fedserver.config import Config
from fedserver.domain.accounts.node_database import build_secret_box, connect_database
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.errors import DomainError
from fedserver.domain.settings import node_settings
from fedserver.links import Links
from storage.engine import ReadTx
from storage.errors import StorageError

__all__ = [
    "async_command",
    "build_secret_box",
    "config_option",
    "connect_database",
    "load_context",
    "load_settings",
    "read_config",
]
Command = Callable[..., Coroutine[Any, Any, None]]
R = TypeVar("R")


async def load_context(tx: ReadTx, config: Config) -> NodeContext:
    """Return the context of the node for functions of the domain, with the settings in the database."""
    links = Links(config.node.base_url.rstrip("/"), config.node.domain, config.media.proxy)
    state = await node_settings.load(tx, config)
    return NodeContext(state.config, links, state.revision, state.legal_kinds)


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
        run_async(command(*args, **kwargs))

    return run


def run_async(work: Coroutine[Any, Any, R]) -> R:
    """Return what a coroutine returns, for a command that asks a person before or after it.

    Nobody is asked inside of it: the answer would hold up the event loop, and a transaction with it. Raises
    click.ClickException for an expected error.
    """
    try:
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            return runner.run(work)
    except DomainError as error:
        raise click.ClickException(error.message) from error
    except BrokenPipeError:
        raise  # the reader of our output has left, which is no error
    except (StorageError, OSError) as error:
        raise click.ClickException(str(error)) from error
