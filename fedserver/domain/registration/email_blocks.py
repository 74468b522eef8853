"""Blocked email addresses, with which nobody may join: whole domains, or single addresses stored as hashes.

docs.joinmastodon.org/methods/admin/email_domain_blocks, …/canonical_email_blocks
"""

from __future__ import annotations

import hashlib

from msgspec import Struct

from addresses.emails import normalize_email
from fedserver.domain.audit_log import audit_log
from fedserver.domain.kernel.errors import InvalidError, NotFoundError
from fedserver.domain.kernel.written_texts import clean_lines
from fedserver.domain.peers.peers import list_parent_domains, normalize_domain
from fedserver.text.ip_addresses import to_limit_key
from fedserver.text.locales import gettext
from storage.engine import Page, ReadTx, Tx
from storage.queries.registration import email_blocks as email_block_queries
from storage.rows.auth import MemberRow
from storage.rows.registration import CanonicalEmailBlockRow, EmailDomainBlockRow

DAY_MS = 86_400_000
MAX_REASON = 1_000  # characters
HISTORY_DAYS = 7  # as Mastodon shows in Admin::EmailDomainBlock


class EmailBlockedError(InvalidError):
    """An address is blocked; `block_id` is the block of its domain, None if the address itself is blocked."""

    def __init__(self, block_id: int | None) -> None:
        super().__init__(
            "email",
            "is not taken here",
            "ERR_BLOCKED",
            message=gettext("You cannot join with this email address. Please use another one."),
        )
        self.block_id = block_id


class SignupAttempts(Struct, frozen=True):
    """Attempts to join with addresses of a domain on one day, counted since 1970 (UTC)."""

    day: int
    addresses: int
    attempts: int


class EmailDomainView(Struct, frozen=True):
    """A blocked domain with the attempts of the last seven days, today first."""

    row: EmailDomainBlockRow
    history: tuple[SignupAttempts, ...]


def canonicalize(email: str) -> str:
    """Return the address in its canonical form: in lower case, without dots and without a tag after `+`."""
    name, _, domain = (normalize_email(email) or email.strip()).lower().rpartition("@")
    return f"{name.partition('+')[0].replace('.', '')}@{domain}"


def hash_email(email: str) -> str:
    """Return the SHA-256 of the canonical address in hex."""
    return hashlib.sha256(canonicalize(email).encode("utf-8", "replace")).hexdigest()


async def check(tx: ReadTx, email: str) -> None:
    """Raise EmailBlockedError for a blocked address."""
    domain = canonicalize(email).rpartition("@")[2]
    blocks = await email_block_queries.load_domains_by_name(tx, list_parent_domains(domain))
    if blocks:
        raise EmailBlockedError(blocks[0].id)
    if await email_block_queries.find_canonical_by_hash(tx, hash_email(email)) is not None:
        raise EmailBlockedError(None)


