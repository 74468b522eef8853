"""Markers: how far one has read (docs.joinmastodon.org/methods/markers)."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from fedserver.client_api.entities.times import iso
from fedserver.domain.timelines import markers
from fedserver.web.endpoint import USER, Call, Routes
from storage.rows.timelines import MarkerRow

routes = Routes("client_api")


class Marker(Struct, frozen=True):
    last_read_id: str
    version: int
    updated_at: str


class WantedParams(Struct, frozen=True):
    timeline: list[str] = []


class Position(Struct, frozen=True):
    last_read_id: int | None = None


class SaveParams(Struct, frozen=True):
    home: Position | None = None
    notifications: Position | None = None


def _entities(found: Mapping[str, MarkerRow]) -> dict[str, Marker]:
    return {
        name: Marker(str(row.last_read_id), row.version, iso(row.updated_at)) for name, row in found.items()
    }


@routes.get("/api/v1/markers", who=USER, scope="read:statuses", params=WantedParams)
async def show(call: Call[WantedParams]) -> dict[str, Marker]:
    asked = [name for name in markers.TIMELINES if name in call.params.timeline]
    # Some clients fail where the entry is missing.
    unread = Marker("0", 0, iso(call.account.created_at))
    return dict.fromkeys(asked, unread) | _entities(await markers.get(call.tx, call.account, asked))


@routes.post("/api/v1/markers", who=USER, scope="write:statuses", params=SaveParams)
async def save(call: Call[SaveParams]) -> dict[str, Marker]:
    given = {"home": call.params.home, "notifications": call.params.notifications}
    wanted = {
        name: each.last_read_id
        for name, each in given.items()
        if each is not None and each.last_read_id is not None
    }
    return _entities(await markers.put(call.tx, call.account, wanted))
