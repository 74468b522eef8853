"""`fedserver init`: write a configuration and create the database."""

from __future__ import annotations

from pathlib import Path

import click

from addresses.hosts import normalize_host, normalize_url
from fedserver.cli.language import command, option
from fedserver.cli.settings import async_command, connect_database, read_config
from fedserver.config import Config
from fedserver.config_example import render
from fedserver.text.locales import gettext


@command()
@option("--domain", required=True, help="The part after @ in handles; it cannot change later.")
@option("--base-url", default="", help="The address of the node; https://DOMAIN by default.")
@option(
    "--config",
    "path",
    type=click.Path(path_type=Path),
    default=Path("fedserver.toml"),
    help="The file to write; fedserver.toml by default.",
)
@async_command
async def init(domain: str, base_url: str, path: Path) -> None:
    """Write a commented configuration and create the database."""
    entered, domain = domain, normalize_host(domain) or domain
    base_url = normalize_url(base_url or f"https://{domain}") or base_url
    config = _write_config(path, render(domain, base_url))
    if domain != entered:
        click.echo(
            gettext(
                "The domain is written %(domain)s, as other servers see it. Both spellings find it.",
                domain=domain,
            )
        )
    async with connect_database(config):
        click.echo(
            gettext(
                "The configuration is in %(path)s, and the database is ready. "
                "Start the node with: fedserver run",
                path=path,
            )
        )


def _write_config(path: Path, text: str) -> Config:
    """Write the file and read it back; remove it if it is invalid."""
    if path.exists():
        raise click.ClickException(
            gettext("%(path)s exists already. Please remove it, or choose another with --config.", path=path)
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    try:
        return read_config(path)
    except click.ClickException:
        path.unlink()
        raise
