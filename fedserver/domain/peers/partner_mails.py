"""Mails to admins about partnerships."""

from __future__ import annotations

from fedserver.domain.kernel import jobs, mails
from fedserver.domain.kernel.context import NodeContext
from storage.engine import Tx
from storage.queries.auth import members as member_queries
from storage.rows.peers import PartnerRow


async def notify_admins(tx: Tx, site: NodeContext, row: PartnerRow, change: str) -> None:
    """Enqueue a mail to every admin about what the other node did, if this node sends mail.

    `change` is one of offered, accepted, declined, ended.
    """
    if not site.config.mail.host:
        return
    content = mails.PartnershipChanged(row.domain, change, row.message if change == "offered" else "")
    for member_id, email in await member_queries.list_admin_emails(tx):
        await jobs.enqueue(tx, jobs.ComposeMail(email, content, member_id))
