"""Which configuration a command uses. Nothing of the node is loaded for it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from fedserver.config import Config, ConfigError, load


def config_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """`--config PATH`, else `FEDSERVER_CONFIG`, else `./fedserver.toml` if it is there."""
    option = click.option(
        "--config", "config_path", type=click.Path(path_type=Path), help="Configuration file."
    )
    decorated: Callable[..., Any] = option(function)
    return decorated


def read_config(path: Path | None) -> Config:
    """The configuration of this call. Ends the program with one line if it cannot be used."""
    named = path or (Path(os.environ["FEDSERVER_CONFIG"]) if os.environ.get("FEDSERVER_CONFIG") else None)
    default = Path("fedserver.toml")
    chosen = named or (default if default.exists() else None)
    try:
        return load(chosen, os.environ)
    except ConfigError as error:
        raise click.ClickException(str(error)) from error
