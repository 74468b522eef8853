"""Signing up in an app, and the mail that confirms an address."""

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
    """Return the API of a new app with a token of its own."""
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
    """Return the texts of queued mails by their address."""
    return {mail.to: mail.text for mail in await take_mails(node.db, node.site)}


async def confirm(node: TestNode, text: str) -> int:
    path = next(word for word in text.split() if word.startswith("https://")).removeprefix(node.base)
    async with node.http.post(path, allow_redirects=False) as answer:
        return answer.status


async def test_registration_on_an_open_node_returns_a_working_token(start: Start) -> None:
    node = await start("alpha.test")
    token = await register(await create_app(node))
    assert token.status == 200, token.body
    assert (token.body["token_type"], token.body["scope"]) == ("Bearer", "read write follow")
    assert abs(token.body["created_at"] * 1000 - node.clock.now) < 60_000
    ann = Api(node, token.body["access_token"])
    assert (await ann.get("/api/v1/accounts/verify_credentials"))["username"] == "ann"


@pytest.mark.parametrize("kind", ["form", "json"])
async def test_registration_accepts_forms_and_json(start: Start, kind: str) -> None:
    node = await start("alpha.test")
    app = await create_app(node)
    body = make_params(agreement="1") if kind == "form" else make_params(agreement="true")
    assert (
        await app.request("POST", "/api/v1/accounts", **{"data" if kind == "form" else "json": body})
    ).status == 200


async def test_token_before_the_address_is_confirmed_is_refused(start: Start) -> None:
    node = await start("alpha.test", mail=MAIL)
    token = await register(await create_app(node))
    assert token.status == 200
    ann = Api(node, token.body["access_token"])
    for path in ("/api/v1/accounts/verify_credentials", "/api/v1/timelines/public", "/oauth/userinfo"):
        refused = await ann.request("GET", path)
        assert (refused.status, refused.body["error"]) == (403, UNCONFIRMED)
    assert (await ann.request("GET", "/api/v1/apps/verify_credentials")).body["name"] == "App"
    async with node.http.get("/api/v1/streaming/user", headers=ann.headers) as answer:
        assert answer.status == 403
    first = (await list_queued_mails(node))["ann@mail.test"]
    assert (await ann.request("POST", "/api/v1/emails/confirmations")).body == {}
    second = (await list_queued_mails(node))["ann@mail.test"]
    assert await confirm(node, first) == 404, "an earlier link stops working"
    assert await confirm(node, second) == 303
    assert (await ann.get("/api/v1/accounts/verify_credentials"))["username"] == "ann"
    late = await ann.request("POST", "/api/v1/emails/confirmations")
    assert late.status == 403
    assert "already confirmed" in late.body["error"]


async def test_confirmation_mail_can_be_sent_to_a_corrected_address(start: Start) -> None:
    node = await start("alpha.test", mail=MAIL)
    app = await create_app(node)
    await register(app, "bob")
    token = await register(app, "ann", email="an@mail.test")
    ann = Api(node, token.body["access_token"])
    old = (await list_queued_mails(node))["an@mail.test"]
    for wrong in ("ann", "bob@mail.test"):
        refused = await ann.request("POST", "/api/v1/emails/confirmations", data={"email": wrong})
        assert refused.status == 422
        assert "email" in refused.body["details"]
    assert (
        await ann.request("POST", "/api/v1/emails/confirmations", data={"email": "ann@mail.test"})
    ).status == 200
    assert await confirm(node, old) == 404, "the wrong address confirms nothing"
    assert await confirm(node, (await list_queued_mails(node))["ann@mail.test"]) == 303
    assert (await ann.request("GET", "/api/v1/accounts/verify_credentials")).status == 200


async def test_confirmation_mail_is_refused_to_other_apps(start: Start) -> None:
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


async def test_registration_with_approval_waits_for_a_moderator(start: Start) -> None:
    node = await start("alpha.test", registration="approval")
    app = await create_app(node)
    refused = await register(app)
    assert refused.body["details"] == {"reason": [{"error": "ERR_BLANK", "description": "can't be blank"}]}
    token = await register(app, reason="I live next door")
    assert token.status == 200
    ann = Api(node, token.body["access_token"])
    waiting = await ann.request("GET", "/api/v1/accounts/verify_credentials")
    assert waiting.status == 403
    assert "approval" in waiting.body["error"]
    async with node.db.write() as tx:
        await members.approve(tx, await members.get_by_username(tx, "ann"))
    assert (await ann.request("GET", "/api/v1/accounts/verify_credentials")).status == 200


@pytest.mark.parametrize(("mode", "reason"), [("closed", "new members"), ("invite", "invitation")])
async def test_registration_on_a_closed_node_is_refused(start: Start, mode: str, reason: str) -> None:
    node = await start("alpha.test", registration=mode)
    refused = await register(await create_app(node))
    assert refused.status == 403
    assert reason in refused.body["error"]
    async with node.db.read() as tx:
        assert (await members.count_by_activity(tx))[0] == 0


async def test_registration_with_an_invitation_succeeds(start: Start) -> None:
    node = await start("alpha.test", registration="invite")
    await node.create_member("bob")
    async with node.db.write() as tx:
        invitation = await invitations.create(tx, await members.get_by_username(tx, "bob"))
    app = await create_app(node)
    assert (await register(app, invite_code="wrong")).status == 422
    assert (await register(app, invite_code=invitation.code)).status == 200


async def test_registration_with_several_errors_names_each_field(start: Start) -> None:
    node = await start("alpha.test")
    app = await create_app(node)
    refused = await app.request("POST", "/api/v1/accounts", json={"username": "a b", "email": "x"})
    assert refused.status == 422
    details = refused.body["details"]
    assert {name: value[0]["error"] for name, value in details.items()} == {
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
        assert refused.status == 422, refused.body
        assert refused.body["details"][field][0]["error"] == code
    async with node.db.read() as tx:
        assert (await members.count_by_activity(tx))[0] == 1, "what was refused leaves nothing behind"


async def test_registration_needs_an_app_token_with_the_scope(start: Start) -> None:
    node = await start("alpha.test")
    ann = await node.create_member("bob")
    assert (await register(Api(node))).status == 401
    assert (await register(await create_app(node, "read"))).status == 403
    assert (await register(await create_app(node, "read write", "read"))).status == 403
    assert (await register(Api(node, await node.create_token(ann)))).status == 403
    assert (await register(await create_app(node, "write:accounts"))).status == 200


async def test_registrations_from_one_address_are_rate_limited(start: Start) -> None:
    node = await start("alpha.test", requests=300)
    app = await create_app(node)
    answers = [await register(app, f"name{number}") for number in range(6)]
    assert [answer.status for answer in answers] == [200] * 5 + [429]
    assert answers[-1].body["error"]
    assert "Retry-After" in answers[-1].headers
    assert answers[0].headers["X-RateLimit-Limit"] == "5"


async def test_registration_records_the_address_of_the_newcomer(start: Start) -> None:
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
