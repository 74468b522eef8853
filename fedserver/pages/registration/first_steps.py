"""The first steps of a new member, on a page each. Every one can be skipped, and taken later."""

from __future__ import annotations

from typing import Any

from aiohttp import web
from msgspec import UNSET, Struct

from fedserver.domain.accounts import account_views, accounts, featured_tags
from fedserver.domain.auth import members
from fedserver.domain.kernel import secrets
from fedserver.domain.kernel.errors import DomainError
from fedserver.domain.posts import posts
from fedserver.domain.registration import first_steps, people_to_follow
from fedserver.runtime import media_intake
from fedserver.text.locales import format_list, gettext
from fedserver.web.endpoint import USER, Call, FormParams, LongText, NoParams, Routes
from fedserver.web.errors import group_problems
from fedserver.web.uploads import Upload
from storage.engine import ReadTx

routes = Routes("pages")
PATHS = {name: f"/welcome/{name}" for name in first_steps.STEPS}
END = "/apps?welcome=1"  # the last page of the way: how to go on with an app
MIN_INTEREST_FIELDS = 3


async def _render(
    call: Call[Any], tx: ReadTx, step: str, problem: str = "", problems: Any = None, **values: Any
) -> web.Response:
    """Render the page of a step; `problems` are texts by field."""
    place = first_steps.STEPS.index(step)
    following = first_steps.STEPS[place + 1 : place + 2]
    return call.render(
        f"welcome_{step}.html",
        status=422 if problem or problems else 200,
        problem=problem,
        problems=problems or {},
        step=step,
        steps=await first_steps.load(tx, call.account),
        next_path=PATHS[following[0]] if following else END,
        **values,
    )


@routes.get("/welcome", html=True, auth=USER)
async def show(call: Call[NoParams]) -> web.StreamResponse:
    """Lead to the first step that is not done."""
    steps = await first_steps.load(call.tx, call.account)
    return call.see_other(PATHS.get(steps.next, END))


@routes.post("/welcome/dismiss", html=True, auth=USER, params=FormParams)
async def dismiss(call: Call[FormParams]) -> web.StreamResponse:
    """Remove the reminder from home."""
    await first_steps.dismiss(call.tx, call.member)
    return call.see_other("/home")


class ProfileStepParams(Struct, frozen=True):
    csrf: str = ""
    display_name: str = ""
    avatar: Upload | None = None


@routes.get(PATHS["profile"], html=True, auth=USER)
async def show_profile(call: Call[NoParams]) -> web.StreamResponse:
    return await _render(call, call.tx, "profile", display_name=call.account.display_name)


@routes.post(
    PATHS["profile"], html=True, auth=USER, params=ProfileStepParams, tx="own", max_upload="upload_bytes"
)
async def save_profile(call: Call[ProfileStepParams]) -> web.StreamResponse:
    params, services = call.params, call.services
    try:
        async with media_intake.discard_keys_on_error(services) as keys:
            has_file = params.avatar is not None and params.avatar.size
            change = accounts.ProfileChange(
                display_name=params.display_name,
                avatar_key=(
                    await media_intake.store_avatar(services, params.avatar, "avatar", keys)
                    if params.avatar is not None and has_file
                    else UNSET
                ),
            )
            async with services.db.write() as tx:
                row = await accounts.get(tx, call.account.id)
                await accounts.update_profile(tx, call.site, row, change)
    except DomainError as error:
        problem, problems = group_problems(error, {"display_name", "avatar"})
        async with services.db.read() as tx:
            return await _render(call, tx, "profile", problem, problems, display_name=params.display_name)
    return call.see_other(PATHS["interests"])


class InterestsStepParams(Struct, frozen=True):
    """Chosen ones are those that others have; `interests` are written."""

    csrf: str = ""
    chosen: list[str] = []
    interests: list[str] = []


async def _render_interests(
    call: Call[Any], tx: ReadTx, problem: str = "", params: InterestsStepParams | None = None
) -> web.Response:
    featured = [row.name for row in await featured_tags.list_by_account(tx, call.account)]
    popular = await first_steps.list_popular_interests(tx, call.account)
    written = [text for text in params.interests if text.strip()] if params is not None else []
    return await _render(
        call,
        tx,
        "interests",
        problems={"interests": problem} if problem else {},
        featured=featured,
        popular=[name for name in popular if name.lower() not in {known.lower() for known in featured}],
        chosen=params.chosen if params is not None else [],
        written=written + [""] * (MIN_INTEREST_FIELDS - len(written)),
    )


