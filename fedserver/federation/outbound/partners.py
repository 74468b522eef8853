"""What partners are told: offers, answers and ends, all by the node's own actor."""

from __future__ import annotations

from activitypub import activities
from activitypub.document import Document
from activitypub.partnerships import write_offer
from fedserver.domain.kernel import jobs
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.peers import partners
from fedserver.federation.outbound.activities import OutboundActivity, Renderer
from storage.engine import Tx
from storage.rows.accounts import AccountRow
from storage.rows.peers import PartnerRow


def render_offer_document(row: PartnerRow, ours: AccountRow, theirs: AccountRow) -> Document:
    """The offer that stands in a row, whoever made it."""
    by, to = (ours, theirs) if row.ours else (theirs, ours)
    return write_offer(row.offer_uri, by.uri, to.uri, partners.read_scopes(row), row.message)


async def render_offer(tx: Tx, site: NodeContext, job: jobs.OfferPartnership) -> OutboundActivity | None:
    found = await partners.find_parties(tx, site, job.partner_id)
    if found is None or not found[0].ours or found[0].state != partners.OFFERED:
        return None
    row, ours, theirs = found
    return OutboundActivity(ours, render_offer_document(row, ours, theirs), (theirs.inbox_uri,))


async def render_answer(tx: Tx, site: NodeContext, job: jobs.AnswerPartnership) -> OutboundActivity | None:
    found = await partners.find_parties(tx, site, job.partner_id)
    if found is None or found[0].ours:
        return None
    row, ours, theirs = found
    kind, word = ("Accept", "accepts") if job.accepted else ("Reject", "rejects")
    uri = site.links.activity(ours.uri, word, tx.new_id())
    made = activities.answer(kind, uri, ours.uri, render_offer_document(row, ours, theirs), theirs.uri)
    return OutboundActivity(ours, made, (theirs.inbox_uri,))


async def render_end(tx: Tx, site: NodeContext, job: jobs.EndPartnership) -> OutboundActivity | None:
    """Who made the offer undoes it, who accepted it undoes that."""
    found = await partners.find_parties(tx, site, job.partner_id)
    if found is None or found[0].state != partners.ENDED:
        return None
    row, ours, theirs = found
    undone = render_offer_document(row, ours, theirs)
    if not row.ours:
        uri = site.links.activity(ours.uri, "accepts", row.id)
        undone = activities.answer("Accept", uri, ours.uri, undone, theirs.uri)
    made = activities.undo(site.links.activity(ours.uri, "undos", tx.new_id()), ours.uri, undone)
    return OutboundActivity(ours, {**made, "@context": undone["@context"]}, (theirs.inbox_uri,))


RENDERERS: dict[type[jobs.Job], Renderer] = {
    jobs.OfferPartnership: render_offer,
    jobs.AnswerPartnership: render_answer,
    jobs.EndPartnership: render_end,
}
