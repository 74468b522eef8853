"""Partnerships: offers, answers and their end, all by the node's own actor."""

from __future__ import annotations

from activitypub import activities
from activitypub.document import Document
from activitypub.partnerships import write_offer
from fedserver.domain.kernel import jobs
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.peers import partners
from fedserver.federation.outbound.activity import OutboundActivity
from storage.engine import ReadTx, Tx
from storage.rows.accounts import AccountRow
from storage.rows.peers import PartnerRow


def render_offer_document(row: PartnerRow, ours: AccountRow, theirs: AccountRow) -> Document:
    """Return the Offer that a row records, whichever node made it."""
    sender, receiver = (ours, theirs) if row.ours else (theirs, ours)
    return write_offer(row.offer_uri, sender.uri, receiver.uri, partners.read_scopes(row), row.message)


async def render_offer(tx: ReadTx, site: NodeContext, job: jobs.OfferPartnership) -> OutboundActivity | None:
    """Return an Offer by this node that is not answered yet."""
    parties = await partners.find_parties(tx, site, job.partner_id)
    if parties is None or not parties[0].ours or parties[0].state != partners.OFFERED:
        return None
    row, ours, theirs = parties
    return OutboundActivity(ours, render_offer_document(row, ours, theirs), (theirs.inbox_uri,))


async def render_answer(tx: Tx, site: NodeContext, job: jobs.AnswerPartnership) -> OutboundActivity | None:
    """Return the Accept or Reject of an Offer of theirs."""
    parties = await partners.find_parties(tx, site, job.partner_id)
    if parties is None or parties[0].ours:
        return None
    row, ours, theirs = parties
    kind, path = ("Accept", "accepts") if job.accepted else ("Reject", "rejects")
    uri = site.links.activity(ours.uri, path, tx.new_id())
    offer = render_offer_document(row, ours, theirs)
    activity = activities.answer(kind, uri, ours.uri, offer, theirs.uri)
    return OutboundActivity(ours, activity, (theirs.inbox_uri,))


async def render_end(tx: Tx, site: NodeContext, job: jobs.EndPartnership) -> OutboundActivity | None:
    """Return the Undo of the Offer where we made it, of its Accept where we accepted it."""
    parties = await partners.find_parties(tx, site, job.partner_id)
    if parties is None or parties[0].state != partners.ENDED:
        return None
    row, ours, theirs = parties
    undone = render_offer_document(row, ours, theirs)
    if not row.ours:
        uri = site.links.activity(ours.uri, "accepts", row.id)
        undone = activities.answer("Accept", uri, ours.uri, undone, theirs.uri)
    activity = activities.undo(site.links.activity(ours.uri, "undos", tx.new_id()), ours.uri, undone)
    return OutboundActivity(ours, {**activity, "@context": undone["@context"]}, (theirs.inbox_uri,))
