"""Files that come with the program."""

from __future__ import annotations

from tests.kit.nodes import Start


async def test_web_clients_of_other_origins_may_show_our_pictures(start: Start) -> None:
    node = await start("alpha.test")
    async with node.http.get("/static/avatar.png") as answer:
        assert answer.status == 200 and answer.content_type == "image/png"
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
