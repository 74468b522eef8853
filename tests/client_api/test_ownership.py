"""Nobody reads or changes what is not theirs: what is Ann's is requested with the tokens of others.

The rows are those of `request_rows`; an endpoint with an id in its path is here, or in `OPEN` with a reason.
"""

from __future__ import annotations

from typing import Any

import pytest

from fedserver.node import list_endpoints
from tests.client_api.request_rows import ADMIN, REDIRECT_URI, ROWS, list_endpoints_with_ids
from tests.client_api.test_invalid_input import RequestWatch, start_watch
from tests.kit.api import Api
from tests.kit.nodes import Start
from tests.kit.push import Device

# What belongs to nobody in particular, so that every member may ask for it.
OPEN = {
    "account": "a relationship belongs to who has it",
    "followed": "an account that is endorsed belongs to itself",
    "tag": "hashtags belong to nobody",
    "announcement": "announcements are for everybody",
    "reaction": "announcements are for everybody",
    "refresh": "a thread that is completed is public",
    "year": "a report is that of the caller",
    "date": "terms are public",
}
PUBLIC = {"GET /api/v1/collections/{id}", "GET /api/v1/polls/{id}", "POST /api/v1/polls/{id}/votes"}
POSTS = ("status", "status_emoji")
HIDDEN: tuple[dict[str, Any], ...] = ({"visibility": "private"}, {"visibility": "direct"}, {"draft": True})
REFUSED = {401, 403, 404}
AUTHORS = (
    "PUT /api/v1/statuses/{id}",
    "DELETE /api/v1/statuses/{id}",
    "POST /api/v1/statuses/{id}/pin",
    "PUT /api/v1/statuses/{id}/interaction_policy",
    "GET /api/v1/statuses/{id}/source",
)
ENDPOINTS = {f"{endpoint.method} {endpoint.path}": endpoint for endpoint in list_endpoints()}
sqlite = pytest.mark.parametrize("start", ["sqlite"], indirect=True)


def _list_owned_requests() -> list[str]:
    """Return the requests about an object that has an owner, or that only moderators may see."""
    endpoints = [
        item
        for item in sorted(list_endpoints_with_ids())
        if item not in PUBLIC and ROWS[item][0] not in POSTS
    ]
    return [item for item in endpoints if f" {ADMIN}" in item or ROWS[item][0] not in OPEN]


async def _check_refused(
    watch: RequestWatch, api: Api, who: str, request: str, parts: dict[str, str]
) -> None:
    """Check that a request is refused and writes nothing."""
    body = watch.world.fill_in(ROWS[request][1])
    options = {} if request.startswith("GET") else {"json": body}
    answer = await watch.send(api, request, who, parts, **options)
    if answer.status not in REFUSED:
        watch.faults.append(f"{request} {who}: {answer.status} {str(answer.body)[:100]}")


async def _check_granted(watch: RequestWatch, request: str, parts: dict[str, str]) -> None:
    """Check that the owner succeeds, so that the refusals mean something."""
    body = watch.world.fill_in(ROWS[request][1])
    options = {} if request.startswith("GET") else {"json": body}
    answer = await watch.send(watch.world.find_sender(request), request, "owner", parts, **options)
    if answer.status >= 300:
        watch.faults.append(f"{request} owner: {answer.status} {str(answer.body)[:100]}")


@sqlite
async def test_objects_of_others_are_refused(start: Start) -> None:
    watch = await start_watch(start)
    world = watch.world
    _, eve = await world.create_person("eve")
    for request in _list_owned_requests():
        parts = await world.create(ROWS[request][0])
        for who, api in (("eve", eve), ("app", world.app), ("nobody", world.nobody)):
            await _check_refused(watch, api, who, request, parts)
        await _check_granted(watch, request, parts)
    watch.close()


@sqlite
async def test_tokens_without_the_scope_are_refused(start: Start) -> None:
    watch = await start_watch(start)
    world = watch.world
    owner = Api(world.node, await world.node.create_token(world.olga_row, "read write follow push profile"))
    pusher = Api(world.node, await world.node.create_token(world.ann_row, "push"))
    writer = Api(world.node, await world.node.create_token(world.ann_row, "read:lists write:lists"))
    for request in sorted(ROWS):
        endpoint = ENDPOINTS[request]
        if not endpoint.scope:
            continue
        narrow = writer if endpoint.scope == "push" else pusher
        narrow = owner if f" {ADMIN}" in request else narrow
        parts = dict.fromkeys(("id", "item_id", "quoting_id", "name", "tag", "year", "group_key"), "7")
        answer = await watch.send(narrow, request, "narrow token", parts)
        if answer.status != 403:
            watch.faults.append(f"{request} narrow token: {answer.status}")
        if endpoint.auth not in ("anyone", "app"):
            answer = await watch.send(world.app, request, "app's token", parts)
            if answer.status not in (401, 403):
                watch.faults.append(f"{request} app's token: {answer.status}")
    watch.close()


