"""Signing up in an app (docs.joinmastodon.org/methods/accounts#create), confirming addresses (…/emails)."""

from __future__ import annotations

from msgspec import Struct

from fedserver.domain.auth import emails
from fedserver.domain.kernel.errors import ForbiddenError
from fedserver.domain.registration import email_blocks, registrations
from fedserver.text.locales import gettext
from fedserver.web.endpoint import APP, EVERYONE, USER, Call, Routes

routes = Routes("client_api")


class RegistrationParams(Struct, frozen=True):
    """The parameters of a sign-up.

    `date_of_birth` is not asked for here, and ignored like any unknown parameter.
    """

    username: str = ""
    email: str = ""
    password: str = ""
    agreement: bool = False
    locale: str = "en"
    reason: str = ""
    invite_code: str = ""


class Token(Struct, frozen=True):
    """An access token (docs.joinmastodon.org/entities/Token); `created_at` is in seconds."""

    access_token: str
    token_type: str
    scope: str
    created_at: int


@routes.post(
    "/api/v1/accounts",
    auth=APP,
    scope="write:accounts",
    params=RegistrationParams,
    tx="own",
    limit="sign_ups",
    audience=EVERYONE,
)
async def register(call: Call[RegistrationParams]) -> Token:
    params, services = call.params, call.services
    if call.principal is None or call.principal.member is not None:
        raise ForbiddenError(gettext("Signing up needs an access token of the app, not of a member."))
    request = registrations.RegistrationRequest(
        username=params.username.strip(),
        email=params.email,
        password=params.password,
        agreement=params.agreement,
        reason=params.reason,
        locale=params.locale,
        invitation=params.invite_code,
        address=call.address,
    )
    registrations.check(call.site, request)
    password_hash, keys = await services.passwords.hash(request.password), await call.services.generate_keys()
    try:
        async with services.db.write() as tx:
            token = await registrations.register(
                tx, call.site, call.principal.app_id, request, password_hash, keys
            )
    except email_blocks.EmailBlockedError as error:
        async with services.db.write() as tx:
            await email_blocks.record_refusal(tx, error, call.address)
        raise
    return Token(token.secret, "Bearer", " ".join(token.scopes), token.created_at // 1000)


class ConfirmationParams(Struct, frozen=True):
    email: str = ""


@routes.post(
    "/api/v1/emails/confirmations", auth=USER, allow_pending=True, params=ConfirmationParams, limit="sign_ups"
)
async def resend_confirmation(call: Call[ConfirmationParams]) -> dict[str, str]:
    """Send the confirmation mail again, to another address if one is given."""
    app_id = call.principal.app_id if call.principal else None
    await emails.resend_confirmation(call.tx, call.site, call.member, app_id, call.params.email.strip())
    return {}
