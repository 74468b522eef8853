"""Check whether the pages that profiles link to link back with `rel="me"`.

Remote users choose which pages we visit, so it is bounded: few links, few seconds, one megabyte, and for
accounts of peers a number of visits an hour for each peer and for each host that is visited.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from urllib.parse import urljoin, urlsplit

import structlog
from cachetools import TTLCache

from fedserver.domain.accounts import verified_links
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.peers import peers
from fedserver.net.client import Client, Response
from fedserver.net.errors import NetError
from fedserver.text.page_links import parse_page_links
from storage.engine import Database
from storage.rows.accounts import AccountRow

log = structlog.stdlib.get_logger("fedserver.federation")
MAX_PAGE_BYTES, TIMEOUT_S, MAX_LINKS = 1_048_576, 5.0, 8
MAX_VISITS_PER_HOUR = 30  # for each peer and each host: many profiles must not become a flood of requests


class LinkChecker:
    """Checks links for one node."""

    def __init__(
        self,
        db: Database,
        site: NodeContext,
        client: Client,
        policies: peers.PeerPolicies,
        clock: Callable[[], int],
    ) -> None:
        self._db = db
        self._site = site
        self._client = client
        self._policies = policies
        self._visits: TTLCache[str, int] = TTLCache(20_000, 3_600, timer=lambda: clock() / 1000)

    async def check(self, account_id: int) -> None:
        """Visit the links of an account and record which lead back to it."""
        async with self._db.read() as tx:
            pending = await verified_links.find_pending(tx, account_id)
        if pending is None:
            return
        account, all_links = pending
        links = [link for link in all_links[:MAX_LINKS] if self._can_fetch(account, link)]
        answers = await asyncio.gather(*(self._links_back(account, link) for link in links))
        results = {link: answer for link, answer in zip(links, answers, strict=True) if answer is not None}
        if results:
            async with self._db.write() as tx:
                await verified_links.record_results(tx, account_id, results)

    def _can_fetch(self, account: AccountRow, link: str) -> bool:
        """Return True if a link may be visited now, and count the visit."""
        host = _host_of(link)
        if self._site.config.federation.mode == "closed" or self._site.links.is_local(link):
            return False
        if not host or self._policies.find(host) == "block":
            return False
        if not account.domain:
            return True
        counters = (f"peer {account.domain}", f"host {host}")
        if any(self._visits.get(counter, 0) >= MAX_VISITS_PER_HOUR for counter in counters):
            log.info("link_not_asked", account=account.uri[:300], host=host)
            return False
        for counter in counters:
            # Each visit sets the expiry of its entry again: the count ends after an hour without visits.
            self._visits[counter] = self._visits.get(counter, 0) + 1
        return True

    async def _links_back(self, account: AccountRow, link: str) -> bool | None:
        """Return whether a page links back to the account. Returns None if it cannot be read now."""
        try:
            page = await self._client.get(
                link, accept="text/html", max_bytes=MAX_PAGE_BYTES, seconds=TIMEOUT_S
            )
        except NetError as error:
            log.info("link_unreachable", link=link[:300], reason=str(error))
            return None
        if page.status >= 500 or page.status == 429:
            return None
        if page.status != 200 or "html" not in page.content_type:
            return False
        profile_urls = {_normalize_url(account.url), _normalize_url(account.uri)} - {""}
        return await asyncio.to_thread(_has_rel_me_link, page, profile_urls)


def _has_rel_me_link(page: Response, profile_urls: set[str]) -> bool:
    """Return True if the page has a link with `rel="me"` to one of the addresses."""
    for link in parse_page_links(page.body):
        try:
            if "me" in link.rels and _normalize_url(urljoin(page.url, link.target)) in profile_urls:
                return True
        except ValueError:
            continue
    return False


def _normalize_url(address: str) -> str:
    return address.partition("#")[0].rstrip("/").lower()


def _host_of(link: str) -> str:
    try:
        return urlsplit(link).hostname or ""
    except ValueError:
        return ""
