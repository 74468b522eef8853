"""Follows and requests to follow."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import structs
from sqlalchemy import and_, bindparam, delete, exists, func, literal, select, update

from storage.engine import Page, ReadTx, Tx
from storage.queries.accounts.hidden import bind_viewer, is_not_hidden
from storage.rows.relationships import FollowRow
from storage.statements import PagedStatement, columns_of, one_of, to_row_or_none, upsert
from storage.tables.accounts import accounts
from storage.tables.relationships import blocks, follow_requests, follows

Pairs = list[tuple[int, int]]
COLUMNS = columns_of(follows, FollowRow)
REQUEST_COLUMNS = columns_of(follow_requests, FollowRow)

INSERT = upsert(follows).on_conflict_do_nothing()
FIND = select(*COLUMNS).where(
    follows.c.account_id == bindparam("account_id"), follows.c.target_id == bindparam("target_id")
)
FIND_BY_URI = select(*COLUMNS).where(follows.c.uri == bindparam("uri"))
UPDATE_OPTIONS, UPDATE_REQUEST_OPTIONS = (
    update(table)
    .where(table.c.id == bindparam("b_id"))
    .values(
        shows_boosts=bindparam("b_boosts"),
        notifies=bindparam("b_notifies"),
        languages=bindparam("b_languages"),
    )
    for table in (follows, follow_requests)
)
SET_URI, SET_REQUEST_URI = (
    update(table).where(table.c.id == bindparam("b_id")).values(uri=bindparam("b_uri"))
    for table in (follows, follow_requests)
)
DELETE = delete(follows).where(
    follows.c.account_id == bindparam("account_id"), follows.c.target_id == bindparam("target_id")
)
_is_active = and_(accounts.c.suspended_at.is_(None), accounts.c.deleted_at.is_(None))
_is_viewer_blocked = exists(
    select(literal(1)).where(
        blocks.c.account_id == bindparam("account_id"), blocks.c.target_id == bindparam("viewer_id")
    )
)
LIST_FOLLOWERS = PagedStatement(
    select(follows.c.id, follows.c.account_id)
    .join(accounts, accounts.c.id == follows.c.account_id)
    .where(
        follows.c.target_id == bindparam("account_id"),
        _is_active,
        is_not_hidden(follows.c.account_id),
        ~_is_viewer_blocked,
    ),
    follows.c.id,
)
LIST_FOLLOWING = PagedStatement(
    select(follows.c.id, follows.c.target_id)
    .join(accounts, accounts.c.id == follows.c.target_id)
    .where(
        follows.c.account_id == bindparam("account_id"),
        _is_active,
        is_not_hidden(follows.c.target_id),
        ~_is_viewer_blocked,
    ),
    follows.c.id,
)
LIST_FOLLOWER_URIS = PagedStatement(
    select(follows.c.id, accounts.c.uri)
    .join(accounts, accounts.c.id == follows.c.account_id)
    .where(follows.c.target_id == bindparam("account_id"), _is_active),
    follows.c.id,
)
LIST_FOLLOWING_URIS = PagedStatement(
    select(follows.c.id, accounts.c.uri)
    .join(accounts, accounts.c.id == follows.c.target_id)
    .where(follows.c.account_id == bindparam("account_id"), _is_active),
    follows.c.id,
)
# Inboxes for posts to followers: shared ones, or personal ones of peers without.
LIST_INBOXES = (
    select(
        func.coalesce(func.nullif(accounts.c.shared_inbox_uri, ""), accounts.c.inbox_uri),
    )
    .select_from(follows.join(accounts, accounts.c.id == follows.c.account_id))
    .where(follows.c.target_id == bindparam("account_id"), accounts.c.domain != "", _is_active)
    .distinct()
)
LIST_NOTIFIED_FOLLOWERS = (
    select(follows.c.account_id)
    .join(accounts, accounts.c.id == follows.c.account_id)
    .where(follows.c.target_id == bindparam("target_id"), follows.c.notifies, accounts.c.domain == "")
)
COUNT_LOCAL_FOLLOWERS = (
    select(func.count())
    .select_from(follows.join(accounts, accounts.c.id == follows.c.account_id))
    .where(follows.c.target_id == bindparam("target_id"), accounts.c.domain == "")
)

# Followers of one node, by the prefix of their URIs.
LOAD_FOLLOWERS_BY_PREFIX = (
    select(accounts.c.uri, accounts.c.id)
    .join(follows, follows.c.account_id == accounts.c.id)
    .where(
        follows.c.target_id == bindparam("target_id"),
        func.substr(accounts.c.uri, 1, bindparam("length")) == bindparam("prefix"),
    )
)

_viewer_follows = follows.alias()
_target = accounts.alias()
# Followers whom the viewer follows; accounts that hide their follows are left out on both sides.
_ranked = (
    select(
        follows.c.target_id.label("target_id"),
        follows.c.account_id.label("account_id"),
        func.row_number().over(partition_by=follows.c.target_id, order_by=follows.c.id.desc()).label("place"),
    )
    .select_from(
        follows.join(_viewer_follows, _viewer_follows.c.target_id == follows.c.account_id)
        .join(accounts, accounts.c.id == follows.c.account_id)
        .join(_target, _target.c.id == follows.c.target_id)
    )
    .where(
        one_of(follows.c.target_id, "ids"),
        _viewer_follows.c.account_id == bindparam("viewer_id"),
        ~accounts.c.hides_collections,
        ~_target.c.hides_collections,
        _is_active,
        is_not_hidden(follows.c.account_id),
    )
    .subquery()
)
LOAD_FAMILIAR_FOLLOWERS = (
    select(_ranked.c.target_id, _ranked.c.account_id)
    .where(_ranked.c.place <= bindparam("most"))
    .order_by(_ranked.c.target_id, _ranked.c.place)
)

INSERT_REQUEST = upsert(follow_requests).on_conflict_do_nothing()
FIND_REQUEST = select(*REQUEST_COLUMNS).where(
    follow_requests.c.account_id == bindparam("account_id"),
    follow_requests.c.target_id == bindparam("target_id"),
)
FIND_REQUEST_BY_URI = select(*REQUEST_COLUMNS).where(follow_requests.c.uri == bindparam("uri"))
DELETE_REQUEST = delete(follow_requests).where(
    follow_requests.c.account_id == bindparam("account_id"),
    follow_requests.c.target_id == bindparam("target_id"),
)
LIST_REQUESTS = PagedStatement(
    select(follow_requests.c.id, follow_requests.c.account_id).where(
        follow_requests.c.target_id == bindparam("account_id")
    ),
    follow_requests.c.id,
)
COUNT_REQUESTS = select(func.count()).where(follow_requests.c.target_id == bindparam("account_id"))


async def load_followers_by_prefix(tx: ReadTx, target_id: int, prefix: str) -> dict[str, int]:
    """Return URIs and ids of the followers whose URIs begin with `prefix`."""
    rows = await tx.all(LOAD_FOLLOWERS_BY_PREFIX, target_id=target_id, prefix=prefix, length=len(prefix))
    return {row[0]: row[1] for row in rows}


async def insert(tx: Tx, row: FollowRow) -> bool:
    return bool(await tx.run(INSERT, **structs.asdict(row)))


async def find(tx: ReadTx, account_id: int, target_id: int) -> FollowRow | None:
    return to_row_or_none(FollowRow, await tx.one(FIND, account_id=account_id, target_id=target_id))


async def find_by_uri(tx: ReadTx, uri: str) -> FollowRow | None:
    return to_row_or_none(FollowRow, await tx.one(FIND_BY_URI, uri=uri))


async def update_options(tx: Tx, row: FollowRow, *, is_request: bool) -> None:
    """Write the options of a follow or, if `is_request`, of a request."""
    await tx.run(
        UPDATE_REQUEST_OPTIONS if is_request else UPDATE_OPTIONS,
        b_id=row.id,
        b_boosts=row.shows_boosts,
        b_notifies=row.notifies,
        b_languages=row.languages,
    )


async def set_uri(tx: Tx, row: FollowRow, uri: str, *, is_request: bool) -> None:
    """Set the URI of the activity that stands for a follow or, if `is_request`, for a request."""
    await tx.run(SET_REQUEST_URI if is_request else SET_URI, b_id=row.id, b_uri=uri)


async def delete_follow(tx: Tx, account_id: int, target_id: int) -> bool:
    return bool(await tx.run(DELETE, account_id=account_id, target_id=target_id))


async def _list_pairs(tx: ReadTx, paged: PagedStatement, page: Page, **params: int) -> Pairs:
    rows = await tx.all(paged.for_page(page), **params, **page.bind_params())
    return sorted(((row[0], row[1]) for row in rows), reverse=True)


async def list_followers(tx: ReadTx, account_id: int, viewer_id: int | None, page: Page) -> Pairs:
    """Return cursors and followers who are not hidden from the viewer.

    There are none for a viewer whom the account blocks.
    """
    params = {"account_id": account_id, "viewer_id": bind_viewer(viewer_id), "now": tx.now}
    return await _list_pairs(tx, LIST_FOLLOWERS, page, **params)


async def list_following(tx: ReadTx, account_id: int, viewer_id: int | None, page: Page) -> Pairs:
    """Return cursors and followed accounts, as `list_followers` does with followers."""
    params = {"account_id": account_id, "viewer_id": bind_viewer(viewer_id), "now": tx.now}
    return await _list_pairs(tx, LIST_FOLLOWING, page, **params)


async def list_follower_uris(tx: ReadTx, account_id: int, page: Page) -> list[tuple[int, str]]:
    """Return cursors and URIs of followers."""
    rows = await tx.all(LIST_FOLLOWER_URIS.for_page(page), account_id=account_id, **page.bind_params())
    return [(row[0], row[1]) for row in rows]


async def list_following_uris(tx: ReadTx, account_id: int, page: Page) -> list[tuple[int, str]]:
    """Return cursors and URIs of those who are followed."""
    rows = await tx.all(LIST_FOLLOWING_URIS.for_page(page), account_id=account_id, **page.bind_params())
    return [(row[0], row[1]) for row in rows]


async def list_inboxes(tx: ReadTx, account_id: int) -> list[str]:
    """Return the inboxes of remote followers, each once."""
    return await tx.values(LIST_INBOXES, account_id=account_id)


async def list_notified_followers(tx: ReadTx, target_id: int) -> list[int]:
    """Return local followers who want to be notified of every post."""
    return await tx.values(LIST_NOTIFIED_FOLLOWERS, target_id=target_id)


async def has_local_followers(tx: ReadTx, target_id: int) -> bool:
    return bool(await tx.value(COUNT_LOCAL_FOLLOWERS, target_id=target_id))


async def insert_request(tx: Tx, row: FollowRow) -> bool:
    return bool(await tx.run(INSERT_REQUEST, **structs.asdict(row)))


async def find_request(tx: ReadTx, account_id: int, target_id: int) -> FollowRow | None:
    return to_row_or_none(FollowRow, await tx.one(FIND_REQUEST, account_id=account_id, target_id=target_id))


async def find_request_by_uri(tx: ReadTx, uri: str) -> FollowRow | None:
    return to_row_or_none(FollowRow, await tx.one(FIND_REQUEST_BY_URI, uri=uri))


async def delete_request(tx: Tx, account_id: int, target_id: int) -> bool:
    return bool(await tx.run(DELETE_REQUEST, account_id=account_id, target_id=target_id))


async def list_requests(tx: ReadTx, account_id: int, page: Page) -> Pairs:
    """Return cursors and ids of the accounts that ask to follow."""
    return await _list_pairs(tx, LIST_REQUESTS, page, account_id=account_id)


async def count_requests(tx: ReadTx, account_id: int) -> int:
    return int(await tx.value(COUNT_REQUESTS, account_id=account_id))


async def load_familiar_followers(
    tx: ReadTx, viewer_id: int, ids: Sequence[int], limit: int
) -> dict[int, list[int]]:
    """Return for each account its followers whom the viewer follows and does not hide, newest first."""
    followers: dict[int, list[int]] = {}
    for target_id, account_id in await tx.all(
        LOAD_FAMILIAR_FOLLOWERS, viewer_id=viewer_id, ids=list(ids), most=limit, now=tx.now
    ):
        followers.setdefault(target_id, []).append(account_id)
    return followers
