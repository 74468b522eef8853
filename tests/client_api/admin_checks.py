"""The admin endpoints, each asked once by an owner; what they do is tested beside their resources."""

from __future__ import annotations

import io

from fedserver.domain.accounts import accounts
from fedserver.domain.auth import members
from fedserver.domain.timelines import cards
from fedserver.text.previews import PagePreview
from storage.rows.auth import MemberRow
from tests.kit.api import Api
from tests.kit.nodes import TestNode
from tests.kit.people import new_keys
from tests.kit.pictures import make_picture

ADMIN = "/api/v1/admin"
SCOPES = "read write follow push admin:read admin:write"


async def check_moderation(
    node: TestNode, owner_id: str, bob: Api, bob_id: str, requested: set[tuple[str, str]]
) -> None:
    """All chapters; Bob is a member, and is as before at the end."""
    async with node.db.read() as tx:
        owner = await accounts.get(tx, int(owner_id))
    api = Api(node, await node.create_token(owner, SCOPES), requested)
    await _check_sign_ups(node, api)
    await _check_reports(api, bob, owner_id, bob_id)
    await _check_accounts(node, api, bob_id)
    await _check_peers(api)
    await _check_address_blocks(api)
    await _check_measures(api)
    await _check_trends(node, api)
    await _check_emojis(api)


async def _create_pending_member(node: TestNode, name: str) -> tuple[MemberRow, str]:
    new_member = members.NewMember(name, f"{name}@mail.test", "hash", "please")
    async with node.db.write() as tx:
        member, account = await members.create(tx, node.site, new_member, new_keys(), by_operator=False)
    return member, str(account.id)


async def _check_sign_ups(node: TestNode, api: Api) -> None:
    _, first = await _create_pending_member(node, "gus")
    _, second = await _create_pending_member(node, "hal")
    assert len(await api.get("/api/v2/admin/accounts", status="pending")) == 2
    assert len(await api.get(f"{ADMIN}/accounts", pending="true")) == 2
    assert (await api.post(f"{ADMIN}/accounts/{first}/approve"))["approved"]
    assert (await api.post(f"{ADMIN}/accounts/{second}/reject"))["username"] == "hal"
    await api.post(f"{ADMIN}/accounts/{first}/action", type="suspend")
    assert (await api.delete(f"{ADMIN}/accounts/{first}"))["suspended"]


async def _check_reports(api: Api, bob: Api, owner_id: str, bob_id: str) -> None:
    filed = await bob.post("/api/v1/reports", account_id=owner_id, comment="hm")
    path = f"{ADMIN}/reports/{filed['id']}"
    assert [report["id"] for report in await api.get(f"{ADMIN}/reports")] == [filed["id"]]
    assert (await api.get(path))["account"]["id"] == bob_id
    assert (await api.put(path, category="spam"))["category"] == "spam"
    assert (await api.post(f"{path}/assign_to_self"))["assigned_account"]["id"] == owner_id
    assert (await api.post(f"{path}/unassign"))["assigned_account"] is None
    assert (await api.post(f"{path}/resolve"))["action_taken"]
    assert not (await api.post(f"{path}/reopen"))["action_taken"]


async def _check_accounts(node: TestNode, api: Api, bob_id: str) -> None:
    path = f"{ADMIN}/accounts/{bob_id}"
    for kind, verb, field in (
        ("sensitive", "unsensitive", "sensitized"),
        ("silence", "unsilence", "silenced"),
    ):
        await api.post(f"{path}/action", type=kind)
        assert (await api.get(path))[field]
        assert not (await api.post(f"{path}/{verb}"))[field]
    assert not (await api.post(f"{path}/enable"))["disabled"]
    assert not (await api.post(f"{path}/unsuspend"))["suspended"]


