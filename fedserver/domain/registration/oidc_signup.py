"""Sign-up through the OpenID Connect provider: people choose a username and are approved at once."""

from __future__ import annotations

import msgspec

from fedserver.domain.accounts.keys import NewKeys
from fedserver.domain.auth import challenges, emails, identities, members
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.errors import ForbiddenError
from fedserver.domain.registration import member_locales
from fedserver.text.locales import current_locale, gettext
from storage.engine import ReadTx, Tx
from storage.queries.auth import members as member_queries
from storage.rows.auth import ChallengeRow, MemberRow

_encode_person = msgspec.json.Encoder().encode
_decode_person = msgspec.json.Decoder(identities.OidcIdentity).decode


async def begin(tx: Tx, site: NodeContext, holder: str, person: identities.OidcIdentity) -> None:
    """Let this browser join as `person` within minutes. Raises ForbiddenError if that is not possible."""
    title = site.config.oidc.title
    if not site.config.oidc.sign_up:
        raise ForbiddenError(
            gettext(
                "No member here is connected with this %(provider)s account. If you are a member, "
                "log in as before and connect the account in your settings.",
                provider=title,
            )
        )
    if not person.email:
        raise ForbiddenError(
            gettext(
                "%(provider)s did not share your email address. It is needed to join. "
                "Please allow it there and try again.",
                provider=title,
            )
        )
    if await member_queries.find_by_email(tx, person.email) is not None:
        raise ForbiddenError(
            gettext(
                "There is already a member with your email address. If it is you, log in as before "
                "and connect your %(provider)s account in your settings.",
                provider=title,
            )
        )
    await challenges.replace(tx, challenges.OIDC_SIGNUP, holder, data=_encode_person(person).decode())


async def get_pending(tx: ReadTx, holder: str) -> identities.OidcIdentity:
    """Return the person who may join in this browser. Raises ForbiddenError."""
    return _decode_person((await _get_challenge(tx, holder)).data)


async def _get_challenge(tx: ReadTx, holder: str) -> ChallengeRow:
    row = await challenges.find_pending(tx, challenges.OIDC_SIGNUP, holder)
    if row is None:
        raise _build_expired_error()
    return row


def _build_expired_error() -> ForbiddenError:
    return ForbiddenError(gettext("This took too long. Please log in again."))


def suggest_username(person: identities.OidcIdentity) -> str:
    """Return a username from what the provider sent, '' if it has no usable characters."""
    name = (person.username or person.email).partition("@")[0]
    return "".join(letter for letter in name if letter.isascii() and (letter.isalnum() or letter == "_"))[:30]


async def join(
    tx: Tx, site: NodeContext, holder: str, username: str, new: NewKeys
) -> tuple[MemberRow, identities.OidcIdentity]:
    """Create the member, approved and without a password. Raises ForbiddenError, InvalidError.

    An address that the provider did not verify has to be confirmed by mail, if mail is configured.
    """
    row = await _get_challenge(tx, holder)
    person = _decode_person(row.data)
    if not await challenges.consume_pending(tx, row):
        raise _build_expired_error()
    new_member = members.NewMember(
        username=username, email=person.email, password_hash="", display_name=person.name
    )
    member, _ = await members.create(tx, site, new_member, new, by_operator=False)
    member = await member_locales.keep_locale(tx, member, current_locale())
    await member_queries.set_value(tx, member.id, "approved_at", tx.now)
    await member_queries.set_value(tx, member.id, "role", identities.map_role(site, person, "member"))
    if person.verified or not site.config.mail.host:
        await member_queries.set_value(tx, member.id, "email_confirmed_at", tx.now)
    else:
        await emails.send_confirmation(tx, site, member)
    await identities.connect(tx, member, person)
    return await members.get(tx, member.id), person
