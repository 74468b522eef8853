"""Posts of peers: kept once, changed and removed by their author only.

A second Create changes nothing; an edit never widens who may see a post, nor changes its author.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct, structs

from fedserver.domain.content.post_texts import encode, to_mention_fact
from fedserver.domain.kernel import events, jobs
from fedserver.domain.notifications import conversations, notifications
from fedserver.domain.posts import distribution, edit_history, polls, quote_requests
from fedserver.domain.timelines import partner_posts
from fedserver.text.language import normalize_language
from fedserver.text.markup import fold_tag, render_markdown, render_plain
from fedserver.text.sanitize import clean_article, clean_name, clean_post, clean_text, to_text
from storage.engine import Tx
from storage.queries.accounts import accounts as account_queries
from storage.queries.content import media as media_queries
from storage.queries.content import tags as tag_queries
from storage.queries.posts import mentions as mention_queries
from storage.queries.posts import posts as post_queries
from storage.queries.posts import quotes as quote_queries
from storage.rows.accounts import AccountRow
from storage.rows.content import MediaRow
from storage.rows.posts import PostRow

MAX_SUMMARY = 2_000
MAX_DEPTH = 40
MAX_MARKDOWN = 50_000
KINDS_WITH_WARNING = ("Note", "Question")  # their summary is a content warning


class RemoteFile(Struct, frozen=True):
    """A file that lies at a peer."""

    kind: str
    content_type: str
    url: str
    description: str
    blurhash: str | None
    focus: tuple[float, float]
    width: int | None
    height: int | None


class RemotePost(Struct, frozen=True, kw_only=True):
    """A post of a peer, its authority checked, its text not yet sanitized."""

    uri: str
    url: str
    author_uri: str
    kind: str
    visibility: str
    title: str
    summary: str
    sensitive: bool
    language: str | None
    source: str
    source_type: str
    html: str
    published_at: int | None
    updated_at: int | None
    in_reply_to: str | None
    context_uri: str
    mentioned_uris: tuple[str, ...]
    addressed_uris: tuple[str, ...]
    tags: tuple[str, ...]
    emojis: str
    files: tuple[RemoteFile, ...]
    cover: RemoteFile | None
    original: str
    poll: polls.RemotePoll | None = None
    quote: quote_requests.RemoteQuote | None = None
    html_type: str = ""  # text/markdown or text/plain, where `html` is that instead
    html_before: str = ""  # HTML to be shown before and after it
    html_after: str = ""
    interaction_policy: str = ""


async def receive(tx: Tx, author: AccountRow, remote: RemotePost, *, depth: int = 0) -> PostRow | None:
    """Store a post of `author`; return None if it was deleted before, the stored row if it is known.

    `depth` counts the steps up a thread that led here: after 40 no further parent is asked for.
    """
    known = await post_queries.find_by_uri(tx, remote.uri)
    if known is not None:
        return known if known.account_id == author.id else None
    tombstone = await post_queries.find_tombstone(tx, remote.uri)
    # A tombstone of another account keeps nothing out: else anyone could block a post by its URI.
    # guard: what was deleted stays away @last
    if author.suspended_at is not None or (
        tombstone is not None and tombstone.account_uri in ("", author.uri)
    ):
        return None
    parent = await post_queries.find_by_uri(tx, remote.in_reply_to) if remote.in_reply_to else None
    if parent is not None and await partner_posts.is_hidden_from(tx, parent, author):
        parent = None
    # guard: answers that a member of ours does not want
    if parent is not None and not await distribution.can_reply(tx, parent, author):
        return None
    mentioned = await account_queries.load_by_uris(tx, remote.mentioned_uris)
    shown = await partner_posts.resolve_visibility(tx, author, remote.visibility, remote.addressed_uris)
    remote = structs.replace(remote, visibility=shown)
    row = _build_row(tx, author, remote, parent, mentioned)
    while not await post_queries.insert(tx, row):
        known = await post_queries.find_by_uri(tx, remote.uri)
        if known is not None:
            return known
        # Another post of that very millisecond has the id: take the next.
        row = _with_id(row, tx.new_id(row.published_at))
    await _attach(tx, row, author, remote)
    await post_queries.upsert_original(tx, row.uri, remote.original)
    addressed = await account_queries.load_by_uris(tx, remote.addressed_uris[:100])
    named = {each.id: each for each in (*mentioned, *addressed) if each.kind != "Application"}
    await mention_queries.insert(tx, row.id, list(named))
    if remote.quote is not None:
        await quote_requests.receive(tx, row, remote.quote, depth=depth)
    await _insert_into_thread(tx, row, parent, depth)
    await distribution.index(tx, row)
    notified_ids = [
        account.id
        for account in mentioned
        if not account.domain and await notifications.notify(tx, "mention", account.id, author.id, row.id)
    ]
    await conversations.add_post(tx, row, notified_ids)
    await notifications.notify_post_followers(tx, row)
    tx.emit(events.POST_PUBLISHED, post_id=row.id)
    return row


def _build_row(
    tx: Tx,
    author: AccountRow,
    remote: RemotePost,
    parent: PostRow | None,
    mentioned: Sequence[AccountRow],
) -> PostRow:
    published = min(remote.published_at or tx.now, tx.now)
    identifier = tx.new_id(published)
    texts = _clean_texts(remote)
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
        sensitive=remote.sensitive or bool(texts["summary"] and remote.kind in KINDS_WITH_WARNING),
        language=normalize_language(remote.language),
        source_type=remote.source_type[:100],
        cover_id=None,
        mentions=encode([to_mention_fact(each) for each in mentioned]).decode(),
        tags=encode([fold_tag(each) for each in _clean_tag_names(remote)]).decode(),
        emojis=remote.emojis,
        in_reply_to_id=parent.id if parent else None,
        in_reply_to_account_id=parent.account_id if parent else None,
        in_reply_to_uri=remote.in_reply_to,
        thread_id=parent.thread_id if parent else identifier,
        context_uri=remote.context_uri,
        boost_of_id=None,
        app_id=None,
        published_at=published,
        edited_at=remote.updated_at if (remote.updated_at or 0) > published else None,
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


def _clean_texts(remote: RemotePost) -> dict[str, str]:
    clean = clean_article if remote.kind == "Article" else clean_post
    html = remote.html_before + _render_body(remote) + remote.html_after
    return {
        "title": clean_name(to_text(remote.title), 300) if remote.title else "",
        "summary": " ".join(to_text(remote.summary).split())[:MAX_SUMMARY] if remote.summary else "",
        "source": clean_text(remote.source, 200_000),
        "html": clean(html, remote.url),
    }


def _render_body(remote: RemotePost) -> str:
    """Return the text as HTML; some software (PeerTube) sends Markdown."""
    if remote.html_type == "text/markdown":
        return render_markdown(remote.html[:MAX_MARKDOWN], {}, _no_tag_url, article=remote.kind == "Article")
    return render_plain(remote.html, {}, _no_tag_url) if remote.html_type == "text/plain" else remote.html


def _no_tag_url(name: str) -> str:
    return ""


def _clean_tag_names(remote: RemotePost) -> list[str]:
    kept = (clean_name(each, 100) for each in remote.tags)
    return list(dict.fromkeys(each for each in kept if each))


async def _attach(tx: Tx, row: PostRow, author: AccountRow, remote: RemotePost) -> None:
    names = {fold_tag(each): each for each in _clean_tag_names(remote)}
    await tag_queries.set_post_tags(tx, row.id, await tag_queries.load_or_insert(tx, names), is_new=True)
    files = [_build_media_row(tx, row, author, each, place) for place, each in enumerate(remote.files)]
    if remote.cover is not None:
        cover = _build_media_row(tx, row, author, remote.cover, len(files))
        files.append(cover)
        values = {name: getattr(row, name) for name in post_queries.UPDATABLE_COLUMNS} | {
            "cover_id": cover.id
        }
        await post_queries.update_content(tx, row.id, values)
    await media_queries.insert(tx, files)
    if remote.poll is not None and row.kind == "Question":
        await polls.receive(tx, row, remote.poll)


def _build_media_row(tx: Tx, row: PostRow, author: AccountRow, remote: RemoteFile, place: int) -> MediaRow:
    return MediaRow(
        id=tx.new_id(),
        account_id=author.id,
        post_id=row.id,
        position=place,
        kind=remote.kind,
        content_type=remote.content_type,
        file_key="",
        preview_key="",
        remote_url=remote.url,
        description=clean_text(remote.description, 5_000),
        blurhash=remote.blurhash,
        focus_x=remote.focus[0],
        focus_y=remote.focus[1],
        width=remote.width,
        height=remote.height,
        preview_width=None,
        preview_height=None,
        bytes=0,
        created_at=tx.now,
    )


async def _insert_into_thread(tx: Tx, row: PostRow, parent: PostRow | None, depth: int) -> None:
    """Add a post to its thread, its author's count and homes; enqueue the fetch of a missing parent."""
    await account_queries.adjust_post_count(tx, row.account_id, 1, row.published_at)
    if parent is not None:
        await post_queries.adjust_count(tx, parent.id, "replies_count", 1)
        tx.emit(events.POST_CHANGED, post_id=parent.id)
    elif row.in_reply_to_uri is not None and depth < MAX_DEPTH:
        task = jobs.FetchParent(row.in_reply_to_uri, depth + 1)
        await jobs.enqueue(tx, task, dedupe=f"fetch_parent:{row.in_reply_to_uri}")
    adopted = await post_queries.link_orphaned_replies(tx, row)
    if adopted:
        await post_queries.adjust_count(tx, row.id, "replies_count", adopted)
        await conversations.merge_threads(tx, row)
    await distribution.fan_out_home(tx, row)


