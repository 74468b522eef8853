"""Settings: filters, with their words and posts. `/settings/filters/new?post=1` begins with a post."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from aiohttp import web
from msgspec import UNSET, Struct, structs

from fedserver.domain.kernel.errors import DomainError, InvalidError
from fedserver.domain.timelines import filters, post_views, visibility
from fedserver.domain.timelines.filters import FilterView, KeywordChange
from fedserver.web.endpoint import USER, Call, FormParams, NoParams, Question, Routes
from fedserver.web.errors import list_problems
from storage.engine import ReadTx, Tx

routes = Routes("pages")
PATH = "/settings/filters"
EMPTY_ROWS = 3  # for further words, in each form
DURATIONS = (1_800, 3_600, 21_600, 43_200, 86_400, 604_800)  # seconds, those that Mastodon offers
KEEP, FOREVER = "keep", ""


class KeywordFormParams(Struct, frozen=True):
    keyword: str = ""
    whole_word: bool = False
    id: int | None = None


class FilterFormParams(Struct, frozen=True):
    csrf: str = ""
    next: str = ""
    title: str = ""
    context: list[str] = []
    filter_action: Literal["warn", "hide", "blur"] = "warn"
    expires_in: str = FOREVER
    keywords: list[KeywordFormParams] = []
    post: int | None = None
    removed_posts: list[int] = []
    decision: str = "save"


class NewFilterParams(Struct, frozen=True):
    post: int | None = None
    keyword: str = ""
    next: str = ""


class FilterPostParams(Struct, frozen=True):
    csrf: str = ""
    next: str = ""
    post: int = 0


@routes.get(PATH, html=True, auth=USER)
async def list_all(call: Call[NoParams]) -> web.StreamResponse:
    views = await filters.list_by_account(call.tx, call.account)
    return call.render(
        "filters.html", views=views, contexts_of=filters.decode_contexts, now=call.tx.now, problems={}
    )


async def _render_form(
    call: Call[Any],
    tx: ReadTx,
    form: FilterFormParams,
    view: FilterView | None = None,
    problem: DomainError | None = None,
) -> web.Response:
    """Render the form of a filter, or of a new one without a `view`, with rows for further words."""
    ids = [row.post_id for row in view.posts] if view else [form.post] if form.post else []
    keeps_empty = form.decision == "more"
    rows = [row for row in form.keywords if row.keyword or row.id or keeps_empty]
    rows += [KeywordFormParams(whole_word=True)] * EMPTY_ROWS
    return call.render(
        "filter.html",
        status=422 if problem else 200,
        view=view,
        form=structs.replace(form, keywords=rows),
        posts={post.post.id: post for post in await post_views.load(tx, ids, call.viewer_id)},
        others=await filters.list_by_account(tx, call.account) if form.post and not view else [],
        durations=DURATIONS,
        contexts=filters.CONTEXTS,
        problems=list_problems(problem) if problem else {},
    )


@routes.get(f"{PATH}/new", html=True, auth=USER, params=NewFilterParams)
async def show_new(call: Call[NewFilterParams]) -> web.StreamResponse:
    params = call.params
    words = [KeywordFormParams(params.keyword, whole_word=True)] if params.keyword else []
    if params.post is not None:
        await visibility.get(call.tx, params.post, call.account.id)
    form = FilterFormParams(
        next=params.next,
        context=list(filters.CONTEXTS),
        keywords=words,
        post=params.post,
    )
    return await _render_form(call, call.tx, form)


def _to_seconds(text: str) -> int | None:
    """Return for how long a filter applies, None without an end. Raises InvalidError."""
    if text == FOREVER:
        return None
    if not (text.isascii() and text.isdigit()) or int(text[:9]) not in DURATIONS:
        raise InvalidError("expires_in", "is not one of those offered")
    return int(text)


def _to_changes(keywords: Sequence[KeywordFormParams], view: FilterView | None) -> list[KeywordChange]:
    """Return the changes that the words of the form ask for: an emptied one is removed."""
    known = {row.id for row in view.keywords} if view else set()
    changes = []
    for row in keywords:
        # A word that was removed in another window is added again, as the form shows it.
        keyword_id = row.id if row.id in known else None
        if row.keyword.strip():
            changes.append(KeywordChange(row.keyword, row.whole_word, keyword_id))
        elif keyword_id is not None:
            changes.append(KeywordChange(id=keyword_id, remove=True))
    return changes


def _check_content(changes: Sequence[KeywordChange], *, has_posts: bool) -> None:
    if not has_posts and all(change.remove for change in changes):
        raise InvalidError("keywords", "can't be blank", "ERR_BLANK")


def _find_title(params: FilterFormParams) -> str:
    """Return the name of a filter: that of the form, or its first word."""
    words = (row.keyword.strip() for row in params.keywords if row.keyword.strip())
    return params.title.strip() or next(words, "")[: filters.MAX_TITLE]


async def _find_same(tx: ReadTx, call: Call[FilterFormParams], title: str) -> FilterView | None:
    """Return a filter with the same name, words and places: the form was sent twice."""
    words = {row.keyword.strip() for row in call.params.keywords if row.keyword.strip()}
    for view in await filters.list_by_account(tx, call.account):
        same_words = {row.keyword for row in view.keywords} == words
        same_places = set(filters.decode_contexts(view.filter)) == set(call.params.context)
        if view.filter.title == title and same_words and same_places:
            return view
    return None


@routes.post(PATH, html=True, auth=USER, params=FilterFormParams, tx="own")
async def create(call: Call[FilterFormParams]) -> web.StreamResponse:
    params = call.params
    if params.decision == "more":
        return await _rerender_form(call, None)
    try:
        async with call.services.db.write() as tx:
            await _create(tx, call)
    except InvalidError as error:
        return await _rerender_form(call, error)
    return call.redirect_with_notice(params.next, PATH, "filter_saved")


async def _create(tx: Tx, call: Call[FilterFormParams]) -> None:
    params, title = call.params, _find_title(call.params)
    changes = _to_changes(params.keywords, None)
    _check_content(changes, has_posts=params.post is not None)
    post = await visibility.get(tx, params.post, call.account.id) if params.post is not None else None
    if await _find_same(tx, call, title) is not None:
        return
    view = await filters.create(
        tx,
        call.account,
        title,
        params.context,
        action=params.filter_action,
        seconds=_to_seconds(params.expires_in),
        keywords=changes,
    )
    if post is not None:
        await filters.add_post(tx, call.account, view.filter.id, post)


async def _rerender_form(call: Call[FilterFormParams], problem: DomainError | None) -> web.Response:
    """Render the form with what was written: after an error, or with more rows for words."""
    async with call.services.db.read() as tx:
        view = await filters.get(tx, call.account, call.id()) if "id" in call.request.match_info else None
        return await _render_form(call, tx, call.params, view, problem)


@routes.get(f"{PATH}/{{id}}", html=True, auth=USER)
async def show(call: Call[NoParams]) -> web.StreamResponse:
    view = await filters.get(call.tx, call.account, call.id())
    form = FilterFormParams(
        title=view.filter.title,
        context=filters.decode_contexts(view.filter),
        filter_action=view.filter.action,  # type: ignore[arg-type]  # one of them, see `filters.ACTIONS`
        expires_in=KEEP if view.filter.expires_at else FOREVER,
        keywords=[KeywordFormParams(row.keyword, row.whole_word, row.id) for row in view.keywords],
    )
    return await _render_form(call, call.tx, form, view)


@routes.post(f"{PATH}/{{id}}", html=True, auth=USER, params=FilterFormParams, tx="own")
async def update(call: Call[FilterFormParams]) -> web.StreamResponse:
    if call.params.decision == "more":
        return await _rerender_form(call, None)
    try:
        async with call.services.db.write() as tx:
            await _update(tx, call)
    except InvalidError as error:
        return await _rerender_form(call, error)
    return call.redirect_with_notice(PATH, PATH, "filter_saved")


async def _update(tx: Tx, call: Call[FilterFormParams]) -> None:
    params = call.params
    view = await filters.get(tx, call.account, call.id())
    changes = _to_changes(params.keywords, view)
    removed = [row for row in view.posts if row.post_id in params.removed_posts]
    _check_content(changes, has_posts=len(removed) < len(view.posts))
    await filters.update(
        tx,
        call.account,
        view.filter.id,
        title=_find_title(params),
        contexts=params.context,
        action=params.filter_action,
        seconds=UNSET if params.expires_in == KEEP else _to_seconds(params.expires_in),
        keywords=changes,
    )
    for row in removed:
        await filters.remove_post(tx, call.account, row.id)


@routes.post(
    f"{PATH}/{{id}}/delete",
    html=True,
    auth=USER,
    params=FormParams,
    question=Question("Delete this filter? You will see again what it hides."),
)
async def delete(call: Call[FormParams]) -> web.StreamResponse:
    await filters.remove(call.tx, call.account, call.id())
    return call.redirect_with_notice(PATH, PATH, "filter_deleted")


@routes.post(f"{PATH}/{{id}}/posts", html=True, auth=USER, params=FilterPostParams)
async def add_post(call: Call[FilterPostParams]) -> web.StreamResponse:
    post = await visibility.get(call.tx, call.params.post, call.account.id)
    view = await filters.get(call.tx, call.account, call.id())
    if all(row.post_id != post.id for row in view.posts):
        await filters.add_post(call.tx, call.account, view.filter.id, post)
    return call.redirect_with_notice(call.params.next, PATH, "filter_saved")
