"""Partners: agreements between two nodes, offered by the admins of one and accepted by those of the other.

An agreement has scopes: `posts` (each node shows what members of the other write), `local` (posts for
partners are delivered there), `directory` (agreed for a shared directory of members, which nothing uses yet).
Either node can end it.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
from msgspec import Struct, structs

from fedserver.domain.audit_log import audit_log
from fedserver.domain.kernel import jobs
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.errors import InvalidError, NotFoundError
from fedserver.domain.kernel.written_texts import clean_lines
from fedserver.domain.peers import partner_mails, peers
from fedserver.text.locales import gettext
from storage.engine import ReadTx, Tx
from storage.queries.accounts import accounts as account_queries
from storage.queries.peers import partners as partner_queries
from storage.queries.peers import peers as peer_queries
from storage.rows.accounts import AccountRow
from storage.rows.auth import MemberRow
from storage.rows.peers import PartnerRow

SCOPES = ("posts", "directory", "local")
OFFERED, AGREED, DECLINED, ENDED = "offered", "agreed", "declined", "ended"
PUBLIC_VERBS = ("partner.accept", "partner.accepted", "partner.end", "partner.ended")
MAX_MESSAGE_LENGTH, DAY_MS = 1_000, 86_400_000
# Remote servers make offers: so many may wait for an answer, and further ones are dropped.
MAX_PENDING_OFFERS = 100
_encode_scopes = msgspec.json.Encoder().encode
_decode_scopes = msgspec.json.Decoder(tuple[str, ...]).decode


class PartnerView(Struct, frozen=True):
    """A partnership as it is shown in public; `since` is when it was agreed (ms UTC)."""

    domain: str
    scopes: tuple[str, ...]
    since: int


def read_scopes(row: PartnerRow) -> tuple[str, ...]:
    """Return the scopes of a partnership."""
    return _decode_scopes(row.scopes)


def check_scopes(requested: Iterable[str]) -> tuple[str, ...]:
    """Return the requested scopes that we know, in the order of SCOPES. Raises InvalidError for none."""
    names = set(requested)
    known = tuple(scope for scope in SCOPES if scope in names)
    if not known:
        raise InvalidError(
            "scopes",
            "must name posts, directory or local",
            message=gettext("Please choose at least one thing to share with the partner."),
        )
    return known


async def list_all(tx: ReadTx) -> list[PartnerRow]:
    """Return all partnerships, whatever their state, by domain."""
    return await partner_queries.list_all(tx)


async def list_agreed(tx: ReadTx) -> list[PartnerView]:
    """Return the partnerships in effect, by domain."""
    rows = await partner_queries.list_by_state(tx, AGREED)
    return [PartnerView(row.domain, read_scopes(row), row.agreed_at or 0) for row in rows]


async def list_actor_uris(tx: ReadTx) -> list[str]:
    """Return the URIs of the instance actors of all partners."""
    return await partner_queries.list_actor_uris(tx)


async def count_pending_offers(tx: ReadTx) -> int:
    """Return how many offers wait for our answer."""
    return await partner_queries.count_pending_offers(tx)


async def get(tx: ReadTx, partner_id: int) -> PartnerRow:
    """Raise NotFoundError."""
    row = await partner_queries.find(tx, partner_id)
    if row is None:
        raise NotFoundError
    return row


async def get_own_offer(tx: ReadTx, uri: str) -> tuple[PartnerRow, AccountRow]:
    """Return an offer by this node that waits for an answer, and its receiver. Raises NotFoundError."""
    row = await partner_queries.find_by_offer(tx, uri)
    account = await account_queries.find(tx, row.account_id) if row is not None else None
    if row is None or account is None or not row.ours or row.state != OFFERED:
        raise NotFoundError
    return row, account


async def find_parties(
    tx: ReadTx, site: NodeContext, partner_id: int
) -> tuple[PartnerRow, AccountRow, AccountRow] | None:
    """Return the row of a partner, our instance actor and theirs; None if one of them is missing."""
    row = await partner_queries.find(tx, partner_id)
    ours = await account_queries.find_by_uri(tx, site.links.instance_actor)
    theirs = await account_queries.find(tx, row.account_id) if row is not None else None
    return None if row is None or ours is None or theirs is None else (row, ours, theirs)


async def offer(
    tx: Tx, site: NodeContext, member: MemberRow, node: AccountRow, scopes: Iterable[str], message: str
) -> PartnerRow:
    """Offer a partnership to the node whose instance actor is `node`. Raises InvalidError.

    Where only allowed peers or partners take part, this allows the node as well: it could not answer else.
    """
    existing = await partner_queries.find_by_domain(tx, node.domain)
    _check_offerable(node, existing)
    identifier = tx.new_id()
    row = _build_row(
        tx, node, f"{site.links.base}/partners/offers/{identifier}", check_scopes(scopes), message
    )
    row = structs.replace(row, id=existing.id if existing else identifier, ours=True, decided_by_id=member.id)
    await _record(tx, member, "partner.offer", row)
    await _allow(tx, site, member, node)
    await _store(tx, row)
    await jobs.enqueue(tx, jobs.OfferPartnership(row.id))
    return row


def _check_offerable(node: AccountRow, existing: PartnerRow | None) -> None:
    """Raise InvalidError for our own node, a partner, and a node with an open offer."""
    if not node.domain:
        raise InvalidError("domain", "is this node", message=gettext("This is the address of this server."))
    if existing is not None and existing.state == AGREED:
        raise InvalidError(
            "domain",
            "is a partner already",
            message=gettext("%(domain)s is already a partner.", domain=node.domain),
        )
    if existing is not None and existing.state == OFFERED and existing.ours:
        raise InvalidError(
            "domain",
            "was offered this already",
            message=gettext("You already sent an offer to %(domain)s.", domain=node.domain),
        )
    if existing is not None and existing.state == OFFERED:
        raise InvalidError(
            "domain",
            "asks you: answer below",
            message=gettext(
                "%(domain)s has already sent you an offer. Please answer it below.", domain=node.domain
            ),
        )


def _build_row(tx: Tx, node: AccountRow, uri: str, scopes: tuple[str, ...], message: str) -> PartnerRow:
    return PartnerRow(
        id=tx.new_id(),
        domain=node.domain,
        account_id=node.id,
        state=OFFERED,
        ours=False,
        offer_uri=uri,
        scopes=_encode_scopes(scopes).decode(),
        message=clean_lines("message", message, MAX_MESSAGE_LENGTH).strip(),
        offered_at=tx.now,
        agreed_at=None,
        ended_at=None,
        ended_by="",
        decided_by_id=None,
    )


async def _record(tx: Tx, member: MemberRow | None, verb: str, row: PartnerRow, reason: str = "") -> None:
    """Record in the audit log what a member, or (without one) the other node did.

    The public log names agreements and their end; a node whose offer was not accepted is not named.
    """
    subject = audit_log.build_subject("partner", row.domain if verb in PUBLIC_VERBS else "")
    await audit_log.record(
        tx,
        member,
        verb,
        target=row.domain,
        subject=subject,
        reason=reason or ", ".join(read_scopes(row)),
        shows_reason=not reason and verb in PUBLIC_VERBS,
        role=audit_log.NODE,
    )


async def _store(tx: Tx, row: PartnerRow) -> None:
    """Save a partnership, and emit the change: who partners are is held in memory with the decisions."""
    await partner_queries.upsert_partner(tx, row)
    peers.emit_change(tx, row.domain)


async def _allow(tx: Tx, site: NodeContext, member: MemberRow, node: AccountRow) -> None:
    """Allow a partner where peers are refused that are not; a decision of moderators about it stays."""
    if site.access.peers not in ("allowlist", "partners"):
        return
    for host in peers.list_hosts(node):
        peer = await peer_queries.find_by_domain(tx, host)
        if peer is None or peer.decision_id is None:
            await peers.decide(tx, member, host, peers.PeerDecision("allow", "partner"))


async def receive_offer(
    tx: Tx, site: NodeContext, node: AccountRow, uri: str, scopes: Iterable[str], message: str
) -> bool:
    """Store the offer of another node; return False if there is nothing new in it. Raises InvalidError.

    If both nodes offer at the same time, both keep the offer of the node whose domain sorts first.
    """
    existing = await partner_queries.find_by_domain(tx, node.domain)
    row = _build_row(tx, node, uri, check_scopes(scopes), message[:MAX_MESSAGE_LENGTH])
    if existing is not None:
        crossing = existing.state == OFFERED and existing.ours and site.links.domain < node.domain
        if existing.offer_uri == uri or existing.state == AGREED or crossing:
            return False
        row = structs.replace(row, id=existing.id)
    elif await count_pending_offers(tx) >= MAX_PENDING_OFFERS:
        return False
    if await partner_queries.find_by_offer(tx, uri) is not None:
        return False
    await _record(tx, None, "partner.offered", row)
    await _store(tx, row)
    # A node that repeats its offer causes one mail a day at most.
    if existing is None or existing.ours or existing.offered_at < tx.now - DAY_MS:
        await partner_mails.notify_admins(tx, site, row, OFFERED)
    return True


async def answer(
    tx: Tx, site: NodeContext, member: MemberRow, partner_id: int, *, accepted: bool
) -> PartnerRow:
    """Accept or decline the offer of another node. Raises NotFoundError if there is none."""
    row = await get(tx, partner_id)
    node = await account_queries.find(tx, row.account_id)
    if row.state != OFFERED or row.ours or node is None:
        raise NotFoundError
    state = AGREED if accepted else DECLINED
    row = structs.replace(row, state=state, decided_by_id=member.id, agreed_at=tx.now if accepted else None)
    await _record(tx, member, "partner.accept" if accepted else "partner.decline", row)
    if accepted:
        await _allow(tx, site, member, node)
    await _store(tx, row)
    await jobs.enqueue(tx, jobs.AnswerPartnership(row.id, accepted))
    return row


async def receive_answer(tx: Tx, site: NodeContext, node: AccountRow, uri: str, *, accepted: bool) -> bool:
    """Store the answer to our offer; return False if the node has no open offer from this node."""
    row = await partner_queries.find_by_offer(tx, uri)
    # guard: partners: whose answer it is @last
    if row is None or not row.ours or row.state != OFFERED or row.account_id != node.id:
        return False
    state = AGREED if accepted else DECLINED
    row = structs.replace(row, state=state, agreed_at=tx.now if accepted else None)
    action = "accepted" if accepted else DECLINED
    await _record(tx, None, f"partner.{action}", row)
    await _store(tx, row)
    await partner_mails.notify_admins(tx, site, row, action)
    return True


async def end(tx: Tx, member: MemberRow, partner_id: int, reason: str = "") -> PartnerRow:
    """End a partnership, or withdraw an offer by this node. Raises NotFoundError if there is neither."""
    row = await get(tx, partner_id)
    if row.state != AGREED and not (row.state == OFFERED and row.ours):
        raise NotFoundError
    row = structs.replace(row, state=ENDED, ended_at=tx.now, ended_by="us", decided_by_id=member.id)
    await _record(tx, member, "partner.end", row, reason)
    await _store(tx, row)
    await jobs.enqueue(tx, jobs.EndPartnership(row.id))
    return row


async def receive_end(tx: Tx, site: NodeContext, node: AccountRow, uri: str) -> bool:
    """Store that the other node ended a partnership or withdrew its offer; return False for neither."""
    row = await partner_queries.find_by_offer(tx, uri)
    if row is None or row.account_id != node.id:
        return False
    if row.state != AGREED and not (row.state == OFFERED and not row.ours):
        return False
    await _record(tx, None, "partner.ended", row)
    await _store(tx, structs.replace(row, state=ENDED, ended_at=tx.now, ended_by="them"))
    if row.state == AGREED:
        await partner_mails.notify_admins(tx, site, row, "ended")
    return True
