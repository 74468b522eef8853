"""Partners: an agreement between two nodes, offered by one admin and accepted by the other.

What is agreed is a list of scopes: `posts` (each shows what the other's members write), `directory` (members
are found from the other side), `local` (posts for partners are seen there). Either side can end it.
"""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct, structs

from fedserver.domain.audit_log import audit_log
from fedserver.domain.kernel import jobs, mails
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.errors import InvalidError, NotFoundError
from fedserver.domain.peers import peers
from fedserver.text.sanitize import clean_text
from storage.engine import Tx
from storage.queries.accounts import accounts as account_queries
from storage.queries.auth import members as member_queries
from storage.queries.peers import partners as partner_queries
from storage.queries.peers import peers as peer_queries
from storage.rows.accounts import AccountRow
from storage.rows.auth import MemberRow
from storage.rows.peers import PartnerRow

SCOPES = ("posts", "directory", "local")
OFFERED, AGREED, DECLINED, ENDED = "offered", "agreed", "declined", "ended"
PUBLIC_VERBS = ("partner.accept", "partner.accepted", "partner.end", "partner.ended")
MAX_MESSAGE_LENGTH, MAX_PENDING_OFFERS, DAY_MS = 1_000, 100, 86_400_000
_encode_scopes = msgspec.json.Encoder().encode
_decode_scopes = msgspec.json.Decoder(tuple[str, ...]).decode


class PartnerView(Struct, frozen=True):
    """An agreement as everybody may know it; `since` is a moment (ms UTC)."""

    domain: str
    scopes: tuple[str, ...]
    since: int


def read_scopes(row: PartnerRow) -> tuple[str, ...]:
    return _decode_scopes(row.scopes)


def check_scopes(wanted: Iterable[str]) -> tuple[str, ...]:
    """Scopes that we know, in one order. Raises Invalid if there are none."""
    known = set(wanted)
    found = tuple(each for each in SCOPES if each in known)
    if not found:
        raise InvalidError("scopes", "must name posts, directory or local")
    return found


async def list_all(tx: Tx) -> list[PartnerRow]:
    return await partner_queries.list_all(tx)


async def list_agreed(tx: Tx) -> list[PartnerView]:
    """Agreements that hold, by name."""
    rows = await partner_queries.list_by_state(tx, AGREED)
    return [PartnerView(row.domain, read_scopes(row), row.agreed_at or 0) for row in rows]


async def list_actor_uris(tx: Tx) -> list[str]:
    """URIs of the own actors of all partners."""
    return await partner_queries.list_actor_uris(tx)


async def count_pending_offers(tx: Tx) -> int:
    """How many wait for our answer."""
    return await partner_queries.count_pending_offers(tx)


async def get(tx: Tx, partner_id: int) -> PartnerRow:
    """Raises NotFound."""
    row = await partner_queries.find(tx, partner_id)
    if row is None:
        raise NotFoundError
    return row


async def get_own_offer(tx: Tx, uri: str) -> tuple[PartnerRow, AccountRow]:
    """An offer of ours that waits, and for whom it is. Raises NotFound."""
    row = await partner_queries.find_by_offer(tx, uri)
    account = await account_queries.find(tx, row.account_id) if row is not None else None
    if row is None or account is None or not row.ours or row.state != OFFERED:
        raise NotFoundError
    return row, account


async def find_parties(
    tx: Tx, site: NodeContext, partner_id: int
) -> tuple[PartnerRow, AccountRow, AccountRow] | None:
    """The row of a partner, our own actor and theirs."""
    row = await partner_queries.find(tx, partner_id)
    ours = await account_queries.find_by_uri(tx, site.links.instance_actor)
    theirs = await account_queries.find(tx, row.account_id) if row is not None else None
    return None if row is None or ours is None or theirs is None else (row, ours, theirs)


async def offer(
    tx: Tx, site: NodeContext, member: MemberRow, node: AccountRow, scopes: Iterable[str], message: str
) -> PartnerRow:
    """Offer a partnership to the node whose own actor is `node`. Raises Invalid.

    In allow-list mode it is allowed with that: it has to be able to answer.
    """
    known = await partner_queries.find_by_domain(tx, node.domain)
    if not node.domain:
        raise InvalidError("domain", "is this node")
    if known is not None and known.state == AGREED:
        raise InvalidError("domain", "is a partner already")
    if known is not None and known.state == OFFERED:
        raise InvalidError("domain", "was offered this already" if known.ours else "asks you: answer below")
    identifier = tx.new_id()
    row = _build_row(
        tx, node, f"{site.links.base}/partners/offers/{identifier}", check_scopes(scopes), message
    )
    row = structs.replace(row, id=known.id if known else identifier, ours=True, decided_by_id=member.id)
    await _record(tx, member, "partner.offer", row)
    await _allow(tx, site, member, node)
    await partner_queries.upsert_partner(tx, row)
    await jobs.enqueue(tx, jobs.OfferPartnership(row.id))
    return row


def _build_row(tx: Tx, node: AccountRow, uri: str, scopes: tuple[str, ...], message: str) -> PartnerRow:
    return PartnerRow(
        id=tx.new_id(),
        domain=node.domain,
        account_id=node.id,
        state=OFFERED,
        ours=False,
        offer_uri=uri,
        scopes=_encode_scopes(scopes).decode(),
        message=clean_text(message, MAX_MESSAGE_LENGTH).strip(),
        offered_at=tx.now,
        agreed_at=None,
        ended_at=None,
        ended_by="",
        decided_by_id=None,
    )


def _describe(row: PartnerRow) -> str:
    return ", ".join(read_scopes(row))


