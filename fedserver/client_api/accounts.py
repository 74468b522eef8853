"""Accounts (docs.joinmastodon.org/methods/accounts): look at, follow, block, mute, one's own."""

from __future__ import annotations

from typing import Any

from msgspec import UNSET, Struct, UnsetType, structs

from fedserver import domain
from fedserver.client_api import encoded
from fedserver.client_api.entities import (
    Account,
    Relationship,
    account,
    credential_account,
    relationship,
)
from fedserver.http import ANYONE, USER, Call, Listed, Nothing, Routes, Upload, listed, offset_of
from fedserver.media.errors import Unacceptable
from fedserver.media.images import process_banner, process_square
from fedserver.text import normal_language
from storage import AccountRow, Tx

routes = Routes("client_api")
PRIVACY = {"private": "followers"}


class FieldParams(Struct, frozen=True):
    name: str = ""
    value: str = ""


class SourceParams(Struct, frozen=True):
    privacy: str | UnsetType = UNSET
    sensitive: bool | UnsetType = UNSET
    language: str | UnsetType | None = UNSET
    quote_policy: str | UnsetType = UNSET


class CredentialParams(Struct, frozen=True):
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
    fields_attributes: list[FieldParams] | UnsetType = UNSET
    attribution_domains: list[str] | UnsetType = UNSET
    source: SourceParams | None = None


async def _credentials(call: Call[Any], tx: Tx, row: AccountRow) -> Account:
    view = (await domain.account_views.load(tx, [row.id]))[row.id]
    waiting = len(await domain.follows.requests(tx, row, call.page(40, 40)))
    member = await domain.members.by_id(tx, call.member.id)
    links = call.site.links
    return credential_account(links, view, domain.members.settings(member), waiting, member.role)


@routes.get("/api/v1/accounts/verify_credentials", who=USER, scope="read:accounts|profile")
async def verify_credentials(call: Call[Nothing]) -> Account:
    return await _credentials(call, call.tx, call.account)


@routes.patch(
    "/api/v1/accounts/update_credentials",
    who=USER,
    scope="write:accounts",
    params=CredentialParams,
    tx="own",
    most_upload=16_777_216,
)
async def update_credentials(call: Call[CredentialParams]) -> Account:
    params = call.params
    avatar = await _picture(call, params.avatar, square=True)
    header = await _picture(call, params.header, square=False)
    change = domain.accounts.ProfileChange(
        display_name=params.display_name,
        note=params.note,
        fields=_fields(params.fields_attributes),
        locked=params.locked,
        bot=params.bot,
        discoverable=params.discoverable,
        indexable=params.indexable,
        hides_collections=params.hide_collections,
        avatar_key=avatar,
        header_key=header,
        avatar_alt=params.avatar_description,
        header_alt=params.header_description,
        attribution_domains=_tuple(params.attribution_domains),
    )
    async with call.services.db.write() as tx:
        row = await domain.accounts.update_profile(
            tx, call.site, await domain.accounts.by_id(tx, call.account.id), change
        )
        if params.source is not None:
            await domain.members.set_settings(tx, call.member, _settings(call, params.source))
        return await _credentials(call, tx, row)


def _fields(given: list[FieldParams] | UnsetType) -> tuple[tuple[str, str], ...] | UnsetType:
    return given if isinstance(given, UnsetType) else tuple((each.name, each.value) for each in given)


def _tuple(given: list[str] | UnsetType) -> tuple[str, ...] | UnsetType:
    return given if isinstance(given, UnsetType) else tuple(given)


def _settings(call: Call[CredentialParams], given: SourceParams) -> domain.members.Settings:
    former = domain.members.settings(call.member)
    privacy = former.visibility if isinstance(given.privacy, UnsetType) else given.privacy
    privacy = PRIVACY.get(privacy, privacy)
    if privacy not in ("public", "unlisted", "followers", "direct", "local"):
        raise domain.Invalid("source[privacy]", "is not a visibility")
    sensitive = former.sensitive if isinstance(given.sensitive, UnsetType) else given.sensitive
    language = former.language if isinstance(given.language, UnsetType) else normal_language(given.language)
    quotes = former.quote_policy if isinstance(given.quote_policy, UnsetType) else given.quote_policy
    if quotes not in domain.quote_policies.WORDS:
        raise domain.Invalid(
            "source[quote_policy]", f"must be one of {', '.join(domain.quote_policies.WORDS)}"
        )
    return structs.replace(
        former, visibility=privacy, sensitive=sensitive, language=language, quote_policy=quotes
    )


