"""Joining in an app (docs.joinmastodon.org/methods/accounts#create): an app registers a person.

The app gets a token at once, which cannot be used until the new member is approved and confirmed.
"""

from __future__ import annotations

from msgspec import Struct

from fedserver.domain.accounts import accounts
from fedserver.domain.accounts.keys import NewKeys
from fedserver.domain.auth import members, passwords, tokens
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.errors import ForbiddenError, InvalidError
from fedserver.domain.registration import signups
from fedserver.text.locales import gettext
from storage.engine import Tx
from storage.queries.auth import apps as app_queries
from storage.queries.auth import members as member_queries


class RegistrationRequest(Struct, frozen=True):
    """The data that an app sends about a person who wants to join."""

    username: str
    email: str
    password: str
    agreement: bool
    reason: str = ""
    locale: str = "en"
    invitation: str = ""
    address: str = ""  # the IP address of the request


def check(site: NodeContext, request: RegistrationRequest) -> None:
    """Check all values before the password is hashed, which is slow.

    Raises ForbiddenError if nobody can join; InvalidError with everything that is wrong.
    """
    signups.check_open(site, request.invitation)
    problems = []
    for check_value in (_check_username, _check_email, _check_password, _check_agreement, _check_reason):
        try:
            check_value(site, request)
        except InvalidError as error:
            problems.append(error)
    if problems:
        first, *others = problems
        raise InvalidError(first.field, first.reason, first.code, *others)


def _check_username(site: NodeContext, request: RegistrationRequest) -> None:
    accounts.check_username(request.username)


def _check_email(site: NodeContext, request: RegistrationRequest) -> None:
    _check_present("email", request.email)
    members.check_email(request.email)


def _check_password(site: NodeContext, request: RegistrationRequest) -> None:
    _check_present("password", request.password)
    passwords.check_password(request.password, request.username, request.email)


def _check_agreement(site: NodeContext, request: RegistrationRequest) -> None:
    if not request.agreement:
        raise InvalidError("agreement", "must be accepted", "ERR_ACCEPTED")


def _check_reason(site: NodeContext, request: RegistrationRequest) -> None:
    signups.check_reason(site, request.reason, request.invitation)


def _check_present(field: str, value: str) -> None:
    if not value.strip():
        raise InvalidError(field, "can't be blank", "ERR_BLANK")


async def register(
    tx: Tx,
    site: NodeContext,
    app_id: int | None,
    request: RegistrationRequest,
    password_hash: str,
    new: NewKeys,
) -> tokens.NewToken:
    """Create a member for an app; return a token for it with the scopes that the app registered.

    Raises ForbiddenError, InvalidError.
    """
    app = await app_queries.find(tx, app_id) if app_id is not None else None
    if app is None:
        raise ForbiddenError(gettext("Only a registered app can create an account."))
    new_member = members.NewMember(
        username=request.username,
        email=request.email,
        password_hash=password_hash,
        reason=request.reason,
        invitation=request.invitation,
        locale=request.locale,
        address=request.address,
    )
    # Mastodon's API: the `locale` of the request is the language of the confirmation mail.
    member = await signups.join(tx, site, new_member, new, request.locale)
    if member is None:
        raise InvalidError("email", "cannot be used to join. If you are a member already, log in")
    account_id = await member_queries.find_main_account_id(tx, member.id)
    return await tokens.create(tx, app.scopes, app_id=app.id, member_id=member.id, account_id=account_id)
