"""The caller's profile and preferences (docs.joinmastodon.org/methods/profile, …/accounts, …/preferences)."""

from __future__ import annotations

from typing import Any

from msgspec import UNSET, Struct, UnsetType

from fedserver.client_api.entities.accounts import Account, Profile, render_credential_account, render_profile
from fedserver.domain.accounts import account_views, accounts, featured_tags
from fedserver.domain.auth import members
from fedserver.domain.relationships import followers
from fedserver.runtime import media_intake
from fedserver.web.endpoint import USER, Call, NoParams, Routes
from fedserver.web.uploads import Upload
from storage.engine import ReadTx, Tx
from storage.rows.accounts import AccountRow

routes = Routes("client_api")


class ProfileFieldParams(Struct, frozen=True):
    name: str = ""
    value: str = ""


class CredentialSourceParams(Struct, frozen=True):
    privacy: str | UnsetType = UNSET
    sensitive: bool | UnsetType = UNSET
    language: str | UnsetType | None = UNSET
    quote_policy: str | UnsetType = UNSET


class UpdateProfileParams(Struct, frozen=True, kw_only=True):
    display_name: str | UnsetType = UNSET
    note: str | UnsetType = UNSET
    avatar: Upload | None = None
    header: Upload | None = None
    avatar_description: str | UnsetType = UNSET
    header_description: str | UnsetType = UNSET
    locked: bool | UnsetType = UNSET
    bot: bool | UnsetType = UNSET
    discoverable: bool | UnsetType = UNSET
    indexable: bool | UnsetType = UNSET
    hide_collections: bool | UnsetType = UNSET
    show_featured: bool | UnsetType = UNSET
    show_media: bool | UnsetType = UNSET
    show_media_replies: bool | UnsetType = UNSET
    attribution_domains: list[str] | UnsetType = UNSET
    fields_attributes: list[ProfileFieldParams] | UnsetType = UNSET


class CredentialParams(UpdateProfileParams, frozen=True, kw_only=True):
    source: CredentialSourceParams | None = None


async def load_credential_account(call: Call[Any], tx: ReadTx, row: AccountRow) -> Account:
    """Return the caller's account as its member sees it."""
    view = (await account_views.load(tx, [row.id]))[row.id]
    request_count = await followers.count_requests(tx, row)
    member = await members.get(tx, call.member.id)
    links = call.site.links
    return render_credential_account(links, view, members.decode_settings(member), request_count, member.role)


async def _load_profile(call: Call[Any], tx: ReadTx, row: AccountRow) -> Profile:
    view = (await account_views.load(tx, [row.id]))[row.id]
    return render_profile(call.site.links, view, await featured_tags.list_by_account(tx, row))


async def _to_profile_change(call: Call[Any], keys: list[str]) -> accounts.ProfileChange:
    """Return what the caller wants to change.

    Uploaded images are stored, and their keys appended to `keys`.
    """
    params: UpdateProfileParams = call.params
    if isinstance(params.note, str):
        await call.services.resolver.resolve_mentions(params.note)
    return accounts.ProfileChange(
        display_name=params.display_name,
        note=params.note,
        fields=_to_fields(params.fields_attributes),
        locked=params.locked,
        bot=params.bot,
        discoverable=params.discoverable,
        indexable=params.indexable,
        hides_collections=params.hide_collections,
        shows_featured=params.show_featured,
        shows_media=params.show_media,
        shows_media_replies=params.show_media_replies,
        attribution_domains=params.attribution_domains,
        avatar_key=await _store_picture(call, params.avatar, "avatar", keys),
        header_key=await _store_picture(call, params.header, "header", keys),
        avatar_alt=params.avatar_description,
        header_alt=params.header_description,
    )


async def _update_profile(call: Call[Any], tx: Tx, change: accounts.ProfileChange) -> AccountRow:
    row = await accounts.get(tx, call.account.id)
    return await accounts.update_profile(tx, call.site, row, change)


def _to_fields(fields: list[ProfileFieldParams] | UnsetType) -> tuple[tuple[str, str], ...] | UnsetType:
    return fields if isinstance(fields, UnsetType) else tuple((field.name, field.value) for field in fields)


