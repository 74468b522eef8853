"""`fedserver emoji …`: the custom emoji of this node."""

from __future__ import annotations

from pathlib import Path

import click
from msgspec import Struct

from fedserver.cli.language import group, json_option, option, print_json
from fedserver.cli.settings import async_command, config_option, connect_database, read_config
from fedserver.domain.content import emojis
from fedserver.domain.kernel import jobs
from fedserver.media.image_worker import ImageWorker
from fedserver.media.store import FileStore
from fedserver.runtime import media_intake
from fedserver.text.locales import gettext
from storage.engine import Database


class _LocalFile(Struct, frozen=True):
    """A file on the disk of who runs the command."""

    data: bytes

    @property
    def size(self) -> int:
        return len(self.data)

    def save(self, path: Path) -> None:
        path.write_bytes(self.data)


@group()
def emoji() -> None:
    """List, add, copy, disable and remove custom emoji."""


@emoji.command("list")
@json_option
@config_option
@async_command
async def list_all(config_path: Path | None, as_json: bool) -> None:
    """List the custom emoji: shortcode, category, and whether it is disabled."""
    async with connect_database(read_config(config_path)) as db, db.read() as tx:
        rows = await emojis.list_all(tx)
    if as_json:
        print_json(
            [{"shortcode": row.shortcode, "category": row.category, "disabled": row.disabled} for row in rows]
        )
        return
    for row in rows:
        # Columns are for programs: they stay as they are in every language.
        click.echo(f"{row.shortcode}\t{row.category or '-'}\t{'disabled' if row.disabled else 'enabled'}")


category_option = option("--category", default="", help="The group in which apps show it.")


@emoji.command()
@click.argument("shortcode")
@click.argument("picture", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@category_option
@config_option
@async_command
async def add(shortcode: str, picture: Path, category: str, config_path: Path | None) -> None:
    """Add an emoji from a picture of at most 256 kB."""
    config = read_config(config_path)
    with picture.open("rb") as handle:
        upload = _LocalFile(handle.read(media_intake.MAX_EMOJI_BYTES + 1))
    store, worker = FileStore(Path(config.media.store.removeprefix("file:"))), ImageWorker()
    try:
        async with connect_database(config) as db:
            async with db.read() as tx:
                await emojis.check_new(tx, shortcode)
            file = await media_intake.store_emoji(store, worker, upload, "picture")
            try:
                async with db.write() as tx:
                    row = await emojis.create(tx, None, shortcode, file, category)
            except BaseException:
                await store.remove(file.keys)
                raise
    finally:
        worker.close()
    click.echo(gettext("Added :%(shortcode)s:", shortcode=row.shortcode))


@emoji.command()
@click.argument("shortcode")
@click.argument("source")
@option("--as", "new_shortcode", default="", help="Its shortcode here, if it is another one.")
@category_option
@config_option
@async_command
async def copy(
    shortcode: str, source: str, new_shortcode: str, category: str, config_path: Path | None
) -> None:
    """Copy an emoji of another server.

    SOURCE is the address of a post, or the handle of an account, that shows it.
    """
    async with connect_database(read_config(config_path)) as db, db.write() as tx:
        name = await emojis.check_new(tx, new_shortcode or shortcode)
        await jobs.enqueue(tx, jobs.CopyEmoji(source, shortcode, name, category))
    click.echo(gettext("The running node fetches it within a few seconds; its log tells if it could not."))


@emoji.command()
@click.argument("shortcode")
@config_option
@async_command
async def disable(shortcode: str, config_path: Path | None) -> None:
    """Disable an emoji: it stays where it was used, and cannot be used again."""
    async with connect_database(read_config(config_path)) as db:
        await _set_disabled(db, shortcode, is_disabled=True)
    click.echo(gettext("Disabled :%(shortcode)s:", shortcode=shortcode.strip(":")))


@emoji.command()
@click.argument("shortcode")
@config_option
@async_command
async def enable(shortcode: str, config_path: Path | None) -> None:
    """Enable an emoji that was disabled."""
    async with connect_database(read_config(config_path)) as db:
        await _set_disabled(db, shortcode, is_disabled=False)
    click.echo(gettext("Enabled :%(shortcode)s:", shortcode=shortcode.strip(":")))


async def _set_disabled(db: Database, shortcode: str, *, is_disabled: bool) -> None:
    async with db.write() as tx:
        row = await emojis.get_by_shortcode(tx, shortcode)
        await emojis.update(tx, None, row.id, emojis.EmojiChange(disabled=is_disabled))


@emoji.command()
@click.argument("shortcode")
@config_option
@async_command
async def remove(shortcode: str, config_path: Path | None) -> None:
    """Remove an emoji: where it was used, its shortcode is shown."""
    async with connect_database(read_config(config_path)) as db, db.write() as tx:
        row = await emojis.get_by_shortcode(tx, shortcode)
        await emojis.delete(tx, None, row.id)
    click.echo(gettext("Removed :%(shortcode)s:", shortcode=row.shortcode))
