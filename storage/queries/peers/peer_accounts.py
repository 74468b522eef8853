"""All accounts of a peer at once: limit, suspend, drop media. A domain covers its subdomains.

An account is of every host that it is on: that of its handle, and that of its actor where it is another.

The time of a decision marks its effects, so that revoking the decision leaves accounts alone that were
limited or suspended one by one.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, bindparam, delete, func, literal, select, union_all, update

from storage.engine import ReadTx, Tx
from storage.queries.accounts.hosts import IS_ON_DOMAIN, bind_domain
from storage.tables.accounts import accounts
from storage.tables.content import media
from storage.tables.posts import posts
from storage.tables.relationships import follows

_mark = bindparam("b_mark", type_=BigInteger())
_ids = select(accounts.c.id).where(accounts.c.domain != "", IS_ON_DOMAIN)
SILENCE = update(accounts).where(IS_ON_DOMAIN, accounts.c.silenced_at.is_(None)).values(silenced_at=_mark)
UNSILENCE = update(accounts).where(IS_ON_DOMAIN, accounts.c.silenced_at == _mark).values(silenced_at=None)
SUSPEND = update(accounts).where(IS_ON_DOMAIN, accounts.c.suspended_at.is_(None)).values(suspended_at=_mark)
UNSUSPEND = update(accounts).where(IS_ON_DOMAIN, accounts.c.suspended_at == _mark).values(suspended_at=None)
CLEAR_PROFILE_IMAGES = (
    update(accounts)
    .where(accounts.c.domain != "", IS_ON_DOMAIN)
    .values(avatar_url="", header_url="", emojis="[]")
)
CLEAR_POST_MEDIA = (
    update(posts)
    .where(posts.c.account_id.in_(_ids))
    .values(cover_id=None, emojis="[]", version=posts.c.version + 1)
)
DELETE_MEDIA = delete(media).where(media.c.account_id.in_(_ids))
LIST_DOMAINS = select(accounts.c.domain, accounts.c.other_hosts).where(accounts.c.domain != "").distinct()
_local, _remote = accounts.alias("mine"), accounts.alias("theirs")


def _select_follows(local: str, remote: str, followers: int) -> Any:
    """Select the follows between our accounts and those of other nodes, with the domain of the other."""
    return (
        select(
            _remote.c.domain.label("domain"),
            _remote.c.other_hosts.label("other_hosts"),
            literal(followers).label("followers"),
            literal(1 - followers).label("following"),
        )
        .select_from(follows)
        .join(_local, _local.c.id == follows.c[local])
        .join(_remote, _remote.c.id == follows.c[remote])
        .where(_local.c.domain == "", _remote.c.domain != "")
    )


_cross_node_follows = union_all(
    _select_follows("target_id", "account_id", 1), _select_follows("account_id", "target_id", 0)
).subquery()
_theirs = select(accounts.c.id).where(accounts.c.domain == bindparam("domain"))
COUNT_RELATIONS = select(
    select(func.count()).where(accounts.c.domain == bindparam("domain")).scalar_subquery(),
    select(func.count()).where(follows.c.account_id.in_(_theirs)).scalar_subquery(),
    select(func.count()).where(follows.c.target_id.in_(_theirs)).scalar_subquery(),
)
COUNT_FOLLOWS_BY_HOSTS = select(
    _cross_node_follows.c.domain,
    _cross_node_follows.c.other_hosts,
    func.sum(_cross_node_follows.c.followers),
    func.sum(_cross_node_follows.c.following),
).group_by(_cross_node_follows.c.domain, _cross_node_follows.c.other_hosts)


async def _run_for_domain(tx: Tx, statement: Any, domain: str, **more: int) -> None:
    await tx.run(statement, **bind_domain(domain), **more)


async def silence(tx: Tx, domain: str, mark: int) -> None:
    """Limit the accounts that are not limited yet."""
    await _run_for_domain(tx, SILENCE, domain, b_mark=mark)


async def unsilence(tx: Tx, domain: str, mark: int) -> None:
    """Lift the limits that were set with this mark."""
    await _run_for_domain(tx, UNSILENCE, domain, b_mark=mark)


async def suspend(tx: Tx, domain: str, mark: int) -> None:
    """Suspend the accounts that are not suspended yet."""
    await _run_for_domain(tx, SUSPEND, domain, b_mark=mark)


async def unsuspend(tx: Tx, domain: str, mark: int) -> None:
    """Lift the suspensions that were set with this mark."""
    await _run_for_domain(tx, UNSUSPEND, domain, b_mark=mark)


async def delete_media(tx: Tx, domain: str) -> None:
    """Delete the rows of profile pictures, attachments and emoji."""
    for statement in (CLEAR_PROFILE_IMAGES, CLEAR_POST_MEDIA, DELETE_MEDIA):
        await _run_for_domain(tx, statement, domain)


async def list_domains(tx: ReadTx) -> set[str]:
    """Return the hosts that remote accounts are on."""
    return {host for row in await tx.all(LIST_DOMAINS) for host in (row[0], *row[1].split())}


async def count_relations(tx: ReadTx, domain: str) -> tuple[int, int, int]:
    """Return the known accounts of a domain, how often they follow, and how often they are followed."""
    row = await tx.one(COUNT_RELATIONS, domain=domain)
    assert row is not None
    return int(row[0]), int(row[1]), int(row[2])


async def count_follows_by_hosts(tx: ReadTx) -> list[tuple[list[str], int, int]]:
    """Return hosts, how many followers our members have there, and how many accounts they follow there."""
    rows = await tx.all(COUNT_FOLLOWS_BY_HOSTS)
    return [([row[0], *row[1].split()], int(row[2]), int(row[3])) for row in rows]
