"""Joining in an app (docs.joinmastodon.org/methods/accounts#create): an app registers somebody for itself.

The app gets a token at once; it opens nothing until the newcomer is let in.
"""

from __future__ import annotations

from msgspec import Struct

from fedserver.domain.accounts import accounts
from fedserver.domain.accounts.keys import NewKeys
from fedserver.domain.auth import members, passwords, tokens
from fedserver.domain.kernel.context import Site
from fedserver.domain.kernel.errors import Forbidden, Invalid
from fedserver.domain.registration import signups
from storage.engine import Tx
from storage.queries.auth import apps as app_queries
from storage.queries.auth import members as member_queries


class Wish(Struct, frozen=True):
    """What an app says of somebody who wants to join."""

    username: str
    email: str
    password: str
    agreement: bool
    reason: str = ""
    locale: str = "en"
    invitation: str = ""
    address: str = ""  # where the app asks from


def check(site: Site, wish: Wish) -> None:
    """Look at everything, before the password is hashed.

    Raises Forbidden; Invalid, naming all that is wrong.
    """
    signups.check_open(site, wish.invitation)
    problems = []
    for look in (_username, _email, _password, _agreement, _reason):
        try:
            look(site, wish)
        except Invalid as error:
            problems.append(error)
    if problems:
        first, *others = problems
        raise Invalid(first.field, first.why, first.code, *others)


def _username(site: Site, wish: Wish) -> None:
    accounts.check_username(wish.username)


def _email(site: Site, wish: Wish) -> None:
    _present("email", wish.email)
    members.check_email(wish.email)


def _password(site: Site, wish: Wish) -> None:
    _present("password", wish.password)
    passwords.check_password(wish.password, wish.username, wish.email)


def _agreement(site: Site, wish: Wish) -> None:
    if not wish.agreement:
        raise Invalid("agreement", "must be accepted", "ERR_ACCEPTED")


def _reason(site: Site, wish: Wish) -> None:
    signups.check_reason(site, wish.reason, wish.invitation)


def _present(field: str, value: str) -> None:
    if not value.strip():
        raise Invalid(field, "can't be blank", "ERR_BLANK")


async def register(
    tx: Tx, site: Site, app_id: int | None, wish: Wish, password_hash: str, new: NewKeys
) -> tokens.NewToken:
    """Join for an app; its token for the newcomer, with the scopes that it registered.

    Raises Forbidden, Invalid.
    """
    app = await app_queries.by_id(tx, app_id) if app_id is not None else None
    if app is None:
        raise Forbidden("Only an app can register somebody")
    wanted = members.NewMember(
        username=wish.username,
        email=wish.email,
        password_hash=password_hash,
        reason=wish.reason,
        invitation=wish.invitation,
        locale=wish.locale,
        address=wish.address,
    )
    member = await signups.join(tx, site, wanted, new)
    if member is None:
        raise Invalid("email", "cannot be used to join. If you are a member already, log in")
    account_id = await member_queries.main_account(tx, member.id)
    return await tokens.create(tx, app.scopes, app_id=app.id, member_id=member.id, account_id=account_id)
