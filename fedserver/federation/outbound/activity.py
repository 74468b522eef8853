"""The result of a renderer: an activity, who signs it, and the inboxes it goes to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from msgspec import Struct

from activitypub.activities import find_subject
from activitypub.document import Document
from fedserver.domain.kernel.context import NodeContext
from storage.engine import ReadTx, Tx
from storage.queries.accounts import accounts as account_queries
from storage.queries.peers import partners as partner_queries
from storage.queries.peers import relays as relay_queries
from storage.queries.posts import mentions as mention_queries
from storage.queries.relationships import follows as follow_queries
from storage.rows.accounts import AccountRow
from storage.rows.posts import PostRow


class OutboundActivity(Struct, frozen=True):
    """An activity, the account that signs it, and the inboxes it goes to, each once."""

    sender: AccountRow
    document: Document
    inboxes: tuple[str, ...]
    synchronizes: bool = False  # receivers are sent which followers they have (FEP-8fcf)

    @property
    def subject(self) -> str:
        """Return what it is about: it must arrive after earlier activities of the sender about the same."""
        return find_subject(self.document)


Renderer = Callable[[Tx, NodeContext, Any], Awaitable[OutboundActivity | None]]
"""Reads rows and renders the activity of a job. Returns None if there is nothing to send any more."""


async def load_parties(tx: ReadTx, sender_id: int, receiver_id: int) -> tuple[AccountRow, AccountRow] | None:
    """Return a local sender and the account of a peer; None if one is gone, or both are ours."""
    sender = await account_queries.find(tx, sender_id)
    receiver = await account_queries.find(tx, receiver_id)
    return (sender, receiver) if sender is not None and receiver is not None and receiver.domain else None


async def list_inboxes(
    tx: ReadTx, sender_id: int, visibility: str, account_ids: Iterable[int]
) -> tuple[str, ...]:
    """Return the shared inboxes of followers and of the given accounts; personal ones for direct posts."""
    if visibility == "partners":
        return tuple((await partner_queries.load_inboxes(tx, "local")).values())
    accounts = [row for row in await account_queries.load_by_ids(tx, list(account_ids)) if row.domain]
    if visibility == "direct":
        return tuple(dict.fromkeys(row.inbox_uri for row in accounts))
    inboxes = await follow_queries.list_inboxes(tx, sender_id)
    inboxes += [row.shared_inbox_uri or row.inbox_uri for row in accounts]
    return tuple(dict.fromkeys(inboxes))


async def list_follower_inboxes(tx: ReadTx, sender_id: int) -> tuple[str, ...]:
    """Return the shared inboxes of an account's followers."""
    return await list_inboxes(tx, sender_id, "public", ())


async def list_post_inboxes(tx: ReadTx, site: NodeContext, row: PostRow) -> tuple[str, ...]:
    """Return the inboxes that a local post goes to."""
    answered_id = row.in_reply_to_account_id
    if row.visibility == "partners" and answered_id is not None:
        return await _list_reply_inboxes(tx, answered_id)
    account_ids = await mention_queries.list_by_post(tx, row.id)
    if answered_id is not None and row.visibility != "direct":
        account_ids.append(answered_id)
    inboxes = await list_inboxes(tx, row.account_id, row.visibility, account_ids)
    return tuple(dict.fromkeys((*inboxes, *await list_public_inboxes(tx, site, row.visibility))))


async def _list_reply_inboxes(tx: ReadTx, answered_id: int) -> tuple[str, ...]:
    """Return where a reply for partners goes: another node's partners may be others than ours."""
    inboxes = await partner_queries.load_inboxes(tx, "local")
    answered = await account_queries.find(tx, answered_id)
    if answered is None or not answered.domain:
        return tuple(inboxes.values())
    return (inboxes[answered.domain],) if answered.domain in inboxes else ()


async def list_public_inboxes(
    tx: ReadTx, site: NodeContext, visibility: str, *, is_deletion: bool = False
) -> tuple[str, ...]:
    """Return the inboxes of partners and relays, which get all public posts, followed or not.

    Relays pass on to anyone, so those of a private node get nothing but deletions of what they had before.
    """
    if visibility != "public":
        return ()
    partners = await partner_queries.load_inboxes(tx, "posts")
    # guard: relays pass on to anyone
    if site.access.is_private and not is_deletion:
        return tuple(partners.values())
    return (*partners.values(), *await relay_queries.list_inboxes(tx))
