"""`fedserver db …`: upgrade, back up, verify and restore. The node may run during a backup."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import click

from fedserver.cli.language import group, option
from fedserver.cli.settings import async_command, config_option, read_config
from fedserver.text.locales import gettext
from storage.upgrade import upgrade as upgrade_schema

TABLES = ("accounts", "members", "posts", "follows", "likes", "media", "tasks", "deliveries")


@group()
def db() -> None:
    """Upgrade, back up, verify and restore the database."""


@db.command()
@config_option
@async_command
async def upgrade(config_path: Path | None) -> None:
    """Bring the schema up to date."""
    await upgrade_schema(read_config(config_path).database.url)
    click.echo(gettext("The schema is up to date."))


def _sqlite_path(url: str) -> Path | None:
    return Path(url.removeprefix("sqlite:")) if url.startswith("sqlite:") else None


def _run(*command: str) -> None:
    try:
        subprocess.run(command, check=True, capture_output=True, text=True)
    except FileNotFoundError as error:
        raise click.ClickException(
            gettext(
                "%(program)s is not installed. Please install the client programs of PostgreSQL.",
                program=command[0],
            )
        ) from error
    except subprocess.CalledProcessError as error:
        raise click.ClickException(error.stderr.strip().splitlines()[-1]) from error


@db.command()
@click.argument("path", type=click.Path(path_type=Path))
@config_option
def backup(path: Path, config_path: Path | None) -> None:
    """Write a consistent copy of the database to PATH."""
    url = read_config(config_path).database.url
    source = _sqlite_path(url)
    if path.exists():
        raise click.ClickException(gettext("%(path)s exists already. Please choose another name.", path=path))
    path.parent.mkdir(parents=True, exist_ok=True)
    if source is None:
        _run("pg_dump", "--format=custom", f"--file={path}", url)
    else:
        if not source.exists():
            raise click.ClickException(gettext("There is no database at %(path)s.", path=source))
        with closing(sqlite3.connect(source)) as origin, closing(sqlite3.connect(path)) as copy:
            origin.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")  # one file, and no others appear when it is read
    click.echo(gettext("The backup is written to %(path)s.", path=path))


def _build_damaged_error(path: Path, reason: object) -> click.ClickException:
    text = gettext("%(path)s is not a whole backup (%(reason)s).", path=path, reason=reason)
    return click.ClickException(text)


@db.command()
@click.argument("path", type=click.Path(path_type=Path, exists=True))
def verify(path: Path) -> None:
    """Check that a backup opens and is whole, and show how much is in it."""
    with path.open("rb") as file:
        archive = file.read(5) == b"PGDMP"
    if archive:
        _run("pg_restore", "--list", str(path))
        click.echo(gettext("%(path)s can be read.", path=path))
        return
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as opened:
            result = opened.execute("PRAGMA integrity_check").fetchone()[0]
            if result != "ok":
                raise _build_damaged_error(path, result)
            for table in TABLES:
                count = opened.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
                click.echo(f"{table}: {count}")
    except sqlite3.DatabaseError as error:
        raise _build_damaged_error(path, error) from error


@db.command()
@click.argument("path", type=click.Path(path_type=Path, exists=True))
@option("--force", is_flag=True, help="Replace an existing database.")
@config_option
def restore(path: Path, force: bool, config_path: Path | None) -> None:
    """Restore a backup as the database. Stop the node before."""
    url = read_config(config_path).database.url
    target = _sqlite_path(url)
    if target is None:
        clean = ("--clean", "--if-exists") if force else ()
        _run("pg_restore", *clean, "--no-owner", f"--dbname={url}", str(path))
    else:
        if target.exists() and not force:
            raise click.ClickException(
                gettext("%(path)s exists already. Please write --force to replace it.", path=target)
            )
        target.parent.mkdir(parents=True, exist_ok=True)
        for suffix in ("-wal", "-shm"):
            target.with_name(target.name + suffix).unlink(missing_ok=True)
        shutil.copyfile(path, target)
    click.echo(gettext("The backup is restored."))
