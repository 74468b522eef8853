"""The newest entries of a home timeline, ranked by how many people they helped, and counted by author."""

from __future__ import annotations

from sqlalchemy import bindparam, case, func, select

from storage.engine import ReadTx
from storage.tables.posts import posts
from storage.tables.timelines import home_entries

_recent = (
    select(home_entries.c.post_id, home_entries.c.author_id)
    .where(
        home_entries.c.account_id == bindparam("account_id"), home_entries.c.post_id > bindparam("since_id")
    )
    .order_by(home_entries.c.post_id.desc())
    .limit(bindparam("max_entries"))
    .subquery("recent")
)
_entry, _original = posts.alias("entry"), posts.alias("original")
# As for trends: an article takes longer to read and to write.
_weight = case((_original.c.kind == "Article", 3), else_=1)
_score = (_original.c.likes_count + _original.c.boosts_count) * _weight
LIST_HELPFUL = (
    select(_original.c.id)
    .select_from(
        _recent.join(_entry, _entry.c.id == _recent.c.post_id).join(
            _original, _original.c.id == func.coalesce(_entry.c.boost_of_id, _entry.c.id)
        )
    )
    .where(_original.c.account_id != bindparam("account_id"), _original.c.state == "published")
    .group_by(_original.c.id)
    .order_by(_score.desc(), _original.c.id.desc())
    .limit(bindparam("max_posts"))
)
_posts_count = func.count()
COUNT_BY_AUTHOR = (
    select(_recent.c.author_id, _posts_count)
    .where(_recent.c.author_id != bindparam("account_id"))
    .group_by(_recent.c.author_id)
    .order_by(_posts_count.desc(), _recent.c.author_id)
    .limit(bindparam("max_people"))
)


async def list_helpful(
    tx: ReadTx, account_id: int, since_id: int, max_entries: int, max_posts: int
) -> list[int]:
    """Return ids of posts, or of what was boosted, by the likes and boosts that they have."""
    return await tx.values(
        LIST_HELPFUL,
        account_id=account_id,
        since_id=since_id,
        max_entries=max_entries,
        max_posts=max_posts,
    )


async def count_by_author(
    tx: ReadTx, account_id: int, since_id: int, max_entries: int, max_people: int
) -> list[tuple[int, int]]:
    """Return who brought most entries into a home timeline, with their number."""
    rows = await tx.all(
        COUNT_BY_AUTHOR,
        account_id=account_id,
        since_id=since_id,
        max_entries=max_entries,
        max_people=max_people,
    )
    return [(int(author_id), int(count)) for author_id, count in rows]
