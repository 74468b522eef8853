"""Partners: what was offered, agreed and ended."""

from __future__ import annotations

from msgspec import structs
from sqlalchemy import bindparam, func, or_, select, update

from storage.engine import Tx
from storage.rows.peers import PartnerRow
from storage.statements import columns_of, row_or_none, rows, upsert
from storage.tables.accounts import accounts
from storage.tables.peers import partners

COLUMNS = columns_of(partners, PartnerRow)
_insert = upsert(partners)
PUT = _insert.on_conflict_do_update(
    index_elements=["domain"],
    set_={
        name: _insert.excluded[name] for name in PartnerRow.__struct_fields__ if name not in ("id", "domain")
    },
)
BY_ID = select(*COLUMNS).where(partners.c.id == bindparam("id"))
BY_DOMAIN = select(*COLUMNS).where(partners.c.domain == bindparam("domain"))
BY_OFFER = select(*COLUMNS).where(partners.c.offer_uri == bindparam("offer_uri"))
EVERY = select(*COLUMNS).order_by(partners.c.domain)
IN_STATE = EVERY.where(partners.c.state == bindparam("state"))
ASKING = select(func.count()).where(partners.c.state == "offered", ~partners.c.ours)
END_BELOW = (
    update(partners)
    .where(
        or_(
            partners.c.domain == bindparam("b_domain"),
            partners.c.domain.like(bindparam("b_below"), escape="\\"),
        ),
        or_(partners.c.state == "agreed", partners.c.state == "offered"),
    )
    .values(state="ended", ended_at=bindparam("b_now"), ended_by="us")
)
INBOXES = (
    select(accounts.c.shared_inbox_uri, accounts.c.inbox_uri, partners.c.domain)
    .join(accounts, accounts.c.id == partners.c.account_id)
    .where(partners.c.state == "agreed", partners.c.scopes.like(bindparam("scope")))
    .order_by(partners.c.domain)
)
COLLECTION = (
    select(accounts.c.uri)
    .join(partners, accounts.c.id == partners.c.account_id)
    .where(
        partners.c.domain == bindparam("domain"),
        partners.c.state == "agreed",
        partners.c.scopes.like(bindparam("scope")),
    )
)
NODES = (
    select(accounts.c.uri)
    .join(partners, accounts.c.id == partners.c.account_id)
    .where(partners.c.state == "agreed")
    .order_by(partners.c.domain)
)


async def put(tx: Tx, row: PartnerRow) -> None:
    """Write down how things stand with a peer, in place of what was known."""
    await tx.run(PUT, **structs.asdict(row))


async def by_id(tx: Tx, partner_id: int) -> PartnerRow | None:
    return row_or_none(PartnerRow, await tx.one(BY_ID, id=partner_id))


async def by_domain(tx: Tx, domain: str) -> PartnerRow | None:
    return row_or_none(PartnerRow, await tx.one(BY_DOMAIN, domain=domain))


async def by_offer(tx: Tx, offer_uri: str) -> PartnerRow | None:
    return row_or_none(PartnerRow, await tx.one(BY_OFFER, offer_uri=offer_uri))


async def every(tx: Tx) -> list[PartnerRow]:
    return rows(PartnerRow, await tx.all(EVERY))


async def in_state(tx: Tx, state: str) -> list[PartnerRow]:
    return rows(PartnerRow, await tx.all(IN_STATE, state=state))


async def asking(tx: Tx) -> int:
    """How many wait for our answer."""
    return int(await tx.value(ASKING))


async def inboxes(tx: Tx, scope: str) -> dict[str, str]:
    """By domain: where partners with a scope take what is for all of them."""
    found = await tx.all(INBOXES, scope=f'%"{scope}"%')
    return {row[2]: row[0] or row[1] for row in found}


async def collection(tx: Tx, domain: str, scope: str) -> str | None:
    """The collection of partners of a partner that has a scope, None for any other node."""
    uri = await tx.value(COLLECTION, domain=domain, scope=f'%"{scope}"%')
    return f"{uri}/partners" if uri else None


async def nodes(tx: Tx) -> list[str]:
    """The own actors of all partners."""
    return await tx.values(NODES)


async def end_below(tx: Tx, domain: str) -> int:
    """End everything with a domain and those below it; how many."""
    escaped = domain.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return await tx.run(END_BELOW, b_domain=domain, b_below=f"%.{escaped}", b_now=tx.now)
