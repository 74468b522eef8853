"""Accounts (docs.joinmastodon.org/methods/accounts): look at, follow, block, mute."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from fedserver.client_api import encoded
from fedserver.client_api.entities.accounts import Account, account
from fedserver.client_api.entities.relationships import Relationship, relationship
from fedserver.domain.accounts import account_views, accounts, relations
from fedserver.domain.kernel.errors import NotFound
from fedserver.domain.posts import pins
from fedserver.domain.relationships import blocks, follows, mutes
from fedserver.domain.timelines import post_views, search, timelines
from fedserver.text.language import normal_language
from fedserver.web.endpoint import ANYONE, USER, Call, Nothing, Routes
from fedserver.web.paging import Listed, listed, offset_of
from storage.engine import Tx
from storage.rows.accounts import AccountRow

routes = Routes("client_api")


class LookupParams(Struct, frozen=True):
    acct: str = ""


@routes.get("/api/v1/accounts/lookup", params=LookupParams, scope="read:accounts")
async def lookup(call: Call[LookupParams]) -> Account:
    username, _, host = call.params.acct.strip().lstrip("@").partition("@")
    host = "" if host in (call.site.links.domain, call.site.links.host) else host
    view = await account_views.by_handle(call.tx, username, host)
    if view is None or view.account.suspended_at is not None or view.account.deleted_at is not None:
        raise NotFound
    return encoded.account_json(call, view)


class IdsParams(Struct, frozen=True):
    id: list[int] = []
    with_suspended: bool = False


@routes.get("/api/v1/accounts", params=IdsParams, scope="read:accounts")
async def show_some(call: Call[IdsParams]) -> list[Account]:
    views = await account_views.load_page(call.tx, call.params.id[:40])
    return [account(call.site.links, view) for view in views]


@routes.get("/api/v1/accounts/relationships", who=USER, scope="read:follows", params=IdsParams)
async def relationships(call: Call[IdsParams]) -> list[Relationship]:
    found = await relations.load(call.tx, call.account.id, call.params.id[:100])
    return [relationship(each) for each in found]


class SearchParams(Struct, frozen=True):
    q: str = ""
    limit: int = 40
    offset: int = 0
    resolve: bool = False
    following: bool = False


@routes.get("/api/v1/accounts/search", who=USER, scope="read:accounts", params=SearchParams, tx="own")
async def search_accounts(call: Call[SearchParams]) -> list[Account]:
    params = call.params
    if params.resolve and "@" in params.q.strip().lstrip("@"):
        await call.services.resolver.account(params.q)
    async with call.services.db.read() as tx:
        limit = max(1, min(params.limit, 80))
        ids = await search.find_people(
            tx,
            call.site,
            call.viewer_id,
            params.q,
            limit,
            offset_of(call.request),
            following=params.following,
        )
        views = await account_views.load_page(tx, ids)
    return [account(call.site.links, view) for view in views]


class FamiliarFollowers(Struct, frozen=True):
    id: str
    accounts: list[Account]


@routes.get("/api/v1/accounts/familiar_followers", who=USER, scope="read:follows", params=IdsParams)
async def familiar_followers(call: Call[IdsParams]) -> list[FamiliarFollowers]:
    wanted = list(dict.fromkeys(call.params.id))[:40]
    found = await follows.familiar(call.tx, call.account.id, wanted)
    views = await account_views.load_page(call.tx, list({each for ids in found.values() for each in ids}))
    shown = {view.account.id: account(call.site.links, view) for view in views}
    return [
        FamiliarFollowers(str(each), [shown[other] for other in found.get(each, []) if other in shown])
        for each in wanted
    ]


async def _target(call: Call[Any], tx: Tx) -> AccountRow:
    row = await accounts.by_id(tx, call.id())
    if row.deleted_at is not None:
        raise NotFound
    return row


@routes.get("/api/v1/accounts/{id}", scope="read:accounts")
async def show(call: Call[Nothing]) -> Account:
    view = await account_views.by_id(call.tx, call.id())
    if view is None or view.account.deleted_at is not None:
        raise NotFound
    return encoded.account_json(call, view)


async def read_featured(call: Call[Any], row: AccountRow) -> None:
    """A member looks at a peer's account: what is on top of its profile is read in the background."""
    if call.viewer_id is not None and pins.is_due(row, call.services.db.clock()):
        async with call.services.db.write() as tx:
            await pins.ask(tx, row)


class StatusesParams(Struct, frozen=True):
    only_media: bool = False
    exclude_replies: bool = False
    exclude_reblogs: bool = False
    pinned: bool = False
    tagged: str = ""


