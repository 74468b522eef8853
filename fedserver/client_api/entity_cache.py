"""Cached JSON of statuses and accounts: encoded once for all viewers who see the same.

`render_status` is a pure function of the view, so views with equal stamps have equal JSON. An account looks
the same to everybody until its version grows.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

import msgspec

from fedserver.client_api.entities.accounts import Account, render_account
from fedserver.client_api.entities.statuses import Status, render_status
from fedserver.domain.accounts import account_views
from fedserver.domain.timelines.post_views import PostView
from fedserver.links import Links
from fedserver.runtime.services import Services
from fedserver.web.endpoint import Call
from fedserver.web.json import encode
from storage.cache import LruCache

# Entries; a status takes some kilobytes.
MAX_STATUSES = 3_000
MAX_ACCOUNTS = 500


def encode_status(services: Services, view: PostView) -> msgspec.Raw:
    """Return a status as JSON, from the cache if it is there."""
    cache = services.db.caches.get_cache("statuses", MAX_STATUSES)
    return _load_or_encode(services.site.links, cache, services.site.links.grant_period, view)


def _load_or_encode(links: Links, cache: LruCache, grant_period: int, view: PostView) -> msgspec.Raw:
    """Return a status from the cache, or encode and cache it; a view without a stamp is not cached."""
    # Addresses of files change with the period of their grants.
    key = (view.stamp, grant_period) if view.stamp is not None else None
    encoded: msgspec.Raw | None = cache.get(key) if key is not None else None
    if encoded is None:
        encoded = msgspec.Raw(encode(render_status(links, view)))
        if key is not None:
            cache.store(key, encoded)
    return encoded


def encode_statuses(call: Call[Any], views: Iterable[PostView]) -> list[Status]:
    """Return statuses as JSON for an answer; only the encoder can read them."""
    links, period = call.site.links, call.site.links.grant_period
    cache = call.services.db.caches.get_cache("statuses", MAX_STATUSES)
    return cast(list[Status], [_load_or_encode(links, cache, period, view) for view in views])


def encode_account(call: Call[Any], view: account_views.AccountView) -> Account:
    """Return an account as JSON for an answer; only the encoder can read it."""
    # The account that it moved to has a version of its own.
    if view.moved_to is not None:
        return render_account(call.site.links, view)
    cache = call.services.db.caches.get_cache("encoded_accounts", MAX_ACCOUNTS)
    key = (view.account.id, view.account.version, call.site.links.grant_period)
    encoded = cache.get(key)
    if encoded is None:
        encoded = msgspec.Raw(encode(render_account(call.site.links, view)))
        cache.store(key, encoded)
    return cast(Account, encoded)
