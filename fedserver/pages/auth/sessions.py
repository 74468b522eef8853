"""Apps with access to the account, and browsers in which the member is logged in."""

from __future__ import annotations

from aiohttp import web

from fedserver.domain.auth import sessions, tokens
from fedserver.domain.kernel import scopes
from fedserver.text.locales import gettext
from fedserver.web.endpoint import USER, Call, FormParams, NoParams, Question, Routes

routes = Routes("pages")
# The first match decides: browsers built on Chromium name Chrome as well, and nearly all name Safari.
BROWSERS = (
    ("Firefox/", "Firefox"), ("Edg", "Edge"), ("OPR/", "Opera"), ("SamsungBrowser/", "Samsung Internet"),
    ("Chrome/", "Chrome"), ("CriOS/", "Chrome"), ("FxiOS/", "Firefox"), ("Safari/", "Safari"),
)  # fmt: skip
SYSTEMS = (
    ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"),
    ("Mac OS X", "Mac"), ("CrOS", "ChromeOS"), ("Linux", "Linux"),
)  # fmt: skip


def browser_name(user_agent: str) -> str:
    """Return a short name for a browser from its User-Agent header."""
    browser = next((name for token, name in BROWSERS if token in user_agent), "")
    system = next((name for token, name in SYSTEMS if token in user_agent), "")
    # Names of products, joined by a comma in every language.
    if browser and system:
        return f"{browser}, {system}"
    return browser or user_agent[:60] or gettext("Unknown")


@routes.get("/settings/apps", html=True, auth=USER)
async def list_sessions(call: Call[NoParams]) -> web.Response:
    return call.render(
        "authorized.html",
        apps=await tokens.list_authorized_apps(call.tx, call.member),
        sessions=await sessions.list_by_member(call.tx, call.member),
        words=scopes.describe,
        browser=browser_name,
    )


@routes.post(
    "/settings/apps/{id}/revoke",
    html=True,
    auth=USER,
    params=FormParams,
    question=Question("Revoke the access of this app? You have to connect it again to use it."),
)
async def revoke_app(call: Call[FormParams]) -> web.StreamResponse:
    """Revoke the tokens of an app; the id 0 stands for tokens created on the command line."""
    await tokens.revoke_app(call.tx, call.member, call.id() or None)
    return call.see_other("/settings/apps")


@routes.post(
    "/settings/sessions/end-others",
    html=True,
    auth=USER,
    params=FormParams,
    question=Question("Log out of all other browsers?"),
)
async def end_other_sessions(call: Call[FormParams]) -> web.StreamResponse:
    await sessions.end_others(call.tx, call.member, call.session_id or 0)
    return call.see_other("/settings/apps")


@routes.post(
    "/settings/sessions/{id}/end",
    html=True,
    auth=USER,
    params=FormParams,
    question=Question("Log out of this browser?"),
)
async def end_session(call: Call[FormParams]) -> web.StreamResponse:
    await sessions.end_one(call.tx, call.member, call.id())
    return call.see_other("/settings/apps")
