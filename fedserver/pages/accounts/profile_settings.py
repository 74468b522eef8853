"""Settings: the profile. Its pictures are a form of their own, so that a refused file loses no text."""

from __future__ import annotations

from typing import Any

from aiohttp import web
from msgspec import UNSET, Struct, UnsetType

from fedserver.domain.accounts import accounts, profiles
from fedserver.domain.kernel.errors import DomainError
from fedserver.runtime import media_intake
from fedserver.web.endpoint import USER, Call, Routes
from fedserver.web.errors import list_problems
from fedserver.web.uploads import Upload
from storage.rows.accounts import AccountRow

routes = Routes("pages")
PATH = "/settings/profile"
FIELDS_SHOWN = 4  # at least, with one free


class ProfileFormParams(Struct, frozen=True):
    csrf: str = ""
    display_name: str = ""
    note: str = ""
    bot: bool = False
    show_media: bool = False
    show_media_replies: bool = False
    show_featured: bool = False
    attribution_domains: str = ""
    mails_posts: bool = False
    names: list[str] = []
    values: list[str] = []
    welcome: bool = False


class PicturesFormParams(Struct, frozen=True):
    csrf: str = ""
    avatar: Upload | None = None
    avatar_alt: str = ""
    avatar_remove: bool = False
    header: Upload | None = None
    header_alt: str = ""
    header_remove: bool = False


def _read_profile(row: AccountRow) -> ProfileFormParams:
    """Return the form as it is filled in for a profile."""
    fields = profiles.decode_fields(row)
    return ProfileFormParams(
        display_name=row.display_name,
        note=row.note_source,
        bot=row.kind == "Service",
        show_media=row.shows_media,
        show_media_replies=row.shows_media_replies,
        show_featured=row.shows_featured,
        attribution_domains="\n".join(profiles.decode_domains(row)),
        mails_posts=row.mails_posts,
        names=[field.name for field in fields],
        values=[field.source for field in fields],
    )


def _list_pairs(form: ProfileFormParams) -> list[tuple[str, str]]:
    """Return the fields of the form, and as many empty ones as it offers."""
    pairs = list(zip(form.names, form.values, strict=False))
    wanted = min(max(len(pairs) + 1, FIELDS_SHOWN), accounts.MAX_FIELDS)
    return pairs + [("", "")] * (wanted - len(pairs))


async def _render_page(
    call: Call[Any],
    form: ProfileFormParams | None = None,
    pictures: PicturesFormParams | None = None,
    problem: DomainError | None = None,
) -> web.Response:
    """Render both forms: what was written in one of them, or what is stored."""
    async with call.services.db.read() as tx:
        row = await accounts.get(tx, call.account.id)
    shown = form or _read_profile(row)
    return call.render(
        "settings_profile.html",
        status=422 if problem else 200,
        row=row,
        form=shown,
        pairs=_list_pairs(shown),
        verified={field.source for field in profiles.decode_fields(row) if field.verified_at is not None},
        alts=pictures or PicturesFormParams(avatar_alt=row.avatar_alt, header_alt=row.header_alt),
        problems=list_problems(problem) if problem else {},
        welcome=getattr(call.params, "welcome", False),
        mails=bool(call.site.config.mail.host),
    )


@routes.get(PATH, html=True, auth=USER, params=ProfileFormParams, tx="own")
async def show(call: Call[ProfileFormParams]) -> web.StreamResponse:
    return await _render_page(call)


@routes.post(PATH, html=True, auth=USER, params=ProfileFormParams, tx="own")
async def update(call: Call[ProfileFormParams]) -> web.StreamResponse:
    params = call.params
    change = accounts.ProfileChange(
        display_name=params.display_name,
        note=params.note,
        bot=params.bot,
        shows_media=params.show_media,
        shows_media_replies=params.show_media_replies,
        shows_featured=params.show_featured,
        attribution_domains=params.attribution_domains.split(),
        mails_posts=params.mails_posts,
        fields=tuple(zip(params.names, params.values, strict=False)),
    )
    try:
        await call.services.resolver.resolve_mentions(params.note)
        await _save(call, change)
    except DomainError as error:
        return await _render_page(call, form=params, problem=error)
    return call.redirect_with_notice(PATH, PATH, "saved")


async def _save(call: Call[Any], change: accounts.ProfileChange) -> None:
    async with call.services.db.write() as tx:
        row = await accounts.get(tx, call.account.id)
        await accounts.update_profile(tx, call.site, row, change)


@routes.post(
    f"{PATH}/pictures",
    html=True,
    auth=USER,
    params=PicturesFormParams,
    tx="own",
    max_upload="upload_bytes",
)
async def update_pictures(call: Call[PicturesFormParams]) -> web.StreamResponse:
    params = call.params
    try:
        async with media_intake.discard_keys_on_error(call.services) as keys:
            change = accounts.ProfileChange(
                avatar_key=await _store_picture(call, "avatar", keys),
                avatar_alt="" if params.avatar_remove else params.avatar_alt,
                header_key=await _store_picture(call, "header", keys),
                header_alt="" if params.header_remove else params.header_alt,
            )
            await _save(call, change)
    except DomainError as error:
        return await _render_page(call, pictures=params, problem=error)
    return call.redirect_with_notice(PATH, PATH, "saved")


async def _store_picture(call: Call[PicturesFormParams], name: str, keys: list[str]) -> str | UnsetType:
    """Store a picture of the form; return its key, which also goes to `keys` for a later error.

    '' if the picture is removed, UNSET if it stays. Raises InvalidError.
    """
    if getattr(call.params, f"{name}_remove"):
        return ""
    upload: Upload | None = getattr(call.params, name)
    key = await media_intake.store_profile_picture(call.services, upload, name, keys)
    return UNSET if key is None else key
