"""Hashtags, their posts, and who follows them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    bindparam,
    delete,
    exists,
    func,
    literal_column,
    or_,
    select,
)

from storage.engine import Page, ReadTx, Tx
from storage.rows.content import TagRow
from storage.statements import PagedStatement, columns_of, one_of, to_rows, upsert
from storage.tables.accounts import featured_tags
from storage.tables.content import post_tags, tags
from storage.tables.posts import posts
from storage.tables.relationships import tag_follows

INSERT = upsert(tags).on_conflict_do_nothing()
LOAD_BY_IDS = select(*columns_of(tags, TagRow)).where(one_of(tags.c.id, "ids"))
LOAD_BY_NAMES = select(*columns_of(tags, TagRow)).where(one_of(tags.c.name, "names"))
INSERT_POST_TAG = upsert(post_tags).on_conflict_do_nothing()
DELETE_POST_TAGS = delete(post_tags).where(post_tags.c.post_id == bindparam("post_id"))
SEARCH = (
    select(*columns_of(tags, TagRow))
    .where(
        tags.c.name.like(bindparam("pattern"), escape="\\"),
        or_(tags.c.listable.is_(None), tags.c.listable),
        or_(~bindparam("only_reviewed", type_=Boolean()), tags.c.reviewed_at.is_not(None)),
    )
    .order_by(func.length(tags.c.name), tags.c.name)
    .limit(bindparam("limit"))
    .offset(bindparam("offset"))
)
_day: ColumnElement[int] = posts.c.published_at // literal_column("86400000", BigInteger())
COUNT_USES = (
    select(tags.c.name, _day, func.count(), func.count(posts.c.account_id.distinct()))
    .select_from(tags.join(post_tags).join(posts, posts.c.id == post_tags.c.post_id))
    .where(
        one_of(tags.c.name, "names"),
        post_tags.c.post_id > bindparam("since_id"),
        posts.c.visibility == "public",
        posts.c.state == "published",
    )
    .group_by(tags.c.name, _day)
)
INSERT_FOLLOW = upsert(tag_follows).on_conflict_do_nothing()
DELETE_FOLLOW = delete(tag_follows).where(
    tag_follows.c.account_id == bindparam("account_id"), tag_follows.c.tag_id == bindparam("tag_id")
)
COUNT_FOLLOWED = select(func.count()).where(tag_follows.c.account_id == bindparam("account_id"))
LIST_FOLLOWED = PagedStatement(
    select(tag_follows.c.id, *columns_of(tags, TagRow))
    .join(tags, tags.c.id == tag_follows.c.tag_id)
    .where(tag_follows.c.account_id == bindparam("account_id")),
    tag_follows.c.id,
)
_unused = (
    tags.c.id < bindparam("before_id"),
    tags.c.usable.is_(None),
    tags.c.trendable.is_(None),
    tags.c.listable.is_(None),
    tags.c.reviewed_at.is_(None),
    *(
        ~exists(select(table.c.tag_id).where(table.c.tag_id == tags.c.id))
        for table in (post_tags, tag_follows, featured_tags)
    ),
)
LIST_UNUSED = select(tags.c.id).where(*_unused).limit(bindparam("limit"))
DELETE_UNUSED = delete(tags).where(one_of(tags.c.id, "ids"), *_unused)


async def load_or_insert(tx: Tx, names: dict[str, str]) -> list[int]:
    """Return the ids of tags, adding missing ones; `names` maps folded names to their spelling."""
    if not names:
        return []
    await tx.run_many(
        INSERT, [{"id": tx.new_id(), "name": name, "display": shown} for name, shown in names.items()]
    )
    return [row.id for row in await load_by_names(tx, list(names))]


async def load_by_ids(tx: ReadTx, ids: Sequence[int]) -> list[TagRow]:
    return to_rows(TagRow, await tx.all(LOAD_BY_IDS, ids=list(ids)))


async def load_by_names(tx: ReadTx, names: Sequence[str]) -> list[TagRow]:
    return to_rows(TagRow, await tx.all(LOAD_BY_NAMES, names=list(names)))


async def set_post_tags(tx: Tx, post_id: int, tag_ids: Sequence[int], *, is_new: bool = False) -> None:
    """Set the tags of a post; one that `is_new` has none to delete."""
    if not is_new:
        await tx.run(DELETE_POST_TAGS, post_id=post_id)
    await tx.run_many(INSERT_POST_TAG, [{"tag_id": tag_id, "post_id": post_id} for tag_id in tag_ids])


async def search(
    tx: ReadTx, pattern: str, limit: int, offset: int, *, only_reviewed: bool = False
) -> list[TagRow]:
    """Return tags whose folded name is LIKE `pattern`, shortest first."""
    params = {"pattern": pattern, "limit": limit, "offset": offset, "only_reviewed": only_reviewed}
    return to_rows(TagRow, await tx.all(SEARCH, **params))


async def count_uses(tx: ReadTx, names: Sequence[str], since_id: int) -> list[Sequence[Any]]:
    """Return rows of name, day (since 1970), number of public uses and of accounts, since a post id."""
    return list(await tx.all(COUNT_USES, names=list(names), since_id=since_id))


async def insert_follow(tx: Tx, account_id: int, tag_id: int) -> bool:
    """Follow a tag; return False if it is followed already."""
    return bool(await tx.run(INSERT_FOLLOW, id=tx.new_id(), account_id=account_id, tag_id=tag_id))


async def delete_follow(tx: Tx, account_id: int, tag_id: int) -> bool:
    return bool(await tx.run(DELETE_FOLLOW, account_id=account_id, tag_id=tag_id))


async def count_followed(tx: ReadTx, account_id: int) -> int:
    return int(await tx.value(COUNT_FOLLOWED, account_id=account_id))


async def list_followed(tx: ReadTx, account_id: int, page: Page) -> list[tuple[int, TagRow]]:
    """Return cursors and tags that an account follows, newest first."""
    rows = await tx.all(LIST_FOLLOWED.for_page(page), account_id=account_id, **page.bind_params())
    return sorted(((row[0], TagRow(*row[1:])) for row in rows), key=lambda pair: -pair[0])


async def list_unused(tx: ReadTx, before_id: int, limit: int) -> list[int]:
    """Return tags that no post has, nobody follows or features, and no moderator decided about."""
    return await tx.values(LIST_UNUSED, before_id=before_id, limit=limit)


async def delete_unused(tx: Tx, ids: Sequence[int], before_id: int) -> None:
    """Delete those of the tags that are still unused."""
    await tx.run(DELETE_UNUSED, ids=list(ids), before_id=before_id)
