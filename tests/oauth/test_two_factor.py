"""The second step of a login: enabling, codes, recovery codes, and attacks."""

from __future__ import annotations

import asyncio
import html
import re

import pyotp
import pytest

from fedserver.domain.auth import login, member_access, members, two_factor
from tests.kit.nodes import Start, TestNode
from tests.kit.visitors import VisitedPage, Visitor

OOB = "urn:ietf:wg:oauth:2.0:oob"


@pytest.fixture
async def node(start: Start) -> TestNode:
    alpha = await start("alpha.test")
    await alpha.create_member("ann")
    return alpha


def generate_code(node: TestNode, secret: str, later: int = 0) -> str:
    """Return the code of the time step that is `later` steps from now."""
    return pyotp.TOTP(secret).generate_otp(node.clock.now // 30_000 + later)


async def turn_on(node: TestNode, ann: Visitor) -> tuple[str, list[str]]:
    """Return the secret of the app, and the recovery codes."""
    page = await ann.open("/settings/two-step/app")
    match = re.search(r'<code id="secret">([A-Z2-7 ]{39})</code>', page.text)
    assert match, page.text
    secret = match.group(1).replace(" ", "")
    shown = await ann.fill_in(page, "code", code=generate_code(node, secret))
    assert shown.status == 200, shown.text
    return secret, re.findall(r"<li><code>([a-z2-9-]{19})</code>", shown.text)


async def enable_app(node: TestNode) -> tuple[str, list[str]]:
    """Enable an app for Ann and move the clock to an unused time step; return secret and recovery codes."""
    ann = Visitor(node)
    await ann.log_in("ann")
    enabled = await turn_on(node, ann)
    node.clock.forward(seconds=60)
    return enabled


async def test_login_with_app_requires_a_code(node: TestNode) -> None:
    secret, _ = await enable_app(node)
    ann = Visitor(node)
    page = await ann.log_in("ann", path="/login?next=/settings/security")
    assert page.path == "/login/second"
    assert not await ann.is_logged_in()
    done = await ann.fill_in(page, "code", code=generate_code(node, secret))
    assert done.path == "/settings/security"
    assert await ann.is_logged_in()
    assert "On, with an authenticator app" in done.text


async def test_consent_requires_the_second_step(node: TestNode) -> None:
    secret, _ = await enable_app(node)
    body = {"client_name": "App", "redirect_uris": OOB, "scopes": "read"}
    async with node.http.post("/api/v1/apps", data=body) as answer:
        app = await answer.json()
    ann = Visitor(node)
    authorize_path = (
        f"/oauth/authorize?response_type=code&client_id={app['client_id']}&redirect_uri={OOB}&scope=read"
    )
    page = await ann.log_in("ann", path=authorize_path)
    assert page.path == "/login/second"
    assert (await ann.open(authorize_path)).path.startswith("/login?next=")
    page = await ann.open("/login/second")
    consent = await ann.fill_in(page, "code", code=generate_code(node, secret))
    shown = await ann.fill_in(consent, "client_id", decision="allow")
    assert shown.path.startswith("/oauth/authorize/native?code=")


async def test_code_works_once_and_older_ones_are_refused(node: TestNode) -> None:
    secret, _ = await enable_app(node)
    newest = generate_code(node, secret, 1)
    for code, right in ((newest, True), (newest, False), (generate_code(node, secret), False)):
        ann = Visitor(node)
        page = await ann.fill_in(await ann.log_in("ann"), "code", code=code)
        assert (page.status, await ann.is_logged_in()) == ((200, True) if right else (401, False))


async def test_code_that_enabled_the_app_is_used_up(node: TestNode) -> None:
    ann = Visitor(node)
    await ann.log_in("ann")
    secret, _ = await turn_on(node, ann)
    other = Visitor(node)
    assert (
        await other.fill_in(await other.log_in("ann"), "code", code=generate_code(node, secret))
    ).status == 401


async def test_codes_of_neighbouring_time_steps_are_accepted(node: TestNode) -> None:
    secret, _ = await enable_app(node)
    for later, right in ((-3, False), (3, False), (-1, True), (1, True)):
        ann = Visitor(node)
        await ann.fill_in(await ann.log_in("ann"), "code", code=generate_code(node, secret, later))
        assert await ann.is_logged_in() is right, later


async def test_recovery_codes_work_once_each(node: TestNode) -> None:
    _, codes = await enable_app(node)
    assert len(set(codes)) == 10
    for code, right in ((codes[0], True), (codes[0], False), (codes[1].upper().replace("-", " "), True)):
        ann = Visitor(node)
        await ann.fill_in(await ann.log_in("ann"), "code", code=code)
        assert await ann.is_logged_in() is right
    ann = Visitor(node)
    await ann.fill_in(await ann.log_in("ann"), "code", code=codes[2])
    page = await ann.open("/settings/two-step")
    assert "7" in page.text
    assert codes[5] not in page.text, "codes are shown once"
    fresh = await ann.submit_action(page, "/settings/two-step/codes")
    assert len(re.findall(r"<li><code>", fresh.text)) == 10
    other = Visitor(node)
    assert (await other.fill_in(await other.log_in("ann"), "code", code=codes[5])).status == 401


async def test_recovery_codes_are_stored_as_hashes(node: TestNode) -> None:
    _, codes = await enable_app(node)
    async with node.db.read() as tx:
        ann = await members.get_by_username(tx, "ann")
        assert (await two_factor.load_state(tx, ann)).codes_left == 10
    async with node.db.write() as tx:
        assert await two_factor.verify_code(tx, ann, codes[0])
        assert not await two_factor.verify_code(tx, ann, codes[0])


async def test_concurrent_use_of_a_code_logs_in_once(node: TestNode) -> None:
    secret, _ = await enable_app(node)
    browsers = [Visitor(node) for _ in range(4)]
    pages = [await browser.log_in("ann") for browser in browsers]
    code = generate_code(node, secret)
    await asyncio.gather(
        *[visitor.fill_in(page, "code", code=code) for visitor, page in zip(browsers, pages, strict=True)]
    )
    assert sorted([await browser.is_logged_in() for browser in browsers]) == [False, False, False, True]


async def test_too_many_failures_block_the_second_step_for_all_logins(node: TestNode) -> None:
    secret, _ = await enable_app(node)
    ann = Visitor(node)
    for number in range(login.MAX_ATTEMPTS_PER_ACCOUNT):
        page = await ann.log_in("ann" if number % 2 else "ann@mail.test")
        assert (await ann.fill_in(page, "code", code="000000")).status == 401
    other = Visitor(node)
    refused = await other.fill_in(await other.log_in("ann"), "code", code=generate_code(node, secret))
    assert refused.status == 429
    assert not await other.is_logged_in()
    node.clock.forward(hours=0.25)
    await other.fill_in(await other.log_in("ann"), "code", code=generate_code(node, secret))
    assert await other.is_logged_in()


async def test_the_second_step_belongs_to_the_browser_of_the_first(node: TestNode) -> None:
    secret, _ = await enable_app(node)
    ann, eve = Visitor(node), Visitor(node)
    second_step = await ann.log_in("ann")
    assert (await eve.open("/login/second")).path == "/login"
    page = VisitedPage(200, "/login/second", second_step.text)
    assert (await eve.fill_in(page, "code", code=generate_code(node, secret))).path == "/login"
    assert not await eve.is_logged_in()


async def test_second_step_expires_after_ten_minutes(node: TestNode) -> None:
    secret, _ = await enable_app(node)
    ann = Visitor(node)
    page = await ann.log_in("ann")
    node.clock.forward(seconds=601)
    assert (await ann.fill_in(page, "code", code=generate_code(node, secret))).path == "/login"


@pytest.mark.parametrize("code", ["", "12345", "abcdef", "٠٠٠٠٠٠", "0" * 64, "\x00" * 6, "-" * 30, "é" * 40])
async def test_malformed_codes_are_refused(node: TestNode, code: str) -> None:
    await enable_app(node)
    ann = Visitor(node)
    assert (await ann.fill_in(await ann.log_in("ann"), "code", code=code)).status == 401


async def test_member_disabled_between_the_steps_can_only_read_decisions(node: TestNode) -> None:
    secret, _ = await enable_app(node)
    ann = Visitor(node)
    page = await ann.log_in("ann")
    async with node.db.write() as tx:
        await member_access.set_disabled(tx, await members.get_by_username(tx, "ann"), disabled=True)
    arrived = await ann.fill_in(page, "code", code=generate_code(node, secret))
    assert arrived.path == "/settings/decisions"
    assert not await ann.is_logged_in()


async def test_wrong_code_does_not_enable_the_app(node: TestNode) -> None:
    ann = Visitor(node)
    await ann.log_in("ann")
    page = await ann.open("/settings/two-step/app")
    secret = re.search(r'name="secret" value="([A-Z2-7]+)"', page.text)
    assert secret
    assert "otpauth://totp/" in html.unescape(page.text)
    assert "<svg" in page.text
    refused = await ann.fill_in(page, "code", code="000000")
    assert refused.status == 422
    assert secret.group(1) in refused.text, "the QR code stays the same"
    for made_up in ("", "A" * 16, "a" * 32, "!" * 32):
        weak = await ann.fill_in(page, "code", secret=made_up, code="000000")
        assert weak.status == 422
    other = Visitor(node)
    assert (await other.log_in("ann")).path == "/home"


async def test_second_step_can_be_turned_off(node: TestNode) -> None:
    secret, _ = await enable_app(node)
    ann = Visitor(node)
    await ann.fill_in(await ann.log_in("ann"), "code", code=generate_code(node, secret))
    page = await ann.submit_action("/settings/two-step", "/settings/two-step/off")
    assert "Off: a password is enough to log in" in page.text
    other = Visitor(node)
    assert (await other.log_in("ann")).path == "/home"


async def test_reset_removes_the_second_step(node: TestNode) -> None:
    await enable_app(node)
    async with node.db.write() as tx:
        await two_factor.reset(tx, await members.get_by_username(tx, "ann"))
    ann = Visitor(node)
    assert (await ann.log_in("ann")).path == "/home"


async def test_new_password_keeps_the_second_step(node: TestNode) -> None:
    await enable_app(node)
    hashed = await node.node.services.passwords.hash("another fine password")
    async with node.db.write() as tx:
        await member_access.set_password(tx, await members.get_by_username(tx, "ann"), hashed)
    ann = Visitor(node)
    assert (await ann.log_in("ann", "another fine password")).path == "/login/second"


async def test_sixty_codes_at_the_same_moment_are_ten(node: TestNode) -> None:
    secret, _ = await enable_app(node)
    ann = Visitor(node)
    await ann.log_in("ann")

    async def guess(number: int) -> int:
        async with ann.http.post("/login/second", data={"code": f"{number:06}"}) as answer:
            return answer.status

    statuses = await asyncio.gather(*(guess(number) for number in range(60)))
    assert statuses.count(401) == login.MAX_ATTEMPTS_PER_ACCOUNT
    assert statuses.count(429) == 50
    async with ann.http.post("/login/second", data={"code": generate_code(node, secret)}) as answer:
        assert answer.status == 429
    assert not await ann.is_logged_in()
