"""The surfaces of a node, in one list: whoever adds one adds it here."""

from __future__ import annotations

from collections.abc import Callable

from fedserver.http.endpoint import Endpoint
from fedserver.s2s import surface as s2s

SURFACES: tuple[Callable[[], list[Endpoint]], ...] = (s2s.endpoints,)
TEMPLATES: tuple[str, ...] = ()
