"""Posts of members: how they are written.

`publish` writes the post with its mentions, timeline entries, notifications and deliveries in the caller's
one transaction.
"""

from __future__ import annotations

from msgspec import Struct, structs

from fedserver.domain.content import post_texts
from fedserver.domain.content.post_texts import RenderedText
from fedserver.domain.kernel.context import NodeContext, check_not_moved
from fedserver.domain.kernel.errors import InvalidError, RetryLaterError
from fedserver.domain.posts import articles, attachments, polls, publication, quotes, replies
from fedserver.domain.timelines import quote_policies
from fedserver.text.locales import gettext
from storage.engine import ReadTx, Tx
from storage.queries.posts import posts as post_queries
from storage.rows.accounts import AccountRow
from storage.rows.posts import PostRow

HOUR_MS = 3_600_000
MAX_IDEMPOTENCY_HOURS = 7 * 24
MAX_IDEMPOTENCY_KEY = 200  # characters; longer ones are cut


class Draft(Struct, frozen=True, kw_only=True):
    """A post as a member writes it, before it has an id and is rendered."""

    text: str = ""
    content_type: str = post_texts.PLAIN
    kind: str = "Note"
    title: str = ""
    summary: str = ""
    sensitive: bool = False
    visibility: str = "public"
    language: str | None = None
    in_reply_to_id: int | None = None
    media_ids: tuple[int, ...] = ()
    cover_id: int | None = None
    state: str = "published"
    app_id: int | None = None
    poll: polls.NewPoll | None = None
    idempotency_key: str | None = None
    idempotency_hours: int = 1  # as in Mastodon; what a browser wrote offline may be sent again days later
    quoted_id: int | None = None
    quote_policy: str = "public"
    policy: str = ""  # who may answer, like and boost it, encoded as in the database
    license: str = ""  # of an article, see `post_texts.LICENSES`
    # What a draft gives to the post that it becomes: its addresses, and its co-authors.
    former_uris: tuple[str, ...] = ()
    coauthors: tuple[articles.CoauthorState, ...] = ()


async def is_deleted(tx: ReadTx, uri: str) -> bool:
    """Return True if a post with this URI was deleted."""
    return await post_queries.find_tombstone(tx, uri) is not None


async def publish(tx: Tx, site: NodeContext, author: AccountRow, draft: Draft) -> int:
    """Write a post or a draft; return its id. Raises InvalidError, NotFoundError, ForbiddenError.

    A request repeated with the same `idempotency_key` within `idempotency_hours` returns the id of the same
    post.
    """
    known_since = tx.now - draft.idempotency_hours * HOUR_MS
    if draft.idempotency_key:
        existing_id = await post_queries.find_id_by_idempotency_key(
            tx, author.id, draft.idempotency_key, known_since
        )
        if existing_id is not None:
            return existing_id
    check_not_moved(author)
    row, text, quoted, shown = await _build_row(tx, site, author, draft)
    if not await post_queries.insert(tx, row):
        raise RetryLaterError(gettext("Two posts came at the same moment. Please try again."))
    key = draft.idempotency_key
    if key and not await post_queries.insert_idempotency_key(
        tx, author.id, key, row.id, known_since, tx.now - MAX_IDEMPOTENCY_HOURS * HOUR_MS
    ):
        raise RetryLaterError(gettext("This post is being published already. Please try again in a moment."))
    media_ids = (*draft.media_ids, *((draft.cover_id,) if draft.cover_id else ()), *shown.ids)
    await attachments.insert(tx, row, tuple(dict.fromkeys(media_ids)), text)
    await attachments.describe_text_files(tx, shown)
    if draft.former_uris:
        await articles.keep_addresses(tx, row.id, draft.former_uris)
    if draft.coauthors:
        await articles.insert_coauthors(tx, row.id, draft.coauthors)
    if draft.poll is not None:
        await polls.create(tx, row.id, polls.check(site, draft.poll))
    if quoted is not None:
        await quotes.record(tx, site, row, quoted)
    if row.state == "published":
        await publication.publish(tx, row, [account for account in text.mentioned if not account.domain])
    return row.id


async def replace(tx: Tx, site: NodeContext, author: AccountRow, row: PostRow, draft: Draft) -> int:
    """Write a post in the place of another, which is deleted and leaves it its files; return its id.

    Raises what `publish` raises.
    """
    draft = await inherit(tx, row, draft)
    await remove_draft(tx, row)
    post_id = await publish(tx, site, author, draft)
    await articles.move_addresses(tx, row.id, post_id)
    return post_id


