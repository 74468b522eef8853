"""An article from a Markdown file."""

from __future__ import annotations

import re

import aiohttp
import pytest

from fedserver.domain.posts import articles
from tests.kit.nodes import Start
from tests.kit.visitors import VisitedPage, Visitor, log_in_visitor


async def upload(visitor: Visitor, data: bytes, name: str = "my-notes.md") -> VisitedPage:
    page = await visitor.open("/write/article/import")
    csrf = re.findall(r'name="csrf" value="([^"]+)"', page.text)[0]
    form = aiohttp.FormData({"csrf": csrf})
    form.add_field("file", data, filename=name, content_type="text/markdown")
    headers = {"Origin": visitor.node.base}
    async with visitor.http.post(page.path, data=form, headers=headers, allow_redirects=False) as answer:
        return await visitor._follow_redirects(answer)


async def test_file_becomes_a_draft(start: Start) -> None:
    node = await start("alpha.test")
    ann = await node.create_member("ann")
    visitor = await log_in_visitor(node, "ann")
    page = await upload(
        visitor, b"---\ntitle: Old post\ndate: 2020-05-03\ntags: [one, two words]\n---\n\n## Part\n\nText"
    )
    assert "Saved as a draft" in page.text
    assert 'name="tags" value="one twowords"' in page.text
    async with node.db.read() as tx:
        row = await articles.get_by_slug(tx, ann.id, "old-post")
    assert row.state == "draft"
    assert row.source == "*May 3, 2020*\n\n## Part\n\nText\n\n#one #twowords"
    assert 'value="my-notes"' in (await upload(visitor, b"Only text")).text


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ("Grüße".encode("latin-1"), "UTF-8"),
        (b"", "choose a file"),
        (b"---\ntitle: x\n---\n\n", "no text in this file"),
        (b"x" * 900_000, "longer than an article can be"),
    ],
)
async def test_refused_file_is_explained(start: Start, data: bytes, told: str) -> None:
    node = await start("alpha.test")
    await node.create_member("ann")
    page = await upload(await log_in_visitor(node, "ann"), data)
    assert page.status == 422
    assert told in page.text
    assert 'aria-invalid="true"' in page.text