@sqlite
async def test_hidden_posts_are_refused_to_others(start: Start) -> None:
    watch = await start_watch(start)
    world = watch.world
    _, eve = await world.create_person("eve")
    requests = [
        item
        for item in sorted(list_endpoints_with_ids())
        if ROWS[item][0] in POSTS and "translate" not in item
    ]
    poll = {"options": ["Yes", "No"], "expires_in": 600}
    for number, hidden in enumerate(HIDDEN):
        for request in requests:
            status = await world.ann.post("/api/v1/statuses", status="hidden", **hidden)
            await _check_refused(watch, eve, f"eve, {hidden}", request, {"id": status["id"], "name": "🎉"})
            await _check_refused(
                watch, world.nobody, f"nobody, {hidden}", request, {"id": status["id"], "name": "🎉"}
            )
            if number == 0:
                await _check_granted(watch, request, {"id": status["id"], "name": "🎉"})
        if "draft" in hidden:
            continue
        status = await world.ann.post("/api/v1/statuses", status="hidden", poll=poll, **hidden)
        for request in ("GET /api/v1/polls/{id}", "POST /api/v1/polls/{id}/votes"):
            await _check_refused(watch, eve, f"eve, {hidden}", request, {"id": status["poll"]["id"]})
    public = {"id": (await world.ann.post("/api/v1/statuses", status="for all to see"))["id"]}
    for request in AUTHORS:
        await _check_refused(watch, eve, "eve, public", request, public)
    watch.close()


@sqlite
async def test_bodies_that_name_objects_of_others_are_refused(start: Start) -> None:
    watch = await start_watch(start)
    world = watch.world
    _, eve = await world.create_person("eve")
    hidden = (await world.ann.post("/api/v1/statuses", status="hidden", visibility="private"))["id"]
    media, request_id = (await world.create("media"))["id"], (await world.create("request"))["id"]
    keyword, list_id = (await world.create("keyword"))["id"], (await world.create("list"))["id"]
    own = await eve.post("/api/v1/statuses", status="mine")
    filter_ = (await eve.post("/api/v2/filters", title="T", context=["home"]))["id"]
    named_list = (await eve.post("/api/v1/lists", title="T"))["id"]
    statuses, filters = "POST /api/v1/statuses", f"/api/v2/filters/{filter_}"
    for request, body in (
        (statuses, {"status": "a", "media_ids": [media]}),
        (statuses, {"status": "a", "media_ids": [media], "scheduled_at": "2030-01-01T00:00:00Z"}),
        (statuses, {"status": "a", "cover_id": media, "title": "t"}),
        (statuses, {"status": "a", "in_reply_to_id": hidden}),
        (statuses, {"status": "a", "quoted_status_id": hidden}),
        (f"PUT /api/v1/statuses/{own['id']}", {"status": "b", "media_ids": [media]}),
        (
            f"PUT /api/v1/statuses/{own['id']}",
            {"media_attributes": [{"id": media, "description": "b"}]},
        ),
        (f"PUT {filters}", {"keywords_attributes": [{"id": keyword, "keyword": "b"}]}),
        (f"PUT {filters}", {"keywords_attributes": [{"id": keyword, "_destroy": True}]}),
        (f"POST {filters}/statuses", {"status_id": hidden}),
        (f"POST /api/v1/lists/{named_list}/accounts", {"account_ids": [world.names["ann"]]}),
        ("POST /api/v1/reports", {"account_id": world.names["ann"], "status_ids": [hidden]}),
    ):
        answer = await watch.send(eve, request, str(body), {}, json=body)
        if answer.status not in (*REFUSED, 422):
            watch.faults.append(f"{request} {body}: {answer.status} {str(answer.body)[:200]}")
    for verb in ("accept", "dismiss"):
        await eve.request("POST", f"/api/v1/notifications/requests/{verb}", json={"id": [request_id]})
    assert (await world.ann.get(f"/api/v1/notifications/requests/{request_id}"))["id"] == request_id
    assert await eve.get("/api/v1/statuses", **{"id[]": hidden}) == []
    for api in (eve, world.nobody):
        answer = await api.request("GET", "/api/v1/streaming/list", params={"list": list_id})
        assert answer.status in REFUSED, answer.status
    assert (await world.nobody.request("GET", "/api/v1/streaming/user")).status == 401
    await world.ann.post("/api/v1/push/subscription", subscription=Device().make_subscription(), data={})
    assert (await eve.request("GET", "/api/v1/push/subscription")).status == 404
    other = await world.nobody.post(
        "/api/v1/apps", client_name="Other", redirect_uris=REDIRECT_URI, scopes="read"
    )
    secrets = {name: other[name] for name in ("client_id", "client_secret")}
    token = world.app.headers["Authorization"].partition(" ")[2]
    assert (
        await world.nobody.request("POST", "/oauth/revoke", json={**secrets, "token": token})
    ).status == 403
    assert (await world.app.get("/api/v1/apps/verify_credentials"))["name"] == "Test"
    watch.close()