async def record_refusal(tx: Tx, refusal: EmailBlockedError, address: str) -> None:
    """Count a refused attempt to join from the IP address `address`."""
    if (
        refusal.block_id is not None
        and await email_block_queries.find_domain(tx, refusal.block_id) is not None
    ):
        network = to_limit_key(address)
        await email_block_queries.upsert_attempt(tx, refusal.block_id, tx.now // DAY_MS, network)


async def purge_attempts(tx: Tx) -> None:
    """Delete counts of attempts that are not shown any more."""
    await email_block_queries.delete_old_attempts(tx, tx.now // DAY_MS - HISTORY_DAYS)


# --- domains


async def block_domain(tx: Tx, member: MemberRow, domain: str, reason: str = "") -> EmailDomainView:
    """Block a domain and its subdomains; the reason is for the log. Raises InvalidError."""
    reason = clean_lines("reason", reason, MAX_REASON).strip()
    domain = normalize_domain(domain.rpartition("@")[2])
    row = EmailDomainBlockRow(tx.new_id(), domain, tx.now)
    if not await email_block_queries.insert_domain(tx, row):
        text = gettext("This domain is blocked already.")
        raise InvalidError("domain", "has already been taken", "ERR_TAKEN", message=text)
    await audit_log.record(tx, member, "email_domain.block", target=domain, reason=reason)
    return (await _load_views(tx, [row]))[0]


async def list_domains(tx: ReadTx, page: Page) -> list[EmailDomainView]:
    """Return a page of blocked domains, newest first."""
    return await _load_views(tx, await email_block_queries.list_domains(tx, page))


async def get_domain(tx: ReadTx, block_id: int) -> EmailDomainView:
    """Return a blocked domain. Raises NotFoundError."""
    row = await email_block_queries.find_domain(tx, block_id)
    if row is None:
        raise NotFoundError
    return (await _load_views(tx, [row]))[0]


async def unblock_domain(tx: Tx, member: MemberRow, block_id: int) -> None:
    """Unblock a domain. Raises NotFoundError."""
    view = await get_domain(tx, block_id)
    await email_block_queries.delete_domain(tx, block_id)
    block = await audit_log.find_active(tx, view.row.domain, "email_domain.block")
    await audit_log.record(
        tx, member, "email_domain.unblock", target=view.row.domain, undoes_id=block.id if block else None
    )


async def _load_views(tx: ReadTx, rows: list[EmailDomainBlockRow]) -> list[EmailDomainView]:
    today = tx.now // DAY_MS
    counts = await email_block_queries.count_attempts(tx, [row.id for row in rows], today - HISTORY_DAYS + 1)
    by_day = {
        (block_id, day): SignupAttempts(day, addresses, attempts)
        for block_id, day, addresses, attempts in counts
    }
    days = [today - age for age in range(HISTORY_DAYS)]
    return [
        EmailDomainView(row, tuple(by_day.get((row.id, day), SignupAttempts(day, 0, 0)) for day in days))
        for row in rows
    ]


# --- single addresses


def check_address(email: str) -> str:
    """Return an address in its normal form. Raises InvalidError."""
    address = normalize_email(email)
    if not address:
        text = gettext("Please enter an email address, such as ann@mail.example.")
        raise InvalidError("email", "is not an address", message=text)
    return address


async def block_address(
    tx: Tx, member: MemberRow, email: str, hashed: str, reason: str = ""
) -> CanonicalEmailBlockRow:
    """Block a single address, given itself or (if `email` is '') as its hash. Raises InvalidError.

    The reason is for the log.
    """
    reason = clean_lines("reason", reason, MAX_REASON).strip()
    digest = hash_email(email) if email.strip() else hashed.strip().lower()
    if len(digest) != 64 or not set(digest) <= set("0123456789abcdef"):
        raise InvalidError(
            "canonical_email_hash", "can't be blank" if not digest else "is not a SHA-256 hash"
        )
    row = CanonicalEmailBlockRow(tx.new_id(), digest, tx.now)
    if not await email_block_queries.insert_canonical(tx, row):
        text = gettext("This address is blocked already.")
        raise InvalidError("canonical_email_hash", "has already been taken", "ERR_TAKEN", message=text)
    await audit_log.record(tx, member, "email.block", target=digest, reason=reason)
    return row


async def list_addresses(tx: ReadTx, page: Page) -> list[CanonicalEmailBlockRow]:
    """Return a page of blocked addresses, newest first."""
    return await email_block_queries.list_canonicals(tx, page)


async def get_address(tx: ReadTx, block_id: int) -> CanonicalEmailBlockRow:
    """Return a blocked address. Raises NotFoundError."""
    row = await email_block_queries.find_canonical(tx, block_id)
    if row is None:
        raise NotFoundError
    return row


async def list_matching(tx: ReadTx, email: str) -> list[CanonicalEmailBlockRow]:
    """Return the blocks that cover an address. Raises InvalidError if it is not an address."""
    if "@" not in email:
        raise InvalidError("email", "can't be blank", "ERR_BLANK")
    row = await email_block_queries.find_canonical_by_hash(tx, hash_email(email))
    return [row] if row is not None else []


async def unblock_address(tx: Tx, member: MemberRow, block_id: int) -> None:
    """Unblock a single address. Raises NotFoundError."""
    row = await get_address(tx, block_id)
    await email_block_queries.delete_canonical(tx, block_id)
    block = await audit_log.find_active(tx, row.hash, "email.block")
    await audit_log.record(
        tx, member, "email.unblock", target=row.hash, undoes_id=block.id if block else None
    )
