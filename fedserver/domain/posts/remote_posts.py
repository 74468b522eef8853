"""Posts of peers: kept once, changed and removed by their author only.

A second Create changes nothing; an edit never widens who may see a post, nor changes its author.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct, structs

from fedserver.domain.content.post_texts import (
    KINDS_WITH_WARNING,
    decode_mentions,
    encode,
    find_warning,
    to_mention_fact,
)
from fedserver.domain.posts import attachments, polls, publication, quote_requests, replies, versions
from fedserver.domain.posts.remote_content import RemotePost, clean_tags, clean_texts
from fedserver.domain.timelines import partner_posts
from fedserver.text.languages import normalize_language
from storage.engine import ReadTx, Tx
from storage.queries.accounts import accounts as account_queries
from storage.queries.posts import posts as post_queries
from storage.rows.accounts import AccountRow
from storage.rows.posts import PostRow, TombstoneRow

# Addresses that are looked at, and accounts among them that are stored as readers of one post.
MAX_ADDRESSED_URIS, MAX_ADDRESSED = 1_000, 100


class RemoteUpdate(Struct, frozen=True):
    """An Update of a post, without the version of the post that it holds: when it was sent (ms UTC).

    `is_revised`: it says something else than the version that is stored.
    """

    sent_at: int
    is_revised: bool


async def receive(
    tx: Tx, author: AccountRow, remote: RemotePost, *, depth: int = 0, restoring: str = ""
) -> PostRow | None:
    """Store a post of `author`; return None if it was deleted before, the stored row if it is known.

    `depth` counts the steps up a thread that led here: after 40 no further parent is asked for. `restoring`
    says whether a post comes back that its author deleted: `if_newer` than that, or `always`.
    """
    known = await post_queries.find_by_uri(tx, remote.uri)
    if known is not None:
        return known if known.account_id == author.id else None
    tombstone = await post_queries.find_tombstone(tx, remote.uri)
    # A tombstone of another account keeps nothing out: else anyone could block a post by its URI.
    # guard: what was deleted stays away @last
    if author.suspended_at is not None or (
        tombstone is not None
        and tombstone.account_uri in ("", author.uri)
        and not _is_restored(tx, tombstone, remote, restoring)
    ):
        return None
    if remote.in_reply_to == remote.uri:
        remote = structs.replace(remote, in_reply_to=None)
    parent = await post_queries.find_by_uri(tx, remote.in_reply_to) if remote.in_reply_to else None
    if parent is not None and await partner_posts.is_hidden_from(tx, parent, author):
        parent = None
    # guard: answers that a local member does not want
    if parent is not None and not await replies.is_accepted(tx, parent, author):
        return None
    mentioned = await account_queries.load_by_uris(tx, remote.mentioned_uris)
    shown = await partner_posts.resolve_visibility(tx, author, remote.visibility, remote.addressed_uris)
    remote = structs.replace(remote, visibility=shown)
    addressed = await _load_addressed(tx, author, remote)
    if shown == "direct":
        mentioned = _unite(mentioned, addressed)
    row = _build_row(tx, author, remote, parent, mentioned)
    while not await post_queries.insert(tx, row):
        known = await post_queries.find_by_uri(tx, remote.uri)
        if known is not None:
            return known
        # Another post of that very millisecond has the id: take the next.
        row = _with_id(row, tx.new_id(row.published_at))
    await _attach(tx, row, remote)
    await post_queries.upsert_original(tx, row.uri, remote.original)
    await attachments.insert_mentions(tx, row, [account.id for account in _unite(mentioned, addressed)])
    if remote.quote is not None:
        await quote_requests.receive(tx, row, remote.quote, depth=depth)
    await publication.publish_remote(tx, row, parent, mentioned, depth)
    return row


async def add_reader(tx: Tx, row: PostRow, reader: AccountRow) -> None:
    """Let one more member read a direct post of a peer that names no readers; nothing happens if they may."""
    if row.local or row.visibility != "direct" or reader.id in await attachments.list_mentioned_ids(tx, row):
        return
    await attachments.insert_mentions(tx, row, [reader.id])
    await publication.show_to_reader(tx, row, reader)


def _is_restored(tx: ReadTx, tombstone: TombstoneRow, remote: RemotePost, restoring: str) -> bool:
    """Return True if a deleted post comes back: its author publishes it again, and had deleted it as well.

    What is dated before the Delete was overtaken by it; a date in the future tells nothing.
    """
    # guard: what moderators deleted stays away @1
    if not tombstone.account_uri or not restoring:
        return False
    written_at = max(remote.published_at or 0, remote.updated_at or 0)
    return restoring == "always" or tombstone.at < written_at <= tx.now


async def _load_addressed(tx: ReadTx, author: AccountRow, remote: RemotePost) -> list[AccountRow]:
    """Return the accounts in the addresses of a post, at most 100, those of this node first."""
    accounts = await account_queries.load_by_uris(tx, remote.addressed_uris[:MAX_ADDRESSED_URIS])
    people = [row for row in accounts if row.kind != "Application" and row.id != author.id]
    return sorted(people, key=lambda row: bool(row.domain))[:MAX_ADDRESSED]


def _unite(mentioned: Sequence[AccountRow], addressed: Sequence[AccountRow]) -> list[AccountRow]:
    """Return the accounts that a post mentions and those that it is sent to, each of them once."""
    return list({row.id: row for row in (*mentioned, *addressed) if row.kind != "Application"}.values())


def _build_row(
    tx: Tx,
    author: AccountRow,
    remote: RemotePost,
    parent: PostRow | None,
    mentioned: Sequence[AccountRow],
) -> PostRow:
    published = min(remote.published_at or tx.now, tx.now)
    # A date in the future would keep out all edits until then.
    edited_at = min(remote.updated_at or 0, tx.now)
    identifier = tx.new_id(published)
    texts = clean_texts(remote)
    return PostRow(
        id=identifier,
        uri=remote.uri,
        url=remote.url,
        account_id=author.id,
        local=False,
        kind=remote.kind,
        state="published",
        visibility=remote.visibility,
        slug=None,
        sensitive=remote.sensitive or bool(find_warning(remote.kind, texts["summary"], sensitive=False)),
        language=normalize_language(remote.language),
        source_type=remote.source_type[:100],
        cover_id=None,
        mentions=encode([to_mention_fact(account) for account in mentioned]).decode(),
        tags=encode(list(clean_tags(remote))).decode(),
        emojis=remote.emojis,
        in_reply_to_id=parent.id if parent else None,
        in_reply_to_account_id=parent.account_id if parent else None,
        in_reply_to_uri=remote.in_reply_to,
        thread_id=parent.thread_id if parent else identifier,
        context_uri=remote.context_uri,
        boost_of_id=None,
        app_id=None,
        published_at=published,
        edited_at=edited_at if edited_at > published else None,
        replies_count=0,
        boosts_count=0,
        likes_count=0,
        version=1,
        quotes_count=0,
        interaction_policy=remote.interaction_policy,
        **texts,
    )


def _with_id(row: PostRow, identifier: int) -> PostRow:
    thread = identifier if row.thread_id == row.id else row.thread_id
    return structs.replace(row, id=identifier, thread_id=thread)


async def _attach(tx: Tx, row: PostRow, remote: RemotePost) -> None:
    await attachments.insert_remote(tx, row, remote)
    if remote.poll is not None and row.kind == "Question":
        await polls.receive(tx, row, remote.poll)


async def receive_edit(
    tx: Tx, author: AccountRow, remote: RemotePost, update: RemoteUpdate | None = None
) -> PostRow | None:
    """Change a post of `author` if what came is newer; None if there is nothing to change.

    What is not newer may still tell how a poll stands. `update` is None for what was read from its origin.
    """
    row = await post_queries.find_by_uri(tx, remote.uri)
    # guard: Update by its author @2,3
    if row is None or row.account_id != author.id or row.local or row.boost_of_id is not None:
        return None
    edited = _find_edit_time(tx, row, remote, update)
    if edited is None:
        await _update_figures(tx, row, remote, is_fetched=update is None)
        return None
    mentioned = await account_queries.load_by_uris(tx, remote.mentioned_uris)
    await versions.insert(tx, row)
    texts = clean_texts(remote)
    shown = await partner_posts.resolve_edited_visibility(
        tx, author, row.visibility, remote.visibility, remote.addressed_uris
    )
    addressed = await _load_addressed(tx, author, remote)
    if shown == "direct":
        mentioned = _unite(mentioned, addressed)
    # Who could read an earlier version stays among the readers, also if the new one names others.
    await attachments.insert_mentions(tx, row, [account.id for account in _unite(mentioned, addressed)])
    changed = structs.replace(
        row,
        kind=remote.kind if {row.kind, remote.kind} == set(KINDS_WITH_WARNING) else row.kind,
        visibility=shown,
        sensitive=remote.sensitive or bool(find_warning(row.kind, texts["summary"], sensitive=False)),
        language=normalize_language(remote.language),
        source_type=remote.source_type[:100],
        mentions=encode([to_mention_fact(account) for account in mentioned]).decode(),
        tags=encode(list(clean_tags(remote))).decode(),
        emojis=remote.emojis,
        edited_at=edited,
        cover_id=None,
        interaction_policy=remote.interaction_policy,
        **texts,
    )
    await versions.replace(tx, changed)
    await attachments.remove_remote(tx, row)
    if row.kind == "Question" and remote.poll is None:
        await polls.remove(tx, row.id)
    await _attach(tx, changed, remote)
    await post_queries.upsert_original(tx, row.uri, remote.original)
    await quote_requests.receive(tx, changed, remote.quote)
    known_ids = {fact.id for fact in decode_mentions(row.mentions)}
    await publication.publish_remote_edit(tx, row, changed, author, mentioned, known_ids)
    return changed


def _find_edit_time(tx: ReadTx, row: PostRow, remote: RemotePost, update: RemoteUpdate | None) -> int | None:
    """Return when a version of a post was written (ms UTC); None if it is no newer than the stored one."""
    stored_at = row.edited_at or row.published_at
    if remote.updated_at is not None and remote.updated_at > stored_at:
        return min(remote.updated_at, tx.now)
    if update is None or not update.is_revised:
        return None
    if remote.updated_at is not None:
        return stored_at if remote.updated_at == stored_at else None
    if row.edited_at is not None and update.sent_at < row.edited_at:
        return None
    # Some servers date each Update as the post.
    return update.sent_at if update.sent_at > row.published_at else tx.now


async def _update_figures(tx: Tx, row: PostRow, remote: RemotePost, *, is_fetched: bool) -> None:
    """Update what changes without an edit: how a poll stands, who may quote a post, what its quote is."""
    if remote.poll is not None and row.kind == "Question":
        await polls.receive(tx, row, remote.poll, is_edit=False, is_fetched=is_fetched)
    is_older = remote.updated_at is not None and remote.updated_at < (row.edited_at or row.published_at)
    if is_fetched or not is_older:
        await _update_quote(tx, row, remote)


async def _update_quote(tx: Tx, row: PostRow, remote: RemotePost) -> None:
    """Update what changes without an edit: who may quote a post, and the state of its quote."""
    if remote.interaction_policy != row.interaction_policy:
        await post_queries.set_interaction_policy(tx, row.id, remote.interaction_policy)
    if remote.quote is not None:
        await quote_requests.update(tx, row, remote.quote)
