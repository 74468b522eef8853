"""Accounts (docs.joinmastodon.org/methods/accounts): look at, follow, block, mute."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from fedserver.client_api import entity_cache
from fedserver.client_api.entities.accounts import Account, render_account
from fedserver.client_api.entities.relationships import Relationship, render_relationship
from fedserver.domain.accounts import account_views, accounts, relations
from fedserver.domain.kernel.errors import NotFoundError
from fedserver.domain.posts import pins
from fedserver.domain.relationships import blocks, followers, follows, mutes
from fedserver.domain.timelines import post_views, search, timelines
from fedserver.text.language import normalize_language
from fedserver.web.endpoint import ANYONE, USER, Call, NoParams, Routes
from fedserver.web.paging import EntityPage, parse_offset, to_page
from storage.engine import Tx
from storage.rows.accounts import AccountRow

routes = Routes("client_api")


class LookupParams(Struct, frozen=True):
    acct: str = ""


@routes.get("/api/v1/accounts/lookup", params=LookupParams, scope="read:accounts")
async def lookup(call: Call[LookupParams]) -> Account:
    username, _, host = call.params.acct.strip().lstrip("@").partition("@")
    host = "" if host in (call.site.links.domain, call.site.links.host) else host
    view = await account_views.find_by_handle(call.tx, username, host)
    if view is None or view.account.suspended_at is not None or view.account.deleted_at is not None:
        raise NotFoundError
    return entity_cache.encode_account(call, view)


class AccountIdsParams(Struct, frozen=True):
    id: list[int] = []
    with_suspended: bool = False


@routes.get("/api/v1/accounts", params=AccountIdsParams, scope="read:accounts")
async def list_by_ids(call: Call[AccountIdsParams]) -> list[Account]:
    views = await account_views.load_page(call.tx, call.params.id[:40])
    return [render_account(call.site.links, view) for view in views]


@routes.get("/api/v1/accounts/relationships", auth=USER, scope="read:follows", params=AccountIdsParams)
async def list_relationships(call: Call[AccountIdsParams]) -> list[Relationship]:
    found = await relations.load(call.tx, call.account.id, call.params.id[:100])
    return [render_relationship(each) for each in found]


class SearchAccountsParams(Struct, frozen=True):
    q: str = ""
    limit: int = 40
    offset: int = 0
    resolve: bool = False
    following: bool = False


@routes.get(
    "/api/v1/accounts/search", auth=USER, scope="read:accounts", params=SearchAccountsParams, tx="own"
)
async def search_accounts(call: Call[SearchAccountsParams]) -> list[Account]:
    params = call.params
    if params.resolve and "@" in params.q.strip().lstrip("@"):
        await call.services.resolver.resolve_account(params.q)
    async with call.services.db.read() as tx:
        limit = max(1, min(params.limit, 80))
        ids = await search.search_accounts(
            tx,
            call.site,
            call.viewer_id,
            params.q,
            limit,
            parse_offset(call.request),
            following=params.following,
        )
        views = await account_views.load_page(tx, ids)
    return [render_account(call.site.links, view) for view in views]


class FamiliarFollowers(Struct, frozen=True):
    id: str
    accounts: list[Account]


@routes.get("/api/v1/accounts/familiar_followers", auth=USER, scope="read:follows", params=AccountIdsParams)
async def list_familiar_followers(call: Call[AccountIdsParams]) -> list[FamiliarFollowers]:
    wanted = list(dict.fromkeys(call.params.id))[:40]
    found = await followers.load_familiar_followers(call.tx, call.account.id, wanted)
    views = await account_views.load_page(call.tx, list({each for ids in found.values() for each in ids}))
    shown = {view.account.id: render_account(call.site.links, view) for view in views}
    return [
        FamiliarFollowers(str(each), [shown[other] for other in found.get(each, []) if other in shown])
        for each in wanted
    ]


async def _get_target(call: Call[Any], tx: Tx) -> AccountRow:
    row = await accounts.get(tx, call.id())
    if row.deleted_at is not None:
        raise NotFoundError
    return row


@routes.get("/api/v1/accounts/{id}", scope="read:accounts")
async def show(call: Call[NoParams]) -> Account:
    view = await account_views.find(call.tx, call.id())
    if view is None or view.account.deleted_at is not None:
        raise NotFoundError
    return entity_cache.encode_account(call, view)


async def schedule_featured_fetch(call: Call[Any], row: AccountRow) -> None:
    """A member looks at a peer's account: what is on top of its profile is read in the background."""
    if call.viewer_id is not None and pins.is_refresh_due(row, call.services.db.clock()):
        async with call.services.db.write() as tx:
            await pins.enqueue_refresh(tx, row)


class AccountStatusesParams(Struct, frozen=True):
    only_media: bool = False
    exclude_replies: bool = False
    exclude_reblogs: bool = False
    pinned: bool = False
    tagged: str = ""


@routes.get("/api/v1/accounts/{id}/statuses", scope="read:statuses", params=AccountStatusesParams, tx="own")
async def list_statuses(call: Call[AccountStatusesParams]) -> EntityPage:
    async with call.services.db.read() as tx:
        row = await _get_target(call, tx)
        found = await _load_statuses(call, tx, row)
    if call.params.pinned:
        await schedule_featured_fetch(call, row)
    return found


