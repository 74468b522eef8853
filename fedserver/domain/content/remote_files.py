"""Files of peers that this node proxies: which there are, and which are cached in the store."""

from __future__ import annotations

import hashlib
import hmac

from msgspec import Struct

from addresses.hosts import find_host
from fedserver.domain.kernel import jobs
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.errors import NotFoundError
from storage.engine import ReadTx, Tx
from storage.queries.accounts import accounts as account_queries
from storage.queries.content import media as media_queries
from storage.queries.content import remote_files as remote_file_queries
from storage.queries.posts import posts as post_queries
from storage.queries.timelines import cards as card_queries
from storage.rows.content import RemoteFileRow

HOUR_MS = 3_600_000  # how exactly the last use is recorded: fewer writes
KINDS = ("image", "gifv", "video", "audio")
BATCH_SIZE = 200  # files of one statement


class RemoteFileRequest(Struct, frozen=True):
    """A file of a peer: an attachment (`shape` "file"), avatar, header, emoji, or the image of a card.

    A file that the text of a post shows has the shape "text:" and a digest, as a text has many. `kind` is
    that of attachments. `host` is the peer's; it is '' for cards and for what members write, whose files come
    from any server; `actor_host` is that of the actor, which may be another. `stored` is the cached copy.
    """

    subject_id: int
    shape: str
    kind: str
    url: str
    host: str
    stored: RemoteFileRow | None
    actor_host: str = ""


async def get(tx: ReadTx, site: NodeContext, subject_id: int, shape: str, token: str) -> RemoteFileRequest:
    """Return the remote file for one of our proxy URLs; the token proves that this node made the URL.

    Raises NotFoundError.
    """
    if shape == "card":
        return await _get_card(tx, site, subject_id, token)
    picture = shape in ("avatar", "header")
    media = None if picture else await media_queries.find(tx, subject_id)
    author_id = subject_id if picture else media.account_id if media else 0
    author = await account_queries.find(tx, author_id)
    if author is None or author.domain is None or author.suspended_at is not None:
        raise NotFoundError
    kind = media.kind if media else "image"
    url = media.remote_url if media else author.avatar_url if shape == "avatar" else author.header_url
    if not url or kind not in KINDS or site.links.file_token(url) != token:
        raise NotFoundError
    return await _build_request(
        tx, subject_id, shape if picture else "file", kind, url, author.domain, find_host(author.uri)
    )


async def _get_card(tx: ReadTx, site: NodeContext, card_id: int, token: str) -> RemoteFileRequest:
    card = await card_queries.find(tx, card_id)
    if card is None or not card.image_url or site.links.file_token(card.image_url) != token:
        raise NotFoundError
    return await _build_request(tx, card_id, "card", "image", card.image_url, "")


async def get_emoji(tx: ReadTx, site: NodeContext, url: str, signature: str) -> RemoteFileRequest:
    """Return an emoji by its remote URL; the signature proves that this node made the link.

    Raises NotFoundError.
    """
    if not site.links.secret or not hmac.compare_digest(site.links.sign(url).encode(), signature.encode()):
        raise NotFoundError
    return await build_emoji_request(tx, url)


async def build_emoji_request(tx: ReadTx, url: str) -> RemoteFileRequest:
    """Return an emoji by its remote URL, which the caller trusts. Raises NotFoundError."""
    host = find_host(url)
    if not host:
        raise NotFoundError
    # Remote emoji have no row of their own, so a hash of the URL is the id.
    number = int.from_bytes(hashlib.sha256(url.encode()).digest()[:8]) >> 1
    return await _build_request(tx, number, "emoji", "image", url, host)


async def get_post_file(
    tx: ReadTx, site: NodeContext, post_id: int, kind: str, url: str, signature: str
) -> RemoteFileRequest:
    """Return a file that the text of a post shows, or a former version of the post.

    The signature proves that this node made the link for this post. Raises NotFoundError.
    """
    expected = site.links.sign_post_file(post_id, kind, url)
    # guard: files in texts are those that we signed @2
    if not site.links.secret or not hmac.compare_digest(expected.encode(), signature.encode()):
        raise NotFoundError
    post = await post_queries.find(tx, post_id)
    author = await account_queries.find(tx, post.account_id) if post is not None else None
    if author is None or author.suspended_at is not None or kind not in KINDS:
        raise NotFoundError
    shape = f"text:{hashlib.sha256(f'{kind} {url}'.encode()).hexdigest()[:16]}"
    actor_host = find_host(author.uri) if author.domain else ""
    return await _build_request(tx, post_id, shape, kind, url, author.domain, actor_host)


async def _build_request(
    tx: ReadTx, subject_id: int, shape: str, kind: str, url: str, host: str, actor_host: str = ""
) -> RemoteFileRequest:
    cached = await remote_file_queries.find(tx, subject_id, shape)
    stored = cached if cached is not None and cached.url == url else None
    return RemoteFileRequest(subject_id, shape, kind, url, host, stored, actor_host)


class FetchedFile(Struct, frozen=True):
    """A file in the store; images have a width, height and blurhash, other files 0 and None."""

    file_key: str
    preview_key: str
    bytes: int
    width: int
    height: int
    blurhash: str | None


async def store(tx: Tx, request: RemoteFileRequest, file: FetchedFile) -> RemoteFileRow:
    """Save a fetched file in place of a former one.

    A card gets the size of its image, an attachment what its peer did not tell of it.
    """
    former = await remote_file_queries.find(tx, request.subject_id, request.shape)
    if former is not None:
        await jobs.enqueue(tx, jobs.RemoveFiles((former.file_key, former.preview_key)))
    row = RemoteFileRow(
        request.subject_id, request.shape, request.url, file.file_key, file.preview_key, file.bytes, tx.now
    )
    await remote_file_queries.replace(tx, row)
    if request.shape == "card":
        await card_queries.set_image_details(tx, request.subject_id, file.width, file.height, file.blurhash)
    elif request.shape == "file" and file.width:
        await media_queries.fill_in_details(
            tx, request.subject_id, request.url, file.width, file.height, file.blurhash
        )
    return row


def is_recently_used(row: RemoteFileRow, now: int) -> bool:
    """Return True if its last recorded use is less than an hour ago."""
    return row.used_at > now - HOUR_MS


async def mark_used(tx: Tx, row: RemoteFileRow) -> None:
    """Record that the file was requested."""
    await remote_file_queries.mark_used(tx, row)


async def evict(tx: Tx, max_bytes: int) -> list[str]:
    """Remove cached files without a subject, then the least recently used, until `max_bytes` are left.

    Returns the keys of the files to remove from the store.
    """
    removed = await remote_file_queries.list_orphans(tx, BATCH_SIZE)
    await remote_file_queries.delete_many(tx, removed)
    excess = await remote_file_queries.sum_bytes(tx) - max_bytes
    while excess > 0 and (oldest := await remote_file_queries.list_oldest(tx, BATCH_SIZE)):
        evicted = []
        for row in oldest:
            if excess > 0:
                evicted.append(row)
                excess -= row.bytes
        await remote_file_queries.delete_many(tx, evicted)
        removed += evicted
    return [key for row in removed for key in (row.file_key, row.preview_key) if key]
