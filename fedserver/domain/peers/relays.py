"""Relays: public posts go to one, and it names those of other nodes, which are read from their origin.

Mastodon follows the Public at the inbox of a relay and sends it what its members write (FEP-ae0c).
As LitePub has it, the node follows the relay's actor and boosts what its members write.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from msgspec import structs

from fedserver.domain.audit_log import audit_log
from fedserver.domain.kernel import jobs
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.errors import ForbiddenError, InvalidError, NotFoundError
from storage.engine import Tx
from storage.queries.peers import relays as relay_queries
from storage.queries.posts import posts as post_queries
from storage.rows.accounts import AccountRow
from storage.rows.auth import MemberRow
from storage.rows.peers import RelayRow
from storage.rows.posts import PostRow

PENDING, ACCEPTED, REJECTED, OFF = "pending", "accepted", "rejected", "off"
MAX_RELAYS = 20


async def list_all(tx: Tx) -> list[RelayRow]:
    return await relay_queries.list_all(tx)


async def get(tx: Tx, relay_id: int) -> RelayRow:
    """Raises NotFound."""
    row = await relay_queries.find(tx, relay_id)
    if row is None:
        raise NotFoundError
    return row


def parse_host(address: str) -> str:
    """Host and port of an inbox, '' if it is none."""
    try:
        parts = urlsplit(address)
        return parts.netloc.lower() if parts.scheme in ("https", "http") and parts.hostname else ""
    except ValueError:
        return ""


def is_inbox_url(address: str) -> bool:
    """True for the address of an inbox, False where it may be that of an actor."""
    return bool(parse_host(address)) and urlsplit(address).path.rstrip("/").endswith("/inbox")


async def add(tx: Tx, site: NodeContext, member: MemberRow, address: str, target: str = "") -> RelayRow:
    """Follow a relay by the address of its inbox, or its actor `target` there. Raises Invalid, Forbidden."""
    address = address.strip()
    plain = address.isprintable() and " " not in address and len(address) <= 2_000
    if not plain or not parse_host(address) or "@" in parse_host(address) or site.links.is_local(address):
        raise InvalidError("address", "is not the address of a relay")
    if not is_inbox_url(address):
        raise InvalidError("address", "leads to no relay")
    if len(await list_all(tx)) >= MAX_RELAYS:
        raise ForbiddenError(f"A node follows at most {MAX_RELAYS} relays")
    row = RelayRow(tx.new_id(), address, target, "", OFF, "", tx.now, tx.now, member.id)
    if not await relay_queries.insert(tx, row):
        raise InvalidError("address", "is known already")
    return await enable(tx, site, member, row.id)


async def enable(tx: Tx, site: NodeContext, member: MemberRow, relay_id: int) -> RelayRow:
    """Ask a relay, once more if it is off or said no. Raises NotFound."""
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
    """Nothing goes to a relay and nothing is taken from it any more; it is told. Raises NotFound."""
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
    """Turn a relay off and forget it. Raises NotFound."""
    await disable(tx, member, relay_id)
    await relay_queries.delete_by_id(tx, relay_id)


async def receive_follow(tx: Tx, actor: AccountRow, target: AccountRow, uri: str) -> bool:
    """A relay that we follow follows our node's own actor: it is accepted, and nothing is kept of it."""
    if target.kind != "Application":
        return False
    asked = {row.target_uri for row in await list_all(tx) if row.state in (PENDING, ACCEPTED)}
    if actor.uri not in asked:
        return False
    await jobs.enqueue(tx, jobs.AnswerFollow(target.id, actor.id, uri, True))
    return True


async def enqueue_boost(tx: Tx, post_id: int) -> None:
    """Enqueue the boost of a member's post for the relays that want boosts, if it is public."""
    if await list_boost_inboxes(tx) and await find_boostable(tx, post_id) is not None:
        await jobs.enqueue(tx, jobs.BoostForRelays(post_id))


async def find_boostable(tx: Tx, post_id: int) -> PostRow | None:
    """A post that is to be boosted, None if it is not there for all any more."""
    post = await post_queries.find(tx, post_id)
    return post if post is not None and post.visibility == "public" else None


async def list_boost_inboxes(tx: Tx) -> tuple[str, ...]:
    """The relays for which public posts are boosted."""
    return tuple(await relay_queries.list_inboxes(tx, litepub=True))


async def receive_answer(tx: Tx, site: NodeContext, actor: AccountRow, uri: str, *, accepted: bool) -> bool:
    """A relay answers, or ends what it accepted; False if it was not asked, or somebody else answers."""
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
