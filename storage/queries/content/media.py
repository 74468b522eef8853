"""Media: files waiting for a post, and those of posts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import structs
from sqlalchemy import bindparam, delete, exists, func, literal, or_, select, update

from storage.engine import Tx
from storage.rows.content import EmojiRow, MediaRow
from storage.statements import columns_of, one_of, row_or_none, rows, upsert
from storage.tables.content import emojis, media
from storage.tables.posts import posts, scheduled_media

COLUMNS = columns_of(media, MediaRow)
FINISHED = (
    "state", "problem", "kind", "content_type", "file_key", "preview_key", "bytes", "blurhash", "width",
    "height", "preview_width", "preview_height", "duration", "frame_rate", "bitrate",
)  # fmt: skip
ADD = upsert(media)
OWN = select(*COLUMNS).where(media.c.id == bindparam("id"), media.c.account_id == bindparam("account_id"))
OWN_SOME = select(*COLUMNS).where(one_of(media.c.id, "ids"), media.c.account_id == bindparam("account_id"))
BY_ID = select(*COLUMNS).where(media.c.id == bindparam("id"))
OF_POSTS = select(*COLUMNS).where(one_of(media.c.post_id, "ids")).order_by(media.c.post_id, media.c.position)
ATTACH = (
    update(media)
    .where(
        media.c.id == bindparam("b_id"),
        media.c.account_id == bindparam("b_account_id"),
        or_(media.c.post_id.is_(None), media.c.post_id == bindparam("b_post_id")),
    )
    .values(post_id=bindparam("b_post_id"), position=bindparam("b_position"))
)
# Its time begins anew: what was freed today is not thrown away today.
DETACH = (
    update(media)
    .where(media.c.post_id == bindparam("b_post_id"))
    .values(post_id=None, created_at=bindparam("b_now"))
)
SHOW = (
    update(media)
    .where(media.c.id == bindparam("b_id"))
    .values(
        preview_key=bindparam("b_preview_key"),
        preview_width=bindparam("b_preview_width"),
        preview_height=bindparam("b_preview_height"),
        blurhash=bindparam("b_blurhash"),
    )
)
DESCRIBE = (
    update(media)
    .where(media.c.id == bindparam("b_id"), media.c.account_id == bindparam("b_account_id"))
    .values(description=bindparam("b_description"), focus_x=bindparam("b_x"), focus_y=bindparam("b_y"))
)
TOUCH_POST = (
    update(posts)
    .where(posts.c.id == select(media.c.post_id).where(media.c.id == bindparam("media_id")).scalar_subquery())
    .values(version=posts.c.version + 1)
)
FINISH = (
    update(media)
    .where(media.c.id == bindparam("b_id"), media.c.state == "processing")
    .values(**{name: bindparam(f"b_{name}") for name in FINISHED})
)
REMOVE = delete(media).where(one_of(media.c.id, "ids"))
REMOVE_OF_POST = delete(media).where(media.c.post_id == bindparam("post_id"))
ORPHANS = (
    select(*COLUMNS)
    .where(
        media.c.post_id.is_(None),
        media.c.created_at < bindparam("before"),
        ~exists(select(literal(1)).where(scheduled_media.c.media_id == media.c.id)),
    )
    .order_by(media.c.id)
    .limit(bindparam("limit"))
)
USED = select(func.coalesce(func.sum(media.c.bytes), 0)).where(media.c.account_id == bindparam("account_id"))
EMOJIS_NAMED = select(*columns_of(emojis, EmojiRow)).where(one_of(emojis.c.shortcode, "names"))
EMOJIS = select(*columns_of(emojis, EmojiRow)).order_by(emojis.c.shortcode)


async def add(tx: Tx, found: Iterable[MediaRow]) -> None:
    await tx.run_many(ADD, [structs.asdict(row) for row in found])


async def own(tx: Tx, media_id: int, account_id: int) -> MediaRow | None:
    """A file, if it belongs to the account."""
    return row_or_none(MediaRow, await tx.one(OWN, id=media_id, account_id=account_id))


async def own_some(tx: Tx, ids: Sequence[int], account_id: int) -> dict[int, MediaRow]:
    """Those of the files that belong to the account."""
    return {
        row.id: row for row in rows(MediaRow, await tx.all(OWN_SOME, ids=list(ids), account_id=account_id))
    }


async def by_id(tx: Tx, media_id: int) -> MediaRow | None:
    return row_or_none(MediaRow, await tx.one(BY_ID, id=media_id))


async def of_posts(tx: Tx, ids: Sequence[int]) -> list[MediaRow]:
    """The files of posts, in their order."""
    return rows(MediaRow, await tx.all(OF_POSTS, ids=list(ids)))


async def attach(tx: Tx, account_id: int, post_id: int, ids: Sequence[int]) -> None:
    """Attach files of the account to a post, in this order."""
    await tx.run_many(
        ATTACH,
        [
            {"b_id": each, "b_account_id": account_id, "b_post_id": post_id, "b_position": place}
            for place, each in enumerate(ids)
        ],
    )


async def detach(tx: Tx, post_id: int) -> None:
    """Free the files of a post, so that another can take them."""
    await tx.run(DETACH, b_post_id=post_id, b_now=tx.now)


async def describe(tx: Tx, row: MediaRow) -> None:
    """Write description and focus of `row`."""
    await tx.run(
        DESCRIBE,
        b_id=row.id,
        b_account_id=row.account_id,
        b_description=row.description,
        b_x=row.focus_x,
        b_y=row.focus_y,
    )
    await tx.run(TOUCH_POST, media_id=row.id)


async def show(tx: Tx, row: MediaRow) -> None:
    """Write the small picture of `row`."""
    await tx.run(
        SHOW,
        b_id=row.id,
        b_preview_key=row.preview_key,
        b_preview_width=row.preview_width,
        b_preview_height=row.preview_height,
        b_blurhash=row.blurhash,
    )
    await tx.run(TOUCH_POST, media_id=row.id)


async def finish(tx: Tx, row: MediaRow) -> None:
    """Write what became of a file that was processed."""
    await tx.run(FINISH, b_id=row.id, **{f"b_{name}": getattr(row, name) for name in FINISHED})


async def remove(tx: Tx, ids: Sequence[int]) -> None:
    await tx.run(REMOVE, ids=list(ids))


async def remove_of_post(tx: Tx, post_id: int) -> None:
    await tx.run(REMOVE_OF_POST, post_id=post_id)


async def orphans(tx: Tx, before: int, limit: int) -> list[MediaRow]:
    """Files that were uploaded, or freed by their post, before a moment (ms UTC) and that no post has."""
    return rows(MediaRow, await tx.all(ORPHANS, before=before, limit=limit))


async def used_bytes(tx: Tx, account_id: int) -> int:
    return int(await tx.value(USED, account_id=account_id))


async def custom_emojis(tx: Tx) -> list[EmojiRow]:
    return rows(EmojiRow, await tx.all(EMOJIS))


async def emojis_named(tx: Tx, names: Sequence[str]) -> dict[str, EmojiRow]:
    """Those of the custom emoji that there are, by shortcode."""
    return {row.shortcode: row for row in rows(EmojiRow, await tx.all(EMOJIS_NAMED, names=list(names)))}
