"""`fedserver db …`: upgrade, back up, verify and restore. The node may run during a backup."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from fedserver.cli.backups import lost_key, postgresql_backups, records, sqlite_backups
from fedserver.cli.backups.contents import COUNTED_TABLES, BackupContents, BackupError, build_target
from fedserver.cli.language import group, json_option, option, print_json
from fedserver.cli.settings import (
    async_command,
    build_secret_box,
    config_option,
    connect_database,
    read_config,
)
from fedserver.text.locales import gettext, ngettext
from storage.errors import DatabaseInUseError, StorageError
from storage.private_files import create_folder


@group()
def db() -> None:
    """Upgrade, back up, verify and restore the database."""


@db.command()
@config_option
@async_command
async def upgrade(config_path: Path | None) -> None:
    """Bring the schema up to date."""
    async with connect_database(read_config(config_path)):
        click.echo(gettext("The schema is up to date."))


def _sqlite_path(url: str) -> Path | None:
    return Path(url.removeprefix("sqlite:")) if url.startswith("sqlite:") else None


@contextmanager
def _explain_failure(path: Path) -> Iterator[None]:
    """Turn errors into one line that says what happened, and that nothing has changed."""
    try:
        yield
    except DatabaseInUseError as error:
        raise BackupError(
            gettext(
                "The database is in use: a node, its worker or another command is running. Please stop it "
                "first; nothing was changed."
            )
        ) from error
    except (OSError, sqlite3.Error, StorageError) as error:
        raise BackupError(
            gettext("%(path)s: %(reason)s. Nothing was changed.", path=path, reason=error)
        ) from error


@db.command()
@click.argument("path", type=click.Path(path_type=Path))
@config_option
def backup(path: Path, config_path: Path | None) -> None:
    """Write a consistent copy of the database to PATH."""
    config = read_config(config_path)
    source = _sqlite_path(config.database.url)
    if os.path.lexists(path):
        raise click.ClickException(gettext("%(path)s exists already. Please choose another name.", path=path))
    if source is not None and not source.exists():
        raise click.ClickException(gettext("There is no database at %(path)s.", path=source))
    with _explain_failure(path):
        create_folder(path.parent)
        if source is None:
            postgresql_backups.back_up(config.database.session_url, path)
        else:
            sqlite_backups.back_up(source, path)
    click.echo(gettext("The backup is written to %(path)s.", path=path))
    records.record_made(config, path)
    key = build_secret_box(config).path
    if key.exists():
        click.echo(
            gettext(
                "It is of use only together with %(path)s. Please keep a copy of that file, apart from "
                "the backup.",
                path=key,
            )
        )


@db.command()
@click.argument("path", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@json_option
@config_option
def verify(path: Path, config_path: Path | None, as_json: bool) -> None:
    """Read all of a backup, check that it is whole, and show how much is in it."""
    if config_path is not None:
        read_config(config_path)  # nothing in it matters here, but a wrong one shall not pass unseen
    with _explain_failure(path):
        is_dump = postgresql_backups.is_dump(path)
        contents = (postgresql_backups if is_dump else sqlite_backups).read_contents(path)
    _record_verified(config_path, path, contents)
    if as_json:
        print_json(
            {
                "rows": dict(contents.counts),
                "has_checksum": contents.has_checksum,
                "may_lack_newest_rows": contents.has_open_log,
                "domain": contents.identity.name if contents.identity is not None else "",
            }
        )
        return
    _print_contents(contents)
    if contents.identity is not None:
        click.echo(gettext("It is of the node %(domain)s.", domain=contents.identity.name))
    if contents.has_checksum:
        click.echo(gettext("%(path)s is a whole backup.", path=path))
        return
    click.echo(gettext("%(path)s can be restored.", path=path))
    _print_doubts(contents)


def _record_verified(config_path: Path | None, path: Path, contents: BackupContents) -> None:
    """Let the console of the node know, if the backup is that of the node of a configuration here."""
    try:
        config = read_config(config_path)
    except click.ClickException:
        return  # nobody named it, and a backup can be read without it
    if contents.identity is not None and config.node.domain == contents.identity.name:
        records.record_verified(config, path)


def _print_doubts(contents: BackupContents) -> None:
    """Warn of what cannot be known of a backup without a checksum."""
    doubts = []
    if not contents.has_checksum:
        doubts.append(
            gettext(
                "It has no checksum, as another program made or changed it: not every wrong letter or "
                "missing row in it would be found."
            )
        )
    if contents.has_open_log:
        doubts.append(
            gettext(
                "It may be a copy of a database that was in use, without the file -wal beside it: then its "
                "newest rows are missing. Please make backups with: fedserver db backup"
            )
        )
    for text in doubts:
        click.echo(gettext("Warning: %(text)s", text=text), err=True)


def _print_contents(contents: BackupContents) -> None:
    for table in COUNTED_TABLES:
        click.echo(f"{table}: {contents.counts[table]}")


@db.command()
@click.argument("path", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@option("--force", is_flag=True, help="Replace an existing database.")
@option(
    "--lost-key", "ignores_key", is_flag=True, help="Restore although the seal key of the backup is lost."
)
@option(
    "--from-domain", default="", help="Restore although it is the backup of another domain, which is this."
)
@config_option
def restore(path: Path, force: bool, ignores_key: bool, from_domain: str, config_path: Path | None) -> None:
    """Verify a backup and restore it as the database. Stop the node before."""
    config = read_config(config_path)
    database = _sqlite_path(config.database.url)
    target = build_target(None if ignores_key else build_secret_box(config), config.node, from_domain)
    with _explain_failure(path):
        is_dump = postgresql_backups.is_dump(path)
        if database is None and not is_dump:
            sqlite_backups.read_contents(path)  # says what is wrong with it, if it is no backup at all
        if is_dump != (database is None):
            raise BackupError(
                gettext(
                    "%(path)s is a backup of another kind of database than database.url names.", path=path
                )
            )
        if database is None:
            url = config.database.session_url
            contents = postgresql_backups.restore(path, url, target, replaces=force)
        else:
            if database.exists() and not force:
                raise BackupError(
                    gettext("%(path)s exists already. Please write --force to replace it.", path=database)
                )
            contents = sqlite_backups.restore(path, database, target)
    _print_contents(contents)
    click.echo(gettext("The backup is restored."))
    _print_doubts(contents)


@db.command("replace-keys")
@config_option
@async_command
async def replace_keys(config_path: Path | None) -> None:
    """Make new keys after the seal key was lost. Stop the node before."""
    config = read_config(config_path)
    box = build_secret_box(config)
    replaced = await lost_key.replace_keys(config, box)
    click.echo(
        ngettext(
            "%(count)s account has new keys, sealed with %(path)s. Please keep a copy of that file.",
            "%(count)s accounts have new keys, sealed with %(path)s. Please keep a copy of that file.",
            replaced.accounts,
            count=replaced.accounts,
            path=box.path,
        )
    )
    if replaced.members:
        click.echo(
            ngettext(
                "%(count)s member needs a recovery code at the next login, as the secret of the "
                "authenticator app is gone. Without one: fedserver member reset-2fa NAME",
                "%(count)s members need a recovery code at their next login, as the secrets of their "
                "authenticator apps are gone. Without one: fedserver member reset-2fa NAME",
                replaced.members,
                count=replaced.members,
            )
        )