async def _store_picture(
    call: Call[Any], upload: Upload | None, name: str, keys: list[str]
) -> str | UnsetType:
    key = await media_intake.store_profile_picture(call.services, upload, name, keys)
    return UNSET if key is None else key


@routes.get("/api/v1/accounts/verify_credentials", auth=USER, scope="read:accounts|profile")
async def verify_credentials(call: Call[NoParams]) -> Account:
    return await load_credential_account(call, call.tx, call.account)


@routes.patch(
    "/api/v1/accounts/update_credentials",
    auth=USER,
    scope="write:accounts",
    params=CredentialParams,
    tx="own",
    max_upload="upload_bytes",
)
async def update_credentials(call: Call[CredentialParams]) -> Account:
    async with media_intake.discard_keys_on_error(call.services) as keys:
        change = await _to_profile_change(call, keys)
        async with call.services.db.write() as tx:
            row = await _update_profile(call, tx, change)
            await _update_settings(call, tx)
            return await load_credential_account(call, tx, row)


async def _update_settings(call: Call[CredentialParams], tx: Tx) -> None:
    if call.params.source is not None:
        member = await members.get(tx, call.member.id)
        settings = _merge_settings(members.decode_settings(member), call.params.source)
        await members.set_settings(tx, member, settings)


def _merge_settings(former: members.MemberSettings, source: CredentialSourceParams) -> members.MemberSettings:
    """Return the settings with the changes; what Mastodon calls private are our posts for followers."""
    values = {
        "visibility": source.privacy,
        "sensitive": source.sensitive,
        "language": source.language,
        "quote_policy": source.quote_policy,
    }
    changes = {name: value for name, value in values.items() if not isinstance(value, UnsetType)}
    if changes.get("visibility") == "private":
        changes["visibility"] = "followers"
    return members.apply_preferences(former, changes)


@routes.get("/api/v1/profile", auth=USER, scope="read:accounts|profile")
async def show(call: Call[NoParams]) -> Profile:
    return await _load_profile(call, call.tx, call.account)


async def update(call: Call[UpdateProfileParams]) -> Profile:
    """Change the profile.

    Mastodon documents PATCH; libraries that are generated from one pattern send PUT.
    """
    async with media_intake.discard_keys_on_error(call.services) as keys:
        change = await _to_profile_change(call, keys)
        async with call.services.db.write() as tx:
            return await _load_profile(call, tx, await _update_profile(call, tx, change))


for _register in (routes.patch, routes.put):
    _register(
        "/api/v1/profile",
        auth=USER,
        scope="write:accounts",
        params=UpdateProfileParams,
        tx="own",
        max_upload="upload_bytes",
    )(update)


@routes.delete("/api/v1/profile/avatar", auth=USER, scope="write:accounts")
async def delete_avatar(call: Call[NoParams]) -> Account:
    change = accounts.ProfileChange(avatar_key="", avatar_alt="")
    return await load_credential_account(call, call.tx, await _update_profile(call, call.tx, change))


@routes.delete("/api/v1/profile/header", auth=USER, scope="write:accounts")
async def delete_header(call: Call[NoParams]) -> Account:
    change = accounts.ProfileChange(header_key="", header_alt="")
    return await load_credential_account(call, call.tx, await _update_profile(call, call.tx, change))


@routes.get("/api/v1/preferences", auth=USER, scope="read:accounts", tx="own")
async def show_preferences(call: Call[NoParams]) -> dict[str, object]:
    settings = members.decode_settings(call.member)
    return {
        "posting:default:visibility": {"followers": "private", "local": "public"}.get(
            settings.visibility, settings.visibility
        ),
        "posting:default:sensitive": settings.sensitive,
        "posting:default:language": settings.language,
        "posting:default:quote_policy": settings.quote_policy,
        "reading:expand:media": settings.expand_media,
        "reading:expand:spoilers": settings.expand_warnings,
        "reading:autoplay:gifs": settings.autoplay_gifs,
    }
