"""The editor of articles without JavaScript: nothing that was written is lost, whatever happens."""

from __future__ import annotations

import re
from typing import Any

import aiohttp
import pytest

from fedserver.domain.content import autosaves
from fedserver.domain.posts import articles, scheduled_posts
from fedserver.domain.timelines import visibility
from storage.engine import Page
from storage.rows.posts import PostRow
from tests.kit.nodes import Start, TestNode
from tests.kit.pictures import make_picture
from tests.kit.visitors import VisitedPage, Visitor, log_in_visitor
from tests.pages.posts.test_autosaves import save

HOUR = 3_600_000


async def send(visitor: Visitor, page: VisitedPage, *fields: tuple[str, Any], path: str = "") -> VisitedPage:
    """Send the form of the editor with the values that the page has, and these."""
    values = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.text))
    form = aiohttp.FormData(default_to_multipart=True)
    names = {name for name, _ in fields}
    for name in ("csrf", "key", "slot", "saved_at", "cover_id"):
        if name not in names:
            form.add_field(name, values.get(name, ""))
    if "scheduled" in values:
        form.add_field("scheduled", values["scheduled"])
    for media_id in re.findall(r'name="media_ids\[\]" value="(\d+)"', page.text):
        form.add_field("media_ids[]", media_id)
    for name, value in fields:
        if isinstance(value, bytes):
            form.add_field(name, value, filename="file.png", content_type="image/png")
        else:
            form.add_field(name, value)
    headers = {"Origin": visitor.node.base, "Sec-Fetch-Site": "same-origin"}
    target = path or page.path.partition("?")[0]
    async with visitor.http.post(target, data=form, headers=headers, allow_redirects=False) as answer:
        return await visitor._follow_redirects(answer)


def text_of(page: VisitedPage) -> str:
    found = re.search(r'<textarea id="field-text"[^>]*>(.*?)</textarea>', page.text, re.DOTALL)
    assert found is not None, page.text[:500]
    return found[1]


async def load(node: TestNode, author: Any, slug: str) -> PostRow:
    async with node.db.read() as tx:
        return await articles.get_by_slug(tx, author.id, slug)


async def test_article_with_pictures_is_previewed_and_published(start: Start) -> None:
    node = await start("alpha.test")
    ann = await node.create_member("ann")
    visitor = await log_in_visitor(node, "ann")
    page = await visitor.open("/write/article?template=problem")
    assert "## The problem" in text_of(page)
    page = await send(
        visitor,
        page,
        ("title", "Foxes"),
        ("text", "## One\n\nText"),
        ("tags", "animals"),
        ("license", "CC-BY-4.0"),
        ("file", make_picture()),
        ("file_alt", "a [red] fox"),
        ("file_caption", 'The "fox"'),
        ("cover", make_picture("red")),
        ("alt", "a forest"),
        ("decision", "preview"),
    )
    assert page.status == 200
    shown = page.text.partition('id="preview"')[2]
    assert '<figcaption>The "fox"</figcaption>' in shown
    assert 'alt="a [red] fox"' in shown
    text = text_of(page).replace("&#34;", '"')
    assert text.endswith(' "The \\"fox\\"")\n')
    page = await send(
        visitor,
        page,
        ("title", "Foxes"),
        ("text", text),
        ("tags", "animals"),
        ("license", "CC-BY-4.0"),
        ("alt", "a forest"),
        ("language", "en"),
        ("visibility", "unlisted"),
        ("decision", "publish"),
    )
    assert page.path == "/@ann/foxes"
    assert '<a rel="license" href="https://creativecommons.org/licenses/by/4.0/">' in page.text
    assert 'width="64" height="48"' in page.text
    assert 'class="pictures"' not in page.text
    assert '<link rel="canonical" href="https://alpha.test/@ann/foxes">' in page.text
    row = await load(node, ann, "foxes")
    assert (row.visibility, row.license, row.language, row.tags) == (
        "unlisted",
        "CC-BY-4.0",
        "en",
        '["animals"]',
    )
    async with node.http.get(row.uri, headers={"Accept": "application/activity+json"}) as answer:
        document = await answer.json(content_type=None)
    assert document["license"] == "https://creativecommons.org/licenses/by/4.0/"
    assert document["image"]["name"] == "a forest"
    assert [file["name"] for file in document["attachment"]] == ["a [red] fox"]
    # The picture goes with its line in the text, and stays in the version before.
    page = await visitor.open(f"/edit/{row.id}")
    assert page.path == f"/write/article/{row.id}"
    page = await send(visitor, page, ("title", "Foxes"), ("text", "## One\n\nText"), ("alt", "a forest"))
    async with node.http.get(row.uri, headers={"Accept": "application/activity+json"}) as answer:
        assert (await answer.json(content_type=None))["attachment"] == []


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("title", " ", "fill in this field"),
        ("text", " ", "fill in this field"),
        ("tags", "no!way", "cannot be a tag"),
        ("coauthors", "@nobody", "no member @nobody"),
        ("license", "mine", "choose a license"),
        ("publish_at", "2020-01-01T10:00", "at least five minutes from now"),
        ("publish_at", "tomorrow", "a date and a time"),
        ("cover", b"no picture", "not an image"),
        ("file", b"no picture", "not an image"),
        ("alt", "x" * 2_000, "too long"),
        ("title", "x" * 300, "too long"),
    ],
)
async def test_error_stands_at_its_field_and_nothing_is_lost(
    start: Start, field: str, value: Any, told: str
) -> None:
    node = await start("alpha.test")
    await node.create_member("ann")
    visitor = await log_in_visitor(node, "ann")
    page = await visitor.open("/write/article")
    written = {
        "title": "My title",
        "text": "My <text>",
        "summary": "My summary",
        "tags": "mine",
        "alt": "My alt",
    }
    if field == "alt":
        written["cover"] = make_picture()  # type: ignore[assignment]
    written[field] = value
    page = await send(visitor, page, *written.items(), ("decision", "publish"))
    assert page.status == 422
    problem = re.search(rf'<p class="field-problem" id="problem-{field}">(.*?)</p>', page.text, re.DOTALL)
    assert problem is not None, page.text
    assert told in problem[1]
    assert f'aria-describedby="problem-{field}"' in page.text or f" problem-{field}" in page.text
    for name, text in (("title", "My title"), ("text", "My &lt;text&gt;"), ("summary", "My summary")):
        assert name == field or text in page.text
    async with node.db.read() as tx:
        assert await articles.list_latest(tx, None, Page(), is_member=True) == []


