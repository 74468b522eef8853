"""Posts that appear later (docs.joinmastodon.org/methods/scheduled_statuses).

What was written is kept as it is, with its files reserved, and published by a task of its moment: the post,
the end of the waiting and of the task are one transaction, so that a kill neither loses nor doubles it.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from msgspec import Struct, structs

from fedserver.domain.kernel import jobs
from fedserver.domain.kernel.context import Site
from fedserver.domain.kernel.errors import Forbidden, Invalid, NotFound
from fedserver.domain.posts import posts
from storage.engine import Tx
from storage.ids import first_at
from storage.paging import Page
from storage.queries.accounts import accounts as account_queries
from storage.queries.auth import members as member_queries
from storage.queries.posts import scheduled_posts as scheduled_post_queries
from storage.rows.accounts import AccountRow
from storage.rows.content import MediaRow
from storage.rows.posts import ScheduledPostRow

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
AHEAD_MS = 5 * MINUTE
LAST = 253_370_764_800_000  # the year 9999
MOST, MOST_A_DAY = 300, 25

encode = msgspec.json.Encoder().encode
_draft = msgspec.json.Decoder(posts.Draft).decode


class ScheduledPost(Struct, frozen=True):
    """A post that waits, as its author sees it: what was written, and its files in their order."""

    row: ScheduledPostRow
    draft: posts.Draft
    media: tuple[MediaRow, ...]


async def schedule(tx: Tx, site: Site, author: AccountRow, draft: posts.Draft, moment: int) -> ScheduledPost:
    """Keep a post until `moment` (ms UTC). Raises what publishing it now would raise, and Invalid.

    A request repeated with the same idempotency key within an hour gives the same one.
    """
    await scheduled_post_queries.forget_keys(tx, author.id, first_at(tx.now - HOUR))
    key = draft.idempotency_key
    found = await scheduled_post_queries.by_key(tx, author.id, key) if key else None
    if found is not None:
        return (await _views(tx, [found]))[0]
    draft = structs.replace(draft, state="published", idempotency_key=None)
    await _check_moment(tx, author, moment, 0)
    await posts.check(tx, site, author, draft)
    row = ScheduledPostRow(tx.new_id(), author.id, moment, encode(draft).decode(), key, None, "")
    files = dict.fromkeys((*draft.media_ids, *((draft.cover_id,) if draft.cover_id else ())))
    if not await scheduled_post_queries.add(tx, row, files):
        again = await scheduled_post_queries.by_key(tx, author.id, key or "")
        assert again is not None, "only its key can be in use"
        row = again
    else:
        await jobs.owe(tx, jobs.PublishScheduled(row.id), run_at=moment)
    return (await _views(tx, [row]))[0]


async def _check_moment(tx: Tx, author: AccountRow, moment: int, but_id: int) -> None:
    if not tx.now + AHEAD_MS <= moment < LAST:
        raise Invalid("scheduled_at", "The scheduled date must be in the future")
    if not but_id and await scheduled_post_queries.total(tx, author.id) >= MOST:
        raise Invalid("base", f"You have exceeded the limit of {MOST} scheduled posts")
    day = moment // DAY * DAY
    if await scheduled_post_queries.between(tx, author.id, day, day + DAY, but_id) >= MOST_A_DAY:
        raise Invalid("base", f"You have exceeded the limit of {MOST_A_DAY} scheduled posts for that day")


async def _views(tx: Tx, rows: Sequence[ScheduledPostRow]) -> list[ScheduledPost]:
    files = await scheduled_post_queries.files(tx, [row.id for row in rows])
    views = []
    for row in rows:
        draft, kept = _draft(row.draft), files.get(row.id, {})
        views.append(ScheduledPost(row, draft, tuple(kept[each] for each in draft.media_ids if each in kept)))
    return views


async def page(tx: Tx, author: AccountRow, page: Page) -> list[ScheduledPost]:
    """What waits, newest first; also what could not be published when its moment came."""
    return await _views(tx, await scheduled_post_queries.page(tx, author.id, page))


async def get(tx: Tx, author: AccountRow, scheduled_id: int) -> ScheduledPost:
    """One of `author`. Raises NotFound."""
    row = await scheduled_post_queries.own(tx, author.id, scheduled_id)
    if row is None:
        raise NotFound
    return (await _views(tx, [row]))[0]


async def move(tx: Tx, author: AccountRow, scheduled_id: int, moment: int) -> ScheduledPost:
    """Let it appear at another time. Raises NotFound, Invalid."""
    await get(tx, author, scheduled_id)
    await _check_moment(tx, author, moment, scheduled_id)
    await scheduled_post_queries.move(tx, scheduled_id, moment)
    # The task of the former moment finds that it is not time and does nothing.
    await jobs.owe(tx, jobs.PublishScheduled(scheduled_id), run_at=moment)
    return await get(tx, author, scheduled_id)


async def cancel(tx: Tx, author: AccountRow, scheduled_id: int) -> None:
    """It will not appear; its files are free again. Raises NotFound."""
    await get(tx, author, scheduled_id)
    await scheduled_post_queries.remove(tx, scheduled_id)


async def publish(tx: Tx, site: Site, scheduled_id: int) -> int | None:
    """Its moment has come: the id of the post, None if there is nothing to publish (any more, or yet).

    Raises what publishing raises; Forbidden if its author is not let in any more.
    """
    row = await scheduled_post_queries.lock(tx, scheduled_id)
    if row is None or row.publish_at > tx.now or row.failed_at is not None:
        return None
    author = await account_queries.by_id(tx, row.account_id)
    member = await member_queries.by_account(tx, row.account_id)
    if author is None or author.suspended_at is not None or author.deleted_at is not None:
        raise Forbidden("Its author has no account here any more")
    if member is not None and member.disabled_at is not None:
        raise Forbidden("Its author is not let in any more")
    await scheduled_post_queries.remove(tx, row.id)
    return await posts.publish(tx, site, author, _draft(row.draft))


async def fail(tx: Tx, scheduled_id: int, why: str) -> None:
    """It could not be published: it is kept, for its author to move or remove."""
    await scheduled_post_queries.fail(tx, scheduled_id, why)
