"""`fedserver log …`: what moderators and admins did, checked."""

from __future__ import annotations

import json
from pathlib import Path

import click
import msgspec

from fedserver.cli.settings import async_command, config_option, connect_database, read_config
from fedserver.domain.audit_log import audit_log, hash_chain

_EntryList = list[hash_chain.LogEntry]


@click.group()
def log() -> None:
    """Check the log of what moderators and admins did."""


@log.command()
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--hash", "noted", default="", help="A hash that was noted; it has to be in the log.")
@config_option
@async_command
async def verify(file: Path | None, noted: str, config_path: Path | None) -> None:
    """Check the chain: in the database, or in a FILE of pages of /api/fedserver/v1/log."""
    try:
        if file is not None:
            found = _check_file(file, noted)
        else:
            async with connect_database(read_config(config_path)) as db, db.read(slow=True) as tx:
                found = await audit_log.verify(tx, noted)
    except hash_chain.ChainBrokenError as error:
        raise click.ClickException(str(error)) from error
    if not found.last:
        click.echo("The log is empty")
        return
    click.echo(f"Entries {found.first} to {found.last} are as they were written; the last has the hash")
    click.echo(found.hash)


def _check_file(path: Path, noted: str) -> audit_log.ChainValid:
    """Pages in any order, one after the other; what stands in two of them has to be the same."""
    entries: dict[int, hash_chain.LogEntry] = {}
    for each in _parse_pages(path.read_text(encoding="utf-8")):
        if entries.setdefault(each.number, each) != each:
            raise hash_chain.ChainBrokenError(f"entry {each.number}: it is there twice, and differs")
    checker = hash_chain.ChainVerifier()
    for number in sorted(entries):
        checker.verify_next(entries[number])
    if noted and noted not in {each.hash for each in entries.values()}:
        raise hash_chain.ChainBrokenError(f"no entry has the hash that was noted: {noted}")
    return audit_log.ChainValid(checker.first, checker.number, checker.hash)


def _parse_pages(text: str) -> list[hash_chain.LogEntry]:
    decoder, place, found = json.JSONDecoder(), 0, list[hash_chain.LogEntry]()
    text = text.strip()
    try:
        while place < len(text):
            page, place = decoder.raw_decode(text, place)
            found += msgspec.convert(page, _EntryList)
            place += len(text[place:]) - len(text[place:].lstrip())
    except (ValueError, RecursionError) as error:
        raise click.ClickException(f"this is no page of a log: {error}") from error
    return found
