"""Peers: decisions about them, and whether they answer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import bindparam, select, update

from storage.rows import PeerRow
from storage.schema.tables import peers
from storage.statements import Tx, among, columns_of, one_of, row_or_none, rows, upsert

COLUMNS = columns_of(peers, PeerRow)
ADD = upsert(peers).on_conflict_do_nothing()
BY_DOMAIN = select(*COLUMNS).where(peers.c.domain == bindparam("domain"))
BY_DOMAINS = select(*COLUMNS).where(one_of(peers.c.domain, "domains"))
EVERYBODY = select(*COLUMNS).order_by(peers.c.policy.desc(), peers.c.domain)
LIMITED = select(*COLUMNS).where(among(peers.c.policy, "block", "limit")).order_by(peers.c.domain)
POLICIES = select(peers.c.domain, peers.c.policy).where(peers.c.policy != "")
DECIDE = (
    update(peers)
    .where(peers.c.domain == bindparam("b_domain"))
    .values(
        policy=bindparam("b_policy"),
        reason=bindparam("b_reason"),
        rejects_media=bindparam("b_rejects_media"),
        decided_at=bindparam("b_now"),
    )
)
SUCCEEDED = (
    update(peers)
    .where(one_of(peers.c.domain, "domains"))
    .values(failures=0, failing_since_at=None, retry_at=None, delivered_at=bindparam("b_now"))
)
ALIVE = (
    update(peers)
    .where(peers.c.domain == bindparam("b_domain"), peers.c.failures > 0)
    .values(failures=0, failing_since_at=None, retry_at=None)
)
FAILED = (
    update(peers)
    .where(peers.c.domain == bindparam("b_domain"))
    .values(
        failures=peers.c.failures + 1,
        failing_since_at=bindparam("b_since"),
        retry_at=bindparam("b_retry_at"),
    )
)
SCHEME = update(peers).where(peers.c.domain == bindparam("b_domain")).values(scheme=bindparam("b_scheme"))


async def add(tx: Tx, domain: str) -> None:
    """A row for a peer, if there is none."""
    await add_some(tx, [domain])


async def add_some(tx: Tx, domains: Iterable[str]) -> None:
    await tx.run_many(
        ADD,
        [
            {
                "domain": domain,
                "policy": "",
                "rejects_media": False,
                "reason": "",
                "decided_at": None,
                "first_seen_at": tx.now,
                "scheme": "",
                "failures": 0,
                "failing_since_at": None,
                "retry_at": None,
                "delivered_at": None,
                "software": "",
            }
            for domain in domains
        ],
    )


async def by_domain(tx: Tx, domain: str) -> PeerRow | None:
    return row_or_none(PeerRow, await tx.one(BY_DOMAIN, domain=domain))


async def by_domains(tx: Tx, domains: Sequence[str]) -> dict[str, PeerRow]:
    return {row.domain: row for row in rows(PeerRow, await tx.all(BY_DOMAINS, domains=list(domains)))}


async def everybody(tx: Tx) -> list[PeerRow]:
    return rows(PeerRow, await tx.all(EVERYBODY))


async def limited(tx: Tx) -> list[PeerRow]:
    """Peers that are blocked or limited, by domain."""
    return rows(PeerRow, await tx.all(LIMITED))


async def policies(tx: Tx) -> dict[str, str]:
    """Decisions by domain."""
    return {row[0]: row[1] for row in await tx.all(POLICIES)}


async def decide(tx: Tx, domain: str, policy: str, reason: str, *, rejects_media: bool) -> None:
    await tx.run(
        DECIDE,
        b_domain=domain,
        b_policy=policy,
        b_reason=reason,
        b_rejects_media=rejects_media,
        b_now=tx.now,
    )


async def succeeded(tx: Tx, domains: Sequence[str]) -> None:
    """They took what we sent: their circuits close."""
    await tx.run(SUCCEEDED, domains=list(domains), b_now=tx.now)


async def alive(tx: Tx, domain: str) -> bool:
    """It spoke to us: its circuit closes; False if it was closed."""
    return bool(await tx.run(ALIVE, b_domain=domain))


async def failed(tx: Tx, domain: str, since: int, retry_at: int) -> None:
    """It did not answer: nothing is sent before `retry_at`."""
    await tx.run(FAILED, b_domain=domain, b_since=since, b_retry_at=retry_at)


async def set_scheme(tx: Tx, domain: str, scheme: str) -> None:
    """Which signatures it takes."""
    await tx.run(SCHEME, b_domain=domain, b_scheme=scheme)