async def receive_edit(tx: Tx, author: AccountRow, remote: RemotePost) -> PostRow | None:
    """Change a post of `author` if what came is newer; None if there is nothing to change.

    What is not newer may still tell how a poll stands.
    """
    row = await post_queries.find_by_uri(tx, remote.uri)
    # guard: Update by its author @2,3
    if row is None or row.account_id != author.id or row.local or row.boost_of_id is not None:
        return None
    edited = remote.updated_at
    if edited is None or edited <= (row.edited_at or row.published_at):
        if remote.poll is not None and row.kind == "Question":
            await polls.receive(tx, row, remote.poll, is_edit=False)
        await _update_quote(tx, row, remote)
        return None
    edited = min(edited, tx.now)
    mentioned = await account_queries.load_by_uris(tx, remote.mentioned_uris)
    await edit_history.insert_version(tx, row)
    texts = _clean_texts(remote)
    shown = await partner_posts.resolve_edited_visibility(
        tx, author, row.visibility, remote.visibility, remote.addressed_uris
    )
    changed = structs.replace(
        row,
        kind=remote.kind if {row.kind, remote.kind} == set(KINDS_WITH_WARNING) else row.kind,
        visibility=shown,
        sensitive=remote.sensitive or bool(texts["summary"] and row.kind in KINDS_WITH_WARNING),
        language=normalize_language(remote.language),
        source_type=remote.source_type[:100],
        mentions=encode([to_mention_fact(each) for each in mentioned]).decode(),
        tags=encode([fold_tag(each) for each in _clean_tag_names(remote)]).decode(),
        emojis=remote.emojis,
        edited_at=edited,
        cover_id=None,
        interaction_policy=remote.interaction_policy,
        **texts,
    )
    values = {name: getattr(changed, name) for name in post_queries.UPDATABLE_COLUMNS}
    await post_queries.update_content(tx, row.id, values)
    await media_queries.delete_by_post(tx, row.id)
    if row.kind == "Question" and remote.poll is None:
        await polls.remove(tx, row.id)
    await tag_queries.set_post_tags(tx, row.id, [])
    await _attach(tx, changed, author, remote)
    await post_queries.upsert_original(tx, row.uri, remote.original)
    await distribution.index(tx, changed)
    for _, booster_id in await post_queries.list_boosts(tx, row.id):
        await notifications.notify(tx, "update", booster_id, row.account_id, row.id)
    await quote_requests.receive_edit(tx, changed, remote.quote)
    tx.emit(events.POST_EDITED, post_id=row.id)
    return changed


async def _update_quote(tx: Tx, row: PostRow, remote: RemotePost) -> None:
    """Update what changes without an edit: who may quote a post, and the state of its quote."""
    if remote.interaction_policy != row.interaction_policy:
        await post_queries.set_interaction_policy(tx, row.id, remote.interaction_policy)
    quote = await quote_queries.find_by_post(tx, row.id) if remote.quote is not None else None
    if quote is not None and remote.quote is not None and quote.quoted_uri == remote.quote.uri:
        await quote_requests.receive(tx, row, remote.quote)
