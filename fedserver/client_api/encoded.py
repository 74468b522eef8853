"""Statuses as JSON, remembered: a status is encoded once for all viewers to whom it looks alike.

`status` is a pure function of the view, so equal stamps mean equal bytes.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

import msgspec

from fedserver import domain
from fedserver.client_api.entities import Status, status
from fedserver.http import Call, encode

MOST = 3_000


def statuses(call: Call[Any], views: Iterable[domain.PostView]) -> list[Status]:
    """Statuses to be put into an answer, most of them encoded already; not to be looked into."""
    room, links = call.services.db.memory.room("statuses", MOST), call.site.links
    found = []
    for view in views:
        known = room.get(view.stamp) if view.stamp is not None else None
        if known is None:
            known = msgspec.Raw(encode(status(links, view)))
            if view.stamp is not None:
                room.put(view.stamp, known)
        found.append(known)
    return cast(list[Status], found)
