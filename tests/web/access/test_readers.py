"""Files of a private node: who reads them, by which right, and for how long."""

from __future__ import annotations

import re
from typing import Any

import aiohttp
import msgspec
import pytest

from fedserver.domain.content import emojis
from fedserver.domain.content.media import NewFile
from fedserver.federation.outbound.posts import load_post
from tests.kit.api import Api
from tests.kit.nodes import Start, TestNode
from tests.kit.pictures import make_picture
from tests.kit.visitors import log_in_visitor

ON_SQLITE = pytest.mark.parametrize("start", ["sqlite"], indirect=True)
ADDRESS = re.compile(r"https://alpha\.test/media/[^\"\s<>]+")


async def upload(api: Api) -> dict[str, Any]:
    form = aiohttp.FormData()
    form.add_field("file", make_picture(), filename="p.png", content_type="image/png")
    body: dict[str, Any] = (await api.request("POST", "/api/v2/media", data=form)).body
    return body


async def fetch(node: TestNode, url: str, **headers: str) -> tuple[int, str]:
    """Return the status of a file and its Cache-Control, as a stranger or with these headers."""
    async with node.open_browser().get(url, headers=headers) as answer:
        await answer.read()
        return answer.status, answer.headers.get("Cache-Control", "")


@ON_SQLITE
async def test_apps_get_addresses_with_a_right_that_ends_and_pages_get_none(start: Start) -> None:
    node = await start("alpha.test", readers="members")
    ann = await node.create_member("ann")
    api = Api(node, await node.create_token(ann))
    file = await upload(api)
    article = f"![drawn]({file['url']})"
    body = {"status": article, "title": "Long", "content_type": "text/markdown", "media_ids": [file["id"]]}
    status = await api.post("/api/v1/statuses", **body)
    form = aiohttp.FormData()
    form.add_field("avatar", make_picture("navy"), filename="a.png", content_type="image/png")
    await api.request("PATCH", "/api/v1/accounts/update_credentials", data=form)

    async def list_addresses() -> set[str]:
        answer = await api.get(f"/api/v1/statuses/{status['id']}")
        text = msgspec.json.encode(answer).decode().replace("&amp;", "&").replace("\\", "")
        return set(ADDRESS.findall(text))

    first = await list_addresses()
    assert len(first) >= 2, "the picture and the avatar"
    for address in first:
        assert await fetch(node, address) == (200, "private, max-age=86400"), address
        plain = address.partition("?")[0]
        assert (await fetch(node, plain))[0] == 401
        assert (await fetch(node, plain, Authorization=f"Bearer {api.token}"))[0] == 200
        forged = re.sub(r"e=(\d+)", lambda match: f"e={int(match[1]) + 1}", address)
        assert (await fetch(node, forged))[0] == 401, "a longer time than was given"
    one, other = sorted(first)[:2]
    assert (await fetch(node, f"{one.partition('?')[0]}?{other.partition('?')[2]}"))[0] == 401, "another file"

    node.clock.forward(days=15)
    assert {(await fetch(node, address))[0] for address in first} == {401}
    second = await list_addresses()
    assert not second & first
    assert {(await fetch(node, address))[0] for address in second} == {200}, "what is cached is rendered anew"

    visitor = await log_in_visitor(node, "ann")
    page = await visitor.open(status["url"].removeprefix(node.base))
    addresses = set(ADDRESS.findall(page.text))
    assert addresses
    assert not [address for address in addresses if "s=" in address]
    for address in addresses:
        async with visitor.http.get(address) as answer:
            assert answer.status == 200, address


@ON_SQLITE
async def test_node_that_is_not_private_gives_files_to_who_has_the_address(start: Start) -> None:
    node = await start("alpha.test", mode="allowlist")
    api = Api(node, await node.create_token(await node.create_member("ann")))
    url = (await upload(api))["url"]
    assert "?" not in url
    status, cache_control = await fetch(node, url)
    assert (status, cache_control) == (200, "public, max-age=31536000, immutable")


@ON_SQLITE
async def test_guests_are_led_only_to_what_they_can_read(start: Start) -> None:
    for readers, is_open in (("members", False), ("everyone", True)):
        node = await start("alpha.test", readers=readers)
        async with node.http.get("/about") as answer:
            page = await answer.text()
        for path in ("/local", "/blog", "/explore", "/partners"):
            assert (f'href="{path}"' in page) is is_open, path


@ON_SQLITE
async def test_suspended_member_reads_no_files(start: Start) -> None:
    node = await start("alpha.test", readers="members")
    ann = await node.create_member("ann")
    api = Api(node, await node.create_token(ann))
    plain = (await upload(api))["url"].partition("?")[0]
    ada = await node.create_member("ada", "admin")
    admin = Api(node, await node.create_token(ada, "admin:write admin:read"))
    assert (await fetch(node, plain, Authorization=f"Bearer {api.token}"))[0] == 200
    await admin.post(f"/api/v1/admin/accounts/{ann.id}/action", type="suspend")
    assert (await fetch(node, plain, Authorization=f"Bearer {api.token}"))[0] in (401, 403)


@ON_SQLITE
async def test_documents_for_peers_hold_addresses_with_a_right(start: Start) -> None:
    node = await start("alpha.test", readers="members")
    api = Api(node, await node.create_token(await node.create_member("ann")))
    key = await node.node.services.store.put_bytes(make_picture(), "png")
    async with node.db.write() as tx:
        await emojis.create(tx, None, "fox", NewFile("image", "image/png", key, key, 100))
    status = await api.post("/api/v1/statuses", status="see :fox:", media_ids=[(await upload(api))["id"]])
    async with node.db.read() as tx:
        post = await load_post(tx, node.site, int(status["id"]))
    assert post is not None
    found = set(ADDRESS.findall(msgspec.json.encode(post.document).decode()))
    assert len(found) == 2, "the picture and the emoji"
    assert {(await fetch(node, address))[0] for address in found} == {200}
