"""Edits: a post changes and its former version is kept; a draft becomes a post."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import UNSET, Struct, UnsetType, structs

from fedserver.domain.content import post_texts
from fedserver.domain.content.post_texts import RenderedText
from fedserver.domain.kernel.context import NodeContext
from fedserver.domain.kernel.errors import ForbiddenError, InvalidError
from fedserver.domain.posts import attachments, polls, posts, publication, quotes, versions
from fedserver.domain.timelines import quote_policies, visibility
from fedserver.text.locales import gettext
from storage.engine import ReadTx, Tx
from storage.rows.accounts import AccountRow
from storage.rows.posts import PostRow


class PostEdit(Struct, frozen=True, kw_only=True):
    """A change of a post by its author; fields that are UNSET stay as they are."""

    text: str | UnsetType = UNSET
    content_type: str | UnsetType = UNSET
    title: str | UnsetType = UNSET
    summary: str | UnsetType = UNSET
    warning: str | UnsetType = UNSET  # what apps know of a summary; empty, it leaves one that is no warning
    sensitive: bool | UnsetType = UNSET
    language: str | UnsetType | None = UNSET
    media_ids: tuple[int, ...] | UnsetType = UNSET
    cover_id: int | UnsetType | None = UNSET
    poll: polls.NewPoll | UnsetType = UNSET
    visibility: str | UnsetType = UNSET  # of drafts only
    quoted_id: int | UnsetType = UNSET
    quote_policy: str | UnsetType = UNSET
    license: str | UnsetType = UNSET  # of articles only
    publish: bool = False
    has_new_descriptions: bool = False  # descriptions of its files were changed before this edit


async def edit(tx: Tx, site: NodeContext, author: AccountRow, post_id: int, changes: PostEdit) -> int:
    """Change a post of `author`; return its id, which is a new one if a draft was published.

    The former version of a published post is stored; if nothing changes, nothing is done, as in Mastodon.
    Raises NotFoundError, InvalidError, ForbiddenError.
    """
    row = await visibility.get_own(tx, author, post_id)
    changes = _resolve_warning(row, changes)
    if changes.visibility is not UNSET and row.state != "draft":
        raise ForbiddenError(gettext("The visibility of a published post cannot be changed."))
    if row.state == "draft" and changes.publish:
        return await _publish_draft(tx, site, author, row, changes)
    text = await post_texts.render(
        tx,
        site,
        _value_or(changes.text, row.source),
        _value_or(changes.content_type, row.source_type),
        _value_or(changes.summary, posts.find_own_summary(row)),
        kind=row.kind,
        sensitive=row.sensitive if isinstance(changes.sensitive, UnsetType) else changes.sensitive,
        page=row.url,
    )
    text, shown = await attachments.place_text_files(tx, site, author, row.kind, text, row.id)
    if row.state == "published":
        if await _is_same(tx, author, row, changes, text):
            return row.id
        await versions.insert(tx, row)
    media_ids = await _change_media(tx, site, author, row, changes, shown)
    row = await _change_poll(tx, site, row, changes, media_ids)
    if post_texts.is_blank(text.html) and not media_ids:
        raise InvalidError("text", "can't be blank", "ERR_BLANK")
    changed = await _change_quote(tx, site, author, _apply_edit(tx, row, changes, text), text, changes)
    options = await polls.load_titles_json(tx, row.id) if changed.kind == "Question" else None
    changed = await attachments.add_emojis(tx, site, changed, options or "")
    await versions.replace(tx, changed)
    await attachments.describe_text_files(tx, shown)
    newly_mentioned = await attachments.replace_names(tx, row, text)
    await quotes.mention_quoted_author(tx, changed)
    if row.state == "published":
        await publication.publish_edit(tx, changed, newly_mentioned)
    return row.id


async def resolve_draft_visibility(
    tx: ReadTx, author: AccountRow, post_id: int, wanted: str, *, stays_draft: bool
) -> str | UnsetType:
    """Return the visibility for a draft, UNSET for none. Raises InvalidError for a published post as a draft.

    Apps send the visibility of a published post, too. It is ignored, as Mastodon does.
    """
    if not wanted and not stays_draft:
        return UNSET
    row = await visibility.get_own(tx, author, post_id)
    if row.state != "draft" and stays_draft:
        raise InvalidError("draft", "can't be true for a published post")
    return wanted if wanted and row.state == "draft" else UNSET


def _resolve_warning(row: PostRow, changes: PostEdit) -> PostEdit:
    """Return the changes with the warning as a summary: of a sensitive article it is one."""
    if isinstance(changes.warning, UnsetType):
        return changes
    if row.kind != "Article":
        return structs.replace(changes, summary=changes.warning)
    if changes.warning:
        return structs.replace(changes, summary=changes.warning, sensitive=True)
    has_warning = post_texts.find_warning(row.kind, row.summary, sensitive=row.sensitive)
    return structs.replace(changes, summary="") if has_warning else changes


async def _is_same(
    tx: ReadTx, author: AccountRow, row: PostRow, wanted: PostEdit, text: RenderedText
) -> bool:
    """Return True if a published post has the wanted content already. Any poll counts as a new one."""
    if wanted.has_new_descriptions or not isinstance(wanted.poll, UnsetType):
        return False
    policy = _value_or(wanted.quote_policy, quote_policies.decode_audience(row.interaction_policy))
    changed = quote_policies.apply_policy(
        author, _apply_edit(tx, row, wanted, text), text.mentioned, policy, None
    )
    if structs.replace(changed, edited_at=row.edited_at) != row:
        return False
    file_ids = () if isinstance(wanted.media_ids, UnsetType) else wanted.media_ids
    if wanted.media_ids is not UNSET and await attachments.list_file_ids(tx, row) != list(file_ids):
        return False
    return isinstance(wanted.quoted_id, UnsetType) or wanted.quoted_id == await _find_quoted_id(
        tx, row, PostEdit()
    )


async def _publish_draft(
    tx: Tx, site: NodeContext, author: AccountRow, row: PostRow, change: PostEdit
) -> int:
    """Publish a draft as a new post, so that its id sorts by the time and its address has its title."""
    file_ids = tuple(await attachments.list_file_ids(tx, row))
    draft = posts.Draft(
        text=_value_or(change.text, row.source),
        content_type=_value_or(change.content_type, row.source_type),
        kind=row.kind,
        title=_value_or(change.title, row.title),
        summary=_value_or(change.summary, posts.find_own_summary(row)),
        sensitive=row.sensitive if isinstance(change.sensitive, UnsetType) else change.sensitive,
        visibility=_value_or(change.visibility, row.visibility),
        language=row.language if isinstance(change.language, UnsetType) else change.language,
        in_reply_to_id=row.in_reply_to_id,
        media_ids=file_ids if isinstance(change.media_ids, UnsetType) else change.media_ids,
        cover_id=row.cover_id if isinstance(change.cover_id, UnsetType) else change.cover_id,
        app_id=row.app_id,
        quoted_id=await _find_quoted_id(tx, row, change),
        quote_policy=_value_or(change.quote_policy, quote_policies.decode_audience(row.interaction_policy)),
        policy=row.interaction_policy,
        license=_value_or(change.license, row.license),
    )
    return await posts.replace(tx, site, author, row, draft)


async def _find_quoted_id(tx: ReadTx, row: PostRow, change: PostEdit) -> int | None:
    """Return the id of the post that a draft quotes when it is published."""
    if not isinstance(change.quoted_id, UnsetType):
        return change.quoted_id
    quote = await quotes.find(tx, row.id)
    return quote.quoted_id if quote is not None else None


async def _change_quote(
    tx: Tx, site: NodeContext, author: AccountRow, row: PostRow, text: RenderedText, change: PostEdit
) -> PostRow:
    """Return the post with who may quote it, and what it quotes. A published post never becomes narrower."""
    policy = _value_or(change.quote_policy, quote_policies.decode_audience(row.interaction_policy))
    row = quote_policies.apply_policy(author, row, text.mentioned, policy, None)
    if isinstance(change.quoted_id, UnsetType):
        return row
    quoted = await quote_policies.get_quotable(tx, author, change.quoted_id)
    former = await quotes.find(tx, row.id)
    if quoted is None or (former is not None and former.quoted_id == quoted.id):
        return row
    if quote_policies.narrow_visibility(quoted, author, row.visibility, text.mentioned) != row.visibility:
        raise ForbiddenError(gettext("This post reaches more people than the post that you want to quote."))
    await quotes.record(tx, site, row, quoted)
    return row


def _value_or(value: str | UnsetType, former: str) -> str:
    return former if isinstance(value, UnsetType) else value


def _apply_edit(tx: ReadTx, row: PostRow, change: PostEdit, text: RenderedText) -> PostRow:
    article = row.kind == "Article"
    title = (
        row.title if isinstance(change.title, UnsetType) else post_texts.clean_title(row.kind, change.title)
    )
    sensitive = row.sensitive if isinstance(change.sensitive, UnsetType) else change.sensitive
    language = (
        row.language
        if isinstance(change.language, UnsetType)
        else post_texts.resolve_language(change.language)
    )
    cover = row.cover_id if isinstance(change.cover_id, UnsetType) else change.cover_id
    visibility = row.visibility if isinstance(change.visibility, UnsetType) else change.visibility
    return structs.replace(
        row,
        title=title,
        visibility=visibility,
        summary=text.summary,
        sensitive=sensitive or bool(text.summary and not article),
        language=language,
        cover_id=cover,
        source=text.source,
        source_type=text.source_type,
        html=text.html,
        mentions=text.mentions_json,
        tags=text.tags_json,
        edited_at=tx.now if row.state == "published" else None,
        license=post_texts.clean_license(row.kind, _value_or(change.license, row.license)),
    )


async def _change_media(
    tx: Tx,
    site: NodeContext,
    author: AccountRow,
    row: PostRow,
    change: PostEdit,
    shown: attachments.TextFiles,
) -> list[int]:
    """Attach the files that the change names, and those that the text shows.

    Returns the ids of the files that the post has then, without its cover.
    """
    former = await attachments.list_file_ids(tx, row)
    wanted = former if isinstance(change.media_ids, UnsetType) else list(change.media_ids)
    if isinstance(change.media_ids, UnsetType):
        # A picture that is no longer in the text goes, unless it was attached to the article by other means.
        gone = await attachments.list_text_files(tx, site, author, row)
        wanted = [file_id for file_id in former if file_id not in gone]
    cover = row.cover_id if isinstance(change.cover_id, UnsetType) else change.cover_id
    wanted = [file_id for file_id in dict.fromkeys((*wanted, *shown.ids)) if file_id != cover]
    if wanted != former or cover != row.cover_id:
        await attachments.replace_files(
            tx, site, author, row, [*wanted, *([cover] if cover else [])], in_text=len(shown.ids)
        )
    return wanted


async def _change_poll(
    tx: Tx, site: NodeContext, row: PostRow, change: PostEdit, media_ids: Sequence[int]
) -> PostRow:
    """Set the poll of the change, or remove the poll if files take its place; return the row.

    The row has the kind that fits: `Question` with a poll, else `Note`. Raises InvalidError.
    """
    if not isinstance(change.poll, UnsetType):
        if media_ids:
            raise InvalidError("poll", "can't be combined with media")
        if row.kind not in ("Note", "Question") or row.state != "published":
            raise InvalidError("poll", "can't be part of an article or a draft")
        await polls.update(tx, row.id, polls.check(site, change.poll))
        return structs.replace(row, kind="Question")
    if row.kind == "Question" and media_ids:
        await polls.remove(tx, row.id)
        return structs.replace(row, kind="Note")
    return row
