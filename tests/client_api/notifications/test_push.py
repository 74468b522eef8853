"""Push messages from a like to the phone: subscribed, owed with the notification, encrypted, signed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from fedserver.domain.auth import members, tokens
from fedserver.domain.kernel import events
from fedserver.domain.kernel.secrets import SecretBox
from fedserver.domain.notifications import push_keys
from fedserver.domain.posts import likes
from fedserver.domain.relationships import blocks, follows, mutes
from fedserver.node import open_node
from storage.engine import Event
from storage.queries.notifications import push_subscriptions as push_subscription_queries
from storage.rows.accounts import AccountRow
from storage.schema import metadata
from tests.kit import tls
from tests.kit.api import Api
from tests.kit.nodes import Start, TestNode
from tests.kit.push import Device, PushService

PATH = "/api/v1/push/subscription"
EVERYTHING = {"mention": True, "favourite": True, "follow": True, "reblog": True, "status": True}


@pytest.fixture
async def service(names: tls.LoopbackResolver) -> AsyncIterator[PushService]:
    """The push service at https://push.test."""
    made = PushService(names)
    await made.start()
    yield made
    await made.stop()


async def start_world(start: Start) -> tuple[TestNode, AccountRow, AccountRow, Api, str]:
    """Ann has an app, Bob does things."""
    node = await start("alpha.test")
    ann, bob = await node.create_member("ann"), await node.create_member("bob")
    token = await node.create_token(ann)
    return node, ann, bob, Api(node, token), token


async def subscribe(api: Api, device: Device, policy: str = "all", **alerts: bool) -> Any:
    data = {"alerts": alerts or EVERYTHING, "policy": policy}
    return await api.post(PATH, subscription=device.make_subscription(), data=data)


async def like(node: TestNode, by: AccountRow, post_id: int) -> None:
    async with node.db.write() as tx:
        await likes.like(tx, node.site, by, post_id)


@pytest.mark.parametrize("standard", [True, False])
async def test_a_like_arrives_encrypted_and_signed(
    start: Start, service: PushService, standard: bool
) -> None:
    node, ann, bob, api, token = await start_world(start)
    device = Device(standard=standard)
    made = await subscribe(api, device)
    post_id = await node.publish(ann, "Bring *flowers* & cake")
    await like(node, bob, post_id)
    assert service.received == []
    await node.settle()
    [message] = service.take_received()
    [listed] = await api.get("/api/v1/notifications")
    assert device.decrypt(message) == {
        "access_token": token,
        "preferred_locale": "en",
        "notification_id": int(listed["id"]),
        "notification_type": "favourite",
        "icon": listed["account"]["avatar_static"],
        "title": "bob found your post helpful",
        "body": "Bring *flowers* & cake",
    }
    assert message.path == "/one"
    assert (message.headers["TTL"], message.headers["Urgency"]) == ("172800", "normal")
    claims = message.verify_claims(made["server_key"])
    now = node.clock.now // 1000
    assert claims["aud"] == "https://push.test" and now < claims["exp"] <= now + 24 * 3600
    assert claims["sub"] == node.base
    await node.settle()
    assert service.take_received() == []


async def test_forms_and_json_mean_the_same(start: Start) -> None:
    _, _, _, api, _ = await start_world(start)
    device = Device(standard=False)
    given = device.make_subscription()
    made = await subscribe(api, device, "followed", mention=True, **{"admin.sign_up": True})
    assert made["endpoint"] == device.endpoint and made["policy"] == "followed" and not made["standard"]
    assert {name for name, on in made["alerts"].items() if on} == {"mention", "admin.sign_up"}
    form = {
        "subscription[endpoint]": device.endpoint,
        "subscription[keys][p256dh]": given["keys"]["p256dh"],
        "subscription[keys][auth]": given["keys"]["auth"],
        "data[alerts][mention]": "1",
        "data[alerts][follow]": "false",
        "data[alerts][admin.sign_up]": "true",
        "data[policy]": "followed",
    }
    answer = await api.request("POST", PATH, data=form)
    assert answer.status == 200 and {**answer.body, "id": made["id"]} == made
    assert answer.body["id"] != made["id"]
    assert await api.get(PATH) == answer.body
    answer = await api.request("PUT", PATH, data={"data[alerts][reblog]": "1", "policy": "all"})
    assert answer.body["alerts"]["reblog"] and not answer.body["alerts"]["mention"]
    assert answer.body["policy"] == "all"
    changed = await api.put(PATH, data={"policy": "none"})
    assert changed["policy"] == "none" and changed["alerts"]["reblog"]
    assert await api.delete(PATH) == {} == await api.delete(PATH)
    for method in ("GET", "PUT"):
        answer = await api.request(method, PATH, json={"data": {"alerts": {"mention": True}}})
        assert answer.status == 404 and answer.body["error"]


