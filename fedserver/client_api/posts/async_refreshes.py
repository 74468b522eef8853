"""Async refreshes (docs.joinmastodon.org/methods/async_refreshes): whether replies are being fetched."""

from __future__ import annotations

from msgspec import Struct

from fedserver.domain.posts import refreshes
from fedserver.web.endpoint import USER, Call, NoParams, Routes

routes = Routes("client_api")
RETRY_SECONDS = 3  # after which clients ask again


class AsyncRefresh(Struct, frozen=True):
    id: str
    status: str
    result_count: int | None


class AsyncRefreshAnswer(Struct, frozen=True):
    async_refresh: AsyncRefresh


def render_refresh_header(refresh_id: int, count: int) -> dict[str, str]:
    """Return the header that announces more replies to come; `count` have been found so far."""
    return {"Mastodon-Async-Refresh": f'id="{refresh_id}", retry={RETRY_SECONDS}, result_count={count}'}


@routes.get("/api/v1_alpha/async_refreshes/{id}", auth=USER, scope="read")
async def show(call: Call[NoParams]) -> AsyncRefreshAnswer:
    row = await refreshes.get(call.tx, call.id())
    return AsyncRefreshAnswer(AsyncRefresh(str(row.id), row.state, row.found))
