"""Mail to admins when another node offers, accepts, declines or ends a partnership, if mail is sent."""

from __future__ import annotations

from fedserver.domain import tasks
from fedserver.domain.words import Site
from storage import PartnerRow, Tx, queries

OFFERED, ACCEPTED, DECLINED, ENDED = "offered", "accepted", "declined", "ended"
SAID = {
    OFFERED: "offers a partnership to",
    ACCEPTED: "accepted the partnership with",
    DECLINED: "declined the partnership with",
    ENDED: "ended the partnership with",
}


async def tell(tx: Tx, site: Site, row: PartnerRow, what: str) -> None:
    """Tell every admin; `what` is one of SAID."""
    if not site.config.mail.host:
        return
    subject = f"{row.domain} {SAID[what]} {site.config.community.title}"
    words = f"\nThey write:\n\n{row.message}\n" if what == OFFERED and row.message else ""
    text = f"{subject}.\n{words}\n{site.links.base}/admin/partners\n"
    for address in await queries.members.admin_emails(tx):
        await tasks.owe(tx, tasks.SendMail(address, subject, text))