@routes.get(PATHS["interests"], html=True, auth=USER)
async def show_interests(call: Call[NoParams]) -> web.StreamResponse:
    return await _render_interests(call, call.tx)


@routes.post(PATHS["interests"], html=True, auth=USER, params=InterestsStepParams, tx="own")
async def save_interests(call: Call[InterestsStepParams]) -> web.StreamResponse:
    params = call.params
    try:
        async with call.services.db.write() as tx:
            await first_steps.add_interests(tx, call.account, [*params.chosen, *params.interests])
    except DomainError as error:
        async with call.services.db.read() as tx:
            return await _render_interests(call, tx, error.message, params)
    return call.see_other(PATHS["people"])


class PeopleStepParams(Struct, frozen=True):
    """`shown` are all accounts on the page, for the button that follows all of them."""

    csrf: str = ""
    people: list[int] = []
    shown: list[int] = []
    which: str = "chosen"


@routes.get(PATHS["people"], html=True, auth=USER)
async def show_people(call: Call[NoParams]) -> web.StreamResponse:
    people = await people_to_follow.load(call.tx, call.account)
    views = await account_views.load(call.tx, [*people.authors, *people.members, *people.partners])
    groups = [
        (title, [views[account_id] for account_id in ids if account_id in views])
        for title, ids in (
            (gettext("They wrote what helped most"), people.authors),
            (gettext("Members"), people.members),
            (gettext("At partners"), people.partners),
        )
    ]
    return await _render(call, call.tx, "people", groups=[group for group in groups if group[1]])


@routes.post(PATHS["people"], html=True, auth=USER, params=PeopleStepParams)
async def follow_people(call: Call[PeopleStepParams]) -> web.StreamResponse:
    params = call.params
    ids = params.shown if params.which == "all" else params.people
    await people_to_follow.follow(call.tx, call.site, call.account, ids)
    return call.see_other(PATHS["hello"])


class HelloStepParams(Struct, frozen=True):
    csrf: str = ""
    text: LongText = ""
    visibility: str = "public"
    idempotency_key: str = ""


async def _write_template(call: Call[Any], tx: ReadTx) -> str:
    """Return the beginning of a first post, to be finished."""
    featured = [row.name for row in await featured_tags.list_by_account(tx, call.account)]
    name = call.account.display_name or call.account.username
    interests = format_list([f"#{tag}" for tag in featured[:3]])
    lines = [gettext("Hello, I am %(name)s.", name=name), *_list_beginnings(interests)]
    return "\n".join(lines) + "\n\n#introduction"


def _list_beginnings(interests: str = "") -> list[str]:
    """Return the lines of the template that their author finishes."""
    return [
        gettext("I can help with: %(interests)s", interests=interests),
        gettext("I would like to learn:"),
        gettext("Ask me about:"),
    ]


def _drop_unfinished_lines(text: str) -> str:
    """Return a first post without the lines that nobody finished: they would look like a mistake."""
    unfinished = {line.strip() for line in _list_beginnings()}
    return "\n".join(line for line in text.splitlines() if line.strip() not in unfinished)


@routes.get(PATHS["hello"], html=True, auth=USER)
async def show_hello(call: Call[NoParams]) -> web.StreamResponse:
    params = HelloStepParams(
        text=await _write_template(call, call.tx),
        visibility=members.decode_settings(call.member).visibility,
        idempotency_key=secrets.new_secret(),
    )
    return await _render(call, call.tx, "hello", params=params)


@routes.post(PATHS["hello"], html=True, auth=USER, params=HelloStepParams, tx="own")
async def publish_hello(call: Call[HelloStepParams]) -> web.StreamResponse:
    params = call.params
    try:
        await call.services.resolver.resolve_mentions(params.text)
        draft = posts.Draft(
            text=_drop_unfinished_lines(params.text),
            visibility=params.visibility,
            language=members.decode_settings(call.member).language,
            idempotency_hours=posts.MAX_IDEMPOTENCY_HOURS,
            idempotency_key=params.idempotency_key[: posts.MAX_IDEMPOTENCY_KEY] or None,
        )
        async with call.services.db.write() as tx:
            await posts.publish(tx, call.site, call.account, draft)
    except DomainError as error:
        problem, problems = group_problems(error, {"text", "visibility"})
        async with call.services.db.read() as tx:
            return await _render(call, tx, "hello", problem, problems, params=params)
    return call.see_other(END)
