"""Documents of the peers that federation policy lets us read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import structlog

from activitypub.authority import host_of
from activitypub.document import Document, id_of
from activitypub.errors import ActivityPubError
from activitypub.references import list_document_references, replace_document_references
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.peers import peers
from fedserver.federation.convert import local_addresses
from fedserver.federation.fetch import Fetcher, RemoteGoneError
from storage.engine import Database, Tx
from storage.rows.accounts import AccountRow

log = structlog.stdlib.get_logger("fedserver.federation")


class DocumentReader:
    """Reads documents for one node. Never called inside a transaction."""

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

    def clear_failures(self, host: str = "") -> None:
        """Forget what could not be read, of one host or of all: as a person asks, or as a policy changes."""
        self._fetcher.clear_failures(host)

    async def mark_reachable(self, tx: Tx, uri: str) -> None:
        """Record that the host of `uri` is up, as a document of it was just read."""
        await peers.mark_reachable(tx, host_of(uri))

    async def load_local_ids(self, addresses: Iterable[str]) -> dict[str, str]:
        """Return the ids of what is here, by other spellings of them; without any, no database is asked."""
        misspelled = local_addresses.select_misspelled(self._site.links, addresses)
        if not misspelled:
            return {}
        async with self._db.read() as tx:
            return await local_addresses.load_ids(tx, self._site.links, misspelled)

    async def find_local_id(self, address: str) -> str | None:
        """Return the id of the account or post of this node that an address names, in whatever spelling."""
        if not self._site.links.is_own(address):
            return None
        async with self._db.read() as tx:
            return await local_addresses.find_id(tx, self._site.links, address)

    async def localize_document(self, document: Document) -> Document:
        """Return a post of a peer that names what is here by its ids."""
        ids = await self.load_local_ids(list_document_references(document))
        return replace_document_references(document, ids) if ids else document

    def allows_media(self, account: AccountRow) -> bool:
        """Return False if files and pictures of an account are refused here, by any host that it is on."""
        return self._policies.allows_media(*peers.list_hosts(account))

    async def suspend_if_blocked(self, uri: str, hosts: Sequence[str]) -> None:
        """Suspend the stored account of an actor that is now on a blocked host, as all there are."""
        if self._policies.is_blocked(*hosts):
            async with self._db.write() as tx:
                await peers.suspend_account(tx, uri, hosts)

    def allows_account(self, account: AccountRow) -> bool:
        """Return True if federation policy lets us hear an account, whichever hosts it is on."""
        return self._policies.allows(*peers.list_hosts(account))

    async def fetch_document(
        self,
        uri: str,
        *,
        require_allowed: bool = True,
        is_news: bool = False,
        missing_is_gone: bool = False,
    ) -> Document | None:
        """Return a document as its origin publishes it. Returns None if it cannot be read or is refused.

        Without `require_allowed` its host need not be on the allowlist yet, but may not be blocked: an admin
        named it. With `is_news`, it is asked for even if it could not be read a moment ago; with
        `missing_is_gone`, 404 counts as 410. Raises RemoteGoneError, ActivityPubError.
        """
        host = host_of(uri)
        if not require_allowed:
            self.clear_failures(host)
        if not self.allows_hosts(host, require_allowed=require_allowed):
            return None
        if is_news:
            self._fetcher.clear_failure(uri)
        document = await self._fetcher.fetch_document(uri, missing_is_gone=missing_is_gone)
        # A redirect may lead to another host, whose document counts as its own.
        # guard: the host of a fetched document
        if document is not None and not self.allows_hosts(
            host_of(id_of(document) or uri), require_allowed=require_allowed
        ):
            return None
        return document

    def allows_hosts(self, *hosts: str, require_allowed: bool = True) -> bool:
        """Return True if documents of all these hosts may be read; `require_allowed` as above."""
        if require_allowed:
            return self._policies.allows(*hosts)
        return not self._policies.is_closed and not self._policies.is_blocked(*hosts)

    async def find_document(self, uri: str) -> Document | None:
        """Return a document as `fetch_document` does. Returns None if it cannot be read, for any reason."""
        try:
            return await self.fetch_document(uri)
        except (RemoteGoneError, ActivityPubError) as error:
            log.info("document_refused", uri=uri[:300], reason=str(error))
            return None

    async def fetch_collection(self, uri: str) -> Document | None:
        """Return a collection of a peer, or one page of it. Returns None if it cannot be read."""
        try:
            return await self._fetcher.fetch_collection(uri) if self._policies.allows(host_of(uri)) else None
        except (RemoteGoneError, ActivityPubError) as error:
            log.info("collection_refused", uri=uri[:300], reason=str(error))
            return None
