"""The code that quotes a post elsewhere, for public posts of members only."""

from __future__ import annotations

from html import escape

from tests.kit.nodes import Start
from tests.kit.visitors import Visitor, log_in_visitor


async def test_embed_shows_what_oembed_gives(start: Start) -> None:
    node = await start("alpha.test")
    ann = await node.create_member("ann")
    post_id = await node.publish(ann, "Hello <b>")
    secret = await node.publish(ann, "Secret", visibility="followers")
    for visitor in (Visitor(node), await log_in_visitor(node, "ann")):
        page = await visitor.open(f"/posts/{post_id}/embed")
        address = f"{node.base}/@ann/{post_id}"
        async with node.http.get(f"/api/oembed?url={address}&maxwidth=600") as answer:
            html = (await answer.json())["html"]
        assert f">{escape(html)}</textarea>" in page.text.replace("&#34;", "&quot;")
        assert (await visitor.open(f"/posts/{secret}/embed")).status == 404
        assert f"/posts/{secret}/embed" not in (await visitor.open("/@ann")).text
