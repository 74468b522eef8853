"""Articles: by address, drafts, the blog in order of time or of helpfulness."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import and_, bindparam, func, literal_column, or_, select
from sqlalchemy.sql.elements import ColumnElement

from storage.engine import Page, ReadTx
from storage.rows.posts import PostRow
from storage.statements import PagedStatement, columns_of, equals_any, one_of, to_row_or_none
from storage.tables.accounts import accounts
from storage.tables.posts import likes, posts

FIND_BY_SLUG = select(*columns_of(posts, PostRow)).where(
    posts.c.account_id == bindparam("account_id"), posts.c.slug == bindparam("slug")
)
LIST_DRAFTS = PagedStatement(
    select(posts.c.id).where(
        posts.c.account_id == bindparam("account_id"),
        # Not a parameter: only so can the partial index of drafts be used.
        posts.c.state == literal_column("'draft'"),
    ),
    posts.c.id,
)
# Only members see articles that are `local` or for `partners`; `member` is 0 without a login.
_published: ColumnElement[bool] = and_(
    posts.c.kind == "Article",
    posts.c.state == "published",
    posts.c.local,
    or_(
        posts.c.visibility == "public",
        and_(equals_any(posts.c.visibility, "local", "partners"), bindparam("member") > 0),
    ),
)
_active = and_(accounts.c.suspended_at.is_(None), accounts.c.deleted_at.is_(None))
_articles = select(posts.c.id).join(accounts, accounts.c.id == posts.c.account_id).where(_published, _active)
LIST_LATEST = PagedStatement(_articles, posts.c.id)
LIST_LATEST_BY_ACCOUNT = PagedStatement(
    _articles.where(posts.c.account_id == bindparam("account_id")), posts.c.id
)

_votes = func.count(likes.c.id)
_ranked = (
    select(posts.c.id, _votes.label("votes"))
    .join(accounts, accounts.c.id == posts.c.account_id)
    .outerjoin(
        likes,
        and_(
            likes.c.post_id == posts.c.id,
            likes.c.account_id != posts.c.account_id,
            likes.c.created_at > bindparam("since"),
        ),
    )
    .where(_published, _active)
    .group_by(posts.c.id)
    .order_by(_votes.desc(), posts.c.id.desc())
    .limit(bindparam("limit"))
    .offset(bindparam("offset"))
)
LIST_HELPFUL = _ranked
COUNT_VOTES = (
    select(likes.c.post_id, func.count())
    .join(posts, posts.c.id == likes.c.post_id)
    .where(one_of(likes.c.post_id, "ids"), likes.c.account_id != posts.c.account_id)
    .group_by(likes.c.post_id)
)
LIST_HELPFUL_BY_ACCOUNT = _ranked.where(posts.c.account_id == bindparam("account_id"))


async def find_by_slug(tx: ReadTx, account_id: int, slug: str) -> PostRow | None:
    return to_row_or_none(PostRow, await tx.one(FIND_BY_SLUG, account_id=account_id, slug=slug))


async def list_drafts(tx: ReadTx, account_id: int, page: Page) -> list[int]:
    ids = await tx.values(LIST_DRAFTS.for_page(page), account_id=account_id, **page.bind_params())
    return sorted(ids, reverse=True)


async def list_latest(tx: ReadTx, account_id: int | None, page: Page, *, is_member: bool) -> list[int]:
    """Return ids of published articles of one account or of all, newest first."""
    if account_id is None:
        ids = await tx.values(LIST_LATEST.for_page(page), member=int(is_member), **page.bind_params())
    else:
        ids = await tx.values(
            LIST_LATEST_BY_ACCOUNT.for_page(page),
            account_id=account_id,
            member=int(is_member),
            **page.bind_params(),
        )
    return sorted(ids, reverse=True)


async def list_helpful(
    tx: ReadTx, account_id: int | None, since: int, limit: int, offset: int, *, is_member: bool
) -> list[tuple[int, int]]:
    """Return ids and votes of articles, most votes since a time (ms UTC) first."""
    params = {"since": since, "limit": limit, "offset": offset, "member": int(is_member)}
    if account_id is None:
        rows = await tx.all(LIST_HELPFUL, **params)
    else:
        rows = await tx.all(LIST_HELPFUL_BY_ACCOUNT, account_id=account_id, **params)
    return [(row[0], row[1]) for row in rows]


async def count_votes(tx: ReadTx, ids: Sequence[int]) -> dict[int, int]:
    """Return the votes of posts by people other than their authors."""
    rows = await tx.all(COUNT_VOTES, ids=list(ids))
    return {int(post_id): int(votes) for post_id, votes in rows}
