"""E-mail addresses that nobody may join with: whole domains, or single addresses kept as hashes.

docs.joinmastodon.org/methods/admin/email_domain_blocks, …/canonical_email_blocks
"""

from __future__ import annotations

import hashlib

from msgspec import Struct

from fedserver.domain.audit_log import audit_log
from fedserver.domain.kernel.errors import InvalidError, NotFoundError
from fedserver.domain.peers.peers import list_parent_domains, normalize_domain
from storage.engine import Tx
from storage.paging import Page
from storage.queries.registration import email_blocks as email_block_queries
from storage.rows.auth import MemberRow
from storage.rows.registration import CanonicalEmailBlockRow, EmailDomainBlockRow

DAY_MS = 86_400_000
HISTORY_DAYS = 7


class EmailBlockedError(InvalidError):
    """An address that is blocked; `block_id` is the block of its domain, if it is that."""

    def __init__(self, block_id: int | None) -> None:
        super().__init__("email", "is not taken here", "ERR_BLOCKED")
        self.block_id = block_id


class SignupAttempts(Struct, frozen=True):
    """Who tried to join with addresses of a domain, on a day (since 1970)."""

    day: int
    addresses: int
    attempts: int


class EmailDomainView(Struct, frozen=True):
    """A blocked domain with the attempts of its last seven days, today first."""

    row: EmailDomainBlockRow
    history: tuple[SignupAttempts, ...]


def canonicalize(email: str) -> str:
    """The address that mail for `email` ends at: without dots, a tag after + and capitals."""
    name, _, domain = email.strip().lower().rpartition("@")
    return f"{name.partition('+')[0].replace('.', '')}@{domain}"


def hash_email(email: str) -> str:
    """SHA-256 of the canonical address, hex."""
    return hashlib.sha256(canonicalize(email).encode("utf-8", "replace")).hexdigest()


async def check(tx: Tx, email: str) -> None:
    """Raises Refused for an address that nobody may join with."""
    domain = email.strip().lower().rpartition("@")[2]
    named = await email_block_queries.load_domains_by_name(tx, list_parent_domains(domain))
    if named:
        raise EmailBlockedError(named[0].id)
    if await email_block_queries.find_canonical_by_hash(tx, hash_email(email)) is not None:
        raise EmailBlockedError(None)


async def record_refusal(tx: Tx, refusal: EmailBlockedError, address: str) -> None:
    """Count an attempt to join from `address` that was refused."""
    if (
        refusal.block_id is not None
        and await email_block_queries.find_domain(tx, refusal.block_id) is not None
    ):
        await email_block_queries.upsert_attempt(tx, refusal.block_id, tx.now // DAY_MS, address)


# --- domains


async def block_domain(tx: Tx, member: MemberRow, domain: str) -> EmailDomainView:
    """Nobody may join with an address of this domain, or one below. Raises Invalid."""
    domain = normalize_domain(domain.rpartition("@")[2])
    row = EmailDomainBlockRow(tx.new_id(), domain, tx.now)
    if not await email_block_queries.insert_domain(tx, row):
        raise InvalidError("domain", "has already been taken", "ERR_TAKEN")
    await audit_log.record(tx, member, "email_domain.block", target=domain)
    return (await _load_views(tx, [row]))[0]


async def list_domains(tx: Tx, page: Page) -> list[EmailDomainView]:
    """A page, newest first."""
    return await _load_views(tx, await email_block_queries.list_domains(tx, page))


async def get_domain(tx: Tx, block_id: int) -> EmailDomainView:
    """Raises NotFound."""
    row = await email_block_queries.find_domain(tx, block_id)
    if row is None:
        raise NotFoundError
    return (await _load_views(tx, [row]))[0]


async def unblock_domain(tx: Tx, member: MemberRow, block_id: int) -> None:
    """Raises NotFound."""
    view = await get_domain(tx, block_id)
    await email_block_queries.delete_domain(tx, block_id)
    undone = await audit_log.find_active(tx, view.row.domain, "email_domain.block")
    await audit_log.record(
        tx, member, "email_domain.unblock", target=view.row.domain, undoes_id=undone.id if undone else None
    )


async def _load_views(tx: Tx, rows: list[EmailDomainBlockRow]) -> list[EmailDomainView]:
    today = tx.now // DAY_MS
    found = await email_block_queries.count_attempts(tx, [row.id for row in rows], today - HISTORY_DAYS + 1)
    counted = {(block, day): SignupAttempts(day, addresses, tries) for block, day, addresses, tries in found}
    days = [today - back for back in range(HISTORY_DAYS)]
    return [
        EmailDomainView(row, tuple(counted.get((row.id, day), SignupAttempts(day, 0, 0)) for day in days))
        for row in rows
    ]


# --- single addresses


async def block_address(tx: Tx, member: MemberRow, email: str, hashed: str) -> CanonicalEmailBlockRow:
    """Nobody may join with this address, given itself or (if `email` is '') as its hash. Raises Invalid."""
    word = hash_email(email) if email.strip() else hashed.strip().lower()
    if len(word) != 64 or not set(word) <= set("0123456789abcdef"):
        raise InvalidError("canonical_email_hash", "can't be blank" if not word else "is not a SHA-256 hash")
    row = CanonicalEmailBlockRow(tx.new_id(), word, tx.now)
    if not await email_block_queries.insert_canonical(tx, row):
        raise InvalidError("canonical_email_hash", "has already been taken", "ERR_TAKEN")
    await audit_log.record(tx, member, "email.block", target=word)
    return row


async def list_addresses(tx: Tx, page: Page) -> list[CanonicalEmailBlockRow]:
    """A page, newest first."""
    return await email_block_queries.list_canonicals(tx, page)


async def get_address(tx: Tx, block_id: int) -> CanonicalEmailBlockRow:
    """Raises NotFound."""
    row = await email_block_queries.find_canonical(tx, block_id)
    if row is None:
        raise NotFoundError
    return row


async def list_matching(tx: Tx, email: str) -> list[CanonicalEmailBlockRow]:
    """The blocks that hit an address. Raises Invalid for none."""
    if "@" not in email:
        raise InvalidError("email", "can't be blank", "ERR_BLANK")
    row = await email_block_queries.find_canonical_by_hash(tx, hash_email(email))
    return [row] if row is not None else []


async def unblock_address(tx: Tx, member: MemberRow, block_id: int) -> None:
    """Raises NotFound."""
    row = await get_address(tx, block_id)
    await email_block_queries.delete_canonical(tx, block_id)
    undone = await audit_log.find_active(tx, row.hash, "email.block")
    await audit_log.record(
        tx, member, "email.unblock", target=row.hash, undoes_id=undone.id if undone else None
    )
