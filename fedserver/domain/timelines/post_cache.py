"""The cache of posts: the rows, files and authors of views, which are the same for every viewer.

A cached post is checked by its version in the same transaction, so that a change by any process is seen. A
writing transaction does not fill the cache, as it may yet roll back; it may read the cache, since its own
changes raise versions that no other transaction can commit before it ends.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import Struct, structs

from fedserver.domain.accounts import account_views
from fedserver.domain.accounts.account_views import AccountView
from storage.cache import LruCache
from storage.engine import ReadTx
from storage.queries.auth import apps as app_queries
from storage.queries.content import media as media_queries
from storage.queries.posts import posts as post_queries
from storage.queries.posts import quotes as quote_queries
from storage.queries.posts import reactions as reaction_queries
from storage.queries.timelines import cards as card_queries
from storage.rows.auth import AppRow
from storage.rows.content import MediaRow
from storage.rows.posts import PostRow, QuoteRow
from storage.rows.timelines import CardRow

MAX_POSTS = 1_500


class ReactionCount(Struct, frozen=True):
    """The number of reactions with an emoji: a character, or the shortcode of a picture at `url`."""

    name: str
    url: str
    count: int


class CachedPost(Struct, frozen=True):
    """A post without its author and its viewer; a boost has no files of its own."""

    post: PostRow
    media: tuple[MediaRow, ...]
    cover: MediaRow | None
    app: AppRow | None
    quote: QuoteRow | None = None
    card: CardRow | None = None
    reactions: tuple[ReactionCount, ...] = ()

    @property
    def related_ids(self) -> Sequence[int]:
        """The ids of the posts that are shown inside this one."""
        if self.quote is None and self.post.boost_of_id is None:
            return ()
        quoted = self.quote.quoted_id if self.quote is not None else None
        return [post_id for post_id in (self.post.boost_of_id, quoted) if post_id is not None]


class CachedPage(Struct, frozen=True):
    """Posts by id, with those that they boost or quote, and the accounts that wrote or boosted them."""

    posts: dict[int, CachedPost]
    authors: dict[int, AccountView]


async def load(tx: ReadTx, ids: Sequence[int]) -> CachedPage:
    """Return posts that exist: one statement if all are known, at most eleven else."""
    cache = tx.caches.get_cache("posts", MAX_POSTS)
    if tx.is_write and all(cache.get(post_id) is None for post_id in ids):
        # Posts that a writer has just written are not cached: the statement for their versions is saved.
        posts = await _load_posts(tx, ids)
        return CachedPage(posts, await account_views.load(tx, _list_author_ids(posts)))
    wanted = _add_related_ids(cache, ids)
    posts, stale, versions = {}, [], {}
    for identifier, version, account_id, account_version in await post_queries.load_versions(
        tx, list(wanted)
    ):
        cached = cache.get(identifier)
        versions[account_id] = account_version
        if cached is not None and cached.post.version == version:
            posts[identifier] = cached
        else:
            stale.append(identifier)
    if stale:
        loaded = await _load_posts(tx, stale)
        if not tx.is_write:
            for identifier, post in loaded.items():
                cache.store(identifier, post)
        posts |= loaded
    return CachedPage(posts, await account_views.load_cached(tx, _list_author_ids(posts), versions))


def _add_related_ids(cache: LruCache, ids: Sequence[int]) -> set[int]:
    """Return the ids with those of posts inside these posts, as far as they are cached, to three levels."""
    wanted, level = set(ids), set(ids)
    for _ in range(3):
        cached = [post for post_id in level if (post := cache.get(post_id)) is not None]
        level = {post_id for post in cached for post_id in post.related_ids} - wanted
        if not level:
            break
        wanted |= level
    return wanted


def _list_author_ids(posts: dict[int, CachedPost]) -> list[int]:
    """Return the ids of the authors of posts, and of the authors of the pages to which the posts link."""
    writers = {post.post.account_id for post in posts.values()}
    creators = {post.card.creator_id for post in posts.values() if post.card is not None}
    return [*writers, *(creator_id for creator_id in creators - writers if creator_id is not None)]


async def _load_posts(tx: ReadTx, ids: Sequence[int]) -> dict[int, CachedPost]:
    rows = await post_queries.load_by_ids(tx, ids)
    missing = {row.boost_of_id for row in rows.values() if row.boost_of_id is not None} - rows.keys()
    if missing:
        rows |= await post_queries.load_by_ids(tx, list(missing))
    originals = [row.id for row in rows.values() if row.boost_of_id is None]
    quotes = await quote_queries.load_chain(tx, originals)
    quoted = _list_quoted_ids(quotes, originals)
    missing = {*quoted, *_list_quoted_ids(quotes, quoted)} - rows.keys()
    if missing:
        rows |= await post_queries.load_by_ids(tx, list(missing))
    originals = [row.id for row in rows.values() if row.boost_of_id is None]
    files: dict[int, list[MediaRow]] = {}
    for file in await media_queries.load_by_posts(tx, originals):
        files.setdefault(file.post_id or 0, []).append(file)
    app_ids = {row.app_id for row in rows.values() if row.app_id is not None}
    apps = await app_queries.load_by_ids(tx, list(app_ids)) if app_ids else {}
    cards = await card_queries.load_by_posts(tx, originals)
    liked = [row.id for row in rows.values() if row.likes_count]
    reactions = await reaction_queries.count_by_posts(tx, liked) if liked else {}
    return {
        row.id: structs.replace(
            _build_post(row, files.get(row.id, ()), apps, quotes.get(row.id), cards.get(row.id)),
            reactions=tuple(ReactionCount(*reaction) for reaction in reactions.get(row.id, ())),
        )
        for row in rows.values()
    }


def _list_quoted_ids(quotes: dict[int, QuoteRow], ids: Iterable[int]) -> list[int]:
    quoted_ids = (quotes[post_id].quoted_id for post_id in ids if post_id in quotes)
    return [quoted_id for quoted_id in quoted_ids if quoted_id is not None]


def _build_post(
    row: PostRow,
    files: Iterable[MediaRow],
    apps: dict[int, AppRow],
    quote: QuoteRow | None,
    card: CardRow | None,
) -> CachedPost:
    files = tuple(files)
    return CachedPost(
        quote=quote,
        card=card,
        post=row,
        media=tuple(file for file in files if file.id != row.cover_id),
        cover=next((file for file in files if file.id == row.cover_id), None),
        app=apps.get(row.app_id) if row.app_id is not None else None,
    )
