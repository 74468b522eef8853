"""What a backup holds, found by reading all of it, and whether this program can use it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import click
from msgspec import Struct

from fedserver.text.locales import gettext
from storage.revisions import SchemaAge, judge_revision, read_newest_revision
from storage.schema import metadata
from storage.sealing.box import SecretBox
from storage.sealing.columns import matches_key

# Tables that every schema of ours has had; their rows are what an operator recognizes a backup by.
COUNTED_TABLES = ("accounts", "members", "posts", "follows", "likes", "media", "tasks", "deliveries")
REVISION_TABLE = "alembic_version"


class BackupError(click.ClickException):
    """A backup that cannot be made, used or restored; the database is as it was."""


class BackupContents(Struct, frozen=True):
    """The contents: columns and number of rows by table, the revision of the schema, and the seal check.

    `seal_check` is the setting that tells whether a seal key is the right one; None in backups from before
    secrets were sealed. `has_checksum` is False for files that other programs made.
    """

    columns: Mapping[str, frozenset[str]]
    counts: Mapping[str, int]
    revision: str | None
    seal_check: str | None
    has_checksum: bool


def build_damaged_error(path: Path, reason: object) -> BackupError:
    """Return the error for a file that is not a complete backup."""
    text = gettext(
        "%(path)s is not a whole backup (%(reason)s). Please use another copy.", path=path, reason=reason
    )
    return BackupError(text)


def require_usable(path: Path, contents: BackupContents) -> None:
    """Raise BackupError unless this is a backup of ours that this version can use."""
    has_tables = set(COUNTED_TABLES) <= contents.counts.keys()
    if contents.revision is None or not has_tables:
        raise BackupError(gettext("%(path)s is not a backup of fedserver: it holds other tables.", path=path))
    age = judge_revision(contents.revision)
    if age is SchemaAge.NEWER:
        raise BackupError(
            gettext(
                "%(path)s is of a newer fedserver: this version does not know its schema %(revision)s. "
                "Please install that version first.",
                path=path,
                revision=contents.revision,
            )
        )
    if age is SchemaAge.TOO_OLD:
        raise BackupError(
            gettext(
                "%(path)s is too old: this version cannot upgrade its schema %(revision)s. Please see "
                "“Upgrades” in docs/operating.md.",
                path=path,
                revision=contents.revision,
            )
        )
    if contents.revision == read_newest_revision():
        _require_columns(path, contents)


def _require_columns(path: Path, contents: BackupContents) -> None:
    """Raise BackupError if a table or column of the present schema is missing."""
    for table in metadata.sorted_tables:
        existing = contents.columns.get(table.name)
        if existing is None:
            raise build_damaged_error(path, gettext("the table %(table)s is missing", table=table.name))
        missing = sorted({column.name for column in table.columns} - existing)
        if missing:
            column = f"{table.name}.{missing[0]}"
            raise build_damaged_error(path, gettext("the column %(column)s is missing", column=column))


def require_key(path: Path, contents: BackupContents, box: SecretBox) -> None:
    """Raise BackupError if the secrets in the backup were sealed with another key than ours."""
    if contents.seal_check is None or matches_key(box, contents.seal_check):
        return
    raise BackupError(
        gettext(
            "%(path)s was sealed with another key than %(key)s: authenticator apps would not work, and other "
            "servers would refuse what this one signs. Please put the key of that time there first. If it is "
            "lost, repeat the command with --lost-key, and then run: fedserver db replace-keys",
            key=box.path,
            path=path,
        )
    )
