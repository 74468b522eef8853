"""Quotes of statuses (docs.joinmastodon.org/methods/statuses#quotes): who may, who does, taking it back."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from fedserver.client_api.entities.statuses import Status, status
from fedserver.client_api.posts.interaction_policies import InteractionParams, policy_of
from fedserver.client_api.timelines.timelines import page_of
from fedserver.domain.kernel.errors import Invalid, NotFound
from fedserver.domain.posts import edits, quotes
from fedserver.domain.timelines import post_views
from fedserver.web.endpoint import USER, Call, Nothing, Routes
from fedserver.web.paging import Listed

routes = Routes("client_api")


class PolicyParams(Struct, frozen=True):
    quote_approval_policy: str = ""
    interaction_policy: InteractionParams | None = None


async def _one(call: Call[Any], post_id: int) -> Status:
    views = await post_views.load(call.tx, [post_id], call.viewer_id)
    if not views:
        raise NotFound
    return status(call.site.links, views[0])


@routes.put("/api/v1/statuses/{id}/interaction_policy", who=USER, scope="write:statuses", params=PolicyParams)
async def set_policy(call: Call[PolicyParams]) -> Status:
    word, given = call.params.quote_approval_policy, call.params.interaction_policy
    if not word and given is None:
        raise Invalid("quote_approval_policy", "can't be blank", "ERR_BLANK")
    if word:
        await edits.set_quote_policy(call.tx, call.account, call.id(), word)
    if given is not None:
        await edits.set_policy(call.tx, call.account, call.id(), policy_of(given))
    return await _one(call, call.id())


@routes.get("/api/v1/statuses/{id}/quotes", who=USER, scope="read:statuses")
async def list_quotes(call: Call[Nothing]) -> Listed:
    ids = await quotes.quoting(call.tx, call.viewer_id, call.id(), call.page())
    return await page_of(call, ids, "thread")


@routes.post("/api/v1/statuses/{id}/quotes/{quoting_id}/revoke", who=USER, scope="write:statuses")
async def revoke(call: Call[Nothing]) -> Status:
    quoting_id = call.id("quoting_id")
    await quotes.revoke(call.tx, call.account, call.id(), quoting_id)
    return await _one(call, quoting_id)
