"""Push messages from a like to the device: subscribed, enqueued with the notification, encrypted, signed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from glob import glob
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from fedserver.domain.auth import member_access, members, tokens
from fedserver.domain.kernel import events
from fedserver.domain.kernel.secrets import SecretBox
from fedserver.domain.moderation import moderation, report_filing
from fedserver.domain.notifications import push_keys
from fedserver.domain.peers import peers
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
from tests.kit.people import create_remote_account
from tests.kit.push import Device, PushService

PATH = "/api/v1/push/subscription"
EVERYTHING = {"mention": True, "favourite": True, "follow": True, "reblog": True, "status": True}


@pytest.fixture
async def service(names: tls.LoopbackResolver) -> AsyncIterator[PushService]:
    """Yield the push service at https://push.test."""
    push_service = PushService(names)
    await push_service.start()
    yield push_service
    await push_service.stop()


async def start_world(start: Start) -> tuple[TestNode, AccountRow, AccountRow, Api, str]:
    """Start a node where Ann has an app and Bob acts."""
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
async def test_push_of_a_like_is_encrypted_and_signed(
    start: Start, service: PushService, standard: bool
) -> None:
    node, ann, bob, api, token = await start_world(start)
    device = Device(standard=standard)
    subscription = await subscribe(api, device)
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
    claims = message.verify_claims(subscription["server_key"])
    now = node.clock.now // 1000
    assert claims["aud"] == "https://push.test"
    assert now < claims["exp"] <= now + 24 * 3600
    assert claims["sub"] == node.base
    await node.settle()
    assert service.take_received() == []


async def test_subscription_by_form_equals_json(start: Start) -> None:
    _, _, _, api, _ = await start_world(start)
    device = Device(standard=False)
    sent = device.make_subscription()
    subscription = await subscribe(api, device, "followed", mention=True, **{"admin.sign_up": True})
    assert subscription["endpoint"] == device.endpoint
    assert subscription["policy"] == "followed"
    assert not subscription["standard"]
    assert {name for name, on in subscription["alerts"].items() if on} == {"mention", "admin.sign_up"}
    form = {
        "subscription[endpoint]": device.endpoint,
        "subscription[keys][p256dh]": sent["keys"]["p256dh"],
        "subscription[keys][auth]": sent["keys"]["auth"],
        "data[alerts][mention]": "1",
        "data[alerts][follow]": "false",
        "data[alerts][admin.sign_up]": "true",
        "data[policy]": "followed",
    }
    answer = await api.request("POST", PATH, data=form)
    assert answer.status == 200
    assert {**answer.body, "id": subscription["id"]} == subscription
    assert answer.body["id"] != subscription["id"]
    assert await api.get(PATH) == answer.body
    answer = await api.request("PUT", PATH, data={"data[alerts][reblog]": "1", "policy": "all"})
    assert answer.body["alerts"]["reblog"]
    assert not answer.body["alerts"]["mention"]
    assert answer.body["policy"] == "all"
    changed = await api.put(PATH, data={"policy": "none"})
    assert changed["policy"] == "none"
    assert changed["alerts"]["reblog"]
    assert await api.delete(PATH) == {} == await api.delete(PATH)
    for method in ("GET", "PUT"):
        answer = await api.request(method, PATH, json={"data": {"alerts": {"mention": True}}})
        assert answer.status == 404
        assert answer.body["error"]


async def test_subscription_belongs_to_its_token_and_needs_the_scope(
    start: Start, service: PushService
) -> None:
    node, ann, bob, api, token = await start_world(start)
    second_token = await node.create_token(ann)
    second, other = Api(node, second_token), Api(node, await node.create_token(bob))
    phone, laptop = Device("phone"), Device("laptop", standard=False)
    await subscribe(api, phone)
    for item in (second, other):
        assert (await item.request("GET", PATH)).status == 404
    await subscribe(second, laptop)
    assert (await api.get(PATH))["endpoint"] == phone.endpoint
    await like(node, bob, await node.publish(ann, "hello"))
    await node.settle()
    messages = {message.path: message for message in service.take_received()}
    assert phone.decrypt(messages["/phone"])["access_token"] == token
    assert laptop.decrypt(messages["/laptop"])["access_token"] == second_token
    await second.delete(PATH)
    assert (await api.get(PATH))["endpoint"] == phone.endpoint
    narrow = Api(node, await node.create_token(ann, "read write follow"))
    for method in ("GET", "POST", "PUT", "DELETE"):
        assert (await narrow.request(method, PATH, json={})).status == 403
        assert (await Api(node).request(method, PATH, json={})).status == 401


