"""Files that come with the program."""

from __future__ import annotations

from tests.kit.nodes import Start


async def test_static_image_is_allowed_for_other_origins(start: Start) -> None:
    node = await start("alpha.test")
    async with node.http.get("/static/avatar.png") as answer:
        assert answer.status == 200
        assert answer.content_type == "image/png"
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
