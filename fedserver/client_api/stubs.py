"""Honest stubs: addresses that clients ask at start and that answer "nothing", because nothing is there yet.

The README lists them. A feature that comes takes its line out of this table.
"""

from __future__ import annotations

from typing import Any

from fedserver.http import USER, Call, Nothing, Routes

routes = Routes("client_api")
EMPTY: dict[str, str] = {}
EMPTY_OPEN = {"/api/v1/trends/links": "trending links"}


async def nothing(call: Call[Nothing]) -> list[Any]:
    """An empty list."""
    return []


for _path in EMPTY:
    routes.get(_path, who=USER, tx="own")(nothing)
for _path in EMPTY_OPEN:
    routes.get(_path, tx="own")(nothing)