@routes.get("/api/v1/accounts/{id}/statuses", scope="read:statuses", params=StatusesParams, tx="own")
async def statuses(call: Call[StatusesParams]) -> Listed:
    async with call.services.db.read() as tx:
        row = await _target(call, tx)
        found = await _posted(call, tx, row)
    if call.params.pinned:
        await read_featured(call, row)
    return found


async def _posted(call: Call[StatusesParams], tx: Tx, row: AccountRow) -> Listed:
    params = call.params
    if row.suspended_at is not None:
        return Listed([], None, None)
    if params.pinned:
        ids = await timelines.pinned(tx, row.id, call.viewer_id)
        views = await post_views.load(tx, ids, call.viewer_id, context="account")
        return Listed(encoded.statuses(call, views), None, None)
    ids = await timelines.of_account(
        tx,
        row.id,
        call.viewer_id,
        call.page(),
        exclude_replies=params.exclude_replies,
        exclude_boosts=params.exclude_reblogs,
        only_media=params.only_media,
        tagged=params.tagged or None,
    )
    views = await post_views.load(tx, ids, call.viewer_id, context="account")
    return listed(encoded.statuses(call, views), ids)


async def _accounts(call: Call[Nothing], pairs: list[tuple[int, int]]) -> Listed:
    views = await account_views.load_page(call.tx, [each for _, each in pairs])
    return listed([account(call.site.links, view) for view in views], [cursor for cursor, _ in pairs])


@routes.get("/api/v1/accounts/{id}/followers", who=ANYONE, scope="read:accounts")
async def followers(call: Call[Nothing]) -> Listed:
    row = await _target(call, call.tx)
    return await _accounts(call, await follows.followers(call.tx, row, call.viewer_id, call.page(40, 80)))


@routes.get("/api/v1/accounts/{id}/following", who=ANYONE, scope="read:accounts")
async def following(call: Call[Nothing]) -> Listed:
    row = await _target(call, call.tx)
    return await _accounts(call, await follows.following(call.tx, row, call.viewer_id, call.page(40, 80)))


async def _relation(call: Call[Any]) -> Relationship:
    return relationship((await relations.load(call.tx, call.account.id, [call.id()]))[0])


class FollowParams(Struct, frozen=True):
    reblogs: bool = True
    notify: bool = False
    languages: list[str] = []


@routes.post("/api/v1/accounts/{id}/follow", who=USER, scope="write:follows", params=FollowParams)
async def follow(call: Call[FollowParams]) -> Relationship:
    languages = [tag for each in call.params.languages[:20] if (tag := normal_language(each))]
    await follows.follow(
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
    await follows.unfollow(call.tx, call.site, call.account, await _target(call, call.tx))
    return await _relation(call)


@routes.post("/api/v1/accounts/{id}/remove_from_followers", who=USER, scope="write:follows")
async def remove_from_followers(call: Call[Nothing]) -> Relationship:
    await follows.remove_follower(call.tx, call.account, (await _target(call, call.tx)).id)
    return await _relation(call)


@routes.post("/api/v1/accounts/{id}/block", who=USER, scope="write:blocks")
async def block(call: Call[Nothing]) -> Relationship:
    await blocks.block(call.tx, call.site, call.account, await _target(call, call.tx))
    return await _relation(call)


@routes.post("/api/v1/accounts/{id}/unblock", who=USER, scope="write:blocks")
async def unblock(call: Call[Nothing]) -> Relationship:
    await blocks.unblock(call.tx, call.account, await _target(call, call.tx))
    return await _relation(call)


class MuteParams(Struct, frozen=True):
    notifications: bool = True
    duration: int = 0


@routes.post("/api/v1/accounts/{id}/mute", who=USER, scope="write:mutes", params=MuteParams)
async def mute(call: Call[MuteParams]) -> Relationship:
    target = await _target(call, call.tx)
    params = call.params
    await mutes.mute(
        call.tx, call.account, target, notifications=params.notifications, seconds=params.duration
    )
    return await _relation(call)


@routes.post("/api/v1/accounts/{id}/unmute", who=USER, scope="write:mutes")
async def unmute(call: Call[Nothing]) -> Relationship:
    await mutes.unmute(call.tx, call.account, await _target(call, call.tx))
    return await _relation(call)


class NoteParams(Struct, frozen=True):
    comment: str = ""


@routes.post("/api/v1/accounts/{id}/note", who=USER, scope="write:accounts", params=NoteParams)
async def note(call: Call[NoteParams]) -> Relationship:
    await mutes.note(call.tx, call.account, await _target(call, call.tx), call.params.comment)
    return await _relation(call)
