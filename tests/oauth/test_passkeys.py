"""Passkeys with an authenticator in software: accepted and refused answers."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fedserver.domain.auth import login, member_access, members, passkeys
from fedserver.domain.kernel import jobs
from fedserver.jobs.mails import compose as mail_composer
from fedserver.jobs.registry import KINDS_BY_QUEUE, REMOTE
from storage.queries.kernel import jobs as job_queries
from tests.kit.authenticator import PRESENT, VERIFIED, SoftwareAuthenticator, encode_base64url
from tests.kit.forms import find_form
from tests.kit.nodes import PASSWORD, Start, TestNode
from tests.kit.visitors import VisitedPage, Visitor

EMPTY = '<form action="{}" method="post"><input name="credential"></form>'


@pytest.fixture
async def node(start: Start) -> TestNode:
    alpha = await start("alpha.test")
    await alpha.create_member("ann")
    await alpha.create_member("bob")
    return alpha


async def fetch_options(visitor: Visitor, path: str, **values: str) -> dict[str, Any]:
    """Return the options that the page's script fetches."""
    headers = {"Origin": visitor.node.base, "Sec-Fetch-Site": "same-origin"}
    async with visitor.http.post(path, data=values, headers=headers, allow_redirects=False) as answer:
        assert answer.status == 200, await answer.text()
        assert answer.headers["Cache-Control"] == "no-store"
        options: dict[str, Any] = await answer.json()
        return options


async def send_credential(visitor: Visitor, path: str, credential: str, **values: str) -> VisitedPage:
    page = VisitedPage(200, "/login", EMPTY.format(path))
    return await visitor.fill_in(page, "credential", credential=credential, **values)


async def get_csrf_token(visitor: Visitor, path: str = "/settings/passkeys") -> str:
    return find_form((await visitor.open(path)).text, "csrf").values["csrf"]


async def register(visitor: Visitor, device: SoftwareAuthenticator, name: str = "Phone") -> VisitedPage:
    csrf_token = await get_csrf_token(visitor)
    options = await fetch_options(visitor, "/settings/passkeys/options", csrf=csrf_token)
    credential = device.create(options)
    return await send_credential(visitor, "/settings/passkeys", credential, name=name, csrf=csrf_token)


async def register_device(node: TestNode, name: str = "ann") -> SoftwareAuthenticator:
    """Return a device with a new passkey of a member."""
    visitor, device = Visitor(node), SoftwareAuthenticator()
    await visitor.log_in(name)
    assert (await register(visitor, device)).path == "/settings/passkeys"
    return device


async def log_in(visitor: Visitor, device: SoftwareAuthenticator, **client: str) -> VisitedPage:
    options = await fetch_options(visitor, "/login/passkey/options")
    return await send_credential(
        visitor, "/login/passkey", device.get(options, **client), next="/settings/security"
    )


async def test_a_passkey_logs_in_alone(node: TestNode) -> None:
    device, ann = await register_device(node), Visitor(node)
    options = await fetch_options(ann, "/login/passkey/options")
    assert options["userVerification"] == "required"
    assert options["allowCredentials"] == []
    assert options["rpId"] == "alpha.test"
    page = await log_in(ann, device)
    assert page.path == "/settings/security"
    assert await ann.is_logged_in()


async def test_passkey_is_named_and_removed_by_its_member(node: TestNode) -> None:
    ann, device = Visitor(node), SoftwareAuthenticator()
    await ann.log_in("ann")
    page = await register(ann, device, "My <phone>")
    assert "My &lt;phone&gt;" in page.text
    assert "<phone>" not in page.text
    action = find_form(page.text, "name").action
    assert 'value="Tablet"' in (await ann.submit_action(page, action, name="Tablet")).text
    assert (await ann.submit_action(page, action, name="  ")).status == 422
    bob = Visitor(node)
    await bob.log_in("bob")
    csrf_token = await get_csrf_token(bob)
    for path in (action, f"{action}/remove"):
        async with bob.http.post(path, data={"csrf": csrf_token, "name": "mine"}) as answer:
            assert answer.status == 404, "a passkey is its member's own"
    await ann.submit_action("/settings/passkeys", f"{action}/remove")
    assert (await log_in(Visitor(node), device)).status == 401


