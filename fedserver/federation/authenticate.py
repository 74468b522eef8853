"""Who signed a request: a claim, the key it names, the account that owns the key, then the proof.

Keys are kept as loaded objects. One that fails is fetched anew once, if it is older than five minutes: then
the peer has rotated it, or somebody forged.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from contextlib import AsyncExitStack

from cachetools import TTLCache
from msgspec import Struct

from activitypub.authority import host_of, same_origin, without_fragment
from activitypub.document import Document, id_of
from activitypub.errors import ActivityPubError, SignatureError
from activitypub.keys import PublicKey
from activitypub.signatures import proofs, verify
from activitypub.signatures.request import SignedRequest
from fedserver.domain.accounts import accounts, keys
from fedserver.domain.peers import peers
from fedserver.federation import keys as loaded
from fedserver.federation.fetch import Fetcher, RemoteGoneError
from fedserver.federation.resolve import Resolver
from storage.engine import Database
from storage.rows.accounts import AccountRow

MIN_REFETCH_AGE_MS = 300_000
# Whoever signs with ever new keys of hosts that do not answer must not hold every connection.
MAX_PENDING_KEYS, MAX_PENDING_KEYS_PER_HOST = 400, 60
MAX_CONCURRENT_FETCHES, MAX_CONCURRENT_FETCHES_PER_HOST = 40, 4
QUEUE_TIMEOUT_S = 10.0
CACHE_TTL_S = 3_600


class Signatory(Struct, frozen=True):
    """The account behind a key."""

    account: AccountRow
    key: PublicKey
    fetched_at: int  # when the key was read


class PeerBlockedError(Exception):
    """The signer's node is one we do not speak with."""


class BusyError(SignatureError):
    """Too many keys are being fetched; the signer may come again later."""


class Authenticator:
    """Checks signatures for one node."""

    def __init__(
        self,
        db: Database,
        resolver: Resolver,
        fetcher: Fetcher,
        policies: peers.PeerPolicies,
        clock: Callable[[], int],
    ) -> None:
        self._db = db
        self._resolver = resolver
        self._fetcher = fetcher
        self._policies = policies
        self._clock = clock
        self.hits = self.misses = 0
        self._pending: Counter[str] = Counter()  # keys that are read, or wait for it, by host
        self._host_slots: dict[str, asyncio.Semaphore] = {}
        self._fetch_slots = asyncio.Semaphore(MAX_CONCURRENT_FETCHES)
        self._signatories: TTLCache[str, Signatory] = TTLCache(
            10_000, CACHE_TTL_S, timer=lambda: clock() / 1000
        )

    async def authenticate(self, request: SignedRequest) -> AccountRow:
        """The account that signed `request`. Raises SignatureError, Blocked, Gone."""
        claim = verify.parse_claim(request)

        def check(key: PublicKey) -> None:
            verify.check_signature(claim, key, request, self._clock())

        return await self._verify_with_key(claim.key_id, check)

    async def verify_proof(self, document: Document, actor: str) -> None:
        """Let `document` pass if `actor` proved it by a key of its own, lately (FEP-8b32).

        Raises SignatureError, Blocked, Gone.
        """
        method = proofs.find_verification_method(document)
        if method is None or not same_origin(method, actor):
            raise SignatureError("proof-wrong", "no key of the actor's origin")
        proofs.check_time(document, self._clock())
        prover = await self._verify_with_key(method, lambda key: proofs.verify(document, key))
        if prover.uri != actor:
            raise SignatureError("proof-wrong", "proved by somebody else than the actor")

    async def _verify_with_key(self, key_id: str, check: Callable[[PublicKey], None]) -> AccountRow:
        """The owner of a key that passes `check`, which raises SignatureError if it does not."""
        try:
            host = host_of(key_id)
        except ActivityPubError as error:
            raise SignatureError("bad-key", "keyId is not an address") from error
        if not self._policies.allows(host):
            raise PeerBlockedError(host)
        signatory = await self._get_signatory(key_id)
        try:
            check(signatory.key)
        except SignatureError:
            signatory = await self._refetch_signatory(key_id, signatory)
            check(signatory.key)
        return signatory.account

    async def _get_signatory(self, key_id: str) -> Signatory:
        found = self._signatories.get(key_id)
        self.hits += found is not None
        self.misses += found is None
        found = found or await self._find_stored_signatory(key_id)
        if found is None:
            found = await self._fetch_signatory(key_id)
        self._signatories[key_id] = found
        return found

    async def _refetch_signatory(self, key_id: str, failed: Signatory) -> Signatory:
        """The key as it is now, if it may have changed. Raises SignatureError if it cannot have."""
        if self._clock() - failed.fetched_at < MIN_REFETCH_AGE_MS or not failed.account.domain:
            raise SignatureError("signature-wrong")
        self._signatories.pop(key_id, None)
        found = await self._fetch_signatory(key_id)
        self._signatories[key_id] = found
        return found

    async def _find_stored_signatory(self, key_id: str) -> Signatory | None:
        async with self._db.read() as tx:
            row = await keys.find_by_uri(tx, key_id)
            if row is None or row.private is not None:
                return None
            account = await accounts.get(tx, row.account_id)
        return Signatory(account, loaded.load_public_key(row), account.fetched_at or 0)

    async def _fetch_signatory(self, key_id: str) -> Signatory:
        """Read a key's owner when it is its turn. Raises SignatureError, Gone; Busy if many others wait."""
        host = host_of(key_id)
        if self._pending[host] >= MAX_PENDING_KEYS_PER_HOST or self._pending.total() >= MAX_PENDING_KEYS:
            raise BusyError("key-unavailable", "too many keys are fetched at this moment")
        self._pending[host] += 1
        turn = self._host_slots.setdefault(host, asyncio.Semaphore(MAX_CONCURRENT_FETCHES_PER_HOST))
        try:
            async with AsyncExitStack() as held:
                try:
                    async with asyncio.timeout(QUEUE_TIMEOUT_S):
                        await held.enter_async_context(turn)
                        await held.enter_async_context(self._fetch_slots)
                except TimeoutError as error:
                    raise BusyError("key-unavailable", "too many keys are fetched at this moment") from error
                return self._signatories.get(key_id) or await self._read_key_owner(key_id)
        finally:
            self._pending[host] -= 1
            if not self._pending[host]:
                del self._pending[host], self._host_slots[host]

    async def _read_key_owner(self, key_id: str) -> Signatory:
        """Read the owner of a key from its own address; the owner must publish this very key."""
        document = await self._fetcher.fetch_document(key_id)
        if document is None:
            raise SignatureError("key-unavailable", key_id[:200])
        owner = id_of(document.get("owner")) or id_of(document.get("controller"))
        uri = owner if owner and same_origin(owner, key_id) else id_of(document)
        if uri is None or not same_origin(uri, key_id):
            raise SignatureError("bad-key", "its owner is elsewhere")
        account = await self._resolver.fetch_actor(without_fragment(uri))
        if account is None:
            raise SignatureError("key-unavailable", uri[:200])
        found = await self._find_stored_signatory(key_id)
        if found is None or found.account.id != account.id:
            raise SignatureError("bad-key", "its owner does not publish it")
        return found

    def invalidate(self, account_id: int) -> None:
        """An account changed: read its key anew."""
        for key_id in [key for key, each in self._signatories.items() if each.account.id == account_id]:
            self._signatories.pop(key_id, None)


__all__ = ["Authenticator", "BusyError", "PeerBlockedError", "RemoteGoneError", "Signatory"]
