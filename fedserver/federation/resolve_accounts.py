"""From a handle or a URI to an account, read from its peer and confirmed by WebFinger where we must."""

from __future__ import annotations

import structlog
from msgspec import structs

from activitypub.actors import Actor, read_actor
from activitypub.authority import host_of
from activitypub.document import Document
from activitypub.errors import ActivityPubError
from activitypub.webfinger import Handle, parse_handle
from fedserver.domain.accounts import account_removal, accounts, remote_accounts
from fedserver.federation import webfinger
from fedserver.federation.convert.accounts import to_remote_account
from fedserver.federation.documents import DocumentReader
from fedserver.federation.fetch import PeerBlockedError, RemoteGoneError
from storage.queries.peers import relays as relay_queries
from storage.queries.relationships import follows as follow_queries
from storage.rows.accounts import AccountRow

log = structlog.stdlib.get_logger("fedserver.federation")
# Profiles change rarely, and an Update is sent when they do; a day bounds what a lost one costs.
MAX_AGE_MS = 24 * 3_600_000


class AccountResolver(DocumentReader):
    """Finds accounts for one node. What cannot be found is None; the reason is in the log."""

    async def resolve_handle(self, handle: Handle) -> AccountRow | None:
        """Return the account of a handle: stored and not older than a day, or fetched."""
        is_local = self._site.links.find_account_domain(handle.domain) == ""
        async with self._db.read() as tx:
            account = await accounts.find_by_handle(tx, handle.username, "" if is_local else handle.domain)
        if is_local or (account is not None and self._is_fresh(account)):
            return account
        return await self._fetch_handle(handle) or account

    def _is_fresh(self, account: AccountRow) -> bool:
        return not account.domain or (account.fetched_at or 0) > self._clock() - MAX_AGE_MS

    async def _fetch_handle(self, handle: Handle) -> AccountRow | None:
        if not self.allows_hosts(handle.domain):
            return None
        answer = await self._look_up(handle)
        return await self.refetch_actor(answer[1], expected=handle) if answer is not None else None

    async def _look_up(self, handle: Handle) -> tuple[Handle, str] | None:
        allow_http = self._site.config.federation.allow_http
        return await webfinger.look_up(self._fetcher, handle, allow_http=allow_http)

    async def find_interaction_template(self, handle: Handle) -> str | None:
        """Return the template of the address where a person's own server takes what they found here.

        Returns '' if the server names none; None if it does not know the handle, cannot be asked, or may not
        be asked by the policy of this node.
        """
        if not self.allows_hosts(handle.domain):
            return None
        allow_http = self._site.config.federation.allow_http
        return await webfinger.look_up_interaction_template(self._fetcher, handle, allow_http=allow_http)

    async def resolve_actor(self, uri: str) -> AccountRow | None:
        """Return the account of an actor: stored, or fetched."""
        async with self._db.read() as tx:
            account = await accounts.find_by_uri(tx, uri)
        return account if account is not None else await self.fetch_actor(uri)

    async def fetch_node_actor(self, host: str, *, require_allowed: bool = True) -> AccountRow | None:
        """Return the own actor of a node, as its host names it (FEP-2677).

        `require_allowed` as in `fetch_document`.
        """
        domain = self._site.links.find_account_domain(host.strip().removeprefix("https://").rstrip("/"))
        if not domain:
            return None
        if not self.allows_hosts(domain, require_allowed=require_allowed):
            return None
        answer = await self._look_up(Handle(domain, domain))
        if answer is None:
            return None
        return await self.fetch_actor(answer[1], require_allowed=require_allowed)

    async def fetch_actor(
        self, uri: str, *, expected: Handle | None = None, require_allowed: bool = True
    ) -> AccountRow | None:
        """Return an actor, read from its own address, confirmed by WebFinger and stored.

        An actor that is gone is deleted here. `expected` is the handle that led to it; `require_allowed` as
        in `fetch_document`.
        """
        try:
            return await self.fetch_signer(uri, expected=expected, require_allowed=require_allowed)
        except PeerBlockedError as error:
            log.info("actor_refused", uri=uri[:300], reason=f"{error} is refused here")
            return None

    async def fetch_signer(
        self, uri: str, *, expected: Handle | None = None, require_allowed: bool = True
    ) -> AccountRow | None:
        """Return an actor as `fetch_actor` does. Raises PeerBlockedError if it is on a refused host."""
        if self._site.links.is_own(uri):
            uri = await self.find_local_id(uri) or uri
            async with self._db.read() as tx:
                return await accounts.find_by_uri(tx, uri)
        try:
            document = await self.fetch_document(uri, require_allowed=require_allowed)
            if document is None:
                return None
            return await self._store_actor(document, expected, require_allowed=require_allowed)
        except RemoteGoneError:
            await self._delete_actor(uri)
        except ActivityPubError as error:
            log.info("actor_refused", uri=uri[:300], reason=str(error))
        return None

    async def refetch_actor(self, uri: str, *, expected: Handle | None = None) -> AccountRow | None:
        """Return an actor as `fetch_actor` does, even if it could not be read a moment ago.

        For a person who asks for it.
        """
        try:
            self.clear_failures(host_of(uri))
        except ActivityPubError:
            return None
        return await self.fetch_actor(uri, expected=expected)

    async def _store_actor(
        self, document: Document, expected: Handle | None, *, require_allowed: bool = True
    ) -> AccountRow | None:
        """Store an actor whose handle is confirmed. Raises PeerBlockedError if it is on a refused host.

        One that is stored already, with a handle that is now of a blocked host, is suspended like all there.
        """
        actor = await self._localize_actor(read_actor(document))
        handle = await self._confirm_handle(actor, expected, require_allowed=require_allowed)
        if handle is None:
            log.info("actor_unconfirmed", uri=actor.id[:300])
            return None
        hosts = (host_of(actor.id), handle.domain)
        # guard: the hosts of an actor
        if not self.allows_hosts(*hosts, require_allowed=require_allowed):
            await self.suspend_if_blocked(actor.id, hosts)
            raise PeerBlockedError(" or ".join(dict.fromkeys(hosts)))
        pictures = self._policies.allows_media(*hosts)
        # The name is the one that the host of the handle confirmed, not the one that the actor claims.
        account = to_remote_account(
            actor, handle.username, handle.domain, self._clock(), include_pictures=pictures
        )
        async with self._db.write() as tx:
            await self.mark_reachable(tx, actor.id)
            return await remote_accounts.receive(tx, account)

    async def _localize_actor(self, actor: Actor) -> Actor:
        """Return an actor that names its other accounts by their ids, where these are on this node."""
        ids = await self.load_local_ids((*actor.also_known_as, actor.moved_to or ""))
        if not ids:
            return actor
        return structs.replace(
            actor,
            also_known_as=tuple(ids.get(uri, uri) for uri in actor.also_known_as),
            moved_to=ids.get(actor.moved_to or "", actor.moved_to),
        )

    async def _confirm_handle(
        self, actor: Actor, expected: Handle | None, *, require_allowed: bool
    ) -> Handle | None:
        """Return the handle of an actor, after its host has confirmed that it is this actor's.

        What the actor and its own host say comes first: any host could claim that an actor elsewhere has a
        handle there. `expected`, the handle that led here, counts where they say nothing.
        """
        claimed = parse_handle(actor.webfinger or "") or Handle(actor.username, host_of(actor.id))
        handle = await self._confirm_claim(actor, claimed, require_allowed=require_allowed)
        if handle is not None or expected is None or expected == claimed:
            return handle
        # guard: handles that others give to an actor
        if expected.username.lower() != actor.username.lower() or await self._has_other_handle(
            actor, expected
        ):
            return None
        answer = await self._look_up(expected)
        return expected if answer is not None and answer[1] == actor.id else None

    async def _has_other_handle(self, actor: Actor, expected: Handle) -> bool:
        """Return True if the actor is stored with a handle of another host."""
        async with self._db.read() as tx:
            account = await accounts.find_by_uri(tx, actor.id)
        return account is not None and account.domain != expected.domain

    async def _confirm_claim(self, actor: Actor, handle: Handle, *, require_allowed: bool) -> Handle | None:
        """Return the handle that WebFinger confirms for an actor, beginning with the one that it claims.

        One of a host that federation policy refuses is returned without asking that host.
        """
        # The first answer may name a canonical handle on another host, which must confirm it as well.
        for _ in range(2):
            if not self.allows_hosts(handle.domain, require_allowed=require_allowed):
                return handle
            answer = await self._look_up(handle)
            if answer is None or answer[1] != actor.id:
                return None
            subject = answer[0]
            if (subject.username.lower(), subject.domain) == (handle.username.lower(), handle.domain):
                return handle
            handle = subject
        return None

    async def _delete_actor(self, uri: str) -> None:
        async with self._db.write() as tx:
            account = await accounts.find_by_uri(tx, uri)
            if account is not None:
                await account_removal.delete_remote(tx, account)

    async def is_followed(self, account: AccountRow) -> bool:
        """Return True if a member follows the account."""
        async with self._db.read() as tx:
            return await follow_queries.has_local_followers(tx, account.id)

    async def is_relay(self, account: AccountRow) -> bool:
        """Return True for the actor of a relay that is enabled."""
        async with self._db.read() as tx:
            return await relay_queries.is_enabled(tx, account.uri)
