"""Hashtags that accounts show on their profiles, with how they use them."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import (
    BigInteger,
    and_,
    bindparam,
    delete,
    exists,
    func,
    literal,
    literal_column,
    select,
    union_all,
)

from storage.engine import Tx
from storage.rows.accounts import FeaturedTagRow
from storage.rows.content import TagRow
from storage.statements import among, columns_of, one_of, row_or_none, rows, upsert
from storage.tables.accounts import featured_tags
from storage.tables.content import post_tags, tags
from storage.tables.posts import posts
from storage.tables.relationships import tag_follows

ADD = upsert(featured_tags).on_conflict_do_nothing()
_open = and_(
    posts.c.account_id == bindparam("account_id"),
    posts.c.state == "published",
    posts.c.boost_of_id.is_(None),
    among(posts.c.visibility, "public", "unlisted"),
)
_used = (
    select(
        post_tags.c.tag_id.label("tag_id"),
        func.count().label("uses"),
        func.max(posts.c.published_at).label("last_at"),
    )
    .select_from(post_tags.join(posts, posts.c.id == post_tags.c.post_id))
    .where(_open)
    .group_by(post_tags.c.tag_id)
)
_counted = _used.where(
    post_tags.c.tag_id.in_(
        select(featured_tags.c.tag_id).where(featured_tags.c.account_id == bindparam("account_id"))
    )
).subquery()
_found = (
    select(
        featured_tags.c.id,
        featured_tags.c.tag_id,
        featured_tags.c.name,
        tags.c.name,
        func.coalesce(_counted.c.uses, 0),
        _counted.c.last_at,
    )
    .select_from(
        featured_tags.join(tags, tags.c.id == featured_tags.c.tag_id).outerjoin(
            _counted, _counted.c.tag_id == featured_tags.c.tag_id
        )
    )
    .where(featured_tags.c.account_id == bindparam("account_id"))
)
OF_ACCOUNT = _found.order_by(func.coalesce(_counted.c.uses, 0).desc(), featured_tags.c.id)
ONE = _found.where(featured_tags.c.tag_id == bindparam("tag_id"))
COUNT = select(func.count()).where(featured_tags.c.account_id == bindparam("account_id"))
REMOVE = delete(featured_tags).where(
    featured_tags.c.account_id == bindparam("account_id"), featured_tags.c.id == bindparam("id")
)
REMOVE_TAG = delete(featured_tags).where(
    featured_tags.c.account_id == bindparam("account_id"), featured_tags.c.tag_id == bindparam("tag_id")
)
_often = _used.where(posts.c.id > bindparam("since_id")).subquery()
# Tags that an account uses and does not show yet, the most used first.
SUGGESTED = (
    select(*columns_of(tags, TagRow))
    .select_from(_often.join(tags, tags.c.id == _often.c.tag_id))
    .where(
        ~exists(
            select(literal(1)).where(
                featured_tags.c.account_id == bindparam("account_id"), featured_tags.c.tag_id == tags.c.id
            )
        )
    )
    .order_by(_often.c.uses.desc(), tags.c.id)
    .limit(bindparam("limit"))
)
_viewer = bindparam("account_id", type_=BigInteger())
STANDING = union_all(
    select(literal_column("'follows'"), tag_follows.c.tag_id).where(
        tag_follows.c.account_id == _viewer, one_of(tag_follows.c.tag_id, "ids")
    ),
    select(literal_column("'features'"), featured_tags.c.tag_id).where(
        featured_tags.c.account_id == _viewer, one_of(featured_tags.c.tag_id, "ids")
    ),
)


async def add(tx: Tx, account_id: int, tag_id: int, name: str) -> bool:
    """Show a tag on a profile; False if it is there already."""
    values = {"id": tx.new_id(), "account_id": account_id, "tag_id": tag_id, "name": name}
    return bool(await tx.run(ADD, **values, created_at=tx.now))


async def of_account(tx: Tx, account_id: int) -> list[FeaturedTagRow]:
    """All of an account, those used most first."""
    return rows(FeaturedTagRow, await tx.all(OF_ACCOUNT, account_id=account_id))


async def one(tx: Tx, account_id: int, tag_id: int) -> FeaturedTagRow | None:
    return row_or_none(FeaturedTagRow, await tx.one(ONE, account_id=account_id, tag_id=tag_id))


async def count(tx: Tx, account_id: int) -> int:
    return int(await tx.value(COUNT, account_id=account_id))


async def remove(tx: Tx, account_id: int, featured_id: int) -> bool:
    """Take one away by its own id."""
    return bool(await tx.run(REMOVE, account_id=account_id, id=featured_id))


async def remove_tag(tx: Tx, account_id: int, tag_id: int) -> bool:
    return bool(await tx.run(REMOVE_TAG, account_id=account_id, tag_id=tag_id))


async def suggested(tx: Tx, account_id: int, since_id: int, limit: int) -> list[TagRow]:
    """Tags that the account used since a post id."""
    found = await tx.all(SUGGESTED, account_id=account_id, since_id=since_id, limit=limit)
    return rows(TagRow, found)


async def standing(tx: Tx, account_id: int, tag_ids: Sequence[int]) -> dict[str, set[int]]:
    """Which of the tags the account `follows` and which it `features`."""
    found: dict[str, set[int]] = {"follows": set(), "features": set()}
    for kind, tag_id in await tx.all(STANDING, account_id=account_id, ids=list(tag_ids)):
        found[kind].add(tag_id)
    return found
