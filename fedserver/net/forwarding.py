"""The hops that reverse proxies name in the headers of a request."""

from __future__ import annotations

import re
from collections.abc import Mapping

from aiohttp import hdrs

MAX_HOPS = 20  # further ones are not read: no chain of trusted proxies is that long
FORWARDED_FOR = re.compile(r'(?:^|;)\s*for\s*=\s*("[^"]*"|[^;\s]*)', re.IGNORECASE)


def list_named_hops(headers: Mapping[str, str]) -> list[str]:
    """Return the hops that these headers name, the nearest last."""
    if hdrs.X_FORWARDED_FOR in headers:
        return [hop for hop in headers[hdrs.X_FORWARDED_FOR].split(",") if hop.strip()][-MAX_HOPS:]
    if hdrs.FORWARDED in headers:
        elements = headers[hdrs.FORWARDED].split(",")[-MAX_HOPS:]
        return [match[1] if (match := FORWARDED_FOR.search(element)) else "" for element in elements]
    return []
