"""Sign-ups with the email address of a member.

Nobody can learn from a sign-up whether an address is known: if mail is configured, the answer is that of any
other sign-up, and the owner of the address gets a mail.
"""

from __future__ import annotations

import hashlib

from fedserver.domain.kernel import jobs, mails
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.errors import InvalidError
from fedserver.text.locales import gettext
from storage.engine import Tx
from storage.queries.auth import members as member_queries
from storage.rows.auth import MemberRow

DAY_MS = 86_400_000  # one mail a day at most, so that nobody can fill a mailbox from here


async def notify_member(tx: Tx, site: NodeContext, member: MemberRow) -> None:
    """Mail a member, at most once a day, that someone tried to join with their address.

    Raises InvalidError if mail is not configured; its text does not say why.
    """
    if not site.config.mail.host:
        raise InvalidError(
            "email",
            "cannot be used to join. Try another, or ask the people who run this community",
            message=gettext(
                "You cannot join with this email address. "
                "Please use another one, or ask the people who run this community."
            ),
        )
    subject = hashlib.sha256(f"joined again:{member.id}".encode()).hexdigest()
    if await member_queries.count_attempts(tx, subject, tx.now - DAY_MS):
        return
    await member_queries.insert_attempt(tx, subject)
    await jobs.enqueue(tx, jobs.ComposeMail(member.email, mails.AlreadyMember(), member.id))
