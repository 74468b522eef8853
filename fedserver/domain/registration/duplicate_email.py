"""Mail addresses that belong to a member and are given by somebody who wants to join.

Strangers do not learn whose addresses they are: where mail is sent, the answer is that of any other
sign-up, and the owner of the address hears of it.
"""

from __future__ import annotations

import hashlib

from fedserver.domain.kernel import jobs, mails
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.errors import InvalidError
from storage.engine import Tx
from storage.queries.auth import members as member_queries
from storage.rows.auth import MemberRow

DAY_MS = 86_400_000


async def notify_member(tx: Tx, site: NodeContext, member: MemberRow) -> None:
    """Tell a member, at most once a day, that somebody wanted to join with their address.

    Raises Invalid where no mail is sent; its text does not say why.
    """
    if not site.config.mail.host:
        raise InvalidError(
            "email", "cannot be used to join. Try another, or ask the people who run this community"
        )
    subject = hashlib.sha256(f"joined again:{member.id}".encode()).hexdigest()
    if await member_queries.count_attempts(tx, subject, tx.now - DAY_MS):
        return
    await member_queries.insert_attempt(tx, subject)
    await jobs.enqueue(tx, jobs.ComposeMail(member.email, mails.AlreadyMember(), member.id))
