"""Posts that appear later (docs.joinmastodon.org/methods/scheduled_statuses).

A scheduled post is stored as it was written, its files are reserved, and a job publishes it at its time. One
transaction creates the post and deletes the scheduled one and the job, so that a crash neither loses nor
duplicates it.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from msgspec import Struct, structs

from fedserver.domain.kernel import jobs
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.errors import ForbiddenError, InvalidError, NotFoundError
from fedserver.domain.posts import posts
from fedserver.text.locales import gettext
from storage.engine import Page, ReadTx, Tx, first_id_at
from storage.queries.accounts import accounts as account_queries
from storage.queries.auth import members as member_queries
from storage.queries.posts import scheduled_posts as scheduled_post_queries
from storage.rows.accounts import AccountRow
from storage.rows.content import MediaRow
from storage.rows.posts import ScheduledPostRow

MINUTE_MS, HOUR_MS, DAY_MS = 60_000, 3_600_000, 86_400_000
MIN_AHEAD_MS = 5 * MINUTE_MS
MAX_PUBLISH_AT = 253_370_764_800_000  # the year 9999
MAX_SCHEDULED, MAX_PER_DAY = 300, 25

_encode_draft = msgspec.json.Encoder().encode
_decode_draft = msgspec.json.Decoder(posts.Draft).decode


class ScheduledPost(Struct, frozen=True):
    """A scheduled post as its author sees it: the draft, and its files in their order."""

    row: ScheduledPostRow
    draft: posts.Draft
    media: tuple[MediaRow, ...]


async def schedule(
    tx: Tx, site: NodeContext, author: AccountRow, draft: posts.Draft, publish_at: int
) -> ScheduledPost:
    """Store a post to be published at `publish_at` (ms UTC).

    A request repeated with the same idempotency key within an hour returns the same scheduled post. Raises
    what publishing it now would raise, and InvalidError.
    """
    await scheduled_post_queries.clear_idempotency_keys(tx, author.id, first_id_at(tx.now - HOUR_MS))
    key = draft.idempotency_key
    existing = await scheduled_post_queries.find_by_idempotency_key(tx, author.id, key) if key else None
    if existing is not None:
        return (await _load_views(tx, [existing]))[0]
    draft = structs.replace(draft, state="published", idempotency_key=None)
    await _check_moment(tx, author, publish_at, 0)
    files = await posts.check(tx, site, author, draft)
    row = ScheduledPostRow(tx.new_id(), author.id, publish_at, _encode_draft(draft).decode(), key, None, "")
    if not await scheduled_post_queries.insert_with_media(tx, row, files):
        existing = await scheduled_post_queries.find_by_idempotency_key(tx, author.id, key or "")
        assert existing is not None, "only its key can be in use"
        row = existing
    else:
        await jobs.enqueue(tx, jobs.PublishScheduled(row.id), run_at=publish_at)
    return (await _load_views(tx, [row]))[0]


async def _check_moment(tx: ReadTx, author: AccountRow, moment: int, but_id: int) -> None:
    if not tx.now + MIN_AHEAD_MS <= moment < MAX_PUBLISH_AT:
        raise InvalidError("scheduled_at", "The scheduled date must be in the future")
    if not but_id and await scheduled_post_queries.count_by_account(tx, author.id) >= MAX_SCHEDULED:
        raise InvalidError("base", f"You have exceeded the limit of {MAX_SCHEDULED} scheduled posts")
    day = moment // DAY_MS * DAY_MS
    if await scheduled_post_queries.count_between(tx, author.id, day, day + DAY_MS, but_id) >= MAX_PER_DAY:
        raise InvalidError(
            "base", f"You have exceeded the limit of {MAX_PER_DAY} scheduled posts for that day"
        )


async def _load_views(tx: ReadTx, rows: Sequence[ScheduledPostRow]) -> list[ScheduledPost]:
    files = await scheduled_post_queries.load_media(tx, [row.id for row in rows])
    views = []
    for row in rows:
        draft, own_files = _decode_draft(row.draft), files.get(row.id, {})
        media = tuple(own_files[file_id] for file_id in draft.media_ids if file_id in own_files)
        views.append(ScheduledPost(row, draft, media))
    return views


async def list_by_author(tx: ReadTx, author: AccountRow, page: Page) -> list[ScheduledPost]:
    """Return scheduled posts, newest first, those that failed to be published too."""
    return await _load_views(tx, await scheduled_post_queries.list_by_account(tx, author.id, page))


async def get(tx: ReadTx, author: AccountRow, scheduled_id: int) -> ScheduledPost:
    """Return a scheduled post of `author`. Raises NotFoundError."""
    row = await scheduled_post_queries.find(tx, author.id, scheduled_id)
    if row is None:
        raise NotFoundError
    return (await _load_views(tx, [row]))[0]


async def reschedule(tx: Tx, author: AccountRow, scheduled_id: int, publish_at: int) -> ScheduledPost:
    """Change when a scheduled post is published. Raises NotFoundError, InvalidError."""
    await get(tx, author, scheduled_id)
    await _check_moment(tx, author, publish_at, scheduled_id)
    await scheduled_post_queries.reschedule(tx, scheduled_id, publish_at)
    # The job of the former time finds that the post is not due yet and does nothing.
    await jobs.enqueue(tx, jobs.PublishScheduled(scheduled_id), run_at=publish_at)
    return await get(tx, author, scheduled_id)


async def cancel(tx: Tx, author: AccountRow, scheduled_id: int) -> None:
    """Delete a scheduled post and release its files. Raises NotFoundError."""
    await get(tx, author, scheduled_id)
    await scheduled_post_queries.delete_by_id(tx, scheduled_id)


async def take_place(tx: Tx, author: AccountRow, scheduled_id: int) -> posts.Draft:
    """Remove a scheduled post whose place another takes; return what it said.

    Raises InvalidError if it was published, or deleted in another window.
    """
    try:
        scheduled = await get(tx, author, scheduled_id)
    except NotFoundError as error:
        message = gettext(
            "This post is no longer waiting: it was published or deleted. "
            "Copy what you changed, and change the published post."
        )
        raise InvalidError("base", "is no longer scheduled", message=message) from error
    await scheduled_post_queries.delete_by_id(tx, scheduled_id)
    return scheduled.draft


async def publish(tx: Tx, site: NodeContext, scheduled_id: int) -> int | None:
    """Publish a scheduled post that is due; return the id of the post, None if there is nothing to publish.

    Raises what publishing raises; ForbiddenError if its author has no usable account any more.
    """
    row = await scheduled_post_queries.lock(tx, scheduled_id)
    if row is None or row.publish_at > tx.now or row.failed_at is not None:
        return None
    author = await account_queries.find(tx, row.account_id)
    member = await member_queries.find_by_account(tx, row.account_id)
    if author is None or author.suspended_at is not None or author.deleted_at is not None:
        raise ForbiddenError(gettext("The author of this post has no account here any more."))
    if member is not None and member.disabled_at is not None:
        raise ForbiddenError(gettext("The account of this post's author is disabled."))
    await scheduled_post_queries.delete_by_id(tx, row.id)
    return await posts.publish(tx, site, author, _decode_draft(row.draft))


async def mark_failed(tx: Tx, scheduled_id: int, error: str) -> None:
    """Keep a post that could not be published, for its author to reschedule or delete."""
    await scheduled_post_queries.mark_failed(tx, scheduled_id, error)
