"""Moderation of hashtags: usable in posts, listed in search, allowed to trend.

See docs.joinmastodon.org/entities/Tag#admin. Tags without a review are usable and listed.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct, structs

from fedserver.domain.audit_log import audit_log, hash_chain
from fedserver.domain.kernel.errors import InvalidError, NotFoundError
from fedserver.text.names import fold_tag
from storage.engine import Page, ReadTx, Tx
from storage.queries.content import admin_tags as admin_tag_queries
from storage.rows.auth import MemberRow
from storage.rows.content import TagRow


class TagReview(Struct, frozen=True):
    """A decision about a hashtag; None keeps the current value."""

    display: str | None = None
    usable: bool | None = None
    trendable: bool | None = None
    listable: bool | None = None


async def get(tx: ReadTx, tag_id: int) -> TagRow:
    """Return a tag. Raises NotFoundError."""
    row = await admin_tag_queries.find(tx, tag_id)
    if row is None:
        raise NotFoundError
    return row


async def list_page(tx: ReadTx, page: Page) -> list[TagRow]:
    """Return a page of tags, newest first."""
    return await admin_tag_queries.list_page(tx, page)


async def review(tx: Tx, member: MemberRow, tag_id: int, change: TagReview) -> TagRow:
    """Apply a decision to a hashtag and mark it as reviewed. Raises NotFoundError, InvalidError."""
    row = await get(tx, tag_id)
    display = row.display if change.display is None else change.display.strip().lstrip("#")
    if fold_tag(display) != row.name:
        raise InvalidError("display_name", "may differ in capitals and accents only")
    flags = {
        name: value
        for name in ("usable", "trendable", "listable")
        if (value := getattr(change, name)) is not None
    }
    row = structs.replace(row, display=display, reviewed_at=tx.now, **flags)
    summary = ", ".join(f"{name}: {'yes' if value else 'no'}" for name, value in flags.items())
    subject = hash_chain.LogSubject("tag", f"#{row.name}")
    await audit_log.record(
        tx, member, "tag.review", target=subject.name, subject=subject, reason=summary, shows_reason=True
    )
    await admin_tag_queries.update_review(tx, row)
    return row


async def check_usable(tx: ReadTx, names: Iterable[str]) -> None:
    """Raise InvalidError if one of these folded hashtag names may not be used."""
    folded_names = list(names)
    unusable = await admin_tag_queries.list_unusable(tx, folded_names) if folded_names else []
    if unusable:
        raise InvalidError("text", f"has hashtags that may not be used here: #{', #'.join(sorted(unusable))}")
