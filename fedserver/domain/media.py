"""Files that members upload: kept by the media floor, described and attached here."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct, structs

from fedserver.domain.errors import Invalid, NotFound
from fedserver.domain.site import Site
from fedserver.text import clean_text
from storage import AccountRow, MediaRow, Tx, queries

MAX_DESCRIPTION = 1_500


class NewFile(Struct, frozen=True):
    """A file that the media floor made and stored."""

    kind: str
    content_type: str
    file_key: str
    preview_key: str
    bytes: int
    blurhash: str | None = None
    width: int | None = None
    height: int | None = None
    preview_width: int | None = None
    preview_height: int | None = None


async def add(
    tx: Tx, actor: AccountRow, file: NewFile, description: str, focus: tuple[float, float]
) -> MediaRow:
    """A new file of `actor`, not attached to any post yet."""
    row = MediaRow(
        id=tx.new_id(),
        account_id=actor.id,
        post_id=None,
        position=0,
        remote_url="",
        description=clean_text(description, MAX_DESCRIPTION),
        focus_x=focus[0],
        focus_y=focus[1],
        created_at=tx.now,
        **structs.asdict(file),
    )
    await queries.media.add(tx, [row])
    return row


async def get(tx: Tx, actor: AccountRow, media_id: int) -> MediaRow:
    """A file of `actor`. Raises NotFound."""
    row = await queries.media.own(tx, media_id, actor.id)
    if row is None:
        raise NotFound
    return row


async def describe(
    tx: Tx, actor: AccountRow, media_id: int, description: str | None, focus: tuple[float, float] | None
) -> MediaRow:
    """Change what a file's description and focus say; None leaves either. Raises NotFound."""
    row = await get(tx, actor, media_id)
    described = row.description if description is None else clean_text(description, MAX_DESCRIPTION)
    point = focus or (row.focus_x, row.focus_y)
    row = structs.replace(row, description=described, focus_x=point[0], focus_y=point[1])
    await queries.media.describe(tx, row)
    return row


async def remove(tx: Tx, actor: AccountRow, media_id: int) -> MediaRow:
    """Remove a file that no post has. Raises NotFound, Invalid."""
    row = await get(tx, actor, media_id)
    if row.post_id is not None:
        raise Invalid("media", "is attached to a post", "ERR_IN_USE")
    if await queries.scheduled_posts.reserved(tx, [row.id]):
        raise Invalid("media", "is attached to a scheduled post", "ERR_IN_USE")
    await queries.media.remove(tx, [row.id])
    return row


async def check(tx: Tx, site: Site, actor: AccountRow, ids: Sequence[int], post_id: int | None) -> None:
    """Raises Invalid unless all are files of `actor` that are free or belong to `post_id`."""
    if len(ids) > site.config.limits.media_per_post:
        raise Invalid("media", f"are more than {site.config.limits.media_per_post}", "ERR_TOO_LONG")
    if not ids:
        return
    found = await queries.media.own_some(tx, ids, actor.id)
    for media_id in ids:
        row = found.get(media_id)
        if row is None or row.post_id not in (None, post_id):
            raise Invalid("media", "were not found, or belong to another post", "ERR_INVALID")
    if await queries.scheduled_posts.reserved(tx, ids):
        raise Invalid("media", "belong to a scheduled post", "ERR_IN_USE")


def parse_focus(text: str | None) -> tuple[float, float] | None:
    """`x,y` from -1 to 1; None if there is none. Raises Invalid."""
    if not text:
        return None
    try:
        x, y = (float(part) for part in text.split(",", 1))
    except ValueError as error:
        raise Invalid("focus", "must be two numbers from -1 to 1, like 0.5,-0.2") from error
    if not (-1 <= x <= 1 and -1 <= y <= 1):
        raise Invalid("focus", "must be two numbers from -1 to 1, like 0.5,-0.2")
    return x, y
