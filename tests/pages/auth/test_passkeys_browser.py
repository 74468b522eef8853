"""Passkeys in a real browser with a virtual authenticator (Chrome DevTools Protocol) and our strict policy.

What is stored is tested on both databases in `tests/oauth/test_passkeys.py`.
"""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Browser, CDPSession, Page

from tests.kit.nodes import PASSWORD, Start, TestNode

pytestmark = pytest.mark.parametrize("start", ["sqlite"], indirect=True)


class Person:
    """A browser whose authenticator verifies its owner; what its console complains of."""

    def __init__(self, page: Page, devtools: CDPSession, authenticator: str) -> None:
        self.page = page
        self.devtools = devtools
        self.authenticator = authenticator
        self.problems: list[str] = []
        page.on("console", lambda each: self.problems.append(each.text) if each.type == "error" else None)
        page.on("pageerror", lambda error: self.problems.append(str(error)))

    async def credentials(self) -> list[dict[str, Any]]:
        found = await self.devtools.send("WebAuthn.getCredentials", {"authenticatorId": self.authenticator})
        return list(found["credentials"])

    async def verifies(self, verified: bool) -> None:
        """Let the authenticator verify its user, or fail to."""
        told = {"authenticatorId": self.authenticator, "isUserVerified": verified}
        await self.devtools.send("WebAuthn.setUserVerified", told)

    async def forget(self) -> None:
        """Log the browser out, and keep the authenticator."""
        await self.page.context.clear_cookies()


async def person(browser: Browser) -> Person:
    context = await browser.new_context(viewport={"width": 500, "height": 600})
    page = await context.new_page()
    devtools = await context.new_cdp_session(page)
    await devtools.send("WebAuthn.enable")
    made = await devtools.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": True,
                "automaticPresenceSimulation": True,
            }
        },
    )
    return Person(page, devtools, made["authenticatorId"])


@pytest.fixture
async def node(start: Start) -> TestNode:
    here = await start("localhost")
    await here.create_member("ann")
    return here


async def log_in(who: Person, node: TestNode) -> None:
    await who.page.goto(node.base + "/login")
    await who.page.fill("input[name=username]", "ann")
    await who.page.fill("input[name=password]", PASSWORD)
    await who.page.click("form[action='/login'] button")


async def add(who: Person, node: TestNode) -> None:
    await who.page.goto(node.base + "/settings/passkeys")
    await who.page.fill("form[data-passkey] input[name=name]", "Laptop")
    await who.page.click("text=Add a passkey")
    await who.page.wait_for_selector("input[value=Laptop]")


async def test_passkey_added_in_settings_logs_in_alone(node: TestNode, browser: Browser) -> None:
    ann = await person(browser)
    await log_in(ann, node)
    await ann.page.wait_for_url("**/home")
    await add(ann, node)
    (made,) = await ann.credentials()
    assert made["isResidentCredential"]
    assert made["rpId"] == "localhost"

    await ann.forget()
    await ann.page.goto(node.base + "/login?next=/settings/security")
    await ann.page.click("text=Log in with a passkey")
    await ann.page.wait_for_url(node.base + "/settings/security")
    assert "Passkeys" in await ann.page.inner_text("main")
    (used,) = await ann.credentials()
    assert used["signCount"] > made["signCount"]
    assert ann.problems == []

    await ann.forget()
    await ann.verifies(False)
    await ann.page.goto(node.base + "/login")
    await ann.page.click("text=Log in with a passkey")
    await ann.page.wait_for_selector("form[data-passkey] .problem")
    assert ann.page.url.endswith("/login"), "without its owner's finger it opens nothing"


async def test_passkey_confirms_second_step_and_reauthentication(node: TestNode, browser: Browser) -> None:
    ann = await person(browser)
    await log_in(ann, node)
    await add(ann, node)
    await ann.page.goto(node.base + "/settings/two-step")
    await ann.page.click("text=Use passkeys")
    assert await ann.page.locator(".codes li").count() == 10

    await ann.forget()
    await log_in(ann, node)
    await ann.page.wait_for_url("**/login/second")
    await ann.page.click("text=Use a passkey")
    await ann.page.wait_for_url("**/home")

    node.clock.forward(hours=0.3)
    await ann.page.goto(node.base + "/settings/email")
    await ann.page.wait_for_url("**/login/again?**")
    await ann.page.click("text=Use a passkey")
    await ann.page.wait_for_url(node.base + "/settings/email")
    assert ann.problems == []


async def test_passkey_in_a_pop_up_authorizes_an_app(node: TestNode, browser: Browser) -> None:
    ann = await person(browser)
    await log_in(ann, node)
    await add(ann, node)
    await ann.forget()
    body = {"client_name": "App", "redirect_uris": f"{node.base}/about", "scopes": "read"}
    async with node.http.post("/api/v1/apps", data=body) as answer:
        client_id = (await answer.json())["client_id"]
    wish = f"response_type=code&client_id={client_id}&redirect_uri={node.base}/about&scope=read&state=s"
    await ann.page.goto(f"{node.base}/oauth/authorize?{wish}")
    await ann.page.click("text=Log in with a passkey")
    await ann.page.click("button[value=allow]")
    await ann.page.wait_for_url("**/about?code=**")
    assert "state=s" in ann.page.url
    assert ann.problems == []


async def test_passkey_of_a_registered_device_is_refused(node: TestNode, browser: Browser) -> None:
    ann = await person(browser)
    await log_in(ann, node)
    await add(ann, node)
    await ann.page.click("text=Add a passkey")
    await ann.page.wait_for_selector("form[data-passkey] .problem")
    assert len(await ann.credentials()) == 1
    node.clock.forward(hours=0.3)
    await ann.page.click("text=Add a passkey")
    await ann.page.wait_for_url("**/login/again?**"), "who waited too long is asked first who they are"


async def test_passkey_pages_without_script_work_except_for_adding(node: TestNode, browser: Browser) -> None:
    context = await browser.new_context(java_script_enabled=False, viewport={"width": 500, "height": 600})
    page = await context.new_page()
    await page.goto(node.base + "/login")
    assert not await page.is_visible("text=Log in with a passkey")
    await page.fill("input[name=username]", "ann")
    await page.fill("input[name=password]", PASSWORD)
    await page.click("form[action='/login'] button")
    await page.goto(node.base + "/settings/passkeys")
    assert not await page.is_visible("text=Add a passkey")
    assert "turn on JavaScript" in await page.inner_text("main")
    await page.goto(node.base + "/settings/two-step/app")
    assert await page.is_visible(".qr svg")
    await context.close()
