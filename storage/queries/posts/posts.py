"""Posts, their threads, edits, tombstones, original documents and idempotency keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import structs
from sqlalchemy import Integer, bindparam, case, delete, or_, select, update

from storage.engine import ReadTx, Tx
from storage.rows.posts import EditRow, PostRow, TombstoneRow
from storage.statements import columns_of, one_of, to_row_or_none, to_rows, upsert
from storage.tables.accounts import accounts
from storage.tables.posts import edits, idempotency_keys, originals, posts, tombstones, uri_aliases

COLUMNS = columns_of(posts, PostRow)
FIND = select(*COLUMNS).where(posts.c.id == bindparam("id"))
LOAD_BY_IDS = select(*COLUMNS).where(one_of(posts.c.id, "ids"))
LOAD_VERSIONS = select(posts.c.id, posts.c.version, posts.c.account_id, accounts.c.version).where(
    one_of(posts.c.id, "ids"), accounts.c.id == posts.c.account_id
)
FIND_BY_URI = select(*COLUMNS).where(posts.c.uri == bindparam("uri"))
LOAD_BY_URIS = select(*COLUMNS).where(one_of(posts.c.uri, "uris"))
FIND_BY_ALIAS = (
    select(*COLUMNS)
    .select_from(uri_aliases.join(posts, posts.c.id == uri_aliases.c.target_id))
    .where(uri_aliases.c.uri == bindparam("uri"), uri_aliases.c.kind == "post")
)
FIND_OWN_URI = select(posts.c.uri).where(
    or_(posts.c.id == bindparam("id"), posts.c.slug == bindparam("slug")),
    posts.c.account_id == bindparam("account_id"),
    posts.c.local,
    posts.c.boost_of_id.is_(None),
)
FIND_BY_URI_OR_URL = select(*COLUMNS).where(
    or_(posts.c.uri == bindparam("uri"), posts.c.url == bindparam("url"))
)
INSERT = upsert(posts).on_conflict_do_nothing()
UPDATABLE_COLUMNS = (
    "kind", "state", "visibility", "title", "slug", "summary", "sensitive", "language", "source",
    "source_type", "html", "cover_id", "mentions", "tags", "emojis", "published_at", "edited_at",
    "interaction_policy", "license",
)  # fmt: skip
UPDATE_CONTENT = (
    update(posts)
    .where(posts.c.id == bindparam("b_id"))
    .values({name: bindparam(name) for name in UPDATABLE_COLUMNS})
)
SET_INTERACTION_POLICY = (
    update(posts).where(posts.c.id == bindparam("b_id")).values(interaction_policy=bindparam("policy"))
)
DELETE = delete(posts).where(posts.c.id == bindparam("id"))
DELETE_BOOSTS = delete(posts).where(posts.c.boost_of_id == bindparam("post_id"))
LIST_BOOSTS = select(posts.c.id, posts.c.account_id).where(posts.c.boost_of_id == bindparam("post_id"))
FIND_BOOST = select(*COLUMNS).where(
    posts.c.account_id == bindparam("account_id"), posts.c.boost_of_id == bindparam("post_id")
)


def _add_to_count(name: str) -> Any:
    changed = posts.c[name] + bindparam("change", type_=Integer())
    return case((changed > 0, changed), else_=0)


ADJUST_COUNT = {
    name: update(posts).where(posts.c.id == bindparam("b_id")).values({name: _add_to_count(name)})
    for name in ("replies_count", "boosts_count", "likes_count", "quotes_count")
}
LINK_ORPHANED_REPLIES = (
    update(posts)
    .where(one_of(posts.c.id, "ids"))
    .values(in_reply_to_id=bindparam("parent_id"), in_reply_to_account_id=bindparam("account_id"))
)
LIST_ORPHANED_REPLIES = select(posts.c.id, posts.c.thread_id).where(
    posts.c.in_reply_to_uri == bindparam("uri"),
    posts.c.in_reply_to_id.is_(None),
    posts.c.id != bindparam("post_id"),
)
MERGE_THREADS = (
    update(posts).where(one_of(posts.c.thread_id, "threads")).values(thread_id=bindparam("into_id"))
)
# UNION drops what was there before, so that a circle of replies ends.
_climb = (
    select(posts.c.id, posts.c.in_reply_to_id).where(posts.c.id == bindparam("post_id")).cte(recursive=True)
)
_climb = _climb.union(select(posts.c.id, posts.c.in_reply_to_id).where(posts.c.id == _climb.c.in_reply_to_id))
LIST_ANCESTORS = select(_climb.c.id).limit(bindparam("most"))
FIND_MISSING_ANCESTOR = (
    select(posts.c.in_reply_to_uri)
    .select_from(_climb.join(posts, posts.c.id == _climb.c.id))
    .where(posts.c.in_reply_to_id.is_(None), posts.c.in_reply_to_uri.is_not(None))
    .limit(1)
)
MAX_ANCESTORS = 4_096  # as many as a thread shows
LIST_THREAD = (
    select(posts.c.id, posts.c.in_reply_to_id)
    .where(
        posts.c.thread_id == bindparam("thread_id"),
        posts.c.state == "published",
        posts.c.boost_of_id.is_(None),
    )
    .order_by(posts.c.id)
    .limit(bindparam("most"))
)

INSERT_EDIT = upsert(edits)
LOAD_EDITS_AFTER = (
    select(*columns_of(edits, EditRow))
    .where(one_of(edits.c.post_id, "ids"), edits.c.id > bindparam("after_id"))
    .order_by(edits.c.id.desc())
)
FIND_EDIT = select(*columns_of(edits, EditRow)).where(
    edits.c.id == bindparam("id"), edits.c.post_id == bindparam("post_id")
)
FIND_NEXT_EDIT = (
    select(*columns_of(edits, EditRow))
    .where(edits.c.post_id == bindparam("post_id"), edits.c.id > bindparam("id"))
    .order_by(edits.c.id)
    .limit(1)
)
LIST_EDIT_TIMES = (
    select(edits.c.id, edits.c.at)
    .where(edits.c.post_id == bindparam("post_id"))
    .order_by(edits.c.id.desc())
    .limit(bindparam("limit"))
)
INSERT_ALIAS = upsert(uri_aliases).on_conflict_do_nothing()
MOVE_ALIASES = (
    update(uri_aliases)
    .where(uri_aliases.c.target_id == bindparam("b_former_id"), uri_aliases.c.kind == "post")
    .values(target_id=bindparam("b_id"))
)
DELETE_ALIASES = delete(uri_aliases).where(
    uri_aliases.c.target_id == bindparam("post_id"), uri_aliases.c.kind == "post"
)
LIST_EDITS = (
    select(*columns_of(edits, EditRow)).where(edits.c.post_id == bindparam("post_id")).order_by(edits.c.id)
)
NEVER_RECEIVED = ""  # the kind of a post that was deleted before it arrived
PURGE_EXPIRED_TOMBSTONES = delete(tombstones).where(
    tombstones.c.kind == NEVER_RECEIVED, tombstones.c.at <= bindparam("until")
)
_upsert_tombstone = upsert(tombstones)
INSERT_TOMBSTONE = _upsert_tombstone.on_conflict_do_nothing()
UPSERT_TOMBSTONE = _upsert_tombstone.on_conflict_do_update(
    index_elements=["uri"],
    set_={name: _upsert_tombstone.excluded[name] for name in ("kind", "account_uri", "at")},
)
FIND_TOMBSTONE = select(*columns_of(tombstones, TombstoneRow)).where(tombstones.c.uri == bindparam("uri"))
_upsert_original = upsert(originals)
UPSERT_ORIGINAL = _upsert_original.on_conflict_do_update(
    index_elements=["uri"],
    set_={"document": _upsert_original.excluded.document, "at": _upsert_original.excluded.at},
)
FIND_ORIGINAL = select(originals.c.document).where(originals.c.uri == bindparam("uri"))
DELETE_ORIGINAL = delete(originals).where(originals.c.uri == bindparam("uri"))
# Held until the transaction ends: a request with the same key waits here meanwhile, and then finds the post.
LOCK_AUTHOR = select(accounts.c.id).where(accounts.c.id == bindparam("id")).with_for_update(key_share=True)
INSERT_IDEMPOTENCY_KEY = upsert(idempotency_keys).on_conflict_do_nothing()
FIND_ID_BY_IDEMPOTENCY_KEY = select(idempotency_keys.c.post_id).where(
    idempotency_keys.c.account_id == bindparam("account_id"),
    idempotency_keys.c.idempotency_key == bindparam("key"),
    idempotency_keys.c.at > bindparam("since"),
)
DELETE_EXPIRED_IDEMPOTENCY_KEYS = delete(idempotency_keys).where(idempotency_keys.c.at <= bindparam("until"))
DELETE_IDEMPOTENCY_KEY = delete(idempotency_keys).where(
    idempotency_keys.c.account_id == bindparam("account_id"),
    idempotency_keys.c.idempotency_key == bindparam("key"),
    idempotency_keys.c.at <= bindparam("until"),
)


async def find(tx: ReadTx, post_id: int) -> PostRow | None:
    return to_row_or_none(PostRow, await tx.one(FIND, id=post_id))


async def load_by_ids(tx: ReadTx, ids: Sequence[int]) -> dict[int, PostRow]:
    return {row.id: row for row in to_rows(PostRow, await tx.all(LOAD_BY_IDS, ids=list(ids)))}


async def load_versions(tx: ReadTx, ids: Sequence[int]) -> list[tuple[int, int, int, int]]:
    """Return id and version of posts, id and version of their authors."""
    return [tuple(row) for row in await tx.all(LOAD_VERSIONS, ids=list(ids))]


async def load_by_uris(tx: ReadTx, uris: Sequence[str]) -> list[PostRow]:
    return to_rows(PostRow, await tx.all(LOAD_BY_URIS, uris=list(uris)))


async def find_by_uri(tx: ReadTx, uri: str) -> PostRow | None:
    """Return a post by its URI, or by one that it had before."""
    row = to_row_or_none(PostRow, await tx.one(FIND_BY_URI, uri=uri))
    return row or to_row_or_none(PostRow, await tx.one(FIND_BY_ALIAS, uri=uri))


async def find_by_uri_or_url(tx: ReadTx, address: str) -> PostRow | None:
    """Return a post by its URI or by the address of its page."""
    return to_row_or_none(PostRow, await tx.one(FIND_BY_URI_OR_URL, uri=address, url=address))


async def find_own_uri(tx: ReadTx, account_id: int, name: str) -> str | None:
    """Return the URI of a post of a local account by its id, or of an article by its slug; not of a boost."""
    number = int(name) if name.isascii() and name.isdigit() and len(name) < 19 else -1
    row = await tx.one(FIND_OWN_URI, account_id=account_id, id=number, slug=name)
    return row[0] if row is not None else None


async def insert(tx: Tx, row: PostRow) -> bool:
    """Add a post; return False if its URI is taken."""
    return bool(await tx.run(INSERT, **structs.asdict(row)))


async def update_content(tx: Tx, post_id: int, values: Mapping[str, Any]) -> None:
    """Write all UPDATABLE_COLUMNS; the version grows."""
    await tx.run(UPDATE_CONTENT, b_id=post_id, **values)


async def set_interaction_policy(tx: Tx, post_id: int, policy: str) -> None:
    """Write who may do what with a post; the version grows."""
    await tx.run(SET_INTERACTION_POLICY, b_id=post_id, policy=policy)


async def delete_by_id(tx: Tx, post_id: int) -> bool:
    return bool(await tx.run(DELETE, id=post_id))


async def list_boosts(tx: ReadTx, post_id: int) -> list[tuple[int, int]]:
    """Return ids of boosts and of the accounts that boosted."""
    return [(row[0], row[1]) for row in await tx.all(LIST_BOOSTS, post_id=post_id)]


async def delete_boosts(tx: Tx, post_id: int) -> None:
    await tx.run(DELETE_BOOSTS, post_id=post_id)


async def find_boost(tx: ReadTx, account_id: int, post_id: int) -> PostRow | None:
    return to_row_or_none(PostRow, await tx.one(FIND_BOOST, account_id=account_id, post_id=post_id))


async def adjust_count(tx: Tx, post_id: int, name: str, change: int) -> None:
    """Change `replies_count`, `boosts_count`, `likes_count` or `quotes_count`, never below 0."""
    await tx.run(ADJUST_COUNT[name], b_id=post_id, change=change)


async def link_orphaned_replies(tx: Tx, parent: PostRow) -> int:
    """Link replies that arrived before `parent` to it and merge their threads into its; return how many.

    What `parent` itself answers stays as it is: peers can write posts that answer each other in a circle.
    """
    waiting = await tx.all(LIST_ORPHANED_REPLIES, uri=parent.uri, post_id=parent.id)
    if any(row[1] == parent.thread_id for row in waiting):
        ancestors = set(await tx.values(LIST_ANCESTORS, post_id=parent.id, most=MAX_ANCESTORS))
        waiting = [row for row in waiting if row[0] not in ancestors]
    if not waiting:
        return 0
    ids, threads = [row[0] for row in waiting], [row[1] for row in waiting]
    await tx.run(LINK_ORPHANED_REPLIES, ids=ids, parent_id=parent.id, account_id=parent.account_id)
    await tx.run(MERGE_THREADS, threads=threads, into_id=parent.thread_id)
    return len(waiting)


async def find_missing_ancestor(tx: ReadTx, post_id: int) -> str | None:
    """Return the URI of the first post above this one that is not stored, None if the thread is whole."""
    row = await tx.one(FIND_MISSING_ANCESTOR, post_id=post_id)
    return row[0] if row is not None else None


async def list_thread(tx: ReadTx, thread_id: int, limit: int) -> list[tuple[int, int | None]]:
    """Return ids in a thread with their parents, oldest first. The caller checks who may see them."""
    return [(row[0], row[1]) for row in await tx.all(LIST_THREAD, thread_id=thread_id, most=limit)]


async def insert_edit(tx: Tx, row: EditRow) -> None:
    await tx.run(INSERT_EDIT, **structs.asdict(row))


async def load_versions_before(tx: ReadTx, post_ids: Sequence[int], after_id: int) -> dict[int, EditRow]:
    """Return by post the version that was replaced first since `after_id`, an id of that time.

    Posts that were not edited since are missing.
    """
    rows = to_rows(EditRow, await tx.all(LOAD_EDITS_AFTER, ids=list(post_ids), after_id=after_id))
    return {row.post_id: row for row in rows}


async def list_edits(tx: ReadTx, post_id: int) -> list[EditRow]:
    """Return earlier versions, oldest first."""
    return to_rows(EditRow, await tx.all(LIST_EDITS, post_id=post_id))


async def find_edit(tx: ReadTx, post_id: int, edit_id: int) -> EditRow | None:
    return to_row_or_none(EditRow, await tx.one(FIND_EDIT, post_id=post_id, id=edit_id))


async def find_next_edit(tx: ReadTx, post_id: int, edit_id: int) -> EditRow | None:
    """Return the version that came after a former one, None if that is the present one."""
    return to_row_or_none(EditRow, await tx.one(FIND_NEXT_EDIT, post_id=post_id, id=edit_id))


async def list_edit_times(tx: ReadTx, post_id: int, limit: int) -> list[tuple[int, int]]:
    """Return ids and times (ms UTC) of earlier versions, newest first."""
    return [(row[0], row[1]) for row in await tx.all(LIST_EDIT_TIMES, post_id=post_id, limit=limit)]


async def move_aliases(tx: Tx, former_id: int, post_id: int) -> None:
    """Let the former addresses of a post lead to the one that is in its place."""
    await tx.run(MOVE_ALIASES, b_former_id=former_id, b_id=post_id)


async def insert_aliases(tx: Tx, post_id: int, uris: Sequence[str]) -> None:
    """Let former addresses of a post lead to it."""
    await tx.run_many(INSERT_ALIAS, [{"uri": uri, "kind": "post", "target_id": post_id} for uri in uris])


async def delete_aliases(tx: Tx, post_id: int) -> None:
    await tx.run(DELETE_ALIASES, post_id=post_id)


async def upsert_tombstone(tx: Tx, row: TombstoneRow) -> None:
    """Write the tombstone of a URI; one of a post that never arrived does not replace any other."""
    await tx.run(INSERT_TOMBSTONE if row.kind == NEVER_RECEIVED else UPSERT_TOMBSTONE, **structs.asdict(row))


async def purge_expired_tombstones(tx: Tx, until: int) -> None:
    """Delete tombstones from before a time (ms UTC) of posts that never arrived."""
    await tx.run(PURGE_EXPIRED_TOMBSTONES, until=until)


async def find_tombstone(tx: ReadTx, uri: str) -> TombstoneRow | None:
    return to_row_or_none(TombstoneRow, await tx.one(FIND_TOMBSTONE, uri=uri))


async def upsert_original(tx: Tx, uri: str, document: str) -> None:
    """Keep the document as the peer sent it."""
    await tx.run(UPSERT_ORIGINAL, uri=uri, document=document, at=tx.now)


async def find_original(tx: ReadTx, uri: str) -> str | None:
    """Return the document (JSON) as the peer sent it."""
    document: str | None = await tx.value(FIND_ORIGINAL, uri=uri)
    return document


async def delete_original(tx: Tx, uri: str) -> None:
    await tx.run(DELETE_ORIGINAL, uri=uri)


async def find_id_by_idempotency_key(tx: ReadTx, account_id: int, key: str, since: int) -> int | None:
    """Return the post that the same key created after `since`.

    Until the transaction ends, other requests of that account with a key wait here.
    """
    await tx.one(LOCK_AUTHOR, id=account_id)
    post_id: int | None = await tx.value(
        FIND_ID_BY_IDEMPOTENCY_KEY, account_id=account_id, key=key, since=since
    )
    return post_id


async def insert_idempotency_key(
    tx: Tx, account_id: int, key: str, post_id: int, known_since: int, expired_until: int
) -> bool:
    """Store a key and drop old ones, and the same one if it is older than `known_since`.

    Return False if another request used it at the same time.
    """
    await tx.run(DELETE_EXPIRED_IDEMPOTENCY_KEYS, until=expired_until)
    await tx.run(DELETE_IDEMPOTENCY_KEY, account_id=account_id, key=key, until=known_since)
    added = await tx.run(
        INSERT_IDEMPOTENCY_KEY, account_id=account_id, idempotency_key=key, post_id=post_id, at=tx.now
    )
    return bool(added)
