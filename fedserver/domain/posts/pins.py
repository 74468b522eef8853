"""Pins: posts that stay on top of their author's profile, and in its `featured` collection."""

from __future__ import annotations

from collections.abc import Sequence

from fedserver.domain.kernel import events, jobs
from fedserver.domain.kernel.errors import InvalidError
from fedserver.domain.timelines import visibility
from fedserver.text.locales import gettext
from storage.engine import Tx
from storage.queries.accounts import accounts as account_queries
from storage.queries.posts import likes as like_queries
from storage.rows.accounts import AccountRow
from storage.rows.posts import PostRow

MAX_PINS, MAX_REMOTE_PINS = 5, 20
DAY_MS = 86_400_000
MIN_INTERVAL_MS = 60_000  # between two fetches, however often a peer tells of changes


async def pin(tx: Tx, actor: AccountRow, post_id: int) -> None:
    """Pin a post of one's own. Raises NotFoundError, InvalidError."""
    row = await visibility.get_own(tx, actor, post_id)
    if row.visibility == "direct" or row.state != "published":
        message = gettext("Private mentions and drafts cannot be pinned.")
        raise InvalidError("post", "is a private mention or a draft and cannot be pinned", message=message)
    if await like_queries.count_pins(tx, actor.id) >= MAX_PINS:
        message = gettext("You have pinned as many posts as you can. Please unpin one first.")
        why = f"cannot be pinned: {MAX_PINS} are already"
        raise InvalidError("post", why, "ERR_TOO_MANY", message=message)
    if await like_queries.insert_pin(tx, actor.id, row.id):
        tx.emit(events.POST_CHANGED, post_id=row.id)
        if row.visibility in ("public", "unlisted"):
            await jobs.enqueue(tx, jobs.UpdatePin(actor.id, row.uri, True))


async def unpin(tx: Tx, actor: AccountRow, post_id: int) -> None:
    """Unpin a post of one's own. Raises NotFoundError."""
    row = await visibility.get_own(tx, actor, post_id)
    if await like_queries.delete_pin(tx, actor.id, row.id):
        tx.emit(events.POST_CHANGED, post_id=row.id)
        if row.visibility in ("public", "unlisted"):
            await jobs.enqueue(tx, jobs.UpdatePin(actor.id, row.uri, False))


# --- of peers


def is_refresh_due(account: AccountRow, now: int) -> bool:
    """Return True if what a peer's account features was not fetched for a day."""
    gone = account.suspended_at is not None or account.deleted_at is not None
    return bool(account.domain) and not gone and (account.featured_at or 0) <= now - DAY_MS


async def enqueue_refresh(tx: Tx, account: AccountRow) -> None:
    """Enqueue the fetch of what an account features, unless another request has just done so."""
    if is_refresh_due(account, tx.now) and await account_queries.mark_featured_fetched(
        tx, account.id, tx.now - DAY_MS
    ):
        await jobs.enqueue(tx, jobs.FetchFeatured(account.id), dedupe=f"read_featured:{account.id}")


async def enqueue_refresh_after_update(tx: Tx, account: AccountRow) -> None:
    """Enqueue the fetch of what an account features, soon after its peer told of a change.

    Only if a member has looked at it before, and at most once a minute: an Update may come for each change.
    """
    if account.featured_at is None or account.suspended_at is not None or account.deleted_at is not None:
        return
    run_at = max(tx.now, account.featured_at + MIN_INTERVAL_MS)
    if run_at == tx.now:
        await account_queries.mark_featured_fetched(tx, account.id, tx.now)
    await jobs.enqueue(
        tx, jobs.FetchFeatured(account.id), dedupe=f"read_featured_soon:{account.id}", run_at=run_at
    )


async def receive(tx: Tx, author: AccountRow, post: PostRow, *, added: bool) -> bool:
    """Pin or unpin a post for the peer's account that wrote it; return False if nothing changed."""
    if not added:
        changed = await like_queries.delete_pin(tx, author.id, post.id)
    else:
        own = post.account_id == author.id and post.boost_of_id is None and post.visibility != "direct"
        full = await like_queries.count_pins(tx, author.id) >= MAX_REMOTE_PINS
        changed = own and not full and await like_queries.insert_pin(tx, author.id, post.id)
    if changed:
        tx.emit(events.POST_CHANGED, post_id=post.id)
    return changed


async def receive_all(tx: Tx, author: AccountRow, rows: Sequence[PostRow]) -> None:
    """Replace all pins of a peer's account by these, the newest first."""
    wanted = [row.id for row in rows]
    former = list(await like_queries.list_pinned_posts(tx, author.id))
    if former == wanted:
        return
    for post_id in former:
        await like_queries.delete_pin(tx, author.id, post_id)
    for row in reversed(rows):
        await receive(tx, author, row, added=True)
