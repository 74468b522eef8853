"""What members take along, in the files that Mastodon writes and reads.

Its page: docs.joinmastodon.org/user/moving.
"""

from __future__ import annotations

import msgspec

from fedserver.domain.kernel.context import Site
from fedserver.domain.kernel.errors import NotFound
from fedserver.domain.portability import import_files
from storage.engine import Tx
from storage.queries.portability import exports as export_queries
from storage.rows.accounts import AccountRow

KINDS = ("following", "followers", "lists", "blocking", "muting", "domain_blocking", "bookmarks")
NAMES = {
    "following": "following_accounts",
    "blocking": "blocked_accounts",
    "muting": "muted_accounts",
    "domain_blocking": "blocked_domains",
}
SLICE = 1_000
# Mastodon names the columns of these only.
HEADERS = {
    "following": import_files.COLUMNS["following"],
    "muting": import_files.COLUMNS["muting"],
    "followers": ("Account address",),
}
_languages = msgspec.json.Decoder(list[str]).decode


def filename(kind: str) -> str:
    """The name of a file, as people know it from Mastodon."""
    return f"{NAMES.get(kind, kind)}.csv"


async def table(tx: Tx, site: Site, actor: AccountRow, kind: str) -> bytes:
    """A file of all that `actor` has of a kind. Raises NotFound for a kind that there is not."""
    if kind in ("domain_blocking", "bookmarks"):
        ask = export_queries.domains if kind == "domain_blocking" else export_queries.bookmarked
        return import_files.write((), [[each] for each in await ask(tx, actor.id)])
    if kind == "lists":
        listed = await export_queries.listed(tx, actor.id)
        rows = [[title, import_files.handle(site, name, domain)] for _, title, _, name, domain in listed]
        return import_files.write((), rows)
    if kind not in KINDS:
        raise NotFound
    rows, after = [], -1
    while found := await export_queries.people(tx, kind, actor.id, after, SLICE):
        rows += [[import_files.handle(site, each[2], each[3]), *_more(kind, each[4:])] for each in found]
        after = found[-1][0]
    return import_files.write(HEADERS.get(kind, ()), rows)


def _more(kind: str, values: tuple[object, ...]) -> list[str]:
    if kind == "following":
        boosts, notifies, languages = values
        return [_word(boosts), _word(notifies), ", ".join(_languages(str(languages)))]
    return [_word(each) for each in values]


def _word(value: object) -> str:
    return "true" if value else "false"
