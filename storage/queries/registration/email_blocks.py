"""Blocked email domains and addresses, and attempts to join with them."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import structs
from sqlalchemy import bindparam, delete, func, select

from storage.engine import Page, ReadTx, Tx
from storage.rows.registration import CanonicalEmailBlockRow, EmailDomainBlockRow
from storage.statements import PagedStatement, columns_of, one_of, to_row_or_none, to_rows, upsert
from storage.tables.registration import canonical_email_blocks, email_domain_attempts, email_domain_blocks

_domain_columns = columns_of(email_domain_blocks, EmailDomainBlockRow)
_canonical_columns = columns_of(canonical_email_blocks, CanonicalEmailBlockRow)
INSERT_DOMAIN = upsert(email_domain_blocks).on_conflict_do_nothing()
FIND_DOMAIN = select(*_domain_columns).where(email_domain_blocks.c.id == bindparam("id"))
LOAD_DOMAINS_BY_NAME = select(*_domain_columns).where(one_of(email_domain_blocks.c.domain, "domains"))
LIST_DOMAINS = PagedStatement(select(*_domain_columns), email_domain_blocks.c.id)
DELETE_DOMAIN = delete(email_domain_blocks).where(email_domain_blocks.c.id == bindparam("id"))

_upsert_attempt = upsert(email_domain_attempts)
UPSERT_ATTEMPT = _upsert_attempt.on_conflict_do_update(
    index_elements=["block_id", "day", "address"],
    set_={"attempts": email_domain_attempts.c.attempts + 1},
)
# By block and day: the number of IP addresses, and of attempts.
COUNT_ATTEMPTS = (
    select(
        email_domain_attempts.c.block_id,
        email_domain_attempts.c.day,
        func.count(),
        func.sum(email_domain_attempts.c.attempts),
    )
    .where(one_of(email_domain_attempts.c.block_id, "ids"), email_domain_attempts.c.day >= bindparam("since"))
    .group_by(email_domain_attempts.c.block_id, email_domain_attempts.c.day)
)

DELETE_OLD_ATTEMPTS = delete(email_domain_attempts).where(email_domain_attempts.c.day < bindparam("day"))

INSERT_CANONICAL = upsert(canonical_email_blocks).on_conflict_do_nothing()
FIND_CANONICAL = select(*_canonical_columns).where(canonical_email_blocks.c.id == bindparam("id"))
FIND_CANONICAL_BY_HASH = select(*_canonical_columns).where(canonical_email_blocks.c.hash == bindparam("hash"))
LIST_CANONICALS = PagedStatement(select(*_canonical_columns), canonical_email_blocks.c.id)
DELETE_CANONICAL = delete(canonical_email_blocks).where(canonical_email_blocks.c.id == bindparam("id"))


async def delete_old_attempts(tx: Tx, day: int) -> None:
    """Delete the attempts of the days before `day` (since 1970)."""
    await tx.run(DELETE_OLD_ATTEMPTS, day=day)


async def insert_domain(tx: Tx, row: EmailDomainBlockRow) -> bool:
    """Block a domain; return False if it is blocked."""
    return bool(await tx.run(INSERT_DOMAIN, **structs.asdict(row)))


async def find_domain(tx: ReadTx, block_id: int) -> EmailDomainBlockRow | None:
    return to_row_or_none(EmailDomainBlockRow, await tx.one(FIND_DOMAIN, id=block_id))


async def load_domains_by_name(tx: ReadTx, domains: Sequence[str]) -> list[EmailDomainBlockRow]:
    return to_rows(EmailDomainBlockRow, await tx.all(LOAD_DOMAINS_BY_NAME, domains=list(domains)))


async def list_domains(tx: ReadTx, page: Page) -> list[EmailDomainBlockRow]:
    """Return a page of blocked domains, newest first."""
    rows = to_rows(EmailDomainBlockRow, await tx.all(LIST_DOMAINS.for_page(page), **page.bind_params()))
    return sorted(rows, key=lambda row: row.id, reverse=True)


async def delete_domain(tx: Tx, block_id: int) -> bool:
    return bool(await tx.run(DELETE_DOMAIN, id=block_id))


async def upsert_attempt(tx: Tx, block_id: int, day: int, address: str) -> None:
    """Count an attempt from an IP address to join with an email address of a domain."""
    await tx.run(UPSERT_ATTEMPT, block_id=block_id, day=day, address=address, attempts=1)


async def count_attempts(tx: ReadTx, ids: Sequence[int], since: int) -> list[tuple[int, int, int, int]]:
    """Return block id, day, number of IP addresses, and number of attempts, from the day `since` on."""
    rows = await tx.all(COUNT_ATTEMPTS, ids=list(ids), since=since)
    return [(row[0], row[1], int(row[2]), int(row[3])) for row in rows]


async def insert_canonical(tx: Tx, row: CanonicalEmailBlockRow) -> bool:
    """Block a hash; return False if it is blocked."""
    return bool(await tx.run(INSERT_CANONICAL, **structs.asdict(row)))


async def find_canonical(tx: ReadTx, block_id: int) -> CanonicalEmailBlockRow | None:
    return to_row_or_none(CanonicalEmailBlockRow, await tx.one(FIND_CANONICAL, id=block_id))


async def find_canonical_by_hash(tx: ReadTx, digest: str) -> CanonicalEmailBlockRow | None:
    return to_row_or_none(CanonicalEmailBlockRow, await tx.one(FIND_CANONICAL_BY_HASH, hash=digest))


async def list_canonicals(tx: ReadTx, page: Page) -> list[CanonicalEmailBlockRow]:
    """Return a page of blocked addresses, newest first."""
    rows = to_rows(CanonicalEmailBlockRow, await tx.all(LIST_CANONICALS.for_page(page), **page.bind_params()))
    return sorted(rows, key=lambda row: row.id, reverse=True)


async def delete_canonical(tx: Tx, block_id: int) -> bool:
    return bool(await tx.run(DELETE_CANONICAL, id=block_id))
