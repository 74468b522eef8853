"""Asking the pages that profiles link to whether they link back with `rel="me"`.

Strangers say where we should look, so it is bounded: few links, few seconds, one megabyte, and for accounts
of peers so many visits an hour for each peer and for each host that is visited.
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
MAX_VISITS_PER_HOUR = 30


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
        """Ask the links of an account and write down which lead back to it."""
        async with self._db.read() as tx:
            waiting = await verified_links.find_pending(tx, account_id)
        if waiting is None:
            return
        account, links = waiting
        asked = [each for each in links[:MAX_LINKS] if self._can_fetch(account, each)]
        answers = await asyncio.gather(*(self._links_back(account, each) for each in asked))
        found = {link: answer for link, answer in zip(asked, answers, strict=True) if answer is not None}
        if found:
            async with self._db.write() as tx:
                await verified_links.record_results(tx, account_id, found)

    def _can_fetch(self, account: AccountRow, link: str) -> bool:
        host = _host_of(link)
        closed = self._site.config.federation.mode == "closed"
        if closed or not host or self._policies.find(host) == "block" or self._site.links.is_local(link):
            return False
        if not account.domain:
            return True
        counted = (f"peer {account.domain}", f"host {host}")
        if any(self._visits.get(each, 0) >= MAX_VISITS_PER_HOUR for each in counted):
            log.info("link_not_asked", account=account.uri[:300], host=host)
            return False
        for each in counted:
            # The first visit of an hour sets when the count ends.
            self._visits[each] = self._visits.get(each, 0) + 1
        return True

    async def _links_back(self, account: AccountRow, link: str) -> bool | None:
        """None if the page cannot be read now."""
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
        wanted = {_normalize_url(account.url), _normalize_url(account.uri)} - {""}
        return await asyncio.to_thread(_has_rel_me_link, page, wanted)


def _has_rel_me_link(page: Response, wanted: set[str]) -> bool:
    """True if the page has a link with `rel="me"` to one of the addresses."""
    for link in parse_page_links(page.body):
        try:
            if "me" in link.rels and _normalize_url(urljoin(page.url, link.target)) in wanted:
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
