"""What is written in a form and not sent yet: saved by script while one writes, or with a button.

A form that takes part names its slot and the `saved_at` that it knows (see `domain/content/autosaves`), and
includes the macros of `_autosave.html`. Its other fields are stored as they are, whatever they are.
"""

from __future__ import annotations

from typing import Any, TypeVar

from aiohttp import web
from msgspec import Struct

from fedserver.domain.content import autosaves
from fedserver.domain.kernel.errors import InvalidError
from fedserver.web.endpoint import FORM_TYPE, USER, Call, Question, Routes
from fedserver.web.fields import convert
from fedserver.web.rails_params import nest
from storage.engine import ReadTx, Tx
from storage.rows.accounts import AccountRow

routes = Routes("pages")
P = TypeVar("P", bound=Struct)
SAVED_AT_HEADER = "X-Saved-At"
# Of the form itself, not of what is written in it.
OWN_FIELDS = frozenset({"csrf", "slot", "saved_at", "decision", "ask", "next"})
# A form in which none of these is filled in is empty, whatever is chosen in it.
TEXT_FIELDS = ("text", "title", "summary", "options", "media_ids", "cover_id")


class AutosaveParams(Struct, frozen=True):
    """The slot of a form, and the version that it knows; its fields are read from the body as they are."""

    csrf: str = ""
    slot: str = ""
    saved_at: int = 0


class DiscardParams(Struct, frozen=True):
    """The slot of the form that is discarded, and the page to go to then."""

    csrf: str = ""
    slot: str = ""
    next: str = ""


class Restored(Struct, frozen=True):
    """Fields for a form that were saved at `saved_at` (ms UTC)."""

    params: Any
    saved_at: int


def form_path(slot: str) -> str:
    """Return the address of the form that a slot names."""
    kind, _, post_id = slot.partition(":")
    if kind == "scheduled":
        return f"/drafts/scheduled/{post_id}/edit"
    paths = {"note": "/write", "article": "/write/article", "reply": f"/write?reply_to={post_id}"}
    return f"/edit/{post_id}" if post_id and kind != "reply" else paths[kind]


@routes.post("/write/autosave", html=True, auth=USER, params=AutosaveParams)
async def save(call: Call[AutosaveParams]) -> web.StreamResponse:
    """Save a form; a script gets 204 and the new version, a person the form again."""
    params = call.params
    if call.request.content_type != FORM_TYPE:
        raise InvalidError("body", "is not a form")
    # The body was read for the parameters already; the library keeps it.
    form = (await call.request.post()).items()
    fields = nest((name, value) for name, value in form if isinstance(value, str) and name not in OWN_FIELDS)
    saved_at = await store(call.tx, call.account, params.slot, fields, params.saved_at)
    if "HX-Request" in call.request.headers:
        return web.Response(status=204, headers={SAVED_AT_HEADER: str(saved_at)})
    return call.see_other(form_path(params.slot))


async def store(tx: Tx, author: AccountRow, slot: str, fields: dict[str, Any], known_at: int) -> int:
    """Store the fields of a form; return when, 0 if it is empty. Raises what `autosaves.save` raises."""
    if not any(_has_text(fields.get(name)) for name in TEXT_FIELDS):
        await autosaves.discard(tx, author, slot)
        return 0
    media_ids = fields.get("media_ids", [])
    files = [int(text) for text in media_ids if str(text).isdecimal()] if isinstance(media_ids, list) else []
    return await autosaves.save(tx, author, slot, fields, files, known_at=known_at)


def _has_text(value: Any) -> bool:
    return any(map(_has_text, value)) if isinstance(value, list) else bool(str(value or "").strip())


@routes.post(
    "/write/autosave/discard",
    html=True,
    auth=USER,
    params=DiscardParams,
    question=Question("Delete this draft permanently? You cannot undo this."),
)
async def discard(call: Call[DiscardParams]) -> web.StreamResponse:
    """Delete what was saved of a form."""
    await autosaves.discard(call.tx, call.account, call.params.slot)
    return call.redirect_with_notice(call.params.next, "/drafts", "draft_deleted")


async def restore(call: Call[Any], tx: ReadTx, slot: str, into: type[P], since: int = 0) -> Restored | None:
    """Return the saved fields of a form as its parameters, None for nothing saved after `since` (ms UTC).

    A field that the form does not take any more is left out.
    """
    saved = await autosaves.find(tx, call.account, slot, since)
    if saved is None:
        return None
    fields = dict(saved.fields)
    while True:
        try:
            return Restored(convert(fields, into), saved.saved_at)
        except InvalidError as error:
            if fields.pop(error.field.partition("[")[0].partition(".")[0], None) is None:
                return Restored(into(), saved.saved_at)
