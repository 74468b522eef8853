"""E-mail domains and addresses that nobody may join with, and how often somebody tried."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import structs
from sqlalchemy import bindparam, delete, func, select

from storage.engine import Tx
from storage.paging import Page
from storage.rows.registration import CanonicalEmailBlockRow, EmailDomainBlockRow
from storage.statements import Paged, columns_of, one_of, row_or_none, rows, upsert
from storage.tables.registration import canonical_email_blocks, email_domain_attempts, email_domain_blocks

_domain = columns_of(email_domain_blocks, EmailDomainBlockRow)
_canonical = columns_of(canonical_email_blocks, CanonicalEmailBlockRow)
ADD_DOMAIN = upsert(email_domain_blocks).on_conflict_do_nothing()
DOMAIN = select(*_domain).where(email_domain_blocks.c.id == bindparam("id"))
DOMAINS_NAMED = select(*_domain).where(one_of(email_domain_blocks.c.domain, "domains"))
DOMAINS = Paged(select(*_domain), email_domain_blocks.c.id)
REMOVE_DOMAIN = delete(email_domain_blocks).where(email_domain_blocks.c.id == bindparam("id"))

_attempt = upsert(email_domain_attempts)
ADD_ATTEMPT = _attempt.on_conflict_do_update(
    index_elements=["block_id", "day", "address"],
    set_={"attempts": email_domain_attempts.c.attempts + 1},
)
# By day: how many addresses they came from, how often they tried.
ATTEMPTS = (
    select(
        email_domain_attempts.c.block_id,
        email_domain_attempts.c.day,
        func.count(),
        func.sum(email_domain_attempts.c.attempts),
    )
    .where(one_of(email_domain_attempts.c.block_id, "ids"), email_domain_attempts.c.day >= bindparam("since"))
    .group_by(email_domain_attempts.c.block_id, email_domain_attempts.c.day)
)

ADD_CANONICAL = upsert(canonical_email_blocks).on_conflict_do_nothing()
CANONICAL = select(*_canonical).where(canonical_email_blocks.c.id == bindparam("id"))
CANONICAL_OF = select(*_canonical).where(canonical_email_blocks.c.hash == bindparam("hash"))
CANONICALS = Paged(select(*_canonical), canonical_email_blocks.c.id)
REMOVE_CANONICAL = delete(canonical_email_blocks).where(canonical_email_blocks.c.id == bindparam("id"))


async def add_domain(tx: Tx, row: EmailDomainBlockRow) -> bool:
    """False if the domain is blocked already."""
    return bool(await tx.run(ADD_DOMAIN, **structs.asdict(row)))


async def domain(tx: Tx, block_id: int) -> EmailDomainBlockRow | None:
    return row_or_none(EmailDomainBlockRow, await tx.one(DOMAIN, id=block_id))


async def domains_named(tx: Tx, domains: Sequence[str]) -> list[EmailDomainBlockRow]:
    return rows(EmailDomainBlockRow, await tx.all(DOMAINS_NAMED, domains=list(domains)))


async def domains(tx: Tx, page: Page) -> list[EmailDomainBlockRow]:
    """A page, newest first."""
    found = rows(EmailDomainBlockRow, await tx.all(DOMAINS.towards(page), **page.params()))
    return sorted(found, key=lambda row: row.id, reverse=True)


async def remove_domain(tx: Tx, block_id: int) -> bool:
    return bool(await tx.run(REMOVE_DOMAIN, id=block_id))


async def add_attempt(tx: Tx, block_id: int, day: int, address: str) -> None:
    """Somebody tried to join with an address of that domain."""
    await tx.run(ADD_ATTEMPT, block_id=block_id, day=day, address=address, attempts=1)


async def attempts(tx: Tx, ids: Sequence[int], since: int) -> list[tuple[int, int, int, int]]:
    """Block, day, from how many addresses, how often."""
    found = await tx.all(ATTEMPTS, ids=list(ids), since=since)
    return [(row[0], row[1], int(row[2]), int(row[3])) for row in found]


async def add_canonical(tx: Tx, row: CanonicalEmailBlockRow) -> bool:
    """False if the hash is blocked already."""
    return bool(await tx.run(ADD_CANONICAL, **structs.asdict(row)))


async def canonical(tx: Tx, block_id: int) -> CanonicalEmailBlockRow | None:
    return row_or_none(CanonicalEmailBlockRow, await tx.one(CANONICAL, id=block_id))


async def canonical_of(tx: Tx, digest: str) -> CanonicalEmailBlockRow | None:
    return row_or_none(CanonicalEmailBlockRow, await tx.one(CANONICAL_OF, hash=digest))


async def canonicals(tx: Tx, page: Page) -> list[CanonicalEmailBlockRow]:
    """A page, newest first."""
    found = rows(CanonicalEmailBlockRow, await tx.all(CANONICALS.towards(page), **page.params()))
    return sorted(found, key=lambda row: row.id, reverse=True)


async def remove_canonical(tx: Tx, block_id: int) -> bool:
    return bool(await tx.run(REMOVE_CANONICAL, id=block_id))
