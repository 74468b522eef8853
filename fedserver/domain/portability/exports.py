"""What members take along, in the files that Mastodon writes and reads.

Its page: docs.joinmastodon.org/user/moving.
"""

from __future__ import annotations

import msgspec

from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.errors import NotFoundError
from fedserver.domain.portability import import_files
from storage.engine import Tx
from storage.queries.portability import exports as export_queries
from storage.rows.accounts import AccountRow

KINDS = ("following", "followers", "lists", "blocking", "muting", "domain_blocking", "bookmarks")
FILE_NAMES = {
    "following": "following_accounts",
    "blocking": "blocked_accounts",
    "muting": "muted_accounts",
    "domain_blocking": "blocked_domains",
}
BATCH_SIZE = 1_000
# Mastodon names the columns of these only.
HEADERS = {
    "following": import_files.COLUMNS["following"],
    "muting": import_files.COLUMNS["muting"],
    "followers": ("Account address",),
}
_decode_languages = msgspec.json.Decoder(list[str]).decode


def filename(kind: str) -> str:
    """The name of a file, as people know it from Mastodon."""
    return f"{FILE_NAMES.get(kind, kind)}.csv"


async def export(tx: Tx, site: NodeContext, actor: AccountRow, kind: str) -> bytes:
    """A file of all that `actor` has of a kind. Raises NotFound for a kind that there is not."""
    if kind in ("domain_blocking", "bookmarks"):
        ask = (
            export_queries.list_muted_domains
            if kind == "domain_blocking"
            else export_queries.list_bookmarked_uris
        )
        return import_files.render((), [[each] for each in await ask(tx, actor.id)])
    if kind == "lists":
        listed = await export_queries.list_list_members(tx, actor.id)
        rows = [
            [title, import_files.format_handle(site, name, domain)] for _, title, _, name, domain in listed
        ]
        return import_files.render((), rows)
    if kind not in KINDS:
        raise NotFoundError
    rows, after = [], -1
    while found := await export_queries.list_related_accounts(tx, kind, actor.id, after, BATCH_SIZE):
        rows += [
            [import_files.format_handle(site, each[2], each[3]), *_extra_cells(kind, each[4:])]
            for each in found
        ]
        after = found[-1][0]
    return import_files.render(HEADERS.get(kind, ()), rows)


def _extra_cells(kind: str, values: tuple[object, ...]) -> list[str]:
    if kind == "following":
        boosts, notifies, languages = values
        return [_format_value(boosts), _format_value(notifies), ", ".join(_decode_languages(str(languages)))]
    return [_format_value(each) for each in values]


def _format_value(value: object) -> str:
    return "true" if value else "false"
