"""Which configuration a command uses. Loads no other part of the node."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from fedserver.config import Config, ConfigError, load


def config_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--config PATH`; without it, `FEDSERVER_CONFIG` or an existing `./fedserver.toml` is used."""
    option = click.option(
        "--config", "config_path", type=click.Path(path_type=Path), help="Configuration file."
    )
    decorated: Callable[..., Any] = option(function)
    return decorated


def read_config(path: Path | None, *, quiet: bool = False) -> Config:
    """Return the configuration of this call, with a warning for each old key unless `quiet`.

    Raises click.ClickException, which ends the program with one line, if it is invalid.
    """
    named = path or (Path(os.environ["FEDSERVER_CONFIG"]) if os.environ.get("FEDSERVER_CONFIG") else None)
    default = Path("fedserver.toml")
    chosen = named or (default if default.exists() else None)
    try:
        return load(chosen, os.environ, None if quiet else _warn)
    except ConfigError as error:
        raise click.ClickException(str(error)) from error


def _warn(text: str) -> None:
    click.echo(f"Warning: {text}.", err=True)
