"""From a handle or an address to an account or a post, asking peers where we must.

Each call has transactions of its own and is never made inside one. What cannot be found is None; the reason
is in the log.
"""

from __future__ import annotations

import asyncio

import structlog

from activitypub.authority import host_of, same_origin
from activitypub.document import Document, type_of
from activitypub.errors import ActivityPubError
from activitypub.terms import ACCEPT, ACTORS, is_activitypub
from activitypub.webfinger import Handle, parse_handle
from addresses.hosts import normalize_url
from fedserver.domain.accounts import accounts
from fedserver.federation.fetch import PeerBlockedError, RemoteGoneError
from fedserver.federation.resolve_posts import PostResolver
from fedserver.text.markup import PLAIN, parse_text
from fedserver.text.page_links import parse_page_links
from storage.queries.posts import posts as post_queries
from storage.rows.accounts import AccountRow
from storage.rows.posts import PostRow

log = structlog.stdlib.get_logger("fedserver.federation")
MAX_MENTIONS = 10  # each may cost several requests, and the member who writes waits for them
MAX_PAGE_BYTES = 500_000  # links to alternates are in the head of a page


class Resolver(PostResolver):
    """Finds accounts and posts for one node, by whatever people enter."""

    async def resolve_account(self, text: str) -> AccountRow | None:
        """Return an account by `@ann@o.example`, `ann`, its URI or the address of its profile."""
        text = text.strip()
        if "://" in text:
            subject = await self.resolve_address(text)
            return subject if isinstance(subject, AccountRow) else None
        return await self.resolve_handle(parse_handle(text) or Handle(text.removeprefix("@"), ""))

    async def refetch_account(self, text: str) -> AccountRow | None:
        """Return an account as `resolve_account` does, fetched again; None if it is deleted or suspended."""
        account = await self.resolve_account(text)
        if account is not None and account.domain:
            account = await self.refetch_actor(account.uri)
        gone = account is None or account.deleted_at is not None or account.suspended_at is not None
        return None if gone else account

    async def resolve_mentions(self, text: str, source_type: str = PLAIN) -> None:
        """Fetch the accounts that a text mentions and that are not known yet, at most ten."""
        if "@" not in text:
            return
        mentions = [mention for mention in parse_text(text, source_type).mentions if mention[1] is not None]
        for username, domain in mentions[:MAX_MENTIONS]:
            await self.resolve_handle(Handle(username, domain or ""))

    async def resolve_address(self, address: str) -> AccountRow | PostRow | None:
        """Return an account or a post by its URI, or by the address of its page."""
        subject = await self.find_by_address(address)
        address = normalize_url(address)
        if subject is not None or not address or self._site.links.is_own(address):
            return subject
        try:
            if not self.allows_hosts(host_of(address)):
                return None
            self.clear_failures(host_of(address))
            document = await self.fetch_document(address) or await self._fetch_alternate(address)
            if document is None:
                return None
            if type_of(document, ACTORS):
                return await self._store_actor(document, None)
            return await self._store_post(document, 0)
        except (RemoteGoneError, PeerBlockedError, ActivityPubError) as error:
            log.info("address_refused", address=address[:300], reason=str(error))
            return None

    async def find_by_address(self, address: str) -> AccountRow | PostRow | None:
        """Return the stored post, or account by URI or profile, at an address. Nothing is fetched."""
        spellings = (address.strip(), normalize_url(address), await self.find_local_id(address.strip()))
        async with self._db.read() as tx:
            # Peers may publish addresses that are not in normal form: they are stored as they are.
            for spelling in dict.fromkeys(filter(None, spellings)):
                post = await post_queries.find_by_uri_or_url(tx, spelling)
                if post is not None:
                    return post
                account = await accounts.find_by_uri(tx, spelling)
                if account is not None:
                    return account
        return None

    async def _fetch_alternate(self, address: str) -> Document | None:
        """Return the document that an HTML page links as its alternate form."""
        response = await self._fetcher.get(address, f"{ACCEPT}, text/html;q=0.5")
        if response is None or response.status != 200 or "html" not in response.content_type:
            return None
        for link in await asyncio.to_thread(parse_page_links, response.body[:MAX_PAGE_BYTES]):
            is_alternate = "alternate" in link.rels and is_activitypub(link.media_type)
            if is_alternate and same_origin(response.url, link.target):
                return await self.fetch_document(link.target)
        return None
