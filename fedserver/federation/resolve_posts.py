"""From a URI to a post, read from its origin where we must."""

from __future__ import annotations

from typing import Any

import msgspec
import structlog

from activitypub.document import Document, id_of
from activitypub.errors import ActivityPubError
from activitypub.objects import Object, read_object
from fedserver.domain.posts import post_removal, remote_content, remote_posts
from fedserver.domain.timelines.visibility import PUBLIC_VISIBILITIES
from fedserver.federation.convert.polls import get_author_uri, is_vote
from fedserver.federation.convert.posts import to_remote_post
from fedserver.federation.fetch import RemoteGoneError
from fedserver.federation.resolve_accounts import AccountResolver
from storage.queries.accounts import accounts as account_queries
from storage.queries.posts import posts as post_queries
from storage.rows.accounts import AccountRow
from storage.rows.posts import PostRow

log = structlog.stdlib.get_logger("fedserver.federation")
_decode = msgspec.json.Decoder(dict[str, Any]).decode


class PostResolver(AccountResolver):
    """Finds posts and their authors for one node. What cannot be found is None; the reason is in the log."""

    async def find_post(self, uri: str) -> PostRow | None:
        """Return a stored post; one of this node in whatever spelling. Nothing is fetched."""
        async with self._db.read() as tx:
            post = await post_queries.find_by_uri(tx, uri)
        own_uri = await self.find_local_id(uri) if post is None else None
        if own_uri is None or own_uri == uri:
            return post
        return await self.find_post(own_uri)

    async def find_missing_ancestor(self, uri: str) -> str | None:
        """Return the URI of the first post above a stored one that is not stored, None if there is none."""
        async with self._db.read() as tx:
            row = await post_queries.find_by_uri(tx, uri)
            return await post_queries.find_missing_ancestor(tx, row.id) if row is not None else None

    async def find_original(self, uri: str) -> Document | None:
        """Return the document of a stored post of a peer as it was received. Nothing is fetched."""
        async with self._db.read() as tx:
            text = await post_queries.find_original(tx, uri)
        return None if text is None else _decode(text)

    async def resolve_post(self, uri: str, *, depth: int = 0) -> PostRow | None:
        """Return a post: stored, or fetched. `depth` counts the posts that led here from reply to parent."""
        post = await self.find_post(uri)
        if post is not None or self._site.links.is_own(uri):
            return post
        try:
            document = await self.fetch_document(uri)
            return await self._store_post(document, depth) if document is not None else None
        except RemoteGoneError:
            return None
        except ActivityPubError as error:
            log.info("post_refused", uri=uri[:300], reason=str(error))
            return None

    async def restore_post(self, uri: str, *, author_uri: str = "") -> PostRow | None:
        """Return a post that its author deleted and publishes again; None if there is no such post.

        Only its origin can tell, which is asked; with `author_uri`, only about a post of that account.
        """
        async with self._db.read() as tx:
            tombstone = await post_queries.find_tombstone(tx, uri)
        if tombstone is None or not tombstone.account_uri:
            return None
        if author_uri and tombstone.account_uri != author_uri:
            return None
        try:
            document = await self.fetch_document(uri, is_news=True)
            return await self._store_post(document, 0, restoring="always") if document is not None else None
        except (RemoteGoneError, ActivityPubError) as error:
            log.info("post_refused", uri=uri[:300], reason=str(error))
            return None

    async def refetch_post(self, post_id: int, *, is_deleted: bool = False) -> None:
        """Fetch a post of a peer again and store what changed, also the votes of its poll.

        With `is_deleted`, someone said that it was deleted: then it is, if its origin has none there.
        """
        async with self._db.read() as tx:
            row = await post_queries.find(tx, post_id)
            author = await account_queries.find(tx, row.account_id) if row is not None else None
        if row is None or author is None or row.local:
            return
        try:
            # What followers may read only may be kept from us by the answer that there is nothing.
            missing_is_gone = is_deleted and row.visibility in PUBLIC_VISIBILITIES
            document = await self.fetch_document(row.uri, is_news=is_deleted, missing_is_gone=missing_is_gone)
            if document is None or id_of(document) != row.uri:
                return
            obj = read_object(await self.localize_document(document))
            remote_post = self._to_remote_post(obj, document, author)
        except RemoteGoneError:
            async with self._db.write() as tx:
                await post_removal.receive(tx, author, row.uri)
            return
        except ActivityPubError as error:
            log.info("post_refused", uri=row.uri[:300], reason=str(error))
            return
        if remote_post.author_uri == author.uri:
            async with self._db.write() as tx:
                await remote_posts.receive_edit(tx, author, remote_post)

    async def _store_post(self, document: Document, depth: int, *, restoring: str = "") -> PostRow | None:
        obj = read_object(await self.localize_document(document))
        if is_vote(obj):
            return None
        author = await self.resolve_actor(get_author_uri(obj))
        if author is None or not author.domain:
            return None
        # The author may be stored from a time before a decision about a host that they are on.
        # guard: the hosts of an author
        if not self.allows_account(author):
            log.info("author_refused", uri=author.uri[:300])
            return None
        remote_post = self._to_remote_post(obj, document, author)
        async with self._db.write() as tx:
            return await remote_posts.receive(tx, author, remote_post, depth=depth, restoring=restoring)

    def _to_remote_post(
        self, obj: Object, document: Document, author: AccountRow
    ) -> remote_content.RemotePost:
        return to_remote_post(
            obj,
            msgspec.json.encode(document).decode(),
            author.followers_uri,
            author.following_uri,
            include_files=self.allows_media(author),
        )
