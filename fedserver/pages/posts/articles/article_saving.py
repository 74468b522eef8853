"""Save the form of an article: as a draft, as an article, as an edit, or for a later time."""

from __future__ import annotations

from typing import Any

from msgspec import UNSET, Struct, structs

from fedserver.domain.content import media
from fedserver.domain.kernel.errors import InvalidError
from fedserver.domain.posts import edits, posts, replies, scheduled_posts
from fedserver.domain.posts.authorship import coauthors
from fedserver.domain.timelines import visibility
from fedserver.pages.posts.articles.article_forms import (
    MARKDOWN,
    ArticleFormParams,
    build_draft,
    build_text,
    fill_scheduled,
    format_moment,
    parse_publish_at,
)
from fedserver.web.endpoint import Call
from storage.engine import ReadTx, Tx
from storage.rows.posts import PostRow


class SavedArticle(Struct, frozen=True):
    """The page to go to after an article is saved, and what it says there."""

    page: str
    notice: str


async def save(
    call: Call[ArticleFormParams], tx: Tx, row: PostRow | None, params: ArticleFormParams
) -> SavedArticle:
    """Save what a form says. Raises what the domain raises."""
    if not params.text.strip():  # tags alone are no article
        raise InvalidError("text", "can't be blank", "ERR_BLANK")
    publish_at = parse_publish_at(params) if params.decision == "publish" else None
    described = await _describe_cover(call, tx, params)
    # A new article is a draft first where something has to know it before it is published.
    is_draft = params.decision == "draft" or bool(publish_at)
    draft = build_draft(params, is_draft=is_draft)
    if row is None:
        if params.scheduled is not None:
            former = await scheduled_posts.take_place(tx, call.account, params.scheduled)
            draft = structs.replace(draft, former_uris=former.former_uris, coauthors=former.coauthors)
        # What is scheduled below is no post for long: former addresses wait for the one that it becomes.
        new = structs.replace(draft, former_uris=()) if publish_at is not None else draft
        post_id = await posts.publish(tx, call.site, call.account, new)
    else:
        await replies.set_policy(tx, call.account, row.id, params.replies)
        change = _build_edit(
            params,
            visibility=draft.visibility if row.state == "draft" else UNSET,
            publish=row.state == "draft" and not is_draft,
            has_new_descriptions=described,
        )
        post_id = await edits.edit(tx, call.site, call.account, row.id, change)
    saved = await visibility.get_own(tx, call.account, post_id)
    await coauthors.replace(tx, call.site, call.account, saved, params.coauthors)
    if publish_at is not None and saved.state == "draft":
        return await _schedule(call, tx, saved, draft, publish_at)
    if saved.state == "draft":
        return SavedArticle(f"/write/article/{post_id}?saved=1", "")
    is_new = row is None or row.state == "draft"
    return SavedArticle(saved.url.removeprefix(call.site.links.base), "published" if is_new else "saved")


async def load_scheduled(call: Call[Any], tx: ReadTx, scheduled_id: int) -> tuple[ArticleFormParams, int]:
    """Return the form of a scheduled article, and its time (ms UTC). Raises NotFoundError."""
    scheduled = await scheduled_posts.get(tx, call.account, scheduled_id)
    draft, moment = scheduled.draft, scheduled.row.publish_at
    covers = await media.load_own(tx, call.account, [draft.cover_id] if draft.cover_id else [])
    names = await coauthors.load_names(tx, [coauthor.account_id for coauthor in draft.coauthors])
    params = fill_scheduled(
        draft, covers[draft.cover_id].description if draft.cover_id in covers else "", names
    )
    return structs.replace(params, scheduled=scheduled_id, publish_at=format_moment(moment, "")), moment


async def _schedule(
    call: Call[Any], tx: Tx, row: PostRow, draft: posts.Draft, publish_at: int
) -> SavedArticle:
    """Schedule an article in the place of its draft."""
    inherited = await posts.inherit(tx, row, draft)
    # Those of the drafts before, too: who is asked to be a co-author has a link to one of them.
    addresses = tuple(dict.fromkeys((*draft.former_uris, *inherited.former_uris)))
    draft = structs.replace(inherited, former_uris=addresses, idempotency_key=None)
    await posts.remove_draft(tx, row)
    await scheduled_posts.schedule(tx, call.site, call.account, draft, publish_at)
    return SavedArticle("/drafts", "scheduled")


def _build_edit(params: ArticleFormParams, **more: Any) -> edits.PostEdit:
    return edits.PostEdit(
        text=build_text(params),
        content_type=MARKDOWN,
        title=params.title,
        summary=params.summary,
        language=params.language or None,
        cover_id=params.cover_id,
        license=params.license,
        **more,
    )


async def _describe_cover(call: Call[Any], tx: Tx, params: ArticleFormParams) -> bool:
    """Give the cover its description; return True if that is another one. Raises InvalidError."""
    if params.cover_id is None:
        return False
    former = await media.get(tx, call.account, params.cover_id)
    return former != await media.describe(tx, call.account, former.id, params.alt, None)