async def test_subscription_with_a_wrong_endpoint_or_keys_is_refused(start: Start) -> None:
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
        subscription = {**good, **change} if change else {}
        answer = await api.request("POST", PATH, json={"subscription": subscription})
        assert answer.status == 422, change
        assert answer.body["error"], change
    answer = await api.request("POST", PATH, json={"subscription": good, "data": {"policy": "everybody"}})
    assert answer.status == 422
    assert (await api.request("GET", PATH)).status == 404


async def test_push_is_sent_as_alerts_and_policy_say(start: Start, service: PushService) -> None:
    node, ann, bob, api, _ = await start_world(start)
    device, post_id = Device(), await node.publish(ann, "hello")
    eve = await node.create_member("eve")

    async def list_pushed(*alerts: str, policy: str = "all", by: AccountRow = bob) -> list[str]:
        await subscribe(api, device, policy, **dict.fromkeys(alerts, True))
        async with node.db.write() as tx:
            await likes.unlike(tx, by, post_id)
            await likes.like(tx, node.site, by, post_id)
        await node.publish(by, "@ann look")
        await node.settle()
        return sorted(device.decrypt(message)["notification_type"] for message in service.take_received())

    assert await list_pushed("favourite", "mention") == ["favourite", "mention"]
    assert await list_pushed("favourite") == ["favourite"]
    assert await list_pushed("follow_request") == []
    assert await list_pushed("favourite", policy="none") == []
    assert (
        await list_pushed("favourite", policy="followed")
        == []
        == await list_pushed("favourite", policy="follower")
    )
    async with node.db.write() as tx:
        await follows.follow(tx, node.site, ann, bob)
        await follows.follow(tx, node.site, eve, ann)
    assert await list_pushed("favourite", policy="followed") == ["favourite"]
    assert await list_pushed("favourite", policy="follower") == []
    assert await list_pushed("favourite", policy="followed", by=eve) == []
    assert await list_pushed("favourite", policy="follower", by=eve) == ["favourite"]


async def test_push_about_moderation_is_sent_once(start: Start, service: PushService) -> None:
    node, ann, bob, api, _ = await start_world(start)
    async with node.db.write() as tx:
        await tx.run(metadata.tables["members"].update().values(role="moderator"))
    alerts = {"admin.report": True, "moderation_warning": True, "severed_relationships": True}
    device = Device()
    await subscribe(api, device, **alerts)
    async with node.db.write() as tx:
        await report_filing.file(tx, node.site, bob, report_filing.NewReport(target_id=ann.id))
        eve = await create_remote_account(tx, "eve", "peer.test")
        await follows.follow(tx, node.site, eve, ann)
        await peers.decide(tx, None, "peer.test", peers.PeerDecision("block"))
        await moderation.apply(tx, node.site, None, ann.id, moderation.ModerationAction("none", "Calm down"))
    await node.settle()
    sent = sorted(device.decrypt(message)["notification_type"] for message in service.take_received())
    assert sent == sorted(alerts), "one message for each notification"


async def test_push_is_not_sent_for_muted_blocked_or_filtered(start: Start, service: PushService) -> None:
    node, ann, bob, api, _ = await start_world(start)
    eve = await node.create_member("eve")
    await subscribe(api, Device())
    async with node.db.write() as tx:
        await mutes.mute(tx, ann, bob)
        await blocks.block(tx, node.site, ann, eve)
    for item in (bob, eve):
        await node.publish(item, "@ann hello")
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


