"""Reading and looks in the settings: at once on every page, also on those for guests."""

from __future__ import annotations

import aiohttp

from tests.kit.api import Api
from tests.kit.filled_forms import send
from tests.kit.nodes import Start
from tests.kit.pictures import make_picture
from tests.kit.visitors import log_in_visitor

PATH = "/settings/reading"


async def test_looks_are_on_every_page_at_once_and_stay_after_the_log_out(start: Start) -> None:
    node = await start("alpha.test")
    await node.create_member("ann")
    visitor = await log_in_visitor(node, "ann")
    assert "data-theme" not in (await visitor.open("/home")).text
    changes = {"theme": "contrast", "text_size": "larger", "reduce_motion": "1"}
    page = await send(visitor, PATH, PATH, changes)
    root = 'data-theme="contrast" data-size="larger" data-motion="reduce"'
    assert root in page.text
    assert root in (await visitor.open("/home")).text
    assert root in (await visitor.open("/@nobody")).text, "also where something is missing"
    await visitor.submit_action("/home", "/logout")
    assert root in (await visitor.open("/login")).text
    # Another browser has them from the log-in on.
    other = await log_in_visitor(node, "ann")
    assert root in (await other.open("/home")).text
    assert "data-theme" not in (await (await node.http.get("/login")).text())


async def test_cookie_of_unknown_looks_is_ignored(start: Start) -> None:
    node = await start("alpha.test")
    headers = {"Cookie": '__Host-looks=neon."><script>.still'}
    async with node.http.get("/login", headers=headers) as answer:
        text = await answer.text()
    assert 'data-motion="reduce"' not in text or "<script>." not in text
    assert "data-theme" not in text
    assert "neon" not in text


async def test_warnings_and_media_open_as_the_reader_chose(start: Start) -> None:
    node = await start("alpha.test")
    ann = await node.create_member("ann")
    bob = await node.create_member("bob")
    api = Api(node, await node.create_token(bob))

    async def upload() -> str:
        data = aiohttp.FormData()
        data.add_field("file", make_picture(), filename="a.png", content_type="image/png")
        return str((await api.request("POST", "/api/v2/media", data=data)).body["id"])

    files = [await upload(), await upload()]
    await api.request("POST", "/api/v1/statuses", json={"status": "dragons", "spoiler_text": "Scales"})
    await api.request("POST", "/api/v1/statuses", json={"status": "plain", "media_ids": [files[0]]})
    await api.request(
        "POST", "/api/v1/statuses", json={"status": "bare", "media_ids": [files[1]], "sensitive": True}
    )
    visitor = await log_in_visitor(node, ann.username)
    warning, opened = '<details class="warning">', '<details class="warning" open>'
    page = (await visitor.open("/local")).text
    assert (page.count(warning), page.count(opened)) == (2, 0)
    await send(visitor, PATH, PATH, {"expand_media": "show_all", "expand_warnings": "1"})
    page = (await visitor.open("/local")).text
    assert (page.count(warning), page.count(opened)) == (0, 2)
    await send(visitor, PATH, PATH, {"expand_media": "hide_all", "expand_warnings": None})
    page = (await visitor.open("/local")).text
    assert (page.count(warning), page.count(opened)) == (3, 0)
    assert "Show media" in page
