"""Documents of the peers that federation policy lets us read."""

from __future__ import annotations

from collections.abc import Callable

import structlog

from activitypub.authority import host_of
from activitypub.document import Document
from activitypub.errors import ActivityPubError
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.peers import peers
from fedserver.federation.fetch import Fetcher, RemoteGoneError
from storage.engine import Database, Tx

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

    def allows_media(self, uri: str) -> bool:
        """Return False if files and pictures of the host of `uri` are refused here."""
        return self._policies.allows_media(host_of(uri))

    async def fetch_document(self, uri: str, *, require_allowed: bool = True) -> Document | None:
        """Return a document as its origin publishes it. Returns None if it cannot be read or is refused.

        Without `require_allowed` its host need not be on the allowlist yet, but may not be blocked: an admin
        named it. Raises RemoteGoneError, ActivityPubError.
        """
        host = host_of(uri)
        if not require_allowed:
            self.clear_failures(host)
        is_allowed = self._policies.allows(host) if require_allowed else self._policies.find(host) != "block"
        return await self._fetcher.fetch_document(uri) if is_allowed else None

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
