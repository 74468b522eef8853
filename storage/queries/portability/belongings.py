"""What else a member owns, beside posts and what the CSV files hold: one statement for each kind."""

from __future__ import annotations

from typing import Any

from msgspec import Struct
from sqlalchemy import BindParameter, Select, bindparam, or_, select

from storage.engine import ReadTx
from storage.tables.accounts import (
    account_notes,
    accounts,
    collection_items,
    collections,
    endorsements,
    featured_tags,
)
from storage.tables.auth import member_accounts, members
from storage.tables.content import autosaves, media, tags
from storage.tables.posts import (
    edits,
    pins,
    poll_options,
    poll_votes,
    posts,
    quotes,
    reactions,
    scheduled_media,
    scheduled_posts,
)
from storage.tables.relationships import follow_requests, list_accounts, lists, tag_follows, thread_mutes
from storage.tables.timelines import filter_keywords, filter_posts, filters, markers

Record = dict[str, Any]
_owner: BindParameter[int] = bindparam("account_id")
_account = (accounts.c.username, accounts.c.domain)


class BelongingKind(Struct, frozen=True):
    """Names of columns, and the statement that selects them for `account_id`."""

    names: tuple[str, ...]
    statement: Select[Any]


def _select(statement: Select[Any]) -> BelongingKind:
    return BelongingKind(tuple(column.name for column in statement.selected_columns), statement)


