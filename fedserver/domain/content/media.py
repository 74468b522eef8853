"""Files that members upload: stored by the media floor, described and attached to posts here."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct, structs

from fedserver.domain.kernel import jobs
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.errors import InvalidError, MediaNotReadyError, NotFoundError
from fedserver.domain.kernel.written_texts import clean_lines
from storage.engine import ReadTx, Tx
from storage.queries.content import media as media_queries
from storage.queries.posts import scheduled_posts as scheduled_post_queries
from storage.rows.accounts import AccountRow
from storage.rows.content import MediaRow

MAX_DESCRIPTION = 1_500  # characters, as with Mastodon


class NewFile(Struct, frozen=True):
    """A file that the media floor processed and stored."""

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
    duration: float | None = None
    frame_rate: str | None = None
    bitrate: int | None = None
    state: str = "ready"

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of its files in the store."""
        return tuple(key for key in (self.file_key, self.preview_key) if key)


async def check_quota(tx: ReadTx, site: NodeContext, actor: AccountRow, size: int) -> None:
    """Raise InvalidError if a file of `size` bytes would exceed the quota of `actor`."""
    max_bytes = site.config.limits.member_bytes
    if await media_queries.sum_bytes(tx, actor.id) + size > max_bytes:
        reason = f"does not fit: your files would take more than {_format_size(max_bytes)}; remove some first"
        raise InvalidError("file", reason, "ERR_TOO_LARGE")


def _format_size(size: int) -> str:
    for number, unit in ((1 << 30, "GB"), (1 << 20, "MB"), (1 << 10, "KB")):
        if size >= number:
            return f"{round(size / number, 1):g} {unit}"
    return f"{size} bytes"


def clean_description(text: str) -> str:
    """Return a description of a file as it is stored. Raises InvalidError if it is too long."""
    return clean_lines("description", text, MAX_DESCRIPTION)


async def create(
    tx: Tx, site: NodeContext, actor: AccountRow, file: NewFile, description: str, focus: tuple[float, float]
) -> MediaRow:
    """Add a file of `actor` that is not attached to a post yet.

    In the state `processing`, the work is enqueued. Raises InvalidError if it exceeds the quota, or the
    description is too long.
    """
    await check_quota(tx, site, actor, file.bytes)
    row = MediaRow(
        id=tx.new_id(),
        account_id=actor.id,
        post_id=None,
        position=0,
        remote_url="",
        description=clean_description(description),
        focus_x=focus[0],
        focus_y=focus[1],
        created_at=tx.now,
        **structs.asdict(file),
    )
    await media_queries.insert(tx, [row])
    if row.state == "processing":
        await jobs.enqueue(tx, jobs.ProcessMedia(row.id))
    return row


async def find_processing(tx: ReadTx, media_id: int) -> MediaRow | None:
    """Return a file that is still to be processed, None if it is gone or done."""
    row = await media_queries.find(tx, media_id)
    return row if row is not None and row.state == "processing" else None


async def finish_processing(tx: Tx, row: MediaRow, file: NewFile) -> None:
    """Replace an uploaded file by its processed form; a thumbnail that the member chose stays."""
    values = structs.asdict(file)
    current = await media_queries.find(tx, row.id) or row
    if current.preview_key:
        preview_fields = ("preview_key", "preview_width", "preview_height", "blurhash")
        await jobs.enqueue(tx, jobs.RemoveFiles((file.preview_key,)))
        values |= {name: getattr(current, name) for name in preview_fields}
    await media_queries.update_processed(tx, structs.replace(current, **values))
    await jobs.enqueue(tx, jobs.RemoveFiles((row.file_key,)))


async def mark_failed(tx: Tx, row: MediaRow, problem: str) -> None:
    """Mark a file as failed and remove its content; only the reason is kept."""
    await jobs.enqueue(tx, jobs.RemoveFiles((row.file_key, row.preview_key)))
    failed = structs.replace(
        row, state="failed", problem=problem, file_key="", preview_key="", bytes=0, blurhash=None
    )
    await media_queries.update_processed(tx, failed)


