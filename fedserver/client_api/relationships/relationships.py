"""How a member stands to an account, and changing it: follow, block, mute, note.

docs.joinmastodon.org/methods/accounts#relationships, #follow, #block, #mute, #note
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from fedserver.client_api.accounts.accounts import get_account, get_decided_account
from fedserver.client_api.entities.relationships import Relationship, render_relationship
from fedserver.domain.accounts import relations
from fedserver.domain.relationships import blocks, follows, mutes
from fedserver.text.languages import normalize_language
from fedserver.web.endpoint import USER, Call, NoParams, Routes

routes = Routes("client_api")


class RelationshipsParams(Struct, frozen=True):
    id: list[int] = []
    with_suspended: bool = False


@routes.get("/api/v1/accounts/relationships", auth=USER, scope="read:follows", params=RelationshipsParams)
async def list_relationships(call: Call[RelationshipsParams]) -> list[Relationship]:
    relationships = await relations.load(call.tx, call.account.id, call.params.id[:100])
    return [render_relationship(relation) for relation in relationships]


async def _load_relationship(call: Call[Any]) -> Relationship:
    return render_relationship((await relations.load(call.tx, call.account.id, [call.id()]))[0])


class FollowParams(Struct, frozen=True):
    reblogs: bool = True
    notify: bool = False
    languages: list[str] = []


@routes.post("/api/v1/accounts/{id}/follow", auth=USER, scope="write:follows", params=FollowParams)
async def follow(call: Call[FollowParams]) -> Relationship:
    languages = [tag for code in call.params.languages[:20] if (tag := normalize_language(code))]
    await follows.follow(
        call.tx,
        call.site,
        call.account,
        await get_account(call, call.tx),
        shows_boosts=call.params.reblogs,
        notifies=call.params.notify,
        languages=languages,
    )
    return await _load_relationship(call)


@routes.post("/api/v1/accounts/{id}/unfollow", auth=USER, scope="write:follows")
async def unfollow(call: Call[NoParams]) -> Relationship:
    await follows.unfollow(call.tx, call.site, call.account, await get_account(call, call.tx))
    return await _load_relationship(call)


@routes.post("/api/v1/accounts/{id}/remove_from_followers", auth=USER, scope="write:follows")
async def remove_from_followers(call: Call[NoParams]) -> Relationship:
    await follows.remove_follower(call.tx, call.account, (await get_account(call, call.tx)).id)
    return await _load_relationship(call)


@routes.post("/api/v1/accounts/{id}/block", auth=USER, scope="write:blocks")
async def block(call: Call[NoParams]) -> Relationship:
    await blocks.block(call.tx, call.site, call.account, await get_account(call, call.tx))
    return await _load_relationship(call)


@routes.post("/api/v1/accounts/{id}/unblock", auth=USER, scope="write:blocks")
async def unblock(call: Call[NoParams]) -> Relationship:
    await blocks.unblock(call.tx, call.account, await get_decided_account(call, call.tx))
    return await _load_relationship(call)


class MuteParams(Struct, frozen=True):
    notifications: bool = True
    duration: int = 0


@routes.post("/api/v1/accounts/{id}/mute", auth=USER, scope="write:mutes", params=MuteParams)
async def mute(call: Call[MuteParams]) -> Relationship:
    target = await get_account(call, call.tx)
    params = call.params
    await mutes.mute(
        call.tx, call.account, target, hides_notifications=params.notifications, seconds=params.duration
    )
    return await _load_relationship(call)


@routes.post("/api/v1/accounts/{id}/unmute", auth=USER, scope="write:mutes")
async def unmute(call: Call[NoParams]) -> Relationship:
    await mutes.unmute(call.tx, call.account, await get_decided_account(call, call.tx))
    return await _load_relationship(call)


class AccountNoteParams(Struct, frozen=True):
    comment: str = ""


@routes.post("/api/v1/accounts/{id}/note", auth=USER, scope="write:accounts", params=AccountNoteParams)
async def set_note(call: Call[AccountNoteParams]) -> Relationship:
    target = await get_decided_account(call, call.tx)
    await mutes.set_note(call.tx, call.account, target, call.params.comment)
    return await _load_relationship(call)
