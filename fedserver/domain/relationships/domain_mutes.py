"""Domains that an account mutes (docs.joinmastodon.org/methods/domain_blocks).

Subdomains are included, and accounts whose actor is there while their handle is of another host. Follows with
them end in both directions; their posts and notifications are hidden, conversations with them leave the list.
Blocks of peers by the node are in `domain.peers`.
"""

from __future__ import annotations

from fedserver.domain.kernel import events
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.errors import InvalidError
from fedserver.domain.notifications import conversations
from fedserver.domain.relationships import follows
from fedserver.text.locales import gettext
from storage.engine import Page, ReadTx, Tx
from storage.queries.relationships import domain_mutes as domain_mute_queries
from storage.rows.accounts import AccountRow

MAX_DOMAINS = 1_000  # each query of a timeline compares with all of them


def _normalize_domain(site: NodeContext, domain: str) -> str:
    host = site.links.find_account_domain(domain.strip())
    if host is None or not domain.strip():
        message = gettext("Please enter the name of a server, such as example.org.")
        raise InvalidError("domain", "is not a domain name", message=message)
    if not host:
        message = gettext("This is your own server, which you cannot mute.")
        raise InvalidError("domain", "is this server's own", message=message)
    return host


async def add(tx: Tx, site: NodeContext, actor: AccountRow, domain: str) -> None:
    """Mute a domain for `actor`. Raises InvalidError."""
    host = _normalize_domain(site, domain)
    if await domain_mute_queries.count(tx, actor.id) >= MAX_DOMAINS:
        message = gettext("You mute as many servers as you can. Please unmute one first.")
        raise InvalidError("domain", f"You may name {MAX_DOMAINS} domains", message=message)
    if not await domain_mute_queries.insert(tx, actor.id, host):
        return
    for other in await domain_mute_queries.list_connected_accounts(tx, actor.id, host):
        await follows.sever(tx, actor, other)
        tx.emit(events.RELATION_CHANGED, account_id=actor.id, target_id=other.id)
    await domain_mute_queries.delete_content(tx, actor.id, host)
    await conversations.remove_with_domain(tx, actor.id, host)


async def remove(tx: Tx, site: NodeContext, actor: AccountRow, domain: str) -> None:
    """Unmute a domain; nothing happens if it is not muted."""
    await domain_mute_queries.delete_by_domain(tx, actor.id, _normalize_domain(site, domain))


async def list_by_account(tx: ReadTx, actor: AccountRow, page: Page) -> list[tuple[int, str]]:
    """Return cursors and muted domains, newest first."""
    return await domain_mute_queries.list_by_account(tx, actor.id, page)
