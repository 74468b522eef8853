"""Search in texts. Its statements are few until the full text tables come (FTS5, tsvector)."""

from __future__ import annotations

from sqlalchemy import bindparam, func, select

from storage.schema.tables import posts
from storage.statements import Tx

OWN = (
    select(posts.c.id)
    .where(
        posts.c.account_id == bindparam("account_id"),
        posts.c.boost_of_id.is_(None),
        func.lower(posts.c.title + " " + posts.c.summary + " " + posts.c.source).like(
            bindparam("pattern"), escape="\\"
        ),
    )
    .order_by(posts.c.id.desc())
    .limit(bindparam("limit"))
    .offset(bindparam("offset"))
)


async def own_posts(tx: Tx, account_id: int, pattern: str, limit: int, offset: int) -> list[int]:
    """Ids of an account's posts whose words are LIKE `pattern`."""
    return await tx.values(OWN, account_id=account_id, pattern=pattern, limit=limit, offset=offset)
