"""Forms that are saved while one writes, and the list of drafts."""

from __future__ import annotations

import re

import aiohttp

from fedserver.domain.content import autosaves
from storage.rows.accounts import AccountRow
from tests.kit.nodes import Start, TestNode
from tests.kit.visitors import Visitor, log_in_visitor


async def save(visitor: Visitor, slot: str, *fields: tuple[str, str], saved_at: str = "0") -> tuple[int, str]:
    """Save a form as the script does; return the status and the version."""
    page = await visitor.open("/write")
    found = re.search(r'name="csrf" value="([^"]+)"', page.text)
    assert found is not None
    body = aiohttp.FormData([("csrf", found.group(1)), ("slot", slot), ("saved_at", saved_at), *fields])
    headers = {"HX-Request": "true", "Sec-Fetch-Site": "same-origin"}
    async with visitor.http.post("/write/autosave", data=body, headers=headers) as answer:
        return answer.status, answer.headers.get("X-Saved-At", "")


async def load(node: TestNode, author: AccountRow, slot: str) -> autosaves.Autosave | None:
    async with node.db.read() as tx:
        return await autosaves.find(tx, author, slot)


async def test_form_is_saved_as_it_is_and_forgotten_when_it_is_empty(start: Start) -> None:
    node = await start("alpha.test")
    ann = await node.create_member("ann")
    visitor = await log_in_visitor(node, "ann")
    fields = (("text", "Half a\r\nthought"), ("options[]", "Tea"), ("options[]", ""), ("decision", "publish"))
    status, version = await save(visitor, "article:7", *fields)
    assert status == 204
    saved = await load(node, ann, "article:7")
    assert saved is not None
    assert saved.fields == {"text": "Half a\r\nthought", "options": ["Tea", ""]}
    assert str(saved.saved_at) == version
    assert (await save(visitor, "article:7", ("text", "of another tab")))[0] == 422
    assert (await save(visitor, "nowhere", ("text", "x")))[0] == 422
    assert await save(visitor, "article:7", ("text", " "), ("visibility", "public")) == (204, "0")
    assert await load(node, ann, "article:7") is None


async def test_drafts_are_listed_continued_and_deleted(start: Start) -> None:
    node = await start("alpha.test")
    ann = await node.create_member("ann")
    draft = {"state": "draft", "kind": "Article", "content_type": "text/markdown"}
    first = await node.publish(ann, "## One", title="First <article>", **draft)
    second = await node.publish(ann, "## Two", title="Second", **draft)
    visitor = await log_in_visitor(node, "ann")
    assert "You have no drafts" not in (await visitor.open("/drafts")).text
    await save(visitor, f"article:{first}", ("title", "First, again"), ("text", "More"))
    await save(visitor, "note", ("text", "A note"))
    await save(visitor, f"reply:{first}", ("text", "An answer"))
    page = await visitor.open("/drafts")
    titles = re.findall(r'<h2 class="title" dir="auto"><a href="([^"]+)">([^<]+)</a>', page.text)
    assert titles == [
        (f"/write?reply_to={first}", "An answer"),
        ("/write", "A note"),
        (f"/edit/{first}", "First, again"),
        (f"/edit/{second}", "Second"),
    ]
    # Each is deleted after a question, and a published post never is.
    await visitor.submit_action("/drafts", f"/drafts/{first}/delete")
    assert await load(node, ann, f"article:{first}") is None
    await visitor.fill_in("/drafts", "slot")
    page = await visitor.open("/drafts")
    assert "First, again" not in page.text
    assert "An answer" not in page.text
    assert "A note" in page.text
    published = await node.publish(ann, "Published")
    csrf = re.findall(r'name="csrf" value="([^"]+)"', page.text)[-1]
    async with visitor.http.post(f"/drafts/{published}/delete", data={"csrf": csrf}) as answer:
        assert answer.status == 404