async def _load_statuses(call: Call[AccountStatusesParams], tx: Tx, row: AccountRow) -> EntityPage:
    params = call.params
    if row.suspended_at is not None:
        return EntityPage([], None, None)
    if params.pinned:
        ids = await timelines.list_pinned(tx, row.id, call.viewer_id)
        views = await post_views.load(tx, ids, call.viewer_id, context="account")
        return EntityPage(entity_cache.encode_statuses(call, views), None, None)
    ids = await timelines.list_by_account(
        tx,
        row.id,
        call.viewer_id,
        call.page(),
        exclude_replies=params.exclude_replies,
        exclude_boosts=params.exclude_reblogs,
        only_media=params.only_media,
        tag_name=params.tagged or None,
    )
    views = await post_views.load(tx, ids, call.viewer_id, context="account")
    return to_page(entity_cache.encode_statuses(call, views), ids)


async def _render_accounts(call: Call[NoParams], pairs: list[tuple[int, int]]) -> EntityPage:
    views = await account_views.load_page(call.tx, [each for _, each in pairs])
    return to_page([render_account(call.site.links, view) for view in views], [cursor for cursor, _ in pairs])


@routes.get("/api/v1/accounts/{id}/followers", auth=ANYONE, scope="read:accounts")
async def list_followers(call: Call[NoParams]) -> EntityPage:
    row = await _get_target(call, call.tx)
    return await _render_accounts(
        call, await followers.list_followers(call.tx, row, call.viewer_id, call.page(40, 80))
    )


@routes.get("/api/v1/accounts/{id}/following", auth=ANYONE, scope="read:accounts")
async def list_following(call: Call[NoParams]) -> EntityPage:
    row = await _get_target(call, call.tx)
    return await _render_accounts(
        call, await followers.list_following(call.tx, row, call.viewer_id, call.page(40, 80))
    )


async def _load_relationship(call: Call[Any]) -> Relationship:
    return render_relationship((await relations.load(call.tx, call.account.id, [call.id()]))[0])


class FollowParams(Struct, frozen=True):
    reblogs: bool = True
    notify: bool = False
    languages: list[str] = []


@routes.post("/api/v1/accounts/{id}/follow", auth=USER, scope="write:follows", params=FollowParams)
async def follow(call: Call[FollowParams]) -> Relationship:
    languages = [tag for each in call.params.languages[:20] if (tag := normalize_language(each))]
    await follows.follow(
        call.tx,
        call.site,
        call.account,
        await _get_target(call, call.tx),
        shows_boosts=call.params.reblogs,
        notifies=call.params.notify,
        languages=languages,
    )
    return await _load_relationship(call)


@routes.post("/api/v1/accounts/{id}/unfollow", auth=USER, scope="write:follows")
async def unfollow(call: Call[NoParams]) -> Relationship:
    await follows.unfollow(call.tx, call.site, call.account, await _get_target(call, call.tx))
    return await _load_relationship(call)


@routes.post("/api/v1/accounts/{id}/remove_from_followers", auth=USER, scope="write:follows")
async def remove_from_followers(call: Call[NoParams]) -> Relationship:
    await follows.remove_follower(call.tx, call.account, (await _get_target(call, call.tx)).id)
    return await _load_relationship(call)


@routes.post("/api/v1/accounts/{id}/block", auth=USER, scope="write:blocks")
async def block(call: Call[NoParams]) -> Relationship:
    await blocks.block(call.tx, call.site, call.account, await _get_target(call, call.tx))
    return await _load_relationship(call)


@routes.post("/api/v1/accounts/{id}/unblock", auth=USER, scope="write:blocks")
async def unblock(call: Call[NoParams]) -> Relationship:
    await blocks.unblock(call.tx, call.account, await _get_target(call, call.tx))
    return await _load_relationship(call)


class MuteParams(Struct, frozen=True):
    notifications: bool = True
    duration: int = 0


@routes.post("/api/v1/accounts/{id}/mute", auth=USER, scope="write:mutes", params=MuteParams)
async def mute(call: Call[MuteParams]) -> Relationship:
    target = await _get_target(call, call.tx)
    params = call.params
    await mutes.mute(
        call.tx, call.account, target, hides_notifications=params.notifications, seconds=params.duration
    )
    return await _load_relationship(call)


@routes.post("/api/v1/accounts/{id}/unmute", auth=USER, scope="write:mutes")
async def unmute(call: Call[NoParams]) -> Relationship:
    await mutes.unmute(call.tx, call.account, await _get_target(call, call.tx))
    return await _load_relationship(call)


class AccountNoteParams(Struct, frozen=True):
    comment: str = ""


@routes.post("/api/v1/accounts/{id}/note", auth=USER, scope="write:accounts", params=AccountNoteParams)
async def set_note(call: Call[AccountNoteParams]) -> Relationship:
    await mutes.set_note(call.tx, call.account, await _get_target(call, call.tx), call.params.comment)
    return await _load_relationship(call)
