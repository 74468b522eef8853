"""Mail to members when what protects their account was changed, so that nobody changes it unnoticed.

The job names the change only; `fedserver.jobs.mails.auth` words it, where the node sends mail.
"""

from __future__ import annotations

from fedserver.domain.kernel import jobs
from storage.engine import Tx
from storage.rows.auth import MemberRow

# The names are stored in jobs.
CHANGES = frozenset({"password", "app", "passkeys", "codes", "off", "passkey_added", "passkey_removed"})


async def enqueue(tx: Tx, member: MemberRow, change: str) -> None:
    """Notify a member, at the address they have now, of one of CHANGES."""
    await jobs.enqueue(tx, jobs.SendSecurityNotice(member.email, change, member.id))
