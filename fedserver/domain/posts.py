"""Posts of members: write, edit, delete; and one post for one viewer.

`publish` writes the post, what it names, where it is shown, who is told and what peers are owed, in the
caller's one transaction.
"""

from __future__ import annotations

from msgspec import UNSET, Struct, UnsetType, structs

from fedserver.domain import (
    Forbidden,
    Invalid,
    Later,
    NotFound,
    Site,
    articles,
    events,
    media,
    notifications,
    post_texts,
    post_views,
    tasks,
)
from fedserver.domain.post_texts import Text
from fedserver.domain.visibility import WRITABLE
from fedserver.text import clean_name, normal_language
from storage import AccountRow, EditRow, PostRow, TombstoneRow, Tx, queries

HOUR = 3_600_000
MAX_TITLE = 200


class Draft(Struct, frozen=True, kw_only=True):
    """What a member wants to post."""

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
    idempotency_key: str | None = None


class Change(Struct, frozen=True, kw_only=True):
    """What a member wants to change; what is UNSET stays."""

    text: str | UnsetType = UNSET
    content_type: str | UnsetType = UNSET
    title: str | UnsetType = UNSET
    summary: str | UnsetType = UNSET
    sensitive: bool | UnsetType = UNSET
    language: str | UnsetType | None = UNSET
    media_ids: tuple[int, ...] | UnsetType = UNSET
    cover_id: int | UnsetType | None = UNSET
    visibility: str | UnsetType = UNSET  # of drafts only
    publish: bool = False


async def get(tx: Tx, post_id: int, viewer_id: int | None) -> PostRow:
    """A post that the viewer may see. Raises NotFound."""
    views = await post_views.load(tx, [post_id], viewer_id)
    if not views:
        raise NotFound
    return views[0].post


async def edits(tx: Tx, post_id: int) -> list[EditRow]:
    """Earlier versions of a post, oldest first."""
    return await queries.posts.edits_of(tx, post_id)


async def is_deleted(tx: Tx, uri: str) -> bool:
    """True if there was a post of that URI."""
    return await queries.posts.tombstone(tx, uri) is not None


async def publish(tx: Tx, site: Site, author: AccountRow, draft: Draft) -> int:
    """Write a post, or keep it as a draft; its id. Raises Invalid, NotFound, Forbidden.

    A request repeated with the same `idempotency_key` within an hour gives the same post.
    """
    if draft.idempotency_key:
        found = await queries.posts.by_key(tx, author.id, draft.idempotency_key, tx.now - HOUR)
        if found is not None:
            return found
    row, text = await _new_row(tx, site, author, draft)
    if not await queries.posts.add(tx, row):
        raise Later("Two posts came at the same moment. Please try again.")
    key = draft.idempotency_key
    if key and not await queries.posts.add_key(tx, author.id, key, row.id, tx.now - HOUR):
        raise Later("The same post is being written. Please try again.")
    media_ids = (*draft.media_ids, *((draft.cover_id,) if draft.cover_id else ()))
    await queries.media.attach(tx, author.id, row.id, media_ids)
    await queries.mentions.add(tx, row.id, [each.id for each in text.mentioned])
    await queries.tags.put(tx, row.id, await queries.tags.ensure(tx, text.tags), fresh=True)
    if row.state == "published":
        await _announce(tx, row, [each for each in text.mentioned if not each.domain])
    return row.id


async def _new_row(tx: Tx, site: Site, author: AccountRow, draft: Draft) -> tuple[PostRow, Text]:
    if draft.visibility not in WRITABLE:
        raise Invalid("visibility", f"must be one of {', '.join(WRITABLE)}")
    await media.check(tx, site, author, draft.media_ids, None)
    await media.check(tx, site, author, [draft.cover_id] if draft.cover_id else [], None)
    text = await post_texts.render(tx, site, draft.text, draft.content_type, draft.summary, kind=draft.kind)
    title = _title(draft.kind, draft.title)
    if post_texts.is_blank(text.html) and not draft.media_ids:
        raise Invalid("text", "can't be blank", "ERR_BLANK")
    parent = await _parent(tx, author, draft.in_reply_to_id)
    identifier = tx.new_id()
    article = draft.kind == "Article"
    slug = await articles.free_slug(tx, author.id, title) if article else None
    links = site.links
    page = links.article_page(author.username, slug) if slug else links.post_page(author.username, identifier)
    make_uri = links.article if article else links.note
    row = PostRow(
        id=identifier,
        uri=make_uri(author.username, identifier),
        url=page,
        account_id=author.id,
        local=True,
        kind=draft.kind,
        state=draft.state,
        visibility=draft.visibility,
        title=title,
        slug=slug,
        summary=text.summary,
        sensitive=draft.sensitive or bool(text.summary and not article),
        language=normal_language(draft.language),
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
    )
    return _inside(site, row) if parent is not None and parent.visibility == "local" else row, text


def _inside(site: Site, row: PostRow) -> PostRow:
    """A reply to a members-only post: for members too, or for the people named in it.

    Those may be of other nodes, so a direct one carries no address of what it answers.
    """
    if row.visibility != "direct":
        return structs.replace(row, visibility="local")
    return structs.replace(row, in_reply_to_uri=None, context_uri=site.links.context(row.id))


