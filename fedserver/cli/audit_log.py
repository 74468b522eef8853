"""`fedserver log …`: check what moderators and admins did."""

from __future__ import annotations

import json
from pathlib import Path

import click
import msgspec

from fedserver.cli.language import group, json_option, option, print_json
from fedserver.cli.settings import async_command, config_option, connect_database, read_config
from fedserver.domain.audit_log import audit_log, hash_chain
from fedserver.text.locales import gettext, translate

_EntryList = list[hash_chain.LogEntry]


@group()
def log() -> None:
    """Check the log of what moderators and admins did."""


@log.command()
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@option("--hash", "known_hash", default="", help="A hash that you noted earlier; it must be in the log.")
@json_option
@config_option
@async_command
async def verify(file: Path | None, known_hash: str, config_path: Path | None, as_json: bool) -> None:
    """Check the chain: in the database, or in a FILE of pages of /api/fedserver/v1/log."""
    try:
        if file is not None:
            valid = _check_file(file, known_hash)
        else:
            async with connect_database(read_config(config_path)) as db, db.read(slow=True) as tx:
                valid = await audit_log.verify(tx, known_hash)
    except hash_chain.ChainBrokenError as error:
        raise click.ClickException(translate(error.text)) from error
    if as_json:
        print_json({"first": valid.first, "last": valid.last, "hash": valid.hash})
        return
    if not valid.last:
        click.echo(gettext("The log is empty."))
        return
    click.echo(
        gettext(
            "Entries %(first)s to %(last)s are as they were written. The hash of the last one is:",
            first=valid.first,
            last=valid.last,
        )
    )
    click.echo(valid.hash)


def _check_file(path: Path, known_hash: str) -> audit_log.ChainValid:
    """Check pages in any order; an entry on two pages has to be the same on both."""
    entries: dict[int, hash_chain.LogEntry] = {}
    for entry in _parse_pages(path.read_text(encoding="utf-8")):
        if entries.setdefault(entry.number, entry) != entry:
            raise hash_chain.ChainBrokenError(
                "Entry %(number)s is in the file twice, with differences.", number=entry.number
            )
    checker = hash_chain.ChainVerifier()
    for number in sorted(entries):
        checker.verify_next(entries[number])
    if known_hash and known_hash not in {entry.hash for entry in entries.values()}:
        raise hash_chain.build_unknown_hash_error(known_hash)
    return audit_log.ChainValid(checker.first, checker.number, checker.hash)


def _parse_pages(text: str) -> list[hash_chain.LogEntry]:
    decoder, position, entries = json.JSONDecoder(), 0, list[hash_chain.LogEntry]()
    text = text.strip()
    try:
        while position < len(text):
            page, position = decoder.raw_decode(text, position)
            entries += msgspec.convert(page, _EntryList)
            position += len(text[position:]) - len(text[position:].lstrip())
    except (ValueError, RecursionError) as error:
        raise click.ClickException(
            gettext("This file does not hold pages of a log (%(reason)s).", reason=error)
        ) from error
    return entries
