"""All accounts of a peer at once: limited, suspended, without media. A domain stands for those below it.

What a decision does carries the moment of the decision as its mark, so that taking the decision back leaves
alone what was done to single accounts.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, bindparam, delete, func, literal, or_, select, union_all, update

from storage.engine import Tx
from storage.tables.accounts import accounts
from storage.tables.content import media
from storage.tables.posts import posts
from storage.tables.relationships import follows

_moment = bindparam("b_mark", type_=BigInteger())
_there = or_(
    accounts.c.domain == bindparam("b_domain"), accounts.c.domain.like(bindparam("b_below"), escape="\\")
)
_ids = select(accounts.c.id).where(accounts.c.domain != "", _there)
SILENCE = update(accounts).where(_there, accounts.c.silenced_at.is_(None)).values(silenced_at=_moment)
UNSILENCE = update(accounts).where(_there, accounts.c.silenced_at == _moment).values(silenced_at=None)
SUSPEND = update(accounts).where(_there, accounts.c.suspended_at.is_(None)).values(suspended_at=_moment)
UNSUSPEND = update(accounts).where(_there, accounts.c.suspended_at == _moment).values(suspended_at=None)
WITHOUT_PICTURES = (
    update(accounts).where(accounts.c.domain != "", _there).values(avatar_url="", header_url="", emojis="[]")
)
WITHOUT_MEDIA = (
    update(posts)
    .where(posts.c.account_id.in_(_ids))
    .values(cover_id=None, emojis="[]", version=posts.c.version + 1)
)
DROP_MEDIA = delete(media).where(media.c.account_id.in_(_ids))
DOMAINS = select(accounts.c.domain).where(accounts.c.domain != "").distinct()
_mine, _theirs = accounts.alias("mine"), accounts.alias("theirs")


def _follows(mine: str, theirs: str, followers: int) -> Any:
    """Follows across the border, by the other node."""
    return (
        select(
            _theirs.c.domain.label("domain"),
            literal(followers).label("followers"),
            literal(1 - followers).label("following"),
        )
        .select_from(follows)
        .join(_mine, _mine.c.id == follows.c[mine])
        .join(_theirs, _theirs.c.id == follows.c[theirs])
        .where(_mine.c.domain == "", _theirs.c.domain != "")
    )


_across = union_all(_follows("target_id", "account_id", 1), _follows("account_id", "target_id", 0)).subquery()
FOLLOWS = select(_across.c.domain, func.sum(_across.c.followers), func.sum(_across.c.following)).group_by(
    _across.c.domain
)


async def _run(tx: Tx, statement: Any, domain: str, **more: int) -> None:
    escaped = domain.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    await tx.run(statement, b_domain=domain, b_below=f"%.{escaped}", **more)


async def silence(tx: Tx, domain: str, mark: int) -> None:
    await _run(tx, SILENCE, domain, b_mark=mark)


async def unsilence(tx: Tx, domain: str, mark: int) -> None:
    """End what was begun with that mark."""
    await _run(tx, UNSILENCE, domain, b_mark=mark)


async def suspend(tx: Tx, domain: str, mark: int) -> None:
    await _run(tx, SUSPEND, domain, b_mark=mark)


async def unsuspend(tx: Tx, domain: str, mark: int) -> None:
    """End what was begun with that mark."""
    await _run(tx, UNSUSPEND, domain, b_mark=mark)


async def drop_media(tx: Tx, domain: str) -> None:
    """Forget pictures, attached files and emoji."""
    for statement in (WITHOUT_PICTURES, WITHOUT_MEDIA, DROP_MEDIA):
        await _run(tx, statement, domain)


async def domains(tx: Tx) -> set[str]:
    """The nodes of all accounts that we know."""
    return set(await tx.values(DOMAINS))


async def follows_across(tx: Tx) -> dict[str, tuple[int, int]]:
    """By node: how many followers of ours are there, and how many whom we follow."""
    return {row[0]: (int(row[1]), int(row[2])) for row in await tx.all(FOLLOWS)}
