"""Notifications on a device: encrypted for the browser, shown by the service worker, over with the log-in."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Browser

from fedserver.domain.posts import likes
from storage.rows.accounts import AccountRow
from tests.kit import tls
from tests.kit.nodes import Start, TestNode
from tests.kit.push import Device, PushService, encode_base64url
from tests.kit.visitors import VisitedPage, Visitor, log_in_visitor
from tests.pages.conftest import browser as browser
from tests.pages.test_browser_acts import open_member

PATH = "/settings/notifications/device"


@pytest.fixture
async def service(names: tls.LoopbackResolver) -> AsyncIterator[PushService]:
    """Yield the push service at https://push.test."""
    push_service = PushService(names)
    await push_service.start()
    yield push_service
    await push_service.stop()


async def start_world(start: Start) -> tuple[TestNode, AccountRow, AccountRow, Visitor]:
    node = await start("alpha.test")
    ann, bob = await node.create_member("ann"), await node.create_member("bob")
    return node, ann, bob, await log_in_visitor(node, "ann")


async def turn_on(visitor: Visitor, device: Device, *alerts: str) -> VisitedPage:
    """Send the form as the script completes it."""
    page = await visitor.open(PATH)
    csrf = page.text.partition('name="csrf" value="')[2].partition('"')[0]
    form = [("csrf", csrf), ("decision", "on"), ("endpoint", device.endpoint)]
    form += [("p256dh", encode_base64url(device.public_key)), ("auth", encode_base64url(device.auth))]
    form += [("alerts[]", alert) for alert in alerts]
    async with visitor.http.post(PATH, data=form, allow_redirects=False) as answer:
        return await visitor._follow_redirects(answer)


async def like(node: TestNode, by: AccountRow, post_id: int) -> None:
    async with node.db.write() as tx:
        await likes.like(tx, node.site, by, post_id)
    await node.settle()


async def test_browser_gets_what_it_chose_until_the_log_out(start: Start, service: PushService) -> None:
    node, ann, bob, visitor = await start_world(start)
    device = Device()
    page = await turn_on(visitor, device, "favourite")
    assert "Saved. This browser shows notifications" in page.text
    post_id = await node.publish(ann, "Bring a lamp")
    await like(node, bob, post_id)
    [message] = service.take_received()
    pushed = device.decrypt(message)
    assert pushed["title"] == "bob found your post helpful"
    assert pushed["body"] == "Bring a lamp"
    assert pushed["url"] == f"/@ann/{post_id}"
    assert "access_token" not in pushed
    assert (await visitor.open(pushed["url"])).status == 200

    await node.publish(bob, "@ann hello")
    await node.settle()
    assert service.take_received() == [], "mentions were not chosen"
    page = await visitor.fill_in(PATH, "endpoint", **{"alerts[]": "mention", "decision": "on"})
    await node.publish(bob, "@ann hello again")
    await node.settle()
    assert len(service.take_received()) == 1, "the choice changed, also without a script"

    await visitor.submit_action("/home", "/logout")
    await node.publish(bob, "@ann are you there?")
    await node.settle()
    assert service.take_received() == []


async def test_browser_that_cannot_be_reached_is_refused(start: Start, service: PushService) -> None:
    node, _, _, visitor = await start_world(start)
    for endpoint in ("http://push.test/one", "nonsense", "https://10.0.0.1/one"):
        device = Device()
        device.endpoint = endpoint
        page = await turn_on(visitor, device, "mention")
        assert page.status == 422
        assert "cannot send notifications to this browser" in page.text
    page = await turn_on(visitor, Device(), "mention")
    page = await visitor.fill_in(page, "endpoint", decision="off")
    assert "This browser shows no notifications" in page.text
    assert node is not None


@pytest.mark.surface
async def test_worker_shows_a_message_and_a_click_opens_its_page(start: Start, browser: Browser) -> None:
    """Chromium takes the message as if its push service had delivered and decrypted it."""
    node, page, ann = await open_member(start, browser)
    post_id = await node.publish(ann, "Bring a lamp")
    await page.context.grant_permissions(["notifications"], origin=node.base)
    session = await page.context.new_cdp_session(page)
    registrations: list[Any] = []
    session.on(
        "ServiceWorker.workerRegistrationUpdated", lambda event: registrations.extend(event["registrations"])
    )
    await session.send("ServiceWorker.enable")
    await page.evaluate("navigator.serviceWorker.ready.then(() => null)")
    await page.reload()
    message = {"title": "bob found your post helpful", "body": "Bring a lamp", "tag": "1"}
    await session.send(
        "ServiceWorker.deliverPushMessage",
        {
            "origin": node.base,
            "registrationId": registrations[-1]["registrationId"],
            "data": json.dumps({**message, "locale": "en", "url": f"/@ann/{post_id}"}),
        },
    )
    first = await page.wait_for_function(
        "navigator.serviceWorker.ready.then((worker) => worker.getNotifications())"
        ".then(([one]) => one && [one.title, one.body, one.data.url])"
    )
    shown = await first.json_value()
    assert shown == [message["title"], message["body"], f"/@ann/{post_id}"]
