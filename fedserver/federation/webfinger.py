"""Asking a host which actor a handle belongs to (RFC 7033)."""

from __future__ import annotations

import structlog

from activitypub import webfinger
from activitypub.document import parse
from activitypub.errors import ActivityPubError
from activitypub.webfinger import JRD, Handle
from fedserver.federation.fetch import Fetcher
from fedserver.net.client import Response

log = structlog.stdlib.get_logger("fedserver.federation")


async def look_up(fetcher: Fetcher, handle: Handle, *, allow_http: bool) -> tuple[Handle, str] | None:
    """Return the canonical handle and the actor's URI, as the handle's host has them, or None."""
    for scheme in ("https", "http") if allow_http else ("https",):
        base = f"{scheme}://{handle.domain}"
        response = await fetcher.get(webfinger.build_query_url(base, handle), JRD)
        if response is not None and response.status in (404, 400) and not response.hops:
            response = await _look_up_by_host_meta(fetcher, base, handle) or response
        if response is None or response.status != 200:
            continue
        try:
            subject, actor_uri = webfinger.read_jrd(parse(response.body))
        except ActivityPubError as error:
            log.info("webfinger_malformed", handle=str(handle), reason=str(error))
            continue
        return subject or handle, actor_uri
    return None


async def _look_up_by_host_meta(fetcher: Fetcher, base: str, handle: Handle) -> Response | None:
    """Ask at the address that host-meta (RFC 6415) names, for hosts whose WebFinger is elsewhere."""
    response = await fetcher.get(f"{base}/.well-known/host-meta", "application/xrd+xml")
    if response is None or response.status != 200:
        return None
    template = webfinger.read_host_meta(response.body.decode("utf-8", "replace"))
    return await fetcher.get(webfinger.fill_template(template, handle), JRD) if template else None