async def test_each_token_has_its_own_and_needs_the_scope(start: Start, service: PushService) -> None:
    node, ann, bob, api, token = await start_world(start)
    second_token = await node.create_token(ann)
    second, other = Api(node, second_token), Api(node, await node.create_token(bob))
    phone, laptop = Device("phone"), Device("laptop", standard=False)
    await subscribe(api, phone)
    for each in (second, other):
        assert (await each.request("GET", PATH)).status == 404
    await subscribe(second, laptop)
    assert (await api.get(PATH))["endpoint"] == phone.endpoint
    await like(node, bob, await node.publish(ann, "hello"))
    await node.settle()
    told = {message.path: message for message in service.take_received()}
    assert phone.decrypt(told["/phone"])["access_token"] == token
    assert laptop.decrypt(told["/laptop"])["access_token"] == second_token
    await second.delete(PATH)
    assert (await api.get(PATH))["endpoint"] == phone.endpoint
    narrow = Api(node, await node.create_token(ann, "read write follow"))
    for method in ("GET", "POST", "PUT", "DELETE"):
        assert (await narrow.request(method, PATH, json={})).status == 403
        assert (await Api(node).request(method, PATH, json={})).status == 401


async def test_what_cannot_be_reached_is_refused(start: Start) -> None:
    _, _, _, api, _ = await start_world(start)
    good = Device().make_subscription()
    wrong: list[dict[str, Any]] = [
        {},
        {"endpoint": "http://push.test/one"},
        {"endpoint": "ftp://push.test/one"},
        {"endpoint": "https://user@push.test/one"},
        {"endpoint": "https://10.0.0.8/one"},
        {"endpoint": "https://[fd00::1]/one"},
        {"endpoint": "https://0x7f.1/one"},
        {"endpoint": "https://push.test/" + "x" * 3_000},
        {"keys": {"p256dh": "nonsense", "auth": good["keys"]["auth"]}},
        {"keys": {"p256dh": good["keys"]["p256dh"], "auth": "nonsense"}},
    ]
    for change in wrong:
        given = {**good, **change} if change else {}
        answer = await api.request("POST", PATH, json={"subscription": given})
        assert answer.status == 422 and answer.body["error"], change
    answer = await api.request("POST", PATH, json={"subscription": good, "data": {"policy": "everybody"}})
    assert answer.status == 422
    assert (await api.request("GET", PATH)).status == 404


async def test_alerts_and_policy_decide(start: Start, service: PushService) -> None:
    node, ann, bob, api, _ = await start_world(start)
    device, post_id = Device(), await node.publish(ann, "hello")
    eve = await node.create_member("eve")

    async def told(*alerts: str, policy: str = "all", by: AccountRow = bob) -> list[str]:
        await subscribe(api, device, policy, **dict.fromkeys(alerts, True))
        async with node.db.write() as tx:
            await likes.unlike(tx, by, post_id)
            await likes.like(tx, node.site, by, post_id)
        await node.publish(by, "@ann look")
        await node.settle()
        return sorted(device.decrypt(each)["notification_type"] for each in service.take_received())

    assert await told("favourite", "mention") == ["favourite", "mention"]
    assert await told("favourite") == ["favourite"]
    assert await told("follow_request") == []
    assert await told("favourite", policy="none") == []
    assert await told("favourite", policy="followed") == [] == await told("favourite", policy="follower")
    async with node.db.write() as tx:
        await follows.follow(tx, node.site, ann, bob)
        await follows.follow(tx, node.site, eve, ann)
    assert await told("favourite", policy="followed") == ["favourite"]
    assert await told("favourite", policy="follower") == []
    assert await told("favourite", policy="followed", by=eve) == []
    assert await told("favourite", policy="follower", by=eve) == ["favourite"]


