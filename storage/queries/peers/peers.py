"""Peers: the decisions about them, and whether they can be reached."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import Text, and_, bindparam, delete, exists, func, or_, select, update

from storage.engine import Page, ReadTx, Tx
from storage.rows.peers import PeerRow
from storage.statements import PagedStatement, columns_of, one_of, to_row_or_none, to_rows, upsert
from storage.tables.accounts import accounts
from storage.tables.kernel import deliveries
from storage.tables.peers import partners, peers

COLUMNS = columns_of(peers, PeerRow)
INSERT = upsert(peers).on_conflict_do_nothing()
FIND_BY_DOMAIN = select(*COLUMNS).where(peers.c.domain == bindparam("domain"))
LOAD_BY_DOMAINS = select(*COLUMNS).where(one_of(peers.c.domain, "domains"))
LIST_ALL = select(*COLUMNS).order_by(peers.c.policy.desc(), peers.c.domain)
_state, _pattern = bindparam("state", type_=Text()), bindparam("pattern", type_=Text())
_has_decision = peers.c.decision_id.is_not(None)
_state_conditions = {
    "block": and_(_has_decision, peers.c.policy == "block"),
    "limit": and_(_has_decision, peers.c.policy == "limit"),
    "allow": and_(_has_decision, peers.c.policy == "allow"),
    "note": and_(_has_decision, peers.c.policy == ""),
    "undecided": ~_has_decision,
    "silent": peers.c.failing_since_at.is_not(None),
}
STATES = tuple(_state_conditions)
SEARCH = (
    select(*COLUMNS)
    .where(
        or_(_pattern == "", peers.c.domain.like(_pattern, escape="\\")),
        or_(_state == "", *(and_(_state == name, which) for name, which in _state_conditions.items())),
        peers.c.domain > bindparam("after", type_=Text()),
    )
    .order_by(peers.c.domain)
    .limit(bindparam("limit"))
)
COUNT_WAITING = select(func.count()).where(
    deliveries.c.host == bindparam("domain"), deliveries.c.dead_at.is_(None)
)
COUNT_UNREACHABLE = select(func.count()).where(peers.c.failing_since_at <= bindparam("until"))
LIST_WITH_DECISION = select(*COLUMNS).where(peers.c.decision_id.is_not(None))
LIST_PARTNERS = (
    select(partners.c.domain, accounts.c.uri)
    .join(accounts, accounts.c.id == partners.c.account_id)
    .where(partners.c.state == "agreed")
)
LIST_DOMAINS_BY_LIST = (
    select(peers.c.domain).where(peers.c.list_id == bindparam("list_id")).order_by(peers.c.domain)
)
FIND_BY_DECISION = select(*COLUMNS).where(peers.c.decision_id == bindparam("decision_id"))
# Mastodon's API calls every decision but an allow a domain block, of some severity.
LIST_BLOCKS = PagedStatement(LIST_WITH_DECISION.where(peers.c.policy != "allow"), peers.c.decision_id)
LIST_ALLOWANCES = PagedStatement(LIST_WITH_DECISION.where(peers.c.policy == "allow"), peers.c.decision_id)
LOAD_RETRY_TIMES = select(peers.c.domain, peers.c.retry_at).where(
    one_of(peers.c.domain, "domains"), peers.c.retry_at > bindparam("now")
)
LIST_UNREACHABLE = (
    select(
        select(func.count())
        .where(deliveries.c.host == peers.c.domain, deliveries.c.dead_at.is_(None))
        .correlate(peers)
        .scalar_subquery(),
        *columns_of(peers, PeerRow),
    )
    .where(peers.c.failing_since_at.is_not(None))
    .order_by(peers.c.failing_since_at)
    .limit(bindparam("most"))
)
SET_DECISION = (
    update(peers)
    .where(peers.c.domain == bindparam("b_domain"))
    .values(
        policy=bindparam("b_policy"),
        reason=bindparam("b_reason"),
        rejects_media=bindparam("b_rejects_media"),
        rejects_reports=bindparam("b_rejects_reports"),
        public_comment=bindparam("b_public_comment"),
        obfuscates=bindparam("b_obfuscates"),
        list_id=bindparam("b_list_id"),
        decision_id=bindparam("b_decision_id"),
        decided_at=bindparam("b_decided_at"),
    )
)
MARK_DELIVERED = (
    update(peers)
    .where(one_of(peers.c.domain, "domains"))
    .values(failures=0, failing_since_at=None, retry_at=None, delivered_at=bindparam("b_now"))
)
CLOSE_CIRCUIT = (
    update(peers)
    # A single failure postponed nothing, and may be due to one activity that the peer cannot handle.
    .where(peers.c.domain == bindparam("b_domain"), peers.c.failures > 1)
    .values(failures=0, failing_since_at=None, retry_at=None)
)
CLEAR_RETRY_TIME = update(peers).where(peers.c.domain == bindparam("b_domain")).values(retry_at=None)
MARK_FAILED = (
    update(peers)
    .where(peers.c.domain == bindparam("b_domain"))
    .values(
        failures=bindparam("b_failures"),
        failing_since_at=bindparam("b_since"),
        retry_at=bindparam("b_retry_at"),
    )
)
SET_SCHEME = update(peers).where(peers.c.domain == bindparam("b_domain")).values(scheme=bindparam("b_scheme"))

DELETE_UNUSED = delete(peers).where(
    peers.c.policy == "",
    peers.c.decided_at.is_(None),
    peers.c.first_seen_at <= bindparam("until"),
    func.coalesce(peers.c.delivered_at, 0) <= bindparam("until"),
    ~exists(select(accounts.c.id).where(accounts.c.domain == peers.c.domain)),
    ~exists(select(deliveries.c.id).where(deliveries.c.host == peers.c.domain)),
)


async def insert(tx: Tx, domain: str) -> None:
    """Insert a row for a peer, if there is none."""
    await insert_many(tx, [domain])


async def insert_many(tx: Tx, domains: Iterable[str]) -> None:
    await tx.run_many(
        INSERT,
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
                "decision_id": None,
                "rejects_reports": False,
                "public_comment": "",
                "obfuscates": False,
                "list_id": None,
            }
            for domain in domains
        ],
    )


async def find_by_domain(tx: ReadTx, domain: str) -> PeerRow | None:
    return to_row_or_none(PeerRow, await tx.one(FIND_BY_DOMAIN, domain=domain))


async def load_by_domains(tx: ReadTx, domains: Sequence[str]) -> dict[str, PeerRow]:
    return {row.domain: row for row in to_rows(PeerRow, await tx.all(LOAD_BY_DOMAINS, domains=list(domains)))}


async def list_all(tx: ReadTx) -> list[PeerRow]:
    return to_rows(PeerRow, await tx.all(LIST_ALL))


async def search(tx: ReadTx, pattern: str, state: str, after: str, limit: int) -> list[PeerRow]:
    """Return peers by domain, those behind `after`; `pattern` is for LIKE, `state` one of STATES.

    '' means any.
    """
    rows = await tx.all(SEARCH, pattern=pattern, state=state, after=after, limit=limit)
    return to_rows(PeerRow, rows)


async def count_waiting(tx: ReadTx, domain: str) -> int:
    """Return how many deliveries wait for a peer."""
    return int(await tx.value(COUNT_WAITING, domain=domain))


async def count_unreachable(tx: ReadTx, until: int) -> int:
    """Return how many peers have not answered since `until` (ms UTC)."""
    return int(await tx.value(COUNT_UNREACHABLE, until=until))


async def list_with_decision(tx: ReadTx) -> list[PeerRow]:
    """Return the peers with a decision."""
    return to_rows(PeerRow, await tx.all(LIST_WITH_DECISION))


async def list_partners(tx: ReadTx) -> list[tuple[str, str]]:
    """Return the domain of each partner and the URI of its own actor, which may be on another host."""
    return [(domain, uri) for domain, uri in await tx.all(LIST_PARTNERS)]


async def find_by_decision(tx: ReadTx, decision_id: int) -> PeerRow | None:
    return to_row_or_none(PeerRow, await tx.one(FIND_BY_DECISION, decision_id=decision_id))


async def list_domains_by_list(tx: ReadTx, list_id: int) -> list[str]:
    """Return the domains whose decisions come from a list and were not changed by hand."""
    return await tx.values(LIST_DOMAINS_BY_LIST, list_id=list_id)


async def load_nearest_decisions(tx: ReadTx, hosts: Sequence[str]) -> list[PeerRow]:
    """Return the decisions that cover hosts: of each its own, or that of the nearest parent domain."""
    candidates = {host: _list_names(host) for host in hosts}
    rows = await load_by_domains(tx, list({name for names in candidates.values() for name in names}))
    decided = {name: row for name, row in rows.items() if row.decision_id is not None}
    nearest = (
        next((decided[name] for name in names if name in decided), None) for names in candidates.values()
    )
    return [row for row in nearest if row is not None]


def _list_names(host: str) -> list[str]:
    """Return a host as it is, then without its port, then its parent domains."""
    name, separator, port = host.rpartition(":")
    labels = (name if separator and port.isdigit() else host).split(".")
    return list(dict.fromkeys((host, *(".".join(labels[start:]) for start in range(len(labels))))))


async def find_limited_at(tx: ReadTx, *hosts: str) -> int | None:
    """Return since when any of the hosts is limited (ms UTC), by the nearest decisions; None if none is."""
    nearest = await load_nearest_decisions(tx, hosts)
    return next((row.decided_at for row in nearest if row.policy == "limit"), None)


async def list_decisions(tx: ReadTx, page: Page, *, allows: bool) -> list[PeerRow]:
    """Return a page of blocks, or of allows, newest first."""
    statement = (LIST_ALLOWANCES if allows else LIST_BLOCKS).for_page(page)
    rows = to_rows(PeerRow, await tx.all(statement, **page.bind_params()))
    return sorted(rows, key=lambda row: row.decision_id or 0, reverse=True)


async def load_retry_times(tx: ReadTx, domains: Sequence[str]) -> dict[str, int]:
    """Return the domains with an open circuit, and when it may be retried (ms UTC)."""
    return {row[0]: row[1] for row in await tx.all(LOAD_RETRY_TIMES, domains=list(domains), now=tx.now)}


async def list_unreachable(tx: ReadTx, limit: int) -> list[tuple[PeerRow, int]]:
    """Return unreachable peers, the longest first, with the number of pending deliveries."""
    return [(PeerRow(*row[1:]), int(row[0])) for row in await tx.all(LIST_UNREACHABLE, most=limit)]


async def set_decision(tx: Tx, row: PeerRow) -> None:
    """Store the decision of `row`."""
    await tx.run(
        SET_DECISION,
        b_domain=row.domain,
        b_policy=row.policy,
        b_reason=row.reason,
        b_rejects_media=row.rejects_media,
        b_rejects_reports=row.rejects_reports,
        b_public_comment=row.public_comment,
        b_obfuscates=row.obfuscates,
        b_list_id=row.list_id,
        b_decision_id=row.decision_id,
        b_decided_at=row.decided_at,
    )


async def mark_delivered(tx: Tx, domains: Sequence[str]) -> None:
    """Store a successful delivery, and close the circuits."""
    await tx.run(MARK_DELIVERED, domains=list(domains), b_now=tx.now)


async def close_circuit(tx: Tx, domain: str) -> bool:
    """Close the circuit of a peer that is up again; return False if it was closed."""
    return bool(await tx.run(CLOSE_CIRCUIT, b_domain=domain))


async def clear_retry_time(tx: Tx, domain: str) -> None:
    """Allow an attempt at once, however often the peer did not answer."""
    await tx.run(CLEAR_RETRY_TIME, b_domain=domain)


async def mark_failed(tx: Tx, domain: str, failures: int, since: int, retry_at: int) -> None:
    """Store how often in a row a peer did not answer; nothing is sent before `retry_at` (ms UTC)."""
    await tx.run(MARK_FAILED, b_domain=domain, b_failures=failures, b_since=since, b_retry_at=retry_at)


async def set_scheme(tx: Tx, domain: str, scheme: str) -> None:
    """Store which signature scheme a peer accepts."""
    await tx.run(SET_SCHEME, b_domain=domain, b_scheme=scheme)


async def delete_unused(tx: Tx, until: int) -> None:
    """Delete peers without a decision or an account here, to which nothing was delivered since `until`."""
    await tx.run(DELETE_UNUSED, until=until)
