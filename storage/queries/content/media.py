"""Media: uploaded files, attached to a post or not yet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import structs
from sqlalchemy import bindparam, case, delete, exists, func, literal, or_, select, update

from storage.engine import ReadTx, Tx
from storage.rows.content import MediaRow
from storage.statements import columns_of, one_of, to_row_or_none, to_rows, upsert
from storage.tables.content import autosave_media, media
from storage.tables.posts import posts, scheduled_media

COLUMNS = columns_of(media, MediaRow)
PROCESSED_COLUMNS = (
    "state", "problem", "kind", "content_type", "file_key", "preview_key", "bytes", "blurhash", "width",
    "height", "preview_width", "preview_height", "duration", "frame_rate", "bitrate",
)  # fmt: skip
INSERT = upsert(media)
FIND_OWNED = select(*COLUMNS).where(
    media.c.id == bindparam("id"), media.c.account_id == bindparam("account_id")
)
LOAD_OWNED = select(*COLUMNS).where(one_of(media.c.id, "ids"), media.c.account_id == bindparam("account_id"))
LOAD_OWNED_BY_KEYS = select(*COLUMNS).where(
    media.c.account_id == bindparam("account_id"), one_of(media.c.file_key, "keys")
)
FIND = select(*COLUMNS).where(media.c.id == bindparam("id"))
LOAD_BY_POSTS = (
    select(*COLUMNS).where(one_of(media.c.post_id, "ids")).order_by(media.c.post_id, media.c.position)
)
ATTACH = (
    update(media)
    .where(
        media.c.id == bindparam("b_id"),
        media.c.account_id == bindparam("b_account_id"),
        or_(media.c.post_id.is_(None), media.c.post_id == bindparam("b_post_id")),
    )
    .values(post_id=bindparam("b_post_id"), position=bindparam("b_position"))
)
# `created_at` becomes now, so that a file detached today is not removed as an orphan today.
DETACH = (
    update(media)
    .where(media.c.post_id == bindparam("b_post_id"))
    .values(post_id=None, created_at=bindparam("b_now"))
)
UPDATE_THUMBNAIL = (
    update(media)
    .where(media.c.id == bindparam("b_id"))
    .values(
        preview_key=bindparam("b_preview_key"),
        preview_width=bindparam("b_preview_width"),
        preview_height=bindparam("b_preview_height"),
        blurhash=bindparam("b_blurhash"),
    )
)
UPDATE_DESCRIPTION = (
    update(media)
    .where(media.c.id == bindparam("b_id"), media.c.account_id == bindparam("b_account_id"))
    .values(description=bindparam("b_description"), focus_x=bindparam("b_x"), focus_y=bindparam("b_y"))
)
# What the peer told stands; a size is taken as a whole.
_lacks_size = or_(func.coalesce(media.c.width, 0) == 0, func.coalesce(media.c.height, 0) == 0)
FILL_IN_DETAILS = (
    update(media)
    .where(
        media.c.id == bindparam("b_id"),
        media.c.remote_url == bindparam("b_url"),
        or_(_lacks_size, func.coalesce(media.c.blurhash, "") == ""),
    )
    .values(
        width=case((_lacks_size, bindparam("b_width")), else_=media.c.width),
        height=case((_lacks_size, bindparam("b_height")), else_=media.c.height),
        blurhash=func.coalesce(func.nullif(media.c.blurhash, ""), bindparam("b_blurhash")),
    )
)
TOUCH_POST = (
    update(posts)
    .where(posts.c.id == select(media.c.post_id).where(media.c.id == bindparam("media_id")).scalar_subquery())
    .values(version=posts.c.version + 1)
)
UPDATE_PROCESSED = (
    update(media)
    .where(media.c.id == bindparam("b_id"), media.c.state == "processing")
    .values(**{name: bindparam(f"b_{name}") for name in PROCESSED_COLUMNS})
)
DELETE_BY_IDS = delete(media).where(one_of(media.c.id, "ids"))
DELETE_BY_POST = delete(media).where(media.c.post_id == bindparam("post_id"))
LIST_ORPHANS = (
    select(*COLUMNS)
    .where(
        media.c.post_id.is_(None),
        media.c.created_at < bindparam("before"),
        ~exists(select(literal(1)).where(scheduled_media.c.media_id == media.c.id)),
        ~exists(select(literal(1)).where(autosave_media.c.media_id == media.c.id)),
    )
    .order_by(media.c.id)
    .limit(bindparam("limit"))
)
SUM_BYTES = select(func.coalesce(func.sum(media.c.bytes), 0)).where(
    media.c.account_id == bindparam("account_id")
)


async def insert(tx: Tx, rows: Iterable[MediaRow]) -> None:
    await tx.run_many(INSERT, [structs.asdict(row) for row in rows])


async def find_owned(tx: ReadTx, media_id: int, account_id: int) -> MediaRow | None:
    """Return a file if it belongs to the account."""
    return to_row_or_none(MediaRow, await tx.one(FIND_OWNED, id=media_id, account_id=account_id))


async def load_owned(tx: ReadTx, ids: Sequence[int], account_id: int) -> dict[int, MediaRow]:
    """Return those of the files that belong to the account, by id."""
    return {
        row.id: row
        for row in to_rows(MediaRow, await tx.all(LOAD_OWNED, ids=list(ids), account_id=account_id))
    }


async def load_owned_by_keys(tx: ReadTx, keys: Sequence[str], account_id: int) -> dict[str, MediaRow]:
    """Return those of the files in the store that the account uploaded, by key."""
    rows = to_rows(MediaRow, await tx.all(LOAD_OWNED_BY_KEYS, keys=list(keys), account_id=account_id))
    return {row.file_key: row for row in rows}


async def find(tx: ReadTx, media_id: int) -> MediaRow | None:
    return to_row_or_none(MediaRow, await tx.one(FIND, id=media_id))


async def load_by_posts(tx: ReadTx, ids: Sequence[int]) -> list[MediaRow]:
    """Return the files of posts, in their order."""
    return to_rows(MediaRow, await tx.all(LOAD_BY_POSTS, ids=list(ids)))


async def attach(tx: Tx, account_id: int, post_id: int, ids: Sequence[int]) -> None:
    """Attach files of the account to a post, in this order."""
    await tx.run_many(
        ATTACH,
        [
            {"b_id": media_id, "b_account_id": account_id, "b_post_id": post_id, "b_position": position}
            for position, media_id in enumerate(ids)
        ],
    )


async def detach(tx: Tx, post_id: int) -> None:
    """Detach the files of a post, so that another can take them."""
    await tx.run(DETACH, b_post_id=post_id, b_now=tx.now)


async def update_description(tx: Tx, row: MediaRow) -> None:
    """Write description and focus of `row`."""
    await tx.run(
        UPDATE_DESCRIPTION,
        b_id=row.id,
        b_account_id=row.account_id,
        b_description=row.description,
        b_x=row.focus_x,
        b_y=row.focus_y,
    )
    await tx.run(TOUCH_POST, media_id=row.id)


async def update_thumbnail(tx: Tx, row: MediaRow) -> None:
    """Write the preview of `row`."""
    await tx.run(
        UPDATE_THUMBNAIL,
        b_id=row.id,
        b_preview_key=row.preview_key,
        b_preview_width=row.preview_width,
        b_preview_height=row.preview_height,
        b_blurhash=row.blurhash,
    )
    await tx.run(TOUCH_POST, media_id=row.id)


async def fill_in_details(
    tx: Tx, media_id: int, url: str, width: int, height: int, blurhash: str | None
) -> None:
    """Set size (pixels) and blurhash of a picture at a peer where the peer did not tell them."""
    if await tx.run(
        FILL_IN_DETAILS, b_id=media_id, b_url=url, b_width=width, b_height=height, b_blurhash=blurhash
    ):
        await tx.run(TOUCH_POST, media_id=media_id)


async def update_processed(tx: Tx, row: MediaRow) -> None:
    """Write the result of processing a file."""
    await tx.run(
        UPDATE_PROCESSED, b_id=row.id, **{f"b_{name}": getattr(row, name) for name in PROCESSED_COLUMNS}
    )


async def delete_by_ids(tx: Tx, ids: Sequence[int]) -> None:
    await tx.run(DELETE_BY_IDS, ids=list(ids))


async def delete_by_post(tx: Tx, post_id: int) -> None:
    await tx.run(DELETE_BY_POST, post_id=post_id)


async def list_orphans(tx: ReadTx, before: int, limit: int) -> list[MediaRow]:
    """Return files without a post, uploaded or detached before a time (ms UTC)."""
    return to_rows(MediaRow, await tx.all(LIST_ORPHANS, before=before, limit=limit))


async def sum_bytes(tx: ReadTx, account_id: int) -> int:
    return int(await tx.value(SUM_BYTES, account_id=account_id))
