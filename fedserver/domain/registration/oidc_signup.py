"""Newcomers whom the organization's provider knows: they choose a name and are members, approved, at once."""

from __future__ import annotations

import msgspec

from fedserver.domain.accounts.keys import NewKeys
from fedserver.domain.auth import challenges, emails, identities, members
from fedserver.domain.kernel.context import Site
from fedserver.domain.kernel.errors import Forbidden
from storage.engine import Tx
from storage.queries.auth import members as member_queries
from storage.rows.auth import ChallengeRow, MemberRow

_encode = msgspec.json.Encoder().encode
_person = msgspec.json.Decoder(identities.Person).decode


async def welcome(tx: Tx, site: Site, holder: str, who: identities.Person) -> None:
    """Let this browser join as `who`, within minutes. Raises Forbidden if members are not made so."""
    title = site.config.oidc.title
    if not site.config.oidc.sign_up:
        raise Forbidden(
            f"There is no member here who logs in with {title} like this. If you are a member, log in as "
            "you did before and connect your account in the settings."
        )
    if not who.email:
        raise Forbidden(f"{title} did not tell your e-mail address, which is needed here")
    if await member_queries.by_email(tx, who.email) is not None:
        raise Forbidden(
            "There is a member with your e-mail address. If it is you, log in as you did before and "
            f"connect your account with {title} in the settings."
        )
    await challenges.only(tx, challenges.NEWCOMER, holder, data=_encode(who).decode())


async def waiting(tx: Tx, holder: str) -> identities.Person:
    """Who may join in this browser. Raises Forbidden."""
    return _person((await _row(tx, holder)).data)


async def _row(tx: Tx, holder: str) -> ChallengeRow:
    row = await challenges.waiting(tx, challenges.NEWCOMER, holder)
    if row is None:
        raise Forbidden("This took too long. Please log in again.")
    return row


def suggested(who: identities.Person) -> str:
    """A name to begin with, from what the provider said; '' if there is nothing usable in it."""
    said = (who.username or who.email).partition("@")[0]
    return "".join(letter for letter in said if letter.isascii() and (letter.isalnum() or letter == "_"))[:30]


async def join(
    tx: Tx, site: Site, holder: str, username: str, new: NewKeys
) -> tuple[MemberRow, identities.Person]:
    """Make the member: approved, without a password. Raises Forbidden, Invalid.

    An address that the provider did not verify has to be confirmed by mail, where mail is sent.
    """
    row = await _row(tx, holder)
    who = _person(row.data)
    if not await challenges.finish(tx, row):
        raise Forbidden("This took too long. Please log in again.")
    wanted = members.NewMember(username=username, email=who.email, password_hash="", display_name=who.name)
    member, _ = await members.create(tx, site, wanted, new, by_operator=False)
    await member_queries.set_value(tx, member.id, "approved_at", tx.now)
    await member_queries.set_value(tx, member.id, "role", identities.role(site, who, "member"))
    if who.verified or not site.config.mail.host:
        await member_queries.set_value(tx, member.id, "email_confirmed_at", tx.now)
    else:
        await emails.ask_to_confirm(tx, site, member)
    await identities.connect(tx, member, who)
    return await members.by_id(tx, member.id), who