async def test_passkey_completes_the_second_step(node: TestNode) -> None:
    device, ann = await register_device(node), Visitor(node)
    await ann.log_in("ann")
    codes = await ann.submit_action("/settings/two-step", "/settings/two-step/passkeys")
    assert codes.text.count("<li><code>") == 10
    other = Visitor(node)
    page_before = await other.log_in("ann")
    assert page_before.path == "/login/second"
    assert "Recovery code" in page_before.text
    options = await fetch_options(other, "/login/passkey/options", second="1")
    assert [allowed["id"] for allowed in options["allowCredentials"]] == [encode_base64url(device.id)]
    device.flags = PRESENT  # a security key without a PIN is enough beside a password
    page = await send_credential(other, "/login/second", device.get(options))
    assert page.path == "/home"
    assert await other.is_logged_in()


async def test_second_step_refuses_the_passkey_of_another_member(node: TestNode) -> None:
    await register_device(node)
    bobs, ann = await register_device(node, "bob"), Visitor(node)
    await ann.log_in("ann")
    await ann.submit_action("/settings/two-step", "/settings/two-step/passkeys")
    eve = Visitor(node)
    await eve.log_in("ann")
    options = await fetch_options(eve, "/login/passkey/options", second="1")
    assert (await send_credential(eve, "/login/second", bobs.get(options))).status == 401
    assert not await eve.is_logged_in()
    options = await fetch_options(eve, "/login/passkey/options")
    assert (await send_credential(eve, "/login/second", bobs.get(options))).status == 401
    assert not await eve.is_logged_in()


async def test_challenge_of_the_second_step_cannot_log_in(node: TestNode) -> None:
    """Check that a key without user verification cannot replace the password."""
    device, ann = await register_device(node), Visitor(node)
    await ann.log_in("ann")
    await ann.submit_action("/settings/two-step", "/settings/two-step/passkeys")
    other = Visitor(node)
    await other.log_in("ann")
    options = await fetch_options(other, "/login/passkey/options", second="1")
    assert (await send_credential(other, "/login/passkey", device.get(options))).status == 401


async def test_removing_the_last_passkey_turns_the_second_step_off(node: TestNode) -> None:
    await register_device(node)
    ann = Visitor(node)
    await ann.log_in("ann")
    await ann.submit_action("/settings/two-step", "/settings/two-step/passkeys")
    await ann.submit_action("/settings/two-step", "/settings/two-step/codes")
    page = await ann.open("/settings/passkeys")
    await ann.submit_action(page, find_form(page.text, "name").action + "/remove")
    assert "Off: a password is enough to log in" in (await ann.open("/settings/security")).text
    assert (await Visitor(node).log_in("ann")).path == "/home", "nobody locks themselves out"
    async with node.db.write() as tx:
        await member_access.set_password(tx, await members.get_by_username(tx, "ann"), "hash")
        leased = await job_queries.lease(tx, until=tx.now, limit=50, kinds=KINDS_BY_QUEUE[REMOTE])
    leased_jobs = [jobs.decode(row.payload) for row in leased]
    notices = [(job.to, job.change) for job in leased_jobs if isinstance(job, jobs.SendSecurityNotice)]
    changes = ("passkey_added", "passkeys", "codes", "passkey_removed", "off", "password")
    assert notices == [("ann@mail.test", change) for change in changes]
    node.clock.forward(hours=1)
    await node.settle()  # no mail is sent here
    async with node.db.read() as tx:
        assert await job_queries.count_pending(tx) == 0
        notice = jobs.SendSecurityNotice("a@mail.test", "off")
        mail = await mail_composer.compose_security_notice(tx, node.site, notice)
    assert "Node alpha.test" in mail.subject
    assert "no longer asks for a second step" in mail.text
    assert f"{node.base}/settings/security" in mail.text


async def test_passkey_reauthenticates_its_member(node: TestNode) -> None:
    device, ann = await register_device(node), Visitor(node)
    await ann.log_in("ann")
    node.clock.forward(hours=0.3)
    csrf_token = await get_csrf_token(ann, "/login/again?next=/settings/email")
    bobs = await register_device(node, "bob")
    for wrong in (bobs, device):
        wrong.flags = PRESENT
        options = await fetch_options(ann, "/login/again/options", csrf=csrf_token)
        page = await send_credential(
            ann, "/login/again", wrong.get(options), csrf=csrf_token, next="/settings/email"
        )
        assert page.status == 401
    device.flags = PRESENT | VERIFIED
    options = await fetch_options(ann, "/login/again/options", csrf=csrf_token)
    page = await send_credential(
        ann, "/login/again", device.get(options), csrf=csrf_token, next="/settings/email"
    )
    assert page.path == "/settings/email"