async def test_who_is_muted_or_filtered_is_not_pushed(start: Start, service: PushService) -> None:
    node, ann, bob, api, _ = await start_world(start)
    eve = await node.create_member("eve")
    await subscribe(api, Device())
    async with node.db.write() as tx:
        await mutes.mute(tx, ann, bob)
        await blocks.block(tx, node.site, ann, eve)
    for each in (bob, eve):
        await node.publish(each, "@ann hello")
    await api.post(
        "/api/v2/filters",
        title="Foxes",
        context=["notifications"],
        filter_action="hide",
        keywords_attributes=[{"keyword": "fox"}],
    )
    carl = await node.create_member("carl")
    await node.publish(carl, "@ann a fox")
    await node.settle()
    assert service.take_received() == []


async def test_what_was_dismissed_meanwhile_is_not_pushed(start: Start, service: PushService) -> None:
    node, _, bob, api, _ = await start_world(start)
    await subscribe(api, Device())
    await node.publish(bob, "@ann hello")
    await api.post("/api/v1/notifications/clear")
    await node.settle()
    assert service.take_received() == []


@pytest.mark.parametrize("status", [404, 410])
async def test_a_client_that_is_gone_is_forgotten(start: Start, service: PushService, status: int) -> None:
    node, _, bob, api, _ = await start_world(start)
    await subscribe(api, Device())
    service.status = status
    await node.publish(bob, "@ann hello")
    await node.settle()
    assert len(service.take_received()) == 1
    assert (await api.request("GET", PATH)).status == 404
    assert await node.node.runner.count_backlog() == 0


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_a_service_that_is_busy_is_asked_again(start: Start, service: PushService, status: int) -> None:
    node, _, bob, api, _ = await start_world(start)
    device = Device()
    await subscribe(api, device)
    service.status, service.headers = status, {"Retry-After": "600"}
    await node.publish(bob, "@ann hello")
    await node.settle()
    assert len(service.take_received()) == 1
    node.clock.forward(seconds=500)
    await node.settle()
    assert service.take_received() == []
    service.status = 201
    node.clock.forward(seconds=101)
    await node.settle()
    assert [device.decrypt(each)["notification_type"] for each in service.take_received()] == ["mention"]
    assert await node.node.runner.count_backlog() == 0


async def test_a_message_is_given_up_in_the_end_and_the_subscription_stays(
    start: Start, service: PushService
) -> None:
    node, _, bob, api, _ = await start_world(start)
    await subscribe(api, Device())
    service.status = 503
    await node.publish(bob, "@ann hello")
    for _ in range(10):
        await node.settle()
        node.clock.forward(hours=2)
    assert len(service.take_received()) == 8
    assert await node.node.runner.count_backlog() == 0
    service.status = 413
    await node.publish(bob, "@ann again")
    await node.settle()
    assert len(service.take_received()) == 1 and await node.node.runner.count_backlog() == 0
    assert (await api.get(PATH))["policy"] == "all"
    await service.stop()
    await node.publish(bob, "@ann nobody listens")
    await node.settle()
    assert await node.node.runner.count_backlog() == 1


async def test_a_slow_service_holds_up_no_other_work(start: Start, service: PushService) -> None:
    node, _, bob, api, _ = await start_world(start)
    beta = await start("beta.test")
    eve = await beta.create_member("eve")
    of_eve = Api(beta, await beta.create_token(eve))
    found = await of_eve.get("/api/v2/search", q="@bob@alpha.test", resolve="true")
    relations: asyncio.Queue[Event] = asyncio.Queue()
    stop = beta.db.listen(
        lambda event: relations.put_nowait(event) if event.kind == events.RELATION_CHANGED else None
    )
    await subscribe(api, Device())
    service.release_event = asyncio.Event()
    for each in (node, beta):
        each.node.runner.start()
    await node.publish(bob, "@ann hello")
    async with asyncio.timeout(20):
        await service.arrival.wait()
        await of_eve.post(f"/api/v1/accounts/{found['accounts'][0]['id']}/follow")
        # Asked, and then accepted: a task of alpha while the message is still on its way.
        for _ in range(2):
            await relations.get()
    assert await node.node.runner.count_backlog() == 1
    service.release_event.set()
    stop()


@pytest.mark.parametrize("how", ["revoked", "disabled"])
async def test_an_app_that_is_shut_out_is_told_nothing_more(
    start: Start, service: PushService, how: str
) -> None:
    node, _, bob, api, _ = await start_world(start)
    await subscribe(api, Device())
    await node.publish(bob, "@ann hello")
    async with node.db.write() as tx:
        member = await members.get_by_username(tx, "ann")
        if how == "revoked":
            await tokens.revoke_all(tx, member.id)
        else:
            await members.set_disabled(tx, member, disabled=True)
    await node.publish(bob, "@ann again")
    await node.settle()
    assert service.take_received() == [] and await node.node.runner.count_backlog() == 0


