"""Featured hashtags of accounts, with their use."""

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

from storage.engine import ReadTx, Tx
from storage.rows.accounts import FeaturedTagRow
from storage.rows.content import TagRow
from storage.statements import columns_of, equals_any, one_of, to_row_or_none, to_rows, upsert
from storage.tables.accounts import accounts, featured_tags
from storage.tables.content import post_tags, tags
from storage.tables.posts import posts
from storage.tables.relationships import tag_follows

INSERT = upsert(featured_tags).on_conflict_do_nothing()
_listed_posts = and_(
    posts.c.account_id == bindparam("account_id"),
    posts.c.state == "published",
    posts.c.boost_of_id.is_(None),
    equals_any(posts.c.visibility, "public", "unlisted"),
)
_used = (
    select(
        post_tags.c.tag_id.label("tag_id"),
        func.count().label("uses"),
        func.max(posts.c.published_at).label("last_at"),
    )
    .select_from(post_tags.join(posts, posts.c.id == post_tags.c.post_id))
    .where(_listed_posts)
    .group_by(post_tags.c.tag_id)
)
_counted = _used.where(
    post_tags.c.tag_id.in_(
        select(featured_tags.c.tag_id).where(featured_tags.c.account_id == bindparam("account_id"))
    )
).subquery()
_with_uses = (
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
LIST_BY_ACCOUNT = _with_uses.order_by(func.coalesce(_counted.c.uses, 0).desc(), featured_tags.c.id)
FIND = _with_uses.where(featured_tags.c.tag_id == bindparam("tag_id"))
COUNT_BY_ACCOUNT = select(func.count()).where(featured_tags.c.account_id == bindparam("account_id"))
DELETE_BY_ID = delete(featured_tags).where(
    featured_tags.c.account_id == bindparam("account_id"), featured_tags.c.id == bindparam("id")
)
DELETE_BY_TAG = delete(featured_tags).where(
    featured_tags.c.account_id == bindparam("account_id"), featured_tags.c.tag_id == bindparam("tag_id")
)
# Names of the tags that most members feature.
LIST_POPULAR = (
    select(tags.c.display)
    .select_from(
        featured_tags.join(tags, tags.c.id == featured_tags.c.tag_id).join(
            accounts, accounts.c.id == featured_tags.c.account_id
        )
    )
    .where(
        accounts.c.domain == "",
        accounts.c.suspended_at.is_(None),
        accounts.c.silenced_at.is_(None),
        featured_tags.c.account_id != bindparam("account_id"),
    )
    .group_by(tags.c.id, tags.c.display)
    .order_by(func.count().desc(), tags.c.display)
    .limit(bindparam("limit"))
)
_often = _used.where(posts.c.id > bindparam("since_id")).subquery()
# Tags that an account uses and does not feature, the most used first.
LIST_SUGGESTED = (
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
LOAD_VIEWER_FACTS = union_all(
    select(literal_column("'follows'"), tag_follows.c.tag_id).where(
        tag_follows.c.account_id == _viewer, one_of(tag_follows.c.tag_id, "ids")
    ),
    select(literal_column("'features'"), featured_tags.c.tag_id).where(
        featured_tags.c.account_id == _viewer, one_of(featured_tags.c.tag_id, "ids")
    ),
)


async def insert(tx: Tx, account_id: int, tag_id: int, name: str) -> bool:
    """Feature a tag; return False if it is featured already."""
    values = {"id": tx.new_id(), "account_id": account_id, "tag_id": tag_id, "name": name}
    return bool(await tx.run(INSERT, **values, created_at=tx.now))


async def list_by_account(tx: ReadTx, account_id: int) -> list[FeaturedTagRow]:
    """Return all featured tags of an account, those used most first."""
    return to_rows(FeaturedTagRow, await tx.all(LIST_BY_ACCOUNT, account_id=account_id))


async def list_popular(tx: ReadTx, account_id: int, limit: int) -> list[str]:
    """Return names of the tags that most other members feature."""
    return await tx.values(LIST_POPULAR, account_id=account_id, limit=limit)


async def find(tx: ReadTx, account_id: int, tag_id: int) -> FeaturedTagRow | None:
    return to_row_or_none(FeaturedTagRow, await tx.one(FIND, account_id=account_id, tag_id=tag_id))


async def count_by_account(tx: ReadTx, account_id: int) -> int:
    return int(await tx.value(COUNT_BY_ACCOUNT, account_id=account_id))


async def delete_by_id(tx: Tx, account_id: int, featured_id: int) -> bool:
    """Delete a featured tag by its own id."""
    return bool(await tx.run(DELETE_BY_ID, account_id=account_id, id=featured_id))


async def delete_by_tag(tx: Tx, account_id: int, tag_id: int) -> bool:
    return bool(await tx.run(DELETE_BY_TAG, account_id=account_id, tag_id=tag_id))


async def list_suggested(tx: ReadTx, account_id: int, since_id: int, limit: int) -> list[TagRow]:
    """Return tags that the account used since a post id and does not feature."""
    rows = await tx.all(LIST_SUGGESTED, account_id=account_id, since_id=since_id, limit=limit)
    return to_rows(TagRow, rows)


async def load_viewer_facts(tx: ReadTx, account_id: int, tag_ids: Sequence[int]) -> dict[str, set[int]]:
    """Return which of the tags the account `follows` and which it `features`."""
    tag_ids_by_fact: dict[str, set[int]] = {"follows": set(), "features": set()}
    for kind, tag_id in await tx.all(LOAD_VIEWER_FACTS, account_id=account_id, ids=list(tag_ids)):
        tag_ids_by_fact[kind].add(tag_id)
    return tag_ids_by_fact