async def _record(tx: Tx, member: MemberRow | None, verb: str, row: PartnerRow, reason: str = "") -> None:
    """Write down what was done about a partner: by a member, or by the other node.

    Everybody reads of agreements and their end; who offered in vain is not named.
    """
    subject = audit_log.build_subject("partner", row.domain if verb in PUBLIC_VERBS else "")
    told, shows = reason or _describe(row), not reason and verb in PUBLIC_VERBS
    await audit_log.record(
        tx,
        member,
        verb,
        target=row.domain,
        subject=subject,
        reason=told,
        shows_reason=shows,
        role=audit_log.NODE,
    )


async def _enqueue_mails(tx: Tx, site: NodeContext, row: PartnerRow, change: str) -> None:
    """Enqueue a mail to every admin about what the other node did, if this node sends mail.

    `change` is one of offered, accepted, declined, ended.
    """
    if not site.config.mail.host:
        return
    content = mails.PartnershipChanged(row.domain, change, row.message if change == "offered" else "")
    for member_id, email in await member_queries.list_admin_emails(tx):
        await jobs.enqueue(tx, jobs.ComposeMail(email, content, member_id))


async def _allow(tx: Tx, site: NodeContext, member: MemberRow, node: AccountRow) -> None:
    """Where only allowed peers count, a partner is one of them; what was decided otherwise is not undone."""
    if site.config.federation.mode != "allowlist":
        return
    for host in dict.fromkeys((node.domain, urlsplit(node.uri).netloc.lower())):
        known = await peer_queries.find_by_domain(tx, host)
        if known is None or known.decision_id is None:
            await peers.decide(tx, member, host, peers.PeerDecision("allow", "partner"))


async def receive_offer(
    tx: Tx, site: NodeContext, node: AccountRow, uri: str, scopes: Iterable[str], message: str
) -> bool:
    """Another node offers a partnership; False if there is nothing new in it. Raises Invalid.

    If both offer at once, the offer of the node whose name comes first counts, at both.
    """
    known = await partner_queries.find_by_domain(tx, node.domain)
    row = _build_row(tx, node, uri, check_scopes(scopes), message)
    if known is not None:
        crossing = known.state == OFFERED and known.ours and site.links.domain < node.domain
        if known.offer_uri == uri or known.state == AGREED or crossing:
            return False
        row = structs.replace(row, id=known.id)
    elif await count_pending_offers(tx) >= MAX_PENDING_OFFERS:
        return False
    if await partner_queries.find_by_offer(tx, uri) is not None:
        return False
    await _record(tx, None, "partner.offered", row)
    await partner_queries.upsert_partner(tx, row)
    if known is None or known.ours or known.offered_at < tx.now - DAY_MS:
        await _enqueue_mails(tx, site, row, "offered")
    return True


async def answer(
    tx: Tx, site: NodeContext, member: MemberRow, partner_id: int, *, accepted: bool
) -> PartnerRow:
    """Accept or decline what another node offers. Raises NotFound if it offers nothing."""
    row = await get(tx, partner_id)
    node = await account_queries.find(tx, row.account_id)
    if row.state != OFFERED or row.ours or node is None:
        raise NotFoundError
    state = AGREED if accepted else DECLINED
    row = structs.replace(row, state=state, decided_by_id=member.id, agreed_at=tx.now if accepted else None)
    await _record(tx, member, "partner.accept" if accepted else "partner.decline", row)
    if accepted:
        await _allow(tx, site, member, node)
    await partner_queries.upsert_partner(tx, row)
    await jobs.enqueue(tx, jobs.AnswerPartnership(row.id, accepted))
    return row


async def receive_answer(tx: Tx, site: NodeContext, node: AccountRow, uri: str, *, accepted: bool) -> bool:
    """A node answers our offer; False if we asked it nothing, or have its answer."""
    row = await partner_queries.find_by_offer(tx, uri)
    # guard: partners: whose answer it is @last
    if row is None or not row.ours or row.state != OFFERED or row.account_id != node.id:
        return False
    state = AGREED if accepted else DECLINED
    row = structs.replace(row, state=state, agreed_at=tx.now if accepted else None)
    word = "accepted" if accepted else "declined"
    await _record(tx, None, f"partner.{word}", row)
    await partner_queries.upsert_partner(tx, row)
    await _enqueue_mails(tx, site, row, word)
    return True


async def end(tx: Tx, member: MemberRow, partner_id: int, reason: str = "") -> PartnerRow:
    """End an agreement, or take an offer of ours back. Raises NotFound if there is neither."""
    row = await get(tx, partner_id)
    if row.state != AGREED and not (row.state == OFFERED and row.ours):
        raise NotFoundError
    row = structs.replace(row, state=ENDED, ended_at=tx.now, ended_by="us", decided_by_id=member.id)
    await _record(tx, member, "partner.end", row, reason)
    await partner_queries.upsert_partner(tx, row)
    await jobs.enqueue(tx, jobs.EndPartnership(row.id))
    return row


async def receive_end(tx: Tx, site: NodeContext, node: AccountRow, uri: str) -> bool:
    """The other node ends an agreement, or takes its offer back; False if there is neither."""
    row = await partner_queries.find_by_offer(tx, uri)
    if row is None or row.account_id != node.id:
        return False
    if row.state != AGREED and not (row.state == OFFERED and not row.ours):
        return False
    await _record(tx, None, "partner.ended", row)
    await partner_queries.upsert_partner(
        tx, structs.replace(row, state=ENDED, ended_at=tx.now, ended_by="them")
    )
    if row.state == AGREED:
        await _enqueue_mails(tx, site, row, "ended")
    return True
