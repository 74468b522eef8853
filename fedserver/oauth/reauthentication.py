"""Reauthentication before credentials are changed: by password, passkey or identity provider."""

from __future__ import annotations

from aiohttp import web
from msgspec import Struct

from fedserver.domain.auth import challenges, identities, login, passkeys, sessions
from fedserver.domain.kernel.errors import TooManyRequestsError
from fedserver.oauth.login import set_retry_after
from fedserver.text.locales import lazy_gettext
from fedserver.web.endpoint import USER, Call, LongText, Routes
from fedserver.web.html import to_local_path
from fedserver.web.json import json_response

routes = Routes("oauth")
WRONG_PROOF = lazy_gettext("This is not right. Please try again.")


class ReauthenticationParams(Struct, frozen=True):
    """The reauthentication form."""

    password: str = ""
    credential: LongText = ""
    next: str = ""
    csrf: str = ""


def _get_holder(call: Call[ReauthenticationParams]) -> str:
    return challenges.to_session_holder(call.session_id or 0)


async def _render_page(call: Call[ReauthenticationParams], problem: str, status: int) -> web.Response:
    async with call.services.db.read() as tx:
        passkey_rows = await passkeys.list_by_member(tx, call.member)
        identity_rows = await identities.list_by_member(tx, call.member)
    return call.render(
        "again.html",
        status=status,
        problem=problem,
        next=to_local_path(call.params.next, "/settings/security"),
        password=bool(call.member.password_hash),
        passkeys=bool(passkey_rows),
        provider=bool(identity_rows) and call.services.oidc_provider is not None,
    )


@routes.get("/login/again", html=True, auth=USER, params=ReauthenticationParams, tx="own")
async def show(call: Call[ReauthenticationParams]) -> web.Response:
    """Show the reauthentication page."""
    return await _render_page(call, "", 200)


@routes.post("/login/again/options", html=True, auth=USER, params=ReauthenticationParams, tx="own")
async def create_options(call: Call[ReauthenticationParams]) -> web.Response:
    """Return the options for the browser's authenticators, as JSON."""
    async with call.services.db.write() as tx:
        options = await passkeys.create_authentication_options(
            tx, call.site, _get_holder(call), call.member, require_user_verification=True
        )
    return json_response(options.encode(), headers={"Cache-Control": "no-store"})


@routes.post("/login/again", html=True, auth=USER, params=ReauthenticationParams, tx="own", limit="log_ins")
async def reauthenticate(call: Call[ReauthenticationParams]) -> web.StreamResponse:
    """Check a password or passkey, and mark the session as recently authenticated."""
    params, services, name = call.params, call.services, call.account.username
    try:
        async with services.db.write() as tx:
            await login.count_attempt(tx, name, call.address)
        is_right = not params.credential and await services.passwords.verify(
            call.member.password_hash, params.password
        )
        async with services.db.write() as tx:
            if params.credential:
                owner = await passkeys.verify(
                    tx,
                    call.site,
                    _get_holder(call),
                    params.credential,
                    call.member,
                    require_user_verification=True,
                )
                is_right = owner is not None
            if is_right and call.session_id is not None:
                await login.take_back_attempt(tx, name, call.address)
                await sessions.record_reauthentication(tx, call.session_id)
    except TooManyRequestsError as error:
        return set_retry_after(call, await _render_page(call, error.text, 429), error)
    if not is_right:
        return await _render_page(call, str(WRONG_PROOF), 401)
    return call.redirect_back(params.next, "/settings/security")
