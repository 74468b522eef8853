"""Quotes of statuses (docs.joinmastodon.org/methods/statuses#quotes): who may quote, who does, revoking."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from fedserver.client_api.entities.statuses import Status, render_status
from fedserver.client_api.posts.interaction_policies import InteractionPolicyParams, parse_policy
from fedserver.client_api.timelines.timelines import render_page
from fedserver.domain.kernel.errors import InvalidError
from fedserver.domain.posts import quotes, replies
from fedserver.domain.timelines import post_views
from fedserver.web.endpoint import USER, Call, EntityPage, NoParams, Routes

routes = Routes("client_api")


class QuotePolicyParams(Struct, frozen=True):
    quote_approval_policy: str = ""
    interaction_policy: InteractionPolicyParams | None = None


async def _load_status(call: Call[Any], post_id: int) -> Status:
    return render_status(call.site.links, await post_views.get(call.tx, post_id, call.viewer_id))


@routes.put(
    "/api/v1/statuses/{id}/interaction_policy", auth=USER, scope="write:statuses", params=QuotePolicyParams
)
async def set_policy(call: Call[QuotePolicyParams]) -> Status:
    quote_policy, interaction_policy = call.params.quote_approval_policy, call.params.interaction_policy
    if not quote_policy and interaction_policy is None:
        raise InvalidError("quote_approval_policy", "can't be blank", "ERR_BLANK")
    if quote_policy:
        await quotes.set_policy(call.tx, call.account, call.id(), quote_policy)
    if interaction_policy is not None:
        await replies.set_interaction_policy(
            call.tx, call.account, call.id(), parse_policy(interaction_policy)
        )
    return await _load_status(call, call.id())


@routes.get("/api/v1/statuses/{id}/quotes", auth=USER, scope="read:statuses")
async def list_quotes(call: Call[NoParams]) -> EntityPage:
    ids = await quotes.list_quoting_posts(call.tx, call.viewer_id, call.id(), call.page())
    return await render_page(call, ids, "thread")


@routes.post("/api/v1/statuses/{id}/quotes/{quoting_id}/revoke", auth=USER, scope="write:statuses")
async def revoke_quote(call: Call[NoParams]) -> Status:
    quoting_id = call.id("quoting_id")
    await quotes.revoke(call.tx, call.account, call.id(), quoting_id)
    return await _load_status(call, quoting_id)
