"""Which configuration a command uses. Loads no other part of the node."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from fedserver.cli.language import option
from fedserver.config import Config, load
from fedserver.config_values import ConfigError
from fedserver.marked_text import MarkedText
from fedserver.text.locales import gettext, translate


def config_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--config PATH`; without it, `FEDSERVER_CONFIG` or an existing `./fedserver.toml` is used."""
    decorated: Callable[..., Any] = option(
        "--config",
        "config_path",
        type=click.Path(path_type=Path),
        help="The configuration file; fedserver.toml by default.",
    )(function)
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
        raise click.ClickException(translate(error.text)) from error


def _warn(text: MarkedText) -> None:
    click.echo(gettext("Warning: %(text)s", text=translate(text)), err=True)


def build_listen_error(listen: str, error: OSError) -> click.ClickException:
    """Return the error for an address that the node cannot listen on."""
    text = gettext(
        "The node cannot listen on %(address)s (%(reason)s). Is another process using it?",
        address=listen,
        reason=error,
    )
    return click.ClickException(text)
