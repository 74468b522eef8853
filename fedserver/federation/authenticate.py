"""Who signed a request: its claim, the key this names, the account that owns the key, then the signature.

Keys are cached as loaded objects. One that fails is fetched again once if it is older than five minutes: the
peer may have rotated it.
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
from fedserver.federation.fetch import PeerBlockedError as PeerBlockedError
from fedserver.federation.resolve import Resolver
from storage.engine import Database
from storage.rows.accounts import AccountRow

MIN_REFETCH_AGE_MS = 300_000  # so that forged signatures do not cause a request to the peer each
# Requests signed with ever new keys of hosts that do not answer must not use up all connections.
MAX_PENDING_KEYS, MAX_PENDING_KEYS_PER_HOST = 400, 60
MAX_CONCURRENT_FETCHES, MAX_CONCURRENT_FETCHES_PER_HOST = 40, 4
QUEUE_TIMEOUT_S = 10.0  # the peer that sends waits as long
# A GET costs its sender nothing, so the keys that it makes us fetch have a budget: per address that asks and
# per host that is asked. A node that reads much signs with the one key of its own actor.
MAX_KEYS_PER_READER, MAX_KEYS_PER_HOST, BUDGET_TTL_S = 30, 60, 300
REFUSAL_TTL_S = 300  # an actor may get another handle
CACHE_TTL_S = 3_600  # bounds how long a key counts that another process knows to be withdrawn


class Signatory(Struct, frozen=True):
    """A key and the account that owns it."""

    account: AccountRow
    key: PublicKey
    fetched_at: int  # when the key was read, in ms since 1970


class BusyError(SignatureError):
    """Too many keys are being fetched; the peer may send the request again later."""


class KeyBudget:
    """Counts the keys that are fetched for readers, by reader and by host, until five minutes without any."""

    def __init__(self, clock: Callable[[], int]) -> None:
        self._counts: TTLCache[str, int] = TTLCache(20_000, BUDGET_TTL_S, timer=lambda: clock() / 1000)

    def spend(self, reader: str, host: str) -> None:
        """Count a key of `host` that is fetched for `reader`. Raises BusyError if the budget is spent."""
        limits = {f"reader {reader}": MAX_KEYS_PER_READER, f"host {host}": MAX_KEYS_PER_HOST}
        # guard: keys fetched for readers
        if any(self._counts.get(name, 0) >= limit for name, limit in limits.items()):
            raise BusyError("key-unavailable", "too many keys were fetched for such requests")
        for name in limits:
            self._counts[name] = self._counts.get(name, 0) + 1


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
        self._budget = KeyBudget(clock)
        # Keys whose owner is on a host that is refused: they are not fetched again with each request, but at
        # once after a decision about a peer has changed.
        self._refused: TTLCache[tuple[str, int], str] = TTLCache(
            10_000, REFUSAL_TTL_S, timer=lambda: clock() / 1000
        )
        self._signatories: TTLCache[str, Signatory] = TTLCache(
            10_000, CACHE_TTL_S, timer=lambda: clock() / 1000
        )

    def is_claimed_host_allowed(self, request: SignedRequest) -> bool:
        """Return False if the key that a request names is of a host that federation policy refuses.

        Nothing is verified nor fetched; what names no host is allowed, as its signature cannot be valid.
        """
        try:
            return self._policies.allows(host_of(verify.parse_claim(request).key_id))
        except ActivityPubError:
            return True

    def is_reader(self, account: AccountRow) -> bool:
        """Return True if what members write is for the node of a peer's account."""
        return self._policies.shares_with(*peers.list_hosts(account))

    async def has_stored_key(self, request: SignedRequest) -> bool:
        """Return True if the key that a request names is stored, as of a peer. Nothing is fetched."""
        try:
            return await self._find_stored_signatory(verify.parse_claim(request).key_id) is not None
        except ActivityPubError:
            return False

    async def authenticate(self, request: SignedRequest, *, reader: str = "") -> AccountRow:
        """Return the account that signed `request`. Raises SignatureError, PeerBlockedError.

        `reader` is the address from which a document is read: fetching keys for it has a budget.
        """
        return (await self.authenticate_with_time(request, reader=reader))[0]

    async def authenticate_with_time(
        self, request: SignedRequest, *, reader: str = ""
    ) -> tuple[AccountRow, int]:
        """Return the account that signed `request`, and when (ms UTC). Raises as `authenticate` does."""
        claim = verify.parse_claim(request)
        signed_at = 0

        def check(key: PublicKey) -> None:
            nonlocal signed_at
            signed_at = verify.check_signature(claim, key, request, self._clock())

        signer = await self._verify_with_key(claim.key_id, check, reader)
        # Who signs is there: that its document could not be read a moment ago counts no more.
        self._fetcher.clear_failure(signer.uri)
        return signer, signed_at

    async def authenticate_with_stored_key(self, request: SignedRequest) -> tuple[AccountRow, int]:
        """Return the account that signed `request`, and when (ms UTC), even if it is on a refused host.

        Nothing is asked of that host: only a key counts that is stored. Raises SignatureError.
        """
        claim = verify.parse_claim(request)
        signatory = await self._find_stored_signatory(claim.key_id)
        if signatory is None:
            raise SignatureError("key-unavailable", claim.key_id[:200])
        return signatory.account, verify.check_signature(claim, signatory.key, request, self._clock())

    async def verify_proof(self, document: Document, actor: str) -> int:
        """Check that `actor` signed `document` with a key of its own, and recently (FEP-8b32).

        Returns when it did (ms UTC). Raises SignatureError, PeerBlockedError.
        """
        method = proofs.find_verification_method(document)
        if method is None or not same_origin(method, actor):
            raise SignatureError("proof-wrong", "no key of the actor's origin")
        created = proofs.check_time(document, self._clock())
        prover = await self._verify_with_key(method, lambda key: proofs.verify(document, key))
        if prover.uri != actor:
            raise SignatureError("proof-wrong", "the proof is not the actor's")
        return created

    async def verify_own_proof(self, document: Document, actor: AccountRow) -> None:
        """Check that `document` is what our account `actor` signed, whenever that was.

        Raises SignatureError, also if the account has no such key any more.
        """
        method = proofs.find_verification_method(document)
        async with self._db.read() as tx:
            row = await keys.find_by_uri(tx, method) if method is not None else None
        # guard: whose proof our own activity bears
        if row is None or row.account_id != actor.id:
            raise SignatureError("proof-wrong", "no key of the actor")
        proofs.verify(document, loaded.load_public_key(row))

    async def _verify_with_key(
        self, key_id: str, check: Callable[[PublicKey], None], reader: str = ""
    ) -> AccountRow:
        """Return the owner of a key that passes `check`, which raises SignatureError if it does not.

        Raises PeerBlockedError if federation policy refuses the host of the key, or any other that its owner
        is on: a handle may be of another host than the actor.
        """
        try:
            host = host_of(key_id)
        except ActivityPubError as error:
            raise SignatureError("bad-key", "keyId is not an address") from error
        if not self._policies.allows(host):
            raise PeerBlockedError(host)
        try:
            signatory = await self._get_signatory(key_id, reader)
            try:
                check(signatory.key)
            except SignatureError:
                signatory = await self._refetch_signatory(key_id, signatory, reader)
                check(signatory.key)
        except RemoteGoneError as error:
            raise SignatureError("key-gone") from error
        # guard: the hosts of a signer
        if not self._resolver.allows_account(signatory.account):
            raise PeerBlockedError(signatory.account.uri)
        return signatory.account

    async def _get_signatory(self, key_id: str, reader: str) -> Signatory:
        """Return a key from the cache, the database or its peer."""
        signatory = self._signatories.get(key_id)
        self.hits += signatory is not None
        self.misses += signatory is None
        signatory = signatory or await self._find_stored_signatory(key_id)
        if signatory is None:
            signatory = await self._fetch_signatory(key_id, reader)
        self._signatories[key_id] = signatory
        return signatory

    async def _refetch_signatory(self, key_id: str, failed: Signatory, reader: str) -> Signatory:
        """Return the key as its peer publishes it now. Raises SignatureError if it cannot have changed."""
        if self._clock() - failed.fetched_at < MIN_REFETCH_AGE_MS or not failed.account.domain:
            raise SignatureError("signature-wrong")
        self._signatories.pop(key_id, None)
        signatory = await self._fetch_signatory(key_id, reader)
        self._signatories[key_id] = signatory
        return signatory

    async def _find_stored_signatory(self, key_id: str) -> Signatory | None:
        async with self._db.read() as tx:
            row = await keys.find_by_uri(tx, key_id)
            if row is None or row.private is not None:
                return None
            account = await accounts.get(tx, row.account_id)
        return Signatory(account, loaded.load_public_key(row), account.fetched_at or 0)

    async def _fetch_signatory(self, key_id: str, reader: str) -> Signatory:
        """Read the owner of a key when a slot is free.

        Raises SignatureError, RemoteGoneError, and BusyError if too many wait.
        """
        host = host_of(key_id)
        if reader:
            self._budget.spend(reader, host)
        if self._pending[host] >= MAX_PENDING_KEYS_PER_HOST or self._pending.total() >= MAX_PENDING_KEYS:
            raise BusyError("key-unavailable", "too many keys are fetched at this moment")
        self._pending[host] += 1
        host_slots = self._host_slots.setdefault(host, asyncio.Semaphore(MAX_CONCURRENT_FETCHES_PER_HOST))
        try:
            async with AsyncExitStack() as slots:
                try:
                    async with asyncio.timeout(QUEUE_TIMEOUT_S):
                        await slots.enter_async_context(host_slots)
                        await slots.enter_async_context(self._fetch_slots)
                except TimeoutError as error:
                    raise BusyError("key-unavailable", "too many keys are fetched at this moment") from error
                # The one before in the queue may have read the same key.
                return self._signatories.get(key_id) or await self._read_allowed_key_owner(key_id)
        finally:
            self._pending[host] -= 1
            if not self._pending[host]:
                del self._pending[host], self._host_slots[host]

    async def _read_allowed_key_owner(self, key_id: str) -> Signatory:
        """Read the owner of a key. Raises PeerBlockedError also if they are on any other refused host."""
        decided = (key_id, self._policies.version)
        if decided in self._refused:
            raise PeerBlockedError(self._refused[decided])
        try:
            return await self._read_key_owner(key_id)
        except PeerBlockedError as error:
            self._refused[decided] = str(error)
            raise

    async def _read_key_owner(self, key_id: str) -> Signatory:
        """Read the owner of a key from its own address; the owner must publish this very key."""
        document = await self._fetcher.fetch_document(key_id)
        if document is None:
            raise SignatureError("key-unavailable", key_id[:200])
        owner = id_of(document.get("owner")) or id_of(document.get("controller"))
        uri = owner if owner and same_origin(owner, key_id) else id_of(document)
        if uri is None or not same_origin(uri, key_id):
            raise SignatureError("bad-key", "its owner is elsewhere")
        account = await self._resolver.fetch_signer(without_fragment(uri))
        if account is None:
            raise SignatureError("key-unavailable", uri[:200])
        signatory = await self._find_stored_signatory(key_id)
        if signatory is None or signatory.account.id != account.id:
            raise SignatureError("bad-key", "its owner does not publish it")
        return signatory

    def invalidate(self, account_id: int) -> None:
        """Drop the keys of an account that changed."""
        for key_id in [key for key, entry in self._signatories.items() if entry.account.id == account_id]:
            self._signatories.pop(key_id, None)