def _title(kind: str, title: str) -> str:
    title = clean_name(title, MAX_TITLE)
    if kind == "Article" and not title:
        raise Invalid("title", "can't be blank", "ERR_BLANK")
    return title if kind == "Article" else ""


async def _parent(tx: Tx, author: AccountRow, parent_id: int | None) -> PostRow | None:
    if parent_id is None:
        return None
    views = await post_views.load(tx, [parent_id], author.id)
    if not views:
        raise NotFound("The post that you answer was not found")
    view = views[0]
    return view.boost_of.post if view.boost_of else view.post


async def _announce(tx: Tx, row: PostRow, mentioned: list[AccountRow]) -> None:
    """Show a post that is public from now on: counters, homes, notifications, peers, streams."""
    await queries.accounts.count_post(tx, row.account_id, 1, tx.now)
    if row.in_reply_to_id is not None:
        await queries.posts.count(tx, row.in_reply_to_id, "replies_count", 1)
        tx.emit(events.POST_CHANGED, post_id=row.in_reply_to_id)
    await queries.home_entries.add(tx, row.account_id, row.id, row.account_id)
    await queries.home_entries.spread(tx, row)
    for account in mentioned:
        await notifications.notify(tx, "mention", account.id, row.account_id, row.id)
    await notifications.notify_watchers(tx, row)
    if row.visibility != "local":
        await tasks.owe(tx, tasks.CreatePost(row.id))
    tx.emit(events.POST_PUBLISHED, post_id=row.id)


async def own(tx: Tx, author: AccountRow, post_id: int) -> PostRow:
    """A post of `author`, boosts left out. Raises NotFound, also for anybody else's."""
    row = await queries.posts.by_id(tx, post_id)
    if row is None or row.account_id != author.id or row.boost_of_id is not None:
        raise NotFound
    return row


async def edit(tx: Tx, site: Site, author: AccountRow, post_id: int, change: Change) -> int:
    """Change a post of one's own; its id, which is a new one where a draft was published.

    The former version of a published post is kept. Raises NotFound, Invalid, Forbidden.
    """
    row = await own(tx, author, post_id)
    if change.visibility is not UNSET and row.state != "draft":
        raise Forbidden("The visibility of a published post cannot be changed")
    if row.state == "draft" and change.publish:
        return await _publish_draft(tx, site, author, row, change)
    media_ids = await _change_media(tx, site, author, row, change)
    text = await post_texts.render(
        tx,
        site,
        _or(change.text, row.source),
        _or(change.content_type, row.source_type),
        _or(change.summary, row.summary),
        kind=row.kind,
    )
    if post_texts.is_blank(text.html) and not media_ids:
        raise Invalid("text", "can't be blank", "ERR_BLANK")
    if row.state == "published":
        await _keep_version(tx, row)
    changed = _changed(tx, row, change, text)
    values = {name: getattr(changed, name) for name in queries.posts.CHANGEABLE}
    await queries.posts.change(tx, row.id, values)
    named = set(await queries.mentions.of_post(tx, row.id))
    await queries.mentions.put(tx, row.id, [each.id for each in text.mentioned])
    await queries.tags.put(tx, row.id, await queries.tags.ensure(tx, text.tags))
    if row.state == "published":
        await _tell_of_edit(tx, changed, [each for each in text.mentioned if each.id not in named])
    return row.id


async def _publish_draft(tx: Tx, site: Site, author: AccountRow, row: PostRow, change: Change) -> int:
    """A draft becomes a post of this moment: with an id that sorts by it and the address of its title."""
    files = [each.id for each in await queries.media.of_posts(tx, [row.id])]
    kept = tuple(each for each in files if each != row.cover_id)
    draft = Draft(
        text=_or(change.text, row.source),
        content_type=_or(change.content_type, row.source_type),
        kind=row.kind,
        title=_or(change.title, row.title),
        summary=_or(change.summary, row.summary),
        sensitive=row.sensitive if isinstance(change.sensitive, UnsetType) else change.sensitive,
        visibility=_or(change.visibility, row.visibility),
        language=row.language if isinstance(change.language, UnsetType) else change.language,
        in_reply_to_id=row.in_reply_to_id,
        media_ids=kept if isinstance(change.media_ids, UnsetType) else change.media_ids,
        cover_id=row.cover_id if isinstance(change.cover_id, UnsetType) else change.cover_id,
        app_id=row.app_id,
    )
    await queries.media.detach(tx, row.id)
    await queries.posts.remove(tx, row.id)
    return await publish(tx, site, author, draft)


def _or(value: str | UnsetType, former: str) -> str:
    return former if isinstance(value, UnsetType) else value


