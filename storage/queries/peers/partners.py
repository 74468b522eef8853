"""Partnerships: offers, agreements, and ends."""

from __future__ import annotations

from msgspec import structs
from sqlalchemy import bindparam, func, or_, select, update

from storage.engine import ReadTx, Tx
from storage.rows.peers import PartnerRow
from storage.statements import columns_of, to_row_or_none, to_rows, upsert
from storage.tables.accounts import accounts
from storage.tables.peers import partners

COLUMNS = columns_of(partners, PartnerRow)
_upsert = upsert(partners)
UPSERT = _upsert.on_conflict_do_update(
    index_elements=["domain"],
    set_={
        name: _upsert.excluded[name] for name in PartnerRow.__struct_fields__ if name not in ("id", "domain")
    },
)
FIND = select(*COLUMNS).where(partners.c.id == bindparam("id"))
FIND_BY_DOMAIN = select(*COLUMNS).where(partners.c.domain == bindparam("domain"))
FIND_BY_OFFER = select(*COLUMNS).where(partners.c.offer_uri == bindparam("offer_uri"))
LIST_ALL = select(*COLUMNS).order_by(partners.c.domain)
LIST_BY_STATE = LIST_ALL.where(partners.c.state == bindparam("state"))
COUNT_PENDING_OFFERS = select(func.count()).where(partners.c.state == "offered", ~partners.c.ours)
END_WITH_SUBDOMAINS = (
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
LOAD_INBOXES = (
    select(accounts.c.shared_inbox_uri, accounts.c.inbox_uri, partners.c.domain)
    .join(accounts, accounts.c.id == partners.c.account_id)
    .where(partners.c.state == "agreed", partners.c.scopes.like(bindparam("scope")))
    .order_by(partners.c.domain)
)
FIND_COLLECTION = (
    select(accounts.c.uri)
    .join(partners, accounts.c.id == partners.c.account_id)
    .where(
        partners.c.domain == bindparam("domain"),
        partners.c.state == "agreed",
        partners.c.scopes.like(bindparam("scope")),
    )
)
LIST_ACTOR_URIS = (
    select(accounts.c.uri)
    .join(partners, accounts.c.id == partners.c.account_id)
    .where(partners.c.state == "agreed")
    .order_by(partners.c.domain)
)


async def upsert_partner(tx: Tx, row: PartnerRow) -> None:
    """Insert the partnership with a domain, or replace it."""
    await tx.run(UPSERT, **structs.asdict(row))


async def find(tx: ReadTx, partner_id: int) -> PartnerRow | None:
    return to_row_or_none(PartnerRow, await tx.one(FIND, id=partner_id))


async def find_by_domain(tx: ReadTx, domain: str) -> PartnerRow | None:
    return to_row_or_none(PartnerRow, await tx.one(FIND_BY_DOMAIN, domain=domain))


async def find_by_offer(tx: ReadTx, offer_uri: str) -> PartnerRow | None:
    return to_row_or_none(PartnerRow, await tx.one(FIND_BY_OFFER, offer_uri=offer_uri))


async def list_all(tx: ReadTx) -> list[PartnerRow]:
    return to_rows(PartnerRow, await tx.all(LIST_ALL))


async def list_by_state(tx: ReadTx, state: str) -> list[PartnerRow]:
    return to_rows(PartnerRow, await tx.all(LIST_BY_STATE, state=state))


async def count_pending_offers(tx: ReadTx) -> int:
    """Return how many offers of others wait for an answer."""
    return int(await tx.value(COUNT_PENDING_OFFERS))


async def load_inboxes(tx: ReadTx, scope: str) -> dict[str, str]:
    """Return the shared inboxes, or inboxes, of the partners with a scope, by domain."""
    # Scopes are a JSON list, so the quotes keep one from matching a part of another.
    rows = await tx.all(LOAD_INBOXES, scope=f'%"{scope}"%')
    return {row[2]: row[0] or row[1] for row in rows}


async def find_collection(tx: ReadTx, domain: str, scope: str) -> str | None:
    """Return the URI of the partners collection of a partner with a scope; None for any other node."""
    uri = await tx.value(FIND_COLLECTION, domain=domain, scope=f'%"{scope}"%')
    return f"{uri}/partners" if uri else None


async def list_actor_uris(tx: ReadTx) -> list[str]:
    """Return the URIs of the instance actors of all partners."""
    return await tx.values(LIST_ACTOR_URIS)


async def end_with_subdomains(tx: Tx, domain: str) -> int:
    """End offers and partnerships with a domain and its subdomains; return how many."""
    escaped = domain.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return await tx.run(END_WITH_SUBDOMAINS, b_domain=domain, b_below=f"%.{escaped}", b_now=tx.now)