async def inherit(tx: ReadTx, row: PostRow, draft: Draft) -> Draft:
    """Return a draft that has the addresses and co-authors of a stored one, whose place it takes."""
    named = await articles.list_coauthors(tx, row)
    return structs.replace(draft, former_uris=articles.list_addresses(row), coauthors=named)


async def remove_draft(tx: Tx, row: PostRow) -> None:
    """Remove a draft that becomes another post, which takes its files."""
    await attachments.detach_files(tx, row)
    await post_queries.delete_by_id(tx, row.id)


async def check(tx: Tx, site: NodeContext, author: AccountRow, draft: Draft) -> tuple[int, ...]:
    """Check a draft without writing anything; return the ids of its files. Raises what `publish` would."""
    _, _, _, shown = await _build_row(tx, site, author, draft)
    cover_ids = (draft.cover_id,) if draft.cover_id else ()
    return tuple(dict.fromkeys((*draft.media_ids, *cover_ids, *shown.ids)))


async def _check(tx: ReadTx, site: NodeContext, author: AccountRow, draft: Draft) -> None:
    await attachments.check_files(tx, site, author, draft.media_ids, draft.cover_id)
    if draft.poll is None:
        return
    if draft.media_ids:
        raise InvalidError("poll", "can't be combined with media")
    if draft.kind != "Note" or draft.state != "published":
        raise InvalidError("poll", "can't be part of an article or a draft")
    polls.check(site, draft.poll)


def find_own_summary(row: PostRow) -> str:
    """Return the summary that the author wrote, '' for an excerpt of the text."""
    return "" if articles.has_excerpt(row) else row.summary


async def _render_text(tx: ReadTx, site: NodeContext, draft: Draft, page: str) -> RenderedText:
    text = await post_texts.render(
        tx,
        site,
        draft.text,
        draft.content_type,
        draft.summary,
        kind=draft.kind,
        sensitive=draft.sensitive,
        page=page,
    )
    if post_texts.is_blank(text.html) and not draft.media_ids:
        raise InvalidError("text", "can't be blank", "ERR_BLANK")
    return text


async def _build_row(
    tx: Tx, site: NodeContext, author: AccountRow, draft: Draft
) -> tuple[PostRow, RenderedText, PostRow | None, attachments.TextFiles]:
    """Return the row, its text, what it quotes, and the files that the text of an article shows."""
    quoted = await quote_policies.get_quotable(tx, author, draft.quoted_id)
    await _check(tx, site, author, draft)
    title = post_texts.clean_title(draft.kind, draft.title)
    identifier = tx.new_id()
    article = draft.kind == "Article"
    slug = await articles.choose_slug(tx, author.id, title) if article else None
    links = site.links
    page = links.article_page(author.username, slug) if slug else links.post_page(author.username, identifier)
    text = await _render_text(tx, site, draft, page)
    text, shown = await attachments.place_text_files(tx, site, author, draft.kind, text, None)
    parent = await replies.get_parent(tx, author, draft.in_reply_to_id)
    make_uri = links.article if article else links.note
    row = PostRow(
        id=identifier,
        uri=make_uri(author.username, identifier),
        url=page,
        account_id=author.id,
        local=True,
        kind="Question" if draft.poll else draft.kind,
        state=draft.state,
        visibility=draft.visibility,
        title=title,
        slug=slug,
        summary=text.summary,
        sensitive=draft.sensitive or bool(text.summary and not article),
        language=post_texts.resolve_language(draft.language),
        source=text.source,
        source_type=text.source_type,
        html=text.html,
        cover_id=draft.cover_id,
        mentions=text.mentions_json,
        tags=text.tags_json,
        emojis="[]",
        in_reply_to_id=parent.id if parent else None,
        in_reply_to_account_id=parent.account_id if parent else None,
        in_reply_to_uri=parent.uri if parent else None,
        thread_id=parent.thread_id if parent else identifier,
        context_uri=parent.context_uri if parent else links.context(identifier),
        boost_of_id=None,
        app_id=draft.app_id,
        published_at=tx.now,
        edited_at=None,
        replies_count=0,
        boosts_count=0,
        likes_count=0,
        version=1,
        interaction_policy=draft.policy,
        license=post_texts.clean_license(draft.kind, draft.license),
    )
    row = await attachments.add_emojis(tx, site, row, *(draft.poll.options if draft.poll else ()))
    row = await replies.restrict_visibility(tx, site, row, parent)
    row = quote_policies.apply_policy(author, row, text.mentioned, draft.quote_policy, quoted)
    return row, text, quoted, shown
