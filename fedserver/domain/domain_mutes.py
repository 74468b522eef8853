"""Domains that an account does not want to meet (docs.joinmastodon.org/methods/domain_blocks).

It holds for subdomains. Follows with accounts there end, both ways; posts and notifications from there
are not shown to the account. What the node decides about a peer is another thing: see `peers`.
"""

from __future__ import annotations

from fedserver.domain import events, follows
from fedserver.domain.words import Invalid, Site
from storage import AccountRow, Page, Tx, queries

MOST = 1_000


def _normal(site: Site, domain: str) -> str:
    host = domain.strip().rstrip(".").lower()
    try:
        host = host.encode("idna").decode("ascii") if not host.isascii() else host
    except UnicodeError as error:
        raise Invalid("domain", "is not a domain name") from error
    if not 1 <= len(host) <= 253 or not all(letter.isalnum() or letter in ".-:" for letter in host):
        raise Invalid("domain", "is not a domain name")
    if host in (site.links.domain, site.links.host):
        raise Invalid("domain", "is this node's own")
    return host


async def add(tx: Tx, site: Site, actor: AccountRow, domain: str) -> None:
    """Keep a domain away from `actor`. Raises Invalid."""
    host = _normal(site, domain)
    if await queries.domain_mutes.count(tx, actor.id) >= MOST:
        raise Invalid("domain", f"You may name {MOST} domains")
    if not await queries.domain_mutes.add(tx, actor.id, host):
        return
    for other in await queries.domain_mutes.connected(tx, actor.id, host):
        await follows.sever(tx, actor, other)
        tx.emit(events.RELATION_CHANGED, account_id=actor.id, target_id=other.id)
    await queries.domain_mutes.clear(tx, actor.id, host)


async def remove(tx: Tx, site: Site, actor: AccountRow, domain: str) -> None:
    """Let a domain come near again; nothing happens if it was not kept away."""
    await queries.domain_mutes.remove(tx, actor.id, _normal(site, domain))


async def page(tx: Tx, actor: AccountRow, page: Page) -> list[tuple[int, str]]:
    """Cursors and domains, newest first."""
    return await queries.domain_mutes.page(tx, actor.id, page)