# --- what is refused


async def test_wrong_answers_are_refused(node: TestNode) -> None:
    device = await register_device(node)
    other = SoftwareAuthenticator()
    other.id, other.user = device.id, device.user
    elsewhere = SoftwareAuthenticator(host="evil.test")
    elsewhere.id, elsewhere.user, elsewhere.key = device.id, device.user, device.key
    for wrong, client in (
        (device, {"origin": "https://evil.test"}), (device, {"origin": "https://alpha.test:444"}),
        (device, {"type": "webauthn.create"}), (device, {"challenge": "x" * 43}), (device, {"challenge": ""}),
        (other, {}), (elsewhere, {}), (SoftwareAuthenticator(), {}),
    ):  # fmt: skip
        ann = Visitor(node)
        page = await log_in(ann, wrong, **client)
        assert page.status == 401, client
        assert "not accepted" in page.text, client
        assert not await ann.is_logged_in(), client
    for flags in (0, PRESENT, VERIFIED):
        device.flags = flags
        assert (await log_in(Visitor(node), device)).status == 401, flags
    device.flags = PRESENT | VERIFIED
    device.user = encode_base64url(b"1")
    assert (await log_in(Visitor(node), device)).status == 401, "a handle of somebody else"


async def test_answer_works_once_and_only_in_its_browser(node: TestNode) -> None:
    device, ann, eve = await register_device(node), Visitor(node), Visitor(node)
    options = await fetch_options(ann, "/login/passkey/options")
    answer = device.get(options)
    await fetch_options(eve, "/login/passkey/options")
    assert (await send_credential(eve, "/login/passkey", answer)).status == 401
    assert (await send_credential(ann, "/login/passkey", answer)).path == "/home"
    assert (await send_credential(Visitor(node), "/login/passkey", answer)).status == 401
    assert (await send_credential(ann, "/login/passkey", answer)).status == 401


async def test_a_refused_answer_uses_the_challenge_up(node: TestNode) -> None:
    device, ann = await register_device(node), Visitor(node)
    options = await fetch_options(ann, "/login/passkey/options")
    assert (
        await send_credential(ann, "/login/passkey", device.get(options, origin="https://evil.test"))
    ).status == 401
    assert (await send_credential(ann, "/login/passkey", device.get(options))).status == 401


async def test_a_challenge_lasts_ten_minutes(node: TestNode) -> None:
    device, ann = await register_device(node), Visitor(node)
    options = await fetch_options(ann, "/login/passkey/options")
    node.clock.forward(seconds=601)
    assert (await send_credential(ann, "/login/passkey", device.get(options))).status == 401


async def test_copied_authenticator_is_detected_by_its_counter(node: TestNode) -> None:
    device = await register_device(node)
    for count, right in ((5, True), (5, False), (4, False), (0, False), (6, True)):
        device.count = count - 1 if count else -1
        ann = Visitor(node)
        await log_in(ann, device)
        assert await ann.is_logged_in() is right, count


async def test_disabled_member_can_only_read_decisions(node: TestNode) -> None:
    device = await register_device(node)
    async with node.db.write() as tx:
        await member_access.set_disabled(tx, await members.get_by_username(tx, "ann"), disabled=True)
    ann = Visitor(node)
    assert (await log_in(ann, device)).path == "/settings/decisions"
    assert not await ann.is_logged_in()


@pytest.mark.parametrize(
    "credential",
    [
        "", "x", "{}", "[]", "null", '{"id":1}', '{"id":"x","response":{}}', "[" * 10_000,
        '{"id":"x","response":{"clientDataJSON":"e30"}}', '{"id":"x","response":{"clientDataJSON":"%%%"}}',
        '{"id":"x","response":{"clientDataJSON":"eyJjaGFsbGVuZ2UiOiJ4In0"}}', "x" * 100_000,
    ],
    ids=lambda value: value[:30],
)  # fmt: skip
async def test_malformed_credentials_are_counted_by_address_only(node: TestNode, credential: str) -> None:
    ann = Visitor(node)
    for _ in range(login.MAX_ATTEMPTS_PER_ACCOUNT + 1):
        assert (await send_credential(ann, "/login/passkey", credential)).status == 401
    assert (await Visitor(node).log_in("ann", PASSWORD)).path == "/home", "nobody is locked out by it"
    await ann.log_in("ann")
    csrf_token = await get_csrf_token(ann)
    assert (await send_credential(ann, "/settings/passkeys", credential, csrf=csrf_token)).status in (
        404,
        422,
    )