async def test_the_key_is_made_once_and_shown_everywhere(start: Start) -> None:
    node, _, _, api, _ = await start_world(start)
    made = await subscribe(api, Device())
    instance = await api.get("/api/v2/instance")
    app = await api.post("/api/v1/apps", client_name="x", redirect_uris="urn:ietf:wg:oauth:2.0:oob")
    async with node.db.read() as tx:
        kept = await push_keys.load_public_key(tx)
        assert "PRIVATE" not in repr(await push_subscription_queries.find_key(tx))
    assert kept == made["server_key"] == app["vapid_key"] == instance["configuration"]["vapid"]["public_key"]
    assert len(kept) == 87
    again = await open_node(
        node.site.config,
        clock=node.clock,
        resolver=tls.LoopbackResolver(),
        passwords=node.node.services.passwords,
    )
    async with again.services.db.read() as tx:
        assert await push_keys.load_public_key(tx) == kept
    await again.close()


async def test_a_remote_mention_is_pushed(start: Start, service: PushService) -> None:
    node, _, _, api, _ = await start_world(start)
    device = Device()
    await subscribe(api, device)
    beta = await start("beta.test")
    eve = await beta.create_member("eve")
    found = await Api(beta, await beta.create_token(eve)).get(
        "/api/v2/search", q="@ann@alpha.test", resolve="true"
    )
    assert found["accounts"]
    await beta.publish(eve, "@ann@alpha.test from afar", summary="about tea")
    while any([await each.settle() for each in (node, beta)]):
        continue
    [message] = service.take_received()
    read = device.decrypt(message)
    assert (read["title"], read["body"]) == ("eve mentioned you", "about tea")


async def test_no_row_holds_a_token_that_opens_anything(start: Start, service: PushService) -> None:
    node, ann, bob, api, token = await start_world(start)
    device, seal = Device(), node.node.services.secret_box
    key = Path(node.site.config.node.data_dir) / "seal.key"
    assert not key.exists()
    await subscribe(api, device)
    await like(node, bob, await node.publish(ann, "hello"))
    async with node.db.read() as tx:
        tables = {table.name: await tx.all(select(table)) for table in metadata.sorted_tables}
    texts = [each for rows in tables.values() for row in rows for each in row if isinstance(each, str)]
    assert len(tables["push_subscriptions"]) == 1 and tables["tasks"] and len(texts) > 50
    assert [each for each in texts if token in each] == []
    assert key.stat().st_mode & 0o777 == 0o600
    await node.settle()
    assert [device.decrypt(each)["access_token"] for each in service.take_received()] == [token]

    key.unlink()
    seal.__init__(key)  # type: ignore[misc]  # as in a process that starts now
    await node.publish(bob, "@ann the key was not in the backup")
    await node.settle()
    assert service.take_received() == [] and await node.node.runner.count_backlog() == 0 and not key.exists()
    assert (await api.request("GET", PATH)).status == 404
    await subscribe(api, device)
    await node.publish(bob, "@ann but the app came again")
    await node.settle()
    assert [device.decrypt(each)["access_token"] for each in service.take_received()] == [token]

    key.write_text("nonsense")
    seal.__init__(key)  # type: ignore[misc]
    assert (await api.request("POST", PATH, json={"subscription": device.make_subscription()})).status == 503
    await node.publish(bob, "@ann whoever mends the key has lost nothing")
    await node.settle()
    assert service.take_received() == [] and await node.node.runner.count_backlog() == 1
    assert (await api.get(PATH))["endpoint"] == device.endpoint


def test_processes_that_start_together_have_one_key(tmp_path: Path) -> None:
    seals = [SecretBox(tmp_path / "data" / "seal.key") for _ in range(16)]
    assert seals[0].decrypt("bm90aGluZw==", "here") is None
    with ThreadPoolExecutor(16) as threads:
        closed = list(threads.map(lambda each: each.encrypt("secret", "here"), seals))
    assert len(set(closed)) == 16 and {seals[3].decrypt(each, "here") for each in closed} == {"secret"}
    assert seals[3].decrypt(closed[0], "there") is seals[3].decrypt("nonsense", "here") is None
    assert [each.name for each in (tmp_path / "data").iterdir()] == ["seal.key"]
