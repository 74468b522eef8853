"""Look up the actor of a handle with WebFinger (RFC 7033)."""

from __future__ import annotations

from collections.abc import AsyncIterator

import structlog

from activitypub import webfinger
from activitypub.document import parse
from activitypub.errors import ActivityPubError
from activitypub.webfinger import JRD_MEDIA_TYPE, Handle
from fedserver.federation.fetch import Fetcher
from fedserver.net.client import Response

log = structlog.stdlib.get_logger("fedserver.federation")


async def look_up(fetcher: Fetcher, handle: Handle, *, allow_http: bool) -> tuple[Handle, str] | None:
    """Return the canonical handle and the actor's URI, as the handle's host tells them.

    A host that names no subject confirms `handle` itself. It is that host's claim only: the caller
    checks that the actor and the host of the subject say the same. Returns None if there is no usable answer.
    """
    async for response in _query(fetcher, handle, allow_http=allow_http):
        try:
            subject, actor_uri = webfinger.read_jrd(parse(response.body))
        except ActivityPubError as error:
            log.info("webfinger_malformed", handle=str(handle), reason=str(error))
            continue
        return subject or handle, actor_uri
    return None


async def look_up_interaction_template(fetcher: Fetcher, handle: Handle, *, allow_http: bool) -> str | None:
    """Return the template of the address where the handle's host asks what to do with a post or account.

    Returns '' if the account has none, None if there is no such account.
    """
    async for response in _query(fetcher, handle, allow_http=allow_http):
        try:
            return webfinger.read_interaction_template(parse(response.body))
        except ActivityPubError as error:
            log.info("webfinger_malformed", handle=str(handle), reason=str(error))
    return None


async def _query(fetcher: Fetcher, handle: Handle, *, allow_http: bool) -> AsyncIterator[Response]:
    """Yield the answers of a host about a handle, over HTTPS first."""
    for scheme in ("https", "http") if allow_http else ("https",):
        base = f"{scheme}://{handle.domain}"
        response = await fetcher.get(webfinger.build_query_url(base, handle), JRD_MEDIA_TYPE)
        # Some hosts serve WebFinger at another address, which host-meta names; some answer 400 instead of
        # 404. An answer that was redirected comes from the right address already.
        if response is not None and response.status in (404, 400) and not response.hops:
            response = await _look_up_by_host_meta(fetcher, base, handle) or response
        if response is not None and response.status == 200:
            yield response


async def _look_up_by_host_meta(fetcher: Fetcher, base: str, handle: Handle) -> Response | None:
    """Return the answer from the WebFinger address that host-meta (RFC 6415) names, if it names one."""
    response = await fetcher.get(f"{base}/.well-known/host-meta", "application/xrd+xml")
    if response is None or response.status != 200:
        return None
    template = webfinger.read_host_meta(response.body.decode("utf-8", "replace"))
    return await fetcher.get(webfinger.fill_template(template, handle), JRD_MEDIA_TYPE) if template else None
