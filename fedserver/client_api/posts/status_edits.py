"""Edits of statuses and their history (docs.joinmastodon.org/methods/statuses#edit)."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import UNSET, Struct, UnsetType, structs

from fedserver.client_api.entities.statuses import Status, StatusEdit, render_history
from fedserver.client_api.posts.statuses import PollParams, load_status, to_new_poll
from fedserver.domain.content import media
from fedserver.domain.kernel.errors import NotFoundError
from fedserver.domain.posts import edits
from fedserver.domain.timelines import post_views
from fedserver.web.endpoint import USER, Call, NoParams, Routes
from storage.engine import Tx

routes = Routes("client_api")


class MediaAttributesParams(Struct, frozen=True):
    id: int
    description: str | None = None
    focus: str | None = None


class EditStatusParams(Struct, frozen=True):
    status: str | UnsetType = UNSET
    spoiler_text: str | UnsetType = UNSET
    sensitive: bool | UnsetType = UNSET
    language: str | UnsetType | None = UNSET
    media_ids: list[int] | UnsetType = UNSET
    media_attributes: list[MediaAttributesParams] = []
    content_type: str | UnsetType = UNSET
    title: str | UnsetType = UNSET
    cover_id: int | UnsetType | None = UNSET
    poll: PollParams | None = None
    quoted_status_id: int | UnsetType = UNSET
    quote_approval_policy: str | UnsetType = UNSET


@routes.put("/api/v1/statuses/{id}", auth=USER, scope="write:statuses", params=EditStatusParams, tx="own")
async def update(call: Call[EditStatusParams]) -> Status:
    params = call.params
    if isinstance(params.status, str):
        await call.services.resolver.resolve_mentions(params.status)
    change = edits.PostEdit(
        text=params.status,
        summary=params.spoiler_text,
        sensitive=params.sensitive,
        language=params.language,
        media_ids=UNSET if isinstance(params.media_ids, UnsetType) else tuple(params.media_ids),
        content_type=params.content_type,
        title=params.title,
        cover_id=params.cover_id,
        poll=to_new_poll(params.poll) or UNSET,
        quoted_id=params.quoted_status_id,
        quote_policy=params.quote_approval_policy,
    )
    async with call.services.db.write() as tx:
        described = await _describe_media(call, tx, params.media_attributes)
        change = structs.replace(change, has_new_descriptions=described)
        await edits.edit(tx, call.site, call.account, call.id(), change)
        return await load_status(call, tx, call.id())


async def _describe_media(
    call: Call[EditStatusParams], tx: Tx, given: Sequence[MediaAttributesParams]
) -> bool:
    """Set descriptions of files; return True if one has changed."""
    changed = False
    for each in given[:16]:
        former = await media.get(tx, call.account, each.id)
        focus = media.parse_focus(each.focus)
        changed |= former != await media.describe(tx, call.account, each.id, each.description, focus)
    return changed


@routes.get("/api/v1/statuses/{id}/history", scope="read:statuses")
async def show_history(call: Call[NoParams]) -> list[StatusEdit]:
    views = await post_views.load(call.tx, [call.id()], call.viewer_id)
    if not views:
        raise NotFoundError
    versions = await edits.list_by_post(call.tx, call.id())
    return render_history(call.site.links, views[0], versions, views[0].account)
