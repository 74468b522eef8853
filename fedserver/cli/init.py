"""`fedserver init`: write a configuration and create the database."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import click

from addresses.hosts import normalize_host, normalize_url
from fedserver.cli.language import command, option
from fedserver.cli.settings import async_command, connect_database, read_config
from fedserver.config import Config, NodeConfig
from fedserver.config_example import render
from fedserver.text.locales import gettext
from storage.private_files import create_folder, write_new_file


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
    config = _write_config(path, render(domain, base_url, choose_listen(base_url)))
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


def choose_listen(base_url: str) -> str:
    """Return the address to listen on, so that the node is reached at `base_url`.

    With https that is what a proxy before it does, which reaches the node at the default. An address that
    cannot be read gets the default as well: reading the configuration says what is wrong with it.
    """
    default = NodeConfig().listen
    try:
        parts = urlsplit(base_url)
        host, port = parts.hostname or "", parts.port or 80
    except ValueError:
        return default
    if parts.scheme != "http":
        return default
    if host.rpartition(".")[2] == "localhost":
        host = "127.0.0.1"
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _write_config(path: Path, text: str) -> Config:
    """Write the file, for its owner only as it may get passwords, and read it back; remove an invalid one."""
    create_folder(path.parent)
    try:
        with write_new_file(path) as file:
            file.write(text.encode())
    except FileExistsError as error:
        raise click.ClickException(
            gettext("%(path)s exists already. Please remove it, or choose another with --config.", path=path)
        ) from error
    try:
        return read_config(path)
    except click.ClickException:
        path.unlink()
        raise
