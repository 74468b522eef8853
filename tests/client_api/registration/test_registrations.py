"""Joining in an app, and the mail that confirms an address."""

from __future__ import annotations

from typing import Any

import pytest

from fedserver.config import MailConfig
from fedserver.domain.auth import invitations, members
from fedserver.domain.registration import email_blocks
from storage.queries.auth import member_activity as member_activity_queries
from storage.queries.auth import members as member_queries
from tests.kit.api import Api, ApiAnswer
from tests.kit.mails import take_mails
from tests.kit.nodes import Start, TestNode

MAIL = MailConfig(host="mail.test", sender="node@alpha.test")
PASSWORD = "correct horse battery"
UNCONFIRMED = "Your login is missing a confirmed e-mail address"


async def create_app(node: TestNode, scopes: str = "read write follow", requested_scopes: str = "") -> Api:
    """An app with a token of its own."""
    anyone = Api(node)
    app = await anyone.post(
        "/api/v1/apps", client_name="App", redirect_uris="urn:ietf:wg:oauth:2.0:oob", scopes=scopes
    )
    token = await anyone.post(
        "/oauth/token",
        grant_type="client_credentials",
        client_id=app["client_id"],
        client_secret=app["client_secret"],
        scope=requested_scopes or scopes,
    )
    return Api(node, token["access_token"])


def make_params(name: str = "ann", **changes: Any) -> dict[str, Any]:
    return {
        "username": name,
        "email": f"{name}@mail.test",
        "password": PASSWORD,
        "agreement": True,
        "locale": "en",
        "date_of_birth": "2001-02-03",
        **changes,
    }


async def register(app: Api, name: str = "ann", **changes: Any) -> ApiAnswer:
    return await app.request("POST", "/api/v1/accounts", json=make_params(name, **changes))


async def list_queued_mails(node: TestNode) -> dict[str, str]:
    """What is owed by mail, by address."""
    return {mail.to: mail.text for mail in await take_mails(node.db, node.site)}


async def confirm(node: TestNode, text: str) -> int:
    path = next(word for word in text.split() if word.startswith("https://")).removeprefix(node.base)
    async with node.http.post(path, allow_redirects=False) as answer:
        return answer.status


async def test_an_open_node_takes_a_member_at_once(start: Start) -> None:
    node = await start("alpha.test")
    made = await register(await create_app(node))
    assert made.status == 200, made.body
    assert (made.body["token_type"], made.body["scope"]) == ("Bearer", "read write follow")
    assert abs(made.body["created_at"] * 1000 - node.clock.now) < 60_000
    ann = Api(node, made.body["access_token"])
    assert (await ann.get("/api/v1/accounts/verify_credentials"))["username"] == "ann"


@pytest.mark.parametrize("kind", ["form", "json"])
async def test_forms_are_taken_as_well(start: Start, kind: str) -> None:
    node = await start("alpha.test")
    app = await create_app(node)
    body = make_params(agreement="1") if kind == "form" else make_params(agreement="true")
    assert (
        await app.request("POST", "/api/v1/accounts", **{"data" if kind == "form" else "json": body})
    ).status == 200


async def test_until_the_address_is_confirmed_the_token_opens_nothing(start: Start) -> None:
    node = await start("alpha.test", mail=MAIL)
    made = await register(await create_app(node))
    assert made.status == 200
    ann = Api(node, made.body["access_token"])
    for path in ("/api/v1/accounts/verify_credentials", "/api/v1/timelines/public", "/oauth/userinfo"):
        refused = await ann.request("GET", path)
        assert (refused.status, refused.body["error"]) == (403, UNCONFIRMED)
    assert (await ann.request("GET", "/api/v1/apps/verify_credentials")).body["name"] == "App"
    async with node.http.get("/api/v1/streaming/user", headers=ann.headers) as answer:
        assert answer.status in (401, 403)
    first = (await list_queued_mails(node))["ann@mail.test"]
    assert (await ann.request("POST", "/api/v1/emails/confirmations")).body == {}
    second = (await list_queued_mails(node))["ann@mail.test"]
    assert await confirm(node, first) == 404, "an earlier link stops working"
    assert await confirm(node, second) == 303
    assert (await ann.get("/api/v1/accounts/verify_credentials"))["username"] == "ann"
    late = await ann.request("POST", "/api/v1/emails/confirmations")
    assert late.status == 403 and "already confirmed" in late.body["error"]


async def test_a_mistyped_address_can_be_mended(start: Start) -> None:
    node = await start("alpha.test", mail=MAIL)
    app = await create_app(node)
    await register(app, "bob")
    made = await register(app, "ann", email="an@mail.test")
    ann = Api(node, made.body["access_token"])
    old = (await list_queued_mails(node))["an@mail.test"]
    for wrong in ("ann", "bob@mail.test"):
        refused = await ann.request("POST", "/api/v1/emails/confirmations", data={"email": wrong})
        assert refused.status == 422 and "email" in refused.body["details"]
    assert (
        await ann.request("POST", "/api/v1/emails/confirmations", data={"email": "ann@mail.test"})
    ).status == 200
    assert await confirm(node, old) == 404, "the wrong address confirms nothing"
    assert await confirm(node, (await list_queued_mails(node))["ann@mail.test"]) == 303
    assert (await ann.request("GET", "/api/v1/accounts/verify_credentials")).status == 200


