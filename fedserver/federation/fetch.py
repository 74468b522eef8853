"""Fetch documents of peers. The instance actor signs requests; documents count only from their own origin.

A document counts only if its id is the address it was finally read from, or if it is read once more from
that id (CVE-2024-23832); and only with a media type of ActivityPub (CVE-2024-25623).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import structlog
from cachetools import TTLCache
from msgspec import Struct, field

from activitypub.authority import host_of, same_origin, without_fragment
from activitypub.document import Document, id_of, parse, type_of
from activitypub.errors import ActivityPubError, AuthorityError
from activitypub.terms import ACCEPT, is_activitypub
from addresses.hosts import normalize_url
from fedserver.domain.accounts import accounts
from fedserver.domain.kernel.context import NodeContext
from fedserver.federation.keys import Keyring
from fedserver.federation.signing import Signer
from fedserver.net.client import Client, Response
from fedserver.net.errors import NetError, TimedOutError, UnreachableError
from storage.engine import Database

log = structlog.stdlib.get_logger("fedserver.federation")
FAILURE_TTL_S = 300  # a thread may name one address many times; a failed one is not asked for each time
# Much that waits may need one address; as each is tried again, that address is asked once in this time.
MIN_RETRY_AGE_MS = 10_000
TEMPORARY_CLIENT_ERRORS = frozenset({408, 425, 429})  # a timeout, a risk of replay, a rate limit (RFC 9110)
SCHEME_TTL_S = 86_400  # servers change their signature scheme with an update, so a day is enough


class PeerBlockedError(Exception):
    """Federation policy refuses a host of the peer, which the message names."""


class RemoteGoneError(Exception):
    """The peer says that the document was deleted."""


def _is_tombstone_of(document: Document, address: str) -> bool:
    """Return True for what is left at the address of a deleted object (ActivityPub §6.4)."""
    return type_of(document) == "Tombstone" and normalize_url(id_of(document) or "") == normalize_url(address)


class FetchAttempt(Struct):
    """The addresses that were not available for the moment while something was done that needs them.

    In a retry, addresses are asked again that were not available shortly before.
    """

    is_retry: bool
    unavailable: set[str] = field(default_factory=set)


_attempt: ContextVar[FetchAttempt | None] = ContextVar("fetch_attempt", default=None)


@contextmanager
def track_unavailable(*, is_retry: bool) -> Iterator[FetchAttempt]:
    """Record which addresses are not available in this block.

    Most callers treat them like what does not exist; the difference matters where work is tried again later.
    """
    token = _attempt.set(attempt := FetchAttempt(is_retry))
    try:
        yield attempt
    finally:
        _attempt.reset(token)


def is_temporary(status: int) -> bool:
    """Return True for the status of an answer that may be another one later."""
    return status in TEMPORARY_CLIENT_ERRORS or (status >= 500 and status != 501)


class Fetcher:
    """Fetches documents for one node.

    An address that failed is not asked for again for five minutes, unless a person wants it.
    """

    def __init__(
        self, db: Database, site: NodeContext, client: Client, keyring: Keyring, clock: Callable[[], int]
    ) -> None:
        self._db = db
        self._site = site
        self._client = client
        self._keyring = keyring
        self._clock = clock
        self._signer: Signer | None = None
        self._rfc9421_hosts: TTLCache[str, bool] = TTLCache(
            10_000, SCHEME_TTL_S, timer=lambda: clock() / 1000
        )
        # By address, the one that was asked last: it may be the id that the document at the first one has.
        self._failed: TTLCache[str, str] = TTLCache(20_000, FAILURE_TTL_S, timer=lambda: clock() / 1000)
        self._unavailable_at: TTLCache[str, int] = TTLCache(
            20_000, FAILURE_TTL_S, timer=lambda: clock() / 1000
        )

    async def get_signer(self) -> Signer | None:
        """Return what signs requests of the node itself, None before it has its own account."""
        if self._signer is None:
            async with self._db.read() as tx:
                account = await accounts.find_instance_account(tx, self._site)
                if account is None:
                    return None
                self._signer = Signer(*await self._keyring.get_rsa(tx, account.id), self._clock)
        return self._signer

    async def get(self, url: str, accept: str) -> Response | None:
        """Return the answer to a signed GET of any address. Returns None if there is no answer.

        A host that refuses the signature is asked once more with the other scheme, which is remembered if
        it is accepted.
        """
        try:
            response = await self._request(url, accept)
        except (NetError, AuthorityError) as error:
            log.info("fetch_failed", url=url[:300], reason=str(error))
            if isinstance(error, TimedOutError | UnreachableError):
                self._record_unavailable(url)
            return None
        if is_temporary(response.status):
            self._record_unavailable(url)
        return response

    async def _request(self, url: str, accept: str) -> Response:
        signer, host = await self.get_signer(), host_of(url)
        if signer is None:
            return await self._client.get(url, accept=accept)
        schemes, uses_rfc9421 = (signer.sign_get, signer.sign_get_rfc9421), host in self._rfc9421_hosts
        response = await self._client.get(url, accept=accept, sign=schemes[uses_rfc9421])
        if response.status != 401:
            return response
        second = await self._client.get(url, accept=accept, sign=schemes[not uses_rfc9421])
        if second.status == 401:
            return response
        self._rfc9421_hosts.pop(host, None)
        if not uses_rfc9421:
            self._rfc9421_hosts[host] = True
        return second

    def _record_unavailable(self, address: str) -> None:
        self._unavailable_at[address] = self._clock()
        if (attempt := _attempt.get()) is not None:
            attempt.unavailable.add(address)

    def _has_failed(self, address: str) -> bool:
        """Return True for an address that failed a moment ago and is not to be asked again now."""
        asked = self._failed.get(address)
        unavailable_at = self._unavailable_at.get(asked) if asked is not None else None
        attempt = _attempt.get()
        if asked is None or unavailable_at is None or attempt is None:
            return asked is not None
        if attempt.is_retry and self._clock() - unavailable_at >= MIN_RETRY_AGE_MS:
            return False
        attempt.unavailable.add(asked)
        return True

    async def fetch_document(self, uri: str, *, missing_is_gone: bool = False) -> Document | None:
        """Return the document at `uri` as its origin publishes it. Returns None if there is none to believe.

        Raises RemoteGoneError if it was deleted: its origin says 410 or shows a Tombstone in its place
        (ActivityPub §6.4), whatever the status; with `missing_is_gone`, also if it says 404.
        """
        address = without_fragment(uri)
        if self._has_failed(address) or self._site.links.is_own(address):
            return None
        asked = address
        answer = await self._fetch_once(address, missing_is_gone=missing_is_gone)
        if answer is not None:
            document, final_url = answer
            identifier = id_of(document)
            # guard: tombstones
            if _is_tombstone_of(document, address) and same_origin(address, final_url):
                raise RemoteGoneError(address)
            # guard: origin of what is fetched @true
            if identifier and normalize_url(identifier) == final_url:
                return document
            if identifier and same_origin(identifier, final_url):
                asked = wanted = without_fragment(identifier)
                second = await self._fetch_once(wanted)
                if second is not None and id_of(second[0]) == wanted and normalize_url(wanted) == second[1]:
                    return second[0]
        self._failed[address] = asked
        return None

    async def fetch_collection(self, uri: str) -> Document | None:
        """Return a collection or a page of one from the origin of `uri`. Returns None if it cannot be read.

        It need not have the id under which it was asked for: servers add parameters to addresses of pages, or
        leave the id out. It says nothing but what belongs to the collection; each item is read from its own
        origin. Raises RemoteGoneError if it was deleted.
        """
        address = without_fragment(uri)
        if self._has_failed(address) or self._site.links.is_own(address):
            return None
        answer = await self._fetch_once(address)
        # guard: origin of collections @true
        if answer is not None and same_origin(address, answer[1], id_of(answer[0]) or address):
            return answer[0]
        self._failed[address] = address
        return None

    async def _fetch_once(
        self, address: str, *, missing_is_gone: bool = False
    ) -> tuple[Document, str] | None:
        """Return a document and the address it was finally read from, after redirects."""
        response = await self.get(address, ACCEPT)
        if response is None:
            return None
        if response.status == 410 or (missing_is_gone and response.status == 404):
            raise RemoteGoneError(address)
        # guard: media type @last
        if response.status != 200 or not is_activitypub(response.content_type):
            log.info("fetch_refused", url=address[:300], status=response.status)
            return None
        try:
            return parse(response.body), response.url
        except ActivityPubError as error:
            log.info("fetch_malformed", url=address[:300], reason=str(error))
            return None

    def clear_failure(self, uri: str) -> None:
        """Forget that an address failed, so that it is asked for again at once."""
        self._failed.pop(without_fragment(uri), None)

    def clear_failures(self, host: str = "") -> None:
        """Forget which addresses failed, of one host or of all, so that they are asked for again at once.

        For what people do themselves: if they ask again, they have a reason to expect another answer.
        """
        for address in list(self._failed):
            if not host or address.startswith((f"https://{host}/", f"http://{host}/")):
                self._failed.pop(address, None)
