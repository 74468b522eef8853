"""Custom emoji for admins, as in GoToSocial's API (docs.gotosocial.org/en/latest/api/swagger).

Mastodon's API has none. Ids are those of our emoji. As remote emoji have no ids here, one is copied from the
post or account that shows it: `source` in the place of a picture.
"""

from __future__ import annotations

from msgspec import UNSET, Struct, UnsetType

from fedserver.client_api.entities.custom_emojis import AdminEmoji, render_admin_emoji
from fedserver.domain.content import emojis
from fedserver.domain.kernel.errors import InvalidError
from fedserver.runtime import emoji_intake
from fedserver.web.endpoint import ADMIN, Call, JsonResponse, NoParams, Routes
from fedserver.web.uploads import Upload

routes = Routes("client_api")
PATH = "/api/v1/admin/custom_emojis"


class ListEmojisParams(Struct, frozen=True):
    filter: str = ""  # domain:local, domain:all, enabled, disabled, shortcode:NAME, by commas


class AddEmojiParams(Struct, frozen=True):
    shortcode: str = ""
    image: Upload | None = None
    category: str = ""
    source: str = ""  # ours: address or handle of what shows the remote emoji to copy
    source_shortcode: str = ""  # its shortcode there, if it is another one


class ChangeEmojiParams(Struct, frozen=True):
    type: str = "modify"  # or disable, enable
    image: Upload | None = None
    category: str | UnsetType = UNSET


@routes.get(PATH, auth=ADMIN, scope="admin:read", params=ListEmojisParams)
async def list_all(call: Call[ListEmojisParams]) -> list[AdminEmoji]:
    wanted = [part.strip() for part in call.params.filter.split(",") if part.strip()]
    rows = [] if any(_is_elsewhere(call, part) for part in wanted) else await emojis.list_all(call.tx)
    for part in wanted:
        if part in ("enabled", "disabled"):
            rows = [row for row in rows if row.disabled == (part == "disabled")]
        elif part.startswith("shortcode:"):
            rows = [row for row in rows if row.shortcode == part.removeprefix("shortcode:")]
    return [render_admin_emoji(call.site.links, row) for row in rows]


def _is_elsewhere(call: Call[ListEmojisParams], part: str) -> bool:
    domain = part.removeprefix("domain:") if part.startswith("domain:") else "local"
    return domain not in ("local", "all", call.site.links.domain)


@routes.get(PATH + "/{id}", auth=ADMIN, scope="admin:read")
async def show(call: Call[NoParams]) -> AdminEmoji:
    return render_admin_emoji(call.site.links, await emojis.get(call.tx, call.id()))


@routes.post(
    PATH, auth=ADMIN, scope="admin:write", params=AddEmojiParams, tx="own", max_upload="upload_bytes"
)
async def create(call: Call[AddEmojiParams]) -> JsonResponse:
    params = call.params
    if params.source:
        request = emoji_intake.CopyRequest(
            params.source, params.source_shortcode or params.shortcode, params.shortcode, params.category
        )
        copied = await emoji_intake.copy(call.services, call.member, request)
        return JsonResponse(render_admin_emoji(call.site.links, copied), 201)
    if params.image is None or not params.image.size:
        raise InvalidError("image", "can't be blank", "ERR_BLANK")
    row = await emoji_intake.add(call.services, call.member, params.shortcode, params.image, params.category)
    return JsonResponse(render_admin_emoji(call.site.links, row), 201)


@routes.patch(
    PATH + "/{id}",
    auth=ADMIN,
    scope="admin:write",
    params=ChangeEmojiParams,
    tx="own",
    max_upload="upload_bytes",
)
async def change(call: Call[ChangeEmojiParams]) -> AdminEmoji:
    """Change the category or picture of an emoji, disable or enable it."""
    params = call.params
    if params.type not in ("modify", "disable", "enable"):
        raise InvalidError("type", "must be one of modify, disable, enable")
    emoji_change = emojis.EmojiChange(
        category=params.category,
        disabled=UNSET if params.type == "modify" else params.type == "disable",
    )
    row = await emoji_intake.change(call.services, call.member, call.id(), emoji_change, params.image)
    return render_admin_emoji(call.site.links, row)


@routes.delete(PATH + "/{id}", auth=ADMIN, scope="admin:write")
async def delete(call: Call[NoParams]) -> AdminEmoji:
    return render_admin_emoji(call.site.links, await emojis.delete(call.tx, call.member, call.id()))