def _changed(tx: Tx, row: PostRow, change: Change, text: Text) -> PostRow:
    article = row.kind == "Article"
    title = row.title if isinstance(change.title, UnsetType) else _title(row.kind, change.title)
    sensitive = row.sensitive if isinstance(change.sensitive, UnsetType) else change.sensitive
    language = row.language if isinstance(change.language, UnsetType) else normal_language(change.language)
    cover = row.cover_id if isinstance(change.cover_id, UnsetType) else change.cover_id
    visibility = row.visibility if isinstance(change.visibility, UnsetType) else change.visibility
    if visibility not in WRITABLE:
        raise Invalid("visibility", f"must be one of {', '.join(WRITABLE)}")
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
    )


async def _change_media(tx: Tx, site: Site, author: AccountRow, row: PostRow, change: Change) -> list[int]:
    """Attach what the change names; the files that are attached afterwards."""
    attached = [each.id for each in await queries.media.of_posts(tx, [row.id])]
    former = [each for each in attached if each != row.cover_id]
    if isinstance(change.media_ids, UnsetType) and isinstance(change.cover_id, UnsetType):
        return former
    wanted = former if isinstance(change.media_ids, UnsetType) else list(change.media_ids)
    cover = row.cover_id if isinstance(change.cover_id, UnsetType) else change.cover_id
    every = [*wanted, *([cover] if cover else [])]
    await media.check(tx, site, author, every, row.id)
    await queries.media.detach(tx, row.id)
    await queries.media.attach(tx, author.id, row.id, every)
    return wanted


async def _keep_version(tx: Tx, row: PostRow) -> None:
    files = await queries.media.of_posts(tx, [row.id])
    await queries.posts.add_edit(
        tx,
        EditRow(
            id=tx.new_id(),
            post_id=row.id,
            title=row.title,
            summary=row.summary,
            sensitive=row.sensitive,
            source=row.source,
            html=row.html,
            media=post_texts.encode([structs.asdict(each) for each in files]).decode(),
            emojis=row.emojis,
            at=row.edited_at or row.published_at,
        ),
    )


async def _tell_of_edit(tx: Tx, row: PostRow, newly_named: list[AccountRow]) -> None:
    for account in newly_named:
        await notifications.notify(tx, "mention", account.id, row.account_id, row.id)
    for _, booster_id in await queries.posts.boosts_of(tx, row.id):
        await notifications.notify(tx, "update", booster_id, row.account_id, row.id)
    if row.visibility != "local":
        await tasks.owe(tx, tasks.UpdatePost(row.id))
    tx.emit(events.POST_EDITED, post_id=row.id)


async def delete(tx: Tx, author: AccountRow, post_id: int) -> post_views.PostView:
    """Delete a post of one's own; what it was. Its files stay for a while, to be posted anew.

    Raises NotFound.
    """
    row = await own(tx, author, post_id)
    views = await post_views.load(tx, [post_id], author.id)
    if not views:
        raise NotFound
    mentioned = await queries.mentions.of_post(tx, row.id)
    boosters = [booster for _, booster in await queries.posts.boosts_of(tx, row.id)]
    answered = [row.in_reply_to_account_id] if row.in_reply_to_account_id else []
    await queries.media.detach(tx, row.id)
    await remove_row(tx, row)
    if row.state == "published" and row.visibility != "local":
        told = tuple(dict.fromkeys((*mentioned, *answered, *boosters)))
        audience = tasks.Audience(row.visibility, told)
        await tasks.owe(tx, tasks.DeletePost(author.id, row.uri, audience))
    return views[0]


async def remove_row(tx: Tx, row: PostRow) -> None:
    """Remove a post and its traces: boosts, notifications, counters; a tombstone stays."""
    holders = await queries.home_entries.holders(tx, row.id)
    author = await queries.accounts.by_id(tx, row.account_id)
    await notifications.forget_post(tx, row.id)
    await _remove_boosts(tx, row)
    await queries.posts.remove(tx, row.id)
    await queries.posts.remove_original(tx, row.uri)
    if row.state == "published":
        uri = author.uri if author else ""
        await queries.posts.bury(tx, TombstoneRow(row.uri, row.kind, uri, tx.now))
        await queries.accounts.count_post(tx, row.account_id, -1, tx.now)
        if row.in_reply_to_id is not None:
            await queries.posts.count(tx, row.in_reply_to_id, "replies_count", -1)
            tx.emit(events.POST_CHANGED, post_id=row.in_reply_to_id)
    events.post_deleted(tx, row.id, row.account_id, holders)


async def _remove_boosts(tx: Tx, row: PostRow) -> None:
    """Boosts stand in homes under ids of their own: whoever had one is told of it."""
    boosters = dict(await queries.posts.boosts_of(tx, row.id))
    for boost_id, holders in (await queries.home_entries.holders_of(tx, list(boosters))).items():
        events.post_deleted(tx, boost_id, boosters[boost_id], holders)
    await queries.posts.remove_boosts(tx, row.id)


async def mute_thread(tx: Tx, actor: AccountRow, post_id: int, *, muted: bool) -> None:
    """Stop, or allow again, notifications about a conversation. Raises NotFound."""
    row = await get(tx, post_id, actor.id)
    change = queries.likes.mute_thread if muted else queries.likes.unmute_thread
    await change(tx, actor.id, row.thread_id)