KINDS = {
    "account": _select(
        select(members.c.email, members.c.role, members.c.locale, members.c.settings, members.c.created_at)
        .join(member_accounts, member_accounts.c.member_id == members.c.id)
        .where(member_accounts.c.account_id == _owner)
    ),
    "drafts": _select(
        select(
            posts.c.id, posts.c.kind, posts.c.title, posts.c.summary, posts.c.sensitive, posts.c.language,
            posts.c.source, posts.c.source_type, posts.c.visibility, posts.c.in_reply_to_uri,
            posts.c.cover_id, quotes.c.quoted_uri, posts.c.published_at.label("created_at"),
        )
        .outerjoin(quotes, quotes.c.post_id == posts.c.id)
        .where(posts.c.account_id == _owner, posts.c.state == "draft")
        .order_by(posts.c.id)
    ),
    "scheduled": _select(
        select(scheduled_posts.c.id, scheduled_posts.c.publish_at, scheduled_posts.c.draft)
        .where(scheduled_posts.c.account_id == _owner)
        .order_by(scheduled_posts.c.id)
    ),
    "autosaves": _select(
        select(autosaves.c.slot, autosaves.c.fields, autosaves.c.saved_at)
        .where(autosaves.c.account_id == _owner)
        .order_by(autosaves.c.id)
    ),
    # Files of drafts and of scheduled posts: those of published posts are in the outbox.
    "files": _select(
        select(
            media.c.id, media.c.post_id, scheduled_media.c.scheduled_id, media.c.file_key,
            media.c.content_type, media.c.description, media.c.focus_x, media.c.focus_y,
        )
        .outerjoin(posts, posts.c.id == media.c.post_id)
        .outerjoin(scheduled_media, scheduled_media.c.media_id == media.c.id)
        .where(
            media.c.account_id == _owner,
            or_(posts.c.state == "draft", scheduled_media.c.scheduled_id.is_not(None)),
        )
        .order_by(media.c.position, media.c.id)
    ),
    "edits": _select(
        select(
            posts.c.uri, edits.c.title, edits.c.summary, edits.c.sensitive, edits.c.source, edits.c.html,
            edits.c.media, edits.c.poll, edits.c.at,
        )
        .join(posts, posts.c.id == edits.c.post_id)
        .where(posts.c.account_id == _owner)
        .order_by(edits.c.id)
    ),
    "reactions": _select(
        select(posts.c.uri, reactions.c.name, reactions.c.url, reactions.c.created_at)
        .join(posts, posts.c.id == reactions.c.post_id)
        .where(reactions.c.account_id == _owner)
        .order_by(reactions.c.id)
    ),
    "votes": _select(
        select(posts.c.uri, poll_options.c.name, poll_votes.c.created_at)
        .join(poll_options, poll_options.c.id == poll_votes.c.option_id)
        .join(posts, posts.c.id == poll_votes.c.post_id)
        .where(poll_votes.c.account_id == _owner)
        .order_by(poll_votes.c.id)
    ),
    "pins": _select(
        select(posts.c.uri)
        .join(pins, pins.c.post_id == posts.c.id)
        .where(pins.c.account_id == _owner)
        .order_by(pins.c.id)
    ),
    "muted_threads": _select(
        select(posts.c.uri)
        .join(thread_mutes, thread_mutes.c.thread_id == posts.c.id)
        .where(thread_mutes.c.account_id == _owner)
        .order_by(posts.c.id)
    ),
    "follow_requests": _select(
        select(*_account)
        .join(follow_requests, follow_requests.c.target_id == accounts.c.id)
        .where(follow_requests.c.account_id == _owner)
        .order_by(follow_requests.c.id)
    ),
    "notes": _select(
        select(*_account, account_notes.c.note)
        .join(account_notes, account_notes.c.target_id == accounts.c.id)
        .where(account_notes.c.account_id == _owner)
        .order_by(accounts.c.id)
    ),
    "featured_accounts": _select(
        select(*_account)
        .join(endorsements, endorsements.c.target_id == accounts.c.id)
        .where(endorsements.c.account_id == _owner)
        .order_by(endorsements.c.id)
    ),
    "featured_tags": _select(
        select(featured_tags.c.name).where(featured_tags.c.account_id == _owner).order_by(featured_tags.c.id)
    ),
    "followed_tags": _select(
        select(tags.c.name)
        .join(tag_follows, tag_follows.c.tag_id == tags.c.id)
        .where(tag_follows.c.account_id == _owner)
        .order_by(tag_follows.c.id)
    ),
    "lists": _select(
        select(lists.c.id, lists.c.title, lists.c.replies_policy, lists.c.exclusive)
        .where(lists.c.account_id == _owner)
        .order_by(lists.c.id)
    ),
    "list_accounts": _select(
        select(list_accounts.c.list_id, *_account)
        .join(list_accounts, list_accounts.c.account_id == accounts.c.id)
        .join(lists, lists.c.id == list_accounts.c.list_id)
        .where(lists.c.account_id == _owner)
        .order_by(list_accounts.c.added_id)
    ),
    "collections": _select(
        select(
            collections.c.id, collections.c.name, collections.c.description, collections.c.language,
            collections.c.sensitive, collections.c.discoverable, collections.c.tag, collections.c.created_at,
        )
        .where(collections.c.account_id == _owner)
        .order_by(collections.c.id)
    ),
    "collection_items": _select(
        select(collection_items.c.collection_id, *_account)
        .join(collection_items, collection_items.c.account_id == accounts.c.id)
        .join(collections, collections.c.id == collection_items.c.collection_id)
        .where(collections.c.account_id == _owner)
        .order_by(collection_items.c.id)
    ),
    "filters": _select(
        select(filters.c.id, filters.c.title, filters.c.contexts, filters.c.action, filters.c.expires_at)
        .where(filters.c.account_id == _owner)
        .order_by(filters.c.id)
    ),
    "filter_keywords": _select(
        select(filter_keywords.c.filter_id, filter_keywords.c.keyword, filter_keywords.c.whole_word)
        .join(filters, filters.c.id == filter_keywords.c.filter_id)
        .where(filters.c.account_id == _owner)
        .order_by(filter_keywords.c.id)
    ),
    "filter_posts": _select(
        select(filter_posts.c.filter_id, posts.c.uri)
        .join(filter_posts, filter_posts.c.post_id == posts.c.id)
        .join(filters, filters.c.id == filter_posts.c.filter_id)
        .where(filters.c.account_id == _owner)
        .order_by(filter_posts.c.id)
    ),
    "markers": _select(
        select(markers.c.timeline, markers.c.last_read_id, markers.c.updated_at)
        .where(markers.c.account_id == _owner)
        .order_by(markers.c.timeline)
    ),
}  # fmt: skip


async def list_all(tx: ReadTx, kind: str, account_id: int) -> list[Record]:
    """Return everything of a kind, by the names of its columns, oldest first."""
    columns, statement = KINDS[kind].names, KINDS[kind].statement
    return [dict(zip(columns, row, strict=True)) for row in await tx.all(statement, account_id=account_id)]
