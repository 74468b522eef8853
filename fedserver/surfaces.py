"""The surfaces of a node; a new one is added here."""

from __future__ import annotations

from collections.abc import Callable

from fedserver.client_api import surface as client_api
from fedserver.console import surface as console
from fedserver.oauth import surface as oauth
from fedserver.pages import surface as pages
from fedserver.s2s import surface as s2s
from fedserver.web.endpoint import Endpoint

# Pages come first: where paths overlap, theirs are the more specific ones.
SURFACES: tuple[Callable[[], list[Endpoint]], ...] = (
    pages.endpoints,
    s2s.endpoints,
    client_api.endpoints,
    oauth.endpoints,
    console.endpoints,
)
TEMPLATES: tuple[str, ...] = ("fedserver.oauth", "fedserver.pages", "fedserver.console")
