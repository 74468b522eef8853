"""From a handle or an address to an account or a post, asking peers where we must.

Each call has transactions of its own and is never made inside one. What cannot be found is None; why is in
the log.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec
import structlog

from activitypub import webfinger
from activitypub.activities import read_activity
from activitypub.actors import Actor, read_actor
from activitypub.authority import host_of, normalize_host, same_origin
from activitypub.document import Document, id_of, parse, type_of
from activitypub.errors import ActivityPubError
from activitypub.objects import read_object
from activitypub.partnerships import Partnership, read_partnership
from activitypub.terms import ACCEPT, ACTORS, is_activitypub
from activitypub.webfinger import JRD, Handle
from fedserver.domain.accounts import account_removal, accounts, remote_accounts
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.peers import peers
from fedserver.domain.posts import post_removal, remote_posts
from fedserver.federation import convert
from fedserver.federation.fetch import Fetcher, RemoteGoneError
from fedserver.net.client import Response
from fedserver.text.markup import scan
from fedserver.text.page_links import parse_page_links
from storage.engine import Database
from storage.queries.accounts import accounts as account_queries
from storage.queries.peers import relays as relay_queries
from storage.queries.posts import posts as post_queries
from storage.queries.relationships import follows as follow_queries
from storage.rows.accounts import AccountRow
from storage.rows.posts import PostRow

log = structlog.stdlib.get_logger("fedserver.federation")
MAX_AGE_MS = 24 * 3_600_000
MAX_MENTIONS = 10
_decode = msgspec.json.Decoder(dict[str, Any]).decode


class Resolver:
    """Finds accounts and posts for one node."""

    def __init__(
        self,
        db: Database,
        site: NodeContext,
        fetcher: Fetcher,
        policies: peers.PeerPolicies,
        clock: Callable[[], int],
    ) -> None:
        self._db = db
        self._site = site
        self._fetcher = fetcher
        self._policies = policies
        self._clock = clock

    # --- accounts

    async def resolve_account(self, text: str) -> AccountRow | None:
        """An account by `@ann@o.example`, `ann`, its URI or the address of its profile."""
        text = text.strip()
        if text.startswith(("https://", "http://")):
            found = await self.resolve_address(text)
            return found if isinstance(found, AccountRow) else None
        handle = webfinger.parse_handle(text)
        if handle is None:
            handle = Handle(text.removeprefix("@"), "")
        if handle.domain in ("", self._site.links.domain, self._site.links.host):
            async with self._db.read() as tx:
                return await accounts.find_by_handle(tx, handle.username)
        async with self._db.read() as tx:
            known = await accounts.find_by_handle(tx, handle.username, handle.domain)
        if known is not None and self._is_fresh(known):
            return known
        return await self._resolve_handle(handle) or known

    async def refetch_account(self, text: str) -> AccountRow | None:
        """As `account`, read anew from its own address; None for one that is deleted or suspended."""
        found = await self.resolve_account(text)
        if found is not None and found.domain:
            found = await self.fetch_actor(found.uri)
        gone = found is None or found.deleted_at is not None or found.suspended_at is not None
        return None if gone else found

    def _is_fresh(self, row: AccountRow) -> bool:
        return not row.domain or (row.fetched_at or 0) > self._clock() - MAX_AGE_MS

    async def _resolve_handle(self, handle: Handle) -> AccountRow | None:
        if not self._policies.allows(handle.domain):
            return None
        found = await self._webfinger(handle)
        return await self.fetch_actor(found[1], expected=handle) if found is not None else None

    async def _webfinger(self, handle: Handle) -> tuple[Handle, str] | None:
        """The canonical handle and the actor's address, asked of the handle's own host."""
        schemes = ("https", "http") if self._site.config.federation.allow_http else ("https",)
        for scheme in schemes:
            base = f"{scheme}://{handle.domain}"
            response = await self._fetcher.get(webfinger.build_query_url(base, handle), JRD)
            if response is not None and response.status in (404, 400) and not response.hops:
                response = await self._webfinger_by_host_meta(base, handle) or response
            if response is None or response.status != 200:
                continue
            try:
                subject, actor = webfinger.read_jrd(parse(response.body))
            except ActivityPubError as error:
                log.info("webfinger_malformed", handle=str(handle), reason=str(error))
                continue
            return subject or handle, actor
        return None

    async def _webfinger_by_host_meta(self, base: str, handle: Handle) -> Response | None:
        found = await self._fetcher.get(f"{base}/.well-known/host-meta", "application/xrd+xml")
        if found is None or found.status != 200:
            return None
        template = webfinger.read_host_meta(found.body.decode("utf-8", "replace"))
        return await self._fetcher.get(webfinger.fill_template(template, handle), JRD) if template else None

    async def fetch_node_actor(self, host: str, *, require_allowed: bool = True) -> AccountRow | None:
        """The own actor of a node, as its host names it (FEP-2677); `unasked` as in `actor`."""
        host = host.strip().removeprefix("https://").rstrip("/").lower()
        if not normalize_host(host.partition(":")[0]) or host in (
            self._site.links.domain,
            self._site.links.host,
        ):
            return None
        if require_allowed and not self._policies.allows(host):
            return None
        found = await self._webfinger(Handle(host, host))
        return (
            await self.fetch_actor(found[1], require_allowed=require_allowed) if found is not None else None
        )

    async def fetch_offer(self, address: str) -> tuple[AccountRow, str, Partnership] | None:
        """The offer that an admin was given the address of: who makes it, its id and what it offers.

        None if there is none, or if it is not made by its node's own actor to ours.
        """
        try:
            host = host_of(address)
            document = (
                await self._fetcher.fetch_document(address) if self._policies.find(host) != "block" else None
            )
            if document is None:
                return None
            node, found = await self.fetch_node_actor(host, require_allowed=False), read_activity(document)
            offered = read_partnership(found)
        except (RemoteGoneError, ActivityPubError) as error:
            log.info("offer_refused", address=address[:300], reason=str(error))
            return None
        ours = offered.object == self._site.links.instance_actor
        if node is None or found.kind != "Offer" or found.actor != node.uri or not ours:
            return None
        return node, found.id, offered

    async def fetch_actor(
        self, uri: str, *, expected: Handle | None = None, require_allowed: bool = True
    ) -> AccountRow | None:
        """An actor read from its own address and confirmed by WebFinger, stored.

        `unasked` is False where an admin named its node: it need not be allowed yet, but may not be blocked.
        """
        if self._site.links.is_local(uri):
            async with self._db.read() as tx:
                return await accounts.find_by_uri(tx, uri)
        try:
            host = host_of(uri)
            if not self._policies.allows(host) if require_allowed else self._policies.find(host) == "block":
                return None
            document = await self._fetcher.fetch_document(uri)
            if document is None:
                return None
            return await self._store_actor(document, expected)
        except RemoteGoneError:
            await self._remove_actor(uri)
        except ActivityPubError as error:
            log.info("actor_refused", uri=uri[:300], reason=str(error))
        return None

    async def _store_actor(self, document: Document, expected: Handle | None) -> AccountRow | None:
        actor = read_actor(document)
        handle = await self._confirm_handle(actor, expected)
        if handle is None:
            log.info("actor_unconfirmed", uri=actor.id[:300])
            return None
        pictures = self.allows_media(actor.id)
        learned = convert.to_remote_account(
            actor, actor.username, handle.domain, self._clock(), include_pictures=pictures
        )
        async with self._db.write() as tx:
            return await remote_accounts.receive(tx, learned)

    async def _confirm_handle(self, actor: Actor, expected: Handle | None) -> Handle | None:
        """The handle of an actor, after its host said that the handle is this actor's."""
        claimed = webfinger.parse_handle(actor.webfinger or "")
        handle = claimed or Handle(actor.username, host_of(actor.id))
        if expected is not None and expected.username.lower() == actor.username.lower():
            handle = expected
        for _ in range(2):
            found = await self._webfinger(handle)
            if found is None or found[1] != actor.id:
                return None
            subject = found[0]
            if (subject.username.lower(), subject.domain) == (handle.username.lower(), handle.domain):
                return handle
            handle = subject
        return None

    async def _remove_actor(self, uri: str) -> None:
        async with self._db.write() as tx:
            known = await accounts.find_by_uri(tx, uri)
            if known is not None:
                await account_removal.delete_remote(tx, known)

    async def resolve_actor(self, uri: str) -> AccountRow | None:
        """An actor that is known, or that can be learned."""
        async with self._db.read() as tx:
            known = await accounts.find_by_uri(tx, uri)
        return known if known is not None else await self.fetch_actor(uri)

    def allows_media(self, uri: str) -> bool:
        """False if files and pictures of the host of `uri` are not wanted here."""
        return self._policies.allows_media(host_of(uri))

    # --- posts

    async def resolve_post(self, uri: str, *, depth: int = 0) -> PostRow | None:
        """A post by its URI: known, or read from its origin and stored."""
        async with self._db.read() as tx:
            known = await post_queries.find_by_uri(tx, uri)
        if known is not None or self._site.links.is_local(uri):
            return known
        try:
            if not self._policies.allows(host_of(uri)):
                return None
            document = await self._fetcher.fetch_document(uri)
            return await self._store_post(document, depth) if document is not None else None
        except RemoteGoneError:
            return None
        except ActivityPubError as error:
            log.info("post_refused", uri=uri[:300], reason=str(error))
            return None

    async def refetch_post(self, post_id: int) -> None:
        """Ask a peer how its post, or its poll, is by now; what it says is kept. Of ours nothing is asked."""
        async with self._db.read() as tx:
            row = await post_queries.find(tx, post_id)
            author = await account_queries.find(tx, row.account_id) if row is not None else None
        if row is None or author is None or row.local:
            return
        try:
            if not self._policies.allows(host_of(row.uri)):
                return
            document = await self._fetcher.fetch_document(row.uri)
            if document is None or id_of(document) != row.uri:
                return
            original = msgspec.json.encode(document).decode()
            files = self.allows_media(author.uri)
            remote = convert.to_remote_post(
                read_object(document),
                original,
                author.followers_uri,
                author.following_uri,
                include_files=files,
            )
        except RemoteGoneError:
            async with self._db.write() as tx:
                await post_removal.receive(tx, author, row.uri)
            return
        except ActivityPubError as error:
            log.info("post_refused", uri=row.uri[:300], reason=str(error))
            return
        if remote.author_uri == author.uri:
            async with self._db.write() as tx:
                await remote_posts.receive_edit(tx, author, remote)

    async def is_followed(self, account: AccountRow) -> bool:
        """True if somebody here follows it."""
        async with self._db.read() as tx:
            return await follow_queries.has_local_followers(tx, account.id)

    async def is_relay(self, account: AccountRow) -> bool:
        """True for the actor of a relay that is on."""
        async with self._db.read() as tx:
            return await relay_queries.is_enabled(tx, account.uri)

    async def fetch_document(self, uri: str) -> Document | None:
        """Any document of a peer with whom we speak, as its origin has it. Raises Gone, ActivityPubError."""
        if not self._policies.allows(host_of(uri)):
            return None
        return await self._fetcher.fetch_document(uri)

    async def fetch_collection(self, uri: str) -> Document | None:
        """A collection of a peer, or one page of it; None if it cannot be read."""
        try:
            return await self.fetch_document(uri)
        except (RemoteGoneError, ActivityPubError) as error:
            log.info("collection_refused", uri=uri[:300], reason=str(error))
            return None

    async def find_original(self, uri: str) -> Document | None:
        """A post of a peer as it came; nothing is fetched."""
        async with self._db.read() as tx:
            text = await post_queries.find_original(tx, uri)
        return None if text is None else _decode(text)

    async def find_post(self, uri: str) -> PostRow | None:
        """A post that is here; nothing is fetched."""
        async with self._db.read() as tx:
            return await post_queries.find_by_uri(tx, uri)

    async def _store_post(self, document: Document, depth: int) -> PostRow | None:
        found = read_object(document)
        if convert.is_vote(found):
            return None
        author = await self.resolve_actor(convert.get_author_uri(found))
        if author is None or not author.domain:
            return None
        original = msgspec.json.encode(document).decode()
        files = self.allows_media(author.uri)
        learned = convert.to_remote_post(
            found, original, author.followers_uri, author.following_uri, include_files=files
        )
        async with self._db.write() as tx:
            return await remote_posts.receive(tx, author, learned, depth=depth)

    # --- whatever an address leads to

    async def resolve_address(self, address: str) -> AccountRow | PostRow | None:
        """An account or a post by its URI, or by the address of its page."""
        local = await self._find_local(address)
        if local is not None or self._site.links.is_local(address):
            return local
        try:
            if not self._policies.allows(host_of(address)):
                return None
            document = await self._fetcher.fetch_document(address) or await self._fetch_alternate(address)
            if document is None:
                return None
            if type_of(document, ACTORS):
                return await self._store_actor(document, None)
            return await self._store_post(document, 0)
        except (RemoteGoneError, ActivityPubError) as error:
            log.info("address_refused", address=address[:300], reason=str(error))
            return None

    async def find_by_address(self, address: str) -> AccountRow | PostRow | None:
        """What we have under an address; nobody is asked."""
        return await self._find_local(address)

    async def _find_local(self, address: str) -> AccountRow | PostRow | None:
        """What we have under an address: a post, or an account by URI or profile."""
        async with self._db.read() as tx:
            post = await post_queries.find_by_uri_or_url(tx, address)
            if post is not None:
                return post
            account = await accounts.find_by_uri(tx, address)
            if account is None and self._site.links.is_local(address):
                name = address.removeprefix(self._site.links.base).strip("/")
                if name.startswith("@") and "/" not in name:
                    account = await accounts.find_by_handle(tx, name[1:])
            return account

    async def _fetch_alternate(self, address: str) -> Document | None:
        """The document that an HTML page names beside itself."""
        response = await self._fetcher.get(address, f"{ACCEPT}, text/html;q=0.5")
        if response is None or response.status != 200 or "html" not in response.content_type:
            return None
        for link in await asyncio.to_thread(parse_page_links, response.body[:500_000]):
            named = "alternate" in link.rels and is_activitypub(link.media_type)
            if named and same_origin(response.url, link.target):
                return await self._fetcher.fetch_document(link.target)
        return None

    async def resolve_mentions(self, text: str) -> None:
        """Learn the accounts that a text names and we do not know yet, at most ten."""
        named = [name for name in scan(text).mentions if name[1] is not None]
        for username, place in named[:MAX_MENTIONS]:
            if normalize_host((place or "").partition(":")[0]):
                await self.resolve_account(f"{username}@{place}")
