"""Mail to members when what protects their account was changed, so that nobody changes it behind their back.

What is owed names the change only; the words are made when it is sent, where the node sends mail.
"""

from __future__ import annotations

from fedserver.domain.kernel import jobs
from storage.engine import Tx
from storage.rows.auth import MemberRow

CHANGES = {
    "password": "has a new password. Browsers and apps have to log in again.",
    "app": "asks for a code of an authenticator app at every log-in now.",
    "passkeys": "asks for a passkey at every log-in now.",
    "codes": "has new recovery codes. The former ones stopped working.",
    "off": "asks for no second step at log-ins any more.",
    "passkey_added": "has a new passkey.",
    "passkey_removed": "lost a passkey: it was removed.",
}


async def enqueue(tx: Tx, member: MemberRow, change: str) -> None:
    """Tell a member, at the address of this moment, of one of CHANGES."""
    await jobs.enqueue(tx, jobs.SendSecurityNotice(member.email, change))


def render_mail(title: str, base: str, notice: jobs.SendSecurityNotice) -> jobs.SendMail:
    """The mail of the community with this title at this address."""
    text = (
        f"Your account at {title} {CHANGES[notice.change]}\n\n"
        "If it was you, do nothing.\n\n"
        f"If it was not you, choose a new password now and look at what protects your account:\n\n"
        f"{base}/settings/password\n{base}/settings/security\n"
    )
    return jobs.SendMail(notice.to, f"The security of your account at {title} was changed", text)
