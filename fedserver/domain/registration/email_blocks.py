"""E-mail addresses that nobody may join with: whole domains, or single addresses kept as hashes.

docs.joinmastodon.org/methods/admin/email_domain_blocks, …/canonical_email_blocks
"""

from __future__ import annotations

import hashlib

from msgspec import Struct

from fedserver.domain.audit_log import audit_log
from fedserver.domain.kernel.errors import Invalid, NotFound
from fedserver.domain.peers.peers import above, plain_domain
from storage.engine import Tx
from storage.paging import Page
from storage.queries.registration import email_blocks as email_block_queries
from storage.rows.auth import MemberRow
from storage.rows.registration import CanonicalEmailBlockRow, EmailDomainBlockRow

DAY = 86_400_000
WEEK = 7


class Refused(Invalid):
    """An address that is blocked; `block_id` is the block of its domain, if it is that."""

    def __init__(self, block_id: int | None) -> None:
        super().__init__("email", "is not taken here", "ERR_BLOCKED")
        self.block_id = block_id


class Attempts(Struct, frozen=True):
    """Who tried to join with addresses of a domain, on a day (since 1970)."""

    day: int
    addresses: int
    attempts: int


class EmailDomainView(Struct, frozen=True):
    """A blocked domain with the attempts of its last seven days, today first."""

    row: EmailDomainBlockRow
    history: tuple[Attempts, ...]


def canonical(email: str) -> str:
    """The address that mail for `email` ends at: without dots, a tag after + and capitals."""
    name, _, domain = email.strip().lower().rpartition("@")
    return f"{name.partition('+')[0].replace('.', '')}@{domain}"


def digest(email: str) -> str:
    """SHA-256 of the canonical address, hex."""
    return hashlib.sha256(canonical(email).encode("utf-8", "replace")).hexdigest()


async def check(tx: Tx, email: str) -> None:
    """Raises Refused for an address that nobody may join with."""
    domain = email.strip().lower().rpartition("@")[2]
    named = await email_block_queries.domains_named(tx, above(domain))
    if named:
        raise Refused(named[0].id)
    if await email_block_queries.canonical_of(tx, digest(email)) is not None:
        raise Refused(None)


async def note_refusal(tx: Tx, refusal: Refused, address: str) -> None:
    """Count an attempt to join from `address` that was refused."""
    if refusal.block_id is not None and await email_block_queries.domain(tx, refusal.block_id) is not None:
        await email_block_queries.add_attempt(tx, refusal.block_id, tx.now // DAY, address)


# --- domains


async def block_domain(tx: Tx, member: MemberRow, domain: str) -> EmailDomainView:
    """Nobody may join with an address of this domain, or one below. Raises Invalid."""
    domain = plain_domain(domain.rpartition("@")[2])
    row = EmailDomainBlockRow(tx.new_id(), domain, tx.now)
    if not await email_block_queries.add_domain(tx, row):
        raise Invalid("domain", "has already been taken", "ERR_TAKEN")
    await audit_log.add(tx, member, "email_domain.block", target=domain)
    return (await _views(tx, [row]))[0]


async def domains(tx: Tx, page: Page) -> list[EmailDomainView]:
    """A page, newest first."""
    return await _views(tx, await email_block_queries.domains(tx, page))


async def domain(tx: Tx, block_id: int) -> EmailDomainView:
    """Raises NotFound."""
    row = await email_block_queries.domain(tx, block_id)
    if row is None:
        raise NotFound
    return (await _views(tx, [row]))[0]


async def unblock_domain(tx: Tx, member: MemberRow, block_id: int) -> None:
    """Raises NotFound."""
    view = await domain(tx, block_id)
    await email_block_queries.remove_domain(tx, block_id)
    undone = await audit_log.in_force(tx, view.row.domain, "email_domain.block")
    await audit_log.add(
        tx, member, "email_domain.unblock", target=view.row.domain, undoes_id=undone.id if undone else None
    )


async def _views(tx: Tx, rows: list[EmailDomainBlockRow]) -> list[EmailDomainView]:
    today = tx.now // DAY
    found = await email_block_queries.attempts(tx, [row.id for row in rows], today - WEEK + 1)
    counted = {(block, day): Attempts(day, addresses, tries) for block, day, addresses, tries in found}
    days = [today - back for back in range(WEEK)]
    return [
        EmailDomainView(row, tuple(counted.get((row.id, day), Attempts(day, 0, 0)) for day in days))
        for row in rows
    ]


# --- single addresses


async def block_address(tx: Tx, member: MemberRow, email: str, hashed: str) -> CanonicalEmailBlockRow:
    """Nobody may join with this address, given itself or (if `email` is '') as its hash. Raises Invalid."""
    word = digest(email) if email.strip() else hashed.strip().lower()
    if len(word) != 64 or not set(word) <= set("0123456789abcdef"):
        raise Invalid("canonical_email_hash", "can't be blank" if not word else "is not a SHA-256 hash")
    row = CanonicalEmailBlockRow(tx.new_id(), word, tx.now)
    if not await email_block_queries.add_canonical(tx, row):
        raise Invalid("canonical_email_hash", "has already been taken", "ERR_TAKEN")
    await audit_log.add(tx, member, "email.block", target=word)
    return row


async def addresses(tx: Tx, page: Page) -> list[CanonicalEmailBlockRow]:
    """A page, newest first."""
    return await email_block_queries.canonicals(tx, page)


async def address(tx: Tx, block_id: int) -> CanonicalEmailBlockRow:
    """Raises NotFound."""
    row = await email_block_queries.canonical(tx, block_id)
    if row is None:
        raise NotFound
    return row


async def matching(tx: Tx, email: str) -> list[CanonicalEmailBlockRow]:
    """The blocks that hit an address. Raises Invalid for none."""
    if "@" not in email:
        raise Invalid("email", "can't be blank", "ERR_BLANK")
    row = await email_block_queries.canonical_of(tx, digest(email))
    return [row] if row is not None else []


async def unblock_address(tx: Tx, member: MemberRow, block_id: int) -> None:
    """Raises NotFound."""
    row = await address(tx, block_id)
    await email_block_queries.remove_canonical(tx, block_id)
    undone = await audit_log.in_force(tx, row.hash, "email.block")
    await audit_log.add(tx, member, "email.unblock", target=row.hash, undoes_id=undone.id if undone else None)
