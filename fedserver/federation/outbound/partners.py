"""What partners are told: offers, answers and ends, all by the node's own actor."""

from __future__ import annotations

from activitypub import activities
from activitypub.document import Document
from activitypub.partnerships import write_offer
from fedserver.domain.kernel import jobs
from fedserver.domain.kernel.context import Site
from fedserver.domain.peers import partners
from fedserver.federation.outbound.activities import Outgoing, Render
from storage.engine import Tx
from storage.rows.accounts import AccountRow
from storage.rows.peers import PartnerRow


def offer_document(row: PartnerRow, ours: AccountRow, theirs: AccountRow) -> Document:
    """The offer that stands in a row, whoever made it."""
    by, to = (ours, theirs) if row.ours else (theirs, ours)
    return write_offer(row.offer_uri, by.uri, to.uri, partners.scopes_of(row), row.message)


async def offer(tx: Tx, site: Site, task: jobs.OfferPartnership) -> Outgoing | None:
    found = await partners.parties(tx, site, task.partner_id)
    if found is None or not found[0].ours or found[0].state != partners.OFFERED:
        return None
    row, ours, theirs = found
    return Outgoing(ours, offer_document(row, ours, theirs), (theirs.inbox_uri,))


async def answer(tx: Tx, site: Site, task: jobs.AnswerPartnership) -> Outgoing | None:
    found = await partners.parties(tx, site, task.partner_id)
    if found is None or found[0].ours:
        return None
    row, ours, theirs = found
    kind, word = ("Accept", "accepts") if task.accepted else ("Reject", "rejects")
    uri = site.links.act(ours.uri, word, tx.new_id())
    made = activities.answer(kind, uri, ours.uri, offer_document(row, ours, theirs), theirs.uri)
    return Outgoing(ours, made, (theirs.inbox_uri,))


async def end(tx: Tx, site: Site, task: jobs.EndPartnership) -> Outgoing | None:
    """Who made the offer undoes it, who accepted it undoes that."""
    found = await partners.parties(tx, site, task.partner_id)
    if found is None or found[0].state != partners.ENDED:
        return None
    row, ours, theirs = found
    undone = offer_document(row, ours, theirs)
    if not row.ours:
        uri = site.links.act(ours.uri, "accepts", row.id)
        undone = activities.answer("Accept", uri, ours.uri, undone, theirs.uri)
    made = activities.undo(site.links.act(ours.uri, "undos", tx.new_id()), ours.uri, undone)
    return Outgoing(ours, {**made, "@context": undone["@context"]}, (theirs.inbox_uri,))


RENDER: dict[type[jobs.Task], Render] = {
    jobs.OfferPartnership: offer,
    jobs.AnswerPartnership: answer,
    jobs.EndPartnership: end,
}