async def set_thumbnail(tx: Tx, actor: AccountRow, media_id: int, thumbnail: NewFile) -> MediaRow:
    """Replace the preview of a file by that of another image. Raises NotFoundError."""
    row = await get(tx, actor, media_id)
    await jobs.enqueue(tx, jobs.RemoveFiles((row.preview_key,)))
    row = structs.replace(
        row,
        preview_key=thumbnail.preview_key,
        preview_width=thumbnail.preview_width,
        preview_height=thumbnail.preview_height,
        blurhash=thumbnail.blurhash,
    )
    await media_queries.update_thumbnail(tx, row)
    return row


async def get(tx: ReadTx, actor: AccountRow, media_id: int) -> MediaRow:
    """Return a file of `actor`. Raises NotFoundError."""
    row = await media_queries.find_owned(tx, media_id, actor.id)
    if row is None:
        raise NotFoundError
    return row


async def load_own(tx: ReadTx, actor: AccountRow, ids: Sequence[int]) -> dict[int, MediaRow]:
    """Return those of the files that belong to `actor`, by id."""
    return await media_queries.load_owned(tx, ids, actor.id) if ids else {}


async def describe(
    tx: Tx, actor: AccountRow, media_id: int, description: str | None, focus: tuple[float, float] | None
) -> MediaRow:
    """Change description and focus of a file; None keeps the current value.

    Raises NotFoundError, InvalidError.
    """
    row = await get(tx, actor, media_id)
    described = row.description if description is None else clean_description(description)
    point = focus or (row.focus_x, row.focus_y)
    row = structs.replace(row, description=described, focus_x=point[0], focus_y=point[1])
    await media_queries.update_description(tx, row)
    return row


async def remove(tx: Tx, actor: AccountRow, media_id: int) -> MediaRow:
    """Remove a file that belongs to no post. Raises NotFoundError, InvalidError."""
    row = await get(tx, actor, media_id)
    if row.post_id is not None:
        raise InvalidError("media", "is attached to a post", "ERR_IN_USE")
    if await scheduled_post_queries.list_reserved_media(tx, [row.id]):
        raise InvalidError("media", "is attached to a scheduled post", "ERR_IN_USE")
    await media_queries.delete_by_ids(tx, [row.id])
    await jobs.enqueue(tx, jobs.RemoveFiles((row.file_key, row.preview_key)))
    return row


async def check_attachable(
    tx: ReadTx,
    site: NodeContext,
    actor: AccountRow,
    ids: Sequence[int],
    post_id: int | None,
    *,
    in_text: int = 0,
) -> None:
    """Raise InvalidError unless all are files of `actor` that are free or belong to `post_id`.

    Those that the text of an article shows, `in_text` of them, do not count among the files of a post.
    """
    if len(ids) - in_text > site.config.limits.media_per_post:
        raise InvalidError("media", f"are more than {site.config.limits.media_per_post}", "ERR_TOO_LONG")
    if not ids:
        return
    rows = await media_queries.load_owned(tx, ids, actor.id)
    for media_id in ids:
        row = rows.get(media_id)
        if row is None or row.post_id not in (None, post_id):
            raise InvalidError("media", "were not found, or belong to another post", "ERR_INVALID")
        if row.state == "processing":
            raise MediaNotReadyError
        if row.state == "failed":
            raise InvalidError("media", f"could not be processed: {row.problem}")
    if await scheduled_post_queries.list_reserved_media(tx, ids):
        raise InvalidError("media", "belong to a scheduled post", "ERR_IN_USE")


def parse_focus(text: str | None) -> tuple[float, float] | None:
    """Return the focus in a text `x,y`, each from -1 to 1; None for an empty text. Raises InvalidError."""
    if not text:
        return None
    try:
        x, y = (float(part) for part in text.split(",", 1))
    except ValueError as error:
        raise InvalidError("focus", "must be two numbers from -1 to 1, like 0.5,-0.2") from error
    if not (-1 <= x <= 1 and -1 <= y <= 1):
        raise InvalidError("focus", "must be two numbers from -1 to 1, like 0.5,-0.2")
    return x, y
