"""Exports of relationships, lists and bookmarks, as the CSV files that Mastodon writes and reads.

docs.joinmastodon.org/user/moving
"""

from __future__ import annotations

import msgspec

from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.errors import NotFoundError
from fedserver.domain.portability import import_files
from storage.engine import ReadTx
from storage.queries.portability import exports as export_queries
from storage.rows.accounts import AccountRow

KINDS = ("following", "followers", "lists", "blocking", "muting", "domain_blocking", "bookmarks")
FILE_NAMES = {
    "following": "following_accounts",
    "blocking": "blocked_accounts",
    "muting": "muted_accounts",
    "domain_blocking": "blocked_domains",
}
BATCH_SIZE = 1_000  # rows of one statement
# Mastodon writes a header in these files only.
HEADERS = {
    "following": import_files.COLUMNS["following"],
    "muting": import_files.COLUMNS["muting"],
    "followers": ("Account address",),
}
_decode_languages = msgspec.json.Decoder(list[str]).decode


def filename(kind: str) -> str:
    """Return the name of a file, as in Mastodon."""
    return f"{FILE_NAMES.get(kind, kind)}.csv"


async def export(tx: ReadTx, site: NodeContext, actor: AccountRow, kind: str) -> bytes:
    """Return a CSV file of everything of a kind. Raises NotFoundError for an unknown kind."""
    if kind in ("domain_blocking", "bookmarks"):
        list_values = (
            export_queries.list_muted_domains
            if kind == "domain_blocking"
            else export_queries.list_bookmarked_uris
        )
        return import_files.render((), [[value] for value in await list_values(tx, actor.id)])
    if kind == "lists":
        members = await export_queries.list_list_members(tx, actor.id)
        rows = [
            [title, import_files.format_handle(site, name, domain)] for _, title, _, name, domain in members
        ]
        return import_files.render((), rows)
    if kind not in KINDS:
        raise NotFoundError
    rows, after_id = [], -1
    while batch := await export_queries.list_related_accounts(tx, kind, actor.id, after_id, BATCH_SIZE):
        rows += [
            [import_files.format_handle(site, name, domain), *_extra_cells(kind, tuple(extra))]
            for _, _, name, domain, *extra in batch
        ]
        after_id = batch[-1][0]
    return import_files.render(HEADERS.get(kind, ()), rows)


def _extra_cells(kind: str, values: tuple[object, ...]) -> list[str]:
    if kind == "following":
        boosts, notifies, languages = values
        return [_format_value(boosts), _format_value(notifies), ", ".join(_decode_languages(str(languages)))]
    return [_format_value(value) for value in values]


def _format_value(value: object) -> str:
    return "true" if value else "false"