async def test_only_the_app_that_registered_asks_for_the_mail(start: Start) -> None:
    node = await start("alpha.test", mail=MAIL)
    ann = await node.create_member("ann")
    app = await create_app(node)
    assert (await Api(node).request("POST", "/api/v1/emails/confirmations")).status == 401
    assert (await app.request("POST", "/api/v1/emails/confirmations")).status == 401
    async with node.db.write() as tx:
        member = await members.get_by_username(tx, "ann")
        await member_queries.set_value(tx, member.id, "email_confirmed_at", None)
    refused = await Api(node, await node.create_token(ann)).request("POST", "/api/v1/emails/confirmations")
    assert refused.status == 403, "a token of the command line is no app's"


async def test_who_asks_to_join_waits_for_approval(start: Start) -> None:
    node = await start("alpha.test", registration="approval")
    app = await create_app(node)
    refused = await register(app)
    assert refused.body["details"] == {"reason": [{"error": "ERR_BLANK", "description": "can't be blank"}]}
    made = await register(app, reason="I live next door")
    assert made.status == 200
    ann = Api(node, made.body["access_token"])
    waiting = await ann.request("GET", "/api/v1/accounts/verify_credentials")
    assert waiting.status == 403 and "approval" in waiting.body["error"]
    async with node.db.write() as tx:
        await members.approve(tx, await members.get_by_username(tx, "ann"))
    assert (await ann.request("GET", "/api/v1/accounts/verify_credentials")).status == 200


@pytest.mark.parametrize(("mode", "told"), [("closed", "new members"), ("invite", "invitation")])
async def test_a_closed_node_says_so(start: Start, mode: str, told: str) -> None:
    node = await start("alpha.test", registration=mode)
    refused = await register(await create_app(node))
    assert refused.status == 403 and told in refused.body["error"]
    async with node.db.read() as tx:
        assert (await members.count_by_activity(tx))[0] == 0


async def test_an_invitation_opens(start: Start) -> None:
    node = await start("alpha.test", registration="invite")
    await node.create_member("bob")
    async with node.db.write() as tx:
        made = await invitations.create(tx, await members.get_by_username(tx, "bob"))
    app = await create_app(node)
    assert (await register(app, invite_code="wrong")).status == 422
    assert (await register(app, invite_code=made.code)).status == 200


async def test_everything_that_is_wrong_is_named(start: Start) -> None:
    node = await start("alpha.test")
    app = await create_app(node)
    refused = await app.request("POST", "/api/v1/accounts", json={"username": "a b", "email": "x"})
    assert refused.status == 422
    details = refused.body["details"]
    assert {name: each[0]["error"] for name, each in details.items()} == {
        "username": "ERR_INVALID",
        "email": "ERR_INVALID",
        "password": "ERR_BLANK",
        "agreement": "ERR_ACCEPTED",
    }
    assert refused.body["error"].startswith("Validation failed: Username must")
    assert "Agreement must be accepted" in refused.body["error"]
    await register(app, "ann")
    for changes, field, code in (
        ({"username": "ANN", "email": "b@mail.test"}, "username", "ERR_TAKEN"),
        ({"email": "Ann@mail.test", "username": "bea"}, "email", "ERR_INVALID"),
        ({"username": "admin", "email": "c@mail.test"}, "username", "ERR_RESERVED"),
        ({"password": "short", "username": "cat", "email": "c@mail.test"}, "password", "ERR_TOO_SHORT"),
        ({"agreement": False, "username": "cat", "email": "c@mail.test"}, "agreement", "ERR_ACCEPTED"),
    ):
        refused = await register(app, **{"name": "zoe", **changes})
        assert refused.status == 422 and refused.body["details"][field][0]["error"] == code, refused.body
    async with node.db.read() as tx:
        assert (await members.count_by_activity(tx))[0] == 1, "what was refused leaves nothing behind"


async def test_only_an_app_with_the_scope_registers(start: Start) -> None:
    node = await start("alpha.test")
    ann = await node.create_member("bob")
    assert (await register(Api(node))).status == 401
    assert (await register(await create_app(node, "read"))).status == 403
    assert (await register(await create_app(node, "read write", "read"))).status == 403
    assert (await register(Api(node, await node.create_token(ann)))).status == 403
    assert (await register(await create_app(node, "write:accounts"))).status == 200


async def test_sign_ups_of_an_address_are_limited(start: Start) -> None:
    node = await start("alpha.test", requests=300)
    app = await create_app(node)
    answers = [await register(app, f"name{number}") for number in range(6)]
    assert [each.status for each in answers] == [200] * 5 + [429]
    assert answers[-1].body["error"] and "Retry-After" in answers[-1].headers
    assert answers[0].headers["X-RateLimit-Limit"] == "5"


async def test_an_app_says_where_its_newcomer_comes_from(start: Start) -> None:
    node = await start("alpha.test")
    moderator = await node.create_member("mod", "moderator")
    async with node.db.write() as tx:
        acting = await members.get_by_username(tx, moderator.username)
        blocked = await email_blocks.block_domain(tx, acting, "bad.example")
    app = await create_app(node)
    app.headers["X-Forwarded-For"] = "203.0.113.7"
    for name in ("eve", "fay"):
        refused = await register(app, name, email=f"{name}@bad.example")
        assert refused.body["details"]["email"][0]["error"] == "ERR_BLOCKED"
    assert (await register(app)).status == 200
    async with node.db.read() as tx:
        today = (await email_blocks.get_domain(tx, blocked.row.id)).history[0]
        assert (today.attempts, today.addresses) == (2, 1)
        ann = await members.get_by_username(tx, "ann")
        assert (await member_activity_queries.load_addresses(tx, [ann.id]))[ann.id][0][0] == "203.0.113.7"
