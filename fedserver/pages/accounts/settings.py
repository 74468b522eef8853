"""Settings: the profile and the preferences of a member."""

from __future__ import annotations

from typing import Literal

from aiohttp import web
from msgspec import UNSET, Struct, UnsetType, structs

from fedserver.domain.accounts import account_views, accounts
from fedserver.domain.auth import members
from fedserver.domain.kernel.errors import DomainError, InvalidError
from fedserver.media.errors import UnacceptableFileError
from fedserver.media.image_worker import process_banner, process_square
from fedserver.runtime import media_intake
from fedserver.text.languages import normalize_language
from fedserver.text.locales import is_supported, translate
from fedserver.web.endpoint import USER, Call, Routes
from fedserver.web.uploads import Upload
from storage.engine import ReadTx

routes = Routes("pages")


class ProfileFormParams(Struct, frozen=True):
    csrf: str = ""
    display_name: str = ""
    note: str = ""
    avatar: Upload | None = None
    header: Upload | None = None
    locked: bool = False
    discoverable: bool = False
    indexable: bool = False
    hides_collections: bool = False
    mails_posts: bool = False
    names: list[str] = []
    values: list[str] = []
    theme: Literal["auto", "light", "dark"] = "auto"
    visibility: Literal["public", "unlisted", "followers", "local"] = "public"
    language: str = ""
    locale: str = ""


async def _render_page(
    call: Call[ProfileFormParams], tx: ReadTx, problem: str, *, done: bool
) -> web.Response:
    row = await accounts.get(tx, call.account.id)
    view = (await account_views.load(tx, [row.id]))[row.id]
    member = await members.get(tx, call.member.id)
    return call.render(
        "settings.html",
        status=422 if problem else 200,
        view=view,
        settings=members.decode_settings(member),
        problem=problem,
        done=done,
        mails=bool(call.site.config.mail.host),
        most_fields=accounts.MAX_FIELDS,
    )


@routes.get("/settings/profile", "/settings", html=True, auth=USER, params=ProfileFormParams)
async def show(call: Call[ProfileFormParams]) -> web.StreamResponse:
    return await _render_page(call, call.tx, "", done="done" in call.request.query)


@routes.post(
    "/settings/profile", html=True, auth=USER, params=ProfileFormParams, tx="own", max_upload="upload_bytes"
)
async def update(call: Call[ProfileFormParams]) -> web.StreamResponse:
    try:
        async with media_intake.discard_keys_on_error(call.services) as keys:
            await _update_profile(call, keys)
    except DomainError as error:
        async with call.services.db.read() as tx:
            return await _render_page(call, tx, error.message, done=False)
    return call.see_other("/settings/profile?done=1")


async def _update_profile(call: Call[ProfileFormParams], keys: list[str]) -> None:
    params = call.params
    await call.services.resolver.resolve_mentions(params.note)
    change = accounts.ProfileChange(
        display_name=params.display_name,
        note=params.note,
        locked=params.locked,
        discoverable=params.discoverable,
        indexable=params.indexable,
        hides_collections=params.hides_collections,
        mails_posts=params.mails_posts,
        fields=tuple(zip(params.names, params.values, strict=False)),
        avatar_key=await _store_picture(call, params.avatar, keys, square=True),
        header_key=await _store_picture(call, params.header, keys, square=False),
    )
    async with call.services.db.write() as tx:
        row = await accounts.get(tx, call.account.id)
        await accounts.update_profile(tx, call.site, row, change)
        former = members.decode_settings(call.member)
        changed = structs.replace(
            former,
            theme=params.theme,
            visibility=params.visibility,
            language=normalize_language(params.language),
            locale=params.locale if is_supported(params.locale) else "",
        )
        await members.set_settings(tx, call.member, changed)


async def _store_picture(
    call: Call[ProfileFormParams], upload: Upload | None, keys: list[str], *, square: bool
) -> str | UnsetType:
    """Store a picture of the profile; return its key, which also goes to `keys` for a later error."""
    if upload is None or not upload.size:
        return UNSET
    try:
        image = await call.services.image_worker.run(
            process_square if square else process_banner, upload.data
        )
    except UnacceptableFileError as error:
        raise InvalidError(
            "picture", f"cannot be used: {error.text}", message=translate(error.text)
        ) from error
    keys.append(await call.services.store.put_bytes(image.data, image.extension))
    return keys[-1]
