"""Posts with everything that is shown beside them, loaded in batches.

The number of statements does not depend on the size of the page (architecture, law 6). `load` leaves
out posts that the viewer may not see.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

from msgspec import Struct, structs

from fedserver.domain.accounts.account_views import AccountView
from fedserver.domain.kernel.errors import NotFoundError
from fedserver.domain.timelines import (
    cards,
    filters,
    partner_posts,
    poll_views,
    post_cache,
    quote_policies,
)
from fedserver.domain.timelines.poll_views import PollView
from fedserver.domain.timelines.visibility import AuthorStanding, ViewerFacts, may_see
from storage.engine import ReadTx
from storage.queries.posts import reactions as reaction_queries
from storage.queries.timelines import post_facts as post_fact_queries
from storage.rows.auth import AppRow
from storage.rows.content import MediaRow
from storage.rows.posts import PostReactionRow, PostRow, QuoteRow

VisibilityCheck = Callable[[PostRow, AuthorStanding, ViewerFacts], bool]

Stamp = tuple[Any, ...]
INTERACTIONS = ("liked", "boosted", "bookmarked", "thread_muted", "pinned")
# Why a viewer does not want to see a quoted post: the fact, and Mastodon's word.
HIDING_STATES = (
    ("blocks", "blocked_account"),
    ("domain_muted", "blocked_domain"),
    ("mutes", "muted_account"),
)


class ViewerState(Struct, frozen=True):
    """The interactions of the viewer with a post."""

    liked: bool
    boosted: bool
    bookmarked: bool
    muted: bool
    pinned: bool
    reactions: tuple[tuple[str, str], ...] = ()  # name and picture of each emoji
    # How the viewer stands to the author, or to who boosted the post: what a menu offers to undo.
    mutes_author: bool = False
    blocks_author: bool = False
    hides_boosts: bool = False


class QuoteView(Struct, frozen=True):
    """The quote in a post. `post` is set if the viewer may see it, whatever the state."""

    row: QuoteRow
    state: str
    post: PostView | None


class PostView(Struct, frozen=True):
    """A post as one viewer sees it; `viewer_state` is None for a visitor who is not logged in.

    Views with equal stamps are equal, for any viewers; a view without a stamp is never shared.
    """

    post: PostRow
    account: AccountView
    media: tuple[MediaRow, ...]
    cover: MediaRow | None
    boost_of: PostView | None
    viewer_state: ViewerState | None
    filtered: tuple[filters.FilterMatch, ...]
    app: AppRow | None
    poll: PollView | None = None
    stamp: Stamp | None = None
    quote: QuoteView | None = None
    quote_permission: str = quote_policies.DENIED  # what happens if the viewer quotes it
    card: cards.CardView | None = None
    reactions: tuple[post_cache.ReactionCount, ...] = ()


class ThreadView(Struct, frozen=True):
    """A post as one viewer sees it, with the posts above and below it that they want to see."""

    post: PostView
    above: list[PostView]
    below: list[PostView]


async def load(
    tx: ReadTx, ids: Sequence[int], viewer_id: int | None, *, context: str | None = None
) -> list[PostView]:
    """Return views in the order of `ids`, without those that the viewer may not see.

    With a `context` (home, notifications, public, thread, account) the viewer's filters apply, and authors
    that the viewer muted or blocked are hidden where Mastodon hides them.
    """
    return await _load(tx, ids, viewer_id, context, may_see)


async def get(tx: ReadTx, post_id: int, viewer_id: int | None, *, context: str | None = None) -> PostView:
    """Return the view of one post. Raises NotFoundError if the viewer may not see it."""
    views = await load(tx, [post_id], viewer_id, context=context)
    if not views:
        raise NotFoundError
    return views[0]


async def load_thread(
    tx: ReadTx, post_id: int, above: Sequence[int], below: Sequence[int], viewer_id: int | None
) -> ThreadView:
    """Return a post with its thread. Raises NotFoundError if the viewer may not see the post.

    Posts of accounts that the viewer blocks or mutes, the domain included, are left out, and of limited ones
    that they do not follow, as with Mastodon; so are the replies below these, except the viewer's own.
    `below` has each post before its replies.
    """
    page = _PageBuilder(await post_cache.load(tx, [post_id, *above, *below]), may_see)
    await page.load_viewer_facts(tx, viewer_id, "thread")
    post = page.build_view(post_id)
    if post is None:
        raise NotFoundError
    return ThreadView(post, page.build_wanted(above), page.build_branches(below))


async def load_evidence(tx: ReadTx, ids: Sequence[int]) -> list[PostView]:
    """Return the views of reported posts for moderators, whatever their visibility."""
    return await _load(tx, ids, None, None, lambda post, author, facts: True)


async def _load(
    tx: ReadTx, ids: Sequence[int], viewer_id: int | None, context: str | None, sees: VisibilityCheck
) -> list[PostView]:
    if not ids:
        return []
    page = _PageBuilder(await post_cache.load(tx, ids), sees)
    await page.load_viewer_facts(tx, viewer_id, context)
    return page.build_views(ids)


class _PageBuilder:
    """A builder of the views of one page, with the facts that it has loaded for all of them."""

    def __init__(self, cached: post_cache.CachedPage, sees: VisibilityCheck) -> None:
        self._posts = cached.posts
        self._authors = cached.authors
        self._sees = sees
        self._in_public = False
        self._polls: dict[int, PollView] = {}
        self._facts_by_kind: dict[str, set[int]] = {}
        self._muted: AbstractSet[int] = frozenset()
        self._blocked: AbstractSet[int] = frozenset()
        self._without_boosts: AbstractSet[int] = frozenset()
        self._interacted: tuple[AbstractSet[int], ...] = ()
        self._filters: filters.ActiveFilters | None = None
        self._facts = ViewerFacts()
        self._reacted: dict[int, list[tuple[str, str]]] = {}
        self._hides = False

    async def load_viewer_facts(self, tx: ReadTx, viewer_id: int | None, context: str | None) -> None:
        """Load polls, and the viewer's relations to the posts and their authors."""
        originals = [cached.post for cached in self._posts.values() if cached.post.boost_of_id is None]
        self._polls = await poll_views.load(tx, originals, viewer_id)
        self._in_public = context == "public"
        if viewer_id is None:
            return
        threads = [row.thread_id for row in originals]
        self._facts_by_kind = await post_fact_queries.load_for_viewer(
            tx, viewer_id, list(self._posts), threads, list(self._authors)
        )
        self._interacted = tuple(self._fact_ids(kind) for kind in INTERACTIONS)
        for row in await _load_reactions(tx, viewer_id, self._fact_ids("reacted")):
            self._reacted.setdefault(row.post_id, []).append((row.name, row.url))
        if context is not None:
            if self._fact_ids("filters"):
                self._filters = await filters.load_active(tx, viewer_id, context)
            # The statement for notifications has left out those of muted accounts already.
            self._hides = context in ("home", "public")
        self._muted, self._blocked = self._fact_ids("mutes"), self._fact_ids("blocks")
        self._without_boosts = self._fact_ids("follows_without_boosts")
        hidden = self._blocked | self._muted | self._fact_ids("domain_muted")
        self._facts = ViewerFacts(
            viewer_id,
            viewer_id in self._fact_ids("ours"),
            self._fact_ids("follows"),
            self._fact_ids("mentioned"),
            self._fact_ids("blocked_by"),
            hidden - {viewer_id},
            is_partner_member=await self._is_partner_member(tx, viewer_id),
        )

    async def _is_partner_member(self, tx: ReadTx, viewer_id: int) -> bool:
        """Return True for a member of a partner; only evaluated for posts for partners on the page."""
        has_partner_posts = any(cached.post.visibility == "partners" for cached in self._posts.values())
        return (
            has_partner_posts
            and viewer_id not in self._fact_ids("ours")
            and await partner_posts.belongs_to_partner_by_id(tx, viewer_id)
        )

    def _fact_ids(self, kind: str) -> set[int]:
        return self._facts_by_kind.get(kind, set())

    def build_view(self, identifier: int, *, inner: bool = False, quoted: int = 0) -> PostView | None:
        """Return the view of a post; None if the viewer may not see it.

        `quoted` counts the posts around this one that quote it: two levels are shown, a third is only named.
        """
        cached = self._posts.get(identifier)
        if cached is None:
            return None
        row = cached.post
        author = self._authors.get(row.account_id)
        if author is None or not self._sees(row, author.account, self._facts):
            return None
        if self._in_public and author.account.silenced_at is not None:
            return None
        if (self._hides or inner) and not quoted and row.account_id in self._facts.hidden:
            return None
        boost_of = None
        if row.boost_of_id is not None:
            boost_of = self.build_view(row.boost_of_id, inner=True)
            if boost_of is None:
                return None
        forced = author.account.sensitized_at is not None and not row.sensitive
        viewer_state, filtered = self._viewer_state(row), self._match_filters(cached)
        poll = self._polls.get(row.id)
        quotable = quote_policies.evaluate(row, self._facts.viewer_id, self._facts.follows)
        quote = self._quote_view(cached, quoted)
        card = cards.to_view(cached.card, self._authors, self._facts.hidden, self._facts.blocked_by)
        creator = card.author.account if card is not None and card.author is not None else None
        more = (poll, quoted, quotable, quote and quote.state, creator and (creator.id, creator.version))
        return PostView(
            post=structs.replace(row, sensitive=True) if forced else row,
            account=author,
            media=cached.media,
            cover=cached.cover,
            boost_of=boost_of,
            viewer_state=viewer_state,
            filtered=filtered,
            app=cached.app,
            poll=poll,
            stamp=_build_stamp(
                row,
                author,
                viewer_state,
                filtered,
                (boost_of, quote.post if quote is not None else None),
                more,
            ),
            quote=quote,
            quote_permission=quotable,
            card=card,
            reactions=cached.reactions,
        )

    def build_wanted(self, ids: Iterable[int]) -> list[PostView]:
        """Return the views of posts in a thread whose authors the viewer wants to see there."""
        unwanted = self._list_unwanted_authors()
        wanted = [
            cached.post.id for cached in self._list_cached(ids) if cached.post.account_id not in unwanted
        ]
        return self.build_views(wanted)

    def build_branches(self, ids: Iterable[int]) -> list[PostView]:
        """Return the views of replies without the branches that the viewer does not want to see."""
        unwanted, viewer_id = self._list_unwanted_authors(), self._facts.viewer_id
        wanted: list[int] = []
        cut: set[int | None] = set()
        for cached in self._list_cached(ids):
            row = cached.post
            is_own = row.account_id == viewer_id
            if row.account_id in unwanted or (row.in_reply_to_id in cut and not is_own):
                cut.add(row.id)
            else:
                wanted.append(row.id)
        return self.build_views(wanted)

    def _list_cached(self, ids: Iterable[int]) -> list[post_cache.CachedPost]:
        return [self._posts[post_id] for post_id in ids if post_id in self._posts]

    def build_views(self, ids: Iterable[int]) -> list[PostView]:
        """Return the views of posts, without those that the viewer may not see."""
        views = [self.build_view(post_id) for post_id in ids]
        return [view for view in views if view is not None]

    def _list_unwanted_authors(self) -> set[int]:
        """Return the ids of authors of the page that the viewer does not want to see in a thread."""
        facts = self._facts
        limited = {key for key, author in self._authors.items() if author.account.silenced_at is not None}
        unwanted = limited - facts.follows - {facts.viewer_id}
        # guard: threads without unwanted accounts
        unwanted.update(facts.hidden)
        return unwanted

    def _quote_view(self, cached: post_cache.CachedPost, quoted: int) -> QuoteView | None:
        row = cached.quote
        if row is None or quoted > 1:
            return None
        post = self.build_view(row.quoted_id, quoted=quoted + 1) if row.quoted_id is not None else None
        return QuoteView(row, self._quote_state(row, post), post)

    def _quote_state(self, row: QuoteRow, post: PostView | None) -> str:
        """Return the state of a quote (docs.joinmastodon.org/entities/Quote), or why it is not shown."""
        if row.state != "accepted":
            return "unauthorized" if row.legacy and row.state == "pending" else row.state
        if row.quoted_id not in self._posts:
            return "deleted"
        if post is None:
            return "unauthorized"
        author = post.post.account_id
        for kind, state in HIDING_STATES:
            if author in self._fact_ids(kind) and author != self._facts.viewer_id:
                return state
        return "accepted"

    def _viewer_state(self, row: PostRow) -> ViewerState | None:
        if self._facts.viewer_id is None:
            return None
        identifier = row.boost_of_id or row.id
        thread = row.thread_id
        if row.boost_of_id is not None and row.boost_of_id in self._posts:
            thread = self._posts[row.boost_of_id].post.thread_id
        liked, boosted, bookmarked, muted, pinned = self._interacted
        return ViewerState(
            identifier in liked,
            identifier in boosted,
            identifier in bookmarked,
            thread in muted,
            identifier in pinned,
            tuple(self._reacted.get(identifier, ())),
            mutes_author=row.account_id in self._muted,
            blocks_author=row.account_id in self._blocked,
            hides_boosts=row.account_id in self._without_boosts,
        )

    def _match_filters(self, cached: post_cache.CachedPost) -> tuple[filters.FilterMatch, ...]:
        row = cached.post
        if self._filters is None or row.boost_of_id is not None or row.account_id == self._facts.viewer_id:
            return ()
        described = [file.description for file in (*cached.media, cached.cover) if file is not None]
        poll = self._polls.get(row.id)
        offered = [option.title for option in poll.options] if poll is not None else []
        return self._filters.match(row.id, _searchable_text(row, [*described, *offered]))


