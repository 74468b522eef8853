"""Posts: find, add, change, remove; threads; what is left of deleted ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import structs
from sqlalchemy import Integer, bindparam, case, delete, or_, select, update

from storage.engine import Tx
from storage.rows.posts import EditRow, PostRow, TombstoneRow
from storage.statements import columns_of, one_of, row_or_none, rows, upsert
from storage.tables.accounts import accounts
from storage.tables.posts import edits, idempotency_keys, originals, posts, tombstones, uri_aliases

COLUMNS = columns_of(posts, PostRow)
BY_ID = select(*COLUMNS).where(posts.c.id == bindparam("id"))
BY_IDS = select(*COLUMNS).where(one_of(posts.c.id, "ids"))
VERSIONS = select(posts.c.id, posts.c.version, posts.c.account_id, accounts.c.version).where(
    one_of(posts.c.id, "ids"), accounts.c.id == posts.c.account_id
)
BY_URI = select(*COLUMNS).where(posts.c.uri == bindparam("uri"))
BY_URIS = select(*COLUMNS).where(one_of(posts.c.uri, "uris"))
BY_ALIAS = (
    select(*COLUMNS)
    .select_from(uri_aliases.join(posts, posts.c.id == uri_aliases.c.target_id))
    .where(uri_aliases.c.uri == bindparam("uri"), uri_aliases.c.kind == "post")
)
BY_ADDRESS = select(*COLUMNS).where(or_(posts.c.uri == bindparam("uri"), posts.c.url == bindparam("url")))
ADD = upsert(posts).on_conflict_do_nothing()
CHANGEABLE = (
    "kind", "state", "visibility", "title", "slug", "summary", "sensitive", "language", "source",
    "source_type", "html", "cover_id", "mentions", "tags", "emojis", "published_at", "edited_at",
    "interaction_policy",
)  # fmt: skip
CHANGE = (
    update(posts)
    .where(posts.c.id == bindparam("b_id"))
    .values({name: bindparam(name) for name in CHANGEABLE})
)
SET_POLICY = (
    update(posts).where(posts.c.id == bindparam("b_id")).values(interaction_policy=bindparam("policy"))
)
REMOVE = delete(posts).where(posts.c.id == bindparam("id"))
REMOVE_BOOSTS = delete(posts).where(posts.c.boost_of_id == bindparam("post_id"))
BOOSTS_OF = select(posts.c.id, posts.c.account_id).where(posts.c.boost_of_id == bindparam("post_id"))
BOOST_BY = select(*COLUMNS).where(
    posts.c.account_id == bindparam("account_id"), posts.c.boost_of_id == bindparam("post_id")
)


def _counted(name: str) -> Any:
    changed = posts.c[name] + bindparam("change", type_=Integer())
    return case((changed > 0, changed), else_=0)


COUNTS = {
    name: update(posts).where(posts.c.id == bindparam("b_id")).values({name: _counted(name)})
    for name in ("replies_count", "boosts_count", "likes_count", "quotes_count")
}
ADOPT = (
    update(posts)
    .where(posts.c.in_reply_to_uri == bindparam("b_uri"), posts.c.in_reply_to_id.is_(None))
    .values(in_reply_to_id=bindparam("parent_id"), in_reply_to_account_id=bindparam("account_id"))
)
WAITING = select(posts.c.id, posts.c.thread_id).where(
    posts.c.in_reply_to_uri == bindparam("uri"), posts.c.in_reply_to_id.is_(None)
)
MOVE_THREADS = (
    update(posts).where(one_of(posts.c.thread_id, "threads")).values(thread_id=bindparam("into_id"))
)
THREAD = (
    select(posts.c.id, posts.c.in_reply_to_id)
    .where(
        posts.c.thread_id == bindparam("thread_id"),
        posts.c.state == "published",
        posts.c.boost_of_id.is_(None),
    )
    .order_by(posts.c.id)
    .limit(bindparam("most"))
)

ADD_EDIT = upsert(edits)
EDITS = (
    select(*columns_of(edits, EditRow)).where(edits.c.post_id == bindparam("post_id")).order_by(edits.c.id)
)
NEVER_CAME = ""  # the kind of a post that was deleted before it came
FORGET_TOMBSTONES = delete(tombstones).where(
    tombstones.c.kind == NEVER_CAME, tombstones.c.at <= bindparam("until")
)
_tombstone = upsert(tombstones)
ADD_TOMBSTONE = _tombstone.on_conflict_do_nothing()
PUT_TOMBSTONE = _tombstone.on_conflict_do_update(
    index_elements=["uri"],
    set_={name: _tombstone.excluded[name] for name in ("kind", "account_uri", "at")},
)
TOMBSTONE = select(*columns_of(tombstones, TombstoneRow)).where(tombstones.c.uri == bindparam("uri"))
_original = upsert(originals)
PUT_ORIGINAL = _original.on_conflict_do_update(
    index_elements=["uri"], set_={"document": _original.excluded.document, "at": _original.excluded.at}
)
ORIGINAL = select(originals.c.document).where(originals.c.uri == bindparam("uri"))
REMOVE_ORIGINAL = delete(originals).where(originals.c.uri == bindparam("uri"))
# Held until the transaction ends: whoever comes with a key at the same time waits here, and then finds it.
HOLD_AUTHOR = select(accounts.c.id).where(accounts.c.id == bindparam("id")).with_for_update(key_share=True)
ADD_KEY = upsert(idempotency_keys).on_conflict_do_nothing()
KEY = select(idempotency_keys.c.post_id).where(
    idempotency_keys.c.account_id == bindparam("account_id"),
    idempotency_keys.c.idempotency_key == bindparam("key"),
    idempotency_keys.c.at > bindparam("since"),
)
DROP_OLD_KEY = delete(idempotency_keys).where(idempotency_keys.c.at <= bindparam("until"))
EXISTING_URIS = select(posts.c.uri).where(one_of(posts.c.uri, "uris"))


async def by_id(tx: Tx, post_id: int) -> PostRow | None:
    return row_or_none(PostRow, await tx.one(BY_ID, id=post_id))


async def by_ids(tx: Tx, ids: Sequence[int]) -> dict[int, PostRow]:
    return {row.id: row for row in rows(PostRow, await tx.all(BY_IDS, ids=list(ids)))}


async def versions(tx: Tx, ids: Sequence[int]) -> list[tuple[int, int, int, int]]:
    """Id and version of posts, id and version of their authors."""
    return [tuple(row) for row in await tx.all(VERSIONS, ids=list(ids))]


async def by_uris(tx: Tx, uris: Sequence[str]) -> list[PostRow]:
    return rows(PostRow, await tx.all(BY_URIS, uris=list(uris)))


async def by_uri(tx: Tx, uri: str) -> PostRow | None:
    """A post by its URI, or by one that it had before."""
    found = row_or_none(PostRow, await tx.one(BY_URI, uri=uri))
    return found or row_or_none(PostRow, await tx.one(BY_ALIAS, uri=uri))


async def by_address(tx: Tx, address: str) -> PostRow | None:
    """A post by its URI or by the address of its page."""
    return row_or_none(PostRow, await tx.one(BY_ADDRESS, uri=address, url=address))


async def add(tx: Tx, row: PostRow) -> bool:
    """Add a post; False if its URI is taken."""
    return bool(await tx.run(ADD, **structs.asdict(row)))


async def change(tx: Tx, post_id: int, values: Mapping[str, Any]) -> None:
    """Write all CHANGEABLE columns; the version grows."""
    await tx.run(CHANGE, b_id=post_id, **values)


async def set_policy(tx: Tx, post_id: int, policy: str) -> None:
    """Write who may do what with a post; the version grows."""
    await tx.run(SET_POLICY, b_id=post_id, policy=policy)


async def remove(tx: Tx, post_id: int) -> bool:
    return bool(await tx.run(REMOVE, id=post_id))


async def boosts_of(tx: Tx, post_id: int) -> list[tuple[int, int]]:
    """Ids of boosts and of those who boosted."""
    return [(row[0], row[1]) for row in await tx.all(BOOSTS_OF, post_id=post_id)]


async def remove_boosts(tx: Tx, post_id: int) -> None:
    await tx.run(REMOVE_BOOSTS, post_id=post_id)


async def boost_by(tx: Tx, account_id: int, post_id: int) -> PostRow | None:
    return row_or_none(PostRow, await tx.one(BOOST_BY, account_id=account_id, post_id=post_id))


async def count(tx: Tx, post_id: int, name: str, change: int) -> None:
    """Change `replies_count`, `boosts_count`, `likes_count` or `quotes_count`, never below 0."""
    await tx.run(COUNTS[name], b_id=post_id, change=change)


async def adopt(tx: Tx, parent: PostRow) -> int:
    """Join replies that came before `parent` to it, and their threads to its own; how many."""
    waiting = await tx.all(WAITING, uri=parent.uri)
    if not waiting:
        return 0
    await tx.run(ADOPT, b_uri=parent.uri, parent_id=parent.id, account_id=parent.account_id)
    await tx.run(MOVE_THREADS, threads=[row[1] for row in waiting], into_id=parent.thread_id)
    return len(waiting)


async def thread(tx: Tx, thread_id: int, most: int) -> list[tuple[int, int | None]]:
    """Ids in a thread with their parents, oldest first. Who may see them is for the caller to check."""
    return [(row[0], row[1]) for row in await tx.all(THREAD, thread_id=thread_id, most=most)]


async def add_edit(tx: Tx, row: EditRow) -> None:
    await tx.run(ADD_EDIT, **structs.asdict(row))


async def edits_of(tx: Tx, post_id: int) -> list[EditRow]:
    """Earlier versions, oldest first."""
    return rows(EditRow, await tx.all(EDITS, post_id=post_id))


async def bury(tx: Tx, row: TombstoneRow) -> None:
    """Leave a tombstone for a URI; what we had says more than one for what never came."""
    await tx.run(ADD_TOMBSTONE if row.kind == NEVER_CAME else PUT_TOMBSTONE, **structs.asdict(row))


async def forget_tombstones(tx: Tx, until: int) -> None:
    """Forget what was deleted before a moment and never came."""
    await tx.run(FORGET_TOMBSTONES, until=until)


async def tombstone(tx: Tx, uri: str) -> TombstoneRow | None:
    return row_or_none(TombstoneRow, await tx.one(TOMBSTONE, uri=uri))


async def put_original(tx: Tx, uri: str, document: str) -> None:
    """Keep the document as the peer sent it."""
    await tx.run(PUT_ORIGINAL, uri=uri, document=document, at=tx.now)


async def original(tx: Tx, uri: str) -> str | None:
    """The document (JSON) as the peer sent it."""
    found: str | None = await tx.value(ORIGINAL, uri=uri)
    return found


async def remove_original(tx: Tx, uri: str) -> None:
    await tx.run(REMOVE_ORIGINAL, uri=uri)


async def by_key(tx: Tx, account_id: int, key: str, since: int) -> int | None:
    """The post that a key of the same request made after `since`.

    From here to the end of the transaction no other request of that account with a key goes on.
    """
    await tx.one(HOLD_AUTHOR, id=account_id)
    found: int | None = await tx.value(KEY, account_id=account_id, key=key, since=since)
    return found


async def add_key(tx: Tx, account_id: int, key: str, post_id: int, keep_since: int) -> bool:
    """Remember a key; False if it was used at the same time. Old keys are dropped."""
    await tx.run(DROP_OLD_KEY, until=keep_since)
    added = await tx.run(ADD_KEY, account_id=account_id, idempotency_key=key, post_id=post_id, at=tx.now)
    return bool(added)


async def known_uris(tx: Tx, uris: Sequence[str]) -> set[str]:
    """Which of these posts we have."""
    return set(await tx.values(EXISTING_URIS, uris=list(uris)))
