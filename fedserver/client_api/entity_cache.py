"""Statuses and accounts as JSON, remembered: encoded once for all viewers to whom they look alike.

`render_status` is a pure function of the view, so equal stamps mean equal bytes. An account looks alike to
everybody until its version grows.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

import msgspec

from fedserver.client_api.entities.accounts import Account, render_account
from fedserver.client_api.entities.statuses import Status, render_status
from fedserver.domain.accounts import account_views
from fedserver.domain.timelines.post_views import PostView
from fedserver.web.endpoint import Call
from fedserver.web.json import encode
from fedserver.web.services import Services
from storage.cache import LruCache

MAX_STATUSES = 3_000
MAX_ACCOUNTS = 500


def encode_status(services: Services, view: PostView) -> msgspec.Raw:
    """Return a status as JSON, encoded now or earlier."""
    return _load_or_encode(services, services.db.caches.get_cache("statuses", MAX_STATUSES), view)


def _load_or_encode(services: Services, room: LruCache, view: PostView) -> msgspec.Raw:
    known: msgspec.Raw | None = room.get(view.stamp) if view.stamp is not None else None
    if known is None:
        known = msgspec.Raw(encode(render_status(services.site.links, view)))
        if view.stamp is not None:
            room.put(view.stamp, known)
    return known


def encode_statuses(call: Call[Any], views: Iterable[PostView]) -> list[Status]:
    """Statuses to be put into an answer, most of them encoded already; not to be looked into."""
    services = call.services
    room = services.db.caches.get_cache("statuses", MAX_STATUSES)
    return cast(list[Status], [_load_or_encode(services, room, view) for view in views])


def encode_account(call: Call[Any], view: account_views.AccountView) -> Account:
    """Return an account for the response, encoded now or earlier; its fields cannot be read any more."""
    if view.moved_to is not None:
        return render_account(call.site.links, view)
    room = call.services.db.caches.get_cache("encoded_accounts", MAX_ACCOUNTS)
    key = (view.account.id, view.account.version)
    known = room.get(key)
    if known is None:
        known = msgspec.Raw(encode(render_account(call.site.links, view)))
        room.put(key, known)
    return cast(Account, known)
