"""Drafts of the member's own: statuses with `draft: true`, which nobody else sees.

`PUT /api/v1/statuses/:id` with `draft=false` publishes one. The answer has another id, which sorts by the
time of the publication.
"""

from __future__ import annotations

from fedserver.client_api.timelines.timelines import render_page
from fedserver.domain.posts import articles
from fedserver.web.endpoint import USER, Call, EntityPage, NoParams, Routes

routes = Routes("client_api")


@routes.get("/api/fedserver/v1/drafts", auth=USER, scope="read:statuses")
async def list_drafts(call: Call[NoParams]) -> EntityPage:
    """Return drafts of articles and of other posts, newest first."""
    return await render_page(
        call, await articles.list_drafts(call.tx, call.account.id, call.page()), "account"
    )
