"""The services of a node with what only web needs; surfaces read them from `call.services`."""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import web

from fedserver.runtime.check_tokens import CheckTokens
from fedserver.runtime.services import Services
from fedserver.web.html import Pages
from fedserver.web.proxies import Proxies
from fedserver.web.rate_limits import RateLimiter


@dataclass(frozen=True, slots=True, kw_only=True)
class WebServices(Services):
    """Services and what only web needs: pages, limits, trusted proxies, tokens of `fedserver check`."""

    rate_limiter: RateLimiter
    pages: Pages
    proxies: Proxies
    check_tokens: CheckTokens


SERVICES: web.AppKey[WebServices] = web.AppKey("services", WebServices)
