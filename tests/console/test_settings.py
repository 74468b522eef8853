"""Settings in the console, by real HTTP and without JavaScript."""

from __future__ import annotations

import re
from typing import Any

import aiohttp
import pytest

from tests.kit.api import Api
from tests.kit.nodes import PASSWORD, Start, TestNode
from tests.kit.pictures import make_picture

PATH = "/admin/settings"


async def log_in(node: TestNode, name: str, http: aiohttp.ClientSession | None = None) -> None:
    form = {"username": name, "password": PASSWORD}
    async with (http or node.http).post("/login", data=form, allow_redirects=False) as answer:
        assert answer.status == 303


async def begin(start: Start, **config: Any) -> TestNode:
    node = await start("alpha.test", **config)
    await node.create_member("ann", "owner")
    await log_in(node, "ann")
    return node


async def read(node: TestNode, path: str, http: aiohttp.ClientSession | None = None) -> str:
    async with (http or node.http).get(path) as answer:
        assert answer.status == 200, (path, answer.status, await answer.text())
        return await answer.text()


def find_hidden(page: str) -> dict[str, str]:
    """Return the hidden fields of the form of a page: its token and the digests of what it showed."""
    main = page.partition("<main")[2].partition("</main>")[0]
    fields = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', main)
    return {name: value for name, value in fields if not name.startswith("values[")}


async def send(
    node: TestNode,
    group: str,
    page: str,
    status: int = 303,
    http: aiohttp.ClientSession | None = None,
    **values: Any,
) -> str:
    """Send the form of a page with some of its fields; `community__title` is `values[community.title]`."""
    named = {
        f"values[{name.replace('__', '.')}]" if "__" in name else name: value
        for name, value in values.items()
    }
    data = {"reason": "why not", **find_hidden(page), **named}
    path = f"{PATH}/{group}"
    async with (http or node.http).post(path, data=data, allow_redirects=False) as answer:
        text = await answer.text()
        assert answer.status == status, (answer.status, text)
        return text


async def test_change_holds_at_once_and_is_in_the_log(start: Start) -> None:
    node = await begin(start)
    page = await read(node, f"{PATH}/identity")
    await send(node, "identity", page, community__title="Library <b>", community__hue="10")
    page = await read(node, f"{PATH}/identity?saved=1")
    assert "Library &lt;b&gt;" in page
    assert 'role="status"' in page
    assert (await Api(node).get("/api/v1/instance"))["title"] == "Library <b>"
    log = await read(node, "/log")
    assert "community.title: “Node alpha.test” → “Library &lt;b&gt;”" in log
    assert "why not" in log
    # Sent again, as a browser does after a step back: nothing changes, and nothing is written down.
    await send(node, "identity", page, community__title="Library <b>")
    assert log.count("Setting changed") == (await read(node, "/log")).count("Setting changed") == 2


async def test_mistakes_stand_at_their_fields_and_keep_what_was_written(start: Start) -> None:
    node = await begin(start)
    page = await read(node, f"{PATH}/limits")
    answer = await send(
        node,
        "limits",
        page,
        422,
        limits__poll_options="1",
        limits__post_characters="many",
        limits__media_per_post="7",
    )
    assert 'id="limits.poll_options-problem"' in answer
    assert "Please write at least 2." in answer
    assert 'value="many"' in answer
    assert 'value="7"' in answer
    assert "why not" in answer
    assert node.site.config.limits.media_per_post == 16
    page = await read(node, f"{PATH}/joining")
    answer = await send(node, "joining", page, 422, reason=" ", registration__question="Who are you?")
    assert 'id="reason-problem"' in answer
    assert 'value="Who are you?"' in answer


async def test_setting_that_shuts_people_out_is_asked_about(start: Start) -> None:
    node = await begin(start)
    page = await read(node, f"{PATH}/federation")
    answer = await send(node, "federation", page, 422, federation__mode="closed")
    assert "Save anyway" in answer
    assert node.site.config.federation.mode == "open"
    await send(node, "federation", answer, federation__mode="closed")
    assert node.node.services.policies.is_closed
    page = await read(node, f"{PATH}/joining")
    invite = {"registration__mode": "invite", "registration__invites_per_member": "0"}
    answer = await send(node, "joining", page, 422, **invite)
    assert "only moderators and admins could invite" in answer


