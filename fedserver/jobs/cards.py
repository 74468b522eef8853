"""Preview cards: pages that posts link to, fetched once for all posts, bounded in size and time."""

from __future__ import annotations

import msgspec
import structlog
from msgspec import structs

from fedserver.domain.kernel import jobs
from fedserver.domain.timelines import cards
from fedserver.net.client import Response
from fedserver.net.errors import NetError
from fedserver.runtime.services import Services
from fedserver.text.previews import PagePreview, parse_oembed, parse_page

log = structlog.stdlib.get_logger("fedserver.jobs")
MAX_BYTES, TIMEOUT_S = 1_048_576, 10.0  # what a page needs at most before its <head> has ended
decode = msgspec.json.Decoder(dict).decode


async def fetch_card(services: Services, job: jobs.FetchCard) -> None:
    """Give a post the card of its first link. A page that fails has no card and is not retried soon."""
    async with services.db.read() as tx:
        link = await cards.find_link(tx, job.post_id, services.site.links.is_local)
    url, is_stale = link or (None, False)
    preview, creator_id = None, None
    if url is not None and is_stale:
        preview = await _fetch_page(services, url)
        creator_id = await _find_creator(services, preview) if preview is not None else None
    async with services.db.write() as tx:
        if url is not None and is_stale:
            await cards.save(tx, url, preview, creator_id)
        await cards.set_for_post(tx, job.post_id, url)


async def _get(services: Services, url: str, accept: str) -> Response | None:
    try:
        response = await services.client.get(url, accept=accept, max_bytes=MAX_BYTES, seconds=TIMEOUT_S)
    except NetError as error:
        log.info("card_failed", url=url[:300], reason=str(error))
        return None
    return response if response.status == 200 else None


async def _fetch_page(services: Services, url: str) -> PagePreview | None:
    response = await _get(services, url, "text/html, application/xhtml+xml;q=0.9")
    kinds = ("text/html", "application/xhtml+xml")
    if response is None or not response.content_type.lower().startswith(kinds):
        return None
    preview = parse_page(response.body, response.content_type, response.url)
    if preview is None or not preview.oembed:
        return preview
    answer = await _get(services, preview.oembed, "application/json")
    try:
        return parse_oembed(decode(answer.body), preview, response.url) if answer is not None else preview
    except (msgspec.DecodeError, RecursionError) as error:
        log.info("card_oembed_malformed", url=url[:300], reason=str(error))
        return structs.replace(preview, oembed="")


async def _find_creator(services: Services, preview: PagePreview) -> int | None:
    """Return the account that a page names as its author; if it agrees is checked when the card is shown."""
    handle = preview.creator
    if handle.count("@") not in (1, 2) or "/" in handle:
        return None
    account = await services.resolver.resolve_account(handle if handle.startswith("@") else f"@{handle}")
    return account.id if account is not None else None
