"""The forms for custom emoji in the console: real HTTP, pictures in a real store, and what they refuse."""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest

from tests.console.test_console import form_to, log_in, read, submit
from tests.kit import tls
from tests.kit.api import Api
from tests.kit.nodes import Start, TestNode
from tests.kit.peers import Document, StubPeers, make_actor
from tests.kit.pictures import make_picture

PATH = "/admin/emojis"
PNG = make_picture()
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
BOB = "https://beta.test/users/bob"
BLOB = "https://beta.test/blob.png"


async def begin(start: Start) -> TestNode:
    """Return a node whose browser is that of an admin."""
    node = await start("alpha.test")
    await node.create_member("root", "admin")
    await log_in(node, "root")
    return node


async def send(
    node: TestNode, action: str, *, picture: bytes | None = None, **values: str
) -> tuple[int, str, dict[str, str]]:
    """Fill in the form that leads to `action`; return status, page and what was sent."""
    form = form_to(await read(node, PATH), action)
    fields = {**form.values, **values}
    fields.pop("image", None)
    data = aiohttp.FormData(fields)
    if picture is not None:
        data.add_field("image", picture, filename="a.png", content_type="image/png")
    headers = {"Origin": node.base, "Sec-Fetch-Site": "same-origin"}
    async with node.http.post(action, data=data, headers=headers, allow_redirects=False) as answer:
        return answer.status, await answer.text(), fields


def list_files(node: TestNode) -> list[Any]:
    return sorted(path for path in node.node.services.store.root.rglob("*") if path.is_file())


async def list_emojis(node: TestNode) -> list[tuple[str, str | None]]:
    return [(item["shortcode"], item["category"]) for item in await Api(node).get("/api/v1/custom_emojis")]


async def test_emoji_is_added_disabled_enabled_and_deleted(start: Start) -> None:
    node = await begin(start)
    assert (await send(node, PATH, picture=PNG, shortcode=":fox:", category="Ani<b>"))[0] == 303
    page = await read(node, PATH)
    assert "<code>:fox:</code>" in page
    assert "Ani&lt;b&gt;" in page
    assert await list_emojis(node) == [("fox", "Ani<b>")]
    assert len(list_files(node)) == 2
    form = next(form for form in (PATH + "/",) if form in page)
    action = page.partition(f'action="{form}')[2].partition('"')[0]
    await submit(node, PATH, PATH + "/" + action)
    assert "Disabled" in await read(node, PATH)
    assert await list_emojis(node) == []
    await submit(node, PATH, PATH + "/" + action)
    assert await list_emojis(node) == [("fox", "Ani<b>")], "enabling it keeps its category"
    await submit(node, PATH, f"{PATH}/{action}/delete")
    assert "There are no custom emoji yet" in await read(node, PATH)
    await node.settle()
    assert list_files(node) == []
    log = await read(node, "/admin/log")
    for text in ("Emoji added", "Emoji disabled", "Emoji enabled", "Emoji deleted"):
        assert text in log


@pytest.mark.parametrize(
    ("shortcode", "picture", "text"),
    [
        ("fox", PNG, "There is an emoji with this shortcode already."),
        ("a b", PNG, "Please choose a shortcode of 2 to 50 letters"),
        ("x", PNG, "Please choose a shortcode of 2 to 50 letters"),
        ("x" * 51, PNG, "Please choose a shortcode of 2 to 50 letters"),
        ("fuchs-é", PNG, "Please choose a shortcode of 2 to 50 letters"),
        ("", PNG, "Please choose a shortcode of 2 to 50 letters"),
        ("good", None, "Please choose a picture."),
        ("good", b"", "Please choose a picture."),
        ("good", SVG, "This file is not an image"),
        ("good", b"GIF89a", "This file is not an image"),
        ("good", b"\x89PNG\r\n\x1a\n" + bytes(300_000), "larger than 262 kB"),
    ],
)
async def test_wrong_emoji_is_refused_with_a_reason(
    start: Start, shortcode: str, picture: bytes | None, text: str
) -> None:
    node = await begin(start)
    assert (await send(node, PATH, picture=PNG, shortcode="fox"))[0] == 303
    files = list_files(node)
    status, page, _ = await send(node, PATH, picture=picture, shortcode=shortcode)
    assert status == 422
    assert text in page
    assert "<h1>" in page
    assert "<svg xmlns" not in page.partition("</header>")[2]
    assert list_files(node) == files, "what is refused leaves no file"
    assert [name for name, _ in await list_emojis(node)] == ["fox"]


async def test_form_that_is_sent_again_adds_nothing(start: Start) -> None:
    node = await begin(start)
    status, _, fields = await send(node, PATH, picture=PNG, shortcode="fox")
    assert status == 303
    files = list_files(node)
    data = aiohttp.FormData(fields)
    data.add_field("image", PNG, filename="a.png", content_type="image/png")
    async with node.http.post(PATH, data=data, allow_redirects=False) as answer:
        assert answer.status == 422
        assert "already" in await answer.text()
    assert list_files(node) == files
    page = await read(node, PATH)
    action = PATH + "/" + page.partition(f'action="{PATH}/')[2].partition('"')[0]
    former = form_to(page, f"{action}/delete").values
    await submit(node, PATH, f"{action}/delete")
    for path in (f"{action}/delete", action):
        sent = {**former, "disabled": "1"}
        sent.pop("ask", None)
        async with node.http.post(path, data=sent, allow_redirects=False) as answer:
            assert answer.status == 404, path


