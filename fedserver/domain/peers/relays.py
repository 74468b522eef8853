"""Relays: servers that pass public posts on; posts of others are fetched from their origin.

In Mastodon's protocol the node follows the public collection at the inbox of the relay and sends it the
posts of its members (FEP-ae0c). In LitePub's, it follows the actor of the relay and boosts the posts.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from msgspec import structs

from addresses.hosts import normalize_url
from fedserver.domain.audit_log import audit_log
from fedserver.domain.kernel import jobs
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.errors import ForbiddenError, InvalidError, NotFoundError
from fedserver.text.locales import gettext
from storage.engine import ReadTx, Tx
from storage.queries.peers import relays as relay_queries
from storage.queries.posts import posts as post_queries
from storage.rows.accounts import AccountRow
from storage.rows.auth import MemberRow
from storage.rows.peers import RelayRow
from storage.rows.posts import PostRow

PENDING, ACCEPTED, REJECTED, OFF = "pending", "accepted", "rejected", "off"
MAX_RELAYS = 20  # each public post is delivered to every relay


async def list_all(tx: ReadTx) -> list[RelayRow]:
    """Return all relays, oldest first."""
    return await relay_queries.list_all(tx)


async def get(tx: ReadTx, relay_id: int) -> RelayRow:
    """Return a relay. Raises NotFoundError."""
    row = await relay_queries.find(tx, relay_id)
    if row is None:
        raise NotFoundError
    return row


def parse_host(address: str) -> str:
    """Return the host of an HTTP address, with its port if it is not the default; '' for anything else."""
    address = normalize_url(address)
    return urlsplit(address).netloc if address else ""


def is_inbox_url(address: str) -> bool:
    """Return True for the address of an inbox, False if it may be that of an actor."""
    return bool(parse_host(address)) and urlsplit(address).path.rstrip("/").endswith("/inbox")


async def add(tx: Tx, site: NodeContext, member: MemberRow, address: str, target: str = "") -> RelayRow:
    """Follow a relay at the address of its inbox; `target` is its actor, '' in Mastodon's protocol.

    Raises InvalidError; ForbiddenError if there are too many relays.
    """
    address = normalize_url(address)
    if not address or site.links.is_local(address):
        raise InvalidError("address", "is not the address of a relay", message=describe_no_relay())
    if not is_inbox_url(address):
        raise InvalidError("address", "leads to no relay", message=describe_no_relay())
    if len(await list_all(tx)) >= MAX_RELAYS:
        raise ForbiddenError(
            gettext("You can follow %(max)s relays. Please remove one first.", max=MAX_RELAYS)
        )
    row = RelayRow(tx.new_id(), address, target, "", OFF, "", tx.now, tx.now, member.id)
    if not await relay_queries.insert(tx, row):
        raise InvalidError("address", "is known already", message=gettext("You already added this relay."))
    return await enable(tx, site, member, row.id)


def describe_no_relay() -> str:
    """Return what to tell an admin whose address is not that of a relay."""
    return gettext("No relay was found at this address. Please enter the full address of its inbox.")


async def enable(tx: Tx, site: NodeContext, member: MemberRow, relay_id: int) -> RelayRow:
    """Send a Follow to a relay that is off or rejected us. Raises NotFoundError.

    Raises ForbiddenError on a private node: relays pass on to anyone.
    """
    if site.access.is_private:
        raise ForbiddenError(
            gettext("This server shows its posts to chosen people only, so it cannot use relays.")
        )
    row = await get(tx, relay_id)
    if row.state in (PENDING, ACCEPTED):
        return row
    uri = site.links.activity(site.links.instance_actor, "follows", tx.new_id())
    row = structs.replace(
        row, state=PENDING, follow_uri=uri, actor_uri="", changed_at=tx.now, decided_by_id=member.id
    )
    await audit_log.record(tx, member, "relay.on", target=row.inbox_uri)
    await relay_queries.update_relay(tx, row)
    await jobs.enqueue(tx, jobs.FollowRelay(row.inbox_uri, uri, row.target_uri))
    return row


async def disable(tx: Tx, member: MemberRow, relay_id: int) -> RelayRow:
    """Stop using a relay, and send it an Undo of our Follow. Raises NotFoundError."""
    row = await get(tx, relay_id)
    if row.state == OFF:
        return row
    await audit_log.record(tx, member, "relay.off", target=row.inbox_uri)
    if row.state in (PENDING, ACCEPTED):
        await jobs.enqueue(tx, jobs.UndoFollowRelay(row.inbox_uri, row.follow_uri, row.target_uri))
    row = structs.replace(row, state=OFF, actor_uri="", changed_at=tx.now, decided_by_id=member.id)
    await relay_queries.update_relay(tx, row)
    return row


async def remove(tx: Tx, member: MemberRow, relay_id: int) -> None:
    """Turn a relay off and delete it. Raises NotFoundError."""
    await disable(tx, member, relay_id)
    await relay_queries.delete_by_id(tx, relay_id)


async def receive_follow(tx: Tx, actor: AccountRow, target: AccountRow, uri: str) -> bool:
    """Accept the Follow of a relay that we follow for our instance actor; return False for any other actor.

    No follow is stored: relays send it to learn that they may deliver here.
    """
    if target.kind != "Application":
        return False
    followed = {row.target_uri for row in await list_all(tx) if row.state in (PENDING, ACCEPTED)}
    if actor.uri not in followed:
        return False
    await jobs.enqueue(tx, jobs.AnswerFollow(target.id, actor.id, uri, True))
    return True


async def enqueue_boost(tx: Tx, post_id: int) -> None:
    """Enqueue the boost of a member's post for the relays that want boosts, if it is public."""
    if await list_boost_inboxes(tx) and await find_boostable(tx, post_id) is not None:
        await jobs.enqueue(tx, jobs.BoostForRelays(post_id))


async def find_boostable(tx: ReadTx, post_id: int) -> PostRow | None:
    """Return a post to boost; None if it is gone or no longer public."""
    post = await post_queries.find(tx, post_id)
    return post if post is not None and post.visibility == "public" else None


async def list_boost_inboxes(tx: ReadTx) -> tuple[str, ...]:
    """Return the inboxes of the relays for which public posts are boosted."""
    return tuple(await relay_queries.list_inboxes(tx, litepub=True))


async def receive_answer(tx: Tx, site: NodeContext, actor: AccountRow, uri: str, *, accepted: bool) -> bool:
    """Store the answer of a relay, or that it ended what it accepted; return False for any other actor."""
    if site.links.is_local(actor.uri):
        return False
    row = await relay_queries.find_by_follow(tx, uri)
    if row is None or parse_host(row.inbox_uri) != parse_host(actor.uri):
        return False
    ended = row.state == ACCEPTED and not accepted and actor.uri == row.actor_uri
    if row.state != PENDING and not ended:
        return False
    state = ACCEPTED if accepted else REJECTED
    verb = "relay.accepted" if accepted else "relay.rejected"
    await audit_log.record(tx, None, verb, target=row.inbox_uri, role=audit_log.NODE)
    await relay_queries.update_relay(
        tx, structs.replace(row, state=state, actor_uri=actor.uri, changed_at=tx.now)
    )
    return True