def add_like(view: PostView) -> PostView:
    """Return the view of a post that its viewer likes from now on."""
    state = view.viewer_state
    return structs.replace(
        view,
        post=structs.replace(view.post, likes_count=view.post.likes_count + 1, version=view.post.version + 1),
        viewer_state=structs.replace(state, liked=True) if state is not None else None,
        stamp=None,  # it is not committed yet
    )


async def _load_reactions(tx: ReadTx, viewer_id: int, post_ids: AbstractSet[int]) -> list[PostReactionRow]:
    return await reaction_queries.list_by_account(tx, viewer_id, list(post_ids)) if post_ids else []


def _build_stamp(
    row: PostRow,
    author: AccountView,
    viewer_state: ViewerState | None,
    filtered: tuple[filters.FilterMatch, ...],
    others: Iterable[PostView | None],
    more: tuple[Any, ...],
) -> Stamp | None:
    """Return the stamp of a view, None for a view that must not be shared.

    `others` are the posts that are shown inside, `more` is what else may differ between viewers.
    """
    inside = [view.stamp for view in others if view is not None]
    if filtered or None in inside:
        return None
    return row.id, row.version, author.account.version, viewer_state, *inside, *more


def _searchable_text(row: PostRow, descriptions: Iterable[str]) -> str:
    return "\n".join((row.title, row.summary, row.source or row.html, *descriptions))