async def test_second_admin_is_told_what_the_first_changed(start: Start) -> None:
    node = await begin(start)
    await node.create_member("bob", "admin")
    bob = node.open_browser()
    await log_in(node, "bob", bob)
    of_ann, of_bob = await read(node, f"{PATH}/identity"), await read(node, f"{PATH}/identity", bob)
    await send(node, "identity", of_ann, community__title="Of Ann", community__contact_email="ann@mail.test")
    # What Bob did not touch is still as he was shown it, and stays as Ann made it.
    answer = await send(
        node, "identity", of_bob, 422, bob, community__title="Of Bob", community__contact_email=""
    )
    assert "Someone else changed this meanwhile to: “Of Ann”" in answer
    assert 'value="Of Bob"' in answer
    assert 'value="ann@mail.test"' in answer
    assert node.site.config.community.title == "Of Ann"
    await send(node, "identity", answer, 303, bob, community__title="Of Bob")
    community = node.site.config.community
    assert (community.title, community.contact_email) == ("Of Bob", "ann@mail.test")


async def test_pictures_are_shown_to_everyone_and_removed(start: Start) -> None:
    node = await begin(start)
    page = await read(node, f"{PATH}/identity")
    picture = aiohttp.FormData({**find_hidden(page), "reason": "nicer"})
    picture.add_field("picture", make_picture("red"), filename="a.png", content_type="image/png")
    picture.add_field("logo", make_picture(), filename="b.png", content_type="image/png")
    async with node.http.post(f"{PATH}/identity", data=picture, allow_redirects=False) as answer:
        assert answer.status == 303, await answer.text()
    instance = await Api(node).get("/api/v2/instance")
    urls = [instance["thumbnail"]["url"], instance["icon"][0]["src"]]
    for url in urls:
        async with node.http.get(url) as answer:
            assert answer.status == 200
            assert answer.content_type.startswith("image/")
    assert urls[1] in await read(node, "/about")
    page = await read(node, f"{PATH}/identity")
    await send(node, "identity", page, **{"removed[]": "picture"})
    await node.settle()
    async with node.http.get(urls[0]) as answer:
        assert answer.status == 404
    assert node.node.services.store.path(urls[0].rpartition("/community/picture/")[2]) is None
    text = aiohttp.FormData({**find_hidden(page), "reason": "x"})
    text.add_field("logo", b"no picture", filename="b.png", content_type="image/png")
    async with node.http.post(f"{PATH}/identity", data=text, allow_redirects=False) as answer:
        assert answer.status == 422
        assert 'id="community.logo-problem"' in await answer.text()


async def test_settings_are_found_by_name(start: Start) -> None:
    node = await begin(start)
    page = await read(node, f"{PATH}?q=LONGEST+poll")
    assert f'href="{PATH}/limits#limits.max_poll_seconds"' in page
    assert "No setting has that in its name" in await read(node, f"{PATH}?q=zebra")
    assert "<svg" in await read(node, f"{PATH}/colour.svg?hue=400")
    assert "colour.svg?hue=77" in await read(node, f"{PATH}/colour?values[community.hue]=77")
    preview = await send(
        node, "identity", await read(node, f"{PATH}/identity"), 200, community__hue="77", preview="1"
    )
    assert "colour.svg?hue=77" in preview
    assert node.site.config.community.hue == 205
    async with node.http.get(f"{PATH}/nothing") as answer:
        assert answer.status == 404


@pytest.mark.parametrize("role", ["moderator", "member"])
async def test_only_admins_change_settings(start: Start, role: str) -> None:
    node = await begin(start)
    await node.create_member("bob", role)
    bob = node.open_browser()
    await log_in(node, "bob", bob)
    for path in (PATH, f"{PATH}/identity", f"{PATH}/rules", f"{PATH}/legal/terms"):
        async with bob.get(path) as answer:
            assert answer.status == 403