async def _picture(call: Call[CredentialParams], upload: Upload | None, *, square: bool) -> str | UnsetType:
    if upload is None or not upload.data:
        return UNSET
    try:
        work = process_square if square else process_banner
        made = await call.services.images.run(work, upload.data)
    except Unacceptable as error:
        raise domain.Invalid("avatar" if square else "header", error.text) from error
    return await call.services.store.put(made.data, made.ending)


@routes.get("/api/v1/preferences", who=USER, scope="read:accounts", tx="own")
async def preferences(call: Call[Nothing]) -> dict[str, object]:
    found = domain.members.settings(call.member)
    return {
        "posting:default:visibility": {"followers": "private", "local": "public"}.get(
            found.visibility, found.visibility
        ),
        "posting:default:sensitive": found.sensitive,
        "posting:default:language": found.language,
        "posting:default:quote_policy": found.quote_policy,
        "reading:expand:media": found.expand_media,
        "reading:expand:spoilers": found.expand_warnings,
        "reading:autoplay:gifs": found.autoplay_gifs,
    }


class LookupParams(Struct, frozen=True):
    acct: str = ""


@routes.get("/api/v1/accounts/lookup", params=LookupParams, scope="read:accounts")
async def lookup(call: Call[LookupParams]) -> Account:
    username, _, host = call.params.acct.strip().lstrip("@").partition("@")
    host = "" if host in (call.site.links.domain, call.site.links.host) else host
    row = await domain.accounts.by_handle(call.tx, username, host)
    if row is None or row.suspended_at is not None or row.deleted_at is not None:
        raise domain.NotFound
    return account(call.site.links, (await domain.account_views.load(call.tx, [row.id]))[row.id])


class IdsParams(Struct, frozen=True):
    id: list[int] = []
    with_suspended: bool = False


@routes.get("/api/v1/accounts", params=IdsParams, scope="read:accounts")
async def show_some(call: Call[IdsParams]) -> list[Account]:
    views = await domain.account_views.load_page(call.tx, call.params.id[:40])
    return [account(call.site.links, view) for view in views]


@routes.get("/api/v1/accounts/relationships", who=USER, scope="read:follows", params=IdsParams)
async def relationships(call: Call[IdsParams]) -> list[Relationship]:
    found = await domain.relations.load(call.tx, call.account.id, call.params.id[:100])
    return [relationship(each) for each in found]


class SearchParams(Struct, frozen=True):
    q: str = ""
    limit: int = 40
    offset: int = 0
    resolve: bool = False
    following: bool = False


@routes.get("/api/v1/accounts/search", who=USER, scope="read:accounts", params=SearchParams, tx="own")
async def search(call: Call[SearchParams]) -> list[Account]:
    params = call.params
    if params.resolve and "@" in params.q.strip().lstrip("@"):
        await call.services.resolver.account(params.q)
    async with call.services.db.read() as tx:
        limit = max(1, min(params.limit, 80))
        ids = await domain.accounts.search(
            tx, params.q, call.account.id, limit, offset_of(call.request), following=params.following
        )
        views = await domain.account_views.load_page(tx, ids)
    return [account(call.site.links, view) for view in views]


class FamiliarFollowers(Struct, frozen=True):
    id: str
    accounts: list[Account]


@routes.get("/api/v1/accounts/familiar_followers", who=USER, scope="read:follows", params=IdsParams)
async def familiar_followers(call: Call[IdsParams]) -> list[FamiliarFollowers]:
    found = []
    for account_id in call.params.id[:20]:
        ids = await domain.follows.familiar(call.tx, call.account.id, account_id)
        views = await domain.account_views.load_page(call.tx, ids)
        shown = [account(call.site.links, view) for view in views]
        found.append(FamiliarFollowers(str(account_id), shown))
    return found


async def _target(call: Call[Any], tx: Tx) -> AccountRow:
    row = await domain.accounts.by_id(tx, call.id())
    if row.deleted_at is not None:
        raise domain.NotFound
    return row


@routes.get("/api/v1/accounts/{id}", scope="read:accounts")
async def show(call: Call[Nothing]) -> Account:
    row = await _target(call, call.tx)
    return account(call.site.links, (await domain.account_views.load(call.tx, [row.id]))[row.id])


class StatusesParams(Struct, frozen=True):
    only_media: bool = False
    exclude_replies: bool = False
    exclude_reblogs: bool = False
    pinned: bool = False
    tagged: str = ""


