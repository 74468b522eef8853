"""Markers: how far a member has read (docs.joinmastodon.org/methods/markers)."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from fedserver.client_api.entities.times import to_iso
from fedserver.domain.timelines import markers
from fedserver.web.endpoint import USER, Call, Routes
from storage.rows.timelines import MarkerRow

routes = Routes("client_api")


class Marker(Struct, frozen=True):
    last_read_id: str
    version: int
    updated_at: str


class MarkersParams(Struct, frozen=True):
    timeline: list[str] = []


class MarkerParams(Struct, frozen=True):
    last_read_id: int | None = None


class SaveMarkersParams(Struct, frozen=True):
    home: MarkerParams | None = None
    notifications: MarkerParams | None = None


def _render_markers(rows: Mapping[str, MarkerRow]) -> dict[str, Marker]:
    return {
        name: Marker(str(row.last_read_id), row.version, to_iso(row.updated_at)) for name, row in rows.items()
    }


@routes.get("/api/v1/markers", auth=USER, scope="read:statuses", params=MarkersParams)
async def list_markers(call: Call[MarkersParams]) -> dict[str, Marker]:
    names = [name for name in markers.TIMELINES if name in call.params.timeline]
    # Some clients fail where the entry is missing.
    unread = Marker("0", 0, to_iso(call.account.created_at))
    return dict.fromkeys(names, unread) | _render_markers(await markers.load(call.tx, call.account, names))


@routes.post("/api/v1/markers", auth=USER, scope="write:statuses", params=SaveMarkersParams)
async def save_markers(call: Call[SaveMarkersParams]) -> dict[str, Marker]:
    sent = {"home": call.params.home, "notifications": call.params.notifications}
    last_read_ids = {
        name: marker.last_read_id
        for name, marker in sent.items()
        if marker is not None and marker.last_read_id is not None
    }
    return _render_markers(await markers.update(call.tx, call.account, last_read_ids))
