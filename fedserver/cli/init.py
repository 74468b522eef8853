"""`fedserver init`: write a configuration and create the database."""

from __future__ import annotations

from pathlib import Path

import click

from fedserver.cli.settings import async_command, connect_database, read_config
from fedserver.config import Config
from fedserver.config_example import render


@click.command()
@click.option("--domain", required=True, help="The part after @ in handles; it cannot change later.")
@click.option("--base-url", default="", help="Where the node is reached; https://DOMAIN by default.")
@click.option("--config", "path", type=click.Path(path_type=Path), default=Path("fedserver.toml"))
@async_command
async def init(domain: str, base_url: str, path: Path) -> None:
    """Write a commented configuration and create the database."""
    config = _write_config(path, render(domain, base_url or f"https://{domain}"))
    async with connect_database(config):
        click.echo(f"Wrote {path} and created the database. Start the node with: fedserver run")


def _write_config(path: Path, text: str) -> Config:
    """Write the file and read it back; remove it if it is invalid."""
    if path.exists():
        raise click.ClickException(f"{path} exists already; remove it or choose another with --config.")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    try:
        return read_config(path)
    except click.ClickException:
        path.unlink()
        raise
