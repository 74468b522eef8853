"""Settings: who may follow, find and quote a member, and what new posts start with."""

from __future__ import annotations

from typing import Any, Literal

from aiohttp import web
from msgspec import Struct

from fedserver.domain.accounts import accounts
from fedserver.domain.auth import members
from fedserver.domain.kernel.errors import DomainError
from fedserver.text.languages import list_language_names
from fedserver.web.endpoint import USER, Call, Routes
from fedserver.web.errors import list_problems
from storage.engine import ReadTx

routes = Routes("pages")
PATH = "/settings/privacy"


class PrivacyFormParams(Struct, frozen=True):
    csrf: str = ""
    locked: bool = False
    discoverable: bool = False
    indexable: bool = False
    hide_collections: bool = False
    visibility: Literal["public", "unlisted", "followers", "local", "direct"] = "public"
    quote_policy: Literal["public", "followers", "nobody"] = "public"
    language: str = ""
    sensitive: bool = False


async def _read_form(call: Call[Any], tx: ReadTx) -> PrivacyFormParams:
    """Return the form as it is filled in for what is stored."""
    row = await accounts.get(tx, call.account.id)
    settings = members.decode_settings(await members.get(tx, call.member.id))
    return PrivacyFormParams(
        locked=row.locked,
        discoverable=row.discoverable,
        indexable=row.indexable,
        hide_collections=row.hides_collections,
        visibility=settings.visibility,  # type: ignore[arg-type]  # one of them, see `apply_preferences`
        quote_policy=settings.quote_policy,
        language=settings.language or "",
        sensitive=settings.sensitive,
    )


def _render_page(
    call: Call[Any], form: PrivacyFormParams, problem: DomainError | None = None
) -> web.Response:
    names = list_language_names()
    # A language that an app chose is kept, also one without a name.
    extra = [] if not form.language or form.language in dict(names) else [(form.language, form.language)]
    return call.render(
        "settings_privacy.html",
        status=422 if problem else 200,
        form=form,
        language_names=[*extra, *names],
        problems=list_problems(problem) if problem else {},
    )


@routes.get(PATH, html=True, auth=USER)
async def show(call: Call[Any]) -> web.StreamResponse:
    return _render_page(call, await _read_form(call, call.tx))


@routes.post(PATH, html=True, auth=USER, params=PrivacyFormParams, tx="own")
async def update(call: Call[PrivacyFormParams]) -> web.StreamResponse:
    params = call.params
    change = accounts.ProfileChange(
        locked=params.locked,
        discoverable=params.discoverable,
        indexable=params.indexable,
        hides_collections=params.hide_collections,
    )
    preferences = {
        "visibility": params.visibility,
        "quote_policy": params.quote_policy,
        "language": params.language or None,
        "sensitive": params.sensitive,
    }
    try:
        async with call.services.db.write() as tx:
            row = await accounts.get(tx, call.account.id)
            await accounts.update_profile(tx, call.site, row, change)
            member = await members.get(tx, call.member.id)
            settings = members.apply_preferences(members.decode_settings(member), preferences)
            await members.set_settings(tx, member, settings)
    except DomainError as error:
        return _render_page(call, params, error)
    return call.redirect_with_notice(PATH, PATH, "saved")
