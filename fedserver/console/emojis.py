"""Custom emoji: search, upload, copy from a peer, change, disable and delete them."""

from __future__ import annotations

from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from aiohttp import web
from msgspec import UNSET, Struct

from fedserver.domain.content import emojis
from fedserver.domain.kernel.errors import DomainError, InvalidError
from fedserver.runtime import emoji_intake
from fedserver.runtime.media_intake import MAX_EMOJI_BYTES
from fedserver.text.locales import gettext
from fedserver.web.endpoint import ADMIN, MODERATOR, Call, FormParams, Question, Routes
from fedserver.web.uploads import Upload
from storage.engine import ReadTx

routes = Routes("console")
PATH = "/admin/emojis"


class EmojiSearchParams(Struct, frozen=True):
    q: str = ""


class EmojiSourceParams(Struct, frozen=True):
    source: str = ""


class EmojiFormParams(Struct, frozen=True):
    csrf: str = ""
    shortcode: str = ""
    category: str = ""
    image: Upload | None = None


class CopyEmojiParams(Struct, frozen=True):
    csrf: str = ""
    source: str = ""
    source_shortcode: str = ""
    shortcode: str = ""
    category: str = ""


class ChangeEmojiFormParams(Struct, frozen=True):
    csrf: str = ""
    category: str = ""
    disabled: bool = False


async def _render_page(
    call: Call[Any], tx: ReadTx, search: str = "", form: str = "", error: InvalidError | None = None
) -> web.Response:
    """Return the page; `form` is the one with the error: new, or that of an emoji by its id."""
    text = search.strip().strip(":").lower()
    rows = [
        row
        for row in await emojis.list_all(tx)
        if text in row.shortcode.lower() or text in (row.category or "").lower()
    ]
    rows.sort(key=lambda row: (row.category or "", row.shortcode.lower()))
    return call.render(
        "admin/emojis.html",
        status=422 if error is not None else 200,
        groups=[(name, list(group)) for name, group in groupby(rows, key=lambda row: row.category or "")],
        categories=sorted({row.category for row in rows if row.category}),
        search=search,
        max_bytes=MAX_EMOJI_BYTES,
        form=form,
        error=error,
        written=call.params if error is not None else None,
    )


@routes.get(PATH, html=True, auth=MODERATOR, params=EmojiSearchParams)
async def show(call: Call[EmojiSearchParams]) -> web.Response:
    return await _render_page(call, call.tx, call.params.q)


@routes.post(PATH, html=True, auth=ADMIN, params=EmojiFormParams, tx="own", max_upload="upload_bytes")
async def create(call: Call[EmojiFormParams]) -> web.Response:
    params = call.params
    try:
        if params.image is None or not params.image.size:
            raise InvalidError("image", "can't be blank", message=gettext("Please choose a picture."))
        await emoji_intake.add(call.services, call.member, params.shortcode, params.image, params.category)
    except InvalidError as error:
        async with call.services.db.read() as tx:
            return await _render_page(call, tx, form="new", error=error)
    return call.redirect_with_notice(PATH, PATH, "emoji_added")


def _render_copy(
    call: Call[Any], source: str, shown: list[emojis.EmojiFact] | None = None, problem: str = ""
) -> web.Response:
    return call.render(
        "admin/emoji_copy.html",
        status=422 if problem else 200,
        source=source,
        shown=shown,
        problem=problem,
        written=call.params if isinstance(call.params, CopyEmojiParams) else None,
    )


@routes.get(PATH + "/peers", html=True, auth=ADMIN, params=EmojiSourceParams, tx="own")
async def show_source(call: Call[EmojiSourceParams]) -> web.Response:
    """Show the emoji of a post or profile of a peer, each with a form that copies it."""
    source = call.params.source.strip()
    if not source:
        return _render_copy(call, "")
    try:
        return _render_copy(call, source, await emoji_intake.list_shown(call.services, source))
    except DomainError as error:
        return _render_copy(call, source, problem=error.message)


@routes.post(PATH + "/copy", html=True, auth=ADMIN, params=CopyEmojiParams, tx="own")
async def copy(call: Call[CopyEmojiParams]) -> web.Response:
    """Copy an emoji that a post or profile of a peer shows."""
    params = call.params
    request = emoji_intake.CopyRequest(
        params.source, params.source_shortcode, params.shortcode or params.source_shortcode, params.category
    )
    try:
        await emoji_intake.copy(call.services, call.member, request)
    except InvalidError as error:
        return _render_copy(call, params.source, problem=error.message)
    # There may be more to copy.
    back = f"{PATH}/peers?{urlencode({'source': params.source})}"
    return call.redirect_with_notice(back, PATH, "emoji_added")


@routes.post(PATH + "/{id}", html=True, auth=ADMIN, params=ChangeEmojiFormParams)
async def update(call: Call[ChangeEmojiFormParams]) -> web.Response:
    change = emojis.EmojiChange(category=call.params.category, disabled=call.params.disabled, file=UNSET)
    try:
        await emojis.update(call.tx, call.member, call.id(), change)
    except InvalidError as error:
        return await _render_page(call, call.tx, form=str(call.id()), error=error)
    return call.redirect_with_notice(PATH, PATH, "emoji_changed")


@routes.post(
    PATH + "/{id}/delete",
    html=True,
    auth=ADMIN,
    params=FormParams,
    question=Question("Delete this emoji permanently?"),
)
async def delete(call: Call[FormParams]) -> web.Response:
    await emojis.delete(call.tx, call.member, call.id())
    return call.redirect_with_notice(PATH, PATH, "emoji_deleted")
