"""The versions of an article: who sees what changed, and going back."""

from __future__ import annotations

import re

from fedserver.domain.posts import articles, edits
from tests.kit.nodes import Start
from tests.kit.visitors import Visitor, log_in_visitor


async def test_versions_are_compared_and_restored(start: Start) -> None:
    node = await start("alpha.test")
    ann = await node.create_member("ann")
    markdown = {"kind": "Article", "content_type": "text/markdown"}
    post_id = await node.publish(ann, "The red <fox>", title="Foxes", **markdown)
    secret = await node.publish(ann, "Secret", title="Secret", visibility="followers", **markdown)
    visitor, guest = await log_in_visitor(node, "ann"), Visitor(node)
    assert "has not been changed" in (await guest.open("/@ann/foxes/history")).text
    node.clock.forward(seconds=60)
    async with node.db.write() as tx:
        await edits.edit(tx, node.site, ann, post_id, edits.PostEdit(text="The brown <fox>", title="Foxes?"))
        await edits.edit(tx, node.site, ann, secret, edits.PostEdit(text="More secret"))
    article = await guest.open("/@ann/foxes")
    assert '<a href="/@ann/foxes/history">Edited</a>' in article.text
    versions = await guest.open("/@ann/foxes/history")
    (version,) = re.findall(r'href="(/@ann/foxes/history/\d+)"', versions.text)
    changes = await guest.open(version)
    assert "<p>The <del>red</del><ins>brown</ins> &lt;fox&gt;</p>" in changes.text
    assert "<p>Foxes<ins>?</ins></p>" in changes.text
    assert "/restore" not in changes.text
    number = version.rpartition("/")[2]
    for path in (f"/@ann/{secret}/history", f"/@ann/secret/history/{number}", "/@ann/foxes/history/1"):
        assert (await guest.open(path)).status == 404, path
    page = await visitor.submit_action(version, f"/write/article/{post_id}/versions/{number}/restore")
    assert page.path == "/@ann/foxes"
    assert "The red &lt;fox&gt;" in page.text
    async with node.db.read() as tx:
        row = await articles.get_by_slug(tx, ann.id, "foxes")
    assert (row.title, row.summary) == ("Foxes", "The red <fox>")
    assert len(re.findall(r"/history/\d+", (await guest.open("/@ann/foxes/history")).text)) == 2
