"""What a backup holds, found by reading all of it, and whether this program can use it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import click
from msgspec import Struct

from fedserver.cli.backups.schema_parts import SchemaParts
from fedserver.domain.accounts import node_identity
from fedserver.domain.accounts.node_identity import NodeIdentity as NodeIdentity
from fedserver.text.locales import gettext
from storage.revisions import SchemaAge, judge_revision, read_newest_revision
from storage.schema import metadata
from storage.sealing.box import SecretBox
from storage.sealing.columns import matches_key

# Tables that every schema of ours has had; their rows are what an operator recognizes a backup by.
COUNTED_TABLES = ("accounts", "members", "posts", "follows", "likes", "media", "tasks", "deliveries")
REVISION_TABLE = "alembic_version"
# How a backup tells whose it is; both of its readers ask here.
IDENTITY_SETTING = node_identity.SETTING
decode_identity = node_identity.decode


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
    identity: NodeIdentity | None  # of the node whose backup it is; None if it does not tell
    parts: SchemaParts
    has_open_log: bool = False  # SQLite: copied from a database in use, perhaps without its log


class RestoreTarget(Struct, frozen=True):
    """The place of a restored backup: its seal key (None: not checked), its node, and a domain to restore.

    `named_domain` is that of another node whose backup is wanted all the same, '' for none.
    """

    box: SecretBox | None
    identity: NodeIdentity
    named_domain: str = ""


def build_target(box: SecretBox | None, config: node_identity.NodeConfig, named_domain: str) -> RestoreTarget:
    """Return the place that a configuration describes."""
    return RestoreTarget(box, node_identity.identify(config), named_domain)


def build_damaged_error(path: Path, reason: object) -> BackupError:
    """Return the error for a file that is not a complete backup."""
    text = gettext(
        "%(path)s is not a whole backup (%(reason)s). Please use another copy.", path=path, reason=reason
    )
    return BackupError(text)


def require_usable(path: Path, contents: BackupContents, expected: SchemaParts) -> None:
    """Raise BackupError unless this is a backup of ours that this version can use.

    `expected` are the parts of a schema of this version.
    """
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
    if foreign := sorted(contents.parts.triggers - expected.triggers):
        raise BackupError(
            gettext(
                "%(path)s holds a trigger that is not of fedserver, which could change every row: %(name)s. "
                "Please use another copy.",
                path=path,
                name=foreign[0],
            )
        )
    if contents.revision == read_newest_revision():
        _require_columns(path, contents)
        _require_parts(path, contents, expected)


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


def _require_parts(path: Path, contents: BackupContents, expected: SchemaParts) -> None:
    """Raise BackupError if an index, constraint or trigger is missing, or is not of the present schema."""
    # guard: indexes and constraints of a backup
    if missing := contents.parts.list_missing(expected):
        reason = gettext("a part of its schema is missing: %(part)s", part=missing[0])
        raise build_damaged_error(path, reason)
    if foreign := contents.parts.list_foreign(expected):
        reason = gettext("its schema has a part that is not of fedserver: %(part)s", part=foreign[0])
        raise build_damaged_error(path, reason)


def require_fitting(path: Path, contents: BackupContents, target: RestoreTarget) -> None:
    """Raise BackupError unless a backup belongs where it is restored."""
    _require_node(path, contents, target)
    # guard: key of a backup
    if target.box is not None:
        require_key(path, contents, target.box)


def _require_node(path: Path, contents: BackupContents, target: RestoreTarget) -> None:
    """Raise BackupError for a backup of another node that was not named."""
    identity = contents.identity
    if target.named_domain and (identity is None or target.named_domain != identity.name):
        raise BackupError(
            gettext(
                "%(path)s is not a backup of %(domain)s. Nothing was changed.",
                path=path,
                domain=target.named_domain,
            )
        )
    # guard: node of a backup
    if identity is None or identity.is_same(target.identity) or target.named_domain:
        return
    raise BackupError(
        gettext(
            "%(path)s is a backup of %(stored)s at %(stored_url)s, and the configuration says %(domain)s at "
            "%(url)s: nobody would find the accounts in it. If you want it all the same, repeat the command "
            "with --from-domain %(stored)s, and write its domain and address into the configuration.",
            path=path,
            stored=identity.name,
            stored_url=identity.base_url,
            domain=target.identity.domain,
            url=target.identity.base_url,
        )
    )


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