async def test_only_admins_with_a_form_of_their_own_change_emoji(start: Start) -> None:
    node = await begin(start)
    await node.create_member("mod", "moderator")
    _, _, fields = await send(node, PATH, picture=PNG, shortcode="fox")
    for csrf in ("", "wrong"):
        assert (await send(node, PATH, picture=PNG, shortcode="cat", csrf=csrf))[0] == 403
    await log_in(node, "mod")
    page = await read(node, PATH)
    assert ":fox:" in page
    assert 'name="shortcode"' not in page, "moderators read only"
    for action in (PATH, f"{PATH}/copy"):
        async with node.http.post(action, data=fields, allow_redirects=False) as answer:
            assert answer.status == 403
    async with node.http.post(PATH, data=fields, allow_redirects=False) as answer:
        assert answer.status == 403, "a form of somebody else"
    assert [name for name, _ in await list_emojis(node)] == ["fox"]


def make_peer(**icon: Any) -> tuple[Document, Document]:
    """Return Bob of beta, and a note of his that shows `:blob:`."""
    tag = [{"type": "Emoji", "name": ":blob:", "icon": {"type": "Image", "url": BLOB, **icon}}]
    note = {"id": f"{BOB}/1", "type": "Note", "attributedTo": BOB, "content": "<p>:blob:</p>", "tag": tag,
            "to": ["https://www.w3.org/ns/activitystreams#Public"]}  # fmt: skip
    return make_actor(BOB, "bob", tag=tag), note


async def test_emoji_is_copied_from_a_post_or_a_profile_of_a_peer(
    start: Start, names: tls.LoopbackResolver
) -> None:
    node = await begin(start)
    async with StubPeers(names, "beta.test") as peers:
        peers.serve(*make_peer())
        peers.serve_picture(BLOB, PNG)
        copy = f"{PATH}/copy"
        assert (await send(node, copy, source=f"{BOB}/1", source_shortcode=":blob:"))[0] == 303
        values = {"source": "@bob@beta.test", "source_shortcode": "blob", "shortcode": "drop"}
        assert (await send(node, copy, category="Blobs", **values))[0] == 303
        assert await list_emojis(node) == [("blob", None), ("drop", "Blobs")]
        status, page, _ = await send(node, copy, **values)
        assert (status, "already" in page) == (422, True)
    for item in await Api(node).get("/api/v1/custom_emojis"):
        assert item["url"].startswith("https://alpha.test/media/")
        async with node.http.get(item["url"]) as answer:
            assert (answer.status, answer.content_type) == (200, "image/png")


@pytest.mark.parametrize(
    ("values", "status", "text"),
    [
        ({"source_shortcode": "cat"}, 422, "There is no emoji :cat: in that post or profile."),
        ({"source_shortcode": "<b>"}, 422, "Please choose a shortcode"),
        ({"source_shortcode": "<b>", "shortcode": "fox"}, 422, "There is no emoji :&lt;b&gt;: in that"),
        ({"shortcode": "a-b"}, 422, "Please choose a shortcode"),
        ({"source": "https://beta.test/nothing"}, 422, "There is no emoji :blob:"),
        ({"source": "@nobody@beta.test"}, 422, "There is no emoji :blob:"),
        ({"source": "https://alpha.test/users/root"}, 422, "There is no emoji :blob:"),
        ({"source": "@root@alpha.test"}, 422, "There is no emoji :blob:"),
        ({"source": ""}, 422, "There is no emoji :blob:"),
        ({"source": "nonsense"}, 422, "There is no emoji :blob:"),
        ({"source": "https://10.0.0.1/x"}, 422, "There is no emoji :blob:"),
    ],
)
async def test_wrong_copy_is_refused_with_a_reason(
    start: Start, names: tls.LoopbackResolver, values: dict[str, str], status: int, text: str
) -> None:
    node = await begin(start)
    async with StubPeers(names, "beta.test") as peers:
        peers.serve(*make_peer())
        peers.serve_picture(BLOB, PNG)
        sent = {"source": f"{BOB}/1", "source_shortcode": "blob", **values}
        found, page, _ = await send(node, f"{PATH}/copy", **sent)
    assert (found, text in page) == (status, True), page[-2000:]
    assert await list_emojis(node) == []


@pytest.mark.parametrize("picture", [SVG, b"", b"no picture", None])
async def test_picture_of_a_peer_that_is_none_is_not_copied(
    start: Start, names: tls.LoopbackResolver, picture: bytes | None
) -> None:
    node = await begin(start)
    async with StubPeers(names, "beta.test") as peers:
        peers.serve(*make_peer(mediaType="image/png"))
        if picture is not None:
            peers.serve_picture(BLOB, picture)
        values = {"source": f"{BOB}/1", "source_shortcode": "blob"}
        status, page, _ = await send(node, f"{PATH}/copy", **values)
    assert 400 <= status < 500
    assert "<h1>" in page
    assert await list_emojis(node) == []
    assert list_files(node) == []
