"""Announcements: notices of the admins to all members (docs.joinmastodon.org/methods/announcements)."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct, structs

from fedserver.domain.audit_log import audit_log
from fedserver.domain.content import emojis
from fedserver.domain.kernel import events
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.errors import InvalidError, NotFoundError
from fedserver.domain.kernel.written_texts import clean_lines
from fedserver.text.emoji import is_emoji
from fedserver.text.markup import render_plain
from storage.engine import ReadTx, Tx
from storage.queries.notifications import announcements as announcement_queries
from storage.rows.accounts import AccountRow
from storage.rows.auth import MemberRow
from storage.rows.content import EmojiRow
from storage.rows.notifications import AnnouncementReactionRow, AnnouncementRow

MAX_TEXT, MAX_LISTED = 10_000, 200  # characters; rows
MAX_EMOJIS = 8  # different ones of one announcement, as with Mastodon


class AnnouncementReactionView(Struct, frozen=True):
    """A reaction with the number of its users; `custom` is the custom emoji, if it is one."""

    row: AnnouncementReactionRow
    custom: EmojiRow | None


class AnnouncementView(Struct, frozen=True):
    """An announcement, whether its reader has dismissed it, its custom emoji as JSON, and its reactions.

    Unlike posts, announcements show the emoji that exist now, as with Mastodon.
    """

    row: AnnouncementRow
    is_read: bool = False
    emojis: str = "[]"
    reactions: tuple[AnnouncementReactionView, ...] = ()


async def list_current(
    tx: ReadTx, site: NodeContext, actor: AccountRow, *, include_dismissed: bool = True
) -> list[AnnouncementView]:
    """Return the announcements to show to `actor` now, oldest first."""
    rows = await announcement_queries.list_current(tx)
    read_ids = await announcement_queries.load_read_ids(tx, actor.id) if rows else set()
    shown = [row for row in rows if include_dismissed or row.id not in read_ids]
    reactions = await _load_reactions(tx, [row.id for row in shown], actor.id)
    return [
        structs.replace(
            view,
            is_read=view.row.id in read_ids,
            reactions=tuple(
                reaction for reaction in reactions if reaction.row.announcement_id == view.row.id
            ),
        )
        for view in await _load_views(tx, site, shown)
    ]


async def _load_views(
    tx: ReadTx, site: NodeContext, rows: Sequence[AnnouncementRow]
) -> list[AnnouncementView]:
    """Return announcements with their custom emoji; that is a statement only if there are shortcodes."""
    used = await emojis.find_used_by_text(tx, site, [row.source for row in rows])
    return [AnnouncementView(row, emojis=facts) for row, facts in zip(rows, used, strict=True)]


async def _load_reactions(tx: ReadTx, ids: Sequence[int], viewer_id: int) -> list[AnnouncementReactionView]:
    """Return the reactions whose emoji still exists."""
    rows = await announcement_queries.list_reactions(tx, ids, viewer_id) if ids else []
    custom = await emojis.load_enabled(tx, list({row.name for row in rows})) if rows else {}
    return [
        AnnouncementReactionView(row, custom.get(row.name))
        for row in rows
        if row.name in custom or is_emoji(row.name)
    ]


async def _get_published(tx: ReadTx, announcement_id: int) -> AnnouncementRow:
    row = await announcement_queries.find(tx, announcement_id)
    if row is None or row.published_at is None or row.published_at > tx.now:
        raise NotFoundError
    return row


async def dismiss(tx: Tx, actor: AccountRow, announcement_id: int) -> None:
    """Mark an announcement as read by `actor`. Raises NotFoundError if it is not published."""
    await _get_published(tx, announcement_id)
    await announcement_queries.mark_read(tx, announcement_id, actor.id)


async def react(tx: Tx, actor: AccountRow, announcement_id: int, name: str) -> None:
    """React with an emoji or the shortcode of a custom one; repeating it changes nothing.

    Raises NotFoundError; InvalidError if it is not an emoji, or one too many.
    """
    row = await _get_published(tx, announcement_id)
    if not is_emoji(name) and name not in await emojis.load_enabled(tx, [name]):
        raise InvalidError("name", "is not a recognized emoji")
    used = {reaction.row.name for reaction in await _load_reactions(tx, [row.id], actor.id)}
    if name not in used and len(used) >= MAX_EMOJIS:
        raise InvalidError("name", f"would be more than {MAX_EMOJIS} different reactions")
    if await announcement_queries.insert_reaction(tx, row.id, actor.id, name):
        tx.emit(events.ANNOUNCEMENT_REACTED, announcement_id=row.id, name=name)


async def unreact(tx: Tx, actor: AccountRow, announcement_id: int, name: str) -> None:
    """Remove a reaction; nothing happens if there is none. Raises NotFoundError."""
    row = await _get_published(tx, announcement_id)
    if await announcement_queries.delete_reaction(tx, row.id, actor.id, name):
        tx.emit(events.ANNOUNCEMENT_REACTED, announcement_id=row.id, name=name)


async def count_reactions(tx: ReadTx, announcement_id: int, name: str) -> int:
    """Return the number of reactions with this emoji, for streams."""
    rows = await announcement_queries.list_reactions(tx, [announcement_id], -1)
    return next((row.count for row in rows if row.name == name), 0)


async def list_all(tx: ReadTx, site: NodeContext) -> list[AnnouncementView]:
    """Return all announcements for admins: newest first, unpublished ones included."""
    return await _load_views(tx, site, await announcement_queries.list_all(tx, MAX_LISTED))


async def create(
    tx: Tx,
    site: NodeContext,
    member: MemberRow | None,
    text: str,
    *,
    starts_at: int | None = None,
    ends_at: int | None = None,
    all_day: bool = False,
    published: bool = True,
) -> AnnouncementRow:
    """Create an announcement; times are ms UTC. Raises InvalidError."""
    source, html = _render(site, text)
    _check_times(starts_at, ends_at)
    row = AnnouncementRow(
        id=tx.new_id(),
        source=source,
        html=html,
        starts_at=starts_at,
        ends_at=ends_at,
        all_day=all_day and starts_at is not None and ends_at is not None,
        published_at=tx.now if published else None,
        updated_at=tx.now,
        created_by_id=member.id if member else None,
    )
    await announcement_queries.insert_announcement(tx, row)
    await audit_log.record(tx, member, "announcement.create", target=f"announcement:{row.id}")
    if published:
        _emit_change(tx, row)
    return row


async def update(
    tx: Tx,
    site: NodeContext,
    member: MemberRow | None,
    announcement_id: int,
    text: str,
    *,
    published: bool = True,
) -> AnnouncementRow:
    """Change the text; the announcement is unread again for all. Raises NotFoundError, InvalidError."""
    row = await announcement_queries.find(tx, announcement_id)
    if row is None:
        raise NotFoundError
    source, html = _render(site, text)
    published_at = (row.published_at or tx.now) if published else None
    row = structs.replace(row, source=source, html=html, published_at=published_at, updated_at=tx.now)
    await announcement_queries.update_announcement(tx, row)
    await announcement_queries.delete_reads(tx, row.id)
    await audit_log.record(tx, member, "announcement.change", target=f"announcement:{row.id}")
    _emit_change(tx, row)
    return row


async def delete(tx: Tx, member: MemberRow | None, announcement_id: int) -> None:
    """Delete an announcement. Raises NotFoundError."""
    if not await announcement_queries.delete_by_id(tx, announcement_id):
        raise NotFoundError
    await audit_log.record(tx, member, "announcement.delete", target=f"announcement:{announcement_id}")
    tx.emit(events.ANNOUNCEMENT_REMOVED, announcement_id=announcement_id)


def _emit_change(tx: Tx, row: AnnouncementRow) -> None:
    kind = events.ANNOUNCEMENT_REMOVED if row.published_at is None else events.ANNOUNCEMENT_PUBLISHED
    tx.emit(kind, announcement_id=row.id)


async def find_current(tx: ReadTx, site: NodeContext, announcement_id: int) -> AnnouncementView | None:
    """Return an announcement as unread, for streams; None if it is not shown now."""
    rows = [row for row in await announcement_queries.list_current(tx) if row.id == announcement_id]
    return (await _load_views(tx, site, rows))[0] if rows else None


def _render(site: NodeContext, text: str) -> tuple[str, str]:
    source = clean_lines("text", text, MAX_TEXT).strip()
    if not source:
        raise InvalidError("text", "can't be blank", "ERR_BLANK")
    return source, render_plain(source, {}, site.links.tag)


def _check_times(starts_at: int | None, ends_at: int | None) -> None:
    if starts_at is not None and ends_at is not None and ends_at < starts_at:
        raise InvalidError("ends_at", "is before it starts")