async def _check_peers(api: Api) -> None:
    block = await api.post(f"{ADMIN}/domain_blocks", domain="bad.example", severity="suspend")
    path = f"{ADMIN}/domain_blocks/{block['id']}"
    assert await api.get(path) == block
    assert await api.get(f"{ADMIN}/domain_blocks") == [block]
    assert [block["severity"] for block in await api.get("/api/v1/instance/domain_blocks")] == ["suspend"]
    assert (await api.put(path, severity="noop"))["severity"] == "noop"
    await api.delete(path)
    allowed = await api.post(f"{ADMIN}/domain_allows", domain="good.example")
    path = f"{ADMIN}/domain_allows/{allowed['id']}"
    assert await api.get(path) == allowed
    assert await api.get(f"{ADMIN}/domain_allows") == [allowed]
    await api.delete(path)


async def _check_address_blocks(api: Api) -> None:
    for name, values in (
        ("email_domain_blocks", {"domain": "bad.example"}),
        ("canonical_email_blocks", {"email": "e.v.e@mail.test"}),
        ("ip_blocks", {"ip": "203.0.113.0/24", "severity": "no_access"}),
    ):
        block = await api.post(f"{ADMIN}/{name}", **values)
        path = f"{ADMIN}/{name}/{block['id']}"
        assert await api.get(path) == block
        assert await api.get(f"{ADMIN}/{name}") == [block]
        if name == "ip_blocks":
            assert (await api.put(path, comment="spam"))["comment"] == "spam"
        if name == "canonical_email_blocks":
            assert await api.post(f"{ADMIN}/{name}/test", email="eve@mail.test") == [block]
        await api.delete(path)


async def _check_measures(api: Api) -> None:
    span = {"start_at": "2026-11-17", "end_at": "2026-11-18"}
    [measure] = await api.post(f"{ADMIN}/measures", keys=["new_users"], **span)
    assert len(measure["data"]) == 2
    [dimension] = await api.post(f"{ADMIN}/dimensions", keys=["software_versions"])
    assert dimension["data"]
    assert len(await api.post(f"{ADMIN}/retention", frequency="day", **span)) == 2


async def _check_emojis(api: Api) -> None:
    form = {"image": io.BytesIO(make_picture()), "shortcode": "fox", "category": "Animals"}
    emoji = (await api.request("POST", f"{ADMIN}/custom_emojis", data=form)).body
    assert (await api.get(f"{ADMIN}/custom_emojis/{emoji['id']}"))["category"] == "Animals"
    assert (await api.patch(f"{ADMIN}/custom_emojis/{emoji['id']}", type="disable"))["disabled"]
    assert (await api.delete(f"{ADMIN}/custom_emojis/{emoji['id']}"))["shortcode"] == "fox"
    assert await api.get(f"{ADMIN}/custom_emojis") == []


async def _check_trends(node: TestNode, api: Api) -> None:
    tag = (await api.get(f"{ADMIN}/tags"))[0]
    assert (await api.get(f"{ADMIN}/tags/{tag['id']}"))["id"] == tag["id"]
    assert (await api.put(f"{ADMIN}/tags/{tag['id']}", listable=True))["listable"]
    article = await api.post("/api/v1/statuses", status="words", title="A lamp", content_type="text/markdown")
    await api.post(f"/api/v1/statuses/{article['id']}/favourite")
    note = await api.post("/api/v1/statuses", status="a link")
    async with node.db.write() as tx:
        await cards.save(tx, "https://news.test/", PagePreview(kind="link", title="News"), None)
        await cards.set_for_post(tx, int(note["id"]), "https://news.test/")
    [link] = await api.get(f"{ADMIN}/trends/links")
    for name, subject in (("tags", tag["id"]), ("statuses", article["id"]), ("links", link["id"])):
        assert await api.get(f"{ADMIN}/trends/{name}")
        for verb in ("approve", "reject"):
            assert await api.post(f"{ADMIN}/trends/{name}/{subject}/{verb}")
    publisher = (await api.get(f"{ADMIN}/trends/links/publishers"))[0]
    for verb in ("approve", "reject"):
        decided = await api.post(f"{ADMIN}/trends/links/publishers/{publisher['id']}/{verb}")
        assert decided["trendable"] is (verb == "approve")
