"""Settings: delete one's own account, with the password; there is no way back."""

from __future__ import annotations

from typing import Any

from aiohttp import web
from msgspec import Struct

from fedserver.domain.auth import login
from fedserver.domain.kernel.errors import DomainError, InvalidError
from fedserver.domain.portability import account_deletion
from fedserver.text.locales import gettext
from fedserver.web import session
from fedserver.web.endpoint import EVERYONE, USER, Call, NoParams, Routes
from fedserver.web.errors import list_problems

routes = Routes("pages")
PATH, GOODBYE = "/settings/delete", "/goodbye"


class DeletionFormParams(Struct, frozen=True):
    csrf: str = ""
    password: str = ""
    username: str = ""


def _render_page(call: Call[Any], problem: DomainError | None = None, username: str = "") -> web.Response:
    return call.render(
        "settings_delete.html",
        status=422 if problem else 200,
        has_password=bool(call.member.password_hash),
        username=username,
        problems=list_problems(problem) if problem else {},
    )


@routes.get(PATH, html=True, auth=USER, requires_recent_auth=True)
async def show(call: Call[NoParams]) -> web.StreamResponse:
    return _render_page(call)


@routes.post(
    PATH,
    html=True,
    auth=USER,
    requires_recent_auth=True,
    params=DeletionFormParams,
    tx="own",
    limit="log_ins",
)
async def delete(call: Call[DeletionFormParams]) -> web.StreamResponse:
    """Delete the account. Members without a password have given a passkey or their provider recently."""
    params = call.params
    try:
        if params.username.strip().lstrip("@").lower() != call.account.username.lower():
            message = gettext("This is not your username. Please type %(name)s.", name=call.account.username)
            raise InvalidError("username", "is not that of the account", message=message)
        if call.member.password_hash:
            await _check_password(call)
        async with call.services.db.write() as tx:
            await account_deletion.delete_account(tx, call.member, call.account)
    except DomainError as error:
        return _render_page(call, error, params.username)
    response = call.see_other(GOODBYE)
    session.delete_cookie(response, call.site)
    return response


async def _check_password(call: Call[DeletionFormParams]) -> None:
    """Raise InvalidError or TooManyRequestsError unless the password is right."""
    name, address, services = call.account.username, call.address, call.services
    async with services.db.write() as tx:
        await login.count_attempt(tx, name, address)
    if not await services.passwords.verify(call.member.password_hash, call.params.password):
        message = gettext("This password is wrong. Please try again.")
        raise InvalidError("password", "is wrong", message=message)
    async with services.db.write() as tx:
        await login.take_back_attempt(tx, name, address)


@routes.get(GOODBYE, html=True, audience=EVERYONE)
async def say_goodbye(call: Call[NoParams]) -> web.StreamResponse:
    return call.render("goodbye.html")
