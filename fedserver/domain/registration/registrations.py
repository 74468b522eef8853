"""Joining in an app (docs.joinmastodon.org/methods/accounts#create): an app registers somebody for itself.

The app gets a token at once; it opens nothing until the newcomer is let in.
"""

from __future__ import annotations

from msgspec import Struct

from fedserver.domain.accounts import accounts
from fedserver.domain.accounts.keys import NewKeys
from fedserver.domain.auth import members, passwords, tokens
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.errors import ForbiddenError, InvalidError
from fedserver.domain.registration import signups
from storage.engine import Tx
from storage.queries.auth import apps as app_queries
from storage.queries.auth import members as member_queries


class RegistrationRequest(Struct, frozen=True):
    """What an app says of somebody who wants to join."""

    username: str
    email: str
    password: str
    agreement: bool
    reason: str = ""
    locale: str = "en"
    invitation: str = ""
    address: str = ""  # where the app asks from


def check(site: NodeContext, request: RegistrationRequest) -> None:
    """Look at everything, before the password is hashed.

    Raises Forbidden; Invalid, naming all that is wrong.
    """
    signups.check_open(site, request.invitation)
    problems = []
    for look in (_check_username, _check_email, _check_password, _check_agreement, _check_reason):
        try:
            look(site, request)
        except InvalidError as error:
            problems.append(error)
    if problems:
        first, *others = problems
        raise InvalidError(first.field, first.reason, first.code, *others)


def _check_username(site: NodeContext, wish: RegistrationRequest) -> None:
    accounts.check_username(wish.username)


def _check_email(site: NodeContext, wish: RegistrationRequest) -> None:
    _check_present("email", wish.email)
    members.check_email(wish.email)


def _check_password(site: NodeContext, wish: RegistrationRequest) -> None:
    _check_present("password", wish.password)
    passwords.check_password(wish.password, wish.username, wish.email)


def _check_agreement(site: NodeContext, wish: RegistrationRequest) -> None:
    if not wish.agreement:
        raise InvalidError("agreement", "must be accepted", "ERR_ACCEPTED")


def _check_reason(site: NodeContext, wish: RegistrationRequest) -> None:
    signups.check_reason(site, wish.reason, wish.invitation)


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
    """Join for an app; its token for the newcomer, with the scopes that it registered.

    Raises Forbidden, Invalid.
    """
    app = await app_queries.find(tx, app_id) if app_id is not None else None
    if app is None:
        raise ForbiddenError("Only an app can register somebody")
    wanted = members.NewMember(
        username=request.username,
        email=request.email,
        password_hash=password_hash,
        reason=request.reason,
        invitation=request.invitation,
        locale=request.locale,
        address=request.address,
    )
    member = await signups.join(tx, site, wanted, new)
    if member is None:
        raise InvalidError("email", "cannot be used to join. If you are a member already, log in")
    account_id = await member_queries.find_main_account_id(tx, member.id)
    return await tokens.create(tx, app.scopes, app_id=app.id, member_id=member.id, account_id=account_id)