@routes.get("/api/v1/accounts/{id}/statuses", scope="read:statuses", params=StatusesParams)
async def statuses(call: Call[StatusesParams]) -> Listed:
    params, tx = call.params, call.tx
    row = await _target(call, tx)
    if params.pinned:
        ids = await domain.timelines.pinned(tx, row.id, call.viewer_id)
        views = await domain.post_views.load(tx, ids, call.viewer_id, context="account")
        return Listed(encoded.statuses(call, views), None, None)
    ids = await domain.timelines.of_account(
        tx,
        row.id,
        call.viewer_id,
        call.page(),
        exclude_replies=params.exclude_replies,
        exclude_boosts=params.exclude_reblogs,
        only_media=params.only_media,
        tagged=params.tagged or None,
    )
    views = await domain.post_views.load(tx, ids, call.viewer_id, context="account")
    return listed(encoded.statuses(call, views), ids)


async def _accounts(call: Call[Nothing], pairs: list[tuple[int, int]]) -> Listed:
    views = await domain.account_views.load_page(call.tx, [each for _, each in pairs])
    return listed([account(call.site.links, view) for view in views], [cursor for cursor, _ in pairs])


@routes.get("/api/v1/accounts/{id}/followers", who=ANYONE, scope="read:accounts")
async def followers(call: Call[Nothing]) -> Listed:
    row = await _target(call, call.tx)
    return await _accounts(
        call, await domain.follows.followers(call.tx, row, call.viewer_id, call.page(40, 80))
    )


@routes.get("/api/v1/accounts/{id}/following", who=ANYONE, scope="read:accounts")
async def following(call: Call[Nothing]) -> Listed:
    row = await _target(call, call.tx)
    return await _accounts(
        call, await domain.follows.following(call.tx, row, call.viewer_id, call.page(40, 80))
    )


async def _relation(call: Call[Any]) -> Relationship:
    return relationship((await domain.relations.load(call.tx, call.account.id, [call.id()]))[0])


class FollowParams(Struct, frozen=True):
    reblogs: bool = True
    notify: bool = False
    languages: list[str] = []


@routes.post("/api/v1/accounts/{id}/follow", who=USER, scope="write:follows", params=FollowParams)
async def follow(call: Call[FollowParams]) -> Relationship:
    languages = [tag for each in call.params.languages[:20] if (tag := normal_language(each))]
    await domain.follows.follow(
        call.tx,
        call.site,
        call.account,
        await _target(call, call.tx),
        boosts=call.params.reblogs,
        notifies=call.params.notify,
        languages=languages,
    )
    return await _relation(call)


@routes.post("/api/v1/accounts/{id}/unfollow", who=USER, scope="write:follows")
async def unfollow(call: Call[Nothing]) -> Relationship:
    await domain.follows.unfollow(call.tx, call.site, call.account, await _target(call, call.tx))
    return await _relation(call)


@routes.post("/api/v1/accounts/{id}/remove_from_followers", who=USER, scope="write:follows")
async def remove_from_followers(call: Call[Nothing]) -> Relationship:
    await domain.follows.remove_follower(call.tx, call.account, (await _target(call, call.tx)).id)
    return await _relation(call)


@routes.post("/api/v1/accounts/{id}/block", who=USER, scope="write:blocks")
async def block(call: Call[Nothing]) -> Relationship:
    await domain.blocks.block(call.tx, call.site, call.account, await _target(call, call.tx))
    return await _relation(call)


@routes.post("/api/v1/accounts/{id}/unblock", who=USER, scope="write:blocks")
async def unblock(call: Call[Nothing]) -> Relationship:
    await domain.blocks.unblock(call.tx, call.account, await _target(call, call.tx))
    return await _relation(call)


class MuteParams(Struct, frozen=True):
    notifications: bool = True
    duration: int = 0


@routes.post("/api/v1/accounts/{id}/mute", who=USER, scope="write:mutes", params=MuteParams)
async def mute(call: Call[MuteParams]) -> Relationship:
    target = await _target(call, call.tx)
    params = call.params
    await domain.mutes.mute(
        call.tx, call.account, target, notifications=params.notifications, seconds=params.duration
    )
    return await _relation(call)


@routes.post("/api/v1/accounts/{id}/unmute", who=USER, scope="write:mutes")
async def unmute(call: Call[Nothing]) -> Relationship:
    await domain.mutes.unmute(call.tx, call.account, await _target(call, call.tx))
    return await _relation(call)


class NoteParams(Struct, frozen=True):
    comment: str = ""


@routes.post("/api/v1/accounts/{id}/note", who=USER, scope="write:accounts", params=NoteParams)
async def note(call: Call[NoteParams]) -> Relationship:
    await domain.mutes.note(call.tx, call.account, await _target(call, call.tx), call.params.comment)
    return await _relation(call)
