"""Forms that come when the session is over: what was written is shown, and can be sent after the next login.

The page holds the fields of the form. Nothing is stored, and nothing is done before the member, logged in
again, presses the button: a form of another site cannot get that far (`session.check_origin`).
"""

from __future__ import annotations

from aiohttp import web
from msgspec import Struct

from fedserver.domain.kernel.errors import DomainError, ForbiddenError, InvalidError
from fedserver.web.endpoint import EVERYONE, Call, Endpoint, Routes
from fedserver.web.errors import to_page_message, to_status
from fedserver.web.fields import read_form_fields
from fedserver.web.html import Pages, to_local_path

routes = Routes("http")
PATH = "/resume"
ACTION = "resumed_action"
# Of the page or the session, not of the person.
OWN_FIELDS = frozenset({"csrf", "next", "ask", "back", "decision", "slot", "saved_at", "key", ACTION})
SECRETS = ("password", "secret", "code", "token")
Fields = list[tuple[str, str]]


class ResumeParams(Struct, frozen=True):
    """The address that the form leads to; its fields are read as they are."""

    csrf: str = ""
    resumed_action: str = ""


async def find_written(request: web.Request) -> Fields:
    """Return the fields of a form that a person filled in, empty if there is nothing to lose."""
    try:
        fields = await read_form_fields(request)
    except (InvalidError, web.HTTPException):
        return []
    written = [(name, value) for name, value in fields if not any(word in name.lower() for word in SECRETS)]
    return written if any(value.strip() for name, value in written if name not in OWN_FIELDS) else []


def render_kept(
    pages: Pages, endpoint: Endpoint, request: web.Request, error: DomainError, fields: Fields
) -> web.Response:
    """Return the page with what was written, and how to go on."""
    action = dict(fields).get(ACTION, "") if endpoint.path == PATH else request.path_qs
    texts = [value for name, value in fields if name not in OWN_FIELDS and value.strip()]
    return pages.render_response(
        "kept_form.html",
        {
            "me": None,
            "csrf": "",
            "here": "",
            "htmx": False,
            "is_logged_out": not isinstance(error, ForbiddenError),
            "text": to_page_message(error),
            "action": to_local_path(action, "/home"),
            "fields": [(name, value) for name, value in fields if name not in ("csrf", ACTION)],
            "longest": max(texts, key=len),
        },
        status=to_status(error),
    )


@routes.post(PATH, html=True, auth="user", params=ResumeParams, tx="own", no_csrf=True, audience=EVERYONE)
async def resume(call: Call[ResumeParams]) -> web.Response:
    """Show the form once more to a member who is logged in again: it is sent with the next button."""
    fields = await find_written(call.request)
    texts = [value for name, value in fields if name not in OWN_FIELDS and value.strip()]
    return call.render(
        "resumed_form.html",
        here="",
        action=to_local_path(call.params.resumed_action, "/home"),
        fields=[(name, value) for name, value in fields if name not in ("csrf", ACTION)],
        longest=max(texts, key=len, default=""),
        slot=dict(fields).get("slot", ""),
    )