async def test_challenge_with_malformed_fields_is_refused(node: TestNode) -> None:
    """Answer the right challenge with one malformed field after another."""
    device = await register_device(node)
    for field in ("authenticatorData", "signature", "clientDataJSON", "userHandle"):
        for broken in ("", "AA", "e30", 7, None, {"a": 1}, "A" * 5_000):
            ann = Visitor(node)
            answer = json.loads(device.get(await fetch_options(ann, "/login/passkey/options")))
            if field == "userHandle" and broken in ("", None):
                continue
            answer["response"][field] = broken
            page = await send_credential(ann, "/login/passkey", json.dumps(answer))
            assert page.status == 401, (field, broken)
            assert not await ann.is_logged_in(), (field, broken)


async def test_registration_requires_the_own_challenge(node: TestNode) -> None:
    ann, bob, device = Visitor(node), Visitor(node), SoftwareAuthenticator()
    await ann.log_in("ann")
    await bob.log_in("bob")
    anns_csrf, bobs_csrf = await get_csrf_token(ann), await get_csrf_token(bob)
    options = await fetch_options(ann, "/settings/passkeys/options", csrf=anns_csrf)
    credential = device.create(options)
    assert (await send_credential(bob, "/settings/passkeys", credential, csrf=bobs_csrf)).status == 422, (
        "another's challenge"
    )
    wrong = device.create(options, origin="https://evil.test")
    assert (await send_credential(ann, "/settings/passkeys", wrong, csrf=anns_csrf)).status == 422
    assert (
        await send_credential(ann, "/settings/passkeys", credential, csrf=anns_csrf)
    ).path == "/settings/passkeys"
    assert (await send_credential(ann, "/settings/passkeys", credential, csrf=anns_csrf)).status == 422, (
        "once"
    )
    again = await fetch_options(ann, "/settings/passkeys/options", csrf=anns_csrf)
    assert [excluded["id"] for excluded in again["excludeCredentials"]] == [encode_base64url(device.id)]
    assert (
        await send_credential(ann, "/settings/passkeys", device.create(again), csrf=anns_csrf)
    ).status == 422
    log_in_options = await fetch_options(ann, "/login/passkey/options")
    log_in_options["user"] = options["user"]
    crossed = SoftwareAuthenticator().create(log_in_options)
    assert (await send_credential(ann, "/settings/passkeys", crossed, csrf=anns_csrf)).status == 422


async def test_registration_requires_session_csrf_token_and_recent_auth(node: TestNode) -> None:
    nobody, ann = Visitor(node), Visitor(node)
    headers = {"Origin": node.base}
    async with nobody.http.post("/settings/passkeys/options", headers=headers) as answer:
        assert answer.status == 401
    await ann.log_in("ann")
    csrf_token = await get_csrf_token(ann)
    async with ann.http.post("/settings/passkeys/options", data={"csrf": "x"}, headers=headers) as answer:
        assert answer.status == 403
    node.clock.forward(hours=0.3)
    async with ann.http.post(
        "/settings/passkeys/options", data={"csrf": csrf_token}, headers=headers, allow_redirects=False
    ) as answer:
        assert answer.status == 303
        assert answer.headers["Location"].startswith("/login/again")


async def test_passkeys_of_a_member_are_limited(node: TestNode) -> None:
    ann = Visitor(node)
    await ann.log_in("ann")
    for _ in range(passkeys.MAX_PASSKEYS):
        await register(ann, SoftwareAuthenticator())
    headers = {"Origin": node.base, "Sec-Fetch-Site": "same-origin"}
    body = {"csrf": await get_csrf_token(ann)}
    async with ann.http.post("/settings/passkeys/options", data=body, headers=headers) as answer:
        assert answer.status == 422
