"""Custom emoji: upload, copy from a peer, change, disable and delete them."""

from __future__ import annotations

from itertools import groupby

from aiohttp import web
from msgspec import UNSET, Struct

from fedserver.domain.content import emojis
from fedserver.domain.kernel.errors import InvalidError
from fedserver.runtime import emoji_intake
from fedserver.text.locales import gettext
from fedserver.web.endpoint import ADMIN, MODERATOR, Call, FormParams, NoParams, Question, Routes
from fedserver.web.uploads import Upload

routes = Routes("console")
PATH = "/admin/emojis"


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


@routes.get(PATH, html=True, auth=MODERATOR)
async def show(call: Call[NoParams]) -> web.Response:
    rows = sorted(await emojis.list_all(call.tx), key=lambda row: (row.category or "", row.shortcode.lower()))
    groups = [(name, list(group)) for name, group in groupby(rows, key=lambda row: row.category or "")]
    return call.render("admin/emojis.html", groups=groups)


@routes.post(PATH, html=True, auth=ADMIN, params=EmojiFormParams, tx="own", max_upload="upload_bytes")
async def create(call: Call[EmojiFormParams]) -> web.Response:
    params = call.params
    if params.image is None or not params.image.size:
        raise InvalidError("image", "can't be blank", message=gettext("Please choose a picture."))
    await emoji_intake.add(call.services, call.member, params.shortcode, params.image, params.category)
    return call.see_other(PATH)


@routes.post(PATH + "/copy", html=True, auth=ADMIN, params=CopyEmojiParams, tx="own")
async def copy(call: Call[CopyEmojiParams]) -> web.Response:
    """Copy an emoji that a post or profile of a peer shows."""
    params = call.params
    request = emoji_intake.CopyRequest(
        params.source, params.source_shortcode, params.shortcode or params.source_shortcode, params.category
    )
    await emoji_intake.copy(call.services, call.member, request)
    return call.see_other(PATH)


@routes.post(PATH + "/{id}", html=True, auth=ADMIN, params=ChangeEmojiFormParams)
async def update(call: Call[ChangeEmojiFormParams]) -> web.Response:
    change = emojis.EmojiChange(category=call.params.category, disabled=call.params.disabled, file=UNSET)
    await emojis.update(call.tx, call.member, call.id(), change)
    return call.see_other(PATH)


@routes.post(
    PATH + "/{id}/delete",
    html=True,
    auth=ADMIN,
    params=FormParams,
    question=Question("Delete this emoji permanently?"),
)
async def delete(call: Call[FormParams]) -> web.Response:
    await emojis.delete(call.tx, call.member, call.id())
    return call.see_other(PATH)
