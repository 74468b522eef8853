"""The services of a node with what only web needs; surfaces read them from `call.services`."""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import web

from fedserver.runtime.services import Services
from fedserver.web.html import Pages
from fedserver.web.proxies import Proxies
from fedserver.web.rate_limits import RateLimiter


@dataclass(frozen=True, slots=True, kw_only=True)
class WebServices(Services):
    """Services, the renderer of pages, the limits of requests, and the proxies that are trusted."""

    rate_limiter: RateLimiter
    pages: Pages
    proxies: Proxies


SERVICES: web.AppKey[WebServices] = web.AppKey("services", WebServices)
