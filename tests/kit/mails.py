"""Mails that wait in the queue, as their receivers would read them."""

from __future__ import annotations

from email.message import EmailMessage

from fedserver.domain.kernel import jobs
from fedserver.domain.kernel.context import NodeContext
from fedserver.jobs.mails import compose as mail_composer
from fedserver.jobs.registry import KINDS_BY_QUEUE, REMOTE
from storage.engine import Database
from storage.queries.kernel import jobs as job_queries

HOUR_MS = 3_600_000


async def take_mails(db: Database, site: NodeContext) -> list[jobs.SendMail]:
    """Return mails that are due and were not taken before; they are leased for an hour, and not sent."""
    async with db.write() as tx:
        leased = await job_queries.lease(tx, until=tx.now + HOUR_MS, limit=50, kinds=KINDS_BY_QUEUE[REMOTE])
        queued = [jobs.decode(row.payload) for row in leased]
        return [
            await mail_composer.compose(tx, site, job) if isinstance(job, jobs.ComposeMail) else job
            for job in queued
            if isinstance(job, jobs.ComposeMail | jobs.SendMail)
        ]


def read_text(mail: EmailMessage) -> str:
    """Return the plain text of a mail, which has an HTML form beside it."""
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content())
