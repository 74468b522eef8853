"""Honest stubs: addresses that clients ask at start and that answer "nothing", because nothing is there yet.

The README lists them. A feature that comes takes its line out of this table.
"""

from __future__ import annotations

from typing import Any

from fedserver import domain
from fedserver.http import USER, Call, Nothing, Routes

routes = Routes("client_api")
EMPTY = {
    "/api/v1/followed_tags": "following of hashtags",
    "/api/v1/featured_tags": "featured hashtags",
    "/api/v1/endorsements": "featured accounts",
}
EMPTY_OPEN = {
    "/api/v1/trends/links": "trending links",
    "/api/v1/accounts/{id}/featured_tags": "featured hashtags",
    "/api/v1/accounts/{id}/endorsements": "featured accounts",
}


async def nothing(call: Call[Nothing]) -> list[Any]:
    """An empty list."""
    return []


async def missing(call: Call[Nothing]) -> None:
    """Raises NotFound: there is no push subscription, as push is not there yet."""
    raise domain.NotFound


for _path in EMPTY:
    routes.get(_path, who=USER, tx="own")(nothing)
for _path in EMPTY_OPEN:
    routes.get(_path, tx="own")(nothing)
routes.get("/api/v1/push/subscription", who=USER, scope="push", tx="own")(missing)