async def test_push_is_not_sent_for_dismissed_notifications(start: Start, service: PushService) -> None:
    node, _, bob, api, _ = await start_world(start)
    await subscribe(api, Device())
    await node.publish(bob, "@ann hello")
    await api.post("/api/v1/notifications/clear")
    await node.settle()
    assert service.take_received() == []


@pytest.mark.parametrize("status", [404, 410])
async def test_subscription_that_is_gone_is_deleted(start: Start, service: PushService, status: int) -> None:
    node, _, bob, api, _ = await start_world(start)
    await subscribe(api, Device())
    service.status = status
    await node.publish(bob, "@ann hello")
    await node.settle()
    assert len(service.take_received()) == 1
    assert (await api.request("GET", PATH)).status == 404
    assert await node.node.runner.count_backlog() == 0


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_push_to_a_busy_service_is_retried(start: Start, service: PushService, status: int) -> None:
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
    assert [device.decrypt(message)["notification_type"] for message in service.take_received()] == [
        "mention"
    ]
    assert await node.node.runner.count_backlog() == 0


async def test_push_that_keeps_failing_is_dropped_and_the_subscription_stays(
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
    assert len(service.take_received()) == 1
    assert await node.node.runner.count_backlog() == 0
    assert (await api.get(PATH))["policy"] == "all"
    await service.stop()
    await node.publish(bob, "@ann nobody listens")
    await node.settle()
    assert await node.node.runner.count_backlog() == 1


async def test_push_to_a_slow_service_does_not_delay_other_jobs(start: Start, service: PushService) -> None:
    node, _, bob, api, _ = await start_world(start)
    beta = await start("beta.test")
    eve = await beta.create_member("eve")
    of_eve = Api(beta, await beta.create_token(eve))
    search = await of_eve.get("/api/v2/search", q="@bob@alpha.test", resolve="true")
    relations: asyncio.Queue[Event] = asyncio.Queue()
    stop = beta.db.listen(
        lambda event: relations.put_nowait(event) if event.kind == events.RELATION_CHANGED else None
    )
    await subscribe(api, Device())
    service.release_event = asyncio.Event()
    for running in (node, beta):
        running.node.runner.start()
    await node.publish(bob, "@ann hello")
    async with asyncio.timeout(20):
        await service.arrival.wait()
        await of_eve.post(f"/api/v1/accounts/{search['accounts'][0]['id']}/follow")
        # Requested, and then accepted: a job of alpha while the push message is still being sent.
        for _ in range(2):
            await relations.get()
    assert await node.node.runner.count_backlog() == 1
    service.release_event.set()
    stop()


@pytest.mark.parametrize("how", ["revoked", "disabled"])
async def test_push_is_not_sent_to_revoked_or_disabled_apps(
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
            await member_access.set_disabled(tx, member, disabled=True)
    await node.publish(bob, "@ann again")
    await node.settle()
    assert service.take_received() == []
    assert await node.node.runner.count_backlog() == 0


async def test_push_key_is_created_once_and_the_same_everywhere(start: Start) -> None:
    node, _, _, api, _ = await start_world(start)
    subscription = await subscribe(api, Device())
    instance = await api.get("/api/v2/instance")
    app = await api.post("/api/v1/apps", client_name="x", redirect_uris="urn:ietf:wg:oauth:2.0:oob")
    async with node.db.read() as tx:
        public_key = await push_keys.load_public_key(tx)
        assert "PRIVATE" not in repr(await push_subscription_queries.find_key(tx))
    assert (
        public_key
        == subscription["server_key"]
        == app["vapid_key"]
        == instance["configuration"]["vapid"]["public_key"]
    )
    assert len(public_key) == 87
    second = await open_node(
        node.site.config,
        clock=node.clock,
        resolver=tls.LoopbackResolver(),
        passwords=node.node.services.passwords,
    )
    async with second.services.db.read() as tx:
        assert await push_keys.load_public_key(tx) == public_key
    await second.close()


async def test_push_of_a_remote_mention_is_sent(start: Start, service: PushService) -> None:
    node, _, _, api, _ = await start_world(start)
    device = Device()
    await subscribe(api, device)
    beta = await start("beta.test")
    eve = await beta.create_member("eve")
    search = await Api(beta, await beta.create_token(eve)).get(
        "/api/v2/search", q="@ann@alpha.test", resolve="true"
    )
    assert search["accounts"]
    await beta.publish(eve, "@ann@alpha.test from afar", summary="about tea")
    while any([await each_node.settle() for each_node in (node, beta)]):
        continue
    [message] = service.take_received()
    read = device.decrypt(message)
    assert (read["title"], read["body"]) == ("eve mentioned you", "about tea")


async def test_stored_subscription_holds_no_usable_token(start: Start, service: PushService) -> None:
    node, ann, bob, api, token = await start_world(start)
    device, box = Device(), node.node.services.secret_box
    key = Path(node.site.config.node.data_dir) / "seal.key"
    await subscribe(api, device)
    await like(node, bob, await node.publish(ann, "hello"))
    async with node.db.read() as tx:
        tables = {table.name: await tx.all(select(table)) for table in metadata.sorted_tables}
    texts = [item for rows in tables.values() for row in rows for item in row if isinstance(item, str)]
    assert len(tables["push_subscriptions"]) == 1
    assert tables["tasks"]
    assert len(texts) > 50
    assert [text for text in texts if token in text] == []
    assert key.stat().st_mode & 0o777 == 0o600
    await node.settle()
    assert [device.decrypt(message)["access_token"] for message in service.take_received()] == [token]

    key.unlink()
    box.__init__(key)  # type: ignore[misc]  # as in a process that starts now
    await node.publish(bob, "@ann the key was not in the backup")
    await node.settle()
    assert service.take_received() == []
    assert await node.node.runner.count_backlog() == 0
    assert not key.exists()
    assert (await api.request("GET", PATH)).status == 404
    await subscribe(api, device)
    await node.publish(bob, "@ann but the app came again")
    await node.settle()
    assert [device.decrypt(message)["access_token"] for message in service.take_received()] == [token]

    key.write_text("nonsense")
    box.__init__(key)  # type: ignore[misc]
    assert (await api.request("POST", PATH, json={"subscription": device.make_subscription()})).status == 503
    await node.publish(bob, "@ann whoever mends the key has lost nothing")
    await node.settle()
    assert service.take_received() == []
    assert await node.node.runner.count_backlog() == 1
    assert (await api.get(PATH))["endpoint"] == device.endpoint


async def test_seal_key_is_made_once_at_the_first_start_and_kept(
    start: Start, tmp_path: Path, service: PushService
) -> None:
    assert glob("**/seal.key", root_dir=tmp_path, recursive=True) == []
    node, _, _, api, _ = await start_world(start)
    key = Path(node.site.config.node.data_dir) / "seal.key"
    made_at_start = key.read_bytes()
    assert key.stat().st_mode & 0o777 == 0o600
    await subscribe(api, Device("phone"))
    await subscribe(Api(node, await node.create_token(await node.create_member("carl"))), Device("laptop"))
    assert key.read_bytes() == made_at_start, "another key would open nothing that was sealed before"
    assert len(glob("**/seal.key", root_dir=tmp_path, recursive=True)) == 1


def test_secret_box_of_processes_that_start_together_has_one_key(tmp_path: Path) -> None:
    boxes = [SecretBox(tmp_path / "data" / "seal.key") for _ in range(16)]
    assert boxes[0].decrypt("bm90aGluZw==", "here") is None
    with ThreadPoolExecutor(16) as threads:
        encrypted = list(threads.map(lambda box: box.encrypt("secret", "here"), boxes))
    assert len(set(encrypted)) == 16
    assert {boxes[3].decrypt(text, "here") for text in encrypted} == {"secret"}
    assert boxes[3].decrypt(encrypted[0], "there") is boxes[3].decrypt("nonsense", "here") is None
    assert [item.name for item in (tmp_path / "data").iterdir()] == ["seal.key"]
