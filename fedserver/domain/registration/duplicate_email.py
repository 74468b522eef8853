"""Sign-ups with the email address of a member.

Nobody can learn from a sign-up whether an address is known: if mail is configured, the answer is that of any
other sign-up, and the owner of the address gets a mail.
"""

from __future__ import annotations

from fedserver.domain.auth import attempts
from fedserver.domain.auth.attempts import AttemptLimit
from fedserver.domain.kernel import jobs, mails
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.errors import InvalidError
from fedserver.text.locales import gettext
from storage.engine import Tx
from storage.rows.auth import MemberRow

ONCE_A_DAY = AttemptLimit(1, 86_400_000)  # so that nobody can fill a mailbox from here


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
    if not await attempts.try_count(tx, f"joined again:{member.id}", ONCE_A_DAY):
        return
    await jobs.enqueue(tx, jobs.ComposeMail(member.email, mails.AlreadyMember(), member.id))
