"""Conversations: direct posts, grouped by thread and participants.

Each local account that takes part has its own row, so that it can be read, marked unread and removed. Posts
that an account does not want (blocks, mutes, its policy) do not enter its conversations. See
docs.joinmastodon.org/methods/conversations.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import msgspec
from msgspec import Struct, structs

from fedserver.domain.accounts import account_views
from fedserver.domain.accounts.account_views import AccountView
from fedserver.domain.kernel import events
from fedserver.domain.kernel.errors import NotFoundError
from fedserver.domain.timelines import post_views
from fedserver.domain.timelines.post_views import PostView
from storage.engine import Page, ReadTx, Tx
from storage.queries.accounts import accounts as account_queries
from storage.queries.notifications import conversations as conversation_queries
from storage.queries.posts import mentions as mention_queries
from storage.rows.accounts import AccountRow
from storage.rows.notifications import ConversationRow
from storage.rows.posts import PostRow

_encode = msgspec.json.Encoder().encode
_decode_people = msgspec.json.Decoder(list[int]).decode


class ConversationView(Struct, frozen=True):
    """A conversation as a participant sees it: the others (or, alone, oneself) and the last post."""

    row: ConversationRow
    accounts: tuple[AccountView, ...]
    last_post: PostView | None


async def add_post(tx: Tx, post: PostRow, owner_ids: Sequence[int]) -> None:
    """Add a direct post to the conversations of local accounts; other posts are ignored."""
    owner_ids = list(dict.fromkeys(owner_ids))
    if post.visibility != "direct" or not owner_ids:
        return
    mentioned_ids = await mention_queries.list_by_post(tx, post.id)
    people = _encode(sorted({post.account_id, *mentioned_ids})).decode()
    people_hash = hashlib.sha256(people.encode()).hexdigest()
    await conversation_queries.insert_many(
        tx,
        [
            ConversationRow(tx.new_id(), owner, post.thread_id, people, people_hash, post.id, False)
            for owner in owner_ids
        ],
    )
    rows = await conversation_queries.list_by_people(tx, post.thread_id, people_hash, owner_ids)
    await conversation_queries.append_post(tx, [row.id for row in rows], post.id, post.account_id)
    _emit_changes(tx, rows)


def _emit_changes(tx: Tx, rows: Sequence[ConversationRow]) -> None:
    for row in rows:
        tx.emit(events.CONVERSATION_CHANGED, conversation_id=row.id, account_id=row.account_id)


async def list_by_account(
    tx: ReadTx, actor: AccountRow, page: Page
) -> tuple[list[ConversationView], list[int]]:
    """Return a page of views by their last posts, newest first, and these ids as cursors."""
    rows = await conversation_queries.list_by_account(tx, actor.id, page)
    return await _load_views(tx, rows, actor.id), [row.last_post_id for row in rows]


async def _load_views(tx: ReadTx, rows: Sequence[ConversationRow], viewer_id: int) -> list[ConversationView]:
    people = {
        row.id: [account_id for account_id in _decode_people(row.people) if account_id != viewer_id]
        for row in rows
    }
    accounts = await account_views.load(
        tx, list({viewer_id, *(account_id for ids in people.values() for account_id in ids)})
    )
    hidden = await account_views.load_hidden(
        tx, viewer_id, [other for other in accounts if other != viewer_id]
    )
    posts = await post_views.load(tx, [row.last_post_id for row in rows], viewer_id, context="thread")
    last = {view.post.id: view for view in posts}
    views = []
    for row in rows:
        others = [accounts[account_id] for account_id in people[row.id] if account_id in accounts]
        # Who is hidden from the viewer is named only where nobody else takes part: it was asked for, then.
        visible = [view for view in others if view.account.id not in hidden]
        shown = visible or others or [accounts[viewer_id]]
        views.append(ConversationView(row, tuple(shown), last.get(row.last_post_id)))
    return views


async def find(tx: ReadTx, conversation_id: int) -> ConversationView | None:
    """Return a conversation as its owner sees it, for streams."""
    row = await conversation_queries.find_by_id(tx, conversation_id)
    return (await _load_views(tx, [row], row.account_id))[0] if row is not None else None


async def set_unread(tx: Tx, actor: AccountRow, conversation_id: int, *, unread: bool) -> ConversationView:
    """Mark a conversation as read or unread. Raises NotFoundError."""
    row = await conversation_queries.find(tx, actor.id, conversation_id)
    if row is None:
        raise NotFoundError
    if row.unread != unread:
        await conversation_queries.set_unread(tx, actor.id, row.id, unread=unread)
        _emit_changes(tx, [row])
    return (await _load_views(tx, [structs.replace(row, unread=unread)], actor.id))[0]


async def remove(tx: Tx, actor: AccountRow, conversation_id: int) -> None:
    """Remove a conversation from the list of `actor`; its posts stay. Raises NotFoundError."""
    if not await conversation_queries.delete_by_id(tx, actor.id, conversation_id):
        raise NotFoundError


async def remove_post(tx: Tx, post: PostRow) -> None:
    """Take a post that is about to be deleted out of its conversations."""
    if post.visibility == "direct":
        _emit_changes(tx, await conversation_queries.delete_post(tx, post.id))


async def merge_threads(tx: Tx, post: PostRow) -> None:
    """Merge conversations after other threads turned out to belong to that of `post`."""
    await conversation_queries.merge_thread(tx, post.thread_id)


async def remove_between(tx: Tx, account_id: int, other_id: int) -> None:
    """Remove conversations of an account in which the other one takes part, after a block or a mute."""
    await conversation_queries.delete_by_person(tx, account_id, other_id)


async def remove_with_domain(tx: Tx, account_id: int, domain: str) -> None:
    """Remove conversations of an account in which an account of a domain takes part, after it was muted."""
    people = {
        conversation_id: _decode_people(text)
        for conversation_id, text in await conversation_queries.list_people(tx, account_id)
    }
    named_ids = {person_id for ids in people.values() for person_id in ids}
    hidden_ids = set(await account_queries.list_ids_on_domain(tx, list(named_ids), domain))
    removed = [conversation_id for conversation_id, ids in people.items() if hidden_ids.intersection(ids)]
    if removed:
        await conversation_queries.delete_by_ids(tx, removed)
