"""Statuses and accounts as JSON, remembered: encoded once for all viewers to whom they look alike.

`status` is a pure function of the view, so equal stamps mean equal bytes. An account looks alike to everybody
until its version grows.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

import msgspec

from fedserver.client_api.entities.accounts import Account, account
from fedserver.client_api.entities.statuses import Status, status
from fedserver.domain.accounts import account_views
from fedserver.domain.timelines.post_views import PostView
from fedserver.web.endpoint import Call
from fedserver.web.json import encode
from fedserver.web.services import Services
from storage.cache import Room

MOST = 3_000
MOST_ACCOUNTS = 500


def status_json(services: Services, view: PostView) -> msgspec.Raw:
    """A status, encoded now or earlier."""
    return _known(services, services.db.memory.room("statuses", MOST), view)


def _known(services: Services, room: Room, view: PostView) -> msgspec.Raw:
    known: msgspec.Raw | None = room.get(view.stamp) if view.stamp is not None else None
    if known is None:
        known = msgspec.Raw(encode(status(services.site.links, view)))
        if view.stamp is not None:
            room.put(view.stamp, known)
    return known


def statuses(call: Call[Any], views: Iterable[PostView]) -> list[Status]:
    """Statuses to be put into an answer, most of them encoded already; not to be looked into."""
    services = call.services
    room = services.db.memory.room("statuses", MOST)
    return cast(list[Status], [_known(services, room, view) for view in views])


def account_json(call: Call[Any], view: account_views.AccountView) -> Account:
    """An account to be the answer, encoded now or earlier; not to be looked into."""
    if view.moved_to is not None:
        return account(call.site.links, view)
    room = call.services.db.memory.room("encoded_accounts", MOST_ACCOUNTS)
    key = (view.account.id, view.account.version)
    known = room.get(key)
    if known is None:
        known = msgspec.Raw(encode(account(call.site.links, view)))
        room.put(key, known)
    return cast(Account, known)
