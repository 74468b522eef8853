"""The directory of discoverable accounts, and suggestions of accounts to follow.

Suggested are accounts that admins feature, that followed accounts follow, and that members follow most; never
accounts that the viewer follows, asked to follow, hides or has dismissed.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from msgspec import Struct

from fedserver.domain.audit_log import audit_log
from fedserver.domain.kernel.errors import InvalidError, NotFoundError
from storage.engine import ReadTx, Tx, to_contained_pattern
from storage.queries.accounts import accounts as account_queries
from storage.queries.accounts import suggestions as suggestion_queries
from storage.queries.kernel import settings as setting_queries
from storage.rows.accounts import AccountRow
from storage.rows.auth import MemberRow

MIN_BIO_SEARCH = 3  # characters: fewer are in nearly every text
ANONYMOUS_ID = -1  # no account has it: visitors follow, hide and dismiss nobody
MAX_FEATURED = 100  # more than anybody scrolls through
SETTING_NAME = "featured_accounts"
_decode = msgspec.json.Decoder(list[int]).decode
_encode = msgspec.json.Encoder().encode


class Suggestion(Struct, frozen=True):
    """A suggested account and the reasons, in Mastodon's terms."""

    account_id: int
    sources: tuple[str, ...]


async def list_directory(
    tx: ReadTx, viewer_id: int | None, limit: int, offset: int, *, newest: bool, only_local: bool
) -> list[int]:
    """Return ids of discoverable accounts."""
    viewer = ANONYMOUS_ID if viewer_id is None else viewer_id
    return await suggestion_queries.list_directory(
        tx, viewer, limit, offset, newest=newest, only_local=only_local
    )


async def search_bios(tx: ReadTx, viewer_id: int | None, text: str, limit: int) -> list[int]:
    """Return ids of members who can be found and whose bio or fields contain the text, in any case."""
    words = text.strip().lower()
    if len(words) < MIN_BIO_SEARCH:
        return []
    viewer = ANONYMOUS_ID if viewer_id is None else viewer_id
    return await suggestion_queries.search_bios(tx, viewer, to_contained_pattern(words), limit)


async def list_for_account(tx: ReadTx, actor: AccountRow, limit: int, offset: int = 0) -> list[Suggestion]:
    """Return suggestions for `actor`: featured accounts, then friends of friends, then the most followed."""
    featured, end = await list_featured(tx), limit + offset
    allowed = await suggestion_queries.load_suggestable(tx, actor.id, featured) if featured else set()
    sources_by_account: dict[int, list[str]] = {}
    for source, ids in (
        ("featured", [featured_id for featured_id in featured if featured_id in allowed]),
        ("friends_of_friends", await suggestion_queries.list_friends_of_friends(tx, actor.id, end)),
        ("most_followed", await suggestion_queries.list_most_followed(tx, actor.id, end)),
    ):
        for account_id in ids:
            sources_by_account.setdefault(account_id, []).append(source)
    return [Suggestion(account_id, tuple(sources)) for account_id, sources in sources_by_account.items()][
        offset:end
    ]


async def dismiss(tx: Tx, actor: AccountRow, target_id: int) -> None:
    """Never suggest this account to `actor` again. Raises NotFoundError for an unknown id."""
    if await account_queries.find(tx, target_id) is None:
        raise NotFoundError
    await suggestion_queries.insert_dismissal(tx, actor.id, target_id)


async def list_featured(tx: ReadTx) -> list[int]:
    """Return the accounts that admins feature, in their order."""
    value = await setting_queries.find(tx, SETTING_NAME)
    return _decode(value) if value is not None else []


async def set_featured(tx: Tx, member: MemberRow | None, account_ids: Sequence[int]) -> None:
    """Replace the featured accounts. Raises InvalidError."""
    ids = list(dict.fromkeys(account_ids))
    if len(ids) > MAX_FEATURED:
        raise InvalidError("account_ids", f"are more than {MAX_FEATURED}", "ERR_TOO_LONG")
    await setting_queries.set_value(tx, SETTING_NAME, _encode(ids).decode())
    await audit_log.record(tx, member, "suggestions.feature", target=",".join(map(str, ids)))
