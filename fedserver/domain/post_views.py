"""Posts with everything that is shown beside them, loaded in batches.

The number of statements does not depend on the size of the page (architecture, law 6). Who may not see a
post does not get it: `load` leaves it out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from msgspec import Struct, structs

from fedserver.domain import account_views, filters
from fedserver.domain.account_views import AccountView
from fedserver.domain.visibility import Facts, may_see
from storage import AccountRow, AppRow, MediaRow, PostRow, Tx, queries

Sees = Callable[[PostRow, AccountRow, Facts], bool]


class Mine(Struct, frozen=True):
    """What the viewer did to a post."""

    liked: bool
    boosted: bool
    bookmarked: bool
    muted: bool
    pinned: bool


class PostView(Struct, frozen=True):
    """A post as one viewer sees it; `mine` is None for strangers."""

    post: PostRow
    account: AccountView
    media: tuple[MediaRow, ...]
    cover: MediaRow | None
    boost_of: PostView | None
    mine: Mine | None
    filtered: tuple[filters.Hit, ...]
    app: AppRow | None


async def load(
    tx: Tx, ids: Sequence[int], viewer_id: int | None, *, context: str | None = None
) -> list[PostView]:
    """Views in the order of `ids`, without those that the viewer may not see.

    `context` (home, notifications, public, thread, account) asks for the viewer's filters and hides authors
    that the viewer muted or blocked where Mastodon hides them.
    """
    return await _load(tx, ids, viewer_id, context, may_see)


async def load_evidence(tx: Tx, ids: Sequence[int]) -> list[PostView]:
    """Posts that were reported, as moderators have to see them: whoever they were written for."""
    return await _load(tx, ids, None, None, lambda post, author, facts: True)


async def _load(
    tx: Tx, ids: Sequence[int], viewer_id: int | None, context: str | None, sees: Sees
) -> list[PostView]:
    if not ids:
        return []
    rows = await queries.posts.by_ids(tx, ids)
    boosted = {row.boost_of_id for row in rows.values() if row.boost_of_id is not None}
    missing = boosted - rows.keys()
    if missing:
        rows |= await queries.posts.by_ids(tx, list(missing))
    authors = await account_views.load(tx, list({row.account_id for row in rows.values()}))
    shown = _Page(rows, authors, sees)
    await shown.look(tx, viewer_id, context)
    views = (shown.view(rows[each]) for each in ids if each in rows)
    return [view for view in views if view is not None]


class _Page:
    """What a page of views is put together from."""

    def __init__(self, rows: dict[int, PostRow], authors: dict[int, AccountView], sees: Sees) -> None:
        self._rows = rows
        self._authors = authors
        self._sees = sees
        self._in_public = False
        self._files: dict[int, list[MediaRow]] = {}
        self._apps: dict[int, AppRow] = {}
        self._found: dict[str, set[int]] = {}
        self._filters: filters.Active | None = None
        self._facts = Facts()
        self._hides = False

    async def look(self, tx: Tx, viewer_id: int | None, context: str | None) -> None:
        originals = [row for row in self._rows.values() if row.boost_of_id is None]
        for file in await queries.media.of_posts(tx, [row.id for row in originals]):
            self._files.setdefault(file.post_id or 0, []).append(file)
        app_ids = {row.app_id for row in originals if row.app_id is not None}
        self._apps = await queries.apps.by_ids(tx, list(app_ids)) if app_ids else {}
        self._in_public = context == "public"
        if viewer_id is None:
            return
        self._found = await queries.post_facts.of_viewer(
            tx,
            viewer_id,
            list(self._rows),
            [row.thread_id for row in originals],
            list(self._authors),
        )
        if context is not None:
            self._filters = await filters.active(tx, viewer_id, context)
            # Of notifications, their own statement has left out those of muted accounts.
            self._hides = context in ("home", "public")
        self._facts = Facts(
            viewer_id,
            viewer_id in self._get("ours"),
            self._get("follows"),
            self._get("mentioned"),
            self._get("blocks"),
            self._get("blocked_by"),
        )

    def _get(self, kind: str) -> set[int]:
        return self._found.get(kind, set())

    def view(self, row: PostRow, *, inner: bool = False) -> PostView | None:
        author = self._authors.get(row.account_id)
        if author is None or not self._sees(row, author.account, self._facts):
            return None
        if self._in_public and author.account.silenced_at is not None:
            return None
        if (self._hides or inner) and self._hidden(row.account_id):
            return None
        boost_of = None
        if row.boost_of_id is not None:
            original = self._rows.get(row.boost_of_id)
            boost_of = self.view(original, inner=True) if original is not None else None
            if boost_of is None:
                return None
        files = self._files.get(row.id, [])
        forced = author.account.sensitized_at is not None and not row.sensitive
        return PostView(
            post=structs.replace(row, sensitive=True) if forced else row,
            account=author,
            media=tuple(each for each in files if each.id != row.cover_id),
            cover=next((each for each in files if each.id == row.cover_id), None),
            boost_of=boost_of,
            mine=self._mine(row),
            filtered=self._hits(row),
            app=self._apps.get(row.app_id) if row.app_id is not None else None,
        )

    def _hidden(self, author_id: int) -> bool:
        """The viewer muted or blocked the author, and it is not the viewer."""
        kinds = ("blocks", "mutes", "domain_muted")
        return author_id != self._facts.viewer_id and any(author_id in self._get(kind) for kind in kinds)

    def _mine(self, row: PostRow) -> Mine | None:
        if self._facts.viewer_id is None:
            return None
        identifier = row.boost_of_id or row.id
        thread = row.thread_id
        if row.boost_of_id is not None and row.boost_of_id in self._rows:
            thread = self._rows[row.boost_of_id].thread_id
        return Mine(
            liked=identifier in self._get("liked"),
            boosted=identifier in self._get("boosted"),
            bookmarked=identifier in self._get("bookmarked"),
            muted=thread in self._get("thread_muted"),
            pinned=identifier in self._get("pinned"),
        )

    def _hits(self, row: PostRow) -> tuple[filters.Hit, ...]:
        if self._filters is None or row.boost_of_id is not None or row.account_id == self._facts.viewer_id:
            return ()
        described = (each.description for each in self._files.get(row.id, []))
        return self._filters.match(row.id, _words(row, described))


def _words(row: PostRow, descriptions: Iterable[str]) -> str:
    return "\n".join((row.title, row.summary, row.source or row.html, *descriptions))
