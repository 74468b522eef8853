"""Articles: by address, drafts, the blog in order of time or of helpfulness."""

from __future__ import annotations

from sqlalchemy import and_, bindparam, func, or_, select
from sqlalchemy.sql.elements import ColumnElement

from storage.engine import Tx
from storage.paging import Page
from storage.rows.posts import PostRow
from storage.statements import Paged, among, columns_of, row_or_none
from storage.tables.accounts import accounts
from storage.tables.posts import likes, posts

BY_SLUG = select(*columns_of(posts, PostRow)).where(
    posts.c.account_id == bindparam("account_id"), posts.c.slug == bindparam("slug")
)
DRAFTS = Paged(
    select(posts.c.id).where(
        posts.c.account_id == bindparam("account_id"), posts.c.kind == "Article", posts.c.state == "draft"
    ),
    posts.c.id,
)
# Articles that are `local` or for `partners` are for members here: a stranger gives 0 for `member`.
_published: ColumnElement[bool] = and_(
    posts.c.kind == "Article",
    posts.c.state == "published",
    posts.c.local,
    or_(
        posts.c.visibility == "public",
        and_(among(posts.c.visibility, "local", "partners"), bindparam("member") > 0),
    ),
)
_active = and_(accounts.c.suspended_at.is_(None), accounts.c.deleted_at.is_(None))
_articles = select(posts.c.id).join(accounts, accounts.c.id == posts.c.account_id).where(_published, _active)
LATEST = Paged(_articles, posts.c.id)
LATEST_OF = Paged(_articles.where(posts.c.account_id == bindparam("account_id")), posts.c.id)

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
HELPFUL = _ranked
HELPFUL_OF = _ranked.where(posts.c.account_id == bindparam("account_id"))


async def by_slug(tx: Tx, account_id: int, slug: str) -> PostRow | None:
    return row_or_none(PostRow, await tx.one(BY_SLUG, account_id=account_id, slug=slug))


async def drafts(tx: Tx, account_id: int, page: Page) -> list[int]:
    found = await tx.values(DRAFTS.towards(page), account_id=account_id, **page.params())
    return sorted(found, reverse=True)


async def latest(tx: Tx, account_id: int | None, page: Page, *, member: bool) -> list[int]:
    """Ids of published articles of one account or of all, newest first."""
    if account_id is None:
        found = await tx.values(LATEST.towards(page), member=int(member), **page.params())
    else:
        found = await tx.values(
            LATEST_OF.towards(page), account_id=account_id, member=int(member), **page.params()
        )
    return sorted(found, reverse=True)


async def helpful(
    tx: Tx, account_id: int | None, since: int, limit: int, offset: int, *, member: bool
) -> list[tuple[int, int]]:
    """Ids and votes of articles, by votes since a moment (ms UTC)."""
    params = {"since": since, "limit": limit, "offset": offset, "member": int(member)}
    if account_id is None:
        found = await tx.all(HELPFUL, **params)
    else:
        found = await tx.all(HELPFUL_OF, account_id=account_id, **params)
    return [(row[0], row[1]) for row in found]
