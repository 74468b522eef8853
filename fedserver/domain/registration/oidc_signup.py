"""Newcomers whom the organization's provider knows: they choose a name and are members, approved, at once."""

from __future__ import annotations

import msgspec

from fedserver.domain.accounts.keys import NewKeys
from fedserver.domain.auth import challenges, emails, identities, members
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.errors import ForbiddenError
from storage.engine import Tx
from storage.queries.auth import members as member_queries
from storage.rows.auth import ChallengeRow, MemberRow

_encode_person = msgspec.json.Encoder().encode
_decode_person = msgspec.json.Decoder(identities.OidcIdentity).decode


async def begin(tx: Tx, site: NodeContext, holder: str, person: identities.OidcIdentity) -> None:
    """Let this browser join as `who`, within minutes. Raises Forbidden if members are not made so."""
    title = site.config.oidc.title
    if not site.config.oidc.sign_up:
        raise ForbiddenError(
            f"There is no member here who logs in with {title} like this. If you are a member, log in as "
            "you did before and connect your account in the settings."
        )
    if not person.email:
        raise ForbiddenError(f"{title} did not tell your e-mail address, which is needed here")
    if await member_queries.find_by_email(tx, person.email) is not None:
        raise ForbiddenError(
            "There is a member with your e-mail address. If it is you, log in as you did before and "
            f"connect your account with {title} in the settings."
        )
    await challenges.replace(tx, challenges.OIDC_SIGNUP, holder, data=_encode_person(person).decode())


async def get_pending(tx: Tx, holder: str) -> identities.OidcIdentity:
    """Who may join in this browser. Raises Forbidden."""
    return _decode_person((await _get_challenge(tx, holder)).data)


async def _get_challenge(tx: Tx, holder: str) -> ChallengeRow:
    row = await challenges.find_pending(tx, challenges.OIDC_SIGNUP, holder)
    if row is None:
        raise ForbiddenError("This took too long. Please log in again.")
    return row


def suggest_username(person: identities.OidcIdentity) -> str:
    """A name to begin with, from what the provider said; '' if there is nothing usable in it."""
    said = (person.username or person.email).partition("@")[0]
    return "".join(letter for letter in said if letter.isascii() and (letter.isalnum() or letter == "_"))[:30]


async def join(
    tx: Tx, site: NodeContext, holder: str, username: str, new: NewKeys
) -> tuple[MemberRow, identities.OidcIdentity]:
    """Make the member: approved, without a password. Raises Forbidden, Invalid.

    An address that the provider did not verify has to be confirmed by mail, where mail is sent.
    """
    row = await _get_challenge(tx, holder)
    who = _decode_person(row.data)
    if not await challenges.consume_pending(tx, row):
        raise ForbiddenError("This took too long. Please log in again.")
    wanted = members.NewMember(username=username, email=who.email, password_hash="", display_name=who.name)
    member, _ = await members.create(tx, site, wanted, new, by_operator=False)
    await member_queries.set_value(tx, member.id, "approved_at", tx.now)
    await member_queries.set_value(tx, member.id, "role", identities.map_role(site, who, "member"))
    if who.verified or not site.config.mail.host:
        await member_queries.set_value(tx, member.id, "email_confirmed_at", tx.now)
    else:
        await emails.send_confirmation(tx, site, member)
    await identities.connect(tx, member, who)
    return await members.get(tx, member.id), who
