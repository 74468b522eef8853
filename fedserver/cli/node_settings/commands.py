"""`fedserver settings …`: the settings that live in the database, for scripts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, BinaryIO

import click
import msgspec

from fedserver.cli.language import group, json_option, option, print_json
from fedserver.cli.node_settings import changes
from fedserver.cli.settings import async_command, config_option, connect_database, load_context, read_config
from fedserver.config import Config, get_value
from fedserver.config_settings import SETTINGS
from fedserver.config_values import ConfigError
from fedserver.domain.kernel.errors import InvalidError
from fedserver.domain.settings import node_settings, setting_files
from fedserver.setting_values import get_setting, parse
from fedserver.text.locales import gettext, translate
from storage.engine import Database

reason_option = option("--reason", default="", help="Why; everyone can read it in the log.")
yes_option = option("--yes", is_flag=True, help="Do not ask before a change that shuts people out.")


@asynccontextmanager
async def _open(config: Config) -> AsyncIterator[Database]:
    """Open the database, whose settings are those of the configuration if nothing was ever started."""
    async with connect_database(config) as db:
        await node_settings.take_over(db, config)
        try:
            yield db
        except ConfigError as error:
            raise click.ClickException(translate(error.text)) from error
        except InvalidError as error:
            raise click.ClickException(f"{error.field}: {error.message}") from error


@group()
def settings() -> None:
    """Show and change settings; export and import them."""


@settings.command()
@click.argument("key", required=False, default="")
@json_option
@config_option
@async_command
async def get(key: str, config_path: Path | None, as_json: bool) -> None:
    """Show a setting, or all of them."""
    config = read_config(config_path)
    async with _open(config) as db, db.read() as tx:
        current = (await load_context(tx, config)).config
        keys = [get_setting(key).key] if key else [setting.key for setting in SETTINGS]
    values = {name: msgspec.to_builtins(get_value(current, name)) for name in keys}
    if as_json:
        print_json(values[key] if key else values)
    elif key:
        click.echo(_show(values[key]))
    else:
        for name, value in values.items():
            # As TOML has it, in every language.
            click.echo(f"{name} = {setting_files.to_toml(value)}")


def _show(value: Any) -> str:
    if isinstance(value, str):
        return value
    is_plain = isinstance(value, list) and all(isinstance(item, str) and "," not in item for item in value)
    return ",".join(value) if is_plain else msgspec.json.encode(value).decode()


@settings.command("set")
@click.argument("key")
@click.argument("value")
@reason_option
@yes_option
@config_option
@async_command
async def set_value(key: str, value: str, config_path: Path | None, reason: str, yes: bool) -> None:
    """Change a setting. Lists are separated by commas, or JSON."""
    config = read_config(config_path)
    async with _open(config) as db:
        if get_setting(key).is_file and value:
            raise click.ClickException(
                gettext(
                    "%(key)s: Please upload the picture in the console. Here it can only be removed.", key=key
                )
            )
        await changes.apply(db, config, {key: parse(key, value)}, {}, reason, yes=yes)


@settings.command()
@config_option
@async_command
async def export(config_path: Path | None) -> None:
    """Write all settings and legal texts as TOML. Pictures are not in it."""
    config = read_config(config_path)
    async with _open(config) as db, db.read() as tx:
        text = await setting_files.export(tx, (await load_context(tx, config)).config)
    click.echo(text, nl=False)


@settings.command("import")
@click.argument("file", type=click.File("rb"))
@option("--dry-run", is_flag=True, help="Only show what would change.")
@reason_option
@yes_option
@config_option
@async_command
async def import_file(
    file: BinaryIO, config_path: Path | None, dry_run: bool, reason: str, yes: bool
) -> None:
    """Change the settings and legal texts that a TOML file names; others stay as they are."""
    config = read_config(config_path)
    async with _open(config) as db:
        read = setting_files.parse(file.read(setting_files.MAX_FILE_BYTES))
        await changes.apply(db, config, read.values, read.texts, reason, yes=yes, dry_run=dry_run)