async def test_second_submit_does_nothing_and_draft_addresses_stay(start: Start) -> None:
    node = await start("alpha.test")
    ann = await node.create_member("ann")
    visitor = await log_in_visitor(node, "ann")
    form = await visitor.open("/write/article")
    once = await send(visitor, form, ("title", "Once"), ("text", "Text"))
    again = await send(visitor, form, ("title", "Once"), ("text", "Text"))
    assert once.path == again.path == "/@ann/once"
    page = await send(
        visitor, form, ("title", "First"), ("text", "Text"), ("key", "x"), ("decision", "draft")
    )
    draft = await load(node, ann, "first")
    assert page.path == f"/write/article/{draft.id}?saved=1"
    assert "Saved as a draft" in page.text
    await save(visitor, f"article:{draft.id}", ("title", "Second"), ("text", "Newer text"))
    page = await visitor.open(f"/write/article/{draft.id}")
    assert text_of(page) == "Newer text"
    page = await send(visitor, page, ("title", "Second"), ("text", "Newer text"))
    assert page.path == "/@ann/second"
    for path in (f"/@ann/{draft.id}", "/@ann/first"):
        assert (await visitor.open(path)).path == "/@ann/second"
        async with node.http.get(path, allow_redirects=True) as answer:
            assert answer.url.path == "/@ann/second"
    published = await load(node, ann, "second")
    assert (await visitor.open(f"/write/article/{draft.id}")).path == f"/write/article/{published.id}"
    async with node.db.read() as tx:
        assert await autosaves.list_by_author(tx, ann) == []


async def test_article_is_scheduled_and_published_with_what_it_had(start: Start) -> None:
    node = await start("alpha.test")
    ann, bea = await node.create_member("ann"), await node.create_member("bea")
    visitor = await log_in_visitor(node, "ann")
    form = await visitor.open("/write/article")
    page = await send(
        visitor,
        form,
        ("title", "Later"),
        ("text", "Text\n\n![a fox](/media/x.png)"),
        ("coauthors", "bea, @ann"),
        ("publish_at", "2099-05-31T09:30"),
        ("zone", "Europe/Berlin"),
    )
    assert page.path == "/drafts"
    assert "Later" in page.text
    async with node.db.read() as tx:
        (scheduled,) = await scheduled_posts.list_by_author(tx, ann, Page())
    assert scheduled.row.publish_at == 4_083_895_800_000  # 07:30 UTC
    other = await log_in_visitor(node, "bea")
    asked = await other.open("/conversations")
    (request,) = set(re.findall(r"/@ann/\d+/coauthor", asked.text))
    # The author changes their mind twice; the member answers when it is published.
    page = await visitor.open(f"/drafts/scheduled/{scheduled.row.id}/edit")
    for publish_at in ("2099-05-31T09:30", ""):
        assert "@bea" in page.text
        assert f'data-moment="{scheduled.row.publish_at}"' in page.text
        if not publish_at:
            break
        shown = await send(
            visitor,
            page,
            *(("title", "Later"), ("text", "Text"), ("coauthors", "@bea")),
            *(("publish_at", publish_at), ("zone", "Europe/Berlin")),
        )
        assert shown.path == "/drafts"
        again = await send(visitor, page, ("title", "Twice"), ("text", "Text"))
        assert "is no longer waiting" in again.text
        (edit,) = set(re.findall(r"/drafts/scheduled/\d+/edit", shown.text))
        page = await visitor.open(edit)
    page = await send(visitor, page, ("title", "Now"), ("text", "Text"), ("coauthors", "@bea"))
    assert page.path == "/@ann/now"
    assert 'href="/@bea"' not in page.text
    page = await other.open(request)
    assert "named you as a co-author" in page.text
    page = await _answer(other, page, "accept")
    assert page.path == "/@ann/now"
    assert 'href="/@bea"' in page.text
    assert (await visitor.open(request)).status == 404  # nobody asked Ann
    await _answer(other, await other.open(request), "decline")
    assert 'href="/@bea"' not in (await visitor.open("/@ann/now")).text
    assert (await other.open(request)).status == 404
    async with node.db.read() as tx:
        assert (
            await visibility.get(tx, (await articles.get_by_slug(tx, ann.id, "now")).id, bea.id)
        ).title == "Now"


async def _answer(visitor: Visitor, page: VisitedPage, decision: str) -> VisitedPage:
    csrf = re.findall(r'name="csrf" value="([^"]+)"', page.text)[0]
    headers = {"Origin": visitor.node.base}
    data = {"csrf": csrf, "decision": decision}
    async with visitor.http.post(page.path, data=data, headers=headers, allow_redirects=False) as answer:
        return await visitor._follow_redirects(answer)
